/* SPDX-License-Identifier: Apache-2.0 */
/* customers.c - who they are: routes, topics, credentials, breakers. */
#include "customers_priv.h"

#include "base/alloc.h"
#include "base/lock.h"
#include "base/log.h"
#include "codec/policy.h"
#include "customers/route.h"

#include <assert.h>
#include <stdlib.h>

enum {
    TOPIC_BYTES = 249,
    EVENT_MARGIN_BYTES = 1024,
};

static enum err_kind make_topics(struct customer *c, struct sink *sink, struct err *e)
{
    OWNED(template)
    struct template *t =
        template_new(span_str(c->conf->topic), placeholder_names, TOPIC_PLACEHOLDERS, e);
    if (t == NULL) {
        return err_wrap(e, "customer %s: topic", c->conf->id);
    }
    for (size_t s = 0; s < STREAMS; s++) {
        struct buf name = BUF_INIT(TOPIC_BYTES);
        struct span values[TOPIC_PLACEHOLDERS] = {c->id, stream_names[s]};
        template_expand(t, values, &name);
        if (name.overflowed || name.n == 0) {
            buf_done(&name);
            return err_set(e, FAIL_CONFIG, "customer %s: topic: its name is empty or too long",
                           c->conf->id);
        }
        c->topic_names[s] = mem_text(name.p);
        buf_done(&name);
        c->topics[s] = sink_topic(sink, c->topic_names[s]);
    }
    return FAIL_NONE;
}

static size_t event_bytes(const struct conf *conf, const struct sink *sink)
{
    size_t most = sink_max_bytes(sink);
    size_t room = most > 2 * EVENT_MARGIN_BYTES ? most - EVENT_MARGIN_BYTES : most;
    return conf->limits.event_bytes != 0 && conf->limits.event_bytes < room
               ? conf->limits.event_bytes
               : room;
}

static struct role_request role_of(const struct customer *c, const char *policy)
{
    return (struct role_request){
        .role_arn = c->conf->role_arn,
        .external_id = c->conf->external_id,
        .policy = policy,
        .account = c->conf->account_id,
        .accept_unnamed = c->conf->accept_role_without_external_id,
    };
}

static struct policy_scope scope_of(const struct customer_conf *conf)
{
    return (struct policy_scope){
        .partition = partition_of(span_str(conf->region)),
        .bucket = span_str(conf->bucket),
        .prefix = span_str(conf->prefix),
        .kms = conf->session_policy == SESSION_POLICY_FULL,
    };
}

/*
 * The session of this customer can read this prefix of this bucket, and nothing else; with
 * SESSION_POLICY_NONE whatever the role allows.
 */
static struct creds_source *make_creds(const struct customer *c, struct err *e)
{
    struct buf policy = BUF_INIT(2 * POLICY_CHARACTERS);
    struct policy_scope scope = scope_of(c->conf);
    (void)!policy_write(&policy, &scope); /* said at start, if it is wider */
    bool none = c->conf->session_policy == SESSION_POLICY_NONE;
    struct role_request role = role_of(c, none ? NULL : policy.p);
    struct creds_source *s =
        creds_source_role(c->all->parts.own, c->all->parts.creds_settings, &role, e);
    buf_done(&policy);
    return s;
}

