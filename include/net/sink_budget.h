/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_budget.h - a limit for the bytes of unacknowledged records, shared by several producers.
 *
 * Bytes are reserved before a record is given to a producer, and released at its delivery report. A
 * thread waits while there is no room. The bytes are counted here and not by librdkafka, because
 * its state "queue full" can only be polled, and because several producers share the limit.
 *
 *     struct sink_wait wait = {.over = producer_over, .context = producer, .pulse = pulse};
 *     if (sink_budget_reserve(b, bytes, &wait, &err) != FAIL_NONE) ...
 *     ... produce ...
 *     sink_budget_release(b, bytes);                  at the delivery report, on any thread
 *
 * A record larger than the whole budget is admitted when nothing else is reserved.
 *
 * Threads: any, except for new and free.
 */
#ifndef NET_SINK_BUDGET_H
#define NET_SINK_BUDGET_H

#include "base/err.h"
#include "base/own.h"
#include "base/pulse.h"

struct sink_budget;

struct sink_budget *sink_budget_new(size_t limit_bytes); /* never NULL */
void sink_budget_free(struct sink_budget *b);            /* after its producers; accepts NULL */
DEFINE_OWNED(sink_budget);

/* Parameters of a wait for room. */
struct sink_wait {
    /*
     * A result other than FAIL_NONE ends the wait. Called before each wait, under the budget's
     * lock.
     */
    enum err_kind (*over)(const void *context, struct err *e);
    const void *context;
    struct pulse *pulse; /* of the calling thread, PULSE_WAIT during the wait; may be NULL */
};

/*
 * Reserve bytes; waits for room. On failure, with the kind that wait->over returned, nothing is
 * reserved.
 */
MUST_USE enum err_kind sink_budget_reserve(struct sink_budget *b, uint64_t bytes,
                                           const struct sink_wait *wait, struct err *e);

/* The same without waiting. False: there is no room. */
MUST_USE bool sink_budget_try(struct sink_budget *b, uint64_t bytes);

/* Release bytes. One call for several records wakes the waiting threads only once. */
void sink_budget_release(struct sink_budget *b, uint64_t bytes);

/* All waiting threads call their `over` again, since its result may have changed. */
void sink_budget_wake(struct sink_budget *b);

size_t sink_budget_limit(const struct sink_budget *b);
uint64_t sink_budget_used(const struct sink_budget *b);

/* Number of threads that wait now. */
unsigned sink_budget_waiting(const struct sink_budget *b);

#endif
