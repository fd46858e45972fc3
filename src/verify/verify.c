/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads take the customers in the order of the list, and the caller takes their reports in the
 * same order. A thread starts no customer that is more than a window ahead of the caller, so the
 * memory does not depend on the number of customers.
 */
#include "verify_priv.h"

#include "base/alloc.h"
#include "base/lock.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 4 * VERIFY_THREADS };

struct slot {
    bool done;
    size_t count;
    char queue_arn[SQS_ARN_BYTES], dead_arn[SQS_ARN_BYTES];
    struct verify_line lines[VERIFY_LINES];
};

struct verify {
    struct verify_parts parts;
    struct verify_worker worker;
    const struct customer_conf *const *list;
    size_t count;
    struct slot own;           /* the worker's lines */
    struct slot slots[WINDOW]; /* of customer i: i modulo WINDOW */
    size_t returned;           /* number of reports that the caller got, the worker's included */
    pthread_t threads[VERIFY_THREADS];
    size_t thread_count;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        size_t next; /* the next customer to be started */
        size_t kept; /* reports of earlier customers are not needed any more */
        bool stopped;
    } shared;
};

/*
 * Make one check. A service that does not answer costs the time of one check, not of all that ask
 * it: their reports would come minutes later, and say the same.
 */
static void run_check(struct verify_subject *s, struct verify_line *l)
{
    enum verify_service service = l->check->asks;
    const struct verify_line *silent = s->silent[service];
    if (silent != NULL) {
        line_set(l, VERIFY_SKIP, "not tried: %s did not answer in %s", silent->err.host,
                 silent->check->name);
        return;
    }
    l->check->run(s, l);
    if (service != ASKS_NONE && l->err.host[0] != '\0') {
        s->silent[service] = l;
    }
}

/* Make the checks of the worker, or of a customer. */
static void run_checks(struct verify_subject *s, struct slot *slot)
{
    slot->count = 0;
    for (size_t i = 0; i < verify_check_count; i++) {
        const struct verify_check *c = &verify_checks[i];
        bool wanted = !c->of_canary || s->parts->canary != NULL;
        if (c->of_worker == (s->customer == NULL) && wanted) {
            struct verify_line *l = &slot->lines[slot->count++];
            *l = (struct verify_line){.check = c, .state = VERIFY_OK};
            run_check(s, l);
        }
    }
}

static void check_customer(struct verify *v, struct s3 *s3, size_t at)
{
    struct verify_subject *s = mem_zeros(1, sizeof(*s));
    s->parts = &v->parts;
    s->worker = &v->worker;
    s->customer = v->list[at];
    s->s3 = s3;
    struct slot *slot = &v->slots[at % WINDOW];
    run_checks(s, slot);
    memcpy(slot->queue_arn, s->queue.attributes.arn, sizeof(slot->queue_arn));
    memcpy(slot->dead_arn, s->queue.attributes.dead_letter_arn, sizeof(slot->dead_arn));
    creds_source_free(s->reader);
    creds_source_free(s->role);
    free(s);
}

/* The next customer that may be started. False: there is none, or verify_free waits. */
static bool take_next(struct verify *v, size_t *at)
{
    mutex_lock(&v->shared.lock);
    while (!v->shared.stopped && v->shared.next < v->count &&
           v->shared.next >= v->shared.kept + WINDOW) {
        cond_wait(&v->shared.changed, &v->shared.lock);
    }
    *at = v->shared.next;
    bool more = !v->shared.stopped && *at < v->count;
    v->shared.next += more ? 1 : 0;
    mutex_unlock(&v->shared.lock);
    return more;
}

static void *verify_run(void *arg)
{
    struct verify *v = arg;
    size_t at = 0;
    OWNED(s3) struct s3 *s3 = s3_new(v->parts.s3);
    while (take_next(v, &at)) {
        check_customer(v, s3, at);
        mutex_lock(&v->shared.lock);
        v->slots[at % WINDOW].done = true;
        cond_broadcast(&v->shared.changed);
        mutex_unlock(&v->shared.lock);
    }
    return NULL;
}

struct verify *verify_new(const struct verify_parts *parts, const struct customer_conf *const *list,
                          size_t count)
{
    struct verify *v = mem_zeros(1, sizeof(*v));
    v->parts = *parts;
    v->list = list;
    v->count = count;
    mutex_init(&v->shared.lock);
    cond_init(&v->shared.changed);
    return v;
}

/* Check the worker first: its customers use what is found. */
static void begin(struct verify *v)
{
    struct verify_subject s = {.parts = &v->parts, .worker = &v->worker};
    run_checks(&s, &v->own);
    if (v->parts.status_url != NULL) {
        v->worker.status = status_new(v->parts.status_url, &v->worker.status_err);
    }
    size_t threads = v->count < VERIFY_THREADS ? v->count : VERIFY_THREADS;
    for (v->thread_count = 0; v->thread_count < threads; v->thread_count++) {
        thread_start(&v->threads[v->thread_count], "verify", verify_run, v);
    }
}

void verify_free(struct verify *v)
{
    if (v == NULL) {
        return;
    }
    mutex_lock(&v->shared.lock);
    v->shared.stopped = true;
    cond_broadcast(&v->shared.changed);
    mutex_unlock(&v->shared.lock);
    for (size_t i = 0; i < v->thread_count; i++) {
        thread_join(v->threads[i]);
    }
    mutex_done(&v->shared.lock);
    cond_done(&v->shared.changed);
    status_free(v->worker.status);
    free(v);
}

/* Wait for a customer, and release the slot of the one before it. */
static const struct slot *await_customer(struct verify *v, size_t at)
{
    struct slot *slot = &v->slots[at % WINDOW];
    mutex_lock(&v->shared.lock);
    if (at > 0) {
        v->slots[(at - 1) % WINDOW].done = false;
        v->shared.kept = at;
        cond_broadcast(&v->shared.changed);
    }
    while (!slot->done) {
        cond_wait(&v->shared.changed, &v->shared.lock);
    }
    mutex_unlock(&v->shared.lock);
    return slot;
}

bool verify_next(struct verify *v, struct verify_report *out)
{
    if (v->returned > v->count) {
        return false;
    }
    size_t at = v->returned++;
    if (at == 0) {
        begin(v);
        *out = (struct verify_report){NULL, "", "", v->own.lines, v->own.count};
        return true;
    }
    const struct slot *slot = await_customer(v, at - 1);
    *out = (struct verify_report){v->list[at - 1], slot->queue_arn, slot->dead_arn, slot->lines,
                                  slot->count};
    return true;
}

bool verify_proved(const struct verify_report *r, const struct verify_check **disproved)
{
    bool all = true;
    *disproved = NULL;
    for (size_t i = 0; i < r->count; i++) {
        const struct verify_line *l = &r->lines[i];
        if (!l->check->must_fail) {
            continue;
        }
        all = all && (l->state == VERIFY_OK || l->unneeded || l->accepted);
        if (*disproved == NULL && l->disproved) {
            *disproved = l->check;
        }
    }
    return all && r->customer != NULL;
}

bool verify_statement(const struct verify *v, const struct verify_report *r,
                      const struct verify_line *line, size_t at, struct buf *out)
{
    const struct verify_statement *st = &line->check->statements[at];
    if (r->customer == NULL || st->where == NULL || line->change != NULL) {
        return false;
    }
    const struct verify_arns arns = {r->queue_arn, r->dead_arn};
    statement_write(st, r->customer, &v->worker, &arns, out);
    return true;
}
