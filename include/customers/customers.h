/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customers.h - the registry of customers at run time: credentials, topics, breaker, unacknowledged
 * bytes, counters.
 *
 *     OWNED(customers) struct customers *all = customers_new(&parts, &err);
 *     struct customer *c = customers_find(all, queue, bucket, key, form);
 *     if (c == NULL) ... the object belongs to no customer ...
 *     if (!customer_allowed(c)) ... paused ...
 *     if (customer_creds(c, &creds, &err) != FAIL_NONE) ...
 *     customer_release(c);
 *
 * A struct customer is a customer under one configuration. It is constant except for its counters.
 * It and its configuration exist until the last reference is released. customers_apply creates
 * others for another configuration; work in progress continues with the old ones.
 *
 * The rules are in src/customers/README.md. Threads: any, except for new and free.
 */
#ifndef CUSTOMERS_CUSTOMERS_H
#define CUSTOMERS_CUSTOMERS_H

#include "base/clock.h"
#include "base/log_rate.h"
#include "base/pulse.h"
#include "base/refs.h"
#include "codec/template.h"
#include "conf/conf.h"
#include "customers/back_off.h"
#include "customers/breaker.h"
#include "customers/stats.h"
#include "net/creds.h"
#include "net/sink.h"
#include "net/sts.h"
#include "ops/ops.h"

struct customers;

struct customer {
    const struct customer_conf *conf;
    const struct conf *whole; /* the configuration that `conf` is part of */
    struct span id;
    /*
     * Identifies the customer; the same after a change of its configuration. The slot of a removed
     * customer is reused with another generation.
     */
    uint32_t slot, generation;
    size_t queue;       /* number of its queue */
    size_t sched_class; /* of the inbox; that of its slot, kept as long as the registry */
    struct sink_topic *topics[STREAMS];
    const char *topic_names[STREAMS];
    atomic_size_t event_bytes; /* maximum of an event's value; lowered if a topic allows less */
    struct stats *stats;       /* kept when the configuration changes */
    struct back_off_book *back_off; /* its messages in back-off; kept as stats */
    struct log_rate *lines;         /* of its objects' lines; kept when the configuration changes */
    struct refs refs;               /* customer_hold, customer_release */
};

struct customers_parts {     /* borrowed as long as the customers, except conf */
    const struct conf *conf; /* held as long as needed */
    const struct creds_settings *creds_settings;
    struct creds_source *own; /* the worker's credentials */
    struct sts *sts;          /* to check that roles require their external id */
    struct sink *sink;
    struct ops *ops; /* receives ops events; NULL: none are sent */
    const struct clock *clock;
    bool require_verified; /* also if the configuration does not say so */
};

/*
 * Create the registry from a configuration. NULL and FAIL_CONFIG: a topic or a key template is
 * invalid.
 */
MUST_USE struct customers *customers_new(const struct customers_parts *parts, struct err *e);
void customers_free(struct customers *all);
DEFINE_OWNED(customers);

/*
 * Apply another configuration, which is held. A customer is the same if its id is the same: its
 * counters, breaker and unacknowledged bytes are kept. Its credentials are kept too, unless a
 * setting that they depend on has changed. On failure (FAIL_CONFIG, as customers_new) nothing
 * changes.
 *
 * Keys that the table marks as fixed (conf/diff.h) must be equal. The number of a queue is its
 * index in the first configuration; queues that are added later get the next numbers. One that is
 * removed keeps its number, and has it again if a queue with this name, URL and region is added.
 *
 * Does not wait for work in flight, and does no network I/O. Threads: any; concurrent calls run one
 * after another.
 */
MUST_USE enum err_kind customers_apply(struct customers *all, const struct conf *conf,
                                       struct err *e);

/* Take a reference, or release one. Both accept NULL. */
struct customer *customer_hold(struct customer *c);
void customer_release(struct customer *c);

