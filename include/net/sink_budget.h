/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_budget.h - a bound for the bytes of unacknowledged records, shared by producers.
 *
 * Each record reserves its bytes before it is given to a producer, and releases them with its
 * delivery report. A thread waits while there is no room. The bytes are counted here and not by
 * librdkafka, because its "queue full" can only be polled for, and because several producers
 * share one bound.
 *
 *     struct sink_wait wait = {.over = producer_over, .context = producer, .pulse = pulse};
 *     if (sink_budget_reserve(b, bytes, &wait, &err) != FAIL_NONE) ...
 *     ... produce ...
 *     sink_budget_release(b, bytes);                  at the delivery report, on any thread
 *
 * A record larger than the whole budget is let in when nothing else is reserved.
 *
 * Threads: any, but for new and free.
 */
#ifndef NET_SINK_BUDGET_H
#define NET_SINK_BUDGET_H

#include "base/err.h"
#include "base/own.h"
#include "base/pulse.h"

struct sink_budget;

struct sink_budget *sink_budget_new(size_t limit_bytes); /* never NULL */
void sink_budget_free(struct sink_budget *b);            /* after its producers; takes NULL */
DEFINE_OWNED(sink_budget);

/* How a thread waits for room. */
struct sink_wait {
    /* Not FAIL_NONE: do not wait any longer. Called before each wait, under the budget's lock. */
    enum err_kind (*over)(const void *context, struct err *e);
    const void *context;
    struct pulse *pulse; /* of the thread, set to PULSE_WAIT meanwhile; NULL: none */
};

/* Waits for room. On failure, that of wait->over, nothing is reserved. */
MUST_USE enum err_kind sink_budget_reserve(struct sink_budget *b, uint64_t bytes,
                                           const struct sink_wait *wait, struct err *e);

/* The releases of several records may be one call: it wakes the waiting threads once. */
void sink_budget_release(struct sink_budget *b, uint64_t bytes);

/* Let all waiting threads call their `over` again: its answer may have changed. */
void sink_budget_wake(struct sink_budget *b);

size_t sink_budget_limit(const struct sink_budget *b);
uint64_t sink_budget_used(const struct sink_budget *b);

/* Threads that wait now. */
unsigned sink_budget_waiting(const struct sink_budget *b);

#endif
