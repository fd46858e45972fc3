/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake.c - the long polls: when to poll a queue, for how many messages, and how to process the
 * result.
 */
#include "source/intake.h"

#include "intake_priv.h"

#include "base/alloc.h"
#include "base/log.h"

#include <assert.h>
#include <stdlib.h>

enum {
    WATCH_MS = 5 * 1000,
    RECHECK_MS = 500, /* of paused customers and queues whose deletes fail */
    PASS_QUEUES_PER_MS = 400,
    BACKOFF_FIRST_MS = 1000,
    BACKOFF_MAX_MS = 60 * 1000,
    READ_SLOW_US = 20 * 1000, /* CPU time of the bodies of a receive: all polls wait for it */
    READ_PART = 16, /* then the queue has at most one part of so many of the thread's time */
};

struct intake *intake_new(const struct intake_parts *parts)
{
    struct intake *i = mem_zeros(1, sizeof(*i));
    i->parts = *parts;
    i->parts.queues = NULL;
    i->polls = (struct stable)STABLE_INIT(sizeof(struct poll));
    i->poller = sqs_poller_new();
    mutex_init(&i->shared.lock);
    cond_init(&i->shared.changed);
    for (size_t k = 0; k < parts->queue_count; k++) {
        intake_add_queue(i, &parts->queues[k]);
    }
    return i;
}

/* ---- Queues that are added, changed and removed ---- */

static void queues_changed_locked(struct intake *i)
{
    i->shared.changes++;
    cond_broadcast(&i->shared.changed);
}

void intake_add_queue(struct intake *i, const struct intake_queue *queue)
{
    struct poll *p = stable_prepare(&i->polls);
    p->queue = queue->origin;
    p->index = stable_count(&i->polls);
    p->want = 1;
    p->times = p->applied = queue->times; /* the acker was told of it with these */
    p->receivers[0] = (struct receiver){.poll = p};
    p->receivers[1] = (struct receiver){.poll = p, .search = true};
    rng_init_random(&p->rng);
    mutex_lock(&i->shared.lock);
    stable_publish(&i->polls);
    queues_changed_locked(i);
    mutex_unlock(&i->shared.lock);
}

void intake_set_queue(struct intake *i, size_t queue, const struct intake_times *times)
{
    struct poll *p = poll_of(i, queue);
    mutex_lock(&i->shared.lock);
    p->times = *times;
    if (atomic_exchange(&p->removed, false)) {
        queues_changed_locked(i);
    }
    mutex_unlock(&i->shared.lock);
    intake_wake(i);
}

void intake_remove_queue(struct intake *i, size_t queue)
{
    atomic_store(&poll_of(i, queue)->removed, true);
}

bool intake_removed(const struct intake *i, size_t queue)
{
    return atomic_load(&poll_of(i, queue)->removed);
}

size_t intake_queues(const struct intake *i)
{
    return stable_count(&i->polls);
}

const char *intake_queue_name(const struct intake *i, size_t queue)
{
    return poll_of(i, queue)->queue->name;
}

struct intake_times poll_times(struct intake *i, const struct poll *p)
{
    mutex_lock(&i->shared.lock);
    struct intake_times times = p->times;
    mutex_unlock(&i->shared.lock);
    return times;
}

void intake_free(struct intake *i)
{
    if (i == NULL) {
        return;
    }
    assert(!i->started);
    attribute_pollers_join(i);
    for (size_t q = 0; q < stable_count(&i->polls); q++) {
        dead_letters_done(poll_of(i, q));
    }
    sqs_poller_free(i->poller);
    mutex_done(&i->shared.lock);
    cond_done(&i->shared.changed);
    stable_done(&i->polls);
    free(i);
}

void poll_name_customers(const struct intake *i, const struct poll *p)
{
    char ids[CUSTOMERS_IDS_BYTES];
    size_t count = customers_queue_ids(i->parts.customers, p->index, ids);
    outage_set_customers(acker_outage(i->parts.acker, p->index), count, ids);
}