/* What receives the ops events of the customer. NULL: none are sent. */
struct ops *customer_ops(const struct customer *c);
MUST_USE bool customers_have_ops(const struct customers *all);

size_t customers_count(const struct customers *all);

/*
 * Iterate over all customers, in the order of their slots. before: the previous one, which is
 * released; NULL: start. The result has a reference for the caller; NULL: the end. Customers that
 * are added or removed during the iteration may be included or not.
 *
 *     for (struct customer *c = NULL; (c = customers_next(all, c)) != NULL;) ...
 */
MUST_USE struct customer *customers_next(struct customers *all, struct customer *before);

/*
 * The customer of an object, with a reference for the caller. NULL: there is none
 * (customers/not_ours.h has the reason). On a queue of several customers only S3's own notification
 * form is accepted. The time does not depend on the number of customers.
 */
MUST_USE struct customer *customers_find(struct customers *all, size_t queue, struct span bucket,
                                         struct span key, enum notification_form form);

/*
 * Whether an object of this queue belongs to the customer, under the configuration that it has. For
 * objects whose customer was removed, or moved to another queue or prefix, since their message was
 * received.
 */
MUST_USE bool customer_has(const struct customer *c, size_t queue, struct span bucket,
                           struct span key);

/* The number of a queue of the current configuration. */
MUST_USE size_t customers_queue_number(struct customers *all, const struct queue_conf *queue);

/* The scheduling class of this queue's messages that belong to no customer. */
MUST_USE size_t customers_queue_class(struct customers *all, size_t queue);

/* Number of scheduling classes so far. They are never fewer later. */
MUST_USE size_t customers_classes(struct customers *all);

/* The limit of the log lines about what belongs to no customer, of this queue. */
struct log_rate *customers_no_one_lines(struct customers *all, size_t queue);

/* Log how many lines of each customer, and of none, were left out. customers_watch does so, too. */
void customers_report_lines(struct customers *all);

/* The key template of events. */
const struct template *customers_key(const struct customers *all);

/* The customer of this queue if it has exactly one, with a reference; NULL: none, or several. */
MUST_USE struct customer *customers_queue_only(struct customers *all, size_t queue);

/*
 * Whether no customer of the queue can be processed now: all are paused, or there is none. The time
 * does not depend on their number: of a queue with many, the answer is known after some calls.
 */
MUST_USE bool customers_queue_paused(struct customers *all, size_t queue);

/*
 * The same, except that a customer whose pause has ended counts as paused until its probe succeeds.
 */
MUST_USE bool customers_queue_closed(struct customers *all, size_t queue);

/* Its opposite, known at the first call, but it looks at all customers: for lines of the log. */
MUST_USE bool customers_queue_any_open(struct customers *all, size_t queue);

/*
 * The customers of a queue: returns their number, and writes the ids of some, "acme
 * globex ...". It looks at no more than these: failed calls ask for them.
 */
enum { CUSTOMERS_IDS = 5, CUSTOMERS_IDS_BYTES = 256 };
size_t customers_queue_ids(struct customers *all, size_t queue, char out[CUSTOMERS_IDS_BYTES]);

/* Number of customers with records that are not acknowledged. */
MUST_USE size_t customers_waiting(struct customers *all);

/*
 * The source of this customer's credentials, created on the first call, and with valid credentials
 * now. It exists as long as the customer. FAIL_CONFIG also if the role can be assumed without its
 * external id: then any party that gets the worker to assume the role could read its objects. The
 * configuration may accept that, for emulators. This is checked before the first use, and again at
 * the first use after each verify.interval. May wait for STS.
 */
MUST_USE enum err_kind customer_creds(struct customer *c, struct creds_source **out, struct err *e);

/* A warning that is logged once for a role and its bucket. */
enum customer_warning { CUSTOMER_REGION, CUSTOMER_ACCOUNT, CUSTOMER_VERSION, CUSTOMER_WARNINGS };

/* Whether the caller must log the warning. True for the first caller only. */
MUST_USE bool customer_warn_once(struct customer *c, enum customer_warning w);

