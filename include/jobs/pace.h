/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace.h - when a job may go on: a rate of messages, the room in the queue, and the pauses after
 * errors.
 *
 *     pace_init(&p, 1000);
 *     while ((wait = pace_wait_ms(&p, 10, now_ms)) > 0) ... sleep ...
 *     pace_spent(&p, 10, now_ms);
 *
 *     pause = retry_pause_ms(&r, &e, now_ms);       0: give up
 *     retry_clear(&r);                              after a success
 *
 * Pure; the time is an argument. Threads: one at a time.
 */
#ifndef JOBS_PACE_H
#define JOBS_PACE_H

#include "base/err.h"
#include "base/rng.h"

/* PACE_ROOM_CHECK_MS: the least time between two questions for the room in a queue. */
enum { PACE_ROOM_CHECK_MS = 100, RETRY_GIVE_UP_MS = 10 * 60 * 1000 };

struct pace {
    uint64_t per_s; /* 0: no limit */
    int64_t due_us; /* the time, since the first one, at which the next message may be sent */
    int64_t start_ms;
    bool started;
};

void pace_init(struct pace *p, uint64_t per_s);
/* The time until n messages may be sent; 0: now. */
MUST_USE int64_t pace_wait_ms(const struct pace *p, int64_t now_ms);
void pace_spent(struct pace *p, size_t n, int64_t now_ms);

/* Repeated calls after an error that may pass: longer pauses each time, for ten minutes. */
struct retry {
    unsigned count;
    int64_t since_ms; /* of the first failure */
    struct rng rng;
};

void retry_init(struct retry *r);
MUST_USE int64_t retry_pause_ms(struct retry *r, const struct err *e, int64_t now_ms);
void retry_clear(struct retry *r);

#endif
