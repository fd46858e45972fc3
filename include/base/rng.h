/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rng.h - random numbers for jitter and names: fast, seedable, not for secrets.
 *
 * xoshiro256** (Blackman, Vigna, 2018), seeded by splitmix64. Threads: one at a time per object;
 * each thread has its own.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include "base/base.h"

struct rng {
    uint64_t s[4];
};

void rng_init(struct rng *r, uint64_t seed); /* the same seed gives the same numbers */
void rng_init_random(struct rng *r);         /* seeded from getrandom(2) */

uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t limit); /* 0 .. limit-1; limit > 0 */

#endif
