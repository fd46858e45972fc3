/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pulse.h - the time of a thread's last progress, for threads that monitor it.
 *
 *     pulse_set(&p, PULSE_WORK, now);      work starts that should make progress
 *     pulse_beat(&p, now);                 progress: bytes arrived, a round is complete
 *     pulse_set(&p, PULSE_WAIT, now);      a wait on purpose, of any length
 *     ms = pulse_still_ms(&p, now);        in another thread: time without progress
 *
 * Each call costs at most two stores, so that it may be made for every buffer of a body, but not
 * for every line. A zeroed pulse is idle: its thread has not started.
 *
 * Time is an argument, in monotonic milliseconds. Threads: one writes, any read.
 */
#ifndef BASE_PULSE_H
#define BASE_PULSE_H

#include "base/base.h"

#include <stdatomic.h>

enum pulse_state {
    PULSE_IDLE, /* the thread has no work */
    PULSE_WORK,
    PULSE_WAIT, /* the thread waits for back-pressure to end; that is not a stall */
};

struct pulse {
    _Atomic int64_t moved_ms;
    atomic_int state; /* enum pulse_state */
};

static inline void pulse_beat(struct pulse *p, int64_t now)
{
    atomic_store_explicit(&p->moved_ms, now, memory_order_relaxed);
}

/* A reader that sees the new state also sees its time. */
static inline void pulse_set(struct pulse *p, enum pulse_state state, int64_t now)
{
    pulse_beat(p, now);
    atomic_store_explicit(&p->state, (int)state, memory_order_release);
}

static inline enum pulse_state pulse_state(const struct pulse *p)
{
    return (enum pulse_state)atomic_load_explicit(&p->state, memory_order_acquire);
}

/* Time in state PULSE_WORK since the last progress; 0 in the other states. */
static inline int64_t pulse_still_ms(const struct pulse *p, int64_t now)
{
    if (pulse_state(p) != PULSE_WORK) {
        return 0;
    }
    int64_t still = now - atomic_load_explicit(&p->moved_ms, memory_order_relaxed);
    return still > 0 ? still : 0;
}

#endif