/*
 * The breaker, under its lock. Opening and closing is logged. A customer that must be verified and
 * is not (verify.require_verified) is not allowed either.
 */
MUST_USE bool customer_allowed(struct customer *c);
void customer_went_well(struct customer *c);

/*
 * A call to one of its outside parties failed: the breaker and the outage of that party get it.
 * about: the key, "" for none.
 */
enum customer_party {
    CUSTOMER_ROLE,
    CUSTOMER_S3,
    CUSTOMER_TOPIC,
    CUSTOMER_CREDENTIALS,
    CUSTOMER_PARTIES
};
struct customer_refusal {
    enum customer_party party;
    enum breaker_mark mark;
    struct span about;
    const char *next; /* a literal: what happens next */
    int64_t since_ms; /* the first evidence, monotonic; 0: now */
};
/* True: a line of an outage has all of the error. */
bool customer_refused(struct customer *c, const struct customer_refusal *r, const struct err *e);

/* An object was left for the dead-letter queue, for its status. */
void customer_left(struct customer *c, const struct err *e);

/*
 * A message of it was returned, for its status: after an attempt that this party failed, or unread
 * since the customer is paused. Errors that say nothing of a party (FAIL_STOPPED, FAIL_LOST) are
 * ignored.
 */
void customer_returned(struct customer *c, enum customer_party party, const struct err *e);
void customer_returned_unread(struct customer *c, const struct err *why);

/* A record was acknowledged: its topic works. Without an outage it costs one load. */
void customer_acknowledged(struct customer *c);

/* Whether it is paused. An attempt that is allowed nevertheless is a probe. */
MUST_USE bool customer_paused(struct customer *c);

/*
 * Of a paused customer: the last refusal by its role, bucket or topic. Returns the ms since the
 * last attempt that failed.
 */
int64_t customer_paused_why(struct customer *c, struct err *out);

/* ms until a paused customer may be tried by a probe. -1: it is not paused, or a probe runs. */
MUST_USE int64_t customer_probe_in_ms(struct customer *c);

/*
 * Reserve the bytes of a record that will be produced. Waits while the customer's unacknowledged
 * bytes exceed its share. FAIL_STOPPED: customers_stop. FAIL_AGAIN: records of other customers are
 * acknowledged and none of this one, for so long that the lane must not wait longer; or, after a
 * longer time, none of any customer although brokers are reachable. pulse: of the calling thread,
 * PULSE_WAIT during the wait; may be NULL.
 */
MUST_USE enum err_kind customer_reserve(struct customer *c, size_t bytes, struct pulse *pulse,
                                        struct err *e);
/* The same without waiting. False: nothing is reserved. */
MUST_USE bool customer_try_reserve(struct customer *c, size_t bytes);
/* The record was reported; or it was not produced. */
void customer_unreserve(struct customer *c, size_t bytes);
void customer_take_back(struct customer *c, size_t bytes);

/* Its topic accepts only messages of `bytes`: lower the limit of its events accordingly. */
void customer_topic_takes(struct customer *c, size_t bytes);

/*
 * What the brokers say of one of its topics. While it is compacted the customer is not taken,
 * unless allow_compacted is set. Logged.
 */
void customer_topic_is(struct customer *c, const char *topic, const struct sink_topic_facts *facts);

/* The limit of events for a topic that allows as much as the producer. */
size_t customers_event_bytes(const struct customers *all);

/* Whether it is taken only while what must be denied is proved (verify.require_verified). */
MUST_USE bool customer_verification_required(struct customer *c);

