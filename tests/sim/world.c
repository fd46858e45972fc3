/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.c - the clock, the queue of events, random decisions, faults.
 */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MINUTE = 60 * 1000,
    STEPS_MAX = 200 * 1000,
    LIVENESS_MS = 20 * 60 * MINUTE, /* everything must be settled this long after the faults */
};

const char *const bug_names[BUGS] = {"none",        "delete-early", "forget-prefetched",
                                     "extend-lost", "double-count", "zero-loop"};

void world_fail(struct world *w, const char *what)
{
    if (w->failed == NULL) {
        w->failed = what;
        world_say(w, "VIOLATED: %s", what);
    }
}

void world_say(struct world *w, const char *fmt, ...)
{
    if (!w->trace) {
        return;
    }
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    (void)printf("%12.3f  %s\n", (double)w->now / 1000, text);
}

bool world_faulty(const struct world *w)
{
    return w->now < w->calm_ms;
}

int64_t world_between(struct world *w, int64_t least, int64_t most)
{
    return least + (int64_t)rng_below(&w->rng, (uint64_t)(most - least) + 1);
}

bool world_chance(struct world *w, unsigned percent)
{
    return rng_below(&w->rng, 100) < percent;
}

/* ---- Events: a heap by time, then by order of creation ---- */

static bool before(const struct event *a, const struct event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct event *a, struct event *b)
{
    struct event t = *a;
    *a = *b;
    *b = t;
}

struct event *world_at(struct world *w, int64_t at, enum event_kind kind, size_t replica)
{
    if (w->events == w->room) {
        w->room = w->room != 0 ? 2 * w->room : 64;
        w->heap = realloc(w->heap, w->room * sizeof(*w->heap));
        if (w->heap == NULL) {
            abort();
        }
    }
    size_t i = w->events++;
    w->heap[i] = (struct event){
        .at = at > w->now ? at : w->now, .order = w->order++, .kind = kind, .replica = replica};
    while (i != 0 && before(&w->heap[i], &w->heap[(i - 1) / 2])) {
        swap(&w->heap[i], &w->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    return &w->heap[i]; /* valid until the next event; the caller sets the other members */
}

static struct event heap_pop(struct world *w)
{
    struct event first = w->heap[0];
    w->heap[0] = w->heap[--w->events];
    size_t i = 0;
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < w->events; child++) {
            if (before(&w->heap[child], &w->heap[least])) {
                least = child;
            }
        }
        if (least == i) {
            return first;
        }
        swap(&w->heap[i], &w->heap[least]);
        i = least;
    }
}

/* ---- A world and its faults ---- */

static void plan_faults(struct world *w)
{
    size_t faults = (size_t)world_between(w, 0, 4);
    for (size_t i = 0; i < faults; i++) {
        size_t at = (size_t)world_between(w, 0, (int64_t)w->replica_count - 1);
        int64_t when = world_between(w, 0, w->calm_ms);
        enum event_kind kind =
            world_chance(w, 50) ? EVENT_FREEZE : (world_chance(w, 60) ? EVENT_CRASH : EVENT_STOP);
        struct event *e = world_at(w, when, kind, at);
        e->extra = (unsigned)world_chance(w, 50); /* a long freeze or a short one */
    }
}

static void make_messages(struct world *w)
{
    static const enum err_kind troubles[] = {FAIL_AGAIN, FAIL_DENIED, FAIL_GONE, FAIL_KMS,
                                             FAIL_LIMIT};
    unsigned most[QUEUES];
    for (size_t q = 0; q < QUEUES; q++) {
        most[q] = world_chance(w, 70) ? (unsigned)world_between(w, 3, 12) : 0;
    }
    w->message_count = (size_t)world_between(w, 1, MESSAGES);
    for (size_t i = 0; i < w->message_count; i++) {
        struct message *m = &w->messages[i];
        m->queue = (size_t)world_between(w, 0, QUEUES - 1);
        m->objects = world_chance(w, 70) ? 1 : (size_t)world_between(w, 0, OBJECTS);
        m->records = (size_t)world_between(w, 0, RECORDS);
        m->max_receives = most[m->queue];
        m->visible_ms = world_between(w, 0, world_chance(w, 50) ? 0 : 10 * MINUTE);
        if (world_chance(w, 15)) {
            m->trouble = troubles[world_between(w, 0, 4)];
            bool ever = m->max_receives != 0 && world_chance(w, 50);
            m->repaired_ms = ever ? INT64_MAX : world_between(w, 0, 60 * MINUTE);
        }
        queue_look(w, i);
    }
}

void world_init(struct world *w, uint64_t seed, enum bug bug, bool trace)
{
    struct event *heap = w->heap;
    size_t room = w->room;
    *w = (struct world){.seed = seed, .bug = bug, .trace = trace, .heap = heap, .room = room};
    rng_init(&w->rng, seed);
    static const unsigned faults[] = {0, 0, 5, 20, 50};
    w->fault = faults[world_between(w, 0, 4)];
    w->calm_ms = world_chance(w, 20) ? 0 : world_between(w, 1, 30 * MINUTE);
    w->replica_count = (size_t)world_between(w, 1, REPLICAS);
    w->lanes = (size_t)world_between(w, 1, LANES);
    make_messages(w);
    for (size_t i = 0; i < w->replica_count; i++) {
        replica_start(w, i);
    }
    if (w->calm_ms != 0) {
        plan_faults(w);
    }
}

