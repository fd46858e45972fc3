/* SPDX-License-Identifier: Apache-2.0 */
/* Creates the parts from the configuration. Each part borrows those created before it. */
#include "worker_priv.h"

#include "base/alloc.h"
#include "base/log.h"
#include "codec/notification.h"
#include "conf/memory.h"
#include "conf/sizes.h"
#include "event/record/long_lines.h"
#include "net/sink_budget.h"
#include "worker/aws.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CLIENT_ID_BYTES = 320, HOST_BYTES = 256 };

static void on_freed(void *ctx)
{
    struct worker *w = ctx;
    intake_wake(w->intake);
}

static enum err_kind make_sink(struct worker *w, struct err *e)
{
    char host[HOST_BYTES] = "";
    char client[CLIENT_ID_BYTES];
    (void)gethostname(host, sizeof(host) - 1);
    (void)snprintf(client, sizeof(client), "asymptote-ingest-%s", host);
    w->budget = sink_budget_new(w->conf->kafka.queue_bytes);
    outage_init(&w->kafka_outage, OUTAGE_KAFKA, NULL, "");
    struct sink_config config = {
        .properties = (const char *const *)w->conf->kafka.properties,
        .budget = w->budget,
        .client_id = client,
        .delivered = lane_delivered,
        .event = worker_kafka_news,
        .context = w,
        .token = w->conf->kafka.auth == KAFKA_AUTH_AWS_MSK_IAM ? msk_token_next : NULL,
        .token_context = &w->msk,
    };
    w->msk = (struct msk){w->own, w->conf->aws.region, &clock_system, w->sts};
    w->sink = sink_new(&config, e);
    if (w->sink == NULL) {
        return err_wrap(e, "kafka");
    }
    w->rejects = sink_topic(w->sink, w->conf->kafka.rejects_topic);
    return FAIL_NONE;
}

/* After make_sink, which sets w->msk. */
static enum err_kind make_ops(struct worker *w, struct err *e)
{
    char host[HOST_BYTES] = "";
    if (w->conf->kafka.ops_topic == NULL) {
        return FAIL_NONE;
    }
    (void)gethostname(host, sizeof(host) - 1);
    w->ops = ops_new(
        &(struct ops_settings){
            .topic = w->conf->kafka.ops_topic,
            .properties = (const char *const *)w->conf->kafka.properties,
            .host = host,
            .queue_bytes = OPS_QUEUE_BYTES,
            .token = w->conf->kafka.auth == KAFKA_AUTH_AWS_MSK_IAM ? msk_token_next : NULL,
            .token_context = &w->msk,
            .clock = &clock_system,
        },
        e);
    return w->ops != NULL ? FAIL_NONE : e->kind;
}

static enum err_kind make_aws(struct worker *w, struct err *e)
{
    const struct conf *conf = w->conf;
    aws_use_ca_bundle(conf);
    w->creds_settings = aws_creds_settings(conf);
    w->own = creds_source_default(&w->creds_settings, e);
    if (w->own == NULL) {
        return err_wrap(e, "AWS credentials");
    }
    w->sts = creds_source_sts(w->own);
    w->pool = http_pool_new(SQS_ANSWER_BYTES);
    w->sqs = aws_sqs_settings(conf, w->own, w->pool);
    w->s3_shared = s3_shared_new();
    w->polls_pool = http_pool_new(SQS_ANSWER_BYTES);
    w->polls_sqs = w->sqs;
    w->polls_sqs.pool = w->polls_pool;
    w->s3 = aws_s3_settings(conf, w->s3_shared);
    return FAIL_NONE;
}

static enum err_kind make_queues(struct worker *w, struct err *e)
{
    for (size_t i = 0; i < w->conf->queue_count; i++) {
        struct worker_queue *q = worker_queue_new(w, &w->conf->queues[i], e);
        if (q == NULL) {
            return e->kind;
        }
        worker_queue_keep(w, q);
    }
    return FAIL_NONE;
}

