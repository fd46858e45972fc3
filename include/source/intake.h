/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake.h - receives messages: one thread drives the long polls of all queues and fills the inbox.
 *
 * A poll receives only messages for which there is a slot: it reserves its slots in the inbox
 * first. The poll of an idle queue requests one message, that of a busy queue up to ten. A queue is
 * not polled while all of its customers are paused, while it has no customer, or while its deletes
 * fail. While receives of a queue of several customers have messages that are returned because of a
 * share, further receives of it are in progress, up to four. They have no slots: what finds none is
 * returned. A queue that does not answer does not delay the others. After a failed receive the next
 * one of the queue waits for 1 s to 1 min, increasing and with jitter. The log has each outage
 * (base/outage.h), and why the polls of a queue stop and when they continue.
 *
 * Queues are added and removed while it runs. A removed queue is not polled any more. What a poll
 * that is in progress still receives goes back to the queue without a delay; messages that were
 * received before are not affected.
 *
 * Threads of their own read the attributes of each queue (redrive policy, retention, numbers of
 * messages visible and in flight): before its first poll and then every attribute_interval_ms.
 *
 * SQS returns no error when a queue has reached its limit of messages in flight: long polls return
 * nothing. So an empty receive is counted if the last attributes said that messages are visible
 * (poll_stats.starved). A single one only shows that these numbers are approximate.
 *
 * Threads: one at a time; intake_wake, intake_stats, intake_removed and intake_pulse any.
 */
#ifndef SOURCE_INTAKE_H
#define SOURCE_INTAKE_H

#include "customers/customers.h"
#include "flow/inbox.h"
#include "settle/sqs/acker.h"
#include "settle/sqs/sqs_inflight.h"

struct intake;

/* What may change of a queue. */
struct intake_times {
    int visibility_s, heartbeat_s, wait_s;
};

struct intake_queue {
    struct sqs_origin *origin; /* borrowed; the intake sets its redrive */
    struct intake_times times;
};

struct intake_parts {                  /* borrowed as long as the intake, except for queues */
    const struct intake_queue *queues; /* the first ones */
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

/*
 * Add a queue, whose number is that of the queues before: the acker and the inbox have it already.
 * Its attributes are read, then it is polled.
 */
void intake_add_queue(struct intake *i, const struct intake_queue *queue);

/*
 * Change a queue, from its next poll on; a removed one is polled again. The acker gets the times
 * with that poll, so that what is received counts with the visibility timeout that it was requested
 * with.
 */
void intake_set_queue(struct intake *i, size_t queue, const struct intake_times *times);

/* Do not poll the queue any more. Does not wait for a poll in progress. */
void intake_remove_queue(struct intake *i, size_t queue);

/* Whether a queue was removed; the number of all queues, removed ones included; a queue's name. */
MUST_USE bool intake_removed(const struct intake *i, size_t queue);
size_t intake_queues(const struct intake *i);
const char *intake_queue_name(const struct intake *i, size_t queue);

/* Wake the intake: slots may be free again. */
void intake_wake(struct intake *i);

/* Counters of a queue. Valid as long as the intake. */
const struct poll_stats *intake_stats(const struct intake *i, size_t queue);

/* The pulse of its thread, which makes progress twice a second. */
const struct pulse *intake_pulse(const struct intake *i);

/*
 * Receive no more messages, or again. A receive in progress may still bring some. Threads: any.
 */
void intake_drain(struct intake *i, bool on);
MUST_USE bool intake_is_drained(const struct intake *i);

/*
 * Start no more polls, wait at most drain_ms for those in progress, and end the thread. SQS may
 * already have answered a poll that is aborted; its messages stay hidden for their visibility
 * timeout.
 */
void intake_stop(struct intake *i, int drain_ms);

#endif
