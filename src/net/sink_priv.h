/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_priv.h - shared by the files of the sink: sink.c (counting, producing, life cycle),
 * sink_producer.c (creates and replaces the producer), sink_poll.c (delivery reports, events),
 * sink_topic.c (topics), sink_topics.c (many of them), sink_token.c (SASL tokens),
 * sink_statistics.c. Other than these, only tail.c and their test include it.
 *
 * From sink_produce to its report, each record counts as one in `records`, and its bytes are
 * reserved in the budget.
 */
#ifndef NET_SINK_PRIV_H
#define NET_SINK_PRIV_H

#include "base/text_index.h"
#include "net/sink.h"
#include "net/sink_brokers.h"
#include "net/sink_budget.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

struct sink_topic {
    rd_kafka_topic_t *handle; /* its opaque is this topic */
    char *name;
    atomic_llong refused_ms; /* when a broker last refused a timestamp, UTC; 0: never */
};

/* A producer of librdkafka. After a fatal error another one replaces it. */
struct sink_producer {
    rd_kafka_t *handle;
    rd_kafka_queue_t *events;
};

struct sink {
    rd_kafka_conf_t *conf;    /* to create producers from */
    pthread_rwlock_t handles; /* held for reading while `producer` or a topic's handle is used */
    struct sink_producer producer;
    pthread_t poller;
    sink_delivered_fn *delivered;
    sink_event_fn *event;
    void *context;
    sink_token_fn *token;
    void *token_context;
    size_t max_bytes;
    size_t partition_bytes;
    bool scram;

    struct sink_budget *budget;   /* of the bytes; other sinks may share it */
    atomic_uint_fast64_t records; /* accepted and not yet reported */
    atomic_bool stopped;          /* producing threads must not wait */
    atomic_bool closing;          /* sink_free: report everything, then end */
    atomic_bool fatal;            /* the producer is being replaced */
    atomic_uint restarts;         /* number of fatal errors so far */
    atomic_bool reached;          /* the brokers are reachable */
    atomic_uint lost_brokers;     /* those that could not be connected to; of poll.brokers */
    struct pulse pulse;           /* of the poll thread */
    atomic_bool token_held; /* the producer has a token of the worker that no broker has refused */

    struct {
        bool down;
        int64_t auth_ms; /* when the brokers refused the worker last, 0: never, or accepted since */
        char why[200];   /* the last error, since SINK_DOWN does not name a cause */
        const rd_kafka_message_t **reports; /* of the current event */
        size_t room;
        int64_t look_ms; /* time of the next query of the brokers */
        struct sink_contact contact;
        struct sink_brokers brokers;
    } poll; /* used by the poll thread only */

    struct {
        pthread_mutex_t lock;
        struct buf text; /* JSON; empty: none yet */
    } statistics;

    struct {
        pthread_mutex_t lock;
        pthread_cond_t reported; /* `records` decreased */
        atomic_int flushing;     /* threads that wait for it */
        struct sink_topic **topics;
        size_t topic_count;
        struct text_index topic_numbers; /* by their names */
    } shared;
};

/* Convert librdkafka's error code; its name becomes e->code. detail NULL: librdkafka's text. */
void sink_err(struct err *e, rd_kafka_resp_err_t code, const char *detail);

/* Memory of librdkafka for a header in addition to its name and value; measured. */
enum { SINK_HEADER_BYTES = 48 };

/* Release what was counted, and wake waiting threads. */
void sink_release(struct sink *s, uint64_t records, uint64_t bytes);

/*
 * Whether a broker may have refused the record, or one in its batch, because of the timestamp.
 * librdkafka before 2.4 reports that for each record of the batch. Later versions report
 * INVALID_RECORD for those that the broker lists, whatever is wrong with them, and
 * INVALID_DIFFERENT_RECORD for the others. Notes the time.
 */
MUST_USE bool sink_timestamp_refused(const rd_kafka_message_t *m);

/*
 * The timestamp for a record: 0, the time of producing, if it is not newer than the last refusal
 * of the topic. Else a large object would be refused without end: its first batches, produced a
 * second time, share batches with its later records.
 */
MUST_USE int64_t sink_topic_timestamp(const struct sink_topic *t, int64_t timestamp_ms);

/*
 * Give a counted record to librdkafka. The headers (or NULL) become librdkafka's, also on failure.
 */
MUST_USE rd_kafka_resp_err_t sink_hand_over(struct sink *s, rd_kafka_topic_t *topic,
                                            const struct sink_record *r,
                                            rd_kafka_headers_t *headers);

/*
 * Create a producer of librdkafka. FAIL_CONFIG: librdkafka refuses the combination of properties.
 */
MUST_USE enum err_kind sink_producer_make(struct sink *s, struct sink_producer *p, struct err *e);
void sink_producer_destroy(struct sink_producer *p);

/* Give a new token to a producer or consumer. False: there is none, and the handle knows it. */
bool sink_token_set(rd_kafka_t *handle, sink_token_fn *token_next, void *context);

/* librdkafka requests SASL tokens on its background thread, not from the sink's poll. */
void sink_token_conf(struct sink *s, rd_kafka_conf_t *conf);
void sink_token_start(rd_kafka_t *producer);

/* The brokers rejected the credentials: request another token soon. Poll thread. */
void sink_token_renew(struct sink *s);

/*
 * After a fatal error, when everything is reported: create another producer and move the topics to
 * it.
 */
void sink_producer_replace(struct sink *s);

/* The poll thread; arg is the sink. Ends when the sink is closing and nothing is unreported. */
void *sink_poll_main(void *arg);

void sink_statistics_init(struct sink *s);
void sink_statistics_done(struct sink *s);

/* Poll thread: librdkafka's JSON replaces the last one. */
void sink_statistics_keep(struct sink *s, const char *json);

/* What the brokers returned for a topic; other members are ignored. */
void sink_topic_read_facts(const rd_kafka_ConfigResource_t *topic, struct sink_topic_facts *out);

/* Create a handle of the current producer for each topic, and destroy the old one. */
void sink_topics_move(struct sink *s);
void sink_topics_free(struct sink *s);

#endif
