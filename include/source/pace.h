/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace.h - when messages that were returned to their queue are received again: not all at once, but
 * about as many per second as the worker takes of that queue.
 *
 *     pace_took(&pace);                                a message was kept
 *     delay_s = pace_delay_s(&pace, now_ms);           a message is returned, behind all others
 *     pace_hid(&pace, now_ms, delay_s);                ... and hidden for so long
 *
 * Each returned message gets the next free time. So a large backlog is received about twice, the
 * lanes always find messages of it, and between them the queue shows the messages of others. A few
 * more are received than can be taken, since the rate is measured only while messages are returned.
 *
 * A message that is hidden is in flight, and a queue has at most 120,000 of these: above that it
 * shows none of any customer. The longest delay is 15 minutes, so more would be hidden of a backlog
 * that is larger than what is processed in that time. From PACE_HIDDEN_MAX on pace_is_full is true:
 * then the queue is not searched, and what is returned is hidden for PACE_FULL_DELAY_S only.
 *
 * Pure: the time is an argument. Threads: one at a time.
 */
#ifndef SOURCE_PACE_H
#define SOURCE_PACE_H

#include "base/base.h"

enum {
    PACE_WINDOW_MS = 10 * 1000,  /* of the measurement; without a return it begins again */
    PACE_PRIOR_MS = 1000,        /* assumed before the measurement: so many messages ... */
    PACE_PRIOR_COUNT = 50,       /* ... in this time; with it, a rate is never assumed to be 0 */
    PACE_HIDDEN_MAX = 80 * 1000, /* leaves room for other workers, and for what is in progress */
    PACE_FULL_DELAY_S = 20,      /* in which one poll returns some 10,000 messages */
    PACE_SLOTS = 64,             /* of PACE_SLOT_S each: more than the longest delay */
    PACE_SLOT_S = 16,
};

struct pace { /* zeroed at first */
    int64_t since_ms;
    int64_t returned_ms; /* the last return; 0: none */
    int64_t next_us;     /* the time of the last message that was returned */
    uint64_t taken;      /* since since_ms */
    size_t hidden;
    uint32_t hidden_until[PACE_SLOTS]; /* by the time at which they are visible, a ring */
    int64_t slot;                      /* the number of the first one that is not over */
};

void pace_took(struct pace *p);

/* 0 to DELAY_MAX_S (settle/outcome.h). */
MUST_USE int pace_delay_s(struct pace *p, int64_t now_ms);

/* A message is hidden until then. */
void pace_hid(struct pace *p, int64_t now_ms, int delay_s);

/* How many are hidden; some of them up to PACE_SLOT_S longer than they are. */
MUST_USE size_t pace_hidden(struct pace *p, int64_t now_ms);

/* Whether PACE_HIDDEN_MAX messages are hidden. */
MUST_USE bool pace_is_full(struct pace *p, int64_t now_ms);

#endif
