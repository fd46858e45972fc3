/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backlog.h - the work of a queue that could start now, and how long the oldest of it has waited:
 * for autoscaling.
 *
 *     struct backlog b = backlog_of(&polls, waiting, false, wall_ms);
 *     backlog_add(&total, &b);
 *
 * It is the visible messages of the queue, this worker's received ones that wait for a lane, and
 * those that it returned only because their customer had its share of this worker: another one
 * could start them. Other messages in back-off are hidden, so they are not in it. The visible
 * messages of a queue whose polls stop because of its customers or its calls are no work that could
 * start.
 *
 * SQS tells the number of visible messages when it is queried, but not how old they are. The age is
 * that of the messages that were received last for the first time: those that wait were sent at
 * about that time or later, since a standard queue keeps the order roughly.
 *
 * Pure: time is an argument. Threads: any.
 */
#ifndef MONITOR_BACKLOG_H
#define MONITOR_BACKLOG_H

#include "customers/stats.h"

struct backlog {
    int64_t visible; /* in the queue, the same for each worker; -1: not known */
    uint64_t inbox;  /* this worker's */
    uint64_t over_share;
    int64_t age_ms; /* 0: no message; -1: not known */
};

/*
 * waiting: received messages of the queue that wait for a lane. polled: false for a queue that was
 * removed from the configuration.
 */
struct backlog backlog_of(const struct poll_stats *polls, uint64_t waiting, bool polled,
                          int64_t wall_ms);

/* Add a queue to the total, which begins with zeros and is always known. */
void backlog_add(struct backlog *total, const struct backlog *of_queue);

/* All of it. What is not known is 0. */
uint64_t backlog_messages(const struct backlog *b);

#endif
