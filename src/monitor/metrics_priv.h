/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics_priv.h - a row of the metrics, for metrics.c (the table), metrics_customers.c,
 * metrics_queues.c and their test.
 */
#ifndef MONITOR_METRICS_PRIV_H
#define MONITOR_METRICS_PRIV_H

#include "codec/exposition.h"
#include "monitor/metrics.h"

#define METRIC(name) "asymptote_ingest_" name

struct metric {
    struct exposition_family family;
    const char *labels; /* "customer, outcome", for people; "": none */
    void (*write)(const struct metric *m, const struct snapshot *s, struct buf *out);
    size_t offset; /* for rows that show a member of a struct */
};

const struct metric *metrics_table(size_t *count);

/*
 * Write the counter at m->offset: for each customer, of its struct stats or customer_state; for
 * each queue, of its poll_stats or lease_stats. A time of a struct stats is absent while it is 0.
 */
void write_customer_counter(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_customer_cpu(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_customer_time(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_customer_level(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_poll_counter(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_lease_counter(const struct metric *m, const struct snapshot *s, struct buf *out);

void write_configured_customers(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_objects(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_object_errors(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_rejects(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_skipped(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_lag(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_expiry(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_customer_outages(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_compared(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_verified(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_busy(const struct metric *m, const struct snapshot *s, struct buf *out);

void write_received(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_receives(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_held(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_calls_failed(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_dead_letters(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_queue_messages(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_backlog_parts(const struct metric *m, const struct backlog *b, const char *queue,
                         struct buf *out);
void write_backlog(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_backlog_age(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_queue_polled(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_queue_outages(const struct metric *m, const struct snapshot *s, struct buf *out);
void write_queue_reached(const struct metric *m, const struct snapshot *s, struct buf *out);

#endif
