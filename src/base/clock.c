/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec t;
    if (clock_gettime(id, &t) != 0) {
        abort();
    }
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t system_mono(const struct clock *c UNUSED)
{
    return read_us(CLOCK_MONOTONIC) / 1000;
}

static int64_t system_wall(const struct clock *c UNUSED)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

static int64_t system_mono_us(const struct clock *c UNUSED)
{
    return read_us(CLOCK_MONOTONIC);
}

static int64_t system_thread_us(const struct clock *c UNUSED)
{
    return read_us(CLOCK_THREAD_CPUTIME_ID);
}

const struct clock clock_system = {system_mono, system_wall, system_mono_us, system_thread_us};

/* The clock is the first member of the manual clock, so both have the same address. */
static int64_t manual_mono(const struct clock *c)
{
    return ((const struct clock_manual *)(const void *)c)->mono;
}

static int64_t manual_wall(const struct clock *c)
{
    return ((const struct clock_manual *)(const void *)c)->wall;
}

static int64_t manual_mono_us(const struct clock *c)
{
    return manual_mono(c) * 1000;
}

void clock_manual_init(struct clock_manual *m, int64_t mono_ms, int64_t wall_ms)
{
    *m = (struct clock_manual){
        {manual_mono, manual_wall, manual_mono_us, manual_mono_us}, mono_ms, wall_ms};
}