/* State of a customer, for monitoring. All members of one that is idle and well are 0. */
struct customer_state {
    uint64_t paused;          /* 1: the breaker is open: no attempt, or one as a probe */
    uint64_t renewal_failing; /* 1: the last renewal of its credentials failed; still valid */
    uint64_t unacked_bytes;
    uint64_t outages;                         /* number of parties with an outage now */
    uint64_t outages_begun[CUSTOMER_PARTIES]; /* so far */
    uint64_t unverified;   /* 1: verification is required, and what must be denied is not proved */
    uint64_t silent;       /* 1: no notification for three times the cadence of its entry */
    uint64_t far_above;    /* 1: the last day has more than three times the volume of its entry */
    uint64_t missing;      /* objects that the last comparison of its bucket found missing */
    uint64_t not_compared; /* 1: the last comparison could not be made */
    uint64_t back_off;     /* messages that were returned after an error and are still hidden */
    int64_t expires_ms;    /* of its credentials, wall clock in ms; INT64_MAX: never, 0: none yet */
};
void customer_state(struct customer *c, struct customer_state *out);

/* What is wrong with a customer, for its status. */
struct customer_trouble {
    bool fails[CUSTOMER_PARTIES]; /* which parties have an outage now */
    bool held;                    /* it is paused by an operator */
    bool returned;                /* error is that by which messages in back-off were returned */
    bool returned_held;           /* ... but an operator had paused it */
    uint8_t returned_by;          /* ... enum customer_party, whose error it is; CUSTOMER_PARTIES:
                                     no party's, since the customer was not verified */
    int64_t paused_ms;            /* if it is paused: for how long */
    int64_t next_try_ms;          /* ... until the next probe; 0: with the next message */
    struct err error;             /* the last refusal, if it is paused; else of the first party that
                                     fails; else that by which messages in back-off were
                                     returned; else of the object that was left last */
    int64_t missing_ms;           /* if objects are missing: for how long that is known */
    int64_t known_ms;             /* since when this worker has it in its configuration */
    int64_t far_above_ms;         /* if its volume is far above what is expected: for how long */
    struct back_off_view back_off;
};
void customer_trouble(struct customer *c, struct customer_trouble *out);

/* The customer with this id, with a reference. NULL: there is none. Looks at all of them. */
MUST_USE struct customer *customers_by_id(struct customers *all, struct span id);

/*
 * What an operator sets for a customer until the end of the process, also through reloads. False:
 * no customer has this id. Not logged; the begin and the end of a hold have their ops events. A
 * customer that is held is not tried by probes; what is in progress ends as usual.
 */
MUST_USE bool customers_set_held(struct customers *all, struct span id, bool on);
MUST_USE bool customers_set_debug(struct customers *all, struct span id, bool on);

/* Whether all log lines of the customer are written, whatever the level. */
MUST_USE bool customer_is_debugged(struct customer *c);

/*
 * Call every few seconds, in one thread: detects credentials that are not renewed and records that
 * are not acknowledged, and logs outages that last. May query Kafka, for a fraction of a second.
 */
void customers_watch(struct customers *all);

/*
 * Check one role whose check of the external id is due (verify.interval), as customer_creds does
 * for those that are used: so idle customers are checked too. A role that does not require its
 * external id pauses its customer. Returns the ms until the next call. May wait for STS.
 *
 * Threads: one at a time.
 */
MUST_USE int customers_check_role(struct customers *all);

/* Number of checks so far, by a lane or the timer. */
struct role_checks_counts {
    uint64_t proved, not_checked, disproved;
};
void customers_role_checks(const struct customers *all, struct role_checks_counts *out);

/* A comparison of its bucket with what was delivered (jobs/reconcile_pass.h). */
struct customer_compared {
    uint64_t compared, missing; /* objects */
    int64_t from_ms, to_ms;     /* of which time; wall clock */
    const struct span *keys;    /* some of those that are missing */
    size_t key_count;
    const struct err *err; /* FAIL_NONE: it was made; else the members above do not count */
    bool quiet;            /* the error was logged for all customers */
};

/* Keep the result, log it if it is another one, and send it as an ops event. One thread. */
void customer_compared(struct customer *c, const struct customer_compared *result);

/* End all waits, now and later. */
void customers_stop(struct customers *all);

#endif
