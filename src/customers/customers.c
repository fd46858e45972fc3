/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customers.c - the registry. A table contains all customers of one configuration and is never
 * changed; customers_apply creates another one and swaps the pointer. Readers take a reference to
 * the table, find their customer, take a reference to it, and release the table.
 */
#include "customers_priv.h"

#include "base/alloc.h"
#include "base/lock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_MARGIN_BYTES = 1024 };

/* ---- References ---- */

struct customer *customer_hold(struct customer *c)
{
    if (c != NULL) {
        refs_hold(&c->refs);
    }
    return c;
}

void customer_release(struct customer *c)
{
    if (c != NULL && refs_release(&c->refs)) {
        entry_free(entry_of(c));
    }
}

void table_release(struct customer_table *t)
{
    if (t == NULL || !refs_release(&t->refs)) {
        return;
    }
    for (size_t i = 0; i < t->slots; i++) {
        customer_release(t->list[i] != NULL ? &t->list[i]->customer : NULL);
    }
    for (size_t q = 0; q < t->queue_count; q++) {
        free(t->queues[q].identity);
    }
    text_index_done(&t->queue_numbers);
    routes_free(t->routes);
    free(t->list);
    free(t->generations);
    free(t->classes);
    free((void *)t->by_bucket);
    free(t->queues);
    conf_release(t->conf);
    free(t);
}

struct customer_table *table_take(struct customers *all)
{
    mutex_lock(&all->shared.lock);
    struct customer_table *t = all->shared.table;
    refs_hold(&t->refs);
    mutex_unlock(&all->shared.lock);
    return t;
}

/* ---- Creating a table ---- */

static int by_id(const void *x, const void *y)
{
    const struct customer_entry *const *a = x;
    const struct customer_entry *const *b = y;
    return strcmp((*a)->customer.conf->id, (*b)->customer.conf->id);
}

/* Customers of a table, sorted by id; the caller frees the list. */
static struct customer_entry **sort_by_id(const struct customer_table *t)
{
    struct customer_entry **list = mem_zeros(t->count, sizeof(struct customer_entry *));
    size_t n = 0;
    for (size_t i = 0; i < t->slots; i++) {
        if (t->list[i] != NULL) {
            list[n++] = t->list[i];
        }
    }
    assert(n == t->count);
    if (n != 0) {
        qsort(list, n, sizeof(struct customer_entry *), by_id);
    }
    return list;
}

/* The predecessor of each customer of the configuration; NULL: a new customer. */
static struct customer_entry **match_entries(const struct customer_table *old,
                                             const struct conf *conf)
{
    struct customer_entry **before =
        mem_zeros(conf->customer_count, sizeof(struct customer_entry *));
    struct customer_entry **list = sort_by_id(old);
    for (size_t i = 0; i < conf->customer_count && old->count != 0; i++) {
        const struct customer_entry like = {.customer.conf = &conf->customers[i]};
        const struct customer_entry *wanted = &like;
        struct customer_entry **found =
            bsearch(&wanted, list, old->count, sizeof(struct customer_entry *), by_id);
        before[i] = found != NULL ? *found : NULL;
    }
    free(list);
    return before;
}

/* The number of a queue of an earlier or of the current configuration; SIZE_MAX: it has none. */
static size_t queue_number(const struct customer_table *t, const struct queue_conf *of)
{
    struct buf identity = BUF_INIT(QUEUE_IDENTITY_BYTES);
    queue_conf_identity(of, &identity);
    size_t number = text_index_find(&t->queue_numbers, buf_span(&identity));
    buf_done(&identity);
    return number;
}

static void add_queue(struct customer_table *t, struct span identity, size_t sched_class)
{
    struct table_queue *q = &t->queues[t->queue_count];
    *q = (struct table_queue){.identity = mem_text_of(identity), .sched_class = sched_class};
    q->name = span_of(q->identity, strcspn(q->identity, "\n"));
    text_index_add(&t->queue_numbers, span_str(q->identity), t->queue_count++);
}

