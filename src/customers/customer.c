/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customer.c - creates a customer from one entry of a configuration and from its predecessor:
 * counters and breaker are kept (struct customer_run), and its role is assumed again only if the
 * role or what it may read has changed (struct role).
 */
#include "customers_priv.h"

#include "base/alloc.h"
#include "base/lock.h"

#include <stdlib.h>
#include <string.h>

enum { TOPIC_BYTES = 249 };

static struct customer_run *run_new(const char *id, const struct clock *clock)
{
    static const enum outage_party parties[CUSTOMER_PARTIES] = {
        [CUSTOMER_ROLE] = OUTAGE_ROLE,
        [CUSTOMER_S3] = OUTAGE_S3,
        [CUSTOMER_TOPIC] = OUTAGE_TOPIC,
        [CUSTOMER_CREDENTIALS] = OUTAGE_CREDENTIALS,
    };
    struct customer_run *run = mem_zeros(1, sizeof(*run));
    for (size_t i = 0; i < CUSTOMER_PARTIES; i++) {
        outage_init(&run->outages[i], parties[i], "customer", id);
    }
    run->clock = clock;
    expect_init(&run->expect, clock_mono_ms(clock));
    mutex_init(&run->waiting.lock);
    mutex_init(&run->shared.lock);
    back_off_book_init(&run->back_off, clock);
    cond_init(&run->shared.acknowledged);
    rng_init_random(&run->shared.rng);
    return run;
}

static void run_release(struct customer_run *run)
{
    if (run == NULL || !refs_release(&run->refs)) {
        return;
    }
    for (size_t i = 0; i < CUSTOMER_PARTIES; i++) {
        outage_done(&run->outages[i]);
    }
    mutex_done(&run->waiting.lock);
    mutex_done(&run->shared.lock);
    back_off_book_done(&run->back_off);
    cond_done(&run->shared.acknowledged);
    free(run);
}

static enum err_kind make_topics(struct customer_entry *c, struct err *e)
{
    const struct customer_conf *conf = c->customer.conf;
    OWNED(template)
    struct template *t =
        template_new(span_str(conf->topic), placeholder_names, TOPIC_PLACEHOLDERS, e);
    if (t == NULL) {
        return err_wrap(e, "customer %s: topic", conf->id);
    }
    for (size_t s = 0; s < STREAMS; s++) {
        struct buf name = BUF_INIT(TOPIC_BYTES);
        struct span values[TOPIC_PLACEHOLDERS] = {c->customer.id, stream_names[s]};
        template_expand(t, values, &name);
        if (name.overflowed || name.n == 0) {
            buf_done(&name);
            return err_set(e, FAIL_CONFIG, "customer %s: topic: its name is empty or too long",
                           conf->id);
        }
        c->topic_names[s] = mem_text(name.p);
        c->customer.topic_names[s] = c->topic_names[s];
        buf_done(&name);
    }
    return FAIL_NONE;
}

/* Keep the topics whose names did not change; the sink never frees topics. */
static void take_topics(struct customer_entry *c, struct customer_entry *before)
{
    bool same = before != NULL;
    for (size_t s = 0; s < STREAMS && same; s++) {
        same = strcmp(before->topic_names[s], c->topic_names[s]) == 0;
    }
    for (size_t s = 0; s < STREAMS; s++) {
        c->customer.topics[s] =
            same ? before->customer.topics[s] : sink_topic(c->all->parts.sink, c->topic_names[s]);
    }
    atomic_init(&c->customer.event_bytes,
                same ? atomic_load(&before->customer.event_bytes) : c->all->event_bytes);
}

/* Whether all events of a customer have the same key. */
static bool key_is_fixed(const struct template *key)
{
    for (int place = PLACE_CATEGORY; place < PLACEHOLDERS; place++) {
        if (template_uses(key, place)) {
            return false;
        }
    }
    return true;
}

/* What keeps one partition busy, where its key sends all records to one. */
static uint64_t partition_bytes(const struct customers *all)
{
    return key_is_fixed(all->key) ? sink_partition_bytes(all->parts.sink) : UINT64_MAX;
}

/* Take over what is shared with the predecessor. */
static void take_over(struct customer_entry *c, struct customer_entry *before)
{
    if (before != NULL) {
        refs_hold(&before->run->refs);
        c->run = before->run;
    } else {
        c->run = run_new(c->customer.conf->id, c->all->parts.clock);
    }
    if (before != NULL && role_same(before->customer.conf, c->customer.conf)) {
        refs_hold(&before->role->refs);
        c->role = before->role;
    } else {
        c->role = role_new();
        role_plan_check(c);
        role_log_policy(c->customer.conf);
    }
}

struct customer_entry *entry_new(struct customers *all, const struct conf *conf,
                                 const struct customer_conf *of, const struct entry_place *place,
                                 struct customer_entry *before, struct err *e)
{
    struct customer_entry *c = mem_zeros(1, sizeof(*c));
    (void)atomic_fetch_add(&all->alive, 1);
    c->customer.conf = of;
    c->customer.id = span_str(of->id);
    c->customer.slot = place->slot;
    c->customer.generation = place->generation;
    c->customer.queue = place->queue;
    c->customer.sched_class = place->sched_class;
    c->customer.whole = conf;
    c->all = all;
    c->conf = conf_hold(conf);
    c->partition_bytes = partition_bytes(all);
    mutex_init(&c->failed.lock);
    verified_init(c, before);
    if (make_topics(c, e) != FAIL_NONE) {
        entry_free(c);
        return NULL;
    }
    take_topics(c, before);
    topics_take_over(c, before);
    take_over(c, before);
    c->customer.stats = &c->run->stats;
    c->customer.back_off = &c->run->back_off;
    c->customer.lines = &c->run->lines;
    return c;
}

void entry_free(struct customer_entry *c)
{
    struct customers *all = c->all;
    for (size_t s = 0; s < STREAMS; s++) {
        free(c->topic_names[s]);
    }
    failed_objects_clear(c);
    verified_done(c);
    mutex_done(&c->failed.lock);
    role_release(c->role);
    run_release(c->run);
    conf_release(c->conf);
    free(c);
    (void)atomic_fetch_sub(&all->alive, 1);
}
