/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload.c - another configuration in a running worker.
 *
 * First everything that can fail: keys that need a restart, the memory plan, the clients of new
 * queues. Then, in this order: removed queues are no longer polled, so that none of their messages
 * is received for a customer that is gone; the registry swaps its table, from when on look-ups find
 * the new customers; new queues are polled.
 */
#include "worker_priv.h"

#include "base/alloc.h"
#include "base/log.h"
#include "conf/diff.h"
#include "conf/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_NAMED = 3, NEW_TOPICS_MS = 5000 };

/* ---- What may be changed ---- */

static void add_key(struct buf *out, const struct conf_change *c)
{
    buf_addf(out, "%s%s", out->n != 0 ? ", " : "", c->section->name);
    if (c->name != NULL) {
        buf_addf(out, " \"%s\"", c->name);
    }
    buf_addf(out, ".%s", c->row->name);
}

static enum err_kind refuse_fixed(const struct conf_diff *d, struct err *e)
{
    if (d->fixed_count == 0) {
        return FAIL_NONE;
    }
    struct buf keys = BUF_INIT(sizeof(e->text));
    size_t named = 0;
    for (size_t i = 0; i < d->count && named < KEYS_NAMED; i++) {
        if (d->list[i].row != NULL && d->list[i].row->fixed) {
            add_key(&keys, &d->list[i]);
            named++;
        }
    }
    if (d->fixed_count > named) {
        buf_addf(&keys, " and %zu more", d->fixed_count - named);
    }
    (void)err_set(e, FAIL_CONFIG, "cannot be changed while the worker runs: %s", keys.p);
    buf_done(&keys);
    return e->kind;
}

static enum err_kind check_memory(const struct conf *conf, struct err *e)
{
    struct memory_plan plan;
    memory_plan(conf, &plan);
    return memory_check(conf, &plan, e);
}

/* A queue or customer with several changed keys counts once; they are neighbours in the list. */
static bool is_counted(const struct conf_diff *d, size_t i)
{
    const struct conf_change *c = &d->list[i];
    return i != 0 && c->kind == CONF_CHANGED && d->list[i - 1].kind == CONF_CHANGED &&
           d->list[i - 1].section == c->section && d->list[i - 1].name == c->name;
}

static void count_changes(const struct conf_diff *d, struct worker_changes *out)
{
    *out = (struct worker_changes){.keys = 0};
    for (size_t i = 0; i < d->count; i++) {
        const struct conf_change *c = &d->list[i];
        if (c->name == NULL) {
            out->keys++;
            continue;
        }
        bool queue = c->section == conf_sections[SECTION_QUEUES];
        size_t *added = queue ? &out->queues.added : &out->customers.added;
        size_t *removed = queue ? &out->queues.removed : &out->customers.removed;
        size_t *changed = queue ? &out->queues.changed : &out->customers.changed;
        *added += c->kind == CONF_ADDED;
        *removed += c->kind == CONF_REMOVED;
        *changed += c->kind == CONF_CHANGED && !is_counted(d, i);
    }
}

/* ---- Queues ---- */

/* Queues that no part knows yet, in the order of the configuration: the next numbers. */
struct new_queues {
    struct worker_queue **list;
    const struct queue_conf **confs;
    size_t count;
};

static void new_queues_done(struct new_queues *n)
{
    for (size_t i = 0; i < n->count; i++) {
        worker_queue_free(n->list[i]);
    }
    free(n->list);
    free(n->confs);
}

static enum err_kind make_new_queues(struct worker *w, const struct conf *conf,
                                     struct new_queues *out, struct err *e)
{
    out->list = mem_zeros(conf->queue_count, sizeof(struct worker_queue *));
    out->confs = mem_zeros(conf->queue_count, sizeof(struct queue_conf *));
    for (size_t i = 0; i < conf->queue_count; i++) {
        if (worker_queue_number(w, &conf->queues[i]) != SIZE_MAX) {
            continue;
        }
        struct worker_queue *q = worker_queue_new(w, &conf->queues[i], e);
        if (q == NULL) {
            return e->kind;
        }
        out->confs[out->count] = &conf->queues[i];
        out->list[out->count++] = q;
    }
    return FAIL_NONE;
}

