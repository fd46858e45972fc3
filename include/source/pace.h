/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace.h - when messages that were returned to their queue are received again: not all at once, but
 * about as many per second as the worker takes of that queue.
 *
 *     pace_took(&pace);                                a message was kept
 *     delay_s = pace_delay_s(&pace, now_ms);           a message is returned, behind all others
 *
 * Each returned message gets the next free time. So a large backlog is received about twice, the
 * lanes always find messages of it, and between them the queue shows the messages of others. A few
 * more are received than can be taken, since the rate is measured only while messages are returned.
 *
 * Pure: the time is an argument. Threads: one at a time.
 */
#ifndef SOURCE_PACE_H
#define SOURCE_PACE_H

#include "base/base.h"

enum {
    PACE_WINDOW_MS = 10 * 1000, /* of the measurement; without a return it begins again */
    PACE_PRIOR_MS = 1000,       /* assumed before the measurement: so many messages ... */
    PACE_PRIOR_COUNT = 50,      /* ... in this time; with it, a rate is never assumed to be 0 */
};

struct pace { /* zeroed at first */
    int64_t since_ms;
    int64_t returned_ms; /* the last return; 0: none */
    int64_t next_us;     /* the time of the last message that was returned */
    uint64_t taken;      /* since since_ms */
};

void pace_took(struct pace *p);

/* 0 to DELAY_MAX_S (settle/outcome.h). */
MUST_USE int pace_delay_s(struct pace *p, int64_t now_ms);

#endif
