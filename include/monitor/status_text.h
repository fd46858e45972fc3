/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status_text.h - the status of all customers as a text for terminals (docs/status.md): the table
 * of `asymptote-ingest status`, and everything about one customer.
 *
 *     status_text_write(snapshot, &query, &out);
 *
 * Text from outside has no control characters in it. Pure. Threads: any, one at a time per
 * snapshot.
 */
#ifndef MONITOR_STATUS_TEXT_H
#define MONITOR_STATUS_TEXT_H

#include "monitor/status.h"

void status_text_write(const struct snapshot *s, const struct status_query *q, struct buf *out);

/* False: no customer has this id. */
MUST_USE bool status_text_one(const struct snapshot *s, struct span id, struct buf *out);

#endif
