/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leases_priv.h - internal structures of the lease book, for leases.c and leases_calls.c only.
 *
 * Each queue has two kinds of lists: `beats`, sorted by the time of the next heartbeat, and `ends`,
 * one for deletes and one for changes. A lease in a call is in none of them, so that no second call
 * names it (rule 14). The result of the call returns it to the lists that it belongs to then.
 */
#ifndef SETTLE_SQS_LEASES_PRIV_H
#define SETTLE_SQS_LEASES_PRIV_H

#include "base/stable.h"
#include "settle/sqs/leases.h"

enum {
    BACKOFF_FIRST_MS = 500,
    BACKOFF_MAX_MS = 15 * 1000,
    ILL_AFTER = 3, /* consecutive failed calls */
};

struct queue_leases {
    struct lease_link beats;
    struct lease_link ends[2]; /* by enum lease_end */
    int64_t visibility_ms;
    int64_t beat_ms;
    int64_t not_before_ms; /* after a failed call */
    unsigned failed;       /* consecutive calls */
    size_t count;          /* held, including ending ones */
    size_t returning;      /* of those: to be made visible again */
};

struct leases {
    struct stable queues; /* of struct queue_leases */
    size_t turn;
    size_t count;
    struct lease_link found; /* lost or held too long, not reported yet; linked by `beat` */
    bool hurry;
};

UNUSED static inline struct queue_leases *queue_at(const struct leases *b, size_t queue)
{
    return stable_at(&b->queues, queue);
}

UNUSED static inline struct lease *of_beat(struct lease_link *k)
{
    return (struct lease *)(void *)((char *)k - offsetof(struct lease, beat));
}

UNUSED static inline struct lease *of_end(struct lease_link *k)
{
    return (struct lease *)(void *)((char *)k - offsetof(struct lease, end));
}

UNUSED static inline void list_init(struct lease_link *head)
{
    head->prev = head->next = head;
}

UNUSED static inline bool list_empty(const struct lease_link *head)
{
    return head->next == head;
}

UNUSED static inline void link_behind(struct lease_link *where, struct lease_link *k)
{
    k->prev = where;
    k->next = where->next;
    where->next->prev = k;
    where->next = k;
}

/* Remove an element from its list. True: it was in one. */
UNUSED static inline bool unlink_it(struct lease_link *k)
{
    if (k->next == NULL) {
        return false;
    }
    k->prev->next = k->next;
    k->next->prev = k->prev;
    k->prev = k->next = NULL;
    return true;
}

/* The time that SQS's response may have needed to arrive. */
UNUSED static inline int64_t margin_ms(int64_t visibility_ms)
{
    return visibility_ms / 24;
}

/* Put a lease into those lists that it belongs to and is not in. */
void leases_place(struct leases *b, struct lease *l);

/* leases_lift removes a lease from all lists; leases_over also from the book. */
void leases_lift(struct lease *l);
void leases_over(struct leases *b, struct lease *l);

/* The lease is lost or held too long: leases_lost must return it. */
void leases_found(struct leases *b, struct lease *l, enum lease_loss loss);

/* Find the expired leases of the queue. */
void leases_find_expired(struct leases *b, struct queue_leases *q, int64_t now);

#endif
