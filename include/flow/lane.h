/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.h - a thread that processes one object at a time, from S3 to Kafka.
 *
 * It takes a message from the inbox and processes its notification records in order, each with
 * attempts (flow/attempt.h). The outcome table decides about errors (settle/outcome.h).
 *
 * Threads: lane_stop, lane_pulse and lane_customer any; the others one at a time.
 */
#ifndef FLOW_LANE_H
#define FLOW_LANE_H

#include "customers/customers.h"
#include "flow/inbox.h"
#include "flow/places.h"
#include "flow/turns.h"
#include "net/s3.h"

struct lane;

struct lane_parts { /* borrowed as long as the lanes */
    const struct conf *conf;
    struct inbox *inbox;
    struct turns *turns;
    struct places *places;
    struct customers *customers;
    struct sink *sink;
    struct sink_topic *rejects;
    struct tap *tap; /* NULL: none */
    const struct s3_settings *s3;
    const struct normalize_options *normalize;
    struct converter *const *converters; /* one for each core of the turns */
    struct stats *stats;                 /* of objects without a customer */
    const struct clock *clock;
};

struct lane *lane_new(const struct lane_parts *parts);
void lane_free(struct lane *l); /* after lane_join */
DEFINE_OWNED(lane);

void lane_start(struct lane *l);

/*
 * End the transfer in progress; its message is returned to the queue. The thread ends after
 * inbox_stop.
 */
void lane_stop(struct lane *l);

/* Wait at most timeout_ms for the thread to have no more work. True: it has none. */
MUST_USE bool lane_wait(struct lane *l, int timeout_ms);
void lane_join(struct lane *l);

/* The pulse of the thread: idle without a message, waiting while Kafka's queue is full. */
const struct pulse *lane_pulse(const struct lane *l);

/*
 * The customer of the object in progress, with a reference for the caller. NULL: no object, or one
 * without a customer.
 */
struct customer *lane_customer(struct lane *l);

/*
 * Process one message, as the thread does. False: its next record is of another class, which is
 * m->sched_class now; the message has to wait for its turn again.
 */
MUST_USE bool lane_process(struct lane *l, struct inflight *m);

/* sink_config.delivered: the delivery report of a record. */
void lane_delivered(const struct sink_report *r);

#endif
