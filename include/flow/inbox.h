/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inbox.h - notifications that wait for a lane: bounded, in fair turns.
 *
 * Places. A poll reserves as many as it may bring before it starts, so what is received can
 * always be put. Every queue has one place of its own, the rest is shared: a queue with
 * 100,000 messages cannot keep another from polling.
 *
 * Classes. A sched_class is a queue's messages of no customer (the queue's number), or a customer's
 * (its slot plus the number of queues). Each has a list; lanes
 * take from them in turns, and a sched_class has at most its limit of lanes at work.
 *
 *     n = inbox_reserve(i, queue, 10);  ... poll for n, got k ...
 *     inbox_put(i, inflight) k times; inbox_unreserve(i, queue, n - k);
 *     r = inbox_take(i); ... carry it ...; inbox_finished(i, sched_class);
 *
 * Threads: any.
 */
#ifndef FLOW_INBOX_H
#define FLOW_INBOX_H

#include "settle/inflight.h"

struct inbox;

struct inbox_settings {
    size_t places; /* at least as many as queues */
    size_t batch;  /* messages that one poll may bring: a queue is never limited below that */
    size_t queues;
    size_t sched_classes;     /* at the start; a message of another one adds it, without limit */
    const unsigned *limits;   /* lanes at work per sched_class; 0: none */
    size_t bytes;             /* bodies waiting above this: no more polls */
    void (*freed)(void *ctx); /* a place is free that was refused before; NULL: not wanted */
    void *ctx;
};

struct inbox *inbox_new(const struct inbox_settings *s);
void inbox_free(struct inbox *i); /* must be empty */
DEFINE_OWNED(inbox);

/* Up to `want` places for a poll of this queue; 0: not now. */
MUST_USE size_t inbox_reserve(struct inbox *i, size_t queue, size_t want);
void inbox_unreserve(struct inbox *i, size_t queue, size_t count);

/* Into one of its queue's reserved places. m->queue and m->sched_class are set. */
void inbox_put(struct inbox *i, struct inflight *m);

/* The next in turn; waits for one. NULL: inbox_stop was called. */
MUST_USE struct inflight *inbox_take(struct inbox *i);

/* Another limit, or that of a class that was not there at the start; 0: none. */
void inbox_set_limit(struct inbox *i, size_t sched_class, unsigned limit);

/* The lane that took one of this sched_class is free again. */
void inbox_finished(struct inbox *i, size_t sched_class);

/* Takers get NULL from now on. What waits comes out by inbox_drain. */
void inbox_stop(struct inbox *i);
MUST_USE struct inflight *inbox_drain(struct inbox *i);

size_t inbox_waiting(struct inbox *i);

/* Lanes at work for the sched_class. */
size_t inbox_at_work(struct inbox *i, size_t sched_class);

#endif
