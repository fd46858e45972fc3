/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink.c - producing, and the life cycle of a sink. librdkafka's own queue limits are set to their
 * maximum (sink_conf.c); the limit is the budget (net/sink_budget.h).
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/lock.h"
#include "net/sink_conf.h"
#include "sink_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    FRAMING_BYTES = 512, /* batch and request headers of a record that is alone in a request */
    VALUES = 7,
    BATCHES_BUSY = 2, /* one in flight, one that fills */
};

/* ---- Counting and waiting ---- */

void sink_release(struct sink *s, uint64_t records, uint64_t bytes)
{
    sink_budget_release(s->budget, bytes);
    atomic_fetch_sub(&s->records, records);
    if (atomic_load(&s->shared.flushing) > 0) {
        mutex_lock(&s->shared.lock);
        cond_broadcast(&s->shared.reported);
        mutex_unlock(&s->shared.lock);
    }
}

struct wait_context {
    const struct sink *sink;
    unsigned restarts; /* when the wait began */
};

static enum err_kind wait_is_over(const void *context, struct err *e)
{
    const struct wait_context *w = context;
    if (atomic_load(&w->sink->stopped)) {
        return err_set(e, FAIL_STOPPED, "kafka: stopped while the queue was full");
    }
    if (atomic_load(&w->sink->fatal) || atomic_load(&w->sink->restarts) != w->restarts) {
        return err_set(e, FAIL_AGAIN, "kafka: the producer has failed");
    }
    return FAIL_NONE;
}

/* *r->full: there is no room now, and the caller does not want to wait. */
static enum err_kind reserve_bytes(struct sink *s, uint64_t bytes, const struct sink_record *r,
                                   struct err *e)
{
    struct wait_context context = {s, atomic_load(&s->restarts)};
    struct sink_wait wait = {.over = wait_is_over, .context = &context, .pulse = r->pulse};
    if (r->full != NULL && !sink_budget_try(s->budget, bytes)) {
        *r->full = true;
        return FAIL_NONE;
    }
    enum err_kind kind =
        r->full != NULL ? FAIL_NONE : sink_budget_reserve(s->budget, bytes, &wait, e);
    if (kind == FAIL_NONE) {
        atomic_fetch_add(&s->records, 1);
    }
    return kind;
}

/* ---- Producing ---- */

static void *bytes_of(struct span s)
{
    return (void *)(uintptr_t)s.p; /* librdkafka's union lacks the const; it copies */
}

static rd_kafka_headers_t *headers_of(const struct sink_record *r)
{
    assert(r->header_count <= SINK_MAX_HEADERS);
    if (r->header_count == 0) {
        return NULL;
    }
    rd_kafka_headers_t *h = rd_kafka_headers_new(r->header_count);
    for (size_t i = 0; i < r->header_count; i++) {
        const struct sink_header *one = &r->headers[i];
        (void)rd_kafka_header_add(h, one->name, -1, one->value.p, (ssize_t)one->value.n);
    }
    return h;
}

/* The headers become librdkafka's, also on failure. */
rd_kafka_resp_err_t sink_hand_over(struct sink *s, rd_kafka_topic_t *topic,
                                   const struct sink_record *r, rd_kafka_headers_t *headers)
{
    int64_t at = sink_topic_timestamp(rd_kafka_topic_opaque(topic), r->timestamp_ms);
    rd_kafka_vu_t v[VALUES] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {bytes_of(r->key), r->key.n}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {bytes_of(r->value), r->value.n}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = r->tag},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = at},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    rd_kafka_error_t *error =
        rd_kafka_produceva(s->producer.handle, v, headers ? VALUES : VALUES - 1);
    if (error == NULL) {
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    if (headers != NULL) {
        rd_kafka_headers_destroy(headers);
    }
    return code;
}

/* The bytes reserved for a record until its report. */
static uint64_t cost_of(const struct sink_record *r)
{
    uint64_t n = r->key.n + r->value.n;
    for (size_t i = 0; i < r->header_count; i++) {
        n += strlen(r->headers[i].name) + r->headers[i].value.n + SINK_HEADER_BYTES;
    }
    return n;
}

enum err_kind sink_produce(struct sink *s, const struct sink_record *r, struct err *e)
{
    assert(((uintptr_t)r->tag & 1) == 0);
    uint64_t n = r->key.n + r->value.n;
    if (n > s->max_bytes) {
        return err_set(e, FAIL_LIMIT, "kafka: a record of %llu bytes is above message.max.bytes",
                       (unsigned long long)n);
    }
    uint64_t cost = cost_of(r);
    enum err_kind kind = reserve_bytes(s, cost, r, e);
    if (kind != FAIL_NONE || (r->full != NULL && *r->full)) {
        return kind;
    }

