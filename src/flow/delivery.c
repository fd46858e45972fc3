/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery.c - an object is logged when the statement is true: "object read" when its last record
 * was given to the producer, "object done" when the brokers have acknowledged all of them.
 *
 * A report costs one decrement and a search of its partition among a few. Everything else happens
 * once per object.
 */
#include "flow/delivery.h"

#include "base/alloc.h"
#include "base/log.h"
#include "customers/customers.h"
#include "ops/ops.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_KEYS = 28, OFFSETS_BYTES = 1000 };

struct delivery *delivery_new(struct inflight *m, struct customer *c, struct span object,
                              const struct clock *clock)
{
    struct delivery *d = mem_zeros(1, sizeof(*d) + object.n + 1);
    inflight_add_customer(m, c);
    inflight_hold(m);
    d->inflight = m;
    d->customer = customer_hold(c);
    d->clock = clock;
    d->began_ms = clock_mono_ms(clock);
    atomic_init(&d->pending, 1);
    memcpy(d->object, object.p, object.n);
    d->waiting.object = d->object;
    d->waiting.pending = &d->pending;
    return d;
}

static void delivery_free(struct delivery *d)
{
    waiting_remove(d->customer, &d->waiting);
    customer_release(d->customer);
    free(d->reports.failed);
    free(d->read.version);
    free(d->read.etag);
    free(d->read.notified);
    free(d->read.detail);
    free(d->read.err);
    if (d->read.failed != NULL) {
        buf_done(&d->read.failed->waiting);
        free(d->read.failed);
    }
    free(d);
}

void delivery_hold(struct delivery *d)
{
    uint_fast64_t was = atomic_fetch_add_explicit(&d->pending, 1, memory_order_relaxed);
    assert(was != 0); /* the lane's count is still included */
    if (was == 1 && d->customer != NULL && !d->waiting.listed) {
        waiting_add(d->customer, &d->waiting, clock_mono_ms(d->clock));
    }
}

void delivery_take_back(struct delivery *d)
{
    uint_fast64_t was = atomic_fetch_sub_explicit(&d->pending, 1, memory_order_relaxed);
    assert(was > 1);
}

/* ---- Texts ---- */

struct log_keys {
    struct log_kv kv[MAX_KEYS];
    size_t n;
};

static void add(struct log_keys *l, struct log_kv kv)
{
    assert(l->n < MAX_KEYS);
    l->kv[l->n++] = kv;
}

static void add_text(struct log_keys *l, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        add(l, KV_STR(key, text));
    }
}

static void add_object(struct log_keys *l, const struct delivery *d)
{
    if (d->customer != NULL) {
        add(l, KV_SPAN("customer", d->customer->id));
    }
    add(l, KV_STR("object", d->object));
    add_text(l, "version", d->read.version);
    add_text(l, "notified_version", d->read.notified);
}

/* again: storage of a text, as long as *l. */
static void add_counts(struct log_keys *l, const struct delivery *d, char again[AGAIN_BYTES])
{
    add(l, KV_INT("lines", d->read.lines));
    add(l, KV_INT("events", d->read.events));
    add(l, KV_INT("rejects", d->read.rejects));
    add(l, KV_KNOWN("skipped", d->read.skipped > 0 ? (int64_t)d->read.skipped : -1));
    add(l, KV_INT("bytes", d->read.bytes));
    add_text(l, "read", d->read.recalled ? "at an earlier receive" : "");
    add_text(l, "read", d->read.put_back ? "in part, before its lane was taken back" : "");
    add(l, KV_INT("duration_ms", clock_mono_ms(d->clock) - d->began_ms));
    add(l, KV_KNOWN("attempts", d->read.attempts > 1 ? (int64_t)d->read.attempts : -1));
    add(l, KV_INT("receive_count", d->inflight->receive_count));
    again_write(&d->inflight->again, again);
    add_text(l, "again_because", again);
    add_text(l, "probe", d->read.probe);
}

/* Write "events.runtime/3:120..190 rejects/0:7", and " ..." if there are more. */
static void write_offsets(const struct delivery *d, char *out, size_t cap)
{
    size_t n = 0;
    for (unsigned i = 0; i < d->reports.range_count && n < cap; i++) {
        const struct ops_range *r = &d->reports.ranges[i];
        int got = snprintf(out + n, cap - n, "%s%.249s/%d:%" PRId64, i > 0 ? " " : "", r->topic,
                           (int)r->partition, r->first);
        n += got > 0 ? (size_t)got : 0;
        if (r->last != r->first && n < cap) {
            got = snprintf(out + n, cap - n, "..%" PRId64, r->last);
            n += got > 0 ? (size_t)got : 0;
        }
    }
    if (d->reports.more && n < cap) {
        (void)snprintf(out + n, cap - n, " ...");
    }
}