/* Queues keep their numbers; new ones get the next. */
static void number_queues(struct customer_table *t, const struct customer_table *old,
                          const struct conf *conf)
{
    t->queues = mem_zeros(old->queue_count + conf->queue_count, sizeof(*t->queues));
    t->class_count = old->class_count;
    for (size_t q = 0; q < old->queue_count; q++) {
        add_queue(t, span_str(old->queues[q].identity), old->queues[q].sched_class);
    }
    for (size_t q = 0; q < conf->queue_count; q++) {
        struct buf identity = BUF_INIT(QUEUE_IDENTITY_BYTES);
        queue_conf_identity(&conf->queues[q], &identity);
        if (text_index_find(&t->queue_numbers, buf_span(&identity)) == TEXT_INDEX_NONE) {
            add_queue(t, buf_span(&identity), t->class_count++);
        }
        buf_done(&identity);
    }
}

/* Allocate as many slots as before, or more if needed. */
static void make_slots(struct customer_table *t, const struct customer_table *old,
                       const struct conf *conf)
{
    t->slots = old->slots > conf->customer_count ? old->slots : conf->customer_count;
    t->list = mem_zeros(t->slots, sizeof(struct customer_entry *));
    t->generations = mem_zeros(t->slots, sizeof(*t->generations));
    t->classes = mem_zeros(t->slots, sizeof(*t->classes));
    for (size_t i = 0; i < t->slots; i++) {
        t->generations[i] = i < old->slots ? old->generations[i] : 0;
        t->classes[i] = i < old->slots ? old->classes[i] : t->class_count++;
    }
}

static enum err_kind place_customer(struct customer_table *t, struct customers *all,
                                    const struct customer_conf *of, struct customer_entry *before,
                                    size_t slot, struct err *e)
{
    struct entry_place place = {
        .slot = (uint32_t)slot,
        .generation = before != NULL ? t->generations[slot] : ++t->generations[slot],
        .sched_class = t->classes[slot],
        .queue = queue_number(t, of->queue),
    };
    struct customer_entry *c = entry_new(all, t->conf, of, &place, before, e);
    if (c == NULL) {
        return e->kind;
    }
    t->list[slot] = c;
    t->count++;
    c->next_in_queue = t->queues[place.queue].first;
    t->queues[place.queue].first = c;
    t->queues[place.queue].count++;
    routes_add(t->routes, place.queue, span_str(of->bucket), span_str(of->prefix), slot);
    return FAIL_NONE;
}

/* Place existing customers first, so that a new customer gets a slot that no other one has. */
static enum err_kind place_customers(struct customer_table *t, struct customers *all,
                                     struct customer_entry *const *before, struct err *e)
{
    for (size_t i = 0; i < t->conf->customer_count; i++) {
        if (before[i] != NULL && place_customer(t, all, &t->conf->customers[i], before[i],
                                                before[i]->customer.slot, e) != FAIL_NONE) {
            return e->kind;
        }
    }
    size_t slot = 0;
    for (size_t i = 0; i < t->conf->customer_count; i++) {
        if (before[i] != NULL) {
            continue;
        }
        while (t->list[slot] != NULL) {
            slot++;
        }
        if (place_customer(t, all, &t->conf->customers[i], NULL, slot, e) != FAIL_NONE) {
            return e->kind;
        }
    }
    return FAIL_NONE;
}

static struct customer_table *table_new(struct customers *all, const struct customer_table *old,
                                        const struct conf *conf, struct err *e)
{
    struct customer_table *t = mem_zeros(1, sizeof(*t));
    t->conf = conf_hold(conf);
    t->routes = routes_new();
    number_queues(t, old, conf);
    make_slots(t, old, conf);
    struct customer_entry **before = match_entries(old, conf);
    enum err_kind kind = place_customers(t, all, before, e);
    free(before);
    routes_seal(t->routes);
    if (kind != FAIL_NONE) {
        table_release(t);
        return NULL;
    }
    not_ours_index(t);
    return t;
}

