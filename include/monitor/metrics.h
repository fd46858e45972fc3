/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - what /metrics shows: one table, a row for each metric.
 *
 *     metrics_write(&view, &out);
 *
 * Everything is read from counters that are there anyway, at the moment of asking. Labels are
 * names of the configuration (customer, queue) and words of our own (outcome, class), so their
 * number is known from the start; nothing that comes from outside is ever one. Every series is
 * there from the beginning, at 0, so that its first rise is seen as one.
 *
 * Threads: one at a time; what the view leads to may be at work meanwhile.
 */
#ifndef MONITOR_METRICS_H
#define MONITOR_METRICS_H

#include "customers/customers.h"
#include "flow/inbox.h"
#include "flow/intake.h"
#include "monitor/health.h"
#include "settle/sqs/acker.h"

struct metrics_parts { /* borrowed: what is looked at */
    const struct conf *conf;
    struct customers *customers;
    struct inbox *inbox;
    struct acker *acker;
    const struct intake *intake;
    const struct sink *sink;
    struct creds_source *own; /* the worker's credentials */
    const struct stats *nobodys;
    const struct clock *clock;
};

struct metrics_view {
    struct metrics_parts parts;
    int64_t started_ms; /* wall clock */
    struct health health;
    size_t first_lane; /* of its threads; the rest are lanes too */
    struct readiness ready;
};

void metrics_write(const struct metrics_view *v, struct buf *out);

/* The table of docs/monitoring.md. */
void metrics_reference(struct buf *out);

#endif
