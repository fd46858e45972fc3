/* SPDX-License-Identifier: Apache-2.0 */
#include "fibers.h"

#include "base/lock.h"

#include <assert.h>
#include <setjmp.h>
#include <stdlib.h>
#include <ucontext.h>

enum { STACK_BYTES = 64 * 1024, SWITCH_PERCENT = 20, SPURIOUS_PERCENT = 1 };

enum fiber_state { FIBER_FREE, FIBER_READY, FIBER_WAITS, FIBER_DONE };

struct fiber {
    enum fiber_state state;
    ucontext_t context; /* for its first run */
    jmp_buf at;         /* for the others: swapcontext makes system calls */
    bool begun;
    char *stack;
    void (*run)(void *);
    void *arg;
    const pthread_cond_t *on; /* NULL: only for the time */
    int64_t until_us;         /* INT64_MAX: for the signal only */
    bool signalled;
    int64_t cpu_us;
};

static struct {
    struct fiber list[FIBERS];
    size_t count;
    struct fiber *current; /* NULL: fibers_run itself */
    jmp_buf main;
    struct rng rng;
    int64_t now_us;
    unsigned lose;
} all;

/* ---- clock ---- */

static int64_t now_us(const struct clock *c UNUSED)
{
    return all.now_us;
}

static int64_t now_ms(const struct clock *c UNUSED)
{
    return all.now_us / 1000;
}

static int64_t cpu_us(const struct clock *c UNUSED)
{
    return all.current != NULL ? all.current->cpu_us : 0;
}

const struct clock fiber_clock = {
    .mono_ms = now_ms, .wall_ms = now_ms, .mono_us = now_us, .thread_us = cpu_us};

struct rng *fibers_rng(void)
{
    return &all.rng;
}

int64_t fibers_now_us(void)
{
    return all.now_us;
}

static bool chance(unsigned percent)
{
    return rng_below(&all.rng, 100) < percent;
}

/* ---- fibers ---- */

void fibers_init(uint64_t seed)
{
    all.count = 0;
    all.current = NULL;
    all.now_us = 1000000;
    all.lose = 0;
    rng_init(&all.rng, seed);
}

void fibers_done(void)
{
    for (size_t i = 0; i < FIBERS; i++) {
        all.list[i].state = FIBER_FREE; /* the stacks are used again */
    }
    all.count = 0;
}

void fibers_lose_signals(unsigned percent)
{
    all.lose = percent;
}

static void leave(struct fiber *f)
{
    if (_setjmp(f->at) == 0) {
        _longjmp(all.main, 1);
    }
}

/* Returns when the fiber leaves. */
static void enter(struct fiber *f)
{
    if (_setjmp(all.main) != 0) {
        return;
    }
    if (f->begun) {
        _longjmp(f->at, 1);
    }
    f->begun = true;
    (void)setcontext(&f->context);
    abort();
}

static void fiber_main(void)
{
    struct fiber *f = all.current;
    f->run(f->arg);
    f->state = FIBER_DONE;
    leave(f);
}

void fiber_start(void (*run)(void *), void *arg)
{
    assert(all.count < FIBERS);
    struct fiber *f = &all.list[all.count++];
    char *stack = f->stack != NULL ? f->stack : malloc(STACK_BYTES);
    assert(stack != NULL);
    *f = (struct fiber){.state = FIBER_READY, .stack = stack, .run = run, .arg = arg};
    (void)getcontext(&f->context);
    f->context.uc_stack.ss_sp = stack;
    f->context.uc_stack.ss_size = STACK_BYTES;
    f->context.uc_link = NULL;
    makecontext(&f->context, fiber_main, 0);
}

static void wait_until(const pthread_cond_t *on, int64_t until_us)
{
    struct fiber *f = all.current;
    f->state = FIBER_WAITS;
    f->on = on;
    f->until_us = until_us;
    f->signalled = false;
    leave(f);
}

void fiber_sleep(int64_t us)
{
    wait_until(NULL, all.now_us + us);
}

void fiber_work(int64_t us)
{
    fiber_sleep(us);
    all.current->cpu_us += us;
}

/* ---- the order in which they run ---- */

