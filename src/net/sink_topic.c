/* SPDX-License-Identifier: Apache-2.0 */
/* Topics by name, and queries of the brokers about one. */
#include "sink_priv.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/lock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_TOPIC_NAME = 249,
    INVALID_DIFFERENT_RECORD = -138, /* RD_KAFKA_RESP_ERR__..., which headers before 2.4 lack */
};

/* With the topic properties of the producer, as without a configuration of its own. */
static rd_kafka_topic_t *handle_new(rd_kafka_t *producer, struct sink_topic *t)
{
    rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(producer);
    rd_kafka_topic_conf_set_opaque(conf, t);
    rd_kafka_topic_t *handle = rd_kafka_topic_new(producer, t->name, conf);
    assert(handle != NULL);
    return handle;
}

static struct sink_topic *topic_find_locked(struct sink *s, const char *name)
{
    size_t number = text_index_find(&s->shared.topic_numbers, span_str(name));
    return number != TEXT_INDEX_NONE ? s->shared.topics[number] : NULL;
}

static struct sink_topic *topic_add_locked(struct sink *s, const char *name)
{
    struct sink_topic *t = mem_zeros(1, sizeof(*t));
    t->name = mem_text(name);
    t->handle = handle_new(s->producer.handle, t);
    size_t count = s->shared.topic_count++;
    s->shared.topics = (struct sink_topic **)mem_grow((void *)s->shared.topics, count + 1,
                                                      sizeof(struct sink_topic *));
    s->shared.topics[count] = t;
    text_index_add(&s->shared.topic_numbers, span_str(t->name), count);
    return t;
}

struct sink_topic *sink_topic(struct sink *s, const char *name)
{
    size_t n = strlen(name);
    assert(n > 0 && n <= MAX_TOPIC_NAME);
    rw_lock_read(&s->handles);
    mutex_lock(&s->shared.lock);
    struct sink_topic *t = topic_find_locked(s, name);
    if (t == NULL) {
        t = topic_add_locked(s, name);
    }
    mutex_unlock(&s->shared.lock);
    rw_lock_unlock(&s->handles);
    return t;
}

void sink_topic_read_facts(const rd_kafka_ConfigResource_t *topic, struct sink_topic_facts *out)
{
    size_t n = 0;
    const rd_kafka_ConfigEntry_t **entry = rd_kafka_ConfigResource_configs(topic, &n);
    for (size_t i = 0; i < n; i++) {
        const char *name = rd_kafka_ConfigEntry_name(entry[i]);
        const char *value = rd_kafka_ConfigEntry_value(entry[i]);
        if (value != NULL && strcmp(name, "max.message.bytes") == 0) {
            out->max_bytes = strtoul(value, NULL, 10);
        } else if (value != NULL && strcmp(name, "retention.ms") == 0) {
            out->retention_ms = strtoll(value, NULL, 10);
        } else if (value != NULL && strcmp(name, "cleanup.policy") == 0) {
            err_copy(out->cleanup_policy, sizeof(out->cleanup_policy), span_str(value));
        }
    }
}

