/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fibers.h - threads of a simulation: one runs at a time, and the seed determines which.
 *
 * base/lock.h is implemented here for the program `sim` in place of src/base/lock.c. So the inbox
 * and the turns of the worker run unchanged, with mutexes and condition variables of the
 * simulation: a lock is a point at which another fiber may run, a signal wakes any one of the
 * waiting fibers, and a wait may end without a signal. The clock jumps to the next time at which a
 * fiber has something to do.
 *
 *     fibers_init(seed);
 *     fiber_start(lane_run, lane);
 *     if (!fibers_run(until_us)) ... all fibers wait for a signal, or the time is over ...
 *     fibers_done();
 */
#ifndef TESTS_FIBERS_H
#define TESTS_FIBERS_H

#include "base/clock.h"
#include "base/rng.h"

enum { FIBERS = 24 };

extern const struct clock fiber_clock; /* thread_us: CPU time of the fiber */

void fibers_init(uint64_t seed);
void fibers_done(void);
struct rng *fibers_rng(void);
int64_t fibers_now_us(void);
void fibers_lose_signals(unsigned percent); /* a defect */

void fiber_start(void (*run)(void *), void *arg);

/* For the calling fiber: let time pass; as CPU time, too. */
void fiber_sleep(int64_t us);
void fiber_work(int64_t us);

/* True: all fibers have returned. False: none can run any more, or the time is reached. */
MUST_USE bool fibers_run(int64_t until_us);

#endif
