/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink.h - produces records to Kafka and receives their delivery reports.
 *
 * A small interface over librdkafka: idempotent producer, acks=all, no delivery timeout
 * (message.timeout.ms=0). Each record that sink_produce accepts is reported exactly once.
 *
 *     sink_produce(s, &record, &err)
 *       -> later, on the sink's poll thread: delivered(report with the tag and the error)
 *
 * Memory: the bytes of keys, values and headers of unreported records are reserved in a budget
 * (net/sink_budget.h), which several sinks may share.
 *
 * Threads: any for sink_produce, sink_topic, sink_topic_check, sink_stop and the functions that
 * return the sink's state. `delivered` and `event` are called on the poll thread only, and never
 * from within a function of the sink. They must not call sink_produce (it may wait for them),
 * sink_flush or sink_free.
 */
#ifndef NET_SINK_H
#define NET_SINK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"
#include "base/pulse.h"

/* The delivery report of one record. */
struct sink_report {
    void *tag;         /* of its struct sink_record */
    size_t bytes;      /* of its key and value */
    const char *topic; /* valid as long as the sink; the same pointer for each record of a topic */
    int32_t partition; /* with FAIL_NONE */
    int64_t offset;    /* with FAIL_NONE; negative: not reported by the brokers */
    const struct err *err; /* valid during the call */
};

/*
 * FAIL_NONE: the brokers have acknowledged it. FAIL_CONFIG: the topic does not exist. FAIL_DENIED:
 * no access to the topic. FAIL_LIMIT: larger than the topic allows. FAIL_STOPPED: sink_free, or a
 * fatal error of the producer, discarded it. FAIL_AGAIN: all other errors.
 */
typedef void sink_delivered_fn(const struct sink_report *r);

/* Changes of the connection, for the log: the room net does not log. */
enum sink_event {
    SINK_UP,      /* a broker answers again after SINK_DOWN or SINK_AUTH */
    SINK_DOWN,    /* no broker can be reached, or answers; records wait. Repeated while it is so */
    SINK_TROUBLE, /* an error of one broker or one request; librdkafka retries */
    SINK_BROKER_DOWN, /* err->host: no connection to this broker; once */
    SINK_BROKER_UP,   /* err->host: it acknowledges records again */
    SINK_AUTH,        /* the brokers refuse credentials or certificate; records wait */
    SINK_FATAL /* the producer cannot continue: all its records are reported as failed, and another
                  producer is created */
};

struct sink_news {
    enum sink_event what;
    const struct err *err;
    int64_t since_ms; /* SINK_DOWN: the first evidence, monotonic; 0: now. SINK_BROKER_UP: the last
                         failed connection */
    int64_t answered_ms; /* when a broker answered or acknowledged last; 0: never */
};
typedef void sink_event_fn(void *context, const struct sink_news *news);

/*
 * Append a new SASL/OAUTHBEARER token (at most SINK_TOKEN_BYTES; the sink wipes it) to *token, and
 * set its expiration time (wall clock, ms). Called on a thread of librdkafka: at the start, after
 * four fifths of the last token's lifetime, and 10 s after a failure or a rejected token.
 */
enum { SINK_TOKEN_BYTES = 128 * 1024 };
typedef enum err_kind sink_token_fn(void *context, struct buf *token, int64_t *expires_ms,
                                    struct err *e);

struct sink_budget;

struct sink_config {
    const char *const *properties; /* "name=value", librdkafka's names, NULL-terminated */
    struct sink_budget *budget;    /* for unacknowledged records (kafka.queue_bytes); borrowed */
    const char *client_id;         /* NULL: librdkafka's default */
    sink_delivered_fn *delivered;
    sink_event_fn *event; /* may be NULL */
    void *context;        /* for event */
    sink_token_fn *token; /* NULL: authentication by properties only */
    void *token_context;
};

struct sink;
struct sink_topic; /* owned by the sink, valid as long as it */

struct sink_header {
    const char *name;
    struct span value;
};

enum { SINK_MAX_HEADERS = 8 };

struct sink_record {
    struct sink_topic *topic;
    struct span key;
    struct span value;
    int64_t timestamp_ms; /* 0: the time of the call */
    void *tag;            /* passed to delivered; aligned to at least 2 bytes */
    const struct sink_header *headers;
    size_t header_count; /* at most SINK_MAX_HEADERS */
    struct pulse *pulse; /* of the calling thread; PULSE_WAIT while it waits; may be NULL */
    bool *full;          /* NULL: wait for room. Else: if there is none, set it and do nothing */
};

/*
 * Create a producer; does not wait for a broker. NULL and FAIL_CONFIG: a property is unknown or
 * invalid, or contradicts the guarantees above. The error names the property, never its value.
 */
MUST_USE struct sink *sink_new(const struct sink_config *c, struct err *e);

/*
 * Call sink_flush before. Records that are not acknowledged are reported with FAIL_STOPPED before
 * it returns.
 */
void sink_free(struct sink *s);
DEFINE_OWNED(sink);

