/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places.h - the number of lanes that may have the memory of a large object at the same time.
 *
 * A lane has memory for lines up to 64 KiB and for compressions without windows. What needs more (a
 * longer line, zstd, lz4) takes a place first, and keeps it until its object ends:
 *
 *     while (!places_take(p, &lane->place, sched_class, 1000)) { ... end if the lease is lost ... }
 *     ... the object ...
 *     places_release(p, &lane->place);      also after places_take returned false
 *
 * Places are divided among classes (customers) by the rule of base/share.h: however many lanes a
 * class has, and however long it keeps its places, a class without one finds one. Of the classes
 * that wait, the one with the fewest places is served first, and among equals the lane that came
 * first.
 *
 * A lane takes one place, never a second, and waits for nothing that needs one while it has it: so
 * waits have no cycle. It releases its core before it waits here.
 *
 * Threads: any; one struct place belongs to one thread.
 */
#ifndef FLOW_PLACES_H
#define FLOW_PLACES_H

#include "base/own.h"

#include <pthread.h>

struct places;

enum place_state { PLACE_NONE, PLACE_WAITING, PLACE_HELD };

struct place { /* of a lane; only places.c accesses it */
    enum place_state state;
    size_t sched_class;
    pthread_cond_t come;
    struct place *next; /* in the list of those that wait */
};

struct places *places_new(size_t count); /* at least 1 */
void places_free(struct places *p);      /* no place may be held */
DEFINE_OWNED(places);

void place_init(struct place *mine);
void place_done(struct place *mine);

/*
 * Take a place; waits timeout_ms at most, 0: not at all. True: it is held, perhaps already before
 * the call. False: the lane stays in the list, in the order of its first call.
 */
MUST_USE bool places_take(struct places *p, struct place *mine, size_t sched_class, int timeout_ms);

/* Give it back, or leave the list. No effect if the lane has none and does not wait. */
void places_release(struct places *p, struct place *mine);

/* Places held by lanes of the class, and lanes of any class that wait. */
size_t places_held(struct places *p, size_t sched_class);
size_t places_waiting(struct places *p);

#endif
