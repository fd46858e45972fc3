/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - the metrics of /metrics, from one table with a row for each.
 *
 *     metrics_write(snapshot, &out);
 *
 * Labels are names of the configuration (customer, queue) and words of the program (outcome,
 * class), so their number is limited, and no text from outside is ever a label. Every series exists
 * from the start with the value 0, so that its first increase is visible, except those of a
 * customer by class, by reason and of its histogram: they begin with its first object.
 *
 * Threads: any, one at a time per snapshot.
 */
#ifndef MONITOR_METRICS_H
#define MONITOR_METRICS_H

#include "monitor/snapshot.h"

void metrics_write(const struct snapshot *s, struct buf *out);

/* Write the table of docs/monitoring.md. */
void metrics_reference(struct buf *out);

#endif
