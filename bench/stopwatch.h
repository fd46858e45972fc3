/* SPDX-License-Identifier: Apache-2.0 */
/* stopwatch.h - the result of a benchmark program, as one line of JSON on standard output. */
#ifndef BENCH_STOPWATCH_H
#define BENCH_STOPWATCH_H

#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

/* CPU seconds of this process so far, user and system, all threads. */
static inline double stopwatch_cpu_s(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6 +
           (double)u.ru_stime.tv_sec + (double)u.ru_stime.tv_usec / 1e6;
}

static inline double stopwatch_wall_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void stopwatch_report(const char *name, uint64_t records, uint64_t bytes,
                                    double cpu_s, double wall_s)
{
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    (void)printf("{\"name\":\"%s\",\"records\":%llu,\"bytes\":%llu,\"cpu_s\":%.3f,\"wall_s\":%.3f,"
                 "\"cpu_s_per_gb\":%.3f,\"peak_rss_kb\":%ld}\n",
                 name, (unsigned long long)records, (unsigned long long)bytes, cpu_s, wall_s,
                 cpu_s / ((double)bytes / 1e9), u.ru_maxrss);
}

#endif
