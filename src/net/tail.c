/* SPDX-License-Identifier: Apache-2.0 */
/*
 * librdkafka's simple consumer: it has no group, so nothing is committed, and other consumers
 * see nothing of it. Offsets are asked for once, so that nothing is missed that is produced
 * afterwards.
 */
#include "net/tail.h"

#include "base/alloc.h"
#include "net/sink_conf.h"
#include "sink_priv.h"

#include <stdlib.h>

struct tail {
    struct tail_config config;
    rd_kafka_t *handle;
    rd_kafka_queue_t *records;
    rd_kafka_topic_t **topics;
    int32_t *partitions; /* by topic: how many are read */
    size_t count;
    rd_kafka_message_t *last;
};

static void tail_token(rd_kafka_t *handle, const char *config UNUSED, void *opaque)
{
    struct tail *t = opaque;
    (void)sink_token_set(handle, t->config.token, t->config.token_context);
}

static rd_kafka_conf_t *tail_conf(struct tail *t, struct err *e)
{
    struct sink_properties p = {t->config.properties, t->config.client_id, t->config.token != NULL};
    rd_kafka_conf_t *conf = sink_conf_new(&p, e);
    if (conf == NULL) {
        return NULL;
    }
    rd_kafka_conf_set_events(conf, 0);
    rd_kafka_conf_set_opaque(conf, t);
    if (t->config.token != NULL) {
        rd_kafka_conf_enable_sasl_queue(conf, 1);
        rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, tail_token);
    }
    return conf;
}

static enum err_kind handle_new(struct tail *t, struct err *e)
{
    char text[256] = "";
    rd_kafka_conf_t *conf = tail_conf(t, e);
    if (conf == NULL) {
        return e->kind;
    }
    t->handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
    if (t->handle == NULL) {
        rd_kafka_conf_destroy(conf);
        return err_set(e, FAIL_CONFIG, "kafka: %s", text);
    }
    sink_token_start(t->handle);
    t->records = rd_kafka_queue_new(t->handle);
    return FAIL_NONE;
}

static enum err_kind topic_failed(const char *name, rd_kafka_resp_err_t code, struct err *e)
{
    struct err why;
    sink_err(&why, code, NULL);
    *e = why;
    return err_wrap(e, "topic %s", name);
}

/* Read partition `at` of the last topic from its end. */
static rd_kafka_resp_err_t partition_start(struct tail *t, const char *name, int32_t at)
{
    int64_t low = 0;
    int64_t high = 0;
    rd_kafka_resp_err_t code =
        rd_kafka_query_watermark_offsets(t->handle, name, at, &low, &high, t->config.timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR &&
        rd_kafka_consume_start_queue(t->topics[t->count - 1], at, high, t->records) != 0) {
        code = rd_kafka_last_error();
    }
    return code;
}

static enum err_kind topic_start(struct tail *t, const char *name, struct err *e)
{
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(t->handle, name, NULL);
    t->topics[t->count++] = topic;
    rd_kafka_resp_err_t code = rd_kafka_metadata(t->handle, 0, topic, &md, t->config.timeout_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return topic_failed(name, code, e);
    }
    int32_t count = md->topic_cnt > 0 ? md->topics[0].partition_cnt : 0;
    code = md->topic_cnt > 0 ? md->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    rd_kafka_metadata_destroy(md);
    int32_t *started = &t->partitions[t->count - 1];
    while (code == RD_KAFKA_RESP_ERR_NO_ERROR && *started < count) {
        code = partition_start(t, name, *started);
        *started += code == RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? FAIL_NONE : topic_failed(name, code, e);
}

struct tail *tail_new(const struct tail_config *c, const char *const *topics, size_t count,
                      struct err *e)
{
    OWNED(tail) struct tail *t = mem_zeros(1, sizeof(*t));
    t->config = *c;
    t->topics = mem_zeros(count, sizeof(rd_kafka_topic_t *));
    t->partitions = mem_zeros(count, sizeof(*t->partitions));
    if (handle_new(t, e) != FAIL_NONE) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (topic_start(t, topics[i], e) != FAIL_NONE) {
            return NULL;
        }
    }
    return take(&t);
}

static void release_last(struct tail *t)
{
    if (t->last != NULL) {
        rd_kafka_message_destroy(t->last);
        t->last = NULL;
    }
}

void tail_free(struct tail *t)
{
    if (t == NULL) {
        return;
    }
    release_last(t);
    for (size_t i = 0; i < t->count; i++) {
        for (int32_t p = 0; p < t->partitions[i]; p++) {
            (void)rd_kafka_consume_stop(t->topics[i], p);
        }
        rd_kafka_topic_destroy(t->topics[i]);
    }
    if (t->handle != NULL) {
        rd_kafka_queue_destroy(t->records);
        rd_kafka_destroy(t->handle);
    }
    free(t->topics);
    free(t->partitions);
    free(t);
}

bool tail_next(struct tail *t, int timeout_ms, struct tail_record *out, struct err *e)
{
    release_last(t);
    err_clear(e);
    t->last = rd_kafka_consume_queue(t->records, timeout_ms);
    if (t->last == NULL) {
        return false;
    }
    if (t->last->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        struct err why;
        sink_err(&why, t->last->err, NULL);
        if (why.kind == FAIL_DENIED) {
            (void)topic_failed(rd_kafka_topic_name(t->last->rkt), t->last->err, e);
        }
        return false;
    }
    *out = (struct tail_record){rd_kafka_topic_name(t->last->rkt), t->last->partition,
                                t->last->offset, span_of(t->last->payload, t->last->len)};
    return true;
}
