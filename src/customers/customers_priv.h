/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customers_priv.h - what the files of the customers share. README.md has the rules.
 *
 * customers.c   the registry: tables, references, customers_apply
 * customer.c    one customer is made of its configuration, and freed
 * role.c        credentials, and the probe of the external id
 * pause.c       the breaker
 * share.c       how many bytes may be unacknowledged
 * state.c       what is shown of a customer
 * not_ours.c    why an object has no customer
 */
#ifndef CUSTOMERS_CUSTOMERS_PRIV_H
#define CUSTOMERS_CUSTOMERS_PRIV_H

#include "customers/customers.h"
#include "customers/route.h"

#include <pthread.h>
#include <stdatomic.h>

/* What outlives a change of the configuration: counters, breaker, unacknowledged bytes. */
struct customer_run {
    struct refs refs;
    struct stats stats;
    atomic_uint_fast64_t unacked;
    atomic_uint waiting; /* lanes that wait for `unacked` to fall */
    atomic_bool asleep;  /* one of them went to sleep since they were last woken */
    struct {
        pthread_mutex_t lock;
        pthread_cond_t acknowledged;
        struct breaker breaker;
        struct err paused_by; /* the refusal that opened the breaker, or failed its last probe */
        struct rng rng;
    } shared;
};

/* What is known of a role and its bucket; a customer whose configuration of them is the same after
 * a change keeps it. */
struct role {
    struct refs refs;
    atomic_bool warned[CUSTOMER_WARNINGS];
    struct {
        pthread_mutex_t lock;
        struct creds_source *creds; /* NULL: not made yet */
        bool renewal_warned;
        bool verified; /* the role refused a session without its external id */
        bool probing;  /* one lane asks STS for that; the others wait for its answer */
        unsigned probes;
        struct err probe_err; /* the answer to the last probe */
        pthread_cond_t probed;
    } shared;
};

/* A customer under one configuration. */
struct customer_entry {
    struct customer customer; /* first: outsiders have a pointer to this */
    struct customers *all;
    const struct conf *conf; /* held */
    struct customer_run *run;
    struct role *role;
    uint64_t share_bytes; /* most of unacknowledged bytes at a time */
    char *topic_names[STREAMS];
    struct customer_entry *next_in_queue; /* of the same table */
};

static inline struct customer_entry *entry_of(struct customer *c)
{
    return (struct customer_entry *)(void *)c;
}

/* All customers of one configuration. Immutable once it is the registry's. */
struct customer_table {
    struct refs refs;
    const struct conf *conf;      /* held: the routes borrow from it */
    struct customer_entry **list; /* by slot, NULL: free */
    uint32_t *generations;        /* by slot: of the customer in it, or of the last one */
    size_t slots;
    size_t count;
    char **queue_names; /* by number */
    struct customer_entry **of_queue;
    size_t queue_count;
    struct routes *routes;
};

struct customers {
    struct customers_parts parts;
    struct template *key;
    size_t event_bytes; /* customers_event_bytes */
    atomic_size_t count;
    atomic_size_t alive;       /* entries that are not freed yet */
    atomic_uint_fast64_t acks; /* acknowledged records of all */
    atomic_bool stopped;
    bool own_renewal_warned; /* of the worker's own credentials; customers_watch's */
    struct {
        pthread_mutex_t lock; /* held for all of customers_apply, before shared.lock */
    } apply;
    struct {
        pthread_mutex_t lock; /* to read the pointer and take a reference, no longer */
        struct customer_table *table;
    } shared;
};

/* ---- customers.c ---- */

/* The current table, with a reference that table_release ends. */
MUST_USE struct customer_table *table_take(struct customers *all);
void table_release(struct customer_table *t);

/* ---- customer.c ---- */

/* where: slot, generation, number of the queue. before: the same customer until now, or NULL. */
struct entry_place {
    uint32_t slot, generation;
    size_t queue;
};
MUST_USE struct customer_entry *entry_new(struct customers *all, const struct conf *conf,
                                          const struct customer_conf *of,
                                          const struct entry_place *place,
                                          struct customer_entry *before, struct err *e);
void entry_free(struct customer_entry *c);

/* ---- role.c ---- */

struct role *role_new(void);
void role_release(struct role *r);

/* True if both ask for the same session, of the same role. */
bool role_same(const struct customer_conf *a, const struct customer_conf *b);

/* Log what its session policy does not limit. */
void role_log_policy(const struct customer_conf *conf);

#endif
