/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops.c - the producer is another one than that of the records: a topic that does not accept ops
 * events then delays neither a record nor the shutdown, and its fatal errors concern no object.
 *
 * Events that wait for their acknowledgement are bounded, and each customer has its share of the
 * bound (base/share.h): otherwise one with many small objects would cause the events of all others
 * to be dropped while the brokers are slow. The bytes are counted in a table by a hash of the
 * customer's id, so that the report of an event needs no customer. Two customers of one row have
 * one share.
 */
#include "ops/ops.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/share.h"
#include "codec/url.h"
#include "net/sink_budget.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { SOURCE_BYTES = 1024, CLIENT_BYTES = 320, SAY_EVERY_MS = 60 * 1000, SHARES = 4096 };

/* The tag of an event. */
struct ops_share {
    struct ops *ops;
    atomic_uint_fast64_t bytes; /* not acknowledged */
};

struct ops {
    struct sink_budget *budget;
    struct sink *sink;
    struct sink_topic *topic;
    char *name; /* of the topic */
    const struct clock *clock;
    struct buf source;
    struct ops_share *shares; /* [SHARES], by a hash of the customer's id */
    int64_t started_ms;
    atomic_uint_fast64_t number;
    atomic_uint_fast64_t acknowledged;
    atomic_uint_fast64_t dropped;
    struct {
        pthread_mutex_t lock;
        uint64_t unsaid; /* dropped since the last line */
        bool said;
        int64_t said_ms;
        struct err why; /* of the last one */
    } drops;
};

/* ---- What is dropped ---- */

static void log_drops(uint64_t count, const struct err *why)
{
    log_write(LOG_WARN, "ops events dropped", KV_INT("events", count), KV_ERR(why),
              KV_STR("next", "delivery is not affected, but readers of the topic miss these "
                             "objects; check the topic of kafka.ops_topic and the brokers"));
}

static void drop(struct ops *o, const struct err *why)
{
    uint64_t count = 0;
    int64_t now = clock_mono_ms(o->clock);
    (void)atomic_fetch_add(&o->dropped, 1);
    mutex_lock(&o->drops.lock);
    o->drops.unsaid++;
    o->drops.why = *why;
    if (!o->drops.said || now - o->drops.said_ms >= SAY_EVERY_MS) {
        count = o->drops.unsaid;
        o->drops.unsaid = 0;
        o->drops.said = true;
        o->drops.said_ms = now;
    }
    mutex_unlock(&o->drops.lock);
    if (count != 0) {
        log_drops(count, why);
    }
}

static void on_reported(const struct sink_report *r)
{
    struct ops_share *share = r->tag;
    struct ops *o = share->ops;
    (void)atomic_fetch_sub(&share->bytes, r->bytes);
    if (r->err->kind == FAIL_NONE) {
        (void)atomic_fetch_add(&o->acknowledged, 1);
    } else {
        drop(o, r->err);
    }
}

/* ---- Sending ---- */

static struct ops_share *share_of(const struct ops *o, struct span customer)
{
    return &o->shares[hash_span(HASH_SEED, customer) % SHARES];
}

static bool has_room(const struct ops *o, const struct ops_share *share, uint64_t bytes)
{
    return share_allows(sink_budget_limit(o->budget), sink_budget_used(o->budget),
                        atomic_load(&share->bytes), bytes);
}

static void produce(struct ops *o, struct span key, struct span value)
{
    struct ops_share *share = share_of(o, key);
    struct sink_header type = {"content-type", SPAN("application/cloudevents+json; charset=UTF-8")};
    struct err e = {.kind = FAIL_NONE};
    bool full = false;
    struct sink_record record = {
        .topic = o->topic,
        .key = key,
        .value = value,
        .tag = share,
        .headers = &type,
        .header_count = 1,
        .full = &full,
    };
    if (!has_room(o, share, key.n + value.n)) {
        (void)err_set(&e, FAIL_LIMIT, "too many events of the customer wait for acknowledgement");
        drop(o, &e);
        return;
    }
    (void)atomic_fetch_add(&share->bytes, key.n + value.n); /* before its report may come */
    if (sink_produce(o->sink, &record, &e) == FAIL_NONE && !full) {
        return;
    }
    (void)atomic_fetch_sub(&share->bytes, key.n + value.n);
    if (full) {
        (void)err_set(&e, FAIL_LIMIT, "too many events wait for acknowledgement");
    }
    drop(o, &e);
}

void ops_send(struct ops *o, const struct ops_event *ev)
{
    if (o == NULL) {
        return;
    }
    struct buf out = BUF_INIT(OPS_EVENT_BYTES);
    struct ops_stamp stamp = {
        .source = buf_span(&o->source),
        .started_ms = o->started_ms,
        .number = atomic_fetch_add(&o->number, 1) + 1,
        .now_ms = clock_wall_ms(o->clock),
    };
    ops_event_write(&out, &stamp, ev);
    if (out.overflowed) {
        struct err e = {.kind = FAIL_NONE};
        (void)err_set(&e, FAIL_LIMIT, "an event is above %d bytes", (int)OPS_EVENT_BYTES);
        drop(o, &e);
    } else {
        produce(o, ev->customer, buf_span(&out));
    }
    buf_done(&out);
}

