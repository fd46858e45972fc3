/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inbox.h - messages that wait for a lane, and the assignment of lanes to customers.
 *
 * Slots. A poll reserves as many slots as the messages it may receive, before it starts. Every
 * queue has one slot of its own. The other slots are shared by the rule of base/share.h, so that a
 * queue with 100,000 messages does not prevent the polls of another. A poll that searches a queue
 * for messages of customers below their share needs no slots: what finds none is refused.
 *
 * Classes. A sched_class is a queue's messages that belong to no customer, or a customer's
 * messages; the registry of customers numbers them. Each class has a list, and lanes take from the
 * lists in round robin. Waiting messages, bytes of bodies and lanes at work are shared among
 * classes by the same rule. A class may also have a limit of lanes. On a queue of several customers
 * a message of a class that is over its share is refused, so that the queue's other messages are
 * received.
 *
 * So that long objects cannot take all lanes, a quarter of the lanes is kept for short ones. A
 * class whose average is HEAVY_MS or more is heavy: it shares the other lanes (heavy lanes). A
 * class of which no object was measured is new: it is taken to be neither, and has one lane on
 * trial, a heavy one or one of half of the kept lanes. A lane processes a heavy object to its end.
 * Any other object that lasts longer than HEAVY_MS is heavy from then on; if that exceeds the heavy
 * lanes, or new classes wait, its lane puts the message back (inbox_wants_back), once, and it waits
 * for a heavy lane. So a message of a new or short class waits for short lane times only, however
 * many classes have objects that do not end. The bound: tests/sim/shares.h.
 *
 * The time of a lane is its class's own: S3, its CPU time, and the wait for a place of a large
 * object, which lasts as long as others hold one. Waits for a core and for the readers of long
 * lines are not in it, since other classes cause them; they are served in turn, so they have a
 * bound. Nor are waits for room in Kafka's queue. A class that was short but for these is held up:
 * as a new one it has one lane on trial, after the new ones, until Kafka takes its records again.
 * So it is not behind objects that do not end, nor in the lanes of short classes
 * (docs/decisions/0148).
 *
 * Rooms. A class without a waiting message may have a first one whatever its length, so hundreds of
 * queues could have one body of 1 MiB each. Bodies above small_bytes that wait or are at work
 * therefore have a maximum in sum: `rooms` of the longest body. Their size is known only when they
 * are received. So half of the rooms is for what arrives without a room; what does not fit is
 * refused. The next polls of its queue are for one message, and begin when they have a whole room,
 * so the message that was refused is taken when it comes again. Queues get rooms in turn
 * (inbox_pass). A class that has a room gets more by the rule of base/share.h. Small bodies need no
 * room, and a queue of several classes is not slowed.
 *
 * Lower messages (of a backfill) wait in lists of their own. Lanes take live messages first, and
 * one time in four a lower one. While any live message waits, at most lower_lanes lanes work on
 * lower ones; classes share them by the rule of base/share.h, so one alone has half of them.
 *
 * A message waits in the class of its next record. So each record of a message that names objects
 * of several customers uses the share of its own customer:
 *
 *     n = inbox_reserve(i, queue, only, 10);  ... poll for n, got k ...
 *     inbox_put(i, m, false) k times; inbox_unreserve(i, queue, n - k);
 *     m = inbox_take(i, &use);
 *     ... its first record; the next one is of another class:
 *     m->sched_class = next; inbox_put_back(i, m, &use, ms);
 *     ... or its last one: inbox_finished(i, &use, ms);
 *     ... while it works: if (inbox_wants_back(i, &use, ms)) inbox_put_back(i, m, &use, ms);
 *
 * Threads: any.
 */
#ifndef FLOW_INBOX_H
#define FLOW_INBOX_H

#include "settle/inflight.h"

struct inbox;

#define INBOX_MIXED SIZE_MAX /* in place of a class: the queue has several */

enum {
    HEAVY_MS = 1000,    /* average lane time per object above which a class is heavy */
    LATE_MS = 10000,    /* lane time above which an object of a short class is put back always */
    LIGHT_PART = 4,     /* one in this many lanes is kept for objects that are not heavy */
    LIMITED_POLLS = 64, /* with a room each, after a body was refused one */
};

