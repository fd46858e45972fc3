/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customers.h - what the worker knows and keeps of each customer while it runs: credentials,
 * topics, breaker, how much of theirs is on its way to Kafka, counters.
 *
 *     OWNED(customers) struct customers *all = customers_new(&parts, &err);
 *     struct customer *c = customers_find(all, queue, bucket, key, form);
 *     if (c == NULL) ... not ours ...
 *     if (!customer_allowed(c)) ... paused ...
 *     if (customer_creds(c, &creds, &err) != FAIL_NONE) ...
 *
 * Threads: any, but for new and free.
 */
#ifndef CUSTOMERS_CUSTOMERS_H
#define CUSTOMERS_CUSTOMERS_H

#include "base/clock.h"
#include "base/pulse.h"
#include "codec/template.h"
#include "conf/conf.h"
#include "customers/breaker.h"
#include "customers/stats.h"
#include "net/creds.h"
#include "net/sink.h"
#include "net/sts.h"

#include <pthread.h>

struct customers;

struct customer {
    const struct customer_conf *conf;
    size_t queue; /* index of its queue */
    size_t index; /* its own; also its sched_class in the inbox */
    struct span id;
    struct sink_topic *topics[STREAMS];
    char *topic_names[STREAMS];
    atomic_size_t event_bytes; /* most bytes of a record's value; lowered when a topic takes less */
    struct stats stats;

    struct customers *all;
    struct customer *next_in_queue;
    uint64_t share_bytes; /* most of unacknowledged bytes at a time */
    atomic_uint_fast64_t unacked;
    atomic_uint waiting; /* lanes that wait for `unacked` to fall */
    atomic_bool asleep;  /* one of them went to sleep since they were last woken */
    atomic_bool region_told, account_told, version_told;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t paid;
        struct breaker breaker;
        struct creds_source *creds; /* NULL: not made yet */
        bool renewal_told;
        bool guarded; /* the role was seen to refuse us without its external id */
        bool looking; /* one lane asks STS for that; the others wait for its answer */
        unsigned looks;
        struct err look_err; /* what the last look came to */
        pthread_cond_t looked;
        struct rng rng;
    } shared;
};

struct customers_parts { /* borrowed for the life of the customers */
    const struct conf *conf;
    const struct creds_settings *creds_settings;
    struct creds_source *own; /* the worker's credentials */
    struct sts *sts;          /* for looking whether roles ask for their external id */
    struct sink *sink;
    const struct clock *clock;
};

/* FAIL_CONFIG: a topic or key template that cannot be. */
MUST_USE struct customers *customers_new(const struct customers_parts *parts, struct err *e);
void customers_free(struct customers *all);
DEFINE_OWNED(customers);

size_t customers_count(const struct customers *all);
struct customer *customers_at(const struct customers *all, size_t index);

/* Whose it is, NULL: nobody's. On a queue of several customers only S3's own form counts. */
MUST_USE struct customer *customers_find(const struct customers *all, size_t queue,
                                         struct span bucket, struct span key,
                                         enum notification_form form);

/* The key template of events. */
const struct template *customers_key(const struct customers *all);

/* True if no customer of the queue can be worked for now: all are paused, or there is none. */
MUST_USE bool customers_queue_paused(const struct customers *all, size_t queue);

/*
 * The source of this customer's credentials, made on first use, with credentials in it now.
 * FAIL_CONFIG also if the role lets us in without its external id: whoever gets us to name it
 * would be let in as well (unless the configuration accepts that, for emulators).
 */
MUST_USE enum err_kind customer_creds(struct customer *c, struct creds_source **out, struct err *e);

/* The breaker, under its lock; opening and closing is logged. */
MUST_USE bool customer_allowed(struct customer *c);
void customer_went_well(struct customer *c);
void customer_refused(struct customer *c, enum breaker_mark mark, struct span about,
                      const struct err *e);

/*
 * A record of so many bytes is about to be produced. Waits while more than the customer's
 * share is unacknowledged. FAIL_STOPPED: customers_stop. FAIL_AGAIN: the others' records are
 * acknowledged and this customer's have not been for so long that the lane must not wait on; or
 * nobody's have been, for longer, although brokers answer.
 * pulse: of the thread, which says so while it waits; NULL: none. full: not NULL: do not wait, set
 * this and return FAIL_AGAIN.
 */
MUST_USE enum err_kind customer_reserve(struct customer *c, size_t bytes, struct pulse *pulse,
                                        bool *full, struct err *e);
void customer_release(struct customer *c, size_t bytes);

/* Its topic takes messages of so many bytes: the limit of its events is lowered to fit. */
void customer_topic_takes(struct customer *c, size_t bytes);

/* The limit of events whose topic takes as much as the producer. */
size_t customers_event_bytes(const struct customers *all);

/* How a customer stands. */
struct customer_state {
    uint64_t paused;          /* 1: its breaker is open: no work, or one object as a probe */
    uint64_t renewal_failing; /* 1: its credentials could not be renewed, and are still good */
    uint64_t unacked_bytes;
    int64_t expires_ms; /* of its credentials, wall clock; INT64_MAX: never, 0: none yet */
};
void customer_state(struct customer *c, struct customer_state *out);

/* Now and then: warns of credentials that are not renewed. One thread. */
void customers_watch(struct customers *all);

/* End all waits, also later ones. */
void customers_stop(struct customers *all);

#endif
