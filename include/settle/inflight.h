/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inflight.h - a message in flight: its notification, and its pending count.
 *
 * Pending counts one for the lane that processes the message, and one for each object whose records
 * are not all reported (flow/delivery.h). A report with an error turns the outcome into LATER. The
 * release that brings the count to zero returns true, exactly once, and its caller settles the
 * message:
 *
 *     inflight_begin(m, settler);                        the source, at the receive
 *     ...
 *     inflight_hold(m);                                  a lane, before each object
 *     ...
 *     if (inflight_release(m, e)) inflight_settle(m);    when all of an object is reported
 *     if (inflight_release(m, NULL)) inflight_settle(m); the lane, at the end
 *
 * A source allocates its own structure with this one in it (settle/sqs/sqs_inflight.h).
 *
 * Threads: inflight_hold, inflight_add_customer, inflight_worsen, inflight_because and
 * inflight_slim: the lane that has the message; inflight_release, inflight_lose, inflight_lost,
 * inflight_lag and inflight_failed_delay_s: any; the others: the thread that owns it.
 */
#ifndef SETTLE_INFLIGHT_H
#define SETTLE_INFLIGHT_H

#include "base/clock.h"
#include "codec/notification.h"
#include "settle/again.h"
#include "settle/outcome.h"

#include <stdatomic.h>

struct customer;

/* A notification may name objects of several customers. */
struct inflight_customer {
    struct customer *customer; /* with a reference; NULL: none */
    struct inflight_customer *next;
};

struct inflight {
    struct inflight *next; /* in the list of the inbox or of the settler */
    const struct settler *settler;
    struct inflight_customer first;    /* of its first record; the others follow */
    struct notification *notification; /* NULL: unreadable, or the lane no longer needs it */
    struct err unread;                 /* why the body could not be read */
    const char *id;                    /* of the source, for logs; borrowed */
    size_t queue;                      /* its number, for the registry of customers */
    const char *queue_name;            /* for logs; of the source, borrowed */
    size_t sched_class;                /* of the inbox: that of its next record */
    size_t next_record;                /* of the notification; the lane's */
    size_t left_count;                 /* records that belong to no customer; the lane's */
    size_t left_first;                 /* ... and the first of them */
    int left_delay_s;                  /* ... and its delay */
    size_t body_bytes;      /* memory of the notification; until the lane no longer needs it */
    bool lower;             /* of a backfill: live messages come first (flow/inbox.h) */
    bool heavy;             /* its lane put it back, since its object takes long (flow/inbox.h) */
    unsigned receive_count; /* from 1 */
    int64_t sent_ms;        /* when it was sent to its queue: wall clock in ms, 0 if not known */
    int64_t received_ms;    /* monotonic, ms */
    struct again again;     /* why it is received again; set before `begin` returns */
    const struct outcome_rule *because; /* of the worst outcome so far; NULL: done */
    enum outcome outcome;               /* the worst of its objects so far; written by the lane */
    int delay_s;                        /* the longest of its objects with that outcome */
    atomic_uint_fast64_t pending;
    atomic_int failed;        /* enum err_kind of the first delivery report with an error */
    const char *_Atomic lost; /* why the message was lost; NULL: it is not */
};

/*
 * Initialise *m and read the body. Storage is the caller's, zeroed except for members that the
 * source sets. The pending count is one.
 */
void inflight_init(struct inflight *m, struct span body, int64_t now_ms);
void inflight_done(struct inflight *m);

/* Give it to its settler. Before another thread can access it. */
void inflight_begin(struct inflight *m, const struct settler *s);

/*
 * An object of the message belongs to this customer (NULL: to none). A reference is kept as long as
 * the message.
 */
void inflight_add_customer(struct inflight *m, struct customer *c);

/* One more object is pending. */
void inflight_hold(struct inflight *m);

/*
 * One object less is pending. e: an error of its delivery, or NULL. True: it was the last one; the
 * caller settles the message.
 */
MUST_USE bool inflight_release(struct inflight *m, const struct err *e);

/* Set the outcome of one of its objects. */
void inflight_worsen(struct inflight *m, enum outcome o, int delay_s);

/* The row that decided about one of its objects, for the log of the next receive; NULL: done. */
void inflight_because(struct inflight *m, const struct outcome_rule *rule);

/* Free the notification. Before the lane releases its count. */
void inflight_slim(struct inflight *m);

/*
 * The source reports that the message is no longer the worker's, or will soon not be: its lane
 * stops. why: for logs, a literal.
 */
void inflight_lose(struct inflight *m, const char *why);

/* Why it was lost; NULL: it is not lost. */
MUST_USE const char *inflight_lost(const struct inflight *m);

/* Whether the source will not deliver it again. */
MUST_USE bool inflight_last_delivery(const struct inflight *m);

/* The settlement of a message without pending records. Pure. */
struct settlement inflight_settlement(const struct inflight *m, struct rng *rng);

/* The delay of a message with this error of a delivery report; the same on each call. */
int inflight_failed_delay_s(const struct inflight *m, enum err_kind failed);

/* Give a message without pending records to its settler, which frees it. */
void inflight_settle(struct inflight *m);

/*
 * Return a message that no lane is working on; without a delay, unless one of its records was
 * processed. Frees it, or its last delivery report does.
 */
void inflight_return(struct inflight *m);

/*
 * The time from its arrival in the queue until now. It is not known without sent_ms, or if that is
 * later than this host's clock by more than a tolerance: then *least_ms alone is set, the time
 * since this process received it first, which no clock contradicts.
 */
enum { LAG_CLOCK_TOLERANCE_MS = 5000 };
MUST_USE bool inflight_lag(const struct inflight *m, const struct clock *c, int64_t *lag_ms,
                           int64_t *least_ms);

/*
 * Everything of the message is delivered now: count that for its customers. The settler calls it
 * once, when DONE is final.
 */
void inflight_delivered(const struct inflight *m, const struct clock *c);

#endif