void ops_object_ended(struct ops *o, const char *type, const struct ops_object *object)
{
    if (o == NULL) {
        return;
    }
    struct buf data = BUF_INIT(OPS_EVENT_BYTES);
    ops_object_write(&data, object);
    ops_send(o, &(struct ops_event){.type = type,
                                    .customer = object->customer,
                                    .subject = object->name,
                                    .data = buf_span(&data)});
    buf_done(&data);
}

void ops_customer_paused(struct ops *o, struct span customer, const struct err *why,
                         int64_t pause_ms)
{
    struct buf data = BUF_INIT(OPS_EVENT_BYTES);
    ops_paused_write(&data, customer, why, pause_ms);
    ops_send(o, &(struct ops_event){
                    .type = OPS_CUSTOMER_PAUSED, .customer = customer, .data = buf_span(&data)});
    buf_done(&data);
}

void ops_customer_resumed(struct ops *o, struct span customer, int64_t paused_ms)
{
    struct buf data = BUF_INIT(OPS_EVENT_BYTES);
    ops_resumed_write(&data, customer, paused_ms);
    ops_send(o, &(struct ops_event){
                    .type = OPS_CUSTOMER_RESUMED, .customer = customer, .data = buf_span(&data)});
    buf_done(&data);
}

void ops_verify_changed(struct ops *o, struct span customer, const struct ops_verify *v)
{
    struct buf data = BUF_INIT(OPS_EVENT_BYTES);
    ops_verify_write(&data, customer, v);
    ops_send(o, &(struct ops_event){
                    .type = OPS_VERIFY_CHANGED, .customer = customer, .data = buf_span(&data)});
    buf_done(&data);
}

void ops_reconciled(struct ops *o, struct span customer, const struct ops_reconcile *r)
{
    struct buf data = BUF_INIT(OPS_EVENT_BYTES);
    ops_reconcile_write(&data, customer, r);
    ops_send(o, &(struct ops_event){
                    .type = OPS_RECONCILED, .customer = customer, .data = buf_span(&data)});
    buf_done(&data);
}

void ops_worker_changed(struct ops *o, const char *type, const struct ops_worker *w)
{
    struct buf data = BUF_INIT(OPS_EVENT_BYTES);
    ops_worker_write(&data, w);
    ops_send(o, &(struct ops_event){.type = type, .data = buf_span(&data)});
    buf_done(&data);
}

/* ---- Life cycle ---- */

static void ops_destroy(struct ops *o)
{
    sink_budget_free(o->budget);
    buf_done(&o->source);
    mutex_done(&o->drops.lock);
    free(o->shares);
    free(o->name);
    free(o);
}

struct ops *ops_new(const struct ops_settings *s, struct err *e)
{
    char client[CLIENT_BYTES];
    (void)snprintf(client, sizeof(client), "asymptote-ingest-%s-ops", s->host);
    struct ops *o = mem_zeros(1, sizeof(*o));
    mutex_init(&o->drops.lock);
    o->clock = s->clock;
    o->started_ms = clock_wall_ms(s->clock);
    o->shares = mem_zeros(SHARES, sizeof(*o->shares));
    for (size_t i = 0; i < SHARES; i++) {
        o->shares[i].ops = o;
    }
    o->source = (struct buf)BUF_INIT(SOURCE_BYTES);
    buf_add(&o->source, SPAN("urn:asymptote-ingest:worker:"));
    url_encode(&o->source, span_str(s->host));
    o->budget = sink_budget_new(s->queue_bytes);
    o->sink = sink_new(&(struct sink_config){.properties = s->properties,
                                             .budget = o->budget,
                                             .client_id = client,
                                             .delivered = on_reported,
                                             .token = s->token,
                                             .token_context = s->token_context},
                       e);
    if (o->sink == NULL) {
        ops_destroy(o);
        (void)err_wrap(e, "kafka.ops_topic");
        return NULL;
    }
    o->name = mem_text(s->topic);
    o->topic = sink_topic(o->sink, o->name);
    return o;
}

void ops_free(struct ops *o)
{
    if (o == NULL) {
        return;
    }
    sink_free(o->sink); /* reports what is left */
    if (o->drops.unsaid != 0) {
        log_drops(o->drops.unsaid, &o->drops.why);
    }
    ops_destroy(o);
}

enum err_kind ops_check(struct ops *o, int timeout_ms, struct err *e)
{
    return sink_topic_check(o->sink, o->name, timeout_ms, e);
}

bool ops_flush(struct ops *o, int timeout_ms)
{
    return o == NULL || sink_flush(o->sink, timeout_ms);
}

bool ops_statistics(struct ops *o, struct buf *out)
{
    return o != NULL && sink_statistics(o->sink, out);
}

void ops_counts(const struct ops *o, struct ops_counts *out)
{
    *out = (struct ops_counts){.acknowledged = o != NULL ? atomic_load(&o->acknowledged) : 0,
                               .dropped = o != NULL ? atomic_load(&o->dropped) : 0};
}
