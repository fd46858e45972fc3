/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health.h - is every thread getting on, and is the worker ready: the verdicts behind /healthz
 * and /readyz.
 *
 * A thread is stalled that is at work and has not moved for the limit. Waiting for room in
 * Kafka is no work (base/pulse.h).
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
    const char *whose; /* the customer it works for, NULL: none */
};

struct health {
    const struct health_thread *threads;
    size_t count;
    int stalled_after_ms;
};

/* How long the thread at work that is longest without a beat is so; 0: none. */
int64_t health_still_ms(const struct health *h, int64_t now);

size_t health_stalled(const struct health *h, int64_t now);

/* "ok", or a line for each stalled thread. True: there is none. */
bool health_write(const struct health *h, int64_t now, struct buf *out);

struct readiness {
    bool started;
    bool stopping;
    bool kafka_reached;
    bool queue_reached; /* SQS answered for one of them, and not by an error */
};

bool ready_is(const struct readiness *r);

/* "ready", or a line for each thing that is missing. True: nothing is. */
bool ready_write(const struct readiness *r, struct buf *out);

#endif
