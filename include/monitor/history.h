/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history.h - the last hour of each customer, a point a minute, for the sparklines of the page and
 * for what happened lately.
 *
 *     if (history_due(h, now_ms)) {        regularly
 *         snapshot_fill(s, &run);
 *         history_sample(h, s);
 *     }
 *     history_fill(h, s);                  sets left_lately and left_since_ms in the snapshot
 *     history_events(h, customer, &line);
 *
 * Counters are read from the snapshot, so nothing is counted here. Memory: HISTORY_CUSTOMER_BYTES
 * for each customer (conf/sizes.h).
 *
 * Pure: times come with the snapshot. Threads: one at a time.
 */
#ifndef MONITOR_HISTORY_H
#define MONITOR_HISTORY_H

#include "monitor/snapshot.h"

enum { HISTORY_POINTS = 60, HISTORY_STEP_MS = 60 * 1000 };

struct history;

struct history *history_new(void); /* never NULL */
void history_free(struct history *h);
DEFINE_OWNED(history);

/* Whether a step has passed since the last sample. now_ms: monotonic. */
MUST_USE bool history_due(const struct history *h, int64_t now_ms);

/* Add a point: what was counted since the last one. */
void history_sample(struct history *h, const struct snapshot *s);

/* Set left_lately and left_since_ms of each customer. */
void history_fill(const struct history *h, struct snapshot *s);

/* Events in each step, the oldest first. count: 0 for a customer that no sample has. */
struct history_line {
    uint32_t points[HISTORY_POINTS];
    size_t count;
};
void history_events(const struct history *h, const struct customer *c, struct history_line *out);

/* ... of all customers together. */
void history_events_of_all(const struct history *h, struct history_line *out);

#endif