void poll_failed(const struct intake *i, struct poll *p, enum outage_call call, const struct err *e)
{
    int64_t most = BACKOFF_FIRST_MS;
    for (unsigned n = 0; n < p->failed && most < BACKOFF_MAX_MS; n++) {
        most *= 2;
    }
    most = most < BACKOFF_MAX_MS ? most : BACKOFF_MAX_MS;
    int64_t pause = most / 2 + (int64_t)rng_below(&p->rng, (uint64_t)most / 2 + 1);
    int64_t now = clock_mono_ms(i->parts.clock);
    p->not_before_ms = now + pause;
    p->failed++;
    if (atomic_load(&p->removed)) {
        return; /* no call would end the outage */
    }
    poll_name_customers(i, p);
    outage_failed(
        acker_outage(i->parts.acker, p->index),
        &(struct outage_failure){.err = e,
                                 .call = call,
                                 .held = acker_queue_held(i->parts.acker, p->index),
                                 .next = "messages wait in the queue; retried, with a backoff of "
                                         "up to a minute"},
        now);
}

/* ---- Polls ---- */

/* Slots for a poll of this queue, if nothing stops it. */
static size_t reserve(struct intake *i, struct poll *p)
{
    int64_t now = clock_mono_ms(i->parts.clock);
    struct customer *only = customers_queue_only(i->parts.customers, p->index);
    size_t granted = 0;
    p->mixed = only == NULL;
    if (gate_is_open(i, p, only, now) && now >= p->not_before_ms) {
        granted =
            inbox_reserve(i->parts.inbox, p->index, only != NULL ? only->sched_class : INBOX_MIXED,
                          may_receive(i, p, only));
    }
    customer_release(only);
    return granted;
}

/*
 * The times of the next poll. The acker gets them when no receive with other times is in progress:
 * then no further search is started, and those in progress end soon.
 */
static const struct intake_times *apply_times(struct intake *i, struct poll *p)
{
    struct intake_times times = poll_times(i, p);
    if (p->searches != 0) {
        return &p->applied;
    }
    if (times.visibility_s != p->applied.visibility_s ||
        times.heartbeat_s != p->applied.heartbeat_s) {
        acker_set_times(i->parts.acker, p->index, times.visibility_s, times.heartbeat_s);
    }
    p->applied = times;
    return &p->applied;
}

/* A poll that has a room, for which others wait, is short. */
static int wait_s(struct intake *i, const struct poll *p, const struct intake_times *times)
{
    bool is_short = p->asked == 1 && inbox_has_room(i->parts.inbox, p->index);
    return is_short && times->wait_s > SHORT_WAIT_S ? SHORT_WAIT_S : times->wait_s;
}

static void poll_start(struct intake *i, struct poll *p)
{
    if (atomic_load(&p->removed) || !atomic_load(&p->attributes_loaded) || p->asked != 0) {
        return;
    }
    p->asked = reserve(i, p);
    if (p->asked != 0) {
        const struct intake_times *times = apply_times(i, p);
        outage_tried(acker_outage(i->parts.acker, p->index), clock_mono_ms(i->parts.clock));
        sqs_poller_start(i->poller, p->queue->queue, (int)p->asked, wait_s(i, p, times),
                         times->visibility_s, &p->receivers[0]);
    }
}

/*
 * A poll ended without an error: the number of messages that the next one requests. While all
 * customers of the queue are paused it is one: only one is read, and the others would be returned
 * for as long as a refused object waits.
 */
static void choose_want(const struct intake *i, struct poll *p, size_t count, size_t asked)
{
    if (count == 0 || customers_queue_closed(i->parts.customers, p->index)) {
        p->want = 1;
    } else if (count == asked) {
        p->want = p->want * 2 < SQS_BATCH ? p->want * 2 : SQS_BATCH;
    }
}

