/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acker.c - the lease book is read and changed under the lock. SQS is called without it, and no
 * message is freed under it (rules 14 and 24 of src/settle/README.md). Pure code decides which
 * calls are due and when a message may be freed: leases.c and sqs_inflight.c.
 */
#include "settle/sqs/acker.h"

#include "base/alloc.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/stable.h"
#include "settle/sqs/batch.h"
#include "settle/sqs/delays.h"
#include "settle/sqs/held.h"
#include "settle/sqs/receive.h"
#include "settle/sqs/sqs_inflight.h"

#include <assert.h>
#include <stdlib.h>

enum { IDLE_MS = 1000 };

struct acker_thread {
    struct acker *acker;
    pthread_t thread;
    struct pulse pulse;
};

/* A queue and what is kept of it. */
struct queue_of {
    struct acker_queue queue;
    struct lease_stats stats;
    struct outage outage;
    struct acker_unfinished unfinished; /* under shared.lock: of the calls since giving_up */
};

struct acker {
    struct stable queues; /* of struct queue_of */
    const struct clock *clock;
    struct settler settler;
    struct acker_thread threads[ACKER_THREADS];
    size_t thread_count;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t work;  /* something may be due earlier than expected */
        pthread_cond_t empty; /* no message is held any more */
        struct leases *book;
        struct held held; /* as long as they are not freed */
        struct delays delays;
        struct rng rng;
        bool giving_up; /* leases that return from a call and are not ending are ended */
        bool stopped;
    } shared;
};

static struct queue_of *queue_of(const struct acker *a, size_t queue)
{
    return stable_at(&a->queues, queue);
}

static const char *name_of(const struct acker *a, size_t queue)
{
    return queue_of(a, queue)->queue.name;
}

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
    receive_log(name_of(a, inflight->queue), inflight, r);
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