static void make_inbox(struct worker *w)
{
    size_t lanes = (size_t)w->conf->limits.lanes;
    w->inbox = inbox_new(&(struct inbox_settings){
        .slots = 2 * (lanes > SQS_BATCH ? lanes : SQS_BATCH), /* one customer gets a half */
        .lanes = lanes,
        .queues = w->queue_count,
        .sched_classes = customers_classes(w->customers),
        .bytes = INBOX_BYTES,
        .rooms = memory_rooms(w->conf),
        .room_bytes = NOTIFICATION_MAX_BYTES,
        .small_bytes = INBOX_SMALL_BYTES,
        .lower_lanes = (size_t)(w->conf->backfill.share * (double)lanes),
        .freed = on_freed,
        .ctx = w,
    });
    worker_set_lane_limits(w);
}

static void make_flow(struct worker *w)
{
    const struct conf *conf = w->conf;
    struct acker_queue *to_acker = mem_zeros(w->queue_count, sizeof(*to_acker));
    struct intake_queue *to_intake = mem_zeros(w->queue_count, sizeof(*to_intake));
    for (size_t i = 0; i < w->queue_count; i++) {
        to_acker[i] = worker_acker_queue(w->queues[i], &conf->queues[i]);
        to_intake[i] =
            (struct intake_queue){&w->queues[i]->origin, worker_queue_times(&conf->queues[i])};
    }
    make_inbox(w);
    w->acker = acker_new(to_acker, w->queue_count, &clock_system);
    w->intake = intake_new(&(struct intake_parts){
        .queues = to_intake,
        .queue_count = w->queue_count,
        .inbox = w->inbox,
        .acker = w->acker,
        .customers = w->customers,
        .clock = &clock_system,
        .attribute_interval_ms = conf->metrics.listen != NULL || conf->control.socket != NULL ||
                                         conf->kafka.ops_topic != NULL
                                     ? conf->metrics.queue_interval_ms
                                     : 0,
    });
    free(to_acker);
    free(to_intake);
}

static void log_plan(const struct conf *conf, const struct memory_plan *plan)
{
    enum { MIB = 1024 * 1024 };
    size_t total = plan->total_bytes / MIB;
    size_t lanes = plan->lanes_bytes / MIB;
    size_t cores = plan->cores_bytes / MIB;
    size_t large = plan->large_bytes / MIB;
    size_t lines = plan->long_bytes / MIB;
    size_t inbox = plan->inbox_bytes / MIB;
    size_t kafka = plan->kafka_bytes / MIB;
    log_write(LOG_INFO, "memory plan", KV_INT("total_mib", total),
              KV_INT("lanes", conf->limits.lanes), KV_INT("lanes_mib", lanes),
              KV_INT("cores_mib", cores), KV_INT("large_objects", memory_large_objects(conf)),
              KV_INT("large_objects_mib", large), KV_INT("long_lines_mib", lines),
              KV_INT("inbox_mib", inbox), KV_INT("kafka_mib", kafka),
              KV_INT("rest_mib", total - lanes - cores - large - lines - inbox -
                                     kafka), /* so that they add up */
              KV_KNOWN("limit_mib",
                       conf->limits.memory != 0 ? (int64_t)(conf->limits.memory / MIB) : -1));
}

static enum err_kind make_monitor(struct worker *w, struct err *e)
{
    if (w->conf->metrics.listen == NULL && w->conf->control.socket == NULL) {
        return FAIL_NONE;
    }
    w->monitor = monitor_new(
        &(struct snapshot_parts){
            .conf = w->conf,
            .customers = w->customers,
            .inbox = w->inbox,
            .acker = w->acker,
            .intake = w->intake,
            .sink = w->sink,
            .ops = w->ops,
            .tap = w->tap,
            .own = w->own,
            .nobodys = &w->stats,
            .kafka_outage = &w->kafka_outage,
            .clock = &clock_system,
        },
        e);
    return w->monitor != NULL ? FAIL_NONE : e->kind;
}

