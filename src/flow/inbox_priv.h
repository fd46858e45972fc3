/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inbox_priv.h - the files of the inbox: inbox.c (classes, messages, lanes), inbox_turns.c (the
 * turns of the classes), inbox_lanes.c (how many lanes a class may have, and how long),
 * inbox_slots.c (slots of queues, and what they admit). A function whose name ends in _locked is
 * called with shared.lock.
 */
#ifndef FLOW_INBOX_PRIV_H
#define FLOW_INBOX_PRIV_H

#include "flow/inbox.h"

#include <pthread.h>

/* Live messages, and the lower ones: of a backfill. */
enum rank { LIVE, LOWER, RANKS };

/* The lane that a class with waiting messages waits for; the order has no meaning. */
enum wait_kind {
    WAITS_NOT,         /* it has no message */
    WAITS_NEW,         /* its first lane, on trial */
    WAITS_TRIED_AGAIN, /* as WAITS_NEW, after it waited for Kafka */
    WAITS_SHORT,       /* any */
    WAITS_HEAVY,       /* a heavy one */
    WAIT_KINDS
};

struct message_list {
    struct inflight *first, *last; /* last: only if there is a first */
};

/* A class among those of a rank. Positions are indexes of classes plus one; 0: none. */
struct class_turn {
    struct message_list unmarked, marked; /* marked: inflight.heavy */
    enum wait_kind kind;
    uint64_t number; /* the turns' order */
    size_t before, next;
};

struct turn_list {
    size_t first, last;
};

struct sched_class {
    struct class_turn turns[RANKS];
    size_t waiting;
    size_t bytes;
    size_t large; /* bytes of large bodies that wait or are at work, and of polls' rooms */
    unsigned limit;
    unsigned at_work;
    unsigned lower_at_work; /* of at_work: with a lower message */
    int64_t average_ms;     /* per object; recent objects count more */
    bool measured;          /* an object has ended, or lasted longer than HEAVY_MS */
    bool held_up;           /* the last object was short, but for its waits for Kafka */
};

struct queue_use {
    size_t reserved; /* by its current poll */
    size_t waiting;
    bool mixed;
    size_t early_want; /* of a poll that waits for more slots than are free; 0: none does */
    unsigned limited;  /* so many of the next polls need a room */
    bool room;         /* its current poll has one, which counts for room_class */
    size_t room_class;
    size_t large; /* as sched_class.large */
};

struct inbox {
    struct inbox_settings s;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t come;
        struct sched_class *sched_classes;
        size_t class_count, class_room;
        struct queue_use *queues;
        size_t queue_count;
        size_t taken; /* shared slots: all except the first of each queue */
        struct turn_list turns[RANKS][WAIT_KINDS]; /* of WAITS_NOT: none */
        size_t rank_classes[RANKS];                /* with waiting messages */
        uint64_t turn_count;
        size_t waiting;
        size_t bytes;
        size_t large; /* as sched_class.large */
        size_t first; /* queue to begin the next pass with: it was refused a room */
        bool first_known;
        size_t at_work;
        size_t heavy_at_work; /* of at_work: inbox_use.heavy */
        size_t trial_at_work; /* ... trial */
        size_t late_at_work;  /* ... late */
        size_t leaving;       /* ... leaves */
        size_t lower_at_work; /* of at_work: with a lower message */
        size_t takes;
        size_t asleep; /* lanes in inbox_take */
        bool called;   /* one of them is woken, and has not looked yet */
        bool refused;
        bool stopped;
    } shared;
};

/* ---- inbox.c ---- */

struct sched_class *inbox_class_locked(struct inbox *i, size_t sched_class);

/* Add the message to the list of its class. */
void inbox_push_locked(struct inbox *i, struct inflight *m);

/* True: a sleeping lane may take a message; call inbox_wake without the lock. */
MUST_USE bool inbox_call_locked(struct inbox *i);
void inbox_wake(struct inbox *i);

/* The bytes of the message's body if it is large, else 0. */
static inline size_t large_bytes(const struct inbox *i, const struct inflight *m)
{
    return i->s.rooms != 0 && m->body_bytes > i->s.small_bytes ? m->body_bytes : 0;
}

/* Count a large body or a room for its class and its queue. */
void inbox_add_large_locked(struct inbox *i, size_t sched_class, size_t queue, size_t bytes);
void inbox_free_large_locked(struct inbox *i, size_t sched_class, size_t queue, size_t bytes);

/* ---- inbox_turns.c ---- */

/* A message that a lane may take: the first one of the class `at`, marked or not. */
struct choice {
    enum rank rank;
    size_t at; /* index of the class plus one; 0: none */
    bool marked;
    uint64_t number; /* of its turn */
};

/* What the class waits for may have changed. */
void inbox_see_class_locked(struct inbox *i, size_t sched_class);

/* Add the message to its class, and remove one. */
void inbox_append_locked(struct inbox *i, struct inflight *m);
struct inflight *inbox_remove_locked(struct inbox *i, const struct choice *at);

/* Any waiting message. False: there is none. */
MUST_USE bool inbox_any_locked(const struct inbox *i, struct choice *out);

/* ---- inbox_lanes.c ---- */

static inline bool inbox_is_heavy(const struct sched_class *c)
{
    return c->average_ms >= HEAVY_MS || c->held_up;
}

/* The next class in turn that may have another lane for a message of this rank. */
MUST_USE bool inbox_choose_locked(const struct inbox *i, enum rank rank, struct choice *out);

/* How a lane that takes this message is counted: heavy and trial. */
void inbox_set_weight_locked(const struct inbox *i, const struct choice *at, struct inbox_use *use);

/* ---- inbox_slots.c ---- */

/* A message of the queue waits, or no longer: change its number by `change`, which is 1 or -1. */
void inbox_count_waiting_locked(struct inbox *i, size_t queue, int change);

/*
 * After slots became free, of this queue or of all: true if a poll that was refused some should
 * request them again. The caller calls s.freed without the lock.
 */
MUST_USE bool inbox_tell_locked(struct inbox *i, size_t queue);

/* As inbox_tell_locked, for all polls that were refused. */
MUST_USE bool inbox_tell_all_locked(struct inbox *i);

#endif