/* Whether a line about an object that is not done may be written: a customer's are limited. */
static bool may_log(const struct delivery *d)
{
    return d->customer == NULL || log_rate_allows(d->customer->lines, clock_mono_ms(d->clock));
}

/* Log a failed delivery: Kafka's error, and when the object is read again. */
static void log_failed(const struct delivery *d)
{
    const struct err *e = d->reports.failed;
    struct log_keys l = {.n = 0};
    char again[AGAIN_BYTES];
    if (!may_log(d)) {
        return;
    }
    add_object(&l, d);
    if (d->read.known) {
        add_counts(&l, d, again);
    }
    add(&l, KV_INT("records", d->reports.acknowledged));
    add(&l, KV_ERR(e));
    add(&l, KV_INT("retry_after_s", inflight_failed_delay_s(d->inflight, e->kind)));
    add(&l, KV_STR("next", outcome_rule(ABOUT_DELIVERY, e->kind)->next));
    log_put(e->kind == FAIL_STOPPED ? LOG_INFO : LOG_WARN,
            d->read.known ? "object later" : "reject not delivered", l.kv, l.n);
}

static const char *end_text(const struct delivery *d)
{
    if (d->read.outcome == OUTCOME_LEAVE) {
        return "object left";
    }
    switch ((int)d->read.accepted) {
    case FAIL_NONE:
        return "object done";
    case FAIL_GONE:
        return "object missing, accepted";
    case FAIL_FORMAT:
        return "object unreadable, accepted";
    default:
        return "object archived, accepted";
    }
}

/* lag_min_s: the clocks of this host and SQS contradict each other. */
static void add_lag(struct log_keys *l, const struct delivery *d)
{
    int64_t lag_ms = 0, least_ms = 0;
    if (inflight_lag(d->inflight, d->clock, &lag_ms, &least_ms)) {
        add(l, KV_INT("lag_s", lag_ms / 1000));
    } else if (d->inflight->sent_ms != 0) {
        add(l, KV_INT("lag_min_s", least_ms / 1000));
    }
}

static void log_end(const struct delivery *d)
{
    char offsets[OFFSETS_BYTES] = "";
    struct log_keys l = {.n = 0};
    char again[AGAIN_BYTES];
    bool done = d->read.outcome == OUTCOME_DONE && d->read.accepted == FAIL_NONE;
    if (!done && !may_log(d)) {
        return;
    }
    add_object(&l, d);
    add_counts(&l, d, again);
    add_lag(&l, d);
    write_offsets(d, offsets, sizeof(offsets));
    add(&l, KV_INT("records", d->reports.acknowledged));
    add_text(&l, "offsets", offsets);
    if (d->read.err != NULL) {
        add(&l, KV_ERR(d->read.err));
    }
    add_text(&l, "damage", d->read.detail);
    if (d->read.outcome == OUTCOME_LEAVE) {
        add(&l, KV_INT("retry_after_s", d->read.delay_s));
        add(&l, KV_STR("next", d->read.next));
    }
    log_put(d->read.outcome == OUTCOME_DONE ? LOG_INFO : LOG_WARN, end_text(d), l.kv, l.n);
}

static void log_read(const struct delivery *d, const struct delivery_end *end)
{
    bool later = d->read.outcome == OUTCOME_LATER;
    bool stopped = end->err->kind == FAIL_STOPPED;
    enum log_level level = !later ? LOG_DEBUG : (stopped ? LOG_INFO : LOG_WARN);
    struct log_keys l = {.n = 0};
    char again[AGAIN_BYTES];
    if (!log_wants(level) || (later && !may_log(d))) {
        return;
    }
    add_object(&l, d);
    add_counts(&l, d, again);
    struct err e = end->said ? err_brief(end->err) : *end->err;
    if (e.kind != FAIL_NONE) {
        add(&l, KV_ERR(&e));
    }
    add_text(&l, "damage", end->damage);
    if (later) {
        int64_t probe_ms = d->customer != NULL ? customer_probe_in_ms(d->customer) : -1;
        add(&l, KV_KNOWN("next_probe_s", probe_ms < 0 ? -1 : probe_ms / 1000));
        add(&l, KV_INT("retry_after_s", end->action->delay_s));
        add(&l, KV_STR("next", outcome_next(end->action->rule, end->err)));
    }
    log_put(level, later ? "object later" : "object read", l.kv, l.n);
}