struct worker *worker_new(const struct conf *conf, struct err *e)
{
    OWNED(worker) struct worker *w = mem_zeros(1, sizeof(*w));
    struct memory_plan plan;
    w->conf = conf;
    w->now = conf_hold(conf);
    memory_plan(conf, &plan);
    log_plan(conf, &plan);
    if (memory_check(conf, &plan, e) != FAIL_NONE || make_aws(w, e) != FAIL_NONE ||
        make_sink(w, e) != FAIL_NONE || make_ops(w, e) != FAIL_NONE ||
        make_queues(w, e) != FAIL_NONE) {
        return NULL;
    }
    w->customers = customers_new(
        &(struct customers_parts){.conf = conf,
                                  .creds_settings = &w->creds_settings,
                                  .own = w->own,
                                  .sts = w->sts,
                                  .sink = w->sink,
                                  .ops = w->ops,
                                  .clock = &clock_system,
                                  .require_verified = conf->verify.required_by_option},
        e);
    if (w->customers == NULL) {
        return NULL;
    }
    atomic_store(&w->has_customers, true);
    w->tap = conf->control.socket != NULL ? tap_new() : NULL;
    make_flow(w);
    return make_monitor(w, e) == FAIL_NONE ? take(&w) : NULL;
}

/* What a lane has only while it works. */
static void make_converters(struct worker *w)
{
    const struct conf *conf = w->conf;
    size_t cores = (size_t)conf->limits.cores;
    w->turns = turns_new(cores, &clock_system);
    w->places = places_new(memory_large_objects(conf));
    w->long_lines = long_lines_new(conf->limits.line_bytes);
    w->normalize = (struct normalize_options){
        .event_bytes = customers_event_bytes(w->customers),
        .line_bytes = conf->limits.line_bytes,
        .sample_bytes = conf->rejects.sample_bytes,
        .long_lines = w->long_lines,
        .attached = true,
    };
    w->long_converter = converter_new_long(&w->normalize);
    w->normalize.long_converter = w->long_converter;
    w->converters = mem_zeros(cores, sizeof(struct converter *));
    for (size_t i = 0; i < cores; i++) {
        w->converters[i] = converter_new(&w->normalize);
    }
}

void worker_make_lanes(struct worker *w)
{
    const struct conf *conf = w->conf;
    make_converters(w);
    struct lane_parts parts = {
        .conf = conf,
        .inbox = w->inbox,
        .turns = w->turns,
        .places = w->places,
        .customers = w->customers,
        .sink = w->sink,
        .rejects = w->rejects,
        .tap = w->tap,
        .s3 = &w->s3,
        .normalize = &w->normalize,
        .converters = w->converters,
        .stats = &w->stats,
        .clock = &clock_system,
    };
    size_t lanes = (size_t)conf->limits.lanes;
    w->lanes = mem_zeros(lanes, sizeof(struct lane *));
    for (w->lane_count = 0; w->lane_count < lanes; w->lane_count++) {
        w->lanes[w->lane_count] = lane_new(&parts);
    }
}

void worker_free(struct worker *w)
{
    if (w == NULL) {
        return;
    }
    role_checks_free(w->role_checks);
    reconciles_free(w->reconciles);
    monitor_free(w->monitor);
    sink_free(w->sink); /* before the lanes: it reports unacknowledged records */
    if (w->budget != NULL) {
        outage_done(&w->kafka_outage);
    }
    ops_free(w->ops); /* objects end until sink_free returns */
    sink_budget_free(w->budget);
    for (size_t i = 0; i < w->lane_count; i++) {
        lane_free(w->lanes[i]);
    }
    tap_free(w->tap);
    turns_free(w->turns);
    places_free(w->places);
    free(w->lanes);
    intake_free(w->intake);
    inbox_free(w->inbox);
    acker_free(w->acker);
    customers_free(w->customers);
    for (size_t i = 0; i < w->queue_count; i++) {
        worker_queue_free(w->queues[i]);
    }
    free(w->queues);
    text_index_done(&w->queue_numbers);
    http_pool_free(w->pool);
    s3_shared_free(w->s3_shared);
    http_pool_free(w->polls_pool);
    creds_source_free(w->own);
    for (size_t i = 0; w->converters != NULL && i < (size_t)w->conf->limits.cores; i++) {
        converter_free(w->converters[i]);
    }
    free(w->converters);
    converter_free(w->long_converter);
    long_lines_free(w->long_lines);
    conf_release(w->now);
    free(w);
}
