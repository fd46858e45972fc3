/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_pauses.c - whether all customers of a queue are paused. The intake's thread asks before and
 * after each receive, and a queue may have 10,000 customers, so a call looks at LOOKS of them at
 * most and the next call continues there.
 */
#include "customers_priv.h"

#include "base/lock.h"

enum { LOOKS = 256 };

static bool is_paused(struct customer_entry *c, int64_t now)
{
    mutex_lock(&c->run->shared.lock);
    bool paused = !breaker_would_allow(&c->run->shared.breaker, now);
    mutex_unlock(&c->run->shared.lock);
    return paused || entry_blocked(c, NULL);
}

/* As is_paused, but a customer whose pause has ended is closed until its probe succeeds. */
static bool is_closed(struct customer_entry *c, int64_t now UNUSED)
{
    mutex_lock(&c->run->shared.lock);
    bool closed = c->run->shared.breaker.open;
    mutex_unlock(&c->run->shared.lock);
    return closed || entry_blocked(c, NULL);
}

/* Whether the last q->count looks, in this call and those before, found customers that are so. */
static bool all_are(const struct table_queue *q, struct queue_look *look,
                    bool (*is)(struct customer_entry *, int64_t), int64_t now)
{
    struct customer_entry *c = atomic_load(&look->at);
    size_t found = atomic_load(&look->found);
    for (size_t looks = q->count < LOOKS ? q->count : LOOKS; looks > 0; looks--) {
        c = c != NULL ? c : q->first;
        if (!is(c, now)) {
            found = 0;
            break;
        }
        found += found < q->count ? 1 : 0;
        c = c->next_in_queue;
    }
    atomic_store(&look->at, c);
    atomic_store(&look->found, found);
    return found == q->count;
}

bool customers_queue_paused(struct customers *all, size_t queue)
{
    int64_t now = clock_mono_ms(all->parts.clock);
    struct customer_table *t = table_take(all);
    struct table_queue *q = queue < t->queue_count ? &t->queues[queue] : NULL;
    bool paused = q == NULL || all_are(q, &q->paused, is_paused, now);
    table_release(t);
    return paused;
}

bool customers_queue_closed(struct customers *all, size_t queue)
{
    struct customer_table *t = table_take(all);
    struct table_queue *q = queue < t->queue_count ? &t->queues[queue] : NULL;
    bool closed = q == NULL || all_are(q, &q->closed, is_closed, 0);
    table_release(t);
    return closed;
}

bool customers_queue_any_open(struct customers *all, size_t queue)
{
    bool any = false;
    struct customer_table *t = table_take(all);
    struct customer_entry *c = queue < t->queue_count ? t->queues[queue].first : NULL;
    for (; c != NULL && !any; c = c->next_in_queue) {
        any = !is_closed(c, 0);
    }
    table_release(t);
    return any;
}
