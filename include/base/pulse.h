/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pulse.h - when a thread last got on with its work, for those who watch it.
 *
 *     pulse_set(&p, PULSE_WORK, now);      it begins something that should move
 *     pulse_beat(&p, now);                 it moved: bytes came, a round was done
 *     pulse_set(&p, PULSE_WAIT, now);      it is held up on purpose, for as long as it takes
 *     ms = pulse_still_ms(&p, now);        another thread: how long nothing moved
 *
 * Two stores for each of these, nothing for what lies between: it may stand on the path of
 * every buffer, not of every line. All zero is a thread that is not there yet.
 *
 * Time is an argument, monotonic milliseconds. Threads: one writes, any read.
 */
#ifndef BASE_PULSE_H
#define BASE_PULSE_H

#include "base/base.h"

#include <stdatomic.h>

enum pulse_state {
    PULSE_IDLE, /* has nothing to do */
    PULSE_WORK,
    PULSE_WAIT, /* back-pressure: it is not this thread that is slow */
};

struct pulse {
    _Atomic int64_t moved_ms;
    atomic_int state; /* enum pulse_state */
};

static inline void pulse_beat(struct pulse *p, int64_t now)
{
    atomic_store_explicit(&p->moved_ms, now, memory_order_relaxed);
}

/* Who sees the new state sees the new time. */
static inline void pulse_set(struct pulse *p, enum pulse_state state, int64_t now)
{
    pulse_beat(p, now);
    atomic_store_explicit(&p->state, (int)state, memory_order_release);
}

static inline enum pulse_state pulse_state(const struct pulse *p)
{
    return (enum pulse_state)atomic_load_explicit(&p->state, memory_order_acquire);
}

/* How long it has been at work without a beat; 0 if it is not at work. */
static inline int64_t pulse_still_ms(const struct pulse *p, int64_t now)
{
    if (pulse_state(p) != PULSE_WORK) {
        return 0;
    }
    int64_t still = now - atomic_load_explicit(&p->moved_ms, memory_order_relaxed);
    return still > 0 ? still : 0;
}

#endif
