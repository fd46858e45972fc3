/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health.h - whether threads are stalled, and whether the worker is ready: for /healthz and
 * /readyz.
 *
 * A thread is stalled if it works and has made no progress for the limit. Waiting for room in
 * Kafka's queue is not work (base/pulse.h).
 *
 * Pure: time is an argument. Threads: any.
 */
#ifndef MONITOR_HEALTH_H
#define MONITOR_HEALTH_H

#include "base/buf.h"
#include "base/pulse.h"

struct health_thread {
    const char *kind; /* "lane" */
    size_t number;    /* from 1 */
    const struct pulse *pulse;
    const char *whose; /* id of the customer that it works for; NULL: none */
};

struct health {
    const struct health_thread *threads;
    size_t count;
    int stalled_after_ms;
};

/* The longest time without progress of a thread that works; 0: no thread works. */
int64_t health_still_ms(const struct health *h, int64_t now);

size_t health_stalled(const struct health *h, int64_t now);

/* Append "ok", or a line for each stalled thread. True: there is none. */
bool health_write(const struct health *h, int64_t now, struct buf *out);

/*
 * Whether an outside party that all workers share counts as reachable. It does from its first
 * answer on. Then it must have been away for hold_ms without an answer to count no more, and have
 * answered for a sixth of that to count again: a short outage changes nothing, and one that comes
 * and goes does not change it often (decision 150).
 *
 *     struct reachable r = {.hold_ms = 60000};
 *     reachable_sample(&r, answers_now, now);    at least once a second
 *     if (r.counts) ...
 */
struct reachable {
    int hold_ms;
    bool counts;
    bool ever;          /* it has answered */
    bool now;           /* it answered at the last sample */
    int64_t since_ms;   /* ... or did not, since then */
    int64_t sampled_ms; /* the last sample */
};

void reachable_sample(struct reachable *r, bool answers, int64_t now);

struct readiness {
    bool started;
    bool stopping;
    bool drained;           /* by an operator: it receives nothing */
    struct reachable kafka; /* a broker answers */
    struct reachable queue; /* SQS answers for at least one queue without an error */
};

bool ready_is(const struct readiness *r);

/*
 * Append "ready", and a line for each party that does not answer just now; or a line for each
 * missing condition. True: none is missing.
 */
bool ready_write(const struct readiness *r, struct buf *out);

#endif