    rw_lock_read(&s->handles);
    rd_kafka_resp_err_t code = sink_hand_over(s, r->topic->handle, r, headers_of(r));
    rw_lock_unlock(&s->handles);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return FAIL_NONE;
    }
    sink_release(s, 1, cost);
    struct err why;
    sink_err(&why, code, NULL);
    return err_set(e, why.kind, "%s", why.text);
}

/* ---- Life cycle ---- */

static void shared_init(struct sink *s)
{
    rw_lock_init(&s->handles);
    sink_statistics_init(s);
    mutex_init(&s->shared.lock);
    cond_init(&s->shared.reported);
}

static void sink_destroy(struct sink *s)
{
    cond_done(&s->shared.reported);
    mutex_done(&s->shared.lock);
    rw_lock_done(&s->handles);
    sink_statistics_done(s);
    rd_kafka_conf_destroy(s->conf);
    free(s->poll.reports);
    free(s);
}

static struct sink *sink_make(const struct sink_config *c, rd_kafka_conf_t *conf)
{
    struct sink *s = mem_zeros(1, sizeof(*s));
    size_t max = sink_conf_size(conf, "message.max.bytes");
    s->conf = conf;
    s->max_bytes = max > FRAMING_BYTES ? max - FRAMING_BYTES : max;
    s->partition_bytes = sink_conf_size(conf, "batch.size") * BATCHES_BUSY;
    s->budget = c->budget;
    s->delivered = c->delivered;
    s->event = c->event;
    s->context = c->context;
    s->token = c->token;
    s->token_context = c->token_context;
    s->scram = sink_conf_is_scram(conf);
    shared_init(s);
    sink_token_conf(s, conf);
    return s;
}

struct sink *sink_new(const struct sink_config *c, struct err *e)
{
    struct sink_properties properties = {
        .list = c->properties, .client_id = c->client_id, .token = c->token != NULL};
    rd_kafka_conf_t *conf = sink_conf_new(&properties, e);
    if (conf == NULL) {
        return NULL;
    }
    struct sink *s = sink_make(c, conf);
    if (sink_producer_make(s, &s->producer, e) != FAIL_NONE) {
        sink_destroy(s);
        return NULL;
    }
    thread_start(&s->poller, "sink", sink_poll_main, s);
    return s;
}

void sink_stop(struct sink *s)
{
    atomic_store(&s->stopped, true);
    sink_budget_wake(s->budget);
}

bool sink_flush(struct sink *s, int timeout_ms)
{
    int64_t end = clock_mono_ms(&clock_system) + timeout_ms;
    rw_lock_read(&s->handles);
    (void)rd_kafka_flush(s->producer.handle, timeout_ms); /* ignores linger.ms */
    rw_lock_unlock(&s->handles);

    mutex_lock(&s->shared.lock);
    atomic_fetch_add(&s->shared.flushing, 1);
    int64_t left = 0;
    while (atomic_load(&s->records) > 0 && (left = end - clock_mono_ms(&clock_system)) > 0) {
        (void)cond_wait_ms(&s->shared.reported, &s->shared.lock, (int)left);
    }
    atomic_fetch_sub(&s->shared.flushing, 1);
    mutex_unlock(&s->shared.lock);
    return atomic_load(&s->records) == 0;
}

void sink_free(struct sink *s)
{
    if (s == NULL) {
        return;
    }
    sink_stop(s);
    atomic_store(&s->closing, true);
    rw_lock_read(&s->handles);
    rd_kafka_queue_yield(s->producer.events);
    rw_lock_unlock(&s->handles);
    thread_join(s->poller);

    sink_topics_free(s);
    sink_producer_destroy(&s->producer);
    sink_destroy(s);
}

void sink_depth(const struct sink *s, uint64_t *records, uint64_t *bytes)
{
    *records = atomic_load(&s->records);
    *bytes = sink_budget_used(s->budget);
}

bool sink_reached(const struct sink *s)
{
    return atomic_load(&s->reached);
}

unsigned sink_lost_brokers(const struct sink *s)
{
    return atomic_load(&s->lost_brokers);
}

unsigned sink_restarts(const struct sink *s)
{
    return atomic_load(&s->restarts);
}

const struct pulse *sink_pulse(const struct sink *s)
{
    return &s->pulse;
}

size_t sink_max_bytes(const struct sink *s)
{
    return s->max_bytes;
}

size_t sink_partition_bytes(const struct sink *s)
{
    return s->partition_bytes;
}
