/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acker.h - the settler of SQS: threads that own the leases. They extend the leases of messages in
 * progress, delete messages that are done, make others visible again, and detect lost leases. The
 * lease book is settle/sqs/leases.h.
 *
 *     inflight_begin(&m->inflight, acker_settler(a));  the intake, at the receive
 *
 * After its settlement a message belongs to the acker, which frees it when SQS has answered. There
 * are several threads, so that a queue that does not answer does not delay the heartbeats of the
 * others.
 *
 * Threads: any, except for new, start, stop and free.
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
    struct sqs_queue *queue; /* it and the name are borrowed as long as the acker */
    const char *name;
    int visibility_s;
    int heartbeat_s; /* time between heartbeats; 0: a third of visibility_s */
};

struct acker *acker_new(const struct acker_queue *queues, size_t count, const struct clock *clock);

/*
 * Add a queue, whose number is that of the queues before; one call at a time. A queue is never
 * removed: messages of it may be held for hours.
 */
void acker_add_queue(struct acker *a, const struct acker_queue *queue);

/* For later receives and heartbeats (leases_queue has the condition). */
void acker_set_times(struct acker *a, size_t queue, int visibility_s, int heartbeat_s);

void acker_start(struct acker *a);
/*
 * After acker_stop. A message for which SQS could not be called reappears after its visibility
 * timeout.
 */
void acker_free(struct acker *a);
DEFINE_OWNED(acker);

/* The settler, for inflight_begin of messages in a struct sqs_inflight. */
const struct settler *acker_settler(const struct acker *a);

/* Whether the queue may be polled now. False: its deletes and heartbeats fail. */
MUST_USE bool acker_queue_well(struct acker *a, size_t queue);

/* Outages of the queue: of the acker's calls, and of those that others make. As long as the acker.
 */
struct outage *acker_outage(struct acker *a, size_t queue);

/* Number of messages held: of all queues, of one queue; of these, to be made visible again. */
size_t acker_held(struct acker *a);
size_t acker_queue_held(struct acker *a, size_t queue);
size_t acker_queue_returning(struct acker *a, size_t queue);

/* Counters of calls to SQS, by message. Valid as long as the acker. */
const struct lease_stats *acker_stats(const struct acker *a, size_t queue);

/* The pulse of thread i of ACKER_THREADS, which makes progress every second. */
const struct pulse *acker_pulse(const struct acker *a, size_t i);

/*
 * Shutdown. acker_drain waits at most timeout_ms until no message is held; true: none is.
 * acker_give_up makes messages with pending records visible again after some seconds, and returns
 * their number. acker_stop ends the threads.
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