/* ---- Counters ---- */

static void count_read(const struct delivery *d, const struct delivery_end *end)
{
    struct stats *s = d->customer->stats;
    stats_add(&s->errors[end->err->kind], end->err->kind != FAIL_NONE);
    stats_add(&s->lines, end->lines); /* 0 if the object was not read */
    stats_add(&s->object_bytes, end->bytes);
    stats_add(&s->text_bytes, end->text_bytes);
    stats_add(&s->objects_later, d->read.outcome == OUTCOME_LATER);
}

static void count_end(const struct delivery *d)
{
    struct stats *s = d->customer->stats;
    if (d->reports.failed != NULL) {
        stats_add(&s->errors[d->reports.failed->kind], 1);
        customer_returned(d->customer, CUSTOMER_TOPIC, d->reports.failed);
        stats_add(&s->objects_later, 1);
    } else if (d->read.outcome == OUTCOME_LEAVE) {
        stats_add(&s->objects_left, 1);
        if (d->read.err != NULL) {
            customer_left(d->customer, d->read.err);
        }
    } else if (d->read.accepted != FAIL_NONE) {
        stats_add(&s->objects_accepted, 1);
    } else {
        stats_add(&s->objects_done, 1);
        stats_add(&s->live_bytes, d->inflight->lower ? 0 : d->read.bytes);
        stats_add(&s->objects_empty, d->read.lines == 0);
    }
}

/* ---- The ops event ---- */

/*
 * Of an object that is done or left, or received again after a delay: then with the version of its
 * notification, as far as it is known.
 */
static void send_ops_event(const struct delivery *d)
{
    static const char *const types[] = {[OUTCOME_DONE] = OPS_OBJECT_DONE,
                                        [OUTCOME_LATER] = OPS_OBJECT_LATER,
                                        [OUTCOME_LEAVE] = OPS_OBJECT_LEFT};
    struct ops *ops = customer_ops(d->customer);
    const struct inflight *m = d->inflight;
    bool later = d->read.outcome == OUTCOME_LATER || d->reports.failed != NULL;
    enum outcome outcome = later ? OUTCOME_LATER : d->read.outcome;
    int64_t lag_ms = 0, least_ms = 0;
    if (ops == NULL) {
        return;
    }
    bool known = inflight_lag(m, d->clock, &lag_ms, &least_ms);
    ops_object_ended(
        ops, types[outcome],
        &(struct ops_object){.customer = d->customer->id,
                             .name = span_str(d->object),
                             .left = outcome == OUTCOME_LEAVE,
                             .later = later,
                             .accepted = d->read.accepted,
                             .version = d->read.version,
                             .etag = d->read.etag,
                             .notified_version = d->read.notified,
                             .bytes = d->read.bytes,
                             .lines = d->read.lines,
                             .events = d->read.events,
                             .rejects = d->read.rejects,
                             .records = d->reports.acknowledged,
                             .ranges = d->reports.ranges,
                             .range_count = d->reports.range_count,
                             .more_ranges = d->reports.more,
                             .read_ms = d->read.read_ms,
                             .total_ms = clock_mono_ms(d->clock) - d->began_ms,
                             .lag_ms = known ? lag_ms : -1,
                             .queue = m->queue_name,
                             .message_id = m->id,
                             .receive_count = m->receive_count,
                             .attempts = d->read.attempts,
                             .err = d->reports.failed != NULL ? d->reports.failed : d->read.err,
                             .damage = d->read.detail});
}

/* ---- The end ---- */

static struct err *err_dup(const struct err *e)
{
    struct err *copy = mem_zeros(1, sizeof(*copy));
    *copy = *e;
    return copy;
}

/* The counts of the log line. */
static void set_counts(struct delivery *d, const struct delivery_end *end)
{
    static const struct failed_read none;
    const struct failed_read *before = end->before != NULL ? end->before : &none;
    d->read.recalled = end->before != NULL;
    d->read.lines = before->lines + end->lines;
    d->read.skipped = end->skipped;
    d->read.events = before->events + end->events;
    d->read.rejects = before->rejects + end->rejects;
    d->read.bytes = before->bytes + end->bytes;
}

/* Take the memory of the result that is remembered at the end. */
static void set_failed(struct delivery *d, struct failed_read *failed)
{
    d->read.failed = mem_zeros(1, sizeof(*d->read.failed));
    *d->read.failed = *failed;
    failed->waiting = (struct buf)BUF_INIT(0);
}

