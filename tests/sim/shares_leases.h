/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shares_leases.h - the leases of the simulator of shares: the worker's own lease book, fibers that
 * make its calls to the queue, and Kafka, whose acknowledgements end the leases.
 *
 *     holds_start(&settings);                       and its fibers
 *     n = holds_room(sched_class, 10);              messages that a poll may receive
 *     holds_begin(&h, queue, sched_class);          at the receive
 *     if (!holds_keep(&h)) holds_end(&h, 1);        over the share: visible again after a second
 *     holds_ack(&h, us);                            its lane is done; acknowledged after this time
 *     ... settings.over(&h, deleted) ...            the lease is over
 *     holds_stop();                                 all messages are deleted: its fibers end
 *
 * Checked: no lease is lost, neither in the book nor at the queue, however many messages a class
 * has; never more messages than the queue delivered are held.
 */
#ifndef TESTS_SHARES_LEASES_H
#define TESTS_SHARES_LEASES_H

#include "settle/sqs/leases.h"

#define HOLDS_ANY SIZE_MAX /* in place of a class: of queue 0, which is of several */

struct hold {
    struct lease lease; /* first */
    size_t sched_class; /* that counts it: of the first record */
    int64_t hidden_us;  /* the queue hides it until then */
    int64_t acked_us;   /* INT64_MAX: no lane is done with it */
    struct hold *next;  /* of those that wait for Kafka */
};

enum holds_bug { HOLDS_GOOD, HOLDS_NO_BEATS, HOLDS_BY_ONE, HOLDS_STAY };

struct holds_settings {
    enum holds_bug bug;
    size_t queues;
    size_t capacity; /* messages held; shared by classes */
    int visibility_s;
    int64_t call_us; /* most of one call to the queue */
    void (*over)(struct hold *h, bool deleted);
    void (*fail)(const char *what);
};

void holds_start(const struct holds_settings *s);
void holds_stop(void);
void holds_done(void); /* after all fibers have ended */

MUST_USE size_t holds_room(size_t sched_class, size_t want);
void holds_begin(struct hold *h, size_t queue, size_t sched_class);
MUST_USE bool holds_keep(const struct hold *h);
void holds_end(struct hold *h, int delay_s);
void holds_ack(struct hold *h, int64_t us);

/* Messages of the class that are held, and since when there is none. */
size_t holds_of(size_t sched_class);
int64_t holds_none_since_us(size_t sched_class);

#endif