void world_done(struct world *w)
{
    for (size_t i = 0; i < w->replica_count; i++) {
        replica_done(&w->replicas[i]);
    }
    while (w->events != 0) {
        free(heap_pop(w).call);
    }
}

static void freeze(struct world *w, const struct event *e)
{
    struct replica *r = &w->replicas[e->replica];
    int64_t ms =
        e->extra != 0 ? world_between(w, 100 * 1000, 600 * 1000) : world_between(w, 10, 60 * 1000);
    if (r->alive && w->now + ms > r->frozen_until) {
        world_say(w, "replica %zu is frozen for %lld ms", e->replica, (long long)ms);
        r->frozen_until = w->now + ms;
        replica_disturbed(r);
        world_at(w, r->frozen_until, EVENT_POLL, e->replica)->life = r->life;
    }
}

/* Whether the event is for a replica that cannot process it now or any more. */
static bool held_up(struct world *w, struct event *e)
{
    struct replica *r = &w->replicas[e->replica];
    switch (e->kind) {
    case EVENT_POLL:
    case EVENT_RECEIVED:
    case EVENT_WAKE:
    case EVENT_ANSWER:
    case EVENT_LANE:
    case EVENT_REPORT:
        if (!r->alive || r->life != e->life) {
            free(e->call);
            return true;
        }
        if (r->frozen_until > w->now) {
            struct event *again = world_at(w, r->frozen_until, e->kind, e->replica);
            e->at = again->at;
            e->order = again->order;
            *again = *e;
            return true;
        }
        return false;
    case EVENT_VISIBLE:
    case EVENT_CALL:
    case EVENT_BROKER:
    case EVENT_FREEZE:
    case EVENT_CRASH:
    case EVENT_START:
    case EVENT_STOP:
        return false;
    }
    return false;
}

static void happen(struct world *w, struct event *e)
{
    struct replica *r = &w->replicas[e->replica];
    switch (e->kind) {
    case EVENT_VISIBLE:
        queue_visible(w, e->index);
        break;
    case EVENT_POLL: /* polls end and start again */
        r->poll_at = 0;
        for (size_t q = 0; q < QUEUES; q++) {
            r->polling[q] = false;
        }
        replica_poll(w, e->replica);
        break;
    case EVENT_RECEIVED:
        replica_received(w, e);
        break;
    case EVENT_WAKE:
        replica_wake(w, e->replica);
        break;
    case EVENT_CALL:
        queue_call(w, e);
        break;
    case EVENT_ANSWER:
        replica_answer(w, e);
        free(e->call);
        break;
    case EVENT_LANE:
        replica_lane(w, e);
        break;
    case EVENT_BROKER:
        replica_broker(w, e);
        break;
    case EVENT_REPORT:
        replica_report(w, e);
        break;
    case EVENT_FREEZE:
        freeze(w, e);
        break;
    case EVENT_CRASH:
        if (r->alive) {
            replica_crash(w, e->replica);
        }
        break;
    case EVENT_START:
        if (!r->alive) {
            replica_start(w, e->replica);
        }
        break;
    case EVENT_STOP:
        if (r->alive && !r->draining) {
            replica_stop(w, e->replica);
            /* The process ends after its grace period in any case, and another one starts. */
            (void)world_at(w, w->now + world_between(w, 100, 25000), EVENT_CRASH, e->replica);
        }
        break;
    }
}

static bool all_over(const struct world *w)
{
    for (size_t i = 0; i < w->message_count; i++) {
        if (!w->messages[i].deleted && !w->messages[i].dead) {
            return false;
        }
    }
    for (size_t i = 0; i < w->replica_count; i++) {
        if (w->replicas[i].alive && w->replicas[i].all != NULL) {
            return false;
        }
    }
    return true;
}

static void check_end(struct world *w)
{
    if (!all_over(w)) {
        world_fail(w, "stuck: the faults are long over, and not all is settled");
    }
    for (size_t i = 0; i < w->message_count; i++) {
        const struct message *m = &w->messages[i];
        if (m->dead && (m->max_receives == 0 || m->receives < m->max_receives)) {
            world_fail(w, "dead before its last receive");
        }
    }
}

void world_run(struct world *w)
{
    while (w->events != 0 && w->failed == NULL) {
        struct event e = heap_pop(w);
        if (e.at > w->calm_ms + LIVENESS_MS || ++w->steps > STEPS_MAX) {
            free(e.call);
            break;
        }
        w->now = e.at;
        if (!held_up(w, &e)) {
            happen(w, &e);
        }
        if (w->now >= w->calm_ms && all_over(w)) {
            break;
        }
    }
    if (w->failed == NULL) {
        check_end(w);
    }
}
