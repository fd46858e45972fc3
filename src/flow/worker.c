/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.c - the order of things.
 *
 * Start: who only answers first, who asks last: sink, acker, lanes, intake.
 * Stop: who asks first: no more receives; what no lane has begun goes back at once; the lanes
 * finish while there is time, then are cut; the sink delivers what it has; what is still owed
 * for goes back; SQS is told; then the sink is closed, which reports everything, so that each
 * receipt is settled and freed.
 */
#include "flow/worker.h"

#include "base/log.h"
#include "codec/endpoint.h"
#include "event/long_lines.h"
#include "flow/lane.h"
#include "flow/memory.h"
#include "net/msk.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    FAREWELL_MS = 1000,      /* answers of polls on their way */
    TELL_RESERVE_MS = 2000,  /* of the grace, for telling SQS */
    FLUSH_RESERVE_MS = 5000, /* of the grace, for Kafka and SQS */
    TOPIC_CHECK_MS = 3000,
    CLIENT_ID_BYTES = 320,
};

struct worker {
    const struct conf *conf;
    struct creds_settings creds_settings;
    struct creds_source *own;
    struct sts *sts;              /* that of `own`, which all roles share */
    struct http_pool *pool;       /* connections of the acker ... */
    struct http_pool *polls_pool; /* ... and of the intake, which must end before it */
    struct sqs_settings sqs, polls_sqs;
    struct s3_shared *s3_shared;
    struct s3_settings s3;
    struct normalize_options normalize;
    struct long_lines *long_lines;
    struct msk msk;
    struct sink *sink;
    struct sink_topic *rejects;
    struct customers *customers;
    struct sqs_queue **queues;
    struct sqs_queue **polled; /* the same, as the intake speaks to them */
    struct intake_queue *intake_queues;
    struct acker_queue *acker_queues;
    struct acker *acker;
    struct inbox *inbox;
    struct intake *intake;
    struct lane **lanes;
    size_t lane_count;
    struct stats stats;
    bool started;
};

static void *zeros(size_t count, size_t size)
{
    void *p = calloc(count != 0 ? count : 1, size);
    if (p == NULL) {
        abort();
    }
    return p;
}

static void on_freed(void *ctx)
{
    struct worker *w = ctx;
    intake_wake(w->intake);
}

static void on_sink_event(void *ctx UNUSED, enum sink_event what, const struct err *e)
{
    switch (what) {
    case SINK_UP:
        log_text(LOG_INFO, "kafka is back");
        break;
    case SINK_DOWN:
        log_write(LOG_ERROR, "kafka is away", KV_ERR(e),
                  KV_STR("next", "records wait, messages are held"));
        break;
    case SINK_TROUBLE:
        log_write(LOG_WARN, "kafka trouble", KV_ERR(e), KV_STR("next", "tried again"));
        break;
    case SINK_AUTH:
        log_write(LOG_ERROR, "kafka refuses us", KV_ERR(e),
                  KV_STR("next", "records wait until the credentials are mended"));
        break;
    case SINK_FATAL:
        log_write(LOG_ERROR, "kafka producer failed", KV_ERR(e),
                  KV_STR("next", "made anew; what was not acknowledged is read again"));
        break;
    }
}

