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

#endif
