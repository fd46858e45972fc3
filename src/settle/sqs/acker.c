/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acker.c - the lease book is read and changed under the lock. SQS is called without it, and no
 * message is freed under it (rules 14 and 24 of src/settle/README.md). Pure code decides which
 * calls are due and when a message may be freed: leases.c and sqs_inflight.c.
 */
#include "acker_priv.h"

#include "base/alloc.h"
#include "base/lock.h"
#include "base/log.h"
#include "settle/sqs/batch.h"
#include "settle/sqs/receive.h"
#include "settle/sqs/sqs_inflight.h"

#include <assert.h>
#include <stdlib.h>

enum { IDLE_MS = 1000 };

/* ---- The settler ---- */

/*
 * Wake the threads: calls may be due earlier than a waiting thread expects, or the book is empty.
 */
static void book_changed_locked(struct acker *a)
{
    cond_signal(&a->shared.work);
    if (leases_count(a->shared.book) == 0) {
        cond_broadcast(&a->shared.empty);
    }
}

static void acker_begin(void *context, struct inflight *inflight)
{
    struct acker *a = context;
    struct sqs_inflight *m = sqs_inflight_of(inflight);
    int64_t now = clock_mono_ms(a->clock);
    mutex_lock(&a->shared.lock);
    const struct sqs_inflight *first = held_find(&a->shared.held, m);
    struct receive r = {.held_ms = first != NULL ? now - first->lease.received_ms : -1,
                        .early_ms = delays_early_ms(&a->shared.delays, m, now, &inflight->again)};
    if (first != NULL) {
        inflight->again.cause = AGAIN_IN_PROGRESS;
    }
    held_add(&a->shared.held, m);
    sqs_inflight_begin(a->shared.book, m, now);
    mutex_unlock(&a->shared.lock);
    receive_log(acker_queue_name(a, inflight->queue), inflight, r);
}

/*
 * A message leaves the worker: forget it, except why it may be received again. kind: of the call
 * that ended its lease; FAIL_LOST without one. until_ms: the end of its delay; 0: none.
 */
static void message_over_locked(struct acker *a, struct sqs_inflight *m, enum err_kind kind,
                                int64_t until_ms)
{
    struct again why = sqs_inflight_again(m, kind);
    why.first_ms =
        m->inflight.again.first_ms != 0 ? m->inflight.again.first_ms : m->inflight.received_ms;
    held_remove(&a->shared.held, m);
    if (why.cause != AGAIN_UNKNOWN) {
        delays_add(&a->shared.delays, m, &why, until_ms);
    }
}

/*
 * The queue's outage counts what became of its message, under the lock: the call that says that
 * none is held has counted all. held: those of the queue that are left.
 */
static void count_ended_locked(struct acker *a, const struct sqs_inflight *m, enum err_kind kind,
                               size_t held)
{
    outage_message_ended(&acker_queue_of(a, m->inflight.queue)->outage,
                         m->lease.how != LEASE_DELETE ? OUTAGE_UNDELIVERED
                         : kind == FAIL_NONE          ? OUTAGE_DELETED
                                                      : OUTAGE_DELIVERED,
                         held, clock_mono_ms(a->clock));
}

static void acker_settle(void *context, struct inflight *inflight, const struct settlement *s)
{
    struct acker *a = context;
    struct sqs_inflight *m = sqs_inflight_of(inflight);
    if (s->outcome == OUTCOME_DONE) {
        inflight_delivered(inflight, a->clock);
    }
    mutex_lock(&a->shared.lock);
    bool over = sqs_inflight_settle(a->shared.book, m, s, clock_mono_ms(a->clock));
    if (over) {
        message_over_locked(a, m, FAIL_LOST, 0);
        count_ended_locked(a, m, FAIL_LOST, leases_queue_count(a->shared.book, inflight->queue));
    }
    book_changed_locked(a);
    mutex_unlock(&a->shared.lock);
    if (over) {
        sqs_inflight_free(m);
    }
}

static bool acker_last_delivery(void *context UNUSED, const struct inflight *m)
{
    return sqs_inflight_last(sqs_inflight_of(m));
}

/* ---- Life cycle ---- */

struct acker *acker_new(const struct acker_queue *queues, size_t count, const struct clock *clock)
{
    struct acker *a = mem_zeros(1, sizeof(*a));
    a->queues = (struct stable)STABLE_INIT(sizeof(struct queue_of));
    a->clock = clock;
    a->settler = (struct settler){a, acker_begin, acker_settle, acker_last_delivery};
    a->shared.book = leases_new(0);
    rng_init_random(&a->shared.rng);
    mutex_init(&a->shared.lock);
    cond_init(&a->shared.work);
    cond_init(&a->shared.empty);
    for (size_t i = 0; i < count; i++) {
        acker_add_queue(a, &queues[i]);
    }
    return a;
}

