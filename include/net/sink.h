/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink.h - records go to Kafka; delivery reports come back.
 *
 * librdkafka behind a small seam: produce, delivered, flush. acks=all, idempotent
 * producer, no delivery time-out of ours (message.timeout.ms=0): a record that was taken
 * is reported sooner or later, once.
 *
 *     sink_produce(s, &record, &err)
 *       -> later, on the sink's poll thread: delivered(tag, FAIL_NONE or why)
 *
 * Bound: the bytes of keys, values and headers that wait for their reports are reserved in a
 * budget (net/sink_budget.h), which several sinks may share.
 *
 * Threads: sink_produce, sink_topic, sink_topic_check, sink_stop and what tells of its state any;
 * `delivered` and `event` are called on the poll thread only, never inside another function
 * of the sink. They must not call sink_produce (it may wait for them), sink_flush, sink_free.
 */
#ifndef NET_SINK_H
#define NET_SINK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"
#include "base/pulse.h"

/*
 * What became of one record; bytes are those of its key and value. FAIL_NONE: the brokers have it.
 * FAIL_CONFIG: no such topic. FAIL_DENIED: the topic refuses us. FAIL_LIMIT: larger than the topic
 * takes. FAIL_STOPPED: sink_free, or a fatal error of the producer, gave it up. FAIL_AGAIN: all
 * else.
 */
typedef void sink_delivered_fn(void *tag, size_t bytes, const struct err *e);

/* What happens to the connection, for the log: the net room does not log itself. */
enum sink_event {
    SINK_UP,      /* records are acknowledged again after SINK_DOWN */
    SINK_DOWN,    /* no broker can be reached; records wait */
    SINK_TROUBLE, /* one broker or one request; librdkafka tries again */
    SINK_AUTH,    /* the brokers refuse our credentials or our certificate; records wait */
    SINK_FATAL    /* the producer cannot go on: all it holds is reported as failed, and a new
                     one is made */
};
typedef void sink_event_fn(void *context, enum sink_event what, const struct err *e);

/*
 * A new SASL/OAUTHBEARER token into *token (SINK_TOKEN_BYTES at most; wiped by the sink), and
 * until when it is good (wall clock). Called on a thread of its own, at the start and when four
 * fifths of the life of the last one are over; again 10 s after a failure or a refusal.
 */
enum { SINK_TOKEN_BYTES = 128 * 1024 };
typedef enum err_kind sink_token_fn(void *context, struct buf *token, int64_t *expires_ms,
                                    struct err *e);

struct sink_budget;

struct sink_config {
    const char *const *properties; /* "name=value", librdkafka's names, NULL-terminated */
    struct sink_budget *budget;    /* of unacknowledged records (kafka.queue_bytes); borrowed */
    const char *client_id;         /* NULL: librdkafka's own */
    sink_delivered_fn *delivered;
    sink_event_fn *event; /* NULL: not wanted */
    void *context;        /* for event */
    sink_token_fn *token; /* NULL: the properties alone say how to authenticate */
    void *token_context;
};

struct sink;
struct sink_topic; /* owned by the sink, lives as long */

struct sink_header {
    const char *name;
    struct span value;
};

enum { SINK_MAX_HEADERS = 8 };

struct sink_record {
    struct sink_topic *topic;
    struct span key;
    struct span value;
    int64_t timestamp_ms; /* 0: now */
    void *tag;            /* given back to delivered; 2-byte aligned at least */
    const struct sink_header *headers;
    size_t header_count; /* SINK_MAX_HEADERS at most */
    struct pulse *pulse; /* of the thread that produces: waits while there is no room; NULL: none */
};

/*
 * FAIL_CONFIG names the property that librdkafka refuses, or that contradicts the promises
 * above, and why; a property's value is never in the text. Does not wait for a broker.
 */
MUST_USE struct sink *sink_new(const struct sink_config *c, struct err *e);

/* After sink_flush. What is not acknowledged is reported with FAIL_STOPPED before it returns. */
void sink_free(struct sink *s);
DEFINE_OWNED(sink);

/* The topic of that name (1 to 249 bytes), made on first use. Never NULL. */
struct sink_topic *sink_topic(struct sink *s, const char *name);

/*
 * Ask the brokers for the topic; waits timeout_ms at most. FAIL_CONFIG: there is none.
 * FAIL_DENIED: we may not see it. FAIL_AGAIN: no broker answered.
 */
MUST_USE enum err_kind sink_topic_check(struct sink *s, const char *name, int timeout_ms,
                                        struct err *e);

/* Its max.message.bytes; 0 where that may not be read, or no broker answers in timeout_ms. */
size_t sink_topic_max_bytes(struct sink *s, const char *name, int timeout_ms);

/*
 * Take a copy of the record. Waits while the queue is full; FAIL_STOPPED if
 * sink_stop ends the wait, FAIL_LIMIT if the record is larger than the producer takes, FAIL_CONFIG
 * or FAIL_DENIED if it is already known that the topic is not there or not for us, else FAIL_AGAIN.
 * On failure `delivered` is not called for it.
 *
 * A broker's INVALID_TIMESTAMP is answered by producing the record once more with the time
 * of producing; only the second answer is reported.
 */
MUST_USE enum err_kind sink_produce(struct sink *s, const struct sink_record *r, struct err *e);

/* Let waiting producers go with FAIL_STOPPED, also later ones. What was taken is delivered. */
void sink_stop(struct sink *s);

/* Wait until everything taken is reported, timeout_ms at most. True: nothing is left. */
MUST_USE bool sink_flush(struct sink *s, int timeout_ms);

/* Records taken and not yet reported, and the bytes reserved in the budget. */
void sink_depth(const struct sink *s, uint64_t *records, uint64_t *bytes);

/*
 * Bytes of records that keep a partition busy: one batch on its way, one that fills. More of them
 * wait, and librdkafka's thread spins while they do (seen in 2.0.2).
 */
size_t sink_partition_bytes(const struct sink *s);

/*
 * True while the brokers answer. Learnt from delivery reports, and from a question every few
 * seconds as long as it is not so.
 */
MUST_USE bool sink_reached(const struct sink *s);

/* Fatal errors of the producer so far. */
unsigned sink_restarts(const struct sink *s);

/* That of the poll thread, which beats several times a second. */
const struct pulse *sink_pulse(const struct sink *s);

/* Bytes of key and value that one record may have (message.max.bytes less the framing). */
size_t sink_max_bytes(const struct sink *s);

#endif
