/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconciles.c - the thread that compares the customers' buckets with what was delivered
 * (reconcile.interval). It has its own client of S3 and its own consumer, so no lane waits for it;
 * requests and events have a bounded rate (jobs/reconcile_pass.h).
 *
 * The ops topic is read for a part of the customers at a time, whose delivered objects fit into
 * reconcile.memory. It begins with one part; if the set is full, there are twice as many from then
 * on. The parts are spread over the interval.
 */
#include "base/alloc.h"
#include "base/lock.h"
#include "base/log.h"
#include "jobs/delivered.h"
#include "jobs/reconcile_pass.h"
#include "worker_priv.h"

#include <stdlib.h>

enum {
    FIRST_MS = 5 * 60 * 1000, /* the first comparison is at a random time before that */
    AGAIN_MS = 5 * 60 * 1000, /* after the ops topic could not be read */
    IDLE_MS = 60 * 1000,
    QUERY_MS = 3000, /* a stop waits as long for a broker that does not answer */
    AHEAD_KIB = 4096,
    PARTS_MAX = 4096,
    NS_PER_MS = 1000000,
};

struct reconcile_conf {
    int64_t interval_ms, range_ms, delay_ms;
    size_t memory;
};

struct reconciles {
    struct worker *w;
    struct s3 *s3;
    pthread_t thread;
    struct rng rng;
    unsigned part, parts;
    int64_t due_ms; /* monotonic; 0: not planned */
    struct {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        bool stopping;
        struct reconcile_conf conf;
    } shared;
};

static void set_conf_locked(struct reconciles *r, const struct conf *conf)
{
    r->shared.conf = (struct reconcile_conf){conf->reconcile.interval_ms, conf->reconcile.range_ms,
                                             conf->reconcile.delay_ms, conf->reconcile.memory};
}

/* Wait for a stop or another configuration. False: stop. */
static bool wait_ms(struct reconciles *r, int64_t ms)
{
    mutex_lock(&r->shared.lock);
    if (!r->shared.stopping && ms > 0) {
        (void)cond_wait_ms(&r->shared.changed, &r->shared.lock, (int)ms);
    }
    bool go_on = !r->shared.stopping;
    mutex_unlock(&r->shared.lock);
    return go_on;
}

/* ---- One pass ---- */

/* A paused customer is not compared: its objects wait, and its bucket may refuse the list. */
static void add_customers(struct reconciles *r, struct reconcile_pass *p)
{
    const struct worker *w = r->w;
    for (struct customer *c = NULL; (c = customers_next(w->customers, c)) != NULL;) {
        if (!reconcile_part_has(c->id, r->part, r->parts) || customer_paused(c)) {
            continue;
        }
        const struct poll_stats *polls =
            c->queue < intake_queues(w->intake) ? intake_stats(w->intake, c->queue) : NULL;
        bool known = polls != NULL && atomic_load(&polls->attributes_known);
        reconcile_pass_add(p, c, known ? (int64_t)stats_get(&polls->visible) : -1,
                           known ? (int64_t)stats_get(&polls->in_flight) : -1);
    }
}

static void tell_result(const struct reconcile_result *result, bool quiet)
{
    struct span keys[MISSING_KEYS];
    const struct reconcile *f = result->found;
    customer_compared(result->customer, &(struct customer_compared){
                                            .compared = reconcile_compared(f),
                                            .missing = f->objects[FATE_MISSING],
                                            .from_ms = f->range.from_ns / NS_PER_MS,
                                            .to_ms = f->range.to_ns / NS_PER_MS,
                                            .keys = keys,
                                            .key_count = missing_keys_list(result->keys, keys),
                                            .err = result->err,
                                            .quiet = quiet});
}

/* The set is full: fewer customers at a time. False: there is one only. */
static bool divide(struct reconciles *r, const struct reconcile_pass *p)
{
    if (reconcile_pass_count(p) <= 1 || r->parts >= PARTS_MAX) {
        return false;
    }
    r->parts *= 2;
    r->part = 0;
    return true;
}

static void tell_failed(struct reconcile_pass *p, const struct err *e)
{
    log_write(LOG_WARN, "ops topic cannot be read", KV_INT("customers", reconcile_pass_count(p)),
              KV_ERR(e),
              KV_STR("next", "the buckets of these customers are not compared; tried again in 5 "
                             "minutes, or after reconcile.interval if that is shorter"));
    reconcile_pass_give_up(p, e);
}

enum pass_end { PASS_ENDED, PASS_DIVIDED, PASS_TROUBLE, PASS_STOPPED };

