/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivered_events.h - reads the ops topic (docs/ops-events.md) into a set of what was delivered.
 *
 *     struct delivered_events ev;
 *     delivered_events_init(&ev, &wanted, set);
 *     while ((state = delivered_events_next(&ev, tail, now_ms, &e)) == EVENTS_MORE) ...
 *     ... ev.begin_ms, ev.lag_ms ...
 *
 * Threads: one at a time.
 */
#ifndef JOBS_DELIVERED_EVENTS_H
#define JOBS_DELIVERED_EVENTS_H

#include "base/text_index.h"
#include "jobs/delivered.h"
#include "net/tail.h"

enum { EVENTS_RECENT_MS = 15 * 60 * 1000, EVENTS_SILENCE_MS = 60 * 1000 };

enum events_state {
    EVENTS_MORE,
    EVENTS_END,
    EVENTS_FULL, /* the set has no room for more */
    EVENTS_FAILED
};

struct events_wanted {
    struct span customer; /* "": all */
    struct span below;    /* of its keys */
    int64_t recent_ms;    /* wall clock: events from then on say how late deliveries are */
    const struct text_index *customers; /* instead: those of this index; NULL: not used */
    int64_t *lags_ms; /* with `customers`, by the number of a customer: as lag_ms, for each */
};

struct delivered_events {
    struct events_wanted wanted;
    struct delivered *set;
    uint64_t read, used; /* events of the topic, and of the customer */
    int64_t begin_ms;    /* at the end: from when on the topic has all events */
    int64_t lag_ms;      /* the greatest of recent deliveries; -1: there was none */
    int64_t heard_ms;    /* private: monotonic, when a record came last */
};

void delivered_events_init(struct delivered_events *ev, const struct events_wanted *wanted,
                           struct delivered *set);

/* Read up to a thousand records, or wait for a moment. EVENTS_FAILED: *e. */
MUST_USE enum events_state delivered_events_next(struct delivered_events *ev, struct tail *t,
                                                 int64_t now_ms, struct err *e);

#endif
