/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqs_inflight.h - a message in flight from SQS: the engine's struct inflight with the lease, the
 * receipt handle and the queue.
 *
 *     struct sqs_inflight *m = sqs_inflight_new(message, origin, index, now);
 *     inflight_begin(&m->inflight, acker_settler(a));      the acker holds its lease
 *
 * It is freed when two conditions are met, in either order: it is settled (nothing is pending), and
 * its lease is over. At shutdown the worker abandons messages with pending records, so their leases
 * are over first, and the delivery reports follow.
 *
 * Pure: the lease book and times are arguments. The acker and the simulator (tests/sim) drive the
 * same functions. Threads: one at a time per book; sqs_inflight_last any.
 */
#ifndef SETTLE_SQS_SQS_INFLIGHT_H
#define SETTLE_SQS_SQS_INFLIGHT_H

#include "net/sqs.h"
#include "settle/inflight.h"
#include "settle/sqs/leases.h"

#include <stdatomic.h>

enum { LAST_RECEIVE_MARGIN_MS = 60 * 60 * 1000 }; /* of the retention: less is the last receive */

/* What SQS does with a message that is never deleted. */
struct redrive {
    atomic_uint max_receive_count;     /* 0: no dead-letter queue */
    atomic_int_least64_t retention_ms; /* 0: not known */
};

/* Whether a message will not be delivered again, because of its receive count or its age. */
MUST_USE bool redrive_last(const struct redrive *r, unsigned receive_count, int64_t age_ms);

/* A queue as the intake polls it. Outlives its messages. */
struct sqs_origin {
    struct sqs_queue *queue; /* its clock is compared with SentTimestamp */
    const char *name;
    struct redrive redrive; /* set by the intake before the first poll, and whenever it changes */
};

struct sqs_inflight {
    struct inflight inflight;
    const struct sqs_origin *origin;
    struct lease lease;
    struct sqs_inflight *next_held; /* of struct held */
    char *message_id;
    char *receipt_handle;
    bool settled;    /* nothing is pending */
    bool lease_over; /* the lease has left the book */
};

/*
 * Takes ownership of the message and reads its body. queue: its number. Never NULL.
 */
struct sqs_inflight *sqs_inflight_new(struct sqs_message *m, const struct sqs_origin *origin,
                                      size_t queue, int64_t now_ms);
void sqs_inflight_free(struct sqs_inflight *m);
DEFINE_OWNED(sqs_inflight);

/* The struct sqs_inflight that contains this member. */
struct sqs_inflight *sqs_inflight_of(const struct inflight *m);
struct sqs_inflight *sqs_inflight_of_lease(const struct lease *l);

/*
 * A hash of its queue and message id, the same for each receive of a message. Its low bits can be
 * used as an index.
 */
uint64_t sqs_inflight_hash(const struct sqs_inflight *m);

/* The function settler.last_delivery of SQS. */
MUST_USE bool sqs_inflight_last(const struct sqs_inflight *m);

/*
 * Why it may be received again. kind: the result of the call that ended its lease, FAIL_LOST
 * without a call. AGAIN_UNKNOWN: it is deleted.
 */
MUST_USE struct again sqs_inflight_again(const struct sqs_inflight *m, enum err_kind kind);

/* Begin to hold the lease. */
void sqs_inflight_begin(struct leases *b, struct sqs_inflight *m, int64_t now_ms);

/* Nothing is pending: end the lease, unless it has ended. True: it is over; free the message. */
MUST_USE bool sqs_inflight_settle(struct leases *b, struct sqs_inflight *m,
                                  const struct settlement *s, int64_t now_ms);

/*
 * Records are pending, but the message becomes visible after delay_s. It is freed when it is
 * settled.
 */
void sqs_inflight_give_up(struct leases *b, struct sqs_inflight *m, int delay_s, int64_t now_ms);

/* leases_answered reported that the lease is over. True: the message is also settled; free it. */
MUST_USE bool sqs_inflight_lease_over(struct sqs_inflight *m);

#endif