/* ev: NULL if none came in time. */
static rd_kafka_resp_err_t read_description(rd_kafka_event_t *ev, struct sink_topic_facts *out)
{
    size_t n = 0;
    const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(ev);
    if (result == NULL || rd_kafka_event_error(ev) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return result == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(ev);
    }
    const rd_kafka_ConfigResource_t **got = rd_kafka_DescribeConfigs_result_resources(result, &n);
    if (n == 0 || rd_kafka_ConfigResource_error(got[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return n == 0 ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_ConfigResource_error(got[0]);
    }
    sink_topic_read_facts(got[0], out);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t describe_topic(rd_kafka_t *producer, const char *name, int timeout_ms,
                                          struct sink_topic_facts *out)
{
    rd_kafka_queue_t *answers = rd_kafka_queue_new(producer);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(producer, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_ConfigResource_t *ask = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, NULL, 0);
    rd_kafka_DescribeConfigs(producer, &ask, 1, options, answers);

    rd_kafka_event_t *ev = rd_kafka_queue_poll(answers, timeout_ms);
    rd_kafka_resp_err_t code = read_description(ev, out);
    rd_kafka_event_destroy(ev);
    rd_kafka_ConfigResource_destroy(ask);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(answers);
    return code;
}

enum err_kind sink_topic_describe(struct sink *s, const char *name, int timeout_ms,
                                  struct sink_topic_facts *out, struct err *e)
{
    struct err why;
    *out = (struct sink_topic_facts){.max_bytes = 0};
    rw_lock_read(&s->handles);
    rd_kafka_resp_err_t code = describe_topic(s->producer.handle, name, timeout_ms, out);
    rw_lock_unlock(&s->handles);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return FAIL_NONE;
    }
    sink_err(&why, code, NULL);
    return err_set(e, why.kind, "configuration of topic %s: %s", name, why.text);
}

static rd_kafka_resp_err_t ask_for(rd_kafka_t *producer, rd_kafka_topic_t *topic, int timeout_ms)
{
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(producer, 0, topic, &md, timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && md->topic_cnt > 0) {
        code = md->topics[0].err;
    }
    if (md != NULL) {
        rd_kafka_metadata_destroy(md);
    }
    return code;
}

enum err_kind sink_topic_check(struct sink *s, const char *name, int timeout_ms, struct err *e)
{
    struct sink_topic *t = sink_topic(s, name);
    rw_lock_read(&s->handles);
    rd_kafka_resp_err_t code = ask_for(s->producer.handle, t->handle, timeout_ms);
    rw_lock_unlock(&s->handles);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return FAIL_NONE;
    }
    struct err why;
    sink_err(&why, code, NULL);
    return err_set(e, why.kind, "topic %s: %s", name, why.text);
}

/* The first partition without a leader, else the first one that lacks replicas. */
static enum err_kind explain_partitions(const rd_kafka_metadata_topic_t *t, struct err *e)
{
    const rd_kafka_metadata_partition_t *fewer = NULL;
    for (int i = 0; i < t->partition_cnt; i++) {
        const rd_kafka_metadata_partition_t *p = &t->partitions[i];
        if (p->leader < 0 || p->err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
            (void)err_set(e, FAIL_AGAIN, "kafka: topic %s: partition %d has no leader", t->topic,
                          (int)p->id);
            err_copy(e->code, sizeof(e->code), SPAN("LEADER_NOT_AVAILABLE"));
            return FAIL_AGAIN;
        }
        fewer = fewer == NULL && p->isr_cnt < p->replica_cnt ? p : fewer;
    }
    if (fewer == NULL) {
        return FAIL_NONE;
    }
    err_copy(e->code, sizeof(e->code), SPAN("NOT_ENOUGH_REPLICAS"));
    return err_set(e, FAIL_AGAIN, "kafka: topic %s: partition %d has %d of %d replicas in sync",
                   t->topic, (int)fewer->id, fewer->isr_cnt, fewer->replica_cnt);
}

enum err_kind sink_topic_explain(struct sink *s, const char *name, int timeout_ms, struct err *e)
{
    struct sink_topic *t = sink_topic(s, name);
    const struct rd_kafka_metadata *md = NULL;
    rw_lock_read(&s->handles);
    rd_kafka_resp_err_t code = rd_kafka_metadata(s->producer.handle, 0, t->handle, &md, timeout_ms);
    rw_lock_unlock(&s->handles);
    err_clear(e);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        sink_err(e, code, NULL);
        return e->kind;
    }
    if (md->topic_cnt > 0 && md->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        sink_err(e, md->topics[0].err, NULL);
        (void)err_wrap(e, "topic %s", name);
    } else if (md->topic_cnt > 0) {
        (void)explain_partitions(&md->topics[0], e);
    }
    rd_kafka_metadata_destroy(md);
    return e->kind;
}

/* ---- Timestamps that brokers refuse ---- */

/* With another cause than the timestamp the second attempt fails too. */
bool sink_timestamp_refused(const rd_kafka_message_t *m)
{
    if (m->err != RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP &&
        m->err != RD_KAFKA_RESP_ERR_INVALID_RECORD) {
        return (int)m->err == INVALID_DIFFERENT_RECORD;
    }
    struct sink_topic *t = rd_kafka_topic_opaque(m->rkt);
    atomic_store(&t->refused_ms, clock_wall_ms(&clock_system));
    return true;
}

int64_t sink_topic_timestamp(const struct sink_topic *t, int64_t timestamp_ms)
{
    int64_t refused_ms = atomic_load_explicit(&t->refused_ms, memory_order_relaxed);
    return timestamp_ms <= refused_ms ? 0 : timestamp_ms;
}

void sink_topics_move(struct sink *s)
{
    for (size_t i = 0; i < s->shared.topic_count; i++) {
        struct sink_topic *t = s->shared.topics[i];
        rd_kafka_topic_t *old = t->handle;
        t->handle = handle_new(s->producer.handle, t);
        rd_kafka_topic_destroy(old);
    }
}

void sink_topics_free(struct sink *s)
{
    for (size_t i = 0; i < s->shared.topic_count; i++) {
        struct sink_topic *t = s->shared.topics[i];
        rd_kafka_topic_destroy(t->handle);
        free(t->name);
        free(t);
    }
    free((void *)s->shared.topics);
    text_index_done(&s->shared.topic_numbers);
}
