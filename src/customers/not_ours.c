/* SPDX-License-Identifier: Apache-2.0 */
/*
 * not_ours.c - customers_find does not return a reason, so that its time does not depend on the
 * number of customers. The reason is searched only if it finds no customer. A message may have
 * 10,000 records of that kind, so the search does not compare all customers either.
 */
#include "customers/not_ours.h"

#include "customers_priv.h"

#include "base/alloc.h"

#include <stdlib.h>

enum { CUSTOMERS_NAMED = 3 };

static const struct {
    const char *name, *advice;
} reasons[NOT_OURS_REASONS] = {
    [NOT_OURS_BUCKET] = {"unknown_bucket",
                         "add the customer, or remove the bucket's notification to this queue"},
    [NOT_OURS_QUEUE] = {"other_queue",
                        "send the bucket's notifications to its customer's queue, or "
                        "change the customer's queue"},
    [NOT_OURS_PREFIX] = {"outside_prefix", "restrict the bucket's notification to the prefix, or "
                                           "correct the customer's prefix"},
    [NOT_OURS_FORM] = {"shared_queue", "give the customer a queue of its own, or send S3's "
                                       "notifications to this queue directly"},
};

const char *not_ours_name(enum not_ours reason)
{
    return reasons[reason].name;
}

const char *not_ours_advice(enum not_ours reason)
{
    return reasons[reason].advice;
}

static const char *form_name(enum notification_form form)
{
    static const char *const names[] = {"S3", "SNS", "EventBridge"};
    return names[form];
}

/* ---- The customers by bucket and queue ---- */

static int compare_place(const struct customer_entry *c, struct span bucket, size_t queue)
{
    struct span own = span_str(c->customer.conf->bucket);
    size_t n = own.n < bucket.n ? own.n : bucket.n;
    int order = memcmp(own.p, bucket.p, n);
    order = order != 0 ? order : (own.n > bucket.n) - (own.n < bucket.n);
    return order != 0 ? order : (c->customer.queue > queue) - (c->customer.queue < queue);
}

static int by_place(const void *x, const void *y)
{
    const struct customer_entry *a = *(struct customer_entry *const *)x;
    const struct customer_entry *b = *(struct customer_entry *const *)y;
    int order = compare_place(a, span_str(b->customer.conf->bucket), b->customer.queue);
    return order != 0
               ? order
               : (a->customer.slot > b->customer.slot) - (a->customer.slot < b->customer.slot);
}

void not_ours_index(struct customer_table *t)
{
    t->by_bucket = mem_zeros(t->count + 1, sizeof(struct customer_entry *));
    for (size_t i = 0; i < t->slots; i++) {
        if (t->list[i] != NULL) {
            t->by_bucket[t->by_bucket_count++] = t->list[i];
        }
    }
    qsort((void *)t->by_bucket, t->by_bucket_count, sizeof(struct customer_entry *), by_place);
}

/* The index of the first customer at this place or behind it. */
static size_t first_at(const struct customer_table *t, struct span bucket, size_t queue)
{
    size_t first = 0;
    size_t end = t->by_bucket_count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (compare_place(t->by_bucket[middle], bucket, queue) < 0) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}

/* The customers with this bucket on this queue are *first to *end - 1. */
static void find_place(const struct customer_table *t, const struct object_place *o, size_t *first,
                       size_t *end)
{
    *first = first_at(t, o->bucket, o->queue);
    *end = first_at(t, o->bucket, o->queue + 1);
}

/* ---- The reason ---- */

/*
 * Append the prefixes of the bucket on this queue: "acme has asymptote/events/, beta has logs/ and
 * 2 more".
 */
static size_t add_prefixes(const struct customer_table *t, const struct object_place *o,
                           struct buf *why)
{
    size_t first = 0, end = 0;
    find_place(t, o, &first, &end);
    size_t count = end - first;
    for (size_t i = 0; i < count && i < CUSTOMERS_NAMED; i++) {
        const struct customer_conf *conf = t->by_bucket[first + i]->customer.conf;
        buf_addf(why, "%s%s has %s/", i == 0 ? "" : ", ", conf->id, conf->prefix);
    }
    if (count > CUSTOMERS_NAMED) {
        buf_addf(why, " and %zu more", count - CUSTOMERS_NAMED);
    }
    return count;
}

static const struct customer_conf *of_other_queue(const struct customer_table *t,
                                                  const struct object_place *o)
{
    size_t first = first_at(t, o->bucket, 0);
    if (first == t->by_bucket_count) {
        return NULL;
    }
    const struct customer_conf *conf = t->by_bucket[first]->customer.conf;
    return span_eq(span_str(conf->bucket), o->bucket) ? conf : NULL;
}

/* The customer of this queue and bucket whose prefix, as a folder, is the key. NULL: none. */
static const struct customer_conf *of_folder(const struct customer_table *t,
                                             const struct object_place *o)
{
    struct span prefix = o->key.n != 0 ? span_of(o->key.p, o->key.n - 1) : SPAN("");
    size_t i = 0, end = 0;
    if (prefix.n < o->key.n && o->key.p[prefix.n] == '/') {
        find_place(t, o, &i, &end);
    }
    while (i < end && !span_eq(span_str(t->by_bucket[i]->customer.conf->prefix), prefix)) {
        i++;
    }
    return i < end ? t->by_bucket[i]->customer.conf : NULL;
}

static enum not_ours explain_place(const struct customer_table *t, const struct object_place *o,
                                   struct buf *why)
{
    size_t slot = routes_find(t->routes, o->queue, o->bucket, o->key);
    if (slot != ROUTE_NONE) {
        const struct customer_conf *conf = t->list[slot]->customer.conf;
        buf_addf(why,
                 "customer %s has this bucket and prefix, but several customers share queue %s: "
                 "there only S3's own notifications are accepted, and this one came through %s",
                 conf->id, conf->queue->name, form_name(o->form));
        return NOT_OURS_FORM;
    }
    const struct customer_conf *folder = of_folder(t, o);
    if (folder != NULL) {
        buf_addf(why,
                 "the key is that of the folder %s/ of customer %s, but the object is not empty",
                 folder->prefix, folder->id);
        return NOT_OURS_PREFIX;
    }
    size_t before = why->n;
    buf_add(why, SPAN("the key is outside the prefixes of this bucket and queue: "));
    if (add_prefixes(t, o, why) != 0) {
        return NOT_OURS_PREFIX;
    }
    why->n = before;
    const struct customer_conf *conf = of_other_queue(t, o);
    if (conf != NULL) {
        struct span from =
            o->queue < t->queue_count ? t->queues[o->queue].name : SPAN("another queue");
        buf_addf(why,
                 "customer %s has this bucket, but on queue %s; this notification came from %.*s",
                 conf->id, conf->queue->name, SPAN_FMT(from));
        return NOT_OURS_QUEUE;
    }
    buf_add(why, SPAN("no customer has the bucket "));
    buf_add(why, o->bucket);
    return NOT_OURS_BUCKET;
}

enum not_ours customers_not_ours(struct customers *all, const struct object_place *o,
                                 struct buf *why)
{
    struct customer_table *t = table_take(all);
    enum not_ours reason = explain_place(t, o, why);
    table_release(t);
    return reason;
}
