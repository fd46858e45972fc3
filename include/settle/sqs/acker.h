/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acker.h - the threads that own the leases: they prolong what is held, delete what is
 * delivered, give back what is not, and notification what is lost (the book is
 * settle/sqs/leases.h).
 *
 *     acker_add(a, r);          intake, at the receive: the lease begins
 *     acker_settled(a, r);      whoever paid the inflight's last: a lane, or the sink's thread
 *
 * The inflight is the acker's from acker_settled on, and freed by it when SQS has answered.
 * Several threads, so that a call that hangs for one queue does not keep the leases of the
 * others waiting.
 *
 * Threads: any, but for new, start, stop and free.
 */
#ifndef SETTLE_SQS_ACKER_H
#define SETTLE_SQS_ACKER_H

#include "base/clock.h"
#include "base/pulse.h"
#include "customers/stats.h"
#include "settle/inflight.h"

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
void acker_free(
    struct acker *a); /* after acker_stop; what was not told to SQS shows up by itself */
DEFINE_OWNED(acker);

void acker_add(struct acker *a, struct inflight *r);
void acker_settled(struct acker *a, struct inflight *r);

/* Give an untouched one back at once: no lane has seen it. */
void acker_hand_back(struct acker *a, struct inflight *r);

/* False: do not receive from this queue now; its deletes and heartbeats fail. */
MUST_USE bool acker_queue_well(struct acker *a, size_t queue);

/* Messages held now: of all queues, of one. */
size_t acker_held(struct acker *a);
size_t acker_queue_held(struct acker *a, size_t queue);

/* What was told to SQS. Valid as long as the acker. */
const struct lease_stats *acker_stats(const struct acker *a, size_t queue);

/* That of thread i of ACKER_THREADS, which beats every second. */
const struct pulse *acker_pulse(const struct acker *a, size_t i);

/*
 * Stopping. acker_drain: tell SQS all that is settled, timeout_ms at most; true if nothing is
 * held any more. acker_give_up: what is still pending for goes back to the queue in some seconds.
 * acker_stop: end the threads.
 */
MUST_USE bool acker_drain(struct acker *a, int timeout_ms);
size_t acker_give_up(struct acker *a);
void acker_stop(struct acker *a);

#endif
