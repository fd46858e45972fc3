/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customers_priv.h - shared by the files of the room. README.md has the rules.
 *
 *   customers.c   the registry: tables, references, customers_apply
 *   customer.c    creates a customer from its configuration, and frees it
 *   role.c        credentials, and the check of the external id
 *   session.c     sessions of a role, and their session policy
 *   pause.c       the breaker, and outages of what a customer depends on
 *   watch.c       outages that no failed call shows
 *   expected.c    whether it sends as often and as much as its entry says (expect.c)
 *   compared.c    which of its objects were not delivered
 *   share.c       the limit of unacknowledged bytes
 *   waiting.c     the objects with records that are not acknowledged
 *   state.c       the state for monitoring
 *   control.c     what an operator sets for one customer while the worker runs
 *   topics.c      topics in which records would be lost
 *   verified.c    whether what must be denied was proved, if that is required
 *   proof.c       the files of these proofs
 *   failed_objects.c   objects that are not read again
 *   not_ours.c    why an object belongs to no customer
 */
#ifndef CUSTOMERS_CUSTOMERS_PRIV_H
#define CUSTOMERS_CUSTOMERS_PRIV_H

#include "base/outage.h"
#include "base/text_index.h"
#include "customers/customers.h"
#include "customers/expect.h"
#include "customers/proof.h"
#include "customers/route.h"

#include <pthread.h>
#include <stdatomic.h>

enum { LINES_QUEUES = 16 };

/* Kept when the configuration changes: counters, breaker, unacknowledged bytes. */
struct customer_run {
    struct refs refs;
    struct stats stats;
    struct log_rate lines;
    const struct clock *clock;
    struct outage outages[CUSTOMER_PARTIES];
    struct { /* customers_watch's */
        uint64_t reports;
        uint64_t acked;
        int64_t stalled_ms; /* first seen with pending records and no report since; 0: none */
        int64_t well_ms;    /* last seen with a report since the look before, or without Kafka */
        int64_t looked_ms;  /* the last look */
    } watched;
    struct expect expect; /* customers_watch's; what others read of it: */
    struct {
        atomic_bool silent, far_above;
        atomic_int_fast64_t far_above_since_ms; /* monotonic */
    } expected;
    struct {
        atomic_uint_fast64_t missing;
        atomic_int_fast64_t missing_since_ms; /* monotonic */
        atomic_bool failed;
    } compared;
    struct {
        pthread_mutex_t lock;
        struct waiting *oldest, *newest;
    } waiting; /* objects, of customers/waiting.h */
    struct back_off_book back_off;
    atomic_uint_fast64_t unacked;
    atomic_bool held;            /* paused by an operator ... */
    atomic_int_fast64_t held_ms; /* ... when, monotonic */
    atomic_bool debug;           /* all of its log lines are written */
    atomic_uint waiting_lanes;   /* number of lanes that wait for `unacked` to decrease */
    atomic_bool asleep;          /* a lane started to wait since the last wake-up */
    struct {
        pthread_mutex_t lock;
        pthread_cond_t acknowledged;
        struct breaker breaker;
        int64_t opened_ms;    /* when the breaker opened last, monotonic */
        int64_t tried_ms;     /* of the last refusal, monotonic */
        struct err paused_by; /* the refusal that opened the breaker, or failed its last probe */
        struct err left_by;   /* of the object that was left last */
        struct {
            struct err err; /* of the message that was returned last */
            enum customer_party party;
            bool held; /* returned unread: an operator had paused the customer */
        } returned;
        enum customer_party paused_party; /* ... which party it was */
        struct rng rng;
    } shared;
};

/* The result of a check whether the role requires its external id. */
enum role_result { ROLE_UNKNOWN, ROLE_PROVED, ROLE_NOT_CHECKED, ROLE_DISPROVED, ROLE_RESULTS };

/*
 * State of a role and its bucket. Kept after a change of the configuration if these are the same.
 */
struct role {
    struct refs refs;
    atomic_bool warned[CUSTOMER_WARNINGS];
    struct {
        pthread_mutex_t lock;
        struct creds_source *creds; /* NULL: not created yet */
        bool verified;              /* the role denied a session without its external id */
        int64_t checked_ms;         /* the last check; before it when the role was created */
        int64_t again_ms;           /* it is checked again then, or an interval after checked_ms */
        enum role_result result;    /* of the last check, as it was told last */
        bool probing;               /* one lane makes the check; the others wait for its result,
                                       unless the role is verified */
        unsigned probes;
        struct err probe_err; /* result of the last check */
        pthread_cond_t probed;
    } shared;
};

/* A customer under one configuration. */
struct customer_entry {
    struct customer customer; /* first member: other rooms have a pointer to it */
    struct customers *all;
    const struct conf *conf; /* with a reference */
    struct customer_run *run;
    struct role *role;
    uint64_t partition_bytes; /* maximum of unacknowledged bytes, whatever is free */
    char *topic_names[STREAMS];
    struct customer_entry *next_in_queue; /* of the same table */
    struct { /* what its successor has another one of: it says nothing about this any more */
        atomic_bool access, topic;
    } replaced;
    struct {
        bool required;
        atomic_int state; /* enum proof_state; PROOF_VALID if it is not required */
        int logged;       /* customers_watch's: the state that was logged last ... */
        int64_t next_ms;  /* ... and when the proof is read again */
        pthread_mutex_t lock;
        struct proof proof;
    } verified;
    struct {
        atomic_bool compacted; /* one of its topics is, and that is not allowed */
        atomic_int_fast64_t
            retention_ms; /* the shortest of its topics; 0: not known, or no limit */
        int64_t next_ms;  /* customers_watch's: when a compacted one is asked again */
        int64_t warn_ms;  /* ... and when events above the retention may be logged again */
    } topics;
    struct {
        pthread_mutex_t lock;
        struct failed_object *newest;
        uint64_t bytes; /* memory of the list */
        unsigned count;
    } failed;
};