void acker_add_queue(struct acker *a, const struct acker_queue *queue)
{
    struct queue_of *q = stable_prepare(&a->queues);
    q->queue = *queue;
    outage_init(&q->outage, OUTAGE_QUEUE, "queue", queue->name);
    acker_set_times(a, stable_count(&a->queues), queue->visibility_s, queue->heartbeat_s);
    stable_publish(&a->queues);
}

void acker_set_times(struct acker *a, size_t queue, int visibility_s, int heartbeat_s)
{
    mutex_lock(&a->shared.lock);
    leases_queue(a->shared.book, queue, visibility_s, heartbeat_s);
    mutex_unlock(&a->shared.lock);
}

void acker_free(struct acker *a)
{
    if (a == NULL) {
        return;
    }
    assert(a->thread_count == 0);
    struct lease *l = NULL;
    while ((l = leases_pop(a->shared.book)) != NULL) {
        /* SQS could not be called for it: it reappears after its visibility timeout. */
        sqs_inflight_free(sqs_inflight_of_lease(l));
    }
    leases_free(a->shared.book);
    for (size_t i = 0; i < stable_count(&a->queues); i++) {
        outage_done(&acker_queue_of(a, i)->outage);
    }
    stable_done(&a->queues);
    mutex_done(&a->shared.lock);
    cond_done(&a->shared.work);
    cond_done(&a->shared.empty);
    free(a);
}

const struct settler *acker_settler(const struct acker *a)
{
    return &a->settler;
}

/* ---- State for other threads ---- */

bool acker_queue_well(struct acker *a, size_t queue)
{
    mutex_lock(&a->shared.lock);
    bool well = leases_queue_well(a->shared.book, queue, clock_mono_ms(a->clock));
    mutex_unlock(&a->shared.lock);
    return well;
}

struct outage *acker_outage(struct acker *a, size_t queue)
{
    return &acker_queue_of(a, queue)->outage;
}

size_t acker_held(struct acker *a)
{
    mutex_lock(&a->shared.lock);
    size_t n = leases_count(a->shared.book);
    mutex_unlock(&a->shared.lock);
    return n;
}

size_t acker_queue_held(struct acker *a, size_t queue)
{
    mutex_lock(&a->shared.lock);
    size_t n = leases_queue_count(a->shared.book, queue);
    mutex_unlock(&a->shared.lock);
    return n;
}

size_t acker_queue_returning(struct acker *a, size_t queue)
{
    mutex_lock(&a->shared.lock);
    size_t n = leases_queue_returning(a->shared.book, queue);
    mutex_unlock(&a->shared.lock);
    return n;
}

const struct lease_stats *acker_stats(const struct acker *a, size_t queue)
{
    return &acker_queue_of(a, queue)->stats;
}

const struct pulse *acker_pulse(const struct acker *a, size_t i)
{
    return &a->threads[i].pulse;
}

/* End the lease of each message with pending records, except those in a call. */
static size_t give_up_locked(struct acker *a)
{
    size_t count = 0;
    struct lease *l = NULL;
    int64_t now = clock_mono_ms(a->clock);
    while ((l = leases_any(a->shared.book)) != NULL) {
        sqs_inflight_give_up(a->shared.book, sqs_inflight_of_lease(l), RETURN_STARTED_S, now);
        count++;
    }
    book_changed_locked(a);
    return count;
}

/* Make one call; the lock is released meanwhile. */
static void make_call_locked(struct acker *a, struct lease_batch *batch)
{
    struct sqs_inflight *over[LEASE_BATCH];
    enum err_kind kinds[LEASE_BATCH];
    size_t over_count = 0;
    struct err e = {.kind = FAIL_NONE};

    mutex_unlock(&a->shared.lock);
    outage_tried(acker_outage(a, batch->queue), clock_mono_ms(a->clock));
    enum err_kind whole = batch_send(acker_queue_of(a, batch->queue)->queue.queue, batch, &e);
    if (whole != FAIL_NONE) {
        acker_judge(a, batch, whole, &e); /* before the intake can see that the queue is not well */
    }
    mutex_lock(&a->shared.lock);

    leases_answered(a->shared.book, batch, whole, clock_mono_ms(a->clock), &a->shared.rng);
    acker_count_answers(a, batch);
    for (size_t i = 0; i < batch->count; i++) {
        struct sqs_inflight *m = sqs_inflight_of_lease(batch->leases[i]);
        acker_count_unfinished_locked(a, batch, i);
        if (batch->over[i] && sqs_inflight_lease_over(m)) {
            message_over_locked(a, m, batch->kinds[i],
                                batch->asked_ms + (int64_t)batch->visibility_s[i] * 1000);
            kinds[over_count] = batch->kinds[i];
            over[over_count++] = m;
        }
    }
    size_t held = leases_queue_count(a->shared.book, batch->queue);
    for (size_t i = 0; i < over_count; i++) {
        count_ended_locked(a, over[i], kinds[i], held + over_count - 1 - i);
    }
    if (a->shared.giving_up) {
        (void)give_up_locked(a); /* leases of a heartbeat that has just ended */
    }
    book_changed_locked(a);

    mutex_unlock(&a->shared.lock);
    for (size_t i = 0; i < over_count; i++) {
        sqs_inflight_free(over[i]);
    }
    if (whole == FAIL_NONE) {
        acker_judge(a, batch, whole, &e); /* after its messages: it may end an outage */
    }
    mutex_lock(&a->shared.lock);
}

