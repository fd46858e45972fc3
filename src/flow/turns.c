/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/turns.h"

#include "base/alloc.h"
#include "base/lock.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

/*
 * Interval at which the first waiting lane checks for a core that is assigned and not used. The
 * other waiting lanes sleep until they are served or become the first.
 */
enum { LOOK_MS = 1 };

/*
 * While no lane waits, the CPU time of a lane is counted after this time or at the end of its
 * object, since reading it is a system call. So a class may have this much time that is not counted
 * yet for each of its lanes with a core.
 */
enum { COUNT_US = TURN_US / 2 };

struct class_time {
    uint64_t fair_us; /* determines the order; at least start_us when the class begins to wait */
    uint64_t used_us;
};

struct turns {
    size_t cores;
    const struct clock *clock;
    atomic_size_t waiting_count; /* length of the list below; turns_yield reads it unlocked */
    struct {
        pthread_mutex_t lock;
        struct class_time *classes;
        size_t class_count;
        size_t busy;          /* number of assigned cores, TURN_WORKING or TURN_PAUSED */
        bool *assigned;       /* for each core */
        struct turn *given;   /* the turns that have them */
        struct turn *waiting; /* waiting turns, in the order of their arrival */
        uint64_t start_us;    /* fair_us at which a class begins that had nothing to do */
    } shared;
};

struct turns *turns_new(size_t cores, const struct clock *clock)
{
    assert(cores != 0);
    struct turns *t = mem_zeros(1, sizeof(*t));
    t->cores = cores;
    t->clock = clock;
    t->shared.assigned = mem_zeros(cores, sizeof(*t->shared.assigned));
    mutex_init(&t->shared.lock);
    return t;
}

void turns_free(struct turns *t)
{
    if (t == NULL) {
        return;
    }
    assert(t->shared.busy == 0 && t->shared.waiting == NULL);
    mutex_done(&t->shared.lock);
    free(t->shared.assigned);
    free(t->shared.classes);
    free(t);
}

void turn_init(struct turn *mine, const struct pulse *pulse)
{
    *mine = (struct turn){.pulse = pulse};
    cond_init(&mine->come);
}

void turn_done(struct turn *mine)
{
    assert(mine->state == TURN_NONE);
    cond_done(&mine->come);
}

/* ---- CPU time of a class ---- */

static struct class_time *time_locked(struct turns *t, size_t sched_class)
{
    if (sched_class >= t->shared.class_count) {
        size_t count = sched_class + 1;
        t->shared.classes = mem_grow(t->shared.classes, count, sizeof(*t->shared.classes));
        for (size_t c = t->shared.class_count; c < count; c++) {
            t->shared.classes[c] = (struct class_time){.used_us = 0};
        }
        t->shared.class_count = count;
    }
    return &t->shared.classes[sched_class];
}

/* Called by the lane's own thread. now: as clock_mono_us. */
static void count_locked(struct turns *t, struct turn *mine, int64_t now)
{
    struct class_time *c = time_locked(t, mine->sched_class);
    int64_t cpu_us = clock_thread_us(t->clock);
    uint64_t us = (uint64_t)(cpu_us - mine->counted_us);
    c->fair_us += us;
    c->used_us += us;
    mine->counted_us = cpu_us;
    mine->count_us = now + COUNT_US;
}

/* ---- lists ---- */

static void remove_from(struct turn **list, const struct turn *x)
{
    while (*list != x) {
        assert(*list != NULL);
        list = &(*list)->next;
    }
    *list = x->next;
}

static void add_last(struct turn **list, struct turn *x)
{
    while (*list != NULL) {
        list = &(*list)->next;
    }
    x->next = NULL;
    *list = x;
}

/* The core that it had last, or else any that is free. */
static size_t free_core_locked(const struct turns *t, const struct turn *x)
{
    size_t core = x->core;
    for (size_t i = 0; i < t->cores && t->shared.assigned[core]; i++) {
        core = i;
    }
    assert(!t->shared.assigned[core]);
    return core;
}

static void give_locked(struct turns *t, struct turn *x, int64_t now)
{
    x->state = TURN_WORKING;
    x->granted_us = now;
    x->core = free_core_locked(t, x);
    t->shared.assigned[x->core] = true;
    add_last(&t->shared.given, x);
    t->shared.busy++;
}

static uint64_t least_locked(struct turns *t, const struct turn *list, uint64_t least)
{
    for (const struct turn *x = list; x != NULL; x = x->next) {
        uint64_t fair_us = time_locked(t, x->sched_class)->fair_us;
        least = fair_us < least ? fair_us : least;
    }
    return least;
}

/* Raise start_us to the least fair_us of the classes that have a core or wait for one. */
static void raise_start_locked(struct turns *t)
{
    uint64_t least = least_locked(t, t->shared.given, UINT64_MAX);
    least = least_locked(t, t->shared.waiting, least);
    if (least != UINT64_MAX && least > t->shared.start_us) {
        t->shared.start_us = least;
    }
}

static void withdraw_locked(struct turns *t, struct turn *x)
{
    raise_start_locked(t); /* x is perhaps the last that has work */
    x->state = TURN_NONE;
    remove_from(&t->shared.given, x);
    t->shared.assigned[x->core] = false;
    t->shared.busy--;
}

/* The first waiting turn of the class with the least time; NULL: none waits. */
static struct turn *next_locked(struct turns *t)
{
    struct turn *best = NULL;
    uint64_t least = 0;
    for (struct turn *x = t->shared.waiting; x != NULL; x = x->next) {
        uint64_t fair_us = time_locked(t, x->sched_class)->fair_us;
        if (best == NULL || fair_us < least) {
            best = x;
            least = fair_us;
        }
    }
    return best;
}