static enum pass_end drive(struct reconciles *r, struct reconcile_pass *p, size_t max)
{
    struct err e = {.kind = FAIL_NONE};
    struct reconcile_result result;
    bool failed = false;
    while (wait_ms(r, 0)) {
        switch (reconcile_pass_next(p, &result, &e)) {
        case PASS_MORE:
            break;
        case PASS_WAIT:
            (void)wait_ms(r, reconcile_pass_wait_ms(p));
            break;
        case PASS_RESULT:
            if (result.err->kind != FAIL_STOPPED) {
                tell_result(&result, failed);
            }
            break;
        case PASS_DONE:
            return failed ? PASS_TROUBLE : PASS_ENDED;
        case PASS_FULL:
            if (divide(r, p)) {
                return PASS_DIVIDED;
            }
            (void)err_set(&e, FAIL_LIMIT,
                          "more than %zu objects were delivered in reconcile.range: raise "
                          "reconcile.memory, or shorten the range",
                          max);
            reconcile_pass_give_up(p, &e);
            break;
        case PASS_FAILED:
            failed = true;
            tell_failed(p, &e);
            break;
        }
    }
    return PASS_STOPPED;
}

static enum pass_end run_pass(struct reconciles *r, const struct reconcile_conf *conf)
{
    struct worker *w = r->w;
    int64_t now_ms = clock_wall_ms(&clock_system);
    int64_t from_ns = (now_ms - conf->range_ms) * NS_PER_MS;
    const struct tail_config kafka = {
        .properties = (const char *const *)w->conf->kafka.properties,
        .client_id = "asymptote-ingest-reconcile",
        .token = w->conf->kafka.auth == KAFKA_AUTH_AWS_MSK_IAM ? msk_token_next : NULL,
        .token_context = &w->msk,
        .timeout_ms = QUERY_MS,
        .since_ms = reconcile_pass_since_ms(from_ns),
        .ahead_kib = AHEAD_KIB,
    };
    const struct reconcile_pass_settings s = {.kafka = &kafka,
                                              .topic = w->conf->kafka.ops_topic,
                                              .s3 = r->s3,
                                              .clock = &clock_system,
                                              .max = delivered_max_of(conf->memory),
                                              .from_ns = from_ns,
                                              .to_ns = (now_ms - conf->delay_ms) * NS_PER_MS};
    OWNED(reconcile_pass) struct reconcile_pass *p = reconcile_pass_new(&s);
    add_customers(r, p);
    return drive(r, p, s.max);
}

/* ---- When ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void plan_next(struct reconciles *r, enum pass_end end, int64_t interval_ms)
{
    int64_t now = clock_mono_ms(&clock_system);
    if (end == PASS_TROUBLE) {
        r->due_ms = now + least(AGAIN_MS, interval_ms);
    } else if (end == PASS_ENDED) {
        r->part = (r->part + 1) % r->parts;
        r->due_ms += interval_ms / r->parts;
        r->due_ms = r->due_ms > now ? r->due_ms : now;
    }
}

/* Returns the time to wait. */
static int64_t work(struct reconciles *r)
{
    mutex_lock(&r->shared.lock);
    struct reconcile_conf conf = r->shared.conf;
    mutex_unlock(&r->shared.lock);
    int64_t now = clock_mono_ms(&clock_system);
    if (conf.interval_ms == 0) {
        r->due_ms = 0;
        return IDLE_MS;
    }
    int64_t first_ms = least(FIRST_MS, conf.interval_ms);
    if (r->due_ms == 0 || r->due_ms - now > conf.interval_ms) { /* new, or a shorter interval */
        r->due_ms = now + 1 + (int64_t)rng_below(&r->rng, (uint64_t)first_ms);
    }
    if (now >= r->due_ms) {
        plan_next(r, run_pass(r, &conf), conf.interval_ms);
        return 0;
    }
    return least(r->due_ms - now, IDLE_MS);
}

static void *reconciles_run(void *arg)
{
    struct reconciles *r = arg;
    while (wait_ms(r, work(r))) {
    }
    return NULL;
}

/* ---- The thread ---- */

struct reconciles *reconciles_new(struct worker *w)
{
    if (w->conf->kafka.ops_topic == NULL) {
        return NULL;
    }
    struct reconciles *r = mem_zeros(1, sizeof(*r));
    r->w = w;
    r->parts = 1;
    r->s3 = s3_new(&w->s3);
    rng_init_random(&r->rng);
    mutex_init(&r->shared.lock);
    cond_init(&r->shared.changed);
    set_conf_locked(r, w->now);
    thread_start(&r->thread, "reconcile", reconciles_run, r);
    return r;
}

void reconciles_configure(struct reconciles *r, const struct conf *conf)
{
    if (r == NULL) {
        return;
    }
    mutex_lock(&r->shared.lock);
    set_conf_locked(r, conf);
    cond_signal(&r->shared.changed);
    mutex_unlock(&r->shared.lock);
}

void reconciles_stop(struct reconciles *r)
{
    if (r == NULL) {
        return;
    }
    mutex_lock(&r->shared.lock);
    r->shared.stopping = true;
    cond_signal(&r->shared.changed);
    mutex_unlock(&r->shared.lock);
    s3_stop(r->s3);
}

void reconciles_free(struct reconciles *r)
{
    if (r == NULL) {
        return;
    }
    reconciles_stop(r);
    thread_join(r->thread);
    s3_free(r->s3);
    mutex_done(&r->shared.lock);
    cond_done(&r->shared.changed);
    free(r);
}