static void log_policy(const struct customer *c)
{
    if (c->conf->session_policy == SESSION_POLICY_NONE) {
        log_write(LOG_WARN, "no session policy", KV_SPAN("customer", c->id),
                  KV_STR("next", "the role's own policy alone limits what the worker can read"));
        return;
    }
    if (c->conf->session_policy == SESSION_POLICY_NO_KMS) {
        log_write(LOG_INFO, "session policy without KMS", KV_SPAN("customer", c->id),
                  KV_STR("next",
                         "objects under SSE-KMS will be denied; for them set kms_key_arn or "
                         "session_policy = \"full\""));
    }
    struct buf policy = BUF_INIT(2 * POLICY_CHARACTERS);
    struct policy_scope scope = scope_of(c->conf);
    if (!policy_write(&policy, &scope)) {
        log_write(LOG_WARN, "session policy is wider than the prefix", KV_SPAN("customer", c->id),
                  KV_STR("next", "the role's own policy must hold"));
    }
    buf_done(&policy);
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

static uint64_t share_of(const struct customers *all)
{
    const struct conf *conf = all->parts.conf;
    uint64_t share = conf->customer_count > 1 ? conf->kafka.queue_bytes / 4 : UINT64_MAX;
    uint64_t partition = sink_partition_bytes(all->parts.sink);
    return key_is_fixed(all->key) && partition < share ? partition : share;
}

static enum err_kind customer_init(struct customer *c, struct customers *all, size_t index,
                                   struct err *e)
{
    const struct conf *conf = all->parts.conf;
    c->conf = &conf->customers[index];
    c->index = index;
    c->id = span_str(c->conf->id);
    c->all = all;
    c->queue = (size_t)(c->conf->queue - conf->queues);
    c->next_in_queue = all->of_queue[c->queue];
    all->of_queue[c->queue] = c;
    c->share_bytes = share_of(all);
    atomic_init(&c->event_bytes, event_bytes(conf, all->parts.sink));
    mutex_init(&c->shared.lock);
    cond_init(&c->shared.paid);
    cond_init(&c->shared.looked);
    rng_init_random(&c->shared.rng);
    routes_add(all->routes, c->queue, span_str(c->conf->bucket), span_str(c->conf->prefix), index);
    log_policy(c);
    return make_topics(c, all->parts.sink, e);
}

struct customers *customers_new(const struct customers_parts *parts, struct err *e)
{
    OWNED(customers) struct customers *all = mem_zeros(1, sizeof(*all));
    size_t count = parts->conf->customer_count;
    struct customer *list = mem_zeros(count, sizeof(*list));
    size_t queues = parts->conf->queue_count;
    struct customer **of_queue = mem_zeros(queues, sizeof(struct customer *));
    all->of_queue = of_queue;
    all->parts = *parts;
    all->list = list;
    all->routes = routes_new();
    all->key = template_new(span_str(parts->conf->kafka.key), placeholder_names, PLACEHOLDERS, e);
    if (all->key == NULL) {
        (void)err_wrap(e, "kafka.key");
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        all->count = i + 1;
        if (customer_init(&all->list[i], all, i, e) != FAIL_NONE) {
            return NULL;
        }
    }
    routes_seal(all->routes);
    return take(&all);
}

void customers_free(struct customers *all)
{
    if (all == NULL) {
        return;
    }
    for (size_t i = 0; i < all->count; i++) {
        struct customer *c = &all->list[i];
        creds_source_free(c->shared.creds);
        mutex_done(&c->shared.lock);
        cond_done(&c->shared.paid);
        cond_done(&c->shared.looked);
        for (size_t s = 0; s < STREAMS; s++) {
            free(c->topic_names[s]);
        }
    }
    free(all->list);
    free(all->of_queue);
    routes_free(all->routes);
    template_free(all->key);
    free(all);
}

size_t customers_count(const struct customers *all)
{
    return all->count;
}

struct customer *customers_at(const struct customers *all, size_t index)
{
    assert(index < all->count);
    return &all->list[index];
}

struct customer *customers_find(const struct customers *all, size_t queue, struct span bucket,
                                struct span key, enum notification_form form)
{
    size_t at = routes_find(all->routes, queue, bucket, key);
    if (at == ROUTE_NONE) {
        return NULL;
    }
    struct customer *c = &all->list[at];
    return c->conf->queue->customer_count > 1 && form != NOTIFICATION_S3 ? NULL : c;
}

const struct template *customers_key(const struct customers *all)
{
    return all->key;
}

bool customers_queue_paused(const struct customers *all, size_t queue)
{
    int64_t now = clock_mono_ms(all->parts.clock);
    for (struct customer *c = all->of_queue[queue]; c != NULL; c = c->next_in_queue) {
        mutex_lock(&c->shared.lock);
        bool open = breaker_would_allow(&c->shared.breaker, now);
        mutex_unlock(&c->shared.lock);
        if (open) {
            return false;
        }
    }
    return true;
}

static struct creds_source *source_of(struct customer *c, bool *guarded, struct err *e)
{
    mutex_lock(&c->shared.lock);
    if (c->shared.creds == NULL) {
        c->shared.creds = make_creds(c, e);
    }
    struct creds_source *s = c->shared.creds;
    *guarded = c->shared.guarded || c->conf->accept_role_without_external_id;
    mutex_unlock(&c->shared.lock);
    return s;
}

/* What the look of another lane came to, which is under way. */
static void await_look_locked(struct customer *c, struct err *e)
{
    unsigned look = c->shared.looks;
    while (c->shared.looks == look) {
        cond_wait(&c->shared.looked, &c->shared.lock);
    }
    *e = c->shared.look_err;
}

/* With the lock released meanwhile. */
static void look_locked(struct customer *c, struct err *e)
{
    struct role_request role = role_of(c, NULL);
    c->shared.looking = true;
    mutex_unlock(&c->shared.lock);
    err_clear(e);
    e->kind = sts_probe_external_id(c->all->parts.sts, c->all->parts.own, &role, e);
    mutex_lock(&c->shared.lock);
    c->shared.looking = false;
    c->shared.looks++;
    c->shared.guarded = e->kind == FAIL_NONE;
    c->shared.look_err = *e;
    cond_broadcast(&c->shared.looked);
}

/* Once, after the role was assumed for the first time, however many lanes it was assumed for. */
static enum err_kind look_at_guard(struct customer *c, struct err *e)
{
    mutex_lock(&c->shared.lock);
    if (c->shared.guarded) {
        err_clear(e);
    } else if (c->shared.looking) {
        await_look_locked(c, e);
    } else {
        look_locked(c, e);
    }
    mutex_unlock(&c->shared.lock);
    return e->kind;
}

enum err_kind customer_creds(struct customer *c, struct creds_source **out, struct err *e)
{
    bool guarded = false;
    struct creds creds;
    struct creds_source *s = source_of(c, &guarded, e);
    if (s == NULL || creds_get(s, &creds, e) != FAIL_NONE) {
        return e->kind;
    }
    creds_wipe(&creds);
    *out = s;
    return guarded ? FAIL_NONE : look_at_guard(c, e);
}

bool customer_allowed(struct customer *c)
{
    int64_t now = clock_mono_ms(c->all->parts.clock);
    mutex_lock(&c->shared.lock);
    bool yes = breaker_allow(&c->shared.breaker, now);
    mutex_unlock(&c->shared.lock);
    return yes;
}

void customer_went_well(struct customer *c)
{
    int64_t now = clock_mono_ms(c->all->parts.clock);
    mutex_lock(&c->shared.lock);
    bool closed = breaker_ok(&c->shared.breaker, now);
    mutex_unlock(&c->shared.lock);
    if (closed) {
        log_write(LOG_INFO, "customer resumed", KV_SPAN("customer", c->id));
    }
}

/* FNV-1a: only to tell different keys apart. */
static uint64_t hash_of(struct span s)
{
    uint64_t h = 0xcbf29ce484222325U;
    for (size_t i = 0; i < s.n; i++) {
        h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3U;
    }
    return h;
}

void customer_refused(struct customer *c, enum breaker_mark mark, struct span about,
                      const struct err *e)
{
    int64_t now = clock_mono_ms(c->all->parts.clock);
    mutex_lock(&c->shared.lock);
    bool opened = breaker_refused(&c->shared.breaker, mark, hash_of(about), now, &c->shared.rng);
    int64_t pause = c->shared.breaker.until_ms - now;
    mutex_unlock(&c->shared.lock);
    if (opened) {
        stats_add(&c->stats.paused, 1);
        log_write(LOG_ERROR, "customer paused", KV_SPAN("customer", c->id), KV_ERR(e),
                  KV_INT("pause_s", pause / 1000),
                  KV_STR("next", "one object is tried after the pause"));
    }
}

/* Say once when renewals begin to fail: the credentials of before still work for a while. */
static void watch(struct creds_source *s, bool *told, const char *customer)
{
    struct err why = {.kind = FAIL_NONE};
    bool failed = creds_renewal_failed(s, &why);
    if (failed && !*told) {
        log_write(LOG_WARN, "credentials not renewed", KV_STR("customer", customer),
                  KV_STR("source", creds_source_name(s)), KV_ERR(&why),
                  KV_STR("next", "tried again; those of before are used until they expire"));
    }
    *told = failed;
}

void customers_watch(struct customers *all)
{
    watch(all->parts.own, &all->own_told, "");
    for (size_t i = 0; i < all->count; i++) {
        struct customer *c = &all->list[i];
        mutex_lock(&c->shared.lock);
        if (c->shared.creds != NULL) {
            watch(c->shared.creds, &c->shared.renewal_told, c->conf->id);
        }
        mutex_unlock(&c->shared.lock);
    }
}

void customers_stop(struct customers *all)
{
    atomic_store(&all->stopped, true);
    for (size_t i = 0; i < all->count; i++) {
        struct customer *c = &all->list[i];
        mutex_lock(&c->shared.lock);
        cond_broadcast(&c->shared.paid);
        mutex_unlock(&c->shared.lock);
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
    return event_bytes(all->parts.conf, all->parts.sink);
}