void delivery_read(struct delivery *d, const struct delivery_end *end)
{
    bool failed = end->err->kind != FAIL_NONE;
    bool other = end->notified.n != 0 && !span_eq(end->notified, span_str(end->version));
    d->read.known = true;
    d->read.outcome = end->action->outcome;
    d->read.accepted = d->read.outcome == OUTCOME_DONE ? end->err->kind : FAIL_NONE;
    d->read.attempts = end->attempts;
    d->read.probe = end->probe;
    set_counts(d, end);
    d->read.version = mem_text(end->version);
    d->read.etag = mem_text(end->etag);
    d->read.read_ms = clock_mono_ms(d->clock) - d->began_ms;
    d->read.notified = other && !failed ? mem_text_of(end->notified) : NULL;
    d->read.detail = end->damage[0] != '\0' ? mem_text(end->damage) : NULL;
    d->read.err = failed ? err_dup(end->err) : NULL;
    if (d->read.outcome == OUTCOME_LEAVE) {
        d->read.delay_s = end->action->delay_s;
        d->read.next = end->action->rule->next;
    }
    if (end->failed != NULL) {
        set_failed(d, end->failed);
    }
    atomic_store(&d->waiting.read, true);
    count_read(d, end);
    log_read(d, end);
}

void delivery_put_back(struct delivery *d, const struct delivery_end *end)
{
    d->read.known = true;
    d->read.put_back = true;
    d->read.attempts = end->attempts;
    set_counts(d, end);
    d->read.version = mem_text(end->version);
    d->read.etag = mem_text(end->etag);
    d->read.read_ms = clock_mono_ms(d->clock) - d->began_ms;
    atomic_store(&d->waiting.read, true);
}

/* Nothing is pending. An object that will be read again was logged before. */
static void log_and_count_end(const struct delivery *d)
{
    if (d->read.put_back && d->reports.failed == NULL) {
        return;
    }
    if (d->read.known && d->read.outcome == OUTCOME_LATER) {
        send_ops_event(d);
        return;
    }
    if (d->read.known) {
        count_end(d);
    }
    if (d->reports.failed != NULL) {
        log_failed(d);
        if (d->read.known && d->customer != NULL) {
            send_ops_event(d);
        }
    } else if (d->read.known) {
        log_end(d);
        send_ops_event(d);
    }
}

/*
 * The object is not read again if all that came of it is acknowledged. Otherwise its records have
 * to be produced again.
 */
static void remember_failed(const struct delivery *d)
{
    if (d->read.failed != NULL && d->read.outcome == OUTCOME_LEAVE && d->reports.failed == NULL) {
        failed_objects_add(d->customer, span_str(d->object), span_str(d->read.version),
                           d->read.failed);
    }
}

static void delivery_end(struct delivery *d)
{
    struct inflight *m = d->inflight;
    struct err failed = {.kind = FAIL_NONE};
    if (d->reports.failed != NULL) {
        failed.kind = d->reports.failed->kind;
    }
    log_and_count_end(d);
    remember_failed(d);
    delivery_free(d);
    if (inflight_release(m, &failed)) {
        inflight_settle(m);
    }
}

void delivery_release(struct delivery *d)
{
    uint_fast64_t was = atomic_fetch_sub_explicit(&d->pending, 1, memory_order_acq_rel);
    assert(was != 0);
    if (was == 1) {
        delivery_end(d);
    }
}

static void keep_offset(struct delivery *d, const struct sink_report *r)
{
    unsigned i = 0;
    struct ops_range *ranges = d->reports.ranges;
    while (i < d->reports.range_count &&
           (ranges[i].partition != r->partition || ranges[i].topic != r->topic)) {
        i++;
    }
    if (i == DELIVERY_RANGES) {
        d->reports.more = true;
    } else if (i == d->reports.range_count) {
        ranges[i] = (struct ops_range){r->topic, r->partition, r->offset, r->offset, 1};
        d->reports.range_count++;
    } else {
        ranges[i].records++;
        ranges[i].first = r->offset < ranges[i].first ? r->offset : ranges[i].first;
        ranges[i].last = r->offset > ranges[i].last ? r->offset : ranges[i].last;
    }
}

void delivery_reported(struct delivery *d, const struct sink_report *r)
{
    if (r->err->kind == FAIL_NONE) {
        d->reports.acknowledged++;
        if (r->offset >= 0) {
            keep_offset(d, r);
        }
    } else if (d->reports.failed == NULL) {
        d->reports.failed = err_dup(r->err);
    } else if (d->reports.failed->kind == FAIL_AGAIN && r->err->kind != FAIL_AGAIN) {
        *d->reports.failed = *r->err; /* other records of its batch failed only because of it */
    }
    delivery_release(d);
}
