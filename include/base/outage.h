/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outage.h - an outage of an external party, from its first failed call to its next successful one,
 * and its log lines. The texts for all parties are in outage.c.
 *
 *     outage_init(&o, OUTAGE_QUEUE, "queue", "events-queue");
 *     outage_failed(&o, &(struct outage_failure){.err = &e, .call = OUTAGE_RECEIVE}, now);
 *     outage_passed(&o, OUTAGE_RECEIVE, now);
 *     if (outage_due(&o, now)) {             regularly: logs that an outage lasts
 *         outage_tick(&o, about, about_count, now);
 *     }
 *
 *     level=error msg="queue does not answer" outage=begins queue=events-queue call=receive ...
 *     level=error msg="queue calls fail" outage=changes ... code=QueueDoesNotExist outage_s=31 ...
 *     level=error msg="queue calls fail" outage=lasts ... outage_s=91 not_tried_s=4 ...
 *     level=info msg="queue connected" outage=over ... outage_s=120 failed_calls=12
 *
 * outage_s counts from the first evidence. The first line bounds the begin: last_success_s is the
 * age of the last success of the same call, never_succeeded=true says that there is none in this
 * process, and neither stands there if the successes are not seen (OUTAGE_CREDENTIALS). calls names
 * the calls of a queue that fail now, if there are several. The last line has the causes: codes, or
 * classes of errors without a code. last_failure_s from the last failed call, not_tried_s
 * from then or from when a call began last: that a state lasts is an assumption since then. An
 * outage that is seen as a state (records that wait) has neither, and no number of failures.
 *
 * It is over when every call that failed has succeeded again, or is not made any more. A cause that
 * was logged in the same outage for the same call is not logged again as a change. That the outage
 * lasts is logged after 30 s, then after twice as long each time, up to half an hour. For some
 * parties (SQS: one call of very many) one failure is only a warning, since the next call may
 * succeed; if it fails again, that is no change.
 *
 * A queue that does not exist may have been deleted, with its messages. Its outage counts what
 * became of the messages that the worker held: they are in the line that ends it, a warning, and
 * in a line of their own when none is held any more.
 *
 * Pure except for the log: times (monotonic ms) are arguments. A successful call outside of an
 * outage costs a load and a store of atomics. Threads: any.
 */
#ifndef BASE_OUTAGE_H
#define BASE_OUTAGE_H

#include "base/log.h"

#include <pthread.h>
#include <stdatomic.h>

enum outage_party {
    OUTAGE_KAFKA,
    OUTAGE_QUEUE,       /* SQS, of one queue */
    OUTAGE_S3,          /* and KMS, of one customer */
    OUTAGE_ROLE,        /* STS, of one customer */
    OUTAGE_TOPIC,       /* of one customer */
    OUTAGE_CREDENTIALS, /* of the worker or of a customer: their renewal */
    OUTAGE_PARTIES
};

/* The calls to a queue; other parties have one call, 0. */
enum outage_call {
    OUTAGE_RECEIVE,
    OUTAGE_ATTRIBUTES,
    OUTAGE_HEARTBEAT,
    OUTAGE_DELETE,
    OUTAGE_RETURN,
    OUTAGE_CALLS
};

enum {
    OUTAGE_CAUSES = 8,
    OUTAGE_CAUSES_BYTES = 256,
    OUTAGE_CALLS_BYTES = 64,
    OUTAGE_ABOUT = 6,
};

/* How a message of a queue ended that was held. */
enum outage_message {
    OUTAGE_DELETED,
    OUTAGE_DELIVERED, /* settled as done, but SQS did not confirm its deletion */
    OUTAGE_UNDELIVERED,
    OUTAGE_MESSAGES
};

