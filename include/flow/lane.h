/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.h - a thread that carries one object at a time from S3 to Kafka.
 *
 * It takes a notification from the inbox and goes through its records in order. The whole
 * way of a byte is attempt_body() in attempt.c: decode, lines, normalizer, sink, inside
 * curl's write callback. What becomes of an error is the table's (settle/outcome.h).
 *
 * Threads: lane_stop, lane_pulse and lane_customer any; the rest one at a time.
 */
#ifndef FLOW_LANE_H
#define FLOW_LANE_H

#include "customers/customers.h"
#include "flow/inbox.h"
#include "net/s3.h"

struct lane;

struct lane_parts { /* borrowed for the life of the lanes */
    const struct conf *conf;
    struct inbox *inbox;
    struct customers *customers;
    struct sink *sink;
    struct sink_topic *rejects;
    const struct s3_settings *s3;
    const struct normalize_options *normalize;
    struct stats *stats; /* of what belongs to no customer */
    const struct clock *clock;
};

struct lane *lane_new(const struct lane_parts *parts);
void lane_free(struct lane *l); /* after lane_join */
DEFINE_OWNED(lane);

void lane_start(struct lane *l);

/* End the transfer under way; its message goes back to the queue. Ends with inbox_stop. */
void lane_stop(struct lane *l);

/* True once the thread has nothing more to do; waits for it timeout_ms at most. */
MUST_USE bool lane_wait(struct lane *l, int timeout_ms);
void lane_join(struct lane *l);

/* Of its thread: idle without a notification, waiting while Kafka takes no more. */
const struct pulse *lane_pulse(const struct lane *l);

/* The customer of the object in progress, held; NULL: no object, or no customer's. */
struct customer *lane_customer(struct lane *l);

/* Carry one notification: what the thread does with each. */
void lane_carry(struct lane *l, struct inflight *m);

/* The sink's delivery reports. */
void lane_delivered(const struct sink_report *r);

#endif
