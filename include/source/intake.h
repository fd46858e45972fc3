/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake.h - receives messages: one thread drives the long polls of all queues and fills the
 * inbox.
 *
 * It receives only what can start: a poll reserves its places in the inbox first. An idle queue
 * asks for one message, a busy one for up to ten. A queue is not polled while all of its
 * customers are paused, while it has no customer, or while its deletes fail. A queue that does
 * not answer delays no other. A failed receive backs off from 1 s to 1 min per queue, with
 * jitter; the log has the outage (base/outage.h), and why polls stop and when they go on.
 *
 * The attributes of each queue (redrive policy, retention, messages visible and in flight) are
 * read before its first poll and again every attribute_interval_ms, by threads of their own.
 * SQS reports no error when a queue has reached its limit of messages in flight: long polls just
 * return nothing. So an empty receive is counted while the last attributes said that messages
 * are visible (poll_stats.starved). A single one only shows that these figures are approximate.
 *
 * Threads: one at a time; intake_wake, intake_stats and intake_pulse any.
 */
#ifndef SOURCE_INTAKE_H
#define SOURCE_INTAKE_H

#include "customers/customers.h"
#include "flow/inbox.h"
#include "settle/sqs/acker.h"
#include "settle/sqs/sqs_inflight.h"

struct intake;

struct intake_parts {          /* borrowed as long as the intake */
    struct sqs_origin *queues; /* the intake sets their redrive */
    size_t queue_count;
    struct inbox *inbox;
    struct acker *acker;
    struct customers *customers;
    const struct clock *clock;
    int attribute_interval_ms; /* 0: read attributes only before the first poll */
};

struct intake *intake_new(const struct intake_parts *parts);

/*
 * After intake_stop, and after the queues and their credentials were stopped: waits for the threads
 * that read attributes.
 */
void intake_free(struct intake *i);
DEFINE_OWNED(intake);

void intake_start(struct intake *i);

/* Wake the intake: slots may be free again. */
void intake_wake(struct intake *i);

/* Counters of a queue. Valid as long as the intake. */
const struct poll_stats *intake_stats(const struct intake *i, size_t queue);

/* The pulse of its thread, which makes progress twice a second. */
const struct pulse *intake_pulse(const struct intake *i);

/*
 * Start no more polls, wait at most drain_ms for those in progress, and end the thread. SQS may
 * already have answered a poll that is aborted; its messages stay hidden for their visibility
 * timeout.
 */
void intake_stop(struct intake *i, int drain_ms);

#endif