static enum err_kind make_sink(struct worker *w, struct err *e)
{
    char host[256] = "";
    char client[CLIENT_ID_BYTES];
    (void)gethostname(host, sizeof(host) - 1);
    (void)snprintf(client, sizeof(client), "asymptote-ingest-%s", host);
    struct sink_config config = {
        .properties = (const char *const *)w->conf->kafka.properties,
        .queue_bytes = w->conf->kafka.queue_bytes,
        .client_id = client,
        .delivered = lane_delivered,
        .event = on_sink_event,
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

static unsigned aws_variant(const struct conf *conf)
{
    return (conf->aws.use_fips ? (unsigned)ENDPOINT_FIPS : 0U) |
           (conf->aws.use_dualstack ? (unsigned)ENDPOINT_DUAL_STACK : 0U);
}

static enum err_kind make_aws(struct worker *w, struct err *e)
{
    const struct conf *conf = w->conf;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread runs yet */
    if (conf->aws.ca_bundle != NULL && setenv("AWS_CA_BUNDLE", conf->aws.ca_bundle, 1) != 0) {
        abort(); /* all clients look there */
    }
    w->creds_settings = (struct creds_settings){
        .profile = conf->aws.profile,
        .region = conf->aws.region,
        .endpoint_sts = conf->aws.endpoint_sts,
        .variant = aws_variant(conf),
        .allow_http = conf->aws.allow_http,
        .clock = &clock_system,
    };
    w->own = creds_source_default(&w->creds_settings, e);
    if (w->own == NULL) {
        return err_wrap(e, "AWS credentials");
    }
    w->sts = creds_source_sts(w->own);
    w->pool = http_pool_new(SQS_ANSWER_BYTES);
    w->sqs = (struct sqs_settings){
        .endpoint = conf->aws.endpoint_sqs,
        .variant = aws_variant(conf),
        .allow_http = conf->aws.allow_http,
        .creds = w->own,
        .clock = &clock_system,
        .pool = w->pool,
    };
    w->s3_shared = s3_shared_new();
    w->polls_pool = http_pool_new(SQS_ANSWER_BYTES);
    w->polls_sqs = w->sqs;
    w->polls_sqs.pool = w->polls_pool;
    w->s3 = (struct s3_settings){
        .endpoint = conf->aws.endpoint_s3,
        .path_style = conf->aws.path_style,
        .allow_http = conf->aws.allow_http,
        .variant = aws_variant(conf),
        .shared = w->s3_shared,
        .connect_timeout_ms = conf->limits.connect_timeout_ms,
        .idle_timeout_ms = conf->limits.idle_timeout_ms,
        .clock = &clock_system,
    };
    return FAIL_NONE;
}

static enum err_kind make_queues(struct worker *w, struct err *e)
{
    size_t count = w->conf->queue_count;
    w->queues = zeros(count, sizeof(struct sqs_queue *));
    w->polled = zeros(count, sizeof(struct sqs_queue *));
    w->intake_queues = zeros(count, sizeof(*w->intake_queues));
    w->acker_queues = zeros(count, sizeof(*w->acker_queues));
    for (size_t i = 0; i < count; i++) {
        const struct queue_conf *conf = &w->conf->queues[i];
        w->queues[i] = sqs_queue_new(&w->sqs, conf->url, conf->region, e);
        w->polled[i] = sqs_queue_new(&w->polls_sqs, conf->url, conf->region, e);
        if (w->queues[i] == NULL || w->polled[i] == NULL) {
            return err_wrap(e, "queue %s", conf->name);
        }
        w->intake_queues[i] = (struct intake_queue){.queue = w->polled[i], .conf = conf};
        w->acker_queues[i] = (struct acker_queue){
            .queue = w->queues[i],
            .name = conf->name,
            .visibility_s = conf->visibility_s,
            .heartbeat_s = conf->heartbeat_s,
        };
    }
    return FAIL_NONE;
}

/* A customer without a limit of its own leaves a quarter of the lanes to the others. */
static unsigned *lane_limits(const struct conf *conf, size_t parties)
{
    unsigned *limits = zeros(parties, sizeof(*limits));
    unsigned lanes = (unsigned)conf->limits.lanes;
    unsigned most = lanes > 4 ? lanes - lanes / 4 : (lanes > 1 ? lanes - 1 : 1);
    for (size_t i = 0; i < conf->customer_count; i++) {
        unsigned own = (unsigned)conf->customers[i].max_lanes;
        limits[i] = own != 0 ? own : (conf->customer_count > 1 ? most : 0);
    }
    return limits;
}

static void make_flow(struct worker *w)
{
    const struct conf *conf = w->conf;
    size_t parties = conf->customer_count + conf->queue_count;
    size_t lanes = (size_t)conf->limits.lanes;
    unsigned *limits = lane_limits(conf, parties);
    struct inbox_settings inbox = {
        .places = conf->queue_count + (lanes > SQS_BATCH ? lanes : SQS_BATCH),
        .queues = conf->queue_count,
        .parties = parties,
        .limits = limits,
        .bytes = INBOX_BYTES,
        .freed = on_freed,
        .ctx = w,
    };
    w->inbox = inbox_new(&inbox);
    free(limits);
    w->acker = acker_new(w->acker_queues, conf->queue_count, &clock_system);
    w->intake = intake_new(&(struct intake_parts){
        .queues = w->intake_queues,
        .queue_count = conf->queue_count,
        .inbox = w->inbox,
        .acker = w->acker,
        .customers = w->customers,
        .clock = &clock_system,
    });
}

static void make_lanes(struct worker *w)
{
    const struct conf *conf = w->conf;
    struct lane_parts parts = {
        .conf = conf,
        .queues = w->intake_queues,
        .inbox = w->inbox,
        .acker = w->acker,
        .customers = w->customers,
        .sink = w->sink,
        .rejects = w->rejects,
        .s3 = &w->s3,
        .normalize = &w->normalize,
        .stats = &w->stats,
        .clock = &clock_system,
    };
    w->long_lines = long_lines_new(conf->limits.line_bytes);
    w->normalize = (struct normalize_options){
        .event_bytes = customers_event_bytes(w->customers),
        .line_bytes = conf->limits.line_bytes,
        .sample_bytes = conf->rejects.sample_bytes,
        .long_lines = w->long_lines,
    };
    size_t lanes = (size_t)conf->limits.lanes;
    w->lanes = zeros(lanes, sizeof(struct lane *));
    for (w->lane_count = 0; w->lane_count < lanes; w->lane_count++) {
        w->lanes[w->lane_count] = lane_new(&parts);
    }
}

static void log_plan(const struct conf *conf, const struct memory_plan *plan)
{
    enum { MIB = 1024 * 1024 };
    log_write(LOG_INFO, "memory", KV_INT("total_mib", plan->total_bytes / MIB),
              KV_INT("lanes", conf->limits.lanes), KV_INT("lane_kib", plan->lane_bytes / 1024),
              KV_INT("long_lines_mib", plan->long_bytes / MIB),
              KV_INT("inbox_mib", plan->inbox_bytes / MIB),
              KV_INT("kafka_mib", plan->kafka_bytes / MIB),
              KV_INT("limit_mib", conf->limits.memory / MIB));
}

struct worker *worker_new(const struct conf *conf, struct err *e)
{
    OWNED(worker) struct worker *w = zeros(1, sizeof(*w));
    struct memory_plan plan;
    w->conf = conf;
    memory_plan(conf, &plan);
    log_plan(conf, &plan);
    if (memory_check(conf, &plan, e) != FAIL_NONE || make_aws(w, e) != FAIL_NONE ||
        make_sink(w, e) != FAIL_NONE || make_queues(w, e) != FAIL_NONE) {
        return NULL;
    }
    w->customers = customers_new(&(struct customers_parts){.conf = conf,
                                                           .creds_settings = &w->creds_settings,
                                                           .own = w->own,
                                                           .sts = w->sts,
                                                           .sink = w->sink,
                                                           .clock = &clock_system},
                                 e);
    if (w->customers == NULL) {
        return NULL;
    }
    make_flow(w);
    return take(&w);
}

void worker_free(struct worker *w)
{
    if (w == NULL) {
        return;
    }
    sink_free(w->sink); /* reports what is left, so before whom it reports to */
    for (size_t i = 0; i < w->lane_count; i++) {
        lane_free(w->lanes[i]);
    }
    free(w->lanes);
    intake_free(w->intake);
    inbox_free(w->inbox);
    acker_free(w->acker);
    customers_free(w->customers);
    for (size_t i = 0; w->queues != NULL && i < w->conf->queue_count; i++) {
        sqs_queue_free(w->queues[i]);
        sqs_queue_free(w->polled[i]);
    }
    free(w->queues);
    free(w->polled);
    free(w->intake_queues);
    free(w->acker_queues);
    http_pool_free(w->pool);
    s3_shared_free(w->s3_shared);
    http_pool_free(w->polls_pool);
    creds_source_free(w->own);
    long_lines_free(w->long_lines);
    free(w);
}

/* ---- start ---- */

static bool check_topic(struct worker *w, const char *name, const char *customer)
{
    struct err e = {.kind = FAIL_NONE};
    switch ((int)sink_topic_check(w->sink, name, TOPIC_CHECK_MS, &e)) {
    case FAIL_NONE:
        return true;
    case FAIL_CONFIG:
    case FAIL_DENIED:
        log_write(LOG_ERROR, "topic cannot be used", KV_STR("topic", name),
                  KV_STR("customer", customer), KV_ERR(&e),
                  KV_STR("next", "records for it are not delivered until that is mended"));
        return true;
    default:
        log_write(LOG_WARN, "kafka does not answer", KV_STR("topic", name), KV_ERR(&e),
                  KV_STR("next", "topics are not checked; records wait"));
        return false;
    }
}

static void check_topics(struct worker *w)
{
    const char *before = "";
    bool more = check_topic(w, w->conf->kafka.rejects_topic, "");
    for (size_t i = 0; i < customers_count(w->customers) && more; i++) {
        struct customer *c = customers_at(w->customers, i);
        for (size_t s = 0; s < STREAMS && more; s++) {
            if (strcmp(c->topic_names[s], before) == 0) {
                continue;
            }
            before = c->topic_names[s];
            more = check_topic(w, before, c->conf->id);
            size_t most = more ? sink_topic_max_bytes(w->sink, before, TOPIC_CHECK_MS) : 0;
            if (most != 0) {
                customer_topic_takes(c, most);
            }
        }
    }
}

/* Who we are in AWS's eyes: the first question when a policy refuses us. */
static void log_identity(struct worker *w)
{
    struct err e = {.kind = FAIL_NONE};
    struct sts_identity who;
    if (sts_get_caller_identity(w->sts, w->own, &who, &e) == FAIL_NONE) {
        log_write(LOG_INFO, "identity", KV_STR("arn", who.arn), KV_STR("account", who.account),
                  KV_STR("credentials", creds_source_name(w->own)));
    } else {
        log_write(LOG_WARN, "identity unknown", KV_STR("credentials", creds_source_name(w->own)),
                  KV_ERR(&e), KV_STR("next", "tried again with the first notification"));
    }
}

void worker_start(struct worker *w)
{
    log_identity(w);
    check_topics(w);
    make_lanes(w);
    w->started = true;
    acker_start(w->acker);
    for (size_t i = 0; i < w->lane_count; i++) {
        lane_start(w->lanes[i]);
    }
    intake_start(w->intake);
    log_write(LOG_INFO, "started", KV_INT("queues", w->conf->queue_count),
              KV_INT("customers", w->conf->customer_count), KV_INT("lanes", w->lane_count));
}

/* ---- stop ---- */

static int left_ms(int64_t end)
{
    int64_t left = end - clock_mono_ms(&clock_system);
    return left > 0 ? (int)left : 0;
}

static size_t hand_back_untouched(struct worker *w)
{
    size_t count = 0;
    struct receipt *r = NULL;
    while ((r = inbox_drain(w->inbox)) != NULL) {
        acker_hand_back(w->acker, r);
        count++;
    }
    return count;
}

/* True if all lanes have ended. */
static bool wait_for_lanes(struct worker *w, int64_t end)
{
    for (size_t i = 0; i < w->lane_count; i++) {
        if (!lane_wait(w->lanes[i], left_ms(end))) {
            return false;
        }
    }
    return true;
}

static bool stop_lanes(struct worker *w, int64_t finish, int64_t end)
{
    bool all = wait_for_lanes(w, finish);
    if (!all) {
        customers_stop(w->customers);
        sink_stop(w->sink);
        for (size_t i = 0; i < w->lane_count; i++) {
            lane_stop(w->lanes[i]);
        }
        all = wait_for_lanes(w, end);
    }
    for (size_t i = 0; i < w->lane_count && all; i++) {
        lane_join(w->lanes[i]);
    }
    return all;
}

static void log_stopped(struct worker *w, size_t untouched, size_t given_up, int64_t began)
{
    uint64_t objects = 0;
    uint64_t events = 0;
    uint64_t later = 0;
    for (size_t i = 0; i < customers_count(w->customers); i++) {
        const struct stats *s = &customers_at(w->customers, i)->stats;
        objects += stats_get(&s->objects_done);
        later += stats_get(&s->objects_later);
        events += stats_get(&s->events);
    }
    log_write(LOG_INFO, "stopped", KV_INT("objects", objects), KV_INT("later", later),
              KV_INT("events", events), KV_INT("handed_back", untouched),
              KV_INT("given_up", given_up), KV_INT("ms", clock_mono_ms(&clock_system) - began));
}

bool worker_stop(struct worker *w, int grace_ms)
{
    int64_t began = clock_mono_ms(&clock_system);
    int64_t end = began + grace_ms;
    int flush_ms = grace_ms / 2 < FLUSH_RESERVE_MS ? grace_ms / 2 : FLUSH_RESERVE_MS;
    int tell_ms = grace_ms / 4 < TELL_RESERVE_MS ? grace_ms / 4 : TELL_RESERVE_MS;

    log_write(LOG_INFO, "stopping", KV_INT("grace_s", grace_ms / 1000));
    inbox_stop(w->inbox);          /* lanes begin nothing new */
    http_pool_stop(w->polls_pool); /* questions about queues; polls have their own connections */
    intake_stop(w->intake, grace_ms / 4 < FAREWELL_MS ? grace_ms / 4 : FAREWELL_MS);
    size_t untouched = hand_back_untouched(w);
    if (!stop_lanes(w, end - flush_ms, end)) {
        log_text(LOG_ERROR, "a lane hangs; what it held shows up again after its visibility");
        return false;
    }
    if (!sink_flush(w->sink, left_ms(end - tell_ms))) {
        log_write(LOG_WARN, "kafka did not acknowledge all",
                  KV_STR("next", "what is still owed for goes back to the queues"));
    }
    size_t given_up = acker_give_up(w->acker);
    if (!acker_drain(w->acker, left_ms(end) > 0 ? left_ms(end) : tell_ms)) {
        log_write(LOG_WARN, "SQS was not told of all", KV_INT("messages", acker_held(w->acker)),
                  KV_STR("next", "they show up again after their visibility"));
    }
    http_pool_stop(w->pool);
    sts_stop(w->sts);   /* a token for the brokers may be waiting for credentials */
    sink_free(w->sink); /* reports the rest: every receipt is settled now */
    w->sink = NULL;
    acker_stop(w->acker);
    log_stopped(w, untouched, given_up, began);
    return true;
}
