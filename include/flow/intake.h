/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake.h - one thread that drives the long polls of all queues and fills the inbox.
 *
 * It polls only for what can start: each poll has its places in the inbox, idle queues ask for
 * one message and busy ones for up to ten. It does not poll a queue all of whose
 * customers are paused or that has none, nor one whose deletes fail. A queue that does not
 * answer holds up no other. Errors: one log line at the beginning of
 * a burst, jittered back-off from 1 s to 1 min per queue.
 *
 * What a queue says of itself (how many messages are visible, in flight) is asked once before its
 * first poll, and again every look_ms. SQS does not tell by an error that a queue has reached its
 * limit of messages in flight: a long poll just brings nothing. So an empty receive while the last
 * look saw visible messages is counted (poll_stats.starved); a single one is only the lag of SQS's
 * approximate figures.
 *
 * Threads: one at a time; intake_wake and what tells of its state any.
 */
#ifndef FLOW_INTAKE_H
#define FLOW_INTAKE_H

#include "customers/customers.h"
#include "flow/inbox.h"
#include "settle/sqs/acker.h"
#include "settle/sqs/sqs_inflight.h"

struct intake;

struct intake_parts {          /* borrowed for the life of the intake */
    struct sqs_origin *queues; /* the intake sets their redrives */
    size_t queue_count;
    struct inbox *inbox;
    struct acker *acker;
    struct customers *customers;
    const struct clock *clock;
    int look_ms; /* 0: never but before the first poll */
};

struct intake *intake_new(const struct intake_parts *parts);
/* After intake_stop, and with the queues and their credentials stopped: waits for who asks them. */
void intake_free(struct intake *i);
DEFINE_OWNED(intake);

void intake_start(struct intake *i);

/* Places may be free again. */
void intake_wake(struct intake *i);

/* Valid as long as the intake. */
const struct poll_stats *intake_stats(const struct intake *i, size_t queue);

/* That of its thread, which beats twice a second. */
const struct pulse *intake_pulse(const struct intake *i);

/*
 * Start no more polls, wait for what is on its way for drain_ms at most, end the thread. A
 * poll that is cut may have been answered: its messages would be hidden for the visibility.
 */
void intake_stop(struct intake *i, int drain_ms);

#endif