/* Of the customers that were there before. */
static void replace_entries(const struct customer_table *old, const struct customer_table *new)
{
    for (size_t i = 0; i < old->slots; i++) {
        bool same = old->list[i] != NULL && new->list[i] != NULL &&
                    old->list[i]->customer.generation == new->list[i]->customer.generation;
        if (same) {
            pause_replace(old->list[i], new->list[i]);
        }
    }
}

enum err_kind customers_apply(struct customers *all, const struct conf *conf, struct err *e)
{
    static const struct customer_table none;
    mutex_lock(&all->apply.lock);
    struct customer_table *old = all->shared.table; /* apply.lock is held */
    struct customer_table *new = table_new(all, old != NULL ? old : &none, conf, e);
    if (new != NULL) {
        mutex_lock(&all->shared.lock);
        all->shared.table = new;
        mutex_unlock(&all->shared.lock);
        atomic_store(&all->count, new->count);
        if (old != NULL) {
            replace_entries(old, new);
        }
        table_release(old);
    }
    mutex_unlock(&all->apply.lock);
    return new != NULL ? FAIL_NONE : e->kind;
}

/* ---- The registry ---- */

static size_t event_bytes(const struct conf *conf, const struct sink *sink)
{
    size_t most = sink_max_bytes(sink);
    size_t room = most > 2 * EVENT_MARGIN_BYTES ? most - EVENT_MARGIN_BYTES : most;
    return conf->limits.event_bytes != 0 && conf->limits.event_bytes < room
               ? conf->limits.event_bytes
               : room;
}

struct customers *customers_new(const struct customers_parts *parts, struct err *e)
{
    OWNED(customers) struct customers *all = mem_zeros(1, sizeof(*all));
    all->parts = *parts;
    all->parts.conf = NULL; /* the table has the valid one */
    outage_init(&all->own_outage, OUTAGE_CREDENTIALS, NULL, "");
    mutex_init(&all->apply.lock);
    mutex_init(&all->shared.lock);
    all->event_bytes = event_bytes(parts->conf, parts->sink);
    all->queue_bytes = parts->conf->kafka.queue_bytes;
    all->key = template_new(span_str(parts->conf->kafka.key), placeholder_names, PLACEHOLDERS, e);
    if (all->key == NULL) {
        (void)err_wrap(e, "kafka.key");
        return NULL;
    }
    return customers_apply(all, parts->conf, e) == FAIL_NONE ? take(&all) : NULL;
}

void customers_free(struct customers *all)
{
    if (all == NULL) {
        return;
    }
    table_release(all->shared.table);
    assert(atomic_load(&all->alive) == 0);
    template_free(all->key);
    outage_done(&all->own_outage);
    mutex_done(&all->apply.lock);
    mutex_done(&all->shared.lock);
    free(all);
}

struct ops *customer_ops(const struct customer *c)
{
    return ((const struct customer_entry *)(const void *)c)->all->parts.ops;
}

bool customers_have_ops(const struct customers *all)
{
    return all->parts.ops != NULL;
}

size_t customers_count(const struct customers *all)
{
    return atomic_load(&all->count);
}

struct customer *customers_next(struct customers *all, struct customer *before)
{
    struct customer *next = NULL;
    struct customer_table *t = table_take(all);
    for (size_t i = before != NULL ? before->slot + (size_t)1 : 0; i < t->slots && next == NULL;
         i++) {
        next = t->list[i] != NULL ? customer_hold(&t->list[i]->customer) : NULL;
    }
    table_release(t);
    customer_release(before);
    return next;
}

struct customer *customers_find(struct customers *all, size_t queue, struct span bucket,
                                struct span key, enum notification_form form)
{
    struct customer *c = NULL;
    struct customer_table *t = table_take(all);
    size_t slot = routes_find(t->routes, queue, bucket, key);
    if (slot != ROUTE_NONE) {
        c = &t->list[slot]->customer;
        bool trusted = c->conf->queue->customer_count <= 1 || form == NOTIFICATION_S3;
        c = trusted ? customer_hold(c) : NULL;
    }
    table_release(t);
    return c;
}

