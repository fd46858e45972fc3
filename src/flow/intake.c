/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake.c - what a queue says of itself is asked by threads of their own: an answer that does
 * not come takes half a minute, and meanwhile messages of the other queues would lie there received
 * and not prolonged.
 */
#include "flow/intake.h"

#include "base/alloc.h"
#include "base/lock.h"
#include "base/log.h"
#include "conf/sizes.h"

#include <assert.h>
#include <stdlib.h>

enum {
    WATCH_MS = 30 * 1000,
    LOOK_MS = 500, /* breakers, ill queues: looked at so often */
    BACKOFF_FIRST_MS = 1000,
    BACKOFF_MAX_MS = 60 * 1000,
    TELL_EVERY = 30, /* errors in a row between two log lines */
    DAY_S = 86400,
    RECEIVES_FEW = 10,
    LEARNERS = 4,
};

struct poll {
    struct sqs_origin *queue;
    size_t index;
    size_t want;  /* messages the next poll asks for */
    size_t asked; /* of the poll under way, 0: none is */
    int64_t not_before_ms;
    unsigned failed; /* in a row */
    struct rng rng;
    atomic_bool known; /* its attributes were read, or cannot be; a learner's until then */
    bool denied;       /* ... it cannot be; the learner's, as the next is */
    int64_t look_ms;   /* when to ask again */
    struct poll_stats stats;
};

/* One of the threads that learn about queues: every LEARNERS-th is its own. */
struct learner {
    struct intake *intake;
    size_t first;
    pthread_t thread;
};

struct intake {
    struct intake_parts parts;
    struct sqs_poller *poller;
    struct poll *polls;
    pthread_t thread;
    struct learner learners[LEARNERS];
    size_t learner_count;
    bool started;
    atomic_bool stopping;
    atomic_int drain_ms;
    struct pulse pulse;
    int64_t clock_told_ms; /* how wrong our clock was when that was last said */
    struct {
        pthread_mutex_t lock;
        pthread_cond_t stopped; /* guards nothing: learners sleep on it */
    } shared;
};

struct intake *intake_new(const struct intake_parts *parts)
{
    struct intake *i = mem_zeros(1, sizeof(*i));
    struct poll *polls = mem_zeros(parts->queue_count, sizeof(*polls));
    i->parts = *parts;
    i->polls = polls;
    i->poller = sqs_poller_new();
    mutex_init(&i->shared.lock);
    cond_init(&i->shared.stopped);
    for (size_t k = 0; k < parts->queue_count; k++) {
        i->polls[k].queue = &parts->queues[k];
        i->polls[k].index = k;
        i->polls[k].want = 1;
        rng_init_random(&i->polls[k].rng);
    }
    return i;
}

void intake_free(struct intake *i)
{
    if (i == NULL) {
        return;
    }
    assert(!i->started);
    for (size_t n = 0; n < i->learner_count; n++) {
        thread_join(i->learners[n].thread);
    }
    sqs_poller_free(i->poller);
    mutex_done(&i->shared.lock);
    cond_done(&i->shared.stopped);
    free(i->polls);
    free(i);
}

static void warn_of_queue(const struct queue_conf *conf, const struct sqs_attributes *a)
{
    if (a->max_receive_count == 0) {
        log_write(LOG_WARN, "queue has no dead-letter queue", KV_STR("queue", conf->name),
                  KV_STR("next", "what cannot be read comes again until its retention ends"));
    } else if (a->max_receive_count < RECEIVES_FEW) {
        log_write(LOG_WARN, "queue gives up early", KV_STR("queue", conf->name),
                  KV_INT("max_receive_count", a->max_receive_count),
                  KV_INT("advised", RECEIVES_FEW),
                  KV_STR("next", "short troubles may cost dead letters"));
    }
    if (a->retention_s != 0 && a->retention_s < DAY_S) {
        log_write(LOG_WARN, "queue forgets within a day", KV_STR("queue", conf->name),
                  KV_INT("retention_s", a->retention_s),
                  KV_STR("next", "what is not delivered by then is lost"));
    }
}

/* Back off. One line at the beginning of a burst, or when its kind changes. */
static void poll_failed(const struct intake *i, struct poll *p, const char *what,
                        const struct err *e)
{
    int64_t most = BACKOFF_FIRST_MS;
    for (unsigned n = 0; n < p->failed && most < BACKOFF_MAX_MS; n++) {
        most *= 2;
    }
    most = most < BACKOFF_MAX_MS ? most : BACKOFF_MAX_MS;
    int64_t pause = most / 2 + (int64_t)rng_below(&p->rng, (uint64_t)most / 2 + 1);
    p->not_before_ms = clock_mono_ms(i->parts.clock) + pause;
    if (p->failed++ % TELL_EVERY == 0) {
        log_write(LOG_WARN, what, KV_STR("queue", p->queue->conf->name), KV_ERR(e),
                  KV_INT("failed", p->failed), KV_STR("next", "again, backing off up to a minute"));
    }
}

