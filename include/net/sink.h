/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink.h - records go to Kafka; delivery reports come back.
 *
 * librdkafka behind a small seam: produce, delivered, flush. acks=all, idempotent
 * producer, no delivery time-out of ours (message.timeout.ms=0): a record that was taken
 * is reported sooner or later, once.
 *
 *     sink_produce(s, topic, key, value, receipt, &err)
 *       -> later, on the sink's poll thread: delivered(receipt, FAIL_NONE or why, &err)
 *
 * Threads: sink_produce any; `delivered` is called on the poll thread (and, while a fatal
 * error or sink_free drains, on the thread that does so), never inside sink_produce.
 */
#ifndef NET_SINK_H
#define NET_SINK_H

#include "base/err.h"
#include "base/own.h"

/* What became of one record. kind FAIL_NONE: the broker has it. */
typedef void sink_delivered_fn(void *receipt, const struct err *e);

struct sink_config {
    const char *const *properties; /* "name=value", librdkafka's names, NULL-terminated */
    size_t queue_bytes;            /* most bytes of unacknowledged records (kafka.queue_bytes) */
    const char *client_id;
    sink_delivered_fn *delivered;
};

struct sink;
struct sink_topic; /* owned by the sink, lives as long */

struct sink_record {
    struct sink_topic *topic;
    struct span key;
    struct span value;
    int64_t timestamp_ms; /* 0: now */
    void *receipt;        /* given back to delivered */
};

/* FAIL_CONFIG names the property that librdkafka refuses. Does not wait for a broker. */
MUST_USE struct sink *sink_new(const struct sink_config *c, struct err *e);
void sink_free(struct sink *s); /* after sink_flush; unacknowledged records are reported as lost */
DEFINE_OWNED(sink);

/* The topic of that name, made on first use. Never NULL. */
struct sink_topic *sink_topic(struct sink *s, const char *name);

/*
 * Take a copy of the record. Waits while the queue is full; FAIL_STOPPED if sink_stop ends
 * the wait, FAIL_LIMIT if the record is larger than the producer takes, else FAIL_AGAIN.
 * On failure `delivered` is not called for it.
 */
MUST_USE enum err_kind sink_produce(struct sink *s, const struct sink_record *r, struct err *e);

/* Let waiting producers go with FAIL_STOPPED. What was taken is still delivered. */
void sink_stop(struct sink *s);

/* Wait until everything taken is reported, timeout_ms at most. True: nothing is left. */
MUST_USE bool sink_flush(struct sink *s, int timeout_ms);

/* Records taken and not yet reported, and their bytes. */
void sink_depth(const struct sink *s, uint64_t *records, uint64_t *bytes);

#endif