struct outage {
    enum outage_party party;
    const char *key; /* key of its name in the log; NULL: it has no name */
    char *name;
    atomic_uint failing; /* calls whose last attempt failed, one bit each */
    atomic_bool open;
    atomic_bool was_gone; /* the queue did not exist in an outage that is over; until it is taken */
    atomic_uint_fast64_t begun;                  /* number of outages so far */
    atomic_int_fast64_t passed_ms[OUTAGE_CALLS]; /* last success of each call; 0: none */
    struct {
        pthread_mutex_t lock;
        int64_t since_ms;
        int64_t last_ms;  /* of the last failure */
        int64_t tried_ms; /* when a call began last */
        int64_t log_ms;   /* when it is logged next */
        int64_t pause_ms;
        int64_t failed_ms[OUTAGE_CALLS]; /* time of the last failure of each call */
        unsigned calls;                  /* calls that failed in this outage, one bit each */
        unsigned transient;              /* ... whose last failure may pass */
        uint64_t failed;
        uint64_t failed_heartbeats;
        uint64_t causes[OUTAGE_CAUSES]; /* hashes of causes that were logged */
        unsigned cause_count;
        char *cause_names; /* OUTAGE_CAUSES_BYTES: codes, each once; NULL: no failure yet */
        unsigned call;     /* of the last failure */
        const char *next;
        struct err *cause; /* of the last failure; NULL: none yet */
        bool state;        /* the last failure was seen as a state */
        bool gone;         /* the queue did not exist, at some time of this outage */
        char *customers;   /* ids of those that use the queue; NULL: not set */
        size_t customer_count;
        uint64_t held;                   /* messages held now */
        uint64_t ended[OUTAGE_MESSAGES]; /* since it is gone */
    } shared;
};

/* key: a literal; name: copied. */
void outage_init(struct outage *o, enum outage_party party, const char *key, const char *name);
void outage_done(struct outage *o);

/* The customers that the outage concerns: their number, and the ids of some, which are copied. */
void outage_set_customers(struct outage *o, size_t count, const char *ids);

struct outage_failure {
    const struct err *err;
    unsigned call;
    const char *next;           /* a literal: what happens next, and what the operator should do */
    int64_t since_ms;           /* when it began, if it was detected later; 0: now */
    const struct log_kv *about; /* more keys for its lines; NULL: none */
    size_t about_count;         /* at most OUTAGE_ABOUT */
    bool state;                 /* it is a state that was seen, not a call that failed now */
    size_t held;                /* OUTAGE_QUEUE: messages of the queue that the worker holds */
};
/* True: it was logged, with all of the error. */
bool outage_failed(struct outage *o, const struct outage_failure *f, int64_t now);

void outage_passed(struct outage *o, unsigned call, int64_t now);

/* The error of the last failure, if it is open. False: it is not. */
MUST_USE bool outage_why(struct outage *o, struct err *out);

/*
 * Forget the outage, without a line: the settings that failed are not used any more. The caller
 * logs that. The next failed call begins another one.
 */
void outage_drop(struct outage *o);

/* A success that ends no outage, seen at a later time: the call succeeded at `when` or after it. */
void outage_worked(struct outage *o, unsigned call, int64_t when);

/* Messages of the queue that the worker holds now, for the next line. */
void outage_set_held(struct outage *o, size_t held);

/* A message of the queue is not held any more; held: the number of those that are. */
void outage_message_ended(struct outage *o, enum outage_message how, size_t held, int64_t now);

/*
 * The queue did not exist, and answers again: it may be another one. True once for each such
 * outage.
 */
MUST_USE bool outage_take_gone(struct outage *o);

/* A call, or an attempt, begins: that the outage lasts is tested from now on. */
void outage_tried(struct outage *o, int64_t now);

/* Whether it is time to log that the outage lasts. */
MUST_USE bool outage_due(struct outage *o, int64_t now);

/* Log it, if it is time. about: more keys, at most OUTAGE_ABOUT. */
void outage_tick(struct outage *o, const struct log_kv *about, size_t about_count, int64_t now);

/* Number of outages that were logged as begun. */
static inline uint64_t outage_begun(const struct outage *o)
{
    return atomic_load_explicit(&o->begun, memory_order_relaxed);
}

/* A call failed and did not pass since: one load. */
static inline bool outage_is_failing(const struct outage *o)
{
    return atomic_load_explicit(&o->failing, memory_order_relaxed) != 0;
}

/* The calls for held messages that fail now, "heartbeat delete". */
void outage_failing_calls(const struct outage *o, char out[OUTAGE_CALLS_BYTES]);

/* Whether an outage was logged and is not over. */
MUST_USE bool outage_is_open(const struct outage *o);

#endif
