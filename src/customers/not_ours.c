/* SPDX-License-Identifier: Apache-2.0 */
/*
 * not_ours.c - customers_find does not return a reason, so that its time does not depend on the
 * number of customers. Only if it finds no customer are all customers compared, to give the
 * operator the reason.
 */
#include "customers/not_ours.h"

#include "customers_priv.h"

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

static bool has_bucket(const struct customer_table *t, size_t slot, struct span bucket)
{
    return t->list[slot] != NULL && span_eq(span_str(t->list[slot]->customer.conf->bucket), bucket);
}

/*
 * Append the prefixes of the bucket on this queue: "acme has asymptote/events/, beta has logs/ and
 * 2 more".
 */
static size_t add_prefixes(const struct customer_table *t, const struct object_place *o,
                           struct buf *why)
{
    size_t count = 0;
    for (size_t i = 0; i < t->slots; i++) {
        if (!has_bucket(t, i, o->bucket) || t->list[i]->customer.queue != o->queue) {
            continue;
        }
        const struct customer_conf *conf = t->list[i]->customer.conf;
        if (count < CUSTOMERS_NAMED) {
            buf_addf(why, "%s%s has %s/", count == 0 ? "" : ", ", conf->id, conf->prefix);
        }
        count++;
    }
    if (count > CUSTOMERS_NAMED) {
        buf_addf(why, " and %zu more", count - CUSTOMERS_NAMED);
    }
    return count;
}

static const struct customer_conf *of_other_queue(const struct customer_table *t,
                                                  const struct object_place *o)
{
    for (size_t i = 0; i < t->slots; i++) {
        if (has_bucket(t, i, o->bucket)) {
            return t->list[i]->customer.conf;
        }
    }
    return NULL;
}

/* The customer of this queue and bucket whose prefix, as a folder, is the key. NULL: none. */
static const struct customer_conf *of_folder(const struct customer_table *t,
                                             const struct object_place *o)
{
    struct span prefix = o->key.n != 0 ? span_of(o->key.p, o->key.n - 1) : SPAN("");
    for (size_t i = 0; i < t->slots && prefix.n < o->key.n && o->key.p[prefix.n] == '/'; i++) {
        const struct customer_entry *c = t->list[i];
        if (has_bucket(t, i, o->bucket) && c->customer.queue == o->queue &&
            span_eq(span_str(c->customer.conf->prefix), prefix)) {
            return c->customer.conf;
        }
    }
    return NULL;
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
