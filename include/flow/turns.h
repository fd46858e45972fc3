/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turns.h - the cores, given to lanes in fair turns between classes (customers).
 *
 * There are more lanes than cores, so that a customer with large objects does not keep those of
 * others waiting. A lane has a core while it processes a buffer of its object:
 *
 *     turns_start(t, &lane->turn, sched_class);   an object of this class
 *     turns_begin(t, &lane->turn);                a buffer arrived; waits for a core
 *     turns_yield(t, &lane->turn);                between two blocks of its text
 *     turns_pause(t, &lane->turn);                the buffer is done; the next one will come soon
 *     ...
 *     turns_end(t, &lane->turn);                  the object is done
 *
 * Fair: of the classes that wait the one that has had the least CPU time gets the next core,
 * however many lanes it has. A class that had nothing to do does not save its time up (as in
 * Linux's completely fair scheduler: it begins with the time of the class that was served last). A
 * lane hands its core over after TURN_US, or at once to a class that has had TURN_US less.
 *
 * Cheap: a lane keeps its core between two buffers as long as no other lane needs it. A lane that
 * waits takes the core of one that has been paused for PAUSED_US, or that waits on purpose (its
 * pulse is not PULSE_WORK): for Kafka, or for the network.
 *
 * The cores are a number; which core a thread runs on is the kernel's decision. Threads: any; one
 * struct turn belongs to one thread.
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

struct turn { /* of a lane; only turns.c reads it */
    enum turn_state state;
    size_t sched_class;
    int64_t counted_us; /* CPU time of its thread up to which it is counted */
    int64_t granted_us;
    int64_t paused_us;
    const struct pulse *pulse; /* borrowed */
    pthread_cond_t come;
    struct turn *next;
};

/* cores: how many lanes may work at a time, 1 at least. */
struct turns *turns_new(size_t cores, const struct clock *clock);
void turns_free(struct turns *t); /* no lane has a turn */
DEFINE_OWNED(turns);

/* pulse: of the lane's thread; NULL: it never waits with a core. */
void turn_init(struct turn *mine, const struct pulse *pulse);
void turn_done(struct turn *mine);

void turns_start(struct turns *t, struct turn *mine, size_t sched_class);
void turns_begin(struct turns *t, struct turn *mine);
void turns_yield(struct turns *t, struct turn *mine);
void turns_pause(struct turns *t, struct turn *mine);
void turns_end(struct turns *t, struct turn *mine);

/* Lanes that wait for a core now. */
size_t turns_waiting(struct turns *t);

/* CPU time of the class so far. */
uint64_t turns_used_us(struct turns *t, size_t sched_class);

/* By how much the class has had less than the other; 0: it has not. */
uint64_t turns_behind_us(struct turns *t, size_t sched_class, size_t other);

#endif