/* The topic of this name (1 to 249 bytes), created on the first call. Never NULL. */
struct sink_topic *sink_topic(struct sink *s, const char *name);

/*
 * Query the brokers for the topic; waits at most timeout_ms. FAIL_CONFIG: it does not exist.
 * FAIL_DENIED: no permission to describe it. FAIL_AGAIN: no broker answered.
 */
MUST_USE enum err_kind sink_topic_check(struct sink *s, const char *name, int timeout_ms,
                                        struct err *e);

/* A topic's configuration. 0 or "": the response does not contain it. */
struct sink_topic_facts {
    size_t max_bytes;        /* max.message.bytes */
    char cleanup_policy[32]; /* "delete", "compact" or "compact,delete" */
    int64_t retention_ms;    /* retention.ms; -1: no limit */
};

/*
 * Query the topic's configuration; waits at most timeout_ms. FAIL_DENIED: no permission to describe
 * it (DescribeConfigs). FAIL_AGAIN: no broker answered. *out is set also on failure; e may be NULL.
 */
MUST_USE enum err_kind sink_topic_describe(struct sink *s, const char *name, int timeout_ms,
                                           struct sink_topic_facts *out, struct err *e);

/* What the brokers say of one of many topics. */
struct sink_topic_answer {
    const char *name; /* the caller's; different from the others */
    int code;         /* of librdkafka; 0: it can be used. See sink_topic_answer_err */
    struct sink_topic_facts facts;
};

/*
 * As sink_topic_check and sink_topic_describe for all topics of a list: one request for all of
 * them, and one for the configuration of each 500. Each request waits at most timeout_ms, all of
 * them most_ms (0: no limit). FAIL_AGAIN: no broker answered, nothing is known. Facts that are not
 * known are 0.
 */
MUST_USE enum err_kind sink_topics_ask(struct sink *s, struct sink_topic_answer *list, size_t count,
                                       int timeout_ms, int most_ms, struct err *e);

/* As sink_topic_check: FAIL_NONE, FAIL_CONFIG, FAIL_DENIED or FAIL_AGAIN. */
enum err_kind sink_topic_answer_err(const struct sink_topic_answer *a, struct err *e);

/*
 * Why records of the topic may not be acknowledged: FAIL_AGAIN with a partition that has no leader,
 * or too few in-sync replicas, in its text; or what sink_topic_check reports. FAIL_NONE: nothing is
 * known. Waits timeout_ms at most.
 */
MUST_USE enum err_kind sink_topic_explain(struct sink *s, const char *name, int timeout_ms,
                                          struct err *e);

/*
 * Give a copy of the record to the producer. Waits while the budget is full, unless r->full is
 * set: then FAIL_NONE with *r->full says that the record was not accepted.
 * FAIL_STOPPED: sink_stop ended the wait. FAIL_LIMIT: larger than the producer allows. FAIL_CONFIG
 * or FAIL_DENIED: the topic is known to be missing or inaccessible. Else FAIL_AGAIN. After a
 * failure `delivered` is not called for the record.
 *
 * If a broker returns INVALID_TIMESTAMP or INVALID_RECORD for its batch, the record is produced a
 * second time with the current time, and only the second result is reported. From then on the
 * topic's records that are not newer than the refusal have the current time at once.
 */
MUST_USE enum err_kind sink_produce(struct sink *s, const struct sink_record *r, struct err *e);

/*
 * End all waits for room, now and later, with FAIL_STOPPED. Accepted records are still delivered.
 */
void sink_stop(struct sink *s);

/* Wait at most timeout_ms until every accepted record is reported. True: all are. */
MUST_USE bool sink_flush(struct sink *s, int timeout_ms);

/* Number of records accepted and not yet reported, and the bytes reserved in the budget. */
void sink_depth(const struct sink *s, uint64_t *records, uint64_t *bytes);

/*
 * Bytes of records that keep a partition busy: one batch in flight, one that fills. More would only
 * wait, and librdkafka's thread uses a whole core while they do (seen in 2.0.2).
 */
size_t sink_partition_bytes(const struct sink *s);

/*
 * Whether the brokers are reachable, by the delivery reports and, while they are not, by a query
 * every few seconds.
 */
MUST_USE bool sink_reached(const struct sink *s);

/* Brokers to which there was no connection, and that have acknowledged no record since. */
unsigned sink_lost_brokers(const struct sink *s);

/* Number of fatal errors of the producer so far. */
unsigned sink_restarts(const struct sink *s);

/* The pulse of the poll thread, which makes progress several times a second. */
const struct pulse *sink_pulse(const struct sink *s);

/*
 * Append librdkafka's last statistics, a JSON object; longer ones are replaced by
 * {"omitted_bytes":N}. False: there are none yet (by default once a minute,
 * statistics.interval.ms). They have names of brokers and topics, no configuration and no records.
 */
enum { SINK_STATISTICS_BYTES = 384 * 1024 };
bool sink_statistics(struct sink *s, struct buf *out);

/* Maximum of key plus value of one record: message.max.bytes less the framing. */
size_t sink_max_bytes(const struct sink *s);

#endif
