/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turns.h - divides the cores among lanes in turns that are fair between classes (customers).
 *
 * There are more lanes than cores, so that a customer with large objects does not delay the objects
 * of others. A lane has a core while it processes a buffer of its object:
 *
 *     turns_start(t, &lane->turn, sched_class);   an object of this class
 *     turns_begin(t, &lane->turn);                a buffer arrived; waits for a core
 *     turns_yield(t, &lane->turn);                after some lines or outputs of it
 *     turns_pause(t, &lane->turn);                the buffer is done; the next one will come soon
 *     ...
 *     turns_end(t, &lane->turn);                  the object is done
 *
 * Fairness: the next core goes to the waiting class with the least CPU time, however many lanes it
 * has. A class does not save up time while it has nothing to do: it starts with the least time of
 * the classes that have work, as in Linux's completely fair scheduler. A lane releases its core
 * after TURN_US, or immediately to a class that has had TURN_US less.
 *
 * Cost: a lane keeps its core between two buffers as long as no other lane needs it. A waiting lane
 * takes the core of a lane that has been paused for PAUSED_US (it waits for the network), or that
 * is paused and waits for Kafka (its pulse is not PULSE_WORK).
 *
 * Cores are numbers from 0; the kernel determines on which core a thread runs. Memory that is
 * needed only while a lane works may belong to the number: turn.core from turns_begin to
 * turns_pause, and not while the lane waits for anything. Before a wait in that time, a lane calls
 * turns_pause, and turns_begin after it. turns_yield may wait, too, and return with another core.
 *
 * Threads: any; one struct turn belongs to one thread.
 */
#ifndef FLOW_TURNS_H
#define FLOW_TURNS_H

#include "base/clock.h"
#include "base/own.h"
#include "base/pulse.h"

#include <pthread.h>

struct turns;

enum {
    TURN_US = 2000,
    PAUSED_US = 300,
};

enum turn_state { TURN_NONE, TURN_WAITING, TURN_WORKING, TURN_PAUSED };

struct turn { /* of a lane; only turns.c accesses it */
    enum turn_state state;
    size_t core; /* also for the lane: the one that it has, or had last */
    size_t sched_class;
    int64_t started_us; /* CPU time of its thread at turns_start ... */
    int64_t counted_us; /* ... and up to which it is counted */
    int64_t count_us;   /* time at which it is to be counted again */
    int64_t granted_us;
    int64_t paused_us;
    int64_t waited_us;         /* for cores, since turn_init */
    const struct pulse *pulse; /* borrowed */
    pthread_cond_t come;
    struct turn *next;
};

/* cores: the number of lanes that may work at the same time, at least 1. */
struct turns *turns_new(size_t cores, const struct clock *clock);
void turns_free(struct turns *t); /* no lane may have a turn */
DEFINE_OWNED(turns);

/* pulse: of the lane's thread; NULL: it never waits while it has a core. */
void turn_init(struct turn *mine, const struct pulse *pulse);
void turn_done(struct turn *mine);

void turns_start(struct turns *t, struct turn *mine, size_t sched_class);
void turns_begin(struct turns *t, struct turn *mine);
/* Whether another lane waits for a core, so that turns_yield may pass on this one. */
bool turns_contended(const struct turns *t);
void turns_yield(struct turns *t, struct turn *mine);
void turns_pause(struct turns *t, struct turn *mine);
/* Returns the CPU time of the lane's thread since turns_start. */
uint64_t turns_end(struct turns *t, struct turn *mine);

/* Time that the lane has waited for cores so far; of all its objects. */
static inline int64_t turn_waited_us(const struct turn *mine)
{
    return mine->waited_us;
}

/* CPU time of the class so far. */
uint64_t turns_used_us(struct turns *t, size_t sched_class);

#endif
