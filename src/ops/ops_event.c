/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_event.c - the members have a fixed order, and one that is not known is absent. So an event is
 * compared as a text in tests, and a reader never sees an empty text or a negative number.
 */
#include "ops/ops_event.h"

#include "event/record/json_write.h"

#include <inttypes.h>
#include <string.h>

/* ---- Members ---- */

static void add_string(struct buf *out, const char *name, const char *text)
{
    json_member_text(out, name, text != NULL ? span_str(text) : SPAN(""));
}

static void add_known(struct buf *out, const char *name, int64_t n)
{
    if (n >= 0) {
        json_member_number(out, name, (uint64_t)n);
    }
}

static void add_error(struct buf *out, const struct err *e)
{
    if (e == NULL || e->kind == FAIL_NONE) {
        return;
    }
    json_member(out, "error");
    buf_add_byte(out, '{');
    add_string(out, "class", err_kind_name(e->kind));
    add_string(out, "code", e->code);
    add_string(out, "detail", e->text);
    buf_add_byte(out, '}');
}

/* ---- The envelope ---- */

/* CloudEvents 1.0.2, §3: context attributes; JSON Event Format 1.0.2, §3. */
void ops_event_write(struct buf *out, const struct ops_stamp *s, const struct ops_event *ev)
{
    buf_add_byte(out, '{');
    add_string(out, "specversion", "1.0");
    json_member(out, "id");
    buf_addf(out, "\"%" PRId64 "-%" PRIu64 "\"", s->started_ms, s->number);
    json_member_text(out, "source", s->source);
    add_string(out, "type", ev->type);
    json_member_text(out, "subject", ev->subject);
    json_member_time(out, "time", s->now_ms);
    add_string(out, "datacontenttype", "application/json");
    add_string(out, "dataschema", "urn:asymptote-ingest:ops-events:1");
    json_member_text(out, "partitionkey", ev->customer);
    json_member(out, "data");
    buf_add(out, ev->data);
    buf_add_byte(out, '}');
}

/* ---- Data ---- */

static void add_ranges(struct buf *out, const struct ops_object *o)
{
    json_member(out, "partitions");
    buf_add_byte(out, '[');
    for (size_t i = 0; i < o->range_count; i++) {
        const struct ops_range *r = &o->ranges[i];
        buf_add(out, i != 0 ? SPAN(",{") : SPAN("{"));
        add_string(out, "topic", r->topic);
        json_member_number(out, "partition", (uint64_t)r->partition);
        json_member_number(out, "first_offset", (uint64_t)r->first);
        json_member_number(out, "last_offset", (uint64_t)r->last);
        json_member_number(out, "records", r->records);
        buf_add_byte(out, '}');
    }
    buf_add_byte(out, ']');
    if (o->more_ranges) {
        json_member_bool(out, "more_partitions", true);
    }
}

/* A bucket's name contains no slash. */
static void add_place(struct buf *out, struct span name)
{
    static const size_t scheme = sizeof("s3://") - 1;
    struct span rest = name.n > scheme ? span_from(name, scheme) : SPAN("");
    const char *slash = rest.n != 0 ? memchr(rest.p, '/', rest.n) : NULL;
    if (slash != NULL) {
        size_t n = (size_t)(slash - rest.p);
        json_member_text(out, "bucket", span_of(rest.p, n));
        json_member_text(out, "key", span_from(rest, n + 1));
    }
}

static const char *result_name(const struct ops_object *o)
{
    if (o->left || o->later) {
        return o->left ? "left" : "later";
    }
    switch ((int)o->accepted) {
    case FAIL_NONE:
        return "read";
    case FAIL_GONE:
        return "missing";
    case FAIL_FORMAT:
        return "unreadable";
    default:
        return "archived";
    }
}

void ops_object_write(struct buf *out, const struct ops_object *o)
{
    buf_add_byte(out, '{');
    json_member_text(out, "customer", o->customer);
    add_string(out, "result", result_name(o));
    add_place(out, o->name);
    add_string(out, "version", o->version);
    add_string(out, "etag", o->etag);
    add_string(out, "notified_version", o->notified_version);
    json_member_number(out, "bytes", o->bytes);
    json_member_number(out, "lines", o->lines);
    json_member_number(out, "events", o->events);
    json_member_number(out, "rejects", o->rejects);
    json_member_number(out, "records", o->records);
    add_ranges(out, o);
    add_known(out, "read_ms", o->read_ms);
    add_known(out, "total_ms", o->total_ms);
    add_known(out, "lag_ms", o->lag_ms);
    add_string(out, "queue", o->queue);
    add_string(out, "message_id", o->message_id);
    json_member_number(out, "receive_count", o->receive_count);
    json_member_number(out, "attempts", o->attempts);
    add_error(out, o->err);
    add_string(out, "damage", o->damage);
    buf_add_byte(out, '}');
}

void ops_paused_write(struct buf *out, struct span customer, const struct err *why,
                      int64_t pause_ms)
{
    buf_add_byte(out, '{');
    json_member_text(out, "customer", customer);
    add_known(out, "pause_ms", pause_ms);
    add_error(out, why);
    buf_add_byte(out, '}');
}

void ops_resumed_write(struct buf *out, struct span customer, int64_t paused_ms)
{
    buf_add_byte(out, '{');
    json_member_text(out, "customer", customer);
    add_known(out, "paused_ms", paused_ms);
    buf_add_byte(out, '}');
}

void ops_verify_write(struct buf *out, struct span customer, const struct ops_verify *v)
{
    buf_add_byte(out, '{');
    json_member_text(out, "customer", customer);
    add_string(out, "check", v->check);
    add_string(out, "result", v->result);
    add_string(out, "before", v->before);
    add_error(out, v->err);
    buf_add_byte(out, '}');
}

/* Keys as far as the event has room for them. */
static void add_keys(struct buf *out, const struct ops_reconcile *r)
{
    enum { ROOM = OPS_EVENT_BYTES / 2 }; /* a key has 6 KiB at most when it is escaped */
    size_t n = 0;
    json_member(out, "keys");
    buf_add_byte(out, '[');
    for (; n < r->key_count && out->n < ROOM; n++) {
        buf_add(out, n != 0 ? SPAN(",") : SPAN(""));
        json_write_string(out, r->keys[n]);
    }
    buf_add_byte(out, ']');
    if (n < r->missing) {
        json_member_bool(out, "more_keys", true);
    }
}

void ops_reconcile_write(struct buf *out, struct span customer, const struct ops_reconcile *r)
{
    bool made = r->err == NULL || r->err->kind == FAIL_NONE;
    buf_add_byte(out, '{');
    json_member_text(out, "customer", customer);
    add_string(out, "result", !made ? "not_compared" : r->missing != 0 ? "missing" : "complete");
    if (made) {
        json_member_number(out, "compared", r->compared);
        json_member_number(out, "missing", r->missing);
        json_member_number(out, "missing_before", r->before);
        json_member_time(out, "from", r->from_ms);
        json_member_time(out, "to", r->to_ms);
        add_keys(out, r);
    }
    add_error(out, r->err);
    buf_add_byte(out, '}');
}

void ops_worker_write(struct buf *out, const struct ops_worker *w)
{
    buf_add_byte(out, '{');
    add_string(out, "version", w->version);
    add_known(out, "rules", w->rules);
    json_member_number(out, "customers", w->customers);
    json_member_number(out, "queues", w->queues);
    json_member_number(out, "lanes", w->lanes);
    buf_add_byte(out, '}');
}
