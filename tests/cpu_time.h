/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu_time.h - CPU time of the calling thread, for tests that compare costs or bound them.
 *
 * A single measurement is no comparison: on a virtual machine the time that the host takes away
 * counts as the thread's, some 10 ms at once. cpu_least_us() measures the same work several times
 * and returns the smallest result, which such a pause can only make larger all five times.
 */
#ifndef TESTS_CPU_TIME_H
#define TESTS_CPU_TIME_H

#include "base/clock.h"

static inline double cpu_seconds(void)
{
    return (double)clock_thread_us(&clock_system) / 1e6;
}

/* Microseconds of CPU time of work(arg), the smallest of five calls. */
static inline int64_t cpu_least_us(void (*work)(void *arg), void *arg)
{
    int64_t least_us = INT64_MAX;
    for (int i = 0; i < 5; i++) {
        int64_t before = clock_thread_us(&clock_system);
        work(arg);
        int64_t us = clock_thread_us(&clock_system) - before;
        least_us = us < least_us ? us : least_us;
    }
    return least_us;
}

#endif