/* A queue that did not exist may be another one now: its attribute poller is woken. */
static void receive_passed(struct intake *i, struct poll *p)
{
    struct outage *o = acker_outage(i->parts.acker, p->index);
    outage_passed(o, OUTAGE_RECEIVE, clock_mono_ms(i->parts.clock));
    if (atomic_load_explicit(&o->was_gone, memory_order_relaxed)) {
        mutex_lock(&i->shared.lock);
        queues_changed_locked(i);
        mutex_unlock(&i->shared.lock);
    }
}

/*
 * A body of 1 MiB may take 70 ms to be read, as long as 10,000 usual ones. Its queue requests one
 * message, and not before the thread has had time for the other queues. Not a queue of several
 * customers: there S3 alone may send, and the messages of the others would wait.
 */
static void slow_down(const struct intake *i, struct poll *p, int64_t read_us)
{
    int64_t next_ms = clock_mono_ms(i->parts.clock) + (READ_PART - 1) * read_us / 1000;
    if (p->mixed || read_us < READ_SLOW_US) {
        return;
    }
    p->want = 1;
    p->not_before_ms = next_ms > p->not_before_ms ? next_ms : p->not_before_ms;
}

static void poll_ended(struct intake *i, struct sqs_polled *polled)
{
    const struct receiver *r = polled->tag;
    struct poll *p = r->poll;
    size_t asked = p->asked;
    int64_t began_us = clock_thread_us(i->parts.clock);
    searches_after(p, polled->err.kind, messages_accept(i, r, polled));
    int64_t read_us = clock_thread_us(i->parts.clock) - began_us;
    if (r->search) {
        search_ended(i, p);
    } else {
        p->asked = 0;
        inbox_unreserve(i->parts.inbox, p->index, asked - polled->count);
    }
    int64_t wall_ms = clock_wall_ms(i->parts.clock);
    if (poll_stats_add(&p->stats, polled->err.kind, polled->count, polled->damaged, wall_ms) &&
        inbox_queue_waiting(i->parts.inbox, p->index) == 0) {
        poll_stats_head(&p->stats, wall_ms);
    }
    messages_warn_of_clock(i, p);
    if (polled->err.kind != FAIL_NONE) {
        p->want = 1;
        if (polled->err.kind != FAIL_STOPPED) {
            poll_failed(i, p, OUTAGE_RECEIVE, &polled->err);
        }
        return;
    }
    if (polled->damaged != 0) {
        log_write(LOG_WARN, "messages with a wrong checksum", KV_STR("queue", p->queue->name),
                  KV_INT("messages", polled->damaged),
                  KV_STR("next", "dropped; the queue delivers them again"));
    }
    receive_passed(i, p);
    p->failed = 0;
    if (!r->search) {
        choose_want(i, p, polled->count, asked);
    }
    slow_down(i, p, read_us);
}

static bool any_polls(const struct intake *i)
{
    for (size_t k = 0; k < stable_count(&i->polls); k++) {
        if (poll_of(i, k)->asked != 0) {
            return true;
        }
    }
    return i->searches != 0;
}

/* Wait at most drain_ms for the polls in progress. */
static void drain_polls(struct intake *i)
{
    int64_t end = clock_mono_ms(i->parts.clock) + atomic_load(&i->drain_ms);
    int64_t left = 0;
    while (any_polls(i) && (left = end - clock_mono_ms(i->parts.clock)) > 0) {
        struct sqs_polled polled;
        if (sqs_poller_next(i->poller, (int)left, &polled)) {
            poll_ended(i, &polled);
        }
    }
    for (size_t k = 0; k < stable_count(&i->polls); k++) {
        inbox_unreserve(i->parts.inbox, k, poll_of(i, k)->asked);
        poll_of(i, k)->asked = 0;
    }
}

/* A queue whose polls are stopped fails no call that would say that its outage lasts. */
static void tick_outages(struct intake *i)
{
    int64_t now = clock_mono_ms(i->parts.clock);
    for (size_t k = 0; k < stable_count(&i->polls); k++) {
        struct outage *o = acker_outage(i->parts.acker, k);
        if (!intake_removed(i, k) && outage_due(o, now)) {
            outage_set_held(o, acker_queue_held(i->parts.acker, k));
            poll_name_customers(i, poll_of(i, k));
            outage_tick(o, NULL, 0, now);
        }
    }
}