struct inbox_settings {
    size_t slots;             /* shared slots; each queue has one more */
    size_t lanes;             /* number of lanes that take messages */
    size_t queues;            /* at start */
    size_t sched_classes;     /* at start; a message of another class adds it, without limit */
    const unsigned *limits;   /* maximum of lanes at work per sched_class; 0: only its share */
    size_t bytes;             /* maximum of the waiting bodies; shared */
    size_t rooms;             /* for large bodies that wait or are at work; 0: not limited */
    size_t room_bytes;        /* the longest body */
    size_t small_bytes;       /* a body up to it is not large */
    size_t lower_lanes;       /* maximum for lower messages while live ones wait; 0: one */
    void (*freed)(void *ctx); /* a slot that was refused before is free; NULL: not wanted */
    void *ctx;
};

struct inbox *inbox_new(const struct inbox_settings *s);
void inbox_free(struct inbox *i); /* it must be empty */
DEFINE_OWNED(inbox);

/* Add a queue, whose number is that of the queues before; it brings its own slot. */
void inbox_add_queue(struct inbox *i);

/*
 * Reserve up to `want` slots for a poll of this queue; returns their number, 0: none is free now.
 * only: the class of all its messages; INBOX_MIXED: its messages may be of several classes.
 */
MUST_USE size_t inbox_reserve(struct inbox *i, size_t queue, size_t only, size_t want);

/* Whether the poll has a room, which others wait for: it should be short. */
MUST_USE bool inbox_has_room(struct inbox *i, size_t queue);

/*
 * The caller requests slots for all queues, one after another. Returns the number of the one to
 * begin with: the first one that was refused a room since the last call.
 */
MUST_USE size_t inbox_pass(struct inbox *i);

void inbox_unreserve(struct inbox *i, size_t queue, size_t count);

/*
 * Put a message into one of its queue's reserved slots. m->queue and m->sched_class are set. False:
 * its class is over its share, or it needs a room; the slot is free again, and the caller returns
 * the message to its queue. must: put it whatever its class has, because it would not be received
 * again; a body without a room is refused nevertheless.
 */
MUST_USE bool inbox_put(struct inbox *i, struct inflight *m, bool must);

/*
 * Put a message that has no reserved slot. False: no slot is free for its class, or it is over its
 * share of bytes; nothing is changed. must: as in inbox_put.
 */
MUST_USE bool inbox_offer(struct inbox *i, struct inflight *m, bool must);

/* A lane at work; of inbox_take until inbox_put_back or inbox_finished. */
struct inbox_use {
    size_t sched_class;
    size_t queue;
    size_t large; /* bytes of its large body; 0: it is small */
    bool heavy;   /* counted as a heavy lane */
    bool trial;   /* of these: the first one of a new class, until it has its place */
    bool late;    /* not heavy, but for longer than HEAVY_MS */
    bool leaves;  /* inbox_wants_back has returned true */
    bool marked;  /* its message was put back by another lane: it is a long one */
    bool lower;   /* counted as a lane with a lower message */
    /* Set by the lane: how long it has waited for room in Kafka's queue; not in its `ms`. */
    int64_t kafka_ms;
};

/*
 * A lane that has worked for `ms` milliseconds asks whether to put its message back, several times
 * a second. True: it ends its work on the object soon, and calls inbox_put_back. It may go on if it
 * is at the object's end.
 */
MUST_USE bool inbox_wants_back(struct inbox *i, struct inbox_use *use, int64_t ms);

/*
 * Put back a message that was taken for another class than its present one, or that the inbox wants
 * back: it is taken as one of a heavy class then. The lane has finished with it, after `ms`
 * milliseconds, and calls inbox_take next. Shares do not apply, since the message had its place
 * before. False: inbox_stop was called; the lane goes on with it, to its end.
 */
MUST_USE bool inbox_put_back(struct inbox *i, struct inflight *m, struct inbox_use *use,
                             int64_t ms);

/* The next message in turn; waits for one. NULL: inbox_stop was called. */
MUST_USE struct inflight *inbox_take(struct inbox *i, struct inbox_use *use);

/* Set the limit of a class, which may be one that did not exist at start; 0: none. */
void inbox_set_limit(struct inbox *i, size_t sched_class, unsigned limit);

/* A lane finished its work, which took `ms` milliseconds. It calls inbox_take next. */
void inbox_finished(struct inbox *i, const struct inbox_use *use, int64_t ms);

/* From now on inbox_take returns NULL. inbox_drain returns the waiting messages. */
void inbox_stop(struct inbox *i);
MUST_USE struct inflight *inbox_drain(struct inbox *i);

size_t inbox_waiting(struct inbox *i);
size_t inbox_queue_waiting(struct inbox *i, size_t queue); /* 0: it has no such queue */

/* Lanes at work for the sched_class. */
size_t inbox_at_work(struct inbox *i, size_t sched_class);

#endif
