/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_priv.h - what the files of the sink share: sink.c (counting, producing, life),
 * sink_producer.c (making and replacing the producer), sink_poll.c (delivery reports, events),
 * sink_topic.c (topics), sink_token.c (SASL tokens). Only their test includes it besides.
 *
 * Counted for each record, from sink_produce to its report: one in `records`, its bytes in the
 * budget.
 */
#ifndef NET_SINK_PRIV_H
#define NET_SINK_PRIV_H

#include "net/sink.h"
#include "net/sink_budget.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

struct sink_topic {
    struct sink_topic *next;
    rd_kafka_topic_t *handle;
};

/* One life of the producer; a fatal error ends it and a new one begins. */
struct sink_producer {
    rd_kafka_t *handle;
    rd_kafka_queue_t *events;
};

struct sink {
    rd_kafka_conf_t *conf;    /* to make producers from */
    pthread_rwlock_t handles; /* read-locked while `producer` or a topic's handle is used */
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
    atomic_uint_fast64_t records; /* taken, not yet reported */
    atomic_bool stopped;          /* producing threads do not wait any more */
    atomic_bool closing;          /* sink_free: report all, then end */
    atomic_bool fatal;            /* the producer is being replaced */
    atomic_uint restarts;         /* fatal errors so far */
    atomic_bool reached;          /* the brokers answer */
    struct pulse pulse;           /* of the poll thread */
    atomic_bool token_held;       /* the producer has a token of ours that no broker refused yet */

    struct {
        bool down;
        char why[200];                      /* the last trouble: SINK_DOWN itself does not say */
        const rd_kafka_message_t **reports; /* of the event under way */
        size_t room;
        int64_t look_ms; /* when to ask next whether the brokers answer */
    } poll;              /* of the poll thread alone */

    struct {
        pthread_mutex_t lock;
        pthread_cond_t reported; /* `records` decreased */
        atomic_int flushing;     /* threads that wait for it */
        struct sink_topic *topics;
    } shared;
};

/* librdkafka's code as our kind, with its name in e->code; detail NULL: its own text. */
void sink_err(struct err *e, rd_kafka_resp_err_t code, const char *detail);

/* What librdkafka keeps of a header beside the bytes of its name and value: measured. */
enum { SINK_HEADER_BYTES = 48 };

/* Release what was counted, and wake the threads that wait for it. */
void sink_release(struct sink *s, uint64_t records, uint64_t bytes);

/* Give a counted record to librdkafka. The headers (or NULL) are taken over, also on failure. */
MUST_USE rd_kafka_resp_err_t sink_hand_over(struct sink *s, rd_kafka_topic_t *topic,
                                            const struct sink_record *r,
                                            rd_kafka_headers_t *headers);

/* FAIL_CONFIG: what was configured does not work together. */
MUST_USE enum err_kind sink_producer_make(struct sink *s, struct sink_producer *p, struct err *e);
void sink_producer_destroy(struct sink_producer *p);

/* librdkafka asks for SASL tokens on a thread of its own, not in our poll. */
void sink_token_conf(struct sink *s, rd_kafka_conf_t *conf);
void sink_token_start(rd_kafka_t *producer);

/* The brokers refuse us: ask for another token of ours soon. Poll thread. */
void sink_token_renew(struct sink *s);

/* After a fatal error, once everything is reported: a new producer, the topics moved to it. */
void sink_producer_replace(struct sink *s);

/* The poll thread; arg is the sink. Ends when closing and nothing is left. */
void *sink_poll_main(void *arg);

/* Give each topic a handle of the current producer; the old ones go. */
void sink_topics_move(struct sink *s);
void sink_topics_free(struct sink *s);

#endif