static void start_receives(struct intake *i, struct poll *p)
{
    if (atomic_load(&i->drained)) {
        return;
    }
    poll_start(i, p);
    searches_start(i, p);
    if (p->mixed) {
        stats_set(&p->stats.hidden, pace_hidden(&p->pace, clock_mono_ms(i->parts.clock)));
    }
}

/*
 * Start the receives of all queues that may have some. What changes for queues without a receive
 * (slots in the inbox, the end of a pause or a delay, attributes) is found by this alone, so it is
 * repeated after RECHECK_MS, and earlier if the intake was woken. While slots become free all the
 * time, the passes over thousands of queues are limited to a part of the thread's time.
 */
static void start_due(struct intake *i)
{
    int64_t now = clock_mono_ms(i->parts.clock);
    int64_t earliest = i->pass_ms + (int64_t)(stable_count(&i->polls) / PASS_QUEUES_PER_MS);
    if (atomic_exchange(&i->woken, false) && earliest < i->next_pass_ms) {
        i->next_pass_ms = earliest;
    }
    if (now < i->next_pass_ms) {
        return;
    }
    i->pass_ms = now;
    i->next_pass_ms = now + RECHECK_MS;
    size_t count = stable_count(&i->polls);
    size_t first = inbox_pass(i->parts.inbox);
    for (size_t k = 0; k < count && !atomic_load(&i->stopping); k++) {
        start_receives(i, poll_of(i, (first + k) % count));
    }
}

static void *intake_run(void *arg)
{
    struct intake *i = arg;
    int64_t watch_ms = clock_mono_ms(i->parts.clock) + WATCH_MS;
    atomic_store(&i->woken, true);
    while (!atomic_load(&i->stopping)) {
        int64_t now = clock_mono_ms(i->parts.clock);
        pulse_set(&i->pulse, PULSE_WORK, now);
        start_due(i);
        struct sqs_polled polled;
        int64_t left = i->next_pass_ms - now;
        if (sqs_poller_next(i->poller, left > 0 ? (int)left : 0, &polled)) {
            poll_ended(i, &polled);
            start_receives(i, ((const struct receiver *)polled.tag)->poll);
        }
        if (clock_mono_ms(i->parts.clock) >= watch_ms) {
            customers_watch(i->parts.customers);
            tick_outages(i);
            watch_ms += WATCH_MS;
        }
    }
    drain_polls(i);
    pulse_set(&i->pulse, PULSE_IDLE, clock_mono_ms(i->parts.clock));
    return NULL;
}

void intake_start(struct intake *i)
{
    thread_start(&i->thread, "intake", intake_run, i);
    attribute_pollers_start(i);
    i->started = true;
}

void intake_wake(struct intake *i)
{
    atomic_store(&i->woken, true);
    sqs_poller_wake(i->poller);
}

const struct poll_stats *intake_stats(const struct intake *i, size_t queue)
{
    return &poll_of(i, queue)->stats;
}

const struct pulse *intake_pulse(const struct intake *i)
{
    return &i->pulse;
}

void intake_drain(struct intake *i, bool on)
{
    atomic_store(&i->drained, on);
    intake_wake(i);
}

bool intake_is_drained(const struct intake *i)
{
    return atomic_load(&i->drained);
}

void intake_stop(struct intake *i, int drain_ms)
{
    if (!i->started) {
        return;
    }
    atomic_store(&i->drain_ms, drain_ms);
    mutex_lock(&i->shared.lock);
    atomic_store(&i->stopping, true);
    cond_broadcast(&i->shared.changed);
    mutex_unlock(&i->shared.lock);
    intake_wake(i);
    thread_join(i->thread);
    i->started = false;
}