static void tell_lost_locked(struct acker *a, int64_t now)
{
    struct lease *l = NULL;
    while ((l = leases_lost(a->shared.book, now)) != NULL) {
        struct inflight *m = &sqs_inflight_of_lease(l)->inflight;
        stats_add(&acker_queue_of(a, l->queue)->stats.lost, 1); /* before the lanes can see it */
        inflight_lose(m,
                      l->loss == LEASE_LOST
                          ? "the lease expired, or another receive has the message"
                          : "the message was held for nearly 12 hours, which is the limit of SQS");
        log_write(LOG_WARN, l->loss == LEASE_LOST ? "lease lost" : "lease limit reached",
                  KV_STR("queue", acker_queue_name(a, l->queue)), KV_STR("message_id", m->id),
                  KV_INT("held_s", (now - l->received_ms) / 1000),
                  KV_STR("next", "abandoned; the queue delivers the message again"));
    }
}

static void *acker_run(void *arg)
{
    struct acker_thread *t = arg;
    struct acker *a = t->acker;
    mutex_lock(&a->shared.lock);
    while (!a->shared.stopped) {
        struct lease_batch batch;
        int64_t now = clock_mono_ms(a->clock);
        pulse_set(&t->pulse, PULSE_WORK, now);
        tell_lost_locked(a, now);
        if (leases_next(a->shared.book, now, &batch)) {
            make_call_locked(a, &batch);
            continue;
        }
        int wait = leases_wait_ms(a->shared.book, now, IDLE_MS);
        (void)cond_wait_ms(&a->shared.work, &a->shared.lock, wait > 0 ? wait : 1);
    }
    mutex_unlock(&a->shared.lock);
    pulse_set(&t->pulse, PULSE_IDLE, clock_mono_ms(a->clock));
    return NULL;
}

void acker_start(struct acker *a)
{
    while (a->thread_count < ACKER_THREADS) {
        struct acker_thread *t = &a->threads[a->thread_count];
        t->acker = a;
        thread_start(&t->thread, "acker", acker_run, t);
        a->thread_count++;
    }
}

bool acker_drain(struct acker *a, int timeout_ms)
{
    int64_t end = clock_mono_ms(a->clock) + timeout_ms;
    mutex_lock(&a->shared.lock);
    leases_hurry(a->shared.book);
    cond_broadcast(&a->shared.work);
    while (leases_count(a->shared.book) != 0) {
        int64_t left = end - clock_mono_ms(a->clock);
        if (left <= 0) {
            break;
        }
        (void)cond_wait_ms(&a->shared.empty, &a->shared.lock, (int)left);
    }
    bool empty = leases_count(a->shared.book) == 0;
    mutex_unlock(&a->shared.lock);
    return empty;
}

size_t acker_give_up(struct acker *a)
{
    mutex_lock(&a->shared.lock);
    a->shared.giving_up = true;
    size_t count = give_up_locked(a);
    mutex_unlock(&a->shared.lock);
    return count;
}

void acker_stop(struct acker *a)
{
    mutex_lock(&a->shared.lock);
    a->shared.stopped = true;
    cond_broadcast(&a->shared.work);
    mutex_unlock(&a->shared.lock);
    for (size_t i = 0; i < a->thread_count; i++) {
        thread_join(a->threads[i].thread);
    }
    a->thread_count = 0;
}

struct acker_unfinished acker_unfinished(struct acker *a, size_t queue)
{
    mutex_lock(&a->shared.lock);
    struct acker_unfinished u = acker_queue_of(a, queue)->unfinished;
    size_t deletes = leases_queue_deletes(a->shared.book, queue);
    u.returns += leases_queue_count(a->shared.book, queue) - deletes;
    u.deletes += deletes;
    mutex_unlock(&a->shared.lock);
    return u;
}
