/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - the metrics of /metrics, from one table with a row for each.
 *
 *     metrics_write(snapshot, &out);
 *
 * Labels are names of the configuration (customer, queue) and words of the program (outcome,
 * class), so their number is limited, and no text from outside is ever a label. The series of a
 * customer begin with its first traffic, and so do those of a queue about its messages: of
 * thousands most have none. From then on all of them exist, those of a customer by class, by reason
 * and of its histogram from its first object on.
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
