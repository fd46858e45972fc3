/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inflight.h - one notification in flight: what it names, and what is still pending for it.
 *
 * It owes one for the lane that works on it, and one for each record given to the sink. A
 * delivery report pays one, whether it is good or bad, and a bad one turns the outcome into
 * `later`. Who pays the last one gets `true`: the inflight is settled, exactly once, and goes to
 * the acker.
 *
 *     inflight_hold(r); record.inflight = inflight_tag(r, customer);
 *     if (sink_produce(...) != FAIL_NONE && inflight_release(r, &err)) -> never: the lane still
 * owes
 *     ... sink's thread: if (inflight_release(account->inflight, report)) acker_settled(a, r);
 *     ... lane, at the end: if (inflight_release(r, NULL)) acker_settled(a, r);
 *
 * Threads: inflight_hold, inflight_tag, inflight_worsen: the lane that has it; inflight_release,
 * inflight_lose, inflight_loss: any; the rest: who has it alone.
 */
#ifndef SETTLE_INFLIGHT_H
#define SETTLE_INFLIGHT_H

#include "codec/notification.h"
#include "net/sqs.h"
#include "settle/outcome.h"
#include "settle/sqs/leases.h"

#include <stdatomic.h>

struct customer;
struct acker;

/* What a delivery report is about: a notification may name objects of several customers. */
struct delivery_tag {
    struct inflight *inflight;
    struct customer *customer; /* held, however many records there are; NULL: nobody's */
    struct delivery_tag *next; /* of the same inflight */
};

struct inflight {
    struct inflight *next; /* of the list it is in: the inbox's or the acker's */
    struct acker *acker;   /* who holds its lease; this and the next three are its own */
    struct lease lease;
    bool settled;
    bool lease_over;
    struct delivery_tag account; /* of its first record's customer, and the others' behind it */
    struct notification
        *notification; /* NULL: a body that nobody understands; gone after the lane */
    struct err unread; /* ... and why */
    size_t queue;
    size_t sched_class;
    size_t body_bytes;
    char *id; /* MessageId */
    char *handle;
    unsigned receive_count;
    int64_t sent_ms;      /* wall clock */
    int64_t received_ms;  /* monotonic */
    bool begun;           /* a lane has started it */
    enum outcome outcome; /* the worst of its objects so far; the lane's */
    int delay_s;          /* the longest of those */
    atomic_uint_fast64_t pending;
    atomic_int failed; /* enum err_kind: class of the first bad delivery report */
    atomic_int loss;   /* enum lease_loss */
};

/* Takes the message over. Reads its notification. Owes one, the lane's. Never NULL. */
struct inflight *inflight_new(struct sqs_message *m, size_t queue, int64_t now);
void inflight_free(struct inflight *r);
DEFINE_OWNED(inflight);

/* Where this customer's records count; lives as long as the inflight. */
struct delivery_tag *inflight_tag(struct inflight *r, struct customer *c);

/* One more record is on its way. */
void inflight_hold(struct inflight *r);

/* One less; e: the report, NULL or FAIL_NONE if good. True: it was the last, settle it. */
MUST_USE bool inflight_release(struct inflight *r, const struct err *e);

/* An object of it ended so. */
void inflight_worsen(struct inflight *r, enum outcome o, int delay_s);

/* The lane is done with what the notification names: its memory goes. Before the lane pays. */
void inflight_slim(struct inflight *r);

/* The lease is not ours any more, or not for long. */
void inflight_lose(struct inflight *r, enum lease_loss loss);
enum lease_loss inflight_loss(const struct inflight *r);

struct settlement {
    enum lease_end how;
    int delay_s;
    enum outcome outcome;
    enum err_kind failed; /* why it is `later` although its objects were not */
};

/* What the queue shall hear. Only when all is paid. */
struct settlement inflight_settlement(const struct inflight *r, struct rng *rng);

#endif
