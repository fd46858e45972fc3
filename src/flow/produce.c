/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/produce.h"

#include "codec/timestamp.h"
#include "codec/utf8.h"

#include <assert.h>

enum { CLOUDEVENTS_HEADERS = 6 };

void produce_init(struct produce *p, const struct produce_parts *parts)
{
    p->parts = *parts;
    p->key = (struct buf)BUF_INIT(64 * PRODUCE_KEY_BYTES);
}

void produce_done(struct produce *p)
{
    buf_done(&p->key);
}

void produce_object(struct produce *p, struct span object)
{
    p->object = object;
}

static enum stream stream_of(const struct output *record)
{
    return span_eq(record->key.category, SPAN("inventory")) ? STREAM_INVENTORY : STREAM_RUNTIME;
}

/*
 * The key of an event, truncated if it is too long. That is sufficient to order records; it still
 * begins with the customer.
 */
static struct span event_key(struct produce *p, const struct customer *c,
                             const struct output *record)
{
    struct span values[PLACEHOLDERS] = {
        [PLACE_CUSTOMER] = c->id,
        [PLACE_STREAM] = stream_names[stream_of(record)],
        [PLACE_CATEGORY] = record->key.category,
        [PLACE_HARNESS] = record->key.harness,
        [PLACE_SESSION] = record->key.session,
        [PLACE_USER] = record->key.user,
        [PLACE_HOSTNAME] = record->key.hostname,
    };
    buf_clear(&p->key);
    for (int i = PLACE_CATEGORY; i < PLACEHOLDERS; i++) {
        values[i] = utf8_cut(values[i], PRODUCE_KEY_BYTES);
    }
    template_expand(customers_key(p->parts.customers), values, &p->key);
    return utf8_cut(buf_span(&p->key), PRODUCE_KEY_BYTES);
}

static int64_t event_timestamp(const struct produce *p, const struct output *record)
{
    int64_t now = clock_wall_ms(p->parts.clock);
    int64_t at = record->key.time_ns / 1000000;
    return !p->parts.conf->kafka.event_timestamp || at <= 0 ? 0 : (at < now ? at : now);
}

/* The greatest age is compared with the topic's retention. timestamp_ms: 0: not the event's. */
static void note_age(const struct produce *p, const struct customer *c, int64_t timestamp_ms)
{
    if (timestamp_ms != 0) {
        uint64_t age = (uint64_t)(clock_wall_ms(p->parts.clock) - timestamp_ms);
        if (age > stats_get(&c->stats->oldest_event_ms)) {
            stats_set(&c->stats->oldest_event_ms, age);
        }
    }
}

/* *full: there is none now, and `full` forbids to wait for it. */
static enum err_kind reserve_share(struct produce *p, struct customer *c, size_t bytes, bool *full,
                                   struct err *e)
{
    if (c == NULL || customer_try_reserve(c, bytes)) {
        return FAIL_NONE;
    }
    if (full != NULL) {
        *full = true;
        return FAIL_NONE;
    }
    return customer_reserve(c, bytes, p->parts.pulse, e);
}

static enum err_kind give_record(struct produce *p, struct delivery *d, struct sink_record *out,
                                 bool *full, struct err *e)
{
    struct customer *c = d->customer;
    size_t bytes = out->key.n + out->value.n;
    out->tag = d;
    out->pulse = p->parts.pulse;
    out->full = full;
    enum err_kind kind = reserve_share(p, c, bytes, full, e);
    if (kind != FAIL_NONE || (full != NULL && *full)) {
        return kind;
    }
    delivery_hold(d);
    kind = sink_produce(p->parts.sink, out, e);
    if (kind != FAIL_NONE || (full != NULL && *full)) {
        delivery_take_back(d);
        if (c != NULL) {
            customer_take_back(c, bytes);
        }
    }
    return kind;
}

