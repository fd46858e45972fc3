/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inbox.h - messages that wait for a lane, and which lane works for which customer.
 *
 * Slots. A poll reserves as many as it may receive before it starts. Every queue has one
 * slot of its own, the rest is shared by the rule of base/share.h: a queue with 100,000 messages
 * cannot keep another from polling.
 *
 * Classes. A sched_class is a queue's messages of no customer (the queue's number), or a customer's
 * (its slot plus the number of queues). Each has a list; lanes take from the lists in turn. Waiting
 * messages, bytes of bodies and lanes at work are shared among classes by the same rule, and a
 * class may have a limit of lanes besides. On a queue of several customers a
 * message of a class that is over its share is refused, so that the queue's other messages are
 * received.
 *
 * A lane is held until the end of an object. So that long ones cannot take all lanes, a quarter of
 * them is kept for classes that have shown that theirs are short: an average below HEAVY_MS.
 *
 * A message waits in the class of its next record, so a message that names objects of several
 * customers is worked for by each one's share:
 *
 *     n = inbox_reserve(i, queue, only, 10);  ... poll for n, got k ...
 *     inbox_put(i, m, false) k times; inbox_unreserve(i, queue, n - k);
 *     m = inbox_take(i); sched_class = m->sched_class;
 *     ... its first record; the next one is of another class:
 *     m->sched_class = next; inbox_put_back(i, m, sched_class, ms);
 *     ... or its last one: inbox_finished(i, sched_class, ms);
 *
 * Threads: any.
 */
#ifndef FLOW_INBOX_H
#define FLOW_INBOX_H

#include "settle/inflight.h"

struct inbox;

#define INBOX_MIXED SIZE_MAX /* in place of a class: the queue has several */

enum {
    HEAVY_MS = 1000, /* of a lane, for an object: the average above which a class is heavy */
    LIGHT_PART = 4,  /* one of so many lanes is for light classes alone */
};

struct inbox_settings {
    size_t slots; /* shared ones; each queue has one more */
    size_t lanes; /* that take */
    size_t queues;
    size_t sched_classes;     /* at the start; a message of another one adds it, without limit */
    const unsigned *limits;   /* lanes at work per sched_class; 0: its share alone counts */
    size_t bytes;             /* of the bodies that wait; shared */
    void (*freed)(void *ctx); /* a slot is free that was refused before; NULL: not wanted */
    void *ctx;
};

struct inbox *inbox_new(const struct inbox_settings *s);
void inbox_free(struct inbox *i); /* must be empty */
DEFINE_OWNED(inbox);

/*
 * Up to `want` slots for a poll of this queue; 0: not now. only: the class of all its messages;
 * INBOX_MIXED: its messages may be of several classes.
 */
MUST_USE size_t inbox_reserve(struct inbox *i, size_t queue, size_t only, size_t want);
void inbox_unreserve(struct inbox *i, size_t queue, size_t count);

/*
 * Into one of its queue's reserved slots. m->queue and m->sched_class are set. False: its class is
 * over its share; the slot is free again, and the caller returns the message to its queue.
 * must: it is taken nevertheless, because it would not be received again.
 */
MUST_USE bool inbox_put(struct inbox *i, struct inflight *m, bool must);

/* A message that was taken for the class `worked_for`, and waits again in another one. The lane has
 * finished with it, after so many ms. Never over a share: there are no more of them than lanes.
 * False: inbox_stop was called; nothing is changed. */
MUST_USE bool inbox_put_back(struct inbox *i, struct inflight *m, size_t worked_for, int64_t ms);

/* The next in turn; waits for one. NULL: inbox_stop was called. */
MUST_USE struct inflight *inbox_take(struct inbox *i);

/* Another limit, or that of a class that was not there at the start; 0: none. */
void inbox_set_limit(struct inbox *i, size_t sched_class, unsigned limit);

/* A lane ended its work for this class, which took so many ms. */
void inbox_finished(struct inbox *i, size_t sched_class, int64_t ms);

/* Takers get NULL from now on. What waits comes out by inbox_drain. */
void inbox_stop(struct inbox *i);
MUST_USE struct inflight *inbox_drain(struct inbox *i);

size_t inbox_waiting(struct inbox *i);

/* Lanes at work for the sched_class. */
size_t inbox_at_work(struct inbox *i, size_t sched_class);

#endif
