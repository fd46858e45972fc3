/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shares_objects.h - the objects of the simulator of shares, and the bounds of shares.h for them.
 */
#ifndef TESTS_SHARES_OBJECTS_H
#define TESTS_SHARES_OBJECTS_H

#include "fibers.h"
#include "shares_seen.h"

enum { LOOK_US = 1000 }; /* of turns.c: interval at which an unused core is searched */

static inline int64_t between(int64_t least, int64_t most)
{
    return least + (int64_t)rng_below(fibers_rng(), (uint64_t)(most - least + 1));
}

static inline bool chance(unsigned percent)
{
    return rng_below(fibers_rng(), 100) < percent;
}

/* Buffers that arrive after each other, each of some blocks of text. */
struct object {
    int64_t arrive_us, block_us;
    int64_t kafka_us; /* wait for room in Kafka's queue, after each buffer */
    unsigned buffers, blocks;
};

/* hanging: percent of the heavy ones that hold a lane for seconds without work. */
struct object any_object(bool heavy, unsigned hanging);

/* held_up: percent of the objects that wait for Kafka. */
void object_waits_for_kafka(struct object *o, unsigned held_up);

struct machine {
    size_t classes; /* with messages */
    size_t lanes, cores;
    int64_t look_ms; /* interval at which a lane asks whether to put its message back */
};

struct seen_bounds objects_bounds(const struct object *const *objects, size_t count,
                                  const struct machine *machine);

#endif