static enum err_kind produce_event(struct produce *p, struct delivery *d,
                                   const struct output *record, bool *full, struct err *e)
{
    const struct customer *c = d->customer;
    char time[TIMESTAMP_BYTES];
    struct sink_header headers[CLOUDEVENTS_HEADERS];
    struct sink_record out = {
        .topic = c->topics[stream_of(record)],
        .key = event_key(p, c, record),
        .value = record->value,
        .timestamp_ms = event_timestamp(p, record),
        .headers = headers,
    };
    note_age(p, c, out.timestamp_ms);
    if (p->parts.conf->kafka.cloudevents) {
        struct timestamp at = timestamp_from_object(record->key.time_ns);
        out.header_count = CLOUDEVENTS_HEADERS;
        headers[0] = (struct sink_header){"ce_specversion", SPAN("1.0")};
        headers[1] = (struct sink_header){"ce_id", span_str(record->key.id)};
        headers[2] = (struct sink_header){"ce_source", p->object};
        headers[3] = (struct sink_header){"ce_type", record->key.action};
        headers[4] = (struct sink_header){"ce_time", timestamp_write(&at, time)};
        headers[5] = (struct sink_header){"content-type", SPAN("application/json")};
    }
    return give_record(p, d, &out, full, e);
}

/* To an operator. */
static void show(struct produce *p, const struct customer *c, const struct output *record)
{
    tap_offer(p->parts.tap,
              &(struct tap_record){.customer = c != NULL ? c->id : SPAN(""),
                                   .value = record->value,
                                   .reject = record->kind != OUTPUT_EVENT},
              clock_mono_ms(p->parts.clock));
}

enum err_kind produce_record(struct produce *p, struct delivery *d, const struct output *record,
                             bool *full, struct err *e)
{
    const struct customer *c = d->customer;
    struct stats *stats = c != NULL ? c->stats : p->parts.stats;
    enum err_kind kind = FAIL_NONE;
    if (record->kind == OUTPUT_EVENT) {
        assert(c != NULL); /* only rejects may have no customer */
        kind = produce_event(p, d, record, full, e);
    } else {
        struct sink_record out = {
            .topic = p->parts.rejects,
            .key = c != NULL ? c->id : SPAN("_unknown"),
            .value = record->value,
        };
        kind = give_record(p, d, &out, full, e);
    }
    if (full != NULL && *full) {
        return kind;
    }
    if (tap_is_on(p->parts.tap) && kind == FAIL_NONE) {
        show(p, c, record);
    }
    if (kind == FAIL_NONE && record->kind == OUTPUT_EVENT) {
        p->events++;
        p->forgotten += record->ordinal_forgotten;
        p->without_time += record->time_from_object;
        p->replaced += record->text_replaced;
        p->duplicate += record->names_duplicate;
        p->dropped += record->members_dropped;
    } else if (kind == FAIL_NONE) {
        stats_add(&stats->rejects[record->reason], record->count);
    }
    return kind;
}

void produce_count(struct produce *p, struct customer *c)
{
    stats_add(&c->stats->events, p->events);
    stats_add(&c->stats->ordinals_forgotten, p->forgotten);
    stats_add(&c->stats->times_from_object, p->without_time);
    stats_add(&c->stats->texts_replaced, p->replaced);
    stats_add(&c->stats->names_duplicate, p->duplicate);
    stats_add(&c->stats->members_dropped, p->dropped);
    stats_add(&c->stats->records_skipped, p->skipped);
    p->events = 0;
    p->forgotten = 0;
    p->without_time = 0;
    p->replaced = 0;
    p->duplicate = 0;
    p->dropped = 0;
    p->skipped = 0;
}

void produce_delivered(struct customer *c, size_t bytes, const struct err *e)
{
    if (c == NULL) {
        return;
    }
    if (e->kind == FAIL_NONE) {
        stats_add(&c->stats->records_acked, 1);
        customer_acknowledged(c);
    } else {
        stats_add(&c->stats->records_failed, 1);
        if (e->kind == FAIL_LIMIT) {
            customer_topic_takes(c, bytes); /* the next attempt makes a reject of it */
        }
        const struct outcome_rule *rule = outcome_rule(ABOUT_DELIVERY, e->kind);
        (void)customer_refused(
            c,
            &(struct customer_refusal){
                .party = CUSTOMER_TOPIC, .mark = rule->mark, .about = SPAN(""), .next = rule->next},
            e);
    }
    customer_unreserve(c, bytes);
}