static void note_look(const struct intake *i, struct poll *p, const struct sqs_attributes *a)
{
    stats_set(&p->stats.visible, a->visible);
    stats_set(&p->stats.in_flight, a->in_flight);
    atomic_store(&p->stats.looked, true);
    p->look_ms = clock_mono_ms(i->parts.clock) + i->parts.look_ms;
}

/* Again, for its figures alone. An error is told by the polls, if it lasts. */
static void look(struct intake *i, struct poll *p)
{
    struct sqs_attributes a = {0};
    struct err e = {.kind = FAIL_NONE};
    if (sqs_get_attributes(p->queue->queue, &a, &e) == FAIL_NONE) {
        note_look(i, p, &a);
        return;
    }
    atomic_store(&p->stats.looked, false); /* better none than old ones */
    p->look_ms = clock_mono_ms(i->parts.clock) + i->parts.look_ms;
}

/* The queue's own settings, before its first poll. */
static void learn(struct intake *i, struct poll *p)
{
    struct sqs_attributes a = {0};
    struct err e = {.kind = FAIL_NONE};
    switch ((int)sqs_get_attributes(p->queue->queue, &a, &e)) {
    case FAIL_NONE:
        p->queue->redrive = (struct redrive){.max_receive_count = a.max_receive_count,
                                             .retention_ms = (int64_t)a.retention_s * 1000};
        warn_of_queue(p->queue->conf, &a);
        log_write(LOG_INFO, "queue", KV_STR("queue", p->queue->conf->name),
                  KV_INT("visibility_s", a.visibility_s), KV_INT("visible", a.visible),
                  KV_INT("in_flight", a.in_flight),
                  KV_INT("max_receive_count", a.max_receive_count),
                  KV_INT("retention_s", a.retention_s));
        note_look(i, p, &a);
        atomic_store(&p->stats.reached, true);
        break;
    case FAIL_DENIED: /* receiving may be allowed all the same */
        p->denied = true;
        log_write(LOG_WARN, "queue attributes denied", KV_STR("queue", p->queue->conf->name),
                  KV_ERR(&e), KV_STR("next", "last receives are not recognised"));
        break;
    default:
        if (!atomic_load(&i->stopping)) {
            poll_failed(i, p, "queue attributes failed", &e);
        }
        return;
    }
    atomic_store(&p->known, true);
    intake_wake(i);
}

/* True: it is not to be asked any more. */
static bool learn_of(struct intake *i, struct poll *p)
{
    int64_t now = clock_mono_ms(i->parts.clock);
    bool again = i->parts.look_ms != 0 && !p->denied;
    if (!atomic_load(&p->known)) {
        if (now >= p->not_before_ms) {
            learn(i, p);
        }
    } else if (again && now >= p->look_ms) {
        look(i, p);
    }
    return atomic_load(&p->known) && !again;
}

/* Ask for those of its queues that are due. True: nothing is left to ask. */
static bool learn_due(struct learner *l)
{
    struct intake *i = l->intake;
    bool done = true;
    for (size_t k = l->first; k < i->parts.queue_count && !atomic_load(&i->stopping);
         k += LEARNERS) {
        done = learn_of(i, &i->polls[k]) && done;
    }
    return done;
}

static void *learner_run(void *arg)
{
    struct learner *l = arg;
    struct intake *i = l->intake;
    while (!learn_due(l) && !atomic_load(&i->stopping)) {
        mutex_lock(&i->shared.lock);
        if (!atomic_load(&i->stopping)) {
            (void)cond_wait_ms(&i->shared.stopped, &i->shared.lock, LOOK_MS);
        }
        mutex_unlock(&i->shared.lock);
    }
    return NULL;
}

static void poll_start(struct intake *i, struct poll *p)
{
    int64_t now = clock_mono_ms(i->parts.clock);
    if (!atomic_load(&p->known) || p->asked != 0 || now < p->not_before_ms ||
        acker_held(i->parts.acker) >= MESSAGES_HELD_MAX ||
        !acker_queue_well(i->parts.acker, p->index) ||
        customers_queue_paused(i->parts.customers, p->index)) {
        return;
    }
    size_t granted = inbox_reserve(i->parts.inbox, p->index, p->want);
    if (granted == 0) {
        return;
    }
    const struct queue_conf *conf = p->queue->conf;
    p->asked = granted;
    sqs_poller_start(i->poller, p->queue->queue, (int)granted, conf->wait_s, conf->visibility_s, p);
}

/* Its turn in the inbox, and the first tag, are those of the customer of its first record. */
static void assign(struct intake *i, struct inflight *m)
{
    struct customer *c = NULL;
    if (m->notification != NULL) {
        const struct notification_record *first = &m->notification->records[0];
        c = customers_find(i->parts.customers, m->queue, first->bucket, first->key,
                           m->notification->form);
    }
    m->tag.customer = c;
    m->sched_class = c != NULL ? i->parts.queue_count + c->slot : m->queue;
}