/* The queue's outage counts what became of its messages. Without the lock. */
static void message_free(struct acker *a, struct sqs_inflight *m, enum err_kind kind, size_t held)
{
    outage_message_ended(&queue_of(a, m->inflight.queue)->outage,
                         m->lease.how != LEASE_DELETE ? OUTAGE_UNDELIVERED
                         : kind == FAIL_NONE          ? OUTAGE_DELETED
                                                      : OUTAGE_DELIVERED,
                         held, clock_mono_ms(a->clock));
    sqs_inflight_free(m);
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
    }
    size_t held = leases_queue_count(a->shared.book, inflight->queue);
    book_changed_locked(a);
    mutex_unlock(&a->shared.lock);
    if (over) {
        message_free(a, m, FAIL_LOST, held);
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
        outage_done(&queue_of(a, i)->outage);
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
    return &queue_of(a, queue)->outage;
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

const struct lease_stats *acker_stats(const struct acker *a, size_t queue)
{
    return &queue_of(a, queue)->stats;
}

const struct pulse *acker_pulse(const struct acker *a, size_t i)
{
    return &a->threads[i].pulse;
}

static const enum outage_call outage_calls[] = {
    [LEASE_CALL_BEAT] = OUTAGE_HEARTBEAT,
    [LEASE_CALL_DELETE] = OUTAGE_DELETE,
    [LEASE_CALL_CHANGE] = OUTAGE_RETURN,
};

/* Number of failed entries of a batch, without those whose lease is lost. */
static size_t count_failed(const struct lease_batch *batch, enum err_kind whole)
{
    size_t n = 0;
    for (size_t i = 0; i < batch->count; i++) {
        enum err_kind kind = whole != FAIL_NONE ? whole : batch->kinds[i];
        n += kind != FAIL_NONE && kind != FAIL_LOST && kind != FAIL_LIMIT;
    }
    return n;
}

static const char *const names[] = {"none", "heartbeat", "delete", "return"};

/* Log messages whose lease is lost. A lease lost in a heartbeat is logged elsewhere. */
static void log_lost(const struct acker *a, const struct lease_batch *batch, const struct err *e)
{
    bool lost = false;
    for (size_t i = 0; i < batch->count && batch->call != LEASE_CALL_BEAT; i++) {
        lost = lost || batch->kinds[i] == FAIL_LOST;
    }
    if (lost) {
        log_write(LOG_WARN, "queue call failed", KV_STR("queue", name_of(a, batch->queue)),
                  KV_STR("call", names[batch->call]), KV_INT("messages", batch->count), KV_ERR(e),
                  KV_STR("next", "the queue delivers the message again, with the same ingest.id; "
                                 "if it happens often, raise 'visibility'"));
    }
}

/* Note whether the queue works. A few failed entries among others are not an outage. */
static void judge_queue(struct acker *a, const struct lease_batch *batch, enum err_kind whole,
                        const struct err *e)
{
    struct outage *o = acker_outage(a, batch->queue);
    int64_t now = clock_mono_ms(a->clock);
    size_t failed = count_failed(batch, whole);
    if (batch->call == LEASE_CALL_NONE || whole == FAIL_STOPPED) {
        return;
    }
    if (failed != 0 && failed == batch->count) {
        struct err why = *e;
        struct log_kv messages = KV_INT("messages", failed);
        why.kind = e->kind != FAIL_NONE ? e->kind : batch->kinds[0];
        outage_failed(o,
                      &(struct outage_failure){.err = &why,
                                               .call = outage_calls[batch->call],
                                               .next = "retried while the leases last, then the "
                                                       "queue delivers the messages again",
                                               .about = &messages,
                                               .about_count = 1,
                                               .held = acker_queue_held(a, batch->queue)},
                      now);
        return;
    }
    outage_passed(o, outage_calls[batch->call], now);
    if (failed != 0) {
        log_write(LOG_WARN, "some messages of a queue call failed",
                  KV_STR("queue", name_of(a, batch->queue)), KV_STR("call", names[batch->call]),
                  KV_INT("messages", batch->count), KV_INT("failed", failed), KV_ERR(e),
                  KV_STR("next", "retried while the leases last, then the queue delivers these "
                                 "messages again; if it lasts, do what the error says"));
    }
    log_lost(a, batch, e);
}

/* Count the results. An entry with a lost lease is neither a success nor a failure. */
static void count_answers(const struct acker *a, const struct lease_batch *batch)
{
    struct lease_stats *s = &queue_of(a, batch->queue)->stats;
    stats_count *done[] = {NULL, &s->extended, &s->deleted, &s->returned};
    stats_count *failed[] = {NULL, &s->extend_failed, &s->delete_failed, &s->return_failed};
    for (size_t i = 0; i < batch->count && batch->call != LEASE_CALL_NONE; i++) {
        if (batch->kinds[i] != FAIL_LOST) {
            stats_add(batch->kinds[i] == FAIL_NONE ? done[batch->call] : failed[batch->call], 1);
        }
    }
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

/* At shutdown: count an end that SQS refused too often or for too long. */
static void count_unfinished_locked(struct acker *a, const struct lease_batch *batch, size_t i)
{
    struct acker_unfinished *u = &queue_of(a, batch->queue)->unfinished;
    enum err_kind kind = batch->kinds[i];
    if (!a->shared.giving_up || !batch->over[i] || kind == FAIL_NONE || kind == FAIL_LOST) {
        return;
    }
    u->deletes += batch->call == LEASE_CALL_DELETE;
    u->returns += batch->call == LEASE_CALL_CHANGE;
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
    enum err_kind whole = batch_send(queue_of(a, batch->queue)->queue.queue, batch, &e);
    if (whole != FAIL_NONE) {
        judge_queue(a, batch, whole, &e); /* before the intake can see that the queue is not well */
    }
    mutex_lock(&a->shared.lock);

    leases_answered(a->shared.book, batch, whole, clock_mono_ms(a->clock), &a->shared.rng);
    count_answers(a, batch);
    for (size_t i = 0; i < batch->count; i++) {
        struct sqs_inflight *m = sqs_inflight_of_lease(batch->leases[i]);
        count_unfinished_locked(a, batch, i);
        if (batch->over[i] && sqs_inflight_lease_over(m)) {
            message_over_locked(a, m, batch->kinds[i],
                                batch->asked_ms + (int64_t)batch->visibility_s[i] * 1000);
            kinds[over_count] = batch->kinds[i];
            over[over_count++] = m;
        }
    }
    size_t held = leases_queue_count(a->shared.book, batch->queue);
    if (a->shared.giving_up) {
        (void)give_up_locked(a); /* leases of a heartbeat that has just ended */
    }
    book_changed_locked(a);

    mutex_unlock(&a->shared.lock);
    for (size_t i = 0; i < over_count; i++) {
        message_free(a, over[i], kinds[i], held + over_count - 1 - i);
    }
    if (whole == FAIL_NONE) {
        judge_queue(a, batch, whole, &e); /* after its messages: it may end an outage */
    }
    mutex_lock(&a->shared.lock);
}

static void tell_lost_locked(struct acker *a, int64_t now)
{
    struct lease *l = NULL;
    while ((l = leases_lost(a->shared.book, now)) != NULL) {
        struct inflight *m = &sqs_inflight_of_lease(l)->inflight;
        inflight_lose(m,
                      l->loss == LEASE_LOST
                          ? "the lease expired, or another receive has the message"
                          : "the message was held for nearly 12 hours, which is the limit of SQS");
        stats_add(&queue_of(a, l->queue)->stats.lost, 1);
        log_write(LOG_WARN, l->loss == LEASE_LOST ? "lease lost" : "lease limit reached",
                  KV_STR("queue", name_of(a, l->queue)), KV_STR("message_id", m->id),
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
    struct acker_unfinished u = queue_of(a, queue)->unfinished;
    size_t deletes = leases_queue_deletes(a->shared.book, queue);
    u.returns += leases_queue_count(a->shared.book, queue) - deletes;
    u.deletes += deletes;
    mutex_unlock(&a->shared.lock);
    return u;
}