static size_t ready_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < all.count; i++) {
        count += all.list[i].state == FIBER_READY;
    }
    return count;
}

static struct fiber *any_ready(size_t count)
{
    size_t at = rng_below(&all.rng, count);
    for (size_t i = 0;; i++) {
        if (all.list[i].state == FIBER_READY && at-- == 0) {
            return &all.list[i];
        }
    }
}

/* Move the clock to the next time that a fiber waits for. False: none does. */
static bool next_time(int64_t until_us)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < all.count; i++) {
        const struct fiber *f = &all.list[i];
        if (f->state == FIBER_WAITS && f->until_us < next) {
            next = f->until_us;
        }
    }
    if (next > until_us) {
        return false;
    }
    all.now_us = next > all.now_us ? next : all.now_us;
    for (size_t i = 0; i < all.count; i++) {
        struct fiber *f = &all.list[i];
        if (f->state == FIBER_WAITS && f->until_us <= all.now_us) {
            f->state = FIBER_READY;
        }
    }
    return true;
}

bool fibers_run(int64_t until_us)
{
    for (;;) {
        size_t ready = ready_count();
        if (ready != 0) {
            all.current = any_ready(ready);
            enter(all.current);
            all.current = NULL;
        } else if (!next_time(until_us)) {
            break;
        }
    }
    bool over = true;
    for (size_t i = 0; i < all.count; i++) {
        over = over && all.list[i].state == FIBER_DONE;
    }
    return over;
}

/* ---- base/lock.h ---- */

void mutex_init(pthread_mutex_t *m UNUSED)
{
}

void mutex_done(pthread_mutex_t *m UNUSED)
{
}

/* No fiber stops while it has a lock, except in a wait, which releases it. */
void mutex_lock(pthread_mutex_t *m UNUSED)
{
    if (all.current != NULL && chance(SWITCH_PERCENT)) {
        all.current->state = FIBER_READY;
        leave(all.current);
    }
}

void mutex_unlock(pthread_mutex_t *m UNUSED)
{
}

void cond_init(pthread_cond_t *c UNUSED)
{
}

void cond_done(pthread_cond_t *c UNUSED)
{
}

static void wake(struct fiber *f)
{
    f->state = FIBER_READY;
    f->signalled = true;
}

void cond_signal(pthread_cond_t *c)
{
    struct fiber *waiting[FIBERS];
    size_t count = 0;
    for (size_t i = 0; i < all.count; i++) {
        if (all.list[i].state == FIBER_WAITS && all.list[i].on == c) {
            waiting[count++] = &all.list[i];
        }
    }
    if (count != 0 && !chance(all.lose)) {
        wake(waiting[rng_below(&all.rng, count)]);
    }
}

void cond_broadcast(pthread_cond_t *c)
{
    for (size_t i = 0; i < all.count; i++) {
        if (all.list[i].state == FIBER_WAITS && all.list[i].on == c) {
            wake(&all.list[i]);
        }
    }
}

void cond_wait(pthread_cond_t *c, pthread_mutex_t *m UNUSED)
{
    assert(all.current != NULL);
    if (chance(SPURIOUS_PERCENT)) {
        return;
    }
    wait_until(c, INT64_MAX);
}

bool cond_wait_ms(pthread_cond_t *c, pthread_mutex_t *m UNUSED, int ms)
{
    assert(all.current != NULL);
    wait_until(c, all.now_us + (int64_t)(ms > 0 ? ms : 0) * 1000);
    return all.current->signalled;
}

void rw_lock_init(pthread_rwlock_t *l UNUSED)
{
}

void rw_lock_done(pthread_rwlock_t *l UNUSED)
{
}

void rw_lock_read(pthread_rwlock_t *l UNUSED)
{
}

void rw_lock_write(pthread_rwlock_t *l UNUSED)
{
}

void rw_lock_unlock(pthread_rwlock_t *l UNUSED)
{
}

void thread_start(pthread_t *t UNUSED, const char *name UNUSED, void *(*run)(void *)UNUSED,
                  void *arg UNUSED)
{
    abort(); /* the simulator starts fibers */
}

void thread_join(pthread_t t UNUSED)
{
    abort();
}
