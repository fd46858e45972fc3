/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - the time as an argument.
 *
 * Pure code (leases, retry delays, breaker, refresh of credentials) takes `now` or a struct clock
 * and never calls the system's clock. So its tests do not sleep.
 *
 * Units: milliseconds, or microseconds where the name ends in _us. `mono` is monotonic (timeouts,
 * leases). `wall` is UTC since the epoch (signatures, expiration times). Threads: any.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/base.h"

struct clock {
    int64_t (*mono_ms)(const struct clock *c);
    int64_t (*wall_ms)(const struct clock *c);
    int64_t (*mono_us)(const struct clock *c);
    int64_t (*thread_us)(const struct clock *c);
};

extern const struct clock clock_system;

static inline int64_t clock_mono_ms(const struct clock *c)
{
    return c->mono_ms(c);
}

static inline int64_t clock_mono_us(const struct clock *c)
{
    return c->mono_us(c);
}

/* CPU time of the calling thread. */
static inline int64_t clock_thread_us(const struct clock *c)
{
    return c->thread_us(c);
}

static inline int64_t clock_wall_ms(const struct clock *c)
{
    return c->wall_ms(c);
}

/* A clock for tests: pass &manual.clock and set mono and wall, in milliseconds. The CPU time of a
 * thread is mono, too. */
struct clock_manual {
    struct clock clock;
    int64_t mono;
    int64_t wall;
};

void clock_manual_init(struct clock_manual *m, int64_t mono_ms, int64_t wall_ms);

#endif
