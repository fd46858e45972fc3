/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inbox.h - the bounded list of messages that wait for a lane.
 *
 * Slots. A poll reserves as many slots as it may receive messages before it starts, so that each
 * received message has a slot. Every queue has one slot of its own, and the others are shared: a
 * queue with 100,000 messages cannot prevent another one from polling.
 *
 * Scheduling classes. A sched_class is a queue's messages that belong to no customer (the index of
 * the queue), or the messages of a customer (its slot in the registry plus the number of queues).
 * Each class has a list. Lanes take from the lists in round robin, and at most `limit` lanes work
 * on a class.
 *
 *     n = inbox_reserve(i, queue, 10);  ... poll for n, received k ...
 *     inbox_put(i, inflight) k times; inbox_unreserve(i, queue, n - k);
 *     m = inbox_take(i); ... process it ...; inbox_finished(i, sched_class);
 *
 * Threads: any.
 */
#ifndef FLOW_INBOX_H
#define FLOW_INBOX_H

#include "settle/inflight.h"

struct inbox;

struct inbox_settings {
    size_t places; /* number of slots; at least one per queue */
    size_t batch;  /* maximum of messages per poll; a queue may always use this many slots */
    size_t queues;
    size_t sched_classes; /* at the start; a message of a further class adds it, without a limit */
    const unsigned *limits;   /* maximum of lanes per sched_class; 0: none */
    size_t bytes;             /* no further polls while waiting bodies exceed this */
    void (*freed)(void *ctx); /* a slot became free after a refusal; may be NULL */
    void *ctx;
};

struct inbox *inbox_new(const struct inbox_settings *s);
void inbox_free(struct inbox *i); /* it must be empty */
DEFINE_OWNED(inbox);

/* Reserve up to `want` slots for a poll of this queue. 0: no poll is possible now. */
MUST_USE size_t inbox_reserve(struct inbox *i, size_t queue, size_t want);
void inbox_unreserve(struct inbox *i, size_t queue, size_t count);

/* Put a message into a reserved slot of its queue. m->queue and m->sched_class are set. */
void inbox_put(struct inbox *i, struct inflight *m);

/* Take the next message in turn; waits for one. NULL: inbox_stop was called. */
MUST_USE struct inflight *inbox_take(struct inbox *i);

/* Set the limit of a class, also of one that did not exist at the start. 0: no limit. */
void inbox_set_limit(struct inbox *i, size_t sched_class, unsigned limit);

/* The lane that took a message of this class is free again. */
void inbox_finished(struct inbox *i, size_t sched_class);

/* Let inbox_take return NULL from now on. inbox_drain returns the waiting messages, then NULL. */
void inbox_stop(struct inbox *i);
MUST_USE struct inflight *inbox_drain(struct inbox *i);

size_t inbox_waiting(struct inbox *i);

/* Number of lanes that work on the class. */
size_t inbox_at_work(struct inbox *i, size_t sched_class);

#endif