/* One clock, many queues that notification it: said once, and again only when it has moved on. */
static void tell_clock(struct intake *i, const struct poll *p)
{
    enum { TOLD_AGAIN_MS = 60 * 1000 };
    int64_t offset_ms = 0;
    if (sqs_clock_news(p->queue->queue, &offset_ms) &&
        llabs(offset_ms - i->clock_told_ms) > TOLD_AGAIN_MS) {
        i->clock_told_ms = offset_ms;
        log_write(LOG_WARN, "clock differs", KV_STR("queue", p->queue->conf->name),
                  KV_INT("ahead_ms", offset_ms),
                  KV_STR("next", "corrected for; mend this machine's clock"));
    }
}

static void poll_ended(struct intake *i, struct sqs_polled *polled)
{
    struct poll *p = polled->tag;
    for (size_t k = 0; k < polled->count; k++) {
        int64_t now = clock_mono_ms(i->parts.clock);
        struct inflight *m =
            &sqs_inflight_new(polled->messages[k], p->queue, p->index, now)->inflight;
        assign(i, m);
        inflight_begin(m, acker_settler(i->parts.acker));
        inbox_put(i->parts.inbox, m);
    }
    size_t asked = p->asked;
    p->asked = 0;
    poll_stats_add(&p->stats, polled->err.kind, polled->count, polled->damaged);
    tell_clock(i, p);
    inbox_unreserve(i->parts.inbox, p->index, asked - polled->count);

    if (polled->err.kind != FAIL_NONE) {
        p->want = 1;
        if (polled->err.kind != FAIL_STOPPED) {
            poll_failed(i, p, "receive failed", &polled->err);
        }
        return;
    }
    if (polled->damaged != 0) {
        log_write(LOG_WARN, "messages damaged on the way", KV_STR("queue", p->queue->conf->name),
                  KV_INT("messages", polled->damaged), KV_STR("next", "they come again"));
    }
    if (p->failed != 0) {
        log_write(LOG_INFO, "receiving again", KV_STR("queue", p->queue->conf->name),
                  KV_INT("failed", p->failed));
    }
    p->failed = 0;
    if (polled->count == 0) {
        p->want = 1;
    } else if (polled->count == asked) {
        p->want = p->want * 2 < SQS_BATCH ? p->want * 2 : SQS_BATCH;
    }
}

static bool any_polls(const struct intake *i)
{
    for (size_t k = 0; k < i->parts.queue_count; k++) {
        if (i->polls[k].asked != 0) {
            return true;
        }
    }
    return false;
}

static void farewell(struct intake *i)
{
    int64_t end = clock_mono_ms(i->parts.clock) + atomic_load(&i->drain_ms);
    int64_t left = 0;
    while (any_polls(i) && (left = end - clock_mono_ms(i->parts.clock)) > 0) {
        struct sqs_polled polled;
        if (sqs_poller_next(i->poller, (int)left, &polled)) {
            poll_ended(i, &polled);
        }
    }
    for (size_t k = 0; k < i->parts.queue_count; k++) {
        inbox_unreserve(i->parts.inbox, k, i->polls[k].asked);
        i->polls[k].asked = 0;
    }
}

static void *intake_run(void *arg)
{
    struct intake *i = arg;
    int64_t watch_ms = clock_mono_ms(i->parts.clock) + WATCH_MS;
    while (!atomic_load(&i->stopping)) {
        pulse_set(&i->pulse, PULSE_WORK, clock_mono_ms(i->parts.clock));
        for (size_t k = 0; k < i->parts.queue_count && !atomic_load(&i->stopping); k++) {
            poll_start(i, &i->polls[k]);
        }
        struct sqs_polled polled;
        if (sqs_poller_next(i->poller, LOOK_MS, &polled)) {
            poll_ended(i, &polled);
        }
        if (clock_mono_ms(i->parts.clock) >= watch_ms) {
            customers_watch(i->parts.customers);
            watch_ms += WATCH_MS;
        }
    }
    farewell(i);
    pulse_set(&i->pulse, PULSE_IDLE, clock_mono_ms(i->parts.clock));
    return NULL;
}

void intake_start(struct intake *i)
{
    thread_start(&i->thread, "intake", intake_run, i);
    while (i->learner_count < LEARNERS) {
        struct learner *l = &i->learners[i->learner_count];
        *l = (struct learner){.intake = i, .first = i->learner_count};
        thread_start(&l->thread, "attributes", learner_run, l);
        i->learner_count++;
    }
    i->started = true;
}

void intake_wake(struct intake *i)
{
    sqs_poller_wake(i->poller);
}

const struct poll_stats *intake_stats(const struct intake *i, size_t queue)
{
    return &i->polls[queue].stats;
}

const struct pulse *intake_pulse(const struct intake *i)
{
    return &i->pulse;
}

void intake_stop(struct intake *i, int drain_ms)
{
    if (!i->started) {
        return;
    }
    atomic_store(&i->drain_ms, drain_ms);
    mutex_lock(&i->shared.lock);
    atomic_store(&i->stopping, true);
    cond_broadcast(&i->shared.stopped);
    mutex_unlock(&i->shared.lock);
    intake_wake(i);
    thread_join(i->thread);
    i->started = false;
}
