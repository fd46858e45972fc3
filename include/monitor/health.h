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

struct readiness {
    bool started;
    bool stopping;
    bool drained; /* by an operator: it receives nothing */
    bool kafka_reached;
    bool queue_reached; /* SQS answered for at least one queue without an error */
};

bool ready_is(const struct readiness *r);

/* Append "ready", or a line for each missing condition. True: none is missing. */
bool ready_write(const struct readiness *r, struct buf *out);

#endif
