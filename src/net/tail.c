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

#include <stdio.h>
#include <stdlib.h>

/* A partition that is read since a time. */
struct tail_part {
    const char *topic;
    int32_t partition;
    bool at_low;  /* it begins with the first record that the brokers have */
    bool deleted; /* ... which is not the first that was produced */
    bool ended;
    int64_t first_ms; /* timestamp of the first record that was read; -1: none yet */
};

struct tail {
    struct tail_config config;
    struct tail_part *parts; /* with since_ms only */
    size_t part_count, ended;
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
    if (t->config.since_ms != 0) {
        (void)rd_kafka_conf_set(conf, "enable.partition.eof", "true", NULL, 0);
    }
    if (t->config.ahead_kib != 0) {
        char kib[16];
        (void)snprintf(kib, sizeof(kib), "%d", t->config.ahead_kib);
        (void)rd_kafka_conf_set(conf, "queued.max.messages.kbytes", kib, NULL, 0);
        (void)rd_kafka_conf_set(conf, "fetch.max.bytes", "1048576", NULL, 0); /* raised if less than
                                                                   message.max.bytes */
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

/* The first record of a time or later; the end if there is none. */
static rd_kafka_resp_err_t offset_of_time(struct tail *t, const char *name, int32_t at,
                                          int64_t *offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, name, at)->offset = t->config.since_ms;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(t->handle, list, t->config.timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = list->elems[0].err;
        *offset = list->elems[0].offset >= 0 ? list->elems[0].offset : *offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

static void note_part(struct tail *t, const char *name, int32_t at, int64_t low, int64_t begin)
{
    t->parts = mem_grow(t->parts, t->part_count + 1, sizeof(*t->parts));
    t->parts[t->part_count++] = (struct tail_part){
        .topic = name, .partition = at, .at_low = begin == low, .deleted = low > 0, .first_ms = -1};
}

/* Read partition `at` of the last topic from its end, or from a time on. */
static rd_kafka_resp_err_t partition_start(struct tail *t, const char *name, int32_t at)
{
    int64_t low = 0;
    int64_t high = 0;
    rd_kafka_resp_err_t code =
        rd_kafka_query_watermark_offsets(t->handle, name, at, &low, &high, t->config.timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && t->config.since_ms != 0) {
        code = offset_of_time(t, name, at, &high);
        note_part(t, rd_kafka_topic_name(t->topics[t->count - 1]), at, low, high);
    }
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
    free(t->parts);
    free(t->topics);
    free(t->partitions);
    free(t);
}

static struct tail_part *part_of(struct tail *t, const rd_kafka_message_t *m)
{
    for (size_t i = 0; i < t->part_count; i++) {
        struct tail_part *p = &t->parts[i];
        if (p->partition == m->partition && strcmp(p->topic, rd_kafka_topic_name(m->rkt)) == 0) {
            return p;
        }
    }
    return NULL;
}

static void note_message(struct tail *t, int64_t time_ms)
{
    struct tail_part *p = t->part_count != 0 ? part_of(t, t->last) : NULL;
    if (p == NULL) {
        return;
    }
    if (t->last->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        t->ended += !p->ended;
        p->ended = true;
    } else if (t->last->err == RD_KAFKA_RESP_ERR_NO_ERROR && p->first_ms < 0) {
        p->first_ms = time_ms;
    }
}

bool tail_ended(const struct tail *t)
{
    return t->config.since_ms != 0 && t->ended == t->part_count;
}

/*
 * A partition of which records were deleted has all since its first one. If none was deleted
 * anywhere, the topic begins with the first record of any partition.
 */
int64_t tail_begin_ms(const struct tail *t)
{
    int64_t first_ms = INT64_MAX;
    int64_t deleted_ms = t->config.since_ms;
    for (size_t i = 0; i < t->part_count; i++) {
        const struct tail_part *p = &t->parts[i];
        if (!p->at_low) {
            first_ms = t->config.since_ms;
        } else if (p->first_ms >= 0) {
            first_ms = p->first_ms < first_ms ? p->first_ms : first_ms;
            deleted_ms = p->deleted && p->first_ms > deleted_ms ? p->first_ms : deleted_ms;
        }
    }
    return first_ms > deleted_ms ? first_ms : deleted_ms;
}

bool tail_next(struct tail *t, int timeout_ms, struct tail_record *out, struct err *e)
{
    rd_kafka_timestamp_type_t kind;
    release_last(t);
    err_clear(e);
    t->last = rd_kafka_consume_queue(t->records, timeout_ms);
    if (t->last == NULL) {
        return false;
    }
    int64_t time_ms = rd_kafka_message_timestamp(t->last, &kind);
    note_message(t, time_ms);
    if (t->last->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        struct err why;
        sink_err(&why, t->last->err, NULL);
        if (why.kind == FAIL_DENIED) {
            (void)topic_failed(rd_kafka_topic_name(t->last->rkt), t->last->err, e);
        }
        return false;
    }
    *out = (struct tail_record){.topic = rd_kafka_topic_name(t->last->rkt),
                                .partition = t->last->partition,
                                .offset = t->last->offset,
                                .time_ms = time_ms,
                                .key = span_of(t->last->key, t->last->key_len),
                                .value = span_of(t->last->payload, t->last->len)};
    return true;
}
