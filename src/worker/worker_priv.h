/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker_priv.h - shared by the files of the worker: worker.c (start and shutdown), parts.c
 * (creates and frees the parts), precheck.c (checks before the start), kafka_news.c (the sink's
 * events). Other than these, only a test includes it.
 */
#ifndef WORKER_WORKER_PRIV_H
#define WORKER_WORKER_PRIV_H

#include "flow/turns.h"
#include "monitor/monitor.h"
#include "net/msk.h"
#include "source/intake.h"
#include "worker/worker.h"

struct worker {
    const struct conf *conf;
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
    struct sink_topic *rejects;
    struct customers *customers;
    atomic_bool has_customers; /* the sink's events begin earlier */
    struct sqs_queue **queues;
    struct sqs_queue **polled; /* the same queues with the intake's connections */
    struct sqs_origin *origins;
    struct acker_queue *acker_queues;
    struct acker *acker;
    struct inbox *inbox;
    struct turns *turns;
    struct converter **converters; /* one for each core */
    struct converter *long_converter;
    struct intake *intake;
    struct lane **lanes;
    size_t lane_count;
    struct monitor *monitor; /* NULL: not configured */
    struct stats stats;
};

/* sink_config.event. Threads: the sink's. */
void worker_kafka_news(void *ctx, const struct sink_news *news);

/* Create the lanes; after worker_precheck, which reads the limits of the topics. */
void worker_make_lanes(struct worker *w);

#endif
