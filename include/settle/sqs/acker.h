/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acker.h - SQS's settler: threads that own the leases. They prolong what is held, delete what is
 * done, make the rest visible again, and detect leases that were lost (settle/sqs/leases.h is
 * the book).
 *
 *     inflight_begin(&m->inflight, acker_settler(a));  the intake, at the receive
 *
 * A message is the acker's from its settlement on, and freed when SQS has answered. There are
 * several threads, so that a call that gets no answer from one queue does not delay the
 * heartbeats of the others.
 *
 * Threads: any, but for new, start, stop and free.
 */
#ifndef SETTLE_SQS_ACKER_H
#define SETTLE_SQS_ACKER_H

#include "base/clock.h"
#include "base/outage.h"
#include "base/pulse.h"
#include "customers/stats.h"
#include "net/sqs.h"
#include "settle/settlement.h"

enum { ACKER_THREADS = 4 };

struct acker;

struct acker_queue {
    struct sqs_queue *queue;
    const char *name;
    int visibility_s;
    int heartbeat_s; /* 0: a third of visibility_s */
};

struct acker *acker_new(const struct acker_queue *queues, size_t count, const struct clock *clock);
void acker_start(struct acker *a);
/* After acker_stop. What SQS could not be called for becomes visible by itself. */
void acker_free(struct acker *a);
DEFINE_OWNED(acker);

/* SQS's settler, for inflight_begin of messages in a struct sqs_inflight. */
const struct settler *acker_settler(const struct acker *a);

/* False: do not receive from this queue now; its deletes and heartbeats fail. */
MUST_USE bool acker_queue_well(struct acker *a, size_t queue);

/* Outages of the queue: of the acker's calls, and of those that others make. As long as the acker.
 */
struct outage *acker_outage(struct acker *a, size_t queue);

/* Messages held now: of all queues, of one. */
size_t acker_held(struct acker *a);
size_t acker_queue_held(struct acker *a, size_t queue);

/* Calls to SQS, by message. Valid as long as the acker. */
const struct lease_stats *acker_stats(const struct acker *a, size_t queue);

/* That of thread i of ACKER_THREADS, which beats every second. */
const struct pulse *acker_pulse(const struct acker *a, size_t i);

/*
 * Stopping. acker_drain: wait until no message is held, timeout_ms at most; true if none is.
 * acker_give_up: make messages with pending records visible again after some seconds; returns
 * how many. acker_stop: end the threads.
 */
MUST_USE bool acker_drain(struct acker *a, int timeout_ms);
size_t acker_give_up(struct acker *a);
void acker_stop(struct acker *a);

/*
 * After acker_stop: messages of the queue for which SQS was called in vain, or not called, since
 * acker_give_up. deletes: everything of them is delivered, and they will be received again.
 */
struct acker_unfinished {
    size_t deletes, returns;
};
struct acker_unfinished acker_unfinished(struct acker *a, size_t queue);

#endif
