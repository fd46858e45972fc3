/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acker_priv.h - the files of the acker: acker.c (threads, leases, messages), acker_answers.c (what
 * the results of calls say: counters, outages, log lines). A function whose name ends in _locked is
 * called with shared.lock.
 */
#ifndef SETTLE_SQS_ACKER_PRIV_H
#define SETTLE_SQS_ACKER_PRIV_H

#include "base/stable.h"
#include "settle/sqs/acker.h"
#include "settle/sqs/delays.h"
#include "settle/sqs/held.h"

#include <pthread.h>

struct acker_thread {
    struct acker *acker;
    pthread_t thread;
    struct pulse pulse;
};

/* A queue and what is kept of it. */
struct queue_of {
    struct acker_queue queue;
    struct lease_stats stats;
    struct outage outage;
    struct acker_unfinished unfinished; /* under shared.lock: of the calls since giving_up */
};

struct acker {
    struct stable queues; /* of struct queue_of */
    const struct clock *clock;
    struct settler settler;
    struct acker_thread threads[ACKER_THREADS];
    size_t thread_count;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t work;  /* something may be due earlier than expected */
        pthread_cond_t empty; /* no message is held any more */
        struct leases *book;
        struct held held; /* as long as they are not freed */
        struct delays delays;
        struct rng rng;
        bool giving_up; /* leases that return from a call and are not ending are ended */
        bool stopped;
    } shared;
};

UNUSED static inline struct queue_of *acker_queue_of(const struct acker *a, size_t queue)
{
    return stable_at(&a->queues, queue);
}

UNUSED static inline const char *acker_queue_name(const struct acker *a, size_t queue)
{
    return acker_queue_of(a, queue)->queue.name;
}

/* Note whether the queue works. A few failed entries among others are not an outage. */
void acker_judge(struct acker *a, const struct lease_batch *batch, enum err_kind whole,
                 const struct err *e);

/* Count the results. An entry with a lost lease is neither a success nor a failure. */
void acker_count_answers(const struct acker *a, const struct lease_batch *batch);

/* At shutdown: count an end that SQS refused too often or for too long. */
void acker_count_unfinished_locked(struct acker *a, const struct lease_batch *batch, size_t i);

#endif
