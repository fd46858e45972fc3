/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_budget.c - a reservation and a release usually change one atomic and take no lock.
 *
 * A thread that reserves adds its bytes first. If that exceeds the limit, it subtracts them, and
 * only then does it take the lock. A release subtracts first and then checks for waiting threads.
 * So one of the two always sees the other, and no wake-up is lost.
 */
#include "net/sink_budget.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/lock.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

struct sink_budget {
    uint64_t limit;
    atomic_uint_fast64_t used;
    atomic_uint waiting; /* written under the lock, read without */
    struct {
        pthread_mutex_t lock;
        pthread_cond_t room; /* bytes were released, or the result of an `over` may have changed */
    } shared;
};

struct sink_budget *sink_budget_new(size_t limit_bytes)
{
    struct sink_budget *b = mem_zeros(1, sizeof(*b));
    b->limit = limit_bytes;
    mutex_init(&b->shared.lock);
    cond_init(&b->shared.room);
    return b;
}

void sink_budget_free(struct sink_budget *b)
{
    if (b == NULL) {
        return;
    }
    assert(atomic_load(&b->waiting) == 0);
    mutex_done(&b->shared.lock);
    cond_done(&b->shared.room);
    free(b);
}

void sink_budget_wake(struct sink_budget *b)
{
    mutex_lock(&b->shared.lock);
    cond_broadcast(&b->shared.room);
    mutex_unlock(&b->shared.lock);
}

void sink_budget_release(struct sink_budget *b, uint64_t bytes)
{
    uint64_t was = atomic_fetch_sub(&b->used, bytes);
    assert(was >= bytes);
    if (atomic_load(&b->waiting) > 0) {
        sink_budget_wake(b);
    }
}

static bool has_room(const struct sink_budget *b, uint64_t used, uint64_t bytes)
{
    return used == 0 || (used <= b->limit && bytes <= b->limit - used);
}

bool sink_budget_try(struct sink_budget *b, uint64_t bytes)
{
    uint64_t used = atomic_fetch_add(&b->used, bytes);
    if (has_room(b, used, bytes)) {
        return true;
    }
    sink_budget_release(b, bytes);
    return false;
}

/* Wait until there is room. FAIL_NONE: there was room when it was checked. */
static enum err_kind wait_for_room(struct sink_budget *b, uint64_t bytes,
                                   const struct sink_wait *wait, struct err *e)
{
    enum err_kind kind = FAIL_NONE;
    mutex_lock(&b->shared.lock);
    atomic_fetch_add(&b->waiting, 1);
    while ((kind = wait->over(wait->context, e)) == FAIL_NONE &&
           !has_room(b, atomic_load(&b->used), bytes)) {
        cond_wait(&b->shared.room, &b->shared.lock);
    }
    atomic_fetch_sub(&b->waiting, 1);
    mutex_unlock(&b->shared.lock);
    return kind;
}

enum err_kind sink_budget_reserve(struct sink_budget *b, uint64_t bytes,
                                  const struct sink_wait *wait, struct err *e)
{
    enum err_kind kind = FAIL_NONE;
    if (sink_budget_try(b, bytes)) {
        return FAIL_NONE;
    }
    if (wait->pulse != NULL) {
        pulse_set(wait->pulse, PULSE_WAIT, clock_mono_ms(&clock_system));
    }
    do {
        kind = wait_for_room(b, bytes, wait, e);
    } while (kind == FAIL_NONE && !sink_budget_try(b, bytes));
    if (wait->pulse != NULL) {
        pulse_set(wait->pulse, PULSE_WORK, clock_mono_ms(&clock_system));
    }
    return kind;
}

size_t sink_budget_limit(const struct sink_budget *b)
{
    return b->limit;
}

uint64_t sink_budget_used(const struct sink_budget *b)
{
    return atomic_load(&b->used);
}

unsigned sink_budget_waiting(const struct sink_budget *b)
{
    return atomic_load(&b->waiting);
}
