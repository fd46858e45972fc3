/* SPDX-License-Identifier: Apache-2.0 */
#include "shares_leases.h"

#include "base/lock.h"
#include "base/share.h"
#include "fibers.h"

#include <assert.h>
#include <string.h>

enum { MOST_CLASSES = 8, ACKERS = 2, IDLE_MS = 1000, US_PER_MS = 1000, US_PER_S = 1000 * 1000 };

static struct {
    struct holds_settings s;
    struct leases *book;
    size_t held[MOST_CLASSES];
    int64_t none_since_us[MOST_CLASSES];
    struct hold *unacked;
    pthread_mutex_t lock;
    pthread_cond_t work, produced;
    bool stopped;
} all;

static int64_t now_ms(void)
{
    return fibers_now_us() / US_PER_MS;
}

static struct hold *of_lease(struct lease *l)
{
    return (struct hold *)(void *)l;
}

/* ---- shares, as in source/intake.c ---- */

size_t holds_room(size_t sched_class, size_t want)
{
    bool any = sched_class == HOLDS_ANY;
    size_t has = any ? leases_queue_returning(all.book, 0) : all.held[sched_class];
    has = all.s.bug == HOLDS_BY_ONE ? 0 : has;
    return (size_t)share_room(all.s.capacity, leases_count(all.book), has, want);
}

bool holds_keep(const struct hold *h)
{
    return all.s.bug == HOLDS_BY_ONE ||
           share_keeps(all.s.capacity, leases_count(all.book), all.held[h->sched_class]);
}

size_t holds_of(size_t sched_class)
{
    return all.held[sched_class];
}

int64_t holds_none_since_us(size_t sched_class)
{
    return all.none_since_us[sched_class];
}

/* ---- the life of a lease ---- */

void holds_begin(struct hold *h, size_t queue, size_t sched_class)
{
    h->sched_class = sched_class;
    h->acked_us = INT64_MAX;
    h->hidden_us = fibers_now_us() + (int64_t)all.s.visibility_s * US_PER_S;
    all.held[sched_class]++;
    leases_add(all.book, &h->lease, queue, "", now_ms());
    cond_signal(&all.work);
}

static void end_lease(struct hold *h, enum lease_end how, int delay_s)
{
    if (leases_end(all.book, &h->lease, how, delay_s, now_ms())) {
        all.s.fail("a lease was over before its end was called");
    }
    cond_signal(&all.work);
}

void holds_end(struct hold *h, int delay_s)
{
    end_lease(h, LEASE_CHANGE, delay_s);
}

static void lease_over(struct hold *h, bool deleted)
{
    if (all.s.bug == HOLDS_STAY) {
        all.s.over(h, deleted);
        return;
    }
    if (--all.held[h->sched_class] == 0) {
        all.none_since_us[h->sched_class] = fibers_now_us();
    }
    all.s.over(h, deleted);
}

/* ---- Kafka ---- */

void holds_ack(struct hold *h, int64_t us)
{
    h->acked_us = fibers_now_us() + us;
    h->next = all.unacked;
    all.unacked = h;
    cond_signal(&all.produced);
}

/* Remove an acknowledged one; NULL: none. *next_us: the time of the next acknowledgement. */
static struct hold *take_acked(int64_t *next_us)
{
    *next_us = INT64_MAX;
    for (struct hold **at = &all.unacked; *at != NULL; at = &(*at)->next) {
        struct hold *h = *at;
        if (h->acked_us <= fibers_now_us()) {
            *at = h->next;
            return h;
        }
        *next_us = h->acked_us < *next_us ? h->acked_us : *next_us;
    }
    return NULL;
}

static void kafka_run(void *arg UNUSED)
{
    int64_t next_us = 0;
    while (!all.stopped) {
        struct hold *h = take_acked(&next_us);
        if (h != NULL) {
            end_lease(h, LEASE_DELETE, 0);
        } else if (next_us == INT64_MAX) {
            cond_wait(&all.produced, &all.lock);
        } else {
            int64_t ms = (next_us - fibers_now_us()) / US_PER_MS + 1;
            (void)cond_wait_ms(&all.produced, &all.lock, (int)ms);
        }
    }
}

/* ---- calls to the queue, as in settle/sqs/acker.c ---- */

/* The queue receives the call. */
static void queue_answers(struct lease_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct hold *h = of_lease(batch->leases[i]);
        batch->kinds[i] = FAIL_NONE;
        if (h->hidden_us < fibers_now_us()) {
            all.s.fail("a message became visible while it was held");
        }
        if (batch->call != LEASE_CALL_DELETE &&
            (batch->call != LEASE_CALL_BEAT || all.s.bug != HOLDS_NO_BEATS)) {
            h->hidden_us = fibers_now_us() + (int64_t)batch->visibility_s[i] * US_PER_S;
        }
    }
}

static void make_call(struct lease_batch *batch)
{
    int64_t us = 1 + (int64_t)rng_below(fibers_rng(), (uint64_t)all.s.call_us);
    fiber_sleep(us / 2);
    queue_answers(batch);
    fiber_sleep(us - us / 2);
    leases_answered(all.book, batch, FAIL_NONE, now_ms(), fibers_rng());
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->over[i]) {
            lease_over(of_lease(batch->leases[i]), batch->call == LEASE_CALL_DELETE);
        }
    }
}

static void acker_run(void *arg UNUSED)
{
    while (!all.stopped) {
        struct lease_batch batch;
        if (leases_lost(all.book, now_ms()) != NULL) {
            all.s.fail("a lease was lost");
        }
        if (leases_next(all.book, now_ms(), &batch)) {
            make_call(&batch);
            continue;
        }
        int wait = leases_wait_ms(all.book, now_ms(), IDLE_MS);
        (void)cond_wait_ms(&all.work, &all.lock, wait > 0 ? wait : 1);
    }
}

void holds_start(const struct holds_settings *s)
{
    memset(&all, 0, sizeof(all));
    all.s = *s;
    mutex_init(&all.lock);
    cond_init(&all.work);
    cond_init(&all.produced);
    all.book = leases_new(s->queues);
    for (size_t q = 0; q < s->queues; q++) {
        leases_queue(all.book, q, s->visibility_s, 0);
    }
    for (size_t i = 0; i < ACKERS; i++) {
        fiber_start(acker_run, NULL);
    }
    fiber_start(kafka_run, NULL);
}

void holds_stop(void)
{
    if (leases_count(all.book) != 0) {
        all.s.fail("a lease is left");
    }
    all.stopped = true;
    cond_broadcast(&all.work);
    cond_broadcast(&all.produced);
}

void holds_done(void)
{
    leases_free(all.book);
}
