/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - what /metrics shows: one table, a row for each metric.
 *
 *     metrics_write(snapshot, &out);
 *
 * Labels are names of the configuration (customer, queue) and words of our own (outcome, class),
 * so their number is known from the start; no text from outside is ever a label. Every series
 * exists from the beginning, at 0, so that its first increase is visible as one.
 *
 * Threads: any, one at a time per snapshot.
 */
#ifndef MONITOR_METRICS_H
#define MONITOR_METRICS_H

#include "monitor/snapshot.h"

void metrics_write(const struct snapshot *s, struct buf *out);

/* The table of docs/monitoring.md. */
void metrics_reference(struct buf *out);

#endif
