/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker_priv.h - shared by the files of the worker: worker.c (start and shutdown), parts.c
 * (creates and frees the parts), queues.c (the queues), topics.c, precheck.c (checks before the
 * start), reload.c (another configuration), kafka_news.c (the sink's events), role_checks.c,
 * reconciles.c. Other than these, only a test includes it.
 */
#ifndef WORKER_WORKER_PRIV_H
#define WORKER_WORKER_PRIV_H

#include "base/text_index.h"
#include "flow/turns.h"
#include "monitor/monitor.h"
#include "net/msk.h"
#include "ops/ops.h"
#include "ops/tap.h"
#include "source/intake.h"
#include "worker/worker.h"

/* A queue, from when it is first configured to the end of the worker. */
struct worker_queue {
    char *name;
    char *identity; /* queue_conf_identity */
    struct sqs_queue *queue;
    struct sqs_queue *polled; /* the same queue with the intake's connections */
    struct sqs_origin origin;
};

struct worker {
    const struct conf *conf; /* of the start: for values that a reload does not change */
    const struct conf *now;  /* in use; with a reference */
    struct creds_settings creds_settings;
    struct creds_source *own;
    struct sts *sts;              /* of `own`; all roles share it */
    struct http_pool *pool;       /* connections of the acker ... */
    struct http_pool *polls_pool; /* ... and of the intake, which must end before it */
    struct sqs_settings sqs, polls_sqs;
    struct s3_shared *s3_shared;
    struct s3_settings s3;
    struct normalize_options normalize;
    struct long_lines *long_lines;
    struct msk msk;
    struct sink_budget *budget;
    struct outage kafka_outage;
    struct sink *sink;
    struct ops *ops; /* NULL: not configured */
    struct sink_topic *rejects;
    struct tap *tap; /* NULL: no control socket */
    struct customers *customers;
    atomic_bool has_customers;    /* the sink's events begin earlier */
    struct worker_queue **queues; /* by number; removed ones included */
    size_t queue_count;
    struct text_index queue_numbers; /* by their identities */
    struct acker *acker;
    struct inbox *inbox;
    struct turns *turns;
    struct places *places;
    struct converter **converters; /* one for each core */
    struct converter *long_converter;
    struct intake *intake;
    struct lane **lanes;
    size_t lane_count;
    struct monitor *monitor; /* NULL: not configured */
    struct role_checks *role_checks;
    struct reconciles *reconciles; /* NULL: without ops events */
    struct stats stats;
};

/* ---- queues.c ---- */

/* A queue that no part knows yet. NULL and FAIL_CONFIG: its URL or region is invalid. */
MUST_USE struct worker_queue *worker_queue_new(struct worker *w, const struct queue_conf *conf,
                                               struct err *e);
void worker_queue_free(struct worker_queue *q);

/* The number of a queue that is, or was, configured; SIZE_MAX: it is new. */
MUST_USE size_t worker_queue_number(const struct worker *w, const struct queue_conf *conf);

/* Take over a queue, as the next number. */
void worker_queue_keep(struct worker *w, struct worker_queue *q);

/* What the acker and the intake get of it. */
struct acker_queue worker_acker_queue(const struct worker_queue *q, const struct queue_conf *conf);
struct intake_times worker_queue_times(const struct queue_conf *conf);

/* Set the limit of lanes of each customer. */
void worker_set_lane_limits(struct worker *w);

/* ---- role_checks.c ---- */

/* Start the thread. stop: it begins no further check; free waits for the one in progress. */
MUST_USE struct role_checks *role_checks_new(struct customers *customers);
void role_checks_stop(struct role_checks *r);
void role_checks_free(struct role_checks *r);

/* ---- reconciles.c ---- */

/*
 * Start the thread; it does nothing while reconcile.interval is off. NULL: there is no ops topic.
 * stop: no further step; free waits for the one in progress. All accept NULL.
 */
MUST_USE struct reconciles *reconciles_new(struct worker *w);
void reconciles_configure(struct reconciles *r, const struct conf *conf);
void reconciles_stop(struct reconciles *r);
void reconciles_free(struct reconciles *r);

/* ---- topics.c ---- */

/* The names of customers whose topics are checked; sorted. NULL: all customers. */
struct topic_check {
    const char *const *ids;
    size_t id_count;
    int most_ms; /* for all of them together; 0: no limit */
};

/* Whether a topic can be used; logged if not. customer: "" for none. False: Kafka does not answer.
 */
MUST_USE bool worker_check_topic(struct worker *w, const char *name, const char *customer);

/* Check topics, log the results, and set the limits of events accordingly. */
void worker_check_topics(struct worker *w, const struct topic_check *check);

/* sink_config.event. Threads: the sink's. */
void worker_kafka_news(void *ctx, const struct sink_news *news);

/* Create the lanes; after worker_precheck, which reads the limits of the topics. */
void worker_make_lanes(struct worker *w);

#endif