static void remove_queues(struct worker *w, const struct conf *conf)
{
    bool *stays = mem_zeros(w->queue_count, sizeof(*stays));
    for (size_t i = 0; i < conf->queue_count; i++) {
        size_t number = worker_queue_number(w, &conf->queues[i]);
        if (number != SIZE_MAX) {
            stays[number] = true;
        }
    }
    for (size_t q = 0; q < w->queue_count; q++) {
        if (!stays[q]) {
            intake_remove_queue(w->intake, q);
        }
    }
    free(stays);
}

/* Those that were known before: their times may have changed, and removed ones may be back. */
static void set_queues(struct worker *w, const struct conf *conf)
{
    for (size_t i = 0; i < conf->queue_count; i++) {
        size_t number = worker_queue_number(w, &conf->queues[i]);
        if (number != SIZE_MAX) {
            struct intake_times times = worker_queue_times(&conf->queues[i]);
            intake_set_queue(w->intake, number, &times);
        }
    }
}

static void add_queues(struct worker *w, struct new_queues *n)
{
    for (size_t i = 0; i < n->count; i++) {
        struct worker_queue *q = n->list[i];
        struct acker_queue to_acker = worker_acker_queue(q, n->confs[i]);
        assert(customers_queue_number(w->customers, n->confs[i]) == w->queue_count);
        inbox_add_queue(w->inbox);
        acker_add_queue(w->acker, &to_acker);
        worker_queue_keep(w, q);
        intake_add_queue(w->intake,
                         &(struct intake_queue){&q->origin, worker_queue_times(n->confs[i])});
    }
    n->count = 0; /* they are the worker's */
}

/* ---- Topics ---- */

static int by_text(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Check the topics of customers that were added or got another one. */
static void check_new_topics(struct worker *w, const struct conf_diff *d)
{
    const char **ids = mem_zeros(d->count, sizeof(*ids));
    size_t count = 0;
    for (size_t i = 0; i < d->count; i++) {
        const struct conf_change *c = &d->list[i];
        bool topic = c->row != NULL && strcmp(c->row->name, "topic") == 0;
        if (c->section == conf_sections[SECTION_CUSTOMERS] && (c->kind == CONF_ADDED || topic)) {
            ids[count++] = c->name;
        }
    }
    if (count != 0) {
        qsort(ids, count, sizeof(*ids), by_text);
        worker_check_topics(
            w, &(struct topic_check){.ids = ids, .id_count = count, .most_ms = NEW_TOPICS_MS});
    }
    free(ids);
}

/* ---- The reload ---- */

static enum err_kind apply(struct worker *w, const struct conf *conf, const struct conf_diff *d,
                           struct err *e)
{
    struct new_queues new = {.count = 0};
    if (make_new_queues(w, conf, &new, e) != FAIL_NONE) {
        new_queues_done(&new);
        return e->kind;
    }
    remove_queues(w, conf);
    if (customers_apply(w->customers, conf, e) != FAIL_NONE) {
        set_queues(w, w->now); /* as before */
        new_queues_done(&new);
        return e->kind;
    }
    worker_set_lane_limits(w);
    check_new_topics(w, d);
    set_queues(w, conf);
    add_queues(w, &new);
    new_queues_done(&new);
    return FAIL_NONE;
}

enum err_kind worker_reload(struct worker *w, const struct conf *conf, struct worker_changes *out,
                            struct err *e)
{
    OWNED(conf_diff) struct conf_diff *d = conf_diff(w->now, conf);
    if (refuse_fixed(d, e) != FAIL_NONE || check_memory(conf, e) != FAIL_NONE ||
        apply(w, conf, d, e) != FAIL_NONE) {
        return e->kind;
    }
    count_changes(d, out);
    log_setup(conf->log.level, conf->log.format);
    monitor_reloaded(w->monitor, conf);
    reconciles_configure(w->reconciles, conf);
    const struct conf *before = w->now;
    w->now = conf_hold(conf);
    conf_diff_free(take(&d)); /* it borrows from both configurations */
    conf_release(before);
    return FAIL_NONE;
}

void worker_reload_failed(struct worker *w, const char *why)
{
    monitor_reload_failed(w->monitor, why);
}

const struct conf *worker_conf(const struct worker *w)
{
    return w->now;
}