static void serve_locked(struct turns *t, struct turn *x, int64_t now)
{
    bool first = t->shared.waiting == x;
    remove_from(&t->shared.waiting, x);
    (void)atomic_fetch_sub(&t->waiting_count, 1);
    give_locked(t, x, now);
    cond_signal(&x->come);
    if (first && t->shared.waiting != NULL) {
        cond_signal(&t->shared.waiting->come);
    }
}

/* ---- a core that is assigned and not used ---- */

/* A core at work is never withdrawn: the memory that belongs to it is in use. */
static bool unused(const struct turn *x, int64_t now)
{
    bool waits = x->pulse != NULL && pulse_state(x->pulse) != PULSE_WORK;
    return x->state == TURN_PAUSED && (waits || now - x->paused_us >= PAUSED_US);
}

static bool withdraw_unused_locked(struct turns *t, int64_t now)
{
    for (struct turn *x = t->shared.given; x != NULL; x = x->next) {
        if (unused(x, now)) {
            withdraw_locked(t, x);
            return true;
        }
    }
    return false;
}

/* Serve waiting turns as long as there are free cores. */
static void serve_all_locked(struct turns *t, int64_t now)
{
    struct turn *x = NULL;
    while ((x = next_locked(t)) != NULL &&
           (t->shared.busy < t->cores || withdraw_unused_locked(t, now))) {
        serve_locked(t, x, now);
    }
}

/* ---- calls of the lanes ---- */

bool turns_contended(const struct turns *t)
{
    return atomic_load_explicit(&t->waiting_count, memory_order_relaxed) != 0;
}

static void wait_locked(struct turns *t, struct turn *mine)
{
    int64_t began_us = clock_mono_us(t->clock);
    mine->state = TURN_WAITING;
    add_last(&t->shared.waiting, mine);
    (void)atomic_fetch_add(&t->waiting_count, 1);
    serve_all_locked(t, began_us);
    while (mine->state == TURN_WAITING) {
        if (t->shared.waiting != mine) {
            cond_wait(&mine->come, &t->shared.lock);
        } else if (!cond_wait_ms(&mine->come, &t->shared.lock, LOOK_MS)) {
            serve_all_locked(t, clock_mono_us(t->clock));
        }
    }
    mine->waited_us += mine->granted_us - began_us;
}

void turns_start(struct turns *t, struct turn *mine, size_t sched_class)
{
    assert(mine->state == TURN_NONE);
    mine->sched_class = sched_class;
    mine->started_us = mine->counted_us = clock_thread_us(t->clock);
    mine->count_us = clock_mono_us(t->clock) + COUNT_US;
}

void turns_begin(struct turns *t, struct turn *mine)
{
    mutex_lock(&t->shared.lock);
    if (mine->state != TURN_NONE) {
        mine->state = TURN_WORKING;
    } else {
        raise_start_locked(t);
        struct class_time *c = time_locked(t, mine->sched_class);
        c->fair_us = c->fair_us > t->shared.start_us ? c->fair_us : t->shared.start_us;
        wait_locked(t, mine);
    }
    mutex_unlock(&t->shared.lock);
}

/* True if another lane is to have the core now. */
static bool turn_over_locked(struct turns *t, const struct turn *mine, int64_t now)
{
    const struct turn *x = next_locked(t);
    if (x == NULL) {
        return false;
    }
    uint64_t theirs = time_locked(t, x->sched_class)->fair_us;
    return now - mine->granted_us >= TURN_US ||
           theirs + TURN_US <= time_locked(t, mine->sched_class)->fair_us;
}

/*
 * Count the CPU time, and release the core if another lane is to have it. A core that was withdrawn
 * meanwhile is not restored.
 */
static void step_locked(struct turns *t, struct turn *mine, enum turn_state then)
{
    int64_t now = clock_mono_us(t->clock);
    if (turns_contended(t) || now >= mine->count_us) {
        count_locked(t, mine, now);
    }
    if (mine->state == TURN_NONE) {
        return;
    }
    mine->state = then;
    mine->paused_us = now;
    if (turn_over_locked(t, mine, now)) {
        withdraw_locked(t, mine);
        serve_all_locked(t, now);
    }
}

void turns_yield(struct turns *t, struct turn *mine)
{
    if (!turns_contended(t)) {
        return;
    }
    mutex_lock(&t->shared.lock);
    step_locked(t, mine, TURN_WORKING);
    if (mine->state == TURN_NONE) {
        wait_locked(t, mine);
    }
    mutex_unlock(&t->shared.lock);
}

void turns_pause(struct turns *t, struct turn *mine)
{
    mutex_lock(&t->shared.lock);
    step_locked(t, mine, TURN_PAUSED);
    mutex_unlock(&t->shared.lock);
}

uint64_t turns_end(struct turns *t, struct turn *mine)
{
    int64_t now = clock_mono_us(t->clock);
    mutex_lock(&t->shared.lock);
    count_locked(t, mine, now);
    if (mine->state != TURN_NONE) {
        withdraw_locked(t, mine);
        serve_all_locked(t, now);
    }
    mutex_unlock(&t->shared.lock);
    return (uint64_t)(mine->counted_us - mine->started_us);
}

uint64_t turns_used_us(struct turns *t, size_t sched_class)
{
    mutex_lock(&t->shared.lock);
    uint64_t us = sched_class < t->shared.class_count ? t->shared.classes[sched_class].used_us : 0;
    mutex_unlock(&t->shared.lock);
    return us;
}