bool customer_has(const struct customer *c, size_t queue, struct span bucket, struct span key)
{
    struct span prefix = span_str(c->conf->prefix);
    return c->queue == queue && span_eq(span_str(c->conf->bucket), bucket) &&
           key.n > prefix.n + 1 && span_eq(span_of(key.p, prefix.n), prefix) &&
           key.p[prefix.n] == '/';
}

size_t customers_queue_number(struct customers *all, const struct queue_conf *queue)
{
    struct customer_table *t = table_take(all);
    size_t number = queue_number(t, queue);
    table_release(t);
    assert(number != SIZE_MAX);
    return number;
}

size_t customers_queue_class(struct customers *all, size_t queue)
{
    struct customer_table *t = table_take(all);
    assert(queue < t->queue_count);
    size_t sched_class = t->queues[queue].sched_class;
    table_release(t);
    return sched_class;
}

size_t customers_classes(struct customers *all)
{
    struct customer_table *t = table_take(all);
    size_t count = t->class_count;
    table_release(t);
    return count;
}

const struct template *customers_key(const struct customers *all)
{
    return all->key;
}

struct customer *customers_queue_only(struct customers *all, size_t queue)
{
    struct customer_table *t = table_take(all);
    struct customer_entry *c = queue < t->queue_count ? t->queues[queue].first : NULL;
    struct customer *only =
        c != NULL && c->next_in_queue == NULL ? customer_hold(&c->customer) : NULL;
    table_release(t);
    return only;
}

size_t customers_queue_ids(struct customers *all, size_t queue, char out[CUSTOMERS_IDS_BYTES])
{
    int n = 0;
    struct customer_table *t = table_take(all);
    const struct table_queue *q = queue < t->queue_count ? &t->queues[queue] : NULL;
    const struct customer_entry *c = q != NULL ? q->first : NULL;
    size_t count = q != NULL ? q->count : 0;
    out[0] = '\0';
    for (size_t k = 0; c != NULL && k < CUSTOMERS_IDS; k++, c = c->next_in_queue) {
        n += snprintf(out + n, CUSTOMERS_IDS_BYTES - (size_t)n, "%s%.40s", k > 0 ? " " : "",
                      c->customer.conf->id);
        assert(n < CUSTOMERS_IDS_BYTES);
    }
    if (count > CUSTOMERS_IDS) {
        (void)snprintf(out + n, CUSTOMERS_IDS_BYTES - (size_t)n, " ...");
    }
    table_release(t);
    return count;
}

size_t customers_waiting(struct customers *all)
{
    size_t n = 0;
    struct customer_table *t = table_take(all);
    for (size_t i = 0; i < t->slots; i++) {
        n += t->list[i] != NULL && atomic_load(&t->list[i]->run->unacked) != 0;
    }
    table_release(t);
    return n;
}

void customers_stop(struct customers *all)
{
    atomic_store(&all->stopped, true);
    for (struct customer *c = NULL; (c = customers_next(all, c)) != NULL;) {
        struct customer_run *run = entry_of(c)->run;
        mutex_lock(&run->shared.lock);
        cond_broadcast(&run->shared.acknowledged);
        mutex_unlock(&run->shared.lock);
    }
}

void customer_topic_takes(struct customer *c, size_t bytes)
{
    size_t room = bytes > 2 * EVENT_MARGIN_BYTES ? bytes - EVENT_MARGIN_BYTES : bytes;
    size_t now = atomic_load(&c->event_bytes);
    while (room < now && !atomic_compare_exchange_weak(&c->event_bytes, &now, room)) {
    }
}

size_t customers_event_bytes(const struct customers *all)
{
    return all->event_bytes;
}