static inline struct customer_entry *entry_of(struct customer *c)
{
    return (struct customer_entry *)(void *)c;
}

/* Where the search of a queue continues, and how many it has found in a row: queue_pauses.c. */
struct queue_look {
    _Atomic(struct customer_entry *) at;
    atomic_size_t found;
};

/* A queue of this configuration or of an earlier one. */
struct table_queue {
    char *identity;   /* queue_conf_identity */
    struct span name; /* in it */
    size_t sched_class;
    struct customer_entry *first; /* of its customers; NULL: it has none, or was removed */
    size_t count;                 /* of its customers */
    struct queue_look paused, closed;
};

/* All customers of one configuration. Immutable once the registry uses it, but for the atomics. */
struct customer_table {
    struct refs refs;
    const struct conf *conf;      /* with a reference: the routes borrow from it */
    struct customer_entry **list; /* by slot; NULL: free */
    uint32_t *generations;        /* by slot: of its customer, or of its last one */
    size_t slots;
    size_t count;
    size_t *classes;                   /* by slot: its scheduling class */
    struct customer_entry **by_bucket; /* sorted by bucket and queue, see not_ours_index */
    size_t by_bucket_count;
    struct table_queue *queues; /* by number */
    size_t queue_count;
    struct text_index queue_numbers; /* by their identities */
    size_t class_count;
    struct routes *routes;
};

struct customers {
    struct customers_parts parts;
    struct template *key;
    size_t event_bytes; /* of customers_event_bytes */
    atomic_size_t count;
    atomic_size_t alive;               /* number of entries that are not freed */
    atomic_uint_fast64_t acks;         /* acknowledged records of all customers */
    atomic_uint_fast64_t unacked;      /* bytes of all customers */
    uint64_t queue_bytes;              /* kafka.queue_bytes */
    atomic_uint_fast64_t failed_bytes; /* memory of remembered failed objects, of all customers */
    atomic_bool stopped;
    struct log_rate no_one_lines[LINES_QUEUES];     /* queues with the same remainder share one */
    atomic_uint_fast64_t role_checks[ROLE_RESULTS]; /* number of checks by result */
    size_t check_from; /* customers_check_role's: the slot behind the last one that it checked */
    struct outage own_outage; /* of the renewal of the worker's own credentials */
    struct {
        pthread_mutex_t lock; /* held during customers_apply, before shared.lock */
    } apply;
    struct {
        pthread_mutex_t lock; /* only to read the pointer and take a reference */
        struct customer_table *table;
    } shared;
};

/* ---- customers.c ---- */

/* The current table, with a reference; release it with table_release. */
MUST_USE struct customer_table *table_take(struct customers *all);
void table_release(struct customer_table *t);

/* ---- customer.c ---- */

/* The slot with its generation and class, and the queue's number. before: the predecessor or NULL.
 */
struct entry_place {
    uint32_t slot, generation;
    size_t sched_class;
    size_t queue;
};
MUST_USE struct customer_entry *entry_new(struct customers *all, const struct conf *conf,
                                          const struct customer_conf *of,
                                          const struct entry_place *place,
                                          struct customer_entry *before, struct err *e);
void entry_free(struct customer_entry *c);

/* ---- pause.c ---- */

/* End the pause of a customer if its new entry changes what refused the old one. */
void pause_replace(struct customer_entry *old, struct customer_entry *new);

/* ---- not_ours.c ---- */

/* Sort the customers of a new table by bucket and queue. */
void not_ours_index(struct customer_table *t);

/* ---- failed_objects.c ---- */

/* Forget all of them. No other thread has a reference to the customer. */
void failed_objects_clear(struct customer_entry *c);

/* ---- topics.c ---- */

void topics_take_over(struct customer_entry *c, const struct customer_entry *before);
void topics_watch(struct customer_entry *c, int64_t now);

/* As verified_blocks, because a topic is compacted. */
MUST_USE bool topics_block(struct customer_entry *c, struct err *why);

/* ---- verified.c ---- */

void verified_init(struct customer_entry *c, const struct customer_entry *before);
void verified_done(struct customer_entry *c);
void verified_watch(struct customer_entry *c, int64_t now);

/* Whether the customer must not be taken now. why: NULL, or set to the reason. */
MUST_USE bool verified_blocks(struct customer_entry *c, struct err *why);

/* control.c: by an operator. */
MUST_USE bool held_blocks(struct customer_entry *c, struct err *why);

/* ... for this, for its topics, or by an operator. */
static inline bool entry_blocked(struct customer_entry *c, struct err *why)
{
    return held_blocks(c, why) || verified_blocks(c, why) || topics_block(c, why);
}

/* What must be denied was not: store that. */
void verified_disprove(struct customer_entry *c, const char *check);

void verified_state(struct customer_entry *c, struct customer_state *out);

/* ---- expected.c ---- */

void expected_watch(struct customer_entry *c, int64_t now);

/* ---- role.c ---- */

struct role *role_new(void);

/* Draw the time of the first check by customers_check_role. */
void role_plan_check(struct customer_entry *c);
void role_release(struct role *r);

/* Whether both use the same session of the same role. */
bool role_same(const struct customer_conf *a, const struct customer_conf *b);

/* Log what the session policy does not restrict. */
void role_log_policy(const struct customer_conf *conf);

#endif
