/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customers.h - what the worker knows and keeps of each customer while it runs: credentials,
 * topics, breaker, unacknowledged bytes, counters.
 *
 *     OWNED(customers) struct customers *all = customers_new(&parts, &err);
 *     struct customer *c = customers_find(all, queue, bucket, key, form);
 *     if (c == NULL) ... not ours ...
 *     if (!customer_allowed(c)) ... paused ...
 *     if (customer_creds(c, &creds, &err) != FAIL_NONE) ...
 *     customer_release(c);
 *
 * A struct customer is a customer under one configuration, and constant but for its counters. It
 * lives until its last reference is gone, and its configuration as long. customers_apply makes
 * others for a new configuration; work that began goes on with what it has.
 *
 * The rules are in src/customers/README.md. Threads: any, but for new and free.
 */
#ifndef CUSTOMERS_CUSTOMERS_H
#define CUSTOMERS_CUSTOMERS_H

#include "base/clock.h"
#include "base/pulse.h"
#include "base/refs.h"
#include "codec/template.h"
#include "conf/conf.h"
#include "customers/breaker.h"
#include "customers/stats.h"
#include "net/creds.h"
#include "net/sink.h"
#include "net/sts.h"

struct customers;

struct customer {
    const struct customer_conf *conf;
    struct span id;
    /* Which customer it is: the same after a change of its configuration. A slot is used again
     * after its customer was removed, with another generation. */
    uint32_t slot, generation;
    size_t queue; /* the number of its queue */
    struct sink_topic *topics[STREAMS];
    const char *topic_names[STREAMS];
    atomic_size_t event_bytes; /* most bytes of a record's value; lowered when a topic takes less */
    struct stats *stats;       /* those of before a change go on */
    struct refs refs;          /* customer_hold, customer_release */
};

struct customers_parts {     /* borrowed for the life of the customers, but for conf */
    const struct conf *conf; /* held as long as needed */
    const struct creds_settings *creds_settings;
    struct creds_source *own; /* the worker's credentials */
    struct sts *sts;          /* to probe whether roles ask for their external id */
    struct sink *sink;
    const struct clock *clock;
};

/* FAIL_CONFIG: a topic or key template that cannot be. */
MUST_USE struct customers *customers_new(const struct customers_parts *parts, struct err *e);
void customers_free(struct customers *all);
DEFINE_OWNED(customers);

/*
 * Go on with this configuration, which is held. Customers are the same if they have the same id:
 * counters, breaker and unacknowledged bytes go on, and credentials too, unless what they depend
 * on changed. On failure nothing is changed (FAIL_CONFIG, as customers_new).
 *
 * What the table says is fixed (conf/diff.h) must be the same. A queue has the number of its place
 * in the first configuration; those that are added later have the next numbers.
 *
 * Does not wait for work in flight, and does no network I/O. Threads: any, one after the other.
 */
MUST_USE enum err_kind customers_apply(struct customers *all, const struct conf *conf,
                                       struct err *e);

/* One more reference, which customer_release ends. Both take NULL. */
struct customer *customer_hold(struct customer *c);
void customer_release(struct customer *c);

size_t customers_count(const struct customers *all);

/*
 * All customers, in the order of their slots. before: the last one, which is released; NULL: begin.
 * The answer is held, NULL: there are no more. Those that are added or removed meanwhile may be
 * among them or not.
 *
 *     for (struct customer *c = NULL; (c = customers_next(all, c)) != NULL;) ...
 */
MUST_USE struct customer *customers_next(struct customers *all, struct customer *before);

/*
 * The customer of an object, held; NULL: it belongs to none (customers/not_ours.h has the reason).
 * On a queue of several customers only S3's own form counts. Its time does not depend on the number
 * of customers.
 */
MUST_USE struct customer *customers_find(struct customers *all, size_t queue, struct span bucket,
                                         struct span key, enum notification_form form);

/* The key template of events. */
const struct template *customers_key(const struct customers *all);

/* True if no customer of the queue can be worked for now: all are paused, or there is none. */
MUST_USE bool customers_queue_paused(struct customers *all, size_t queue);

/*
 * The source of this customer's credentials, made on first use, with credentials in it now. Lives
 * as long as the customer. FAIL_CONFIG also if the role can be assumed without its external id:
 * anyone who makes the worker assume it could read its objects (the configuration may accept
 * that, for emulators). May wait for STS.
 */
MUST_USE enum err_kind customer_creds(struct customer *c, struct creds_source **out, struct err *e);

/* A warning that is logged once for a role and its bucket. */
enum customer_warning { CUSTOMER_REGION, CUSTOMER_ACCOUNT, CUSTOMER_VERSION, CUSTOMER_WARNINGS };

/* True for its first caller. */
MUST_USE bool customer_warn_once(struct customer *c, enum customer_warning w);

/* The breaker, under its lock; opening and closing is logged. */
MUST_USE bool customer_allowed(struct customer *c);
void customer_went_well(struct customer *c);
void customer_refused(struct customer *c, enum breaker_mark mark, struct span about,
                      const struct err *e);

/* Of a customer that is paused: the last refusal by its role, bucket or topic. */
void customer_paused_why(struct customer *c, struct err *out);

/*
 * A record of so many bytes is about to be produced. Waits while more than the customer's
 * share is unacknowledged. FAIL_STOPPED: customers_stop. FAIL_AGAIN: records of others are
 * acknowledged and none of this customer for so long that the lane must not wait on; or none at
 * all, for longer, although brokers answer.
 * pulse: of the thread, set to PULSE_WAIT while it waits; NULL: none.
 */
MUST_USE enum err_kind customer_reserve(struct customer *c, size_t bytes, struct pulse *pulse,
                                        struct err *e);
void customer_unreserve(struct customer *c, size_t bytes);

/* Its topic takes messages of so many bytes: the limit of its events is lowered to fit. */
void customer_topic_takes(struct customer *c, size_t bytes);

/* The limit of events whose topic takes as much as the producer. */
size_t customers_event_bytes(const struct customers *all);

/* What is shown of a customer. */
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
