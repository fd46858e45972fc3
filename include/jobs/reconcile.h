/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconcile.h - compares the objects of a list with what was delivered: which are missing?
 *
 *     struct reconcile r = {.customer = customer, .range = range, .delivered = delivered, ...};
 *     enum fate f = reconcile_object(&r, &entry);            one object
 *     keys = keys_of_some(keys, reconcile_wants, &r);        or: the missing ones of a source
 *     ... r.objects[FATE_MISSING] ...
 *
 * Pure. Threads: one at a time.
 */
#ifndef JOBS_RECONCILE_H
#define JOBS_RECONCILE_H

#include "jobs/choice.h"
#include "jobs/delivered.h"

enum {
    RECONCILE_CLOCKS_MS = 5 * 60 * 1000, /* clocks of S3 and Kafka may differ by as much */
    RECONCILE_DELAY_S = 15 * 60,         /* younger objects may be on their way */
};

enum fate {
    FATE_DELIVERED,
    FATE_OTHER_VERSION, /* this version is not, another one is */
    FATE_IN_FLIGHT,     /* its message is retried, or may wait in the queue */
    FATE_DEAD_LETTER,   /* its message is in the dead-letter queue, or will be */
    FATE_IGNORED,       /* it is not read on purpose: only, ignore, a folder marker */
    FATE_ARCHIVED,      /* it cannot be read, and was not delivered before it was archived */
    FATE_MISSING,
    FATE_ELSEWHERE, /* not of the range, not below the prefix, or of an unreadable key: not counted
                       as compared */
    FATES
};

/* "delivered", "other_version", as in texts and JSON. */
extern const char *const fate_names[FATES];

/*
 * What is known of the queue. It was read before the ops events, so that a message that is done
 * meanwhile has its event.
 */
struct reconcile_queue {
    bool empty;             /* it had no message, visible or in flight */
    int64_t waiting_ns;     /* messages of objects modified then or later may wait in it; INT64_MAX:
                               none waits */
    bool dead_letters_read; /* the dead-letter queue was read: DELIVERED_DEAD is known */
};

struct reconcile {
    const struct customer_conf *customer;
    struct range range;
    const struct delivered *delivered;
    struct reconcile_queue queue;
    bool other_versions; /* an object of which another version is done is missing */
    uint64_t objects[FATES];
};

/* Counts it. */
enum fate reconcile_object(struct reconcile *r, const struct s3_entry *entry);

/* Whether it is missing; counts it. ctx: a struct reconcile. */
bool reconcile_wants(void *ctx, const struct s3_entry *entry);

/* Number of objects that were compared. */
uint64_t reconcile_compared(const struct reconcile *r);

/*
 * What may wait in a queue: messages that were never received have no event. So as many as may
 * wait, by how late deliveries are.
 */
struct reconcile_waiting {
    int64_t visible,
        in_flight;  /* attributes of the queue; below 0: not known, so there may be some */
    int64_t lag_ms; /* the greatest of deliveries since recent_ms; -1: there was none */
    int64_t recent_ms;
};
struct reconcile_queue reconcile_judge_queue(const struct reconcile_waiting *w);

/*
 * Objects of a time of which the ops topic has no events are not compared. begin_ms: of
 * tail_begin_ms. False: the range was within the events already.
 */
bool reconcile_limit(struct range *range, int64_t begin_ms);

/* Whether no time is left of it: then nothing is compared. */
MUST_USE bool reconcile_is_empty(const struct range *range);

/* ---- Some of the missing keys ---- */

enum { MISSING_KEYS = 20, MISSING_KEYS_BYTES = 32 * 1024 };

/*
 *     struct missing_keys m = MISSING_KEYS_INIT;
 *     missing_keys_add(&m, entry.key);                the first MISSING_KEYS are kept
 *     struct span keys[MISSING_KEYS];
 *     n = missing_keys_list(&m, keys);                valid until the next change
 *     missing_keys_clear(&m); ... missing_keys_done(&m);
 */
struct missing_keys {
    struct buf names;
    size_t ends[MISSING_KEYS]; /* where each of them ends */
    size_t count;
};
#define MISSING_KEYS_INIT                                                                          \
    {                                                                                              \
        .names = BUF_INIT(MISSING_KEYS_BYTES)                                                      \
    }
void missing_keys_add(struct missing_keys *m, struct span key);
size_t missing_keys_list(const struct missing_keys *m, struct span out[MISSING_KEYS]);
void missing_keys_clear(struct missing_keys *m);
void missing_keys_done(struct missing_keys *m);

#endif
