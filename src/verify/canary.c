/* SPDX-License-Identifier: Apache-2.0 */
/*
 * canary: from the ends of the topics on, wait for a record of the named object. Nothing is
 * written: the customer puts the object, and the running worker reads it. If no record comes, the
 * bucket and the worker's metrics say how far it came.
 */
#include "verify_priv.h"

#include "base/clock.h"
#include "customers/filter.h"

#include <inttypes.h>
#include <stdio.h>

enum { READ_MS = 250, LOOK_MS = 2000, QUIET_MS = 1500 };

struct canary {
    struct verify_subject *subject;
    const struct verify_canary *want;
    struct tail *tail;
    bool there_before;
    char version_before[256];
    bool uploaded;
    int64_t uploaded_ms; /* Last-Modified; S3 gives whole seconds */
    int64_t looked_ms;   /* monotonic */
    unsigned events, rejects;
    int64_t first_ms; /* wall clock, when the first record was seen */
    int64_t last_ms;  /* monotonic, of the last one */
    char where[300];  /* of the first one: topic, partition, offset */
};

/* Read one byte of the object: which version of it there is. False: none that can be read. */
static bool look(struct canary *c, struct s3_peek *peek)
{
    struct err e = {0};
    struct s3_object o = subject_object(c->subject, span_str(c->want->key));
    c->looked_ms = clock_mono_ms(&clock_system);
    bool there = s3_peek(c->subject->s3, &o, c->subject->reader, 1, peek, &e) == FAIL_NONE;
    return there && peek->meta.modified_ns > 0;
}

/* Note an upload that came since the beginning. */
static void look_again(struct canary *c)
{
    struct s3_peek peek;
    if (c->uploaded || !look(c, &peek)) {
        return;
    }
    int64_t ms = peek.meta.modified_ns / 1000000;
    bool other = strncmp(peek.meta.version, c->version_before, sizeof(c->version_before) - 1) != 0;
    if (!c->there_before || other || ms > c->uploaded_ms) {
        c->uploaded = true;
        c->uploaded_ms = ms;
    }
}

static void look_first(struct canary *c)
{
    struct s3_peek peek;
    c->there_before = look(c, &peek);
    if (c->there_before) {
        c->uploaded_ms = peek.meta.modified_ns / 1000000;
        (void)snprintf(c->version_before, sizeof(c->version_before), "%.255s", peek.meta.version);
    }
}

/* ---- The records ---- */

static bool is_ours(const struct canary *c, const struct tail_record *r)
{
    return memmem(r->value.p, r->value.n, c->want->mark.p, c->want->mark.n) != NULL;
}

/* A record of an earlier upload may come late. */
static void note_record(struct canary *c, const struct tail_record *r)
{
    look_again(c);
    if (!c->uploaded) {
        return;
    }
    if (c->events + c->rejects == 0) {
        c->first_ms = clock_wall_ms(&clock_system);
        (void)snprintf(c->where, sizeof(c->where), "%.249s/%d:%" PRId64, r->topic,
                       (int)r->partition, r->offset);
    }
    c->last_ms = clock_mono_ms(&clock_system);
    if (strcmp(r->topic, c->subject->parts->conf->kafka.rejects_topic) == 0) {
        c->rejects++;
    } else {
        c->events++;
    }
}

/* Read the topics until the object's records have come. False, and an error: they cannot be read.
 */
static bool await_records(struct canary *c, struct err *e)
{
    int64_t end = clock_mono_ms(&clock_system) + c->want->wait_ms;
    for (;;) {
        struct tail_record r;
        if (tail_next(c->tail, READ_MS, &r, e)) {
            if (is_ours(c, &r)) {
                note_record(c, &r);
            }
        } else if (e->kind != FAIL_NONE) {
            return false;
        }
        int64_t now = clock_mono_ms(&clock_system);
        bool any = c->events + c->rejects > 0;
        if (now >= end || (any && now - c->last_ms > QUIET_MS)) {
            return true;
        }
        if (!any && now - c->looked_ms > LOOK_MS) {
            look_again(c);
        }
    }
}

/* ---- What came of it ---- */

/* How far the worker came with an object for which no record was seen. */
static const char *where_is_it(const struct canary *c)
{
    struct err e = {0};
    const char *url = c->subject->parts->status_url;
    OWNED(status) struct status *s = url != NULL ? status_new(url, &e) : NULL;
    if (s == NULL) {
        return "whether a worker runs is not known here (metrics.listen)";
    }
    if (!status_is_current(s, c->subject->parts->conf)) {
        return "the worker runs with another number of customers than this configuration, so it "
               "may not know this one: reload it";
    }
    struct status_customer of = status_find(s, c->subject->customer);
    if (of.received_ms < c->uploaded_ms) {
        return "no message has come in the customer's queue since: check the bucket's "
               "notifications and the queue's policy";
    }
    if (of.notified_ms < c->uploaded_ms) {
        return "messages came since, but none for an object of the customer: check bucket, prefix "
               "and queue of its entry, and reload the worker if the entry is new";
    }
    if (of.paused) {
        return "the worker has paused the customer: the log says why";
    }
    return of.delivered_ms < c->uploaded_ms
               ? "its notification came, but nothing is delivered since: the log has the object"
               : "notifications were delivered since, but no record of this object came: the log "
                 "has the object";
}

/* An object that was put before the request is not told from one of an earlier canary. */
static void report_no_upload(const struct canary *c, struct verify_line *out)
{
    int seconds = c->want->wait_ms / 1000;
    if (!c->there_before) {
        line_set(out, VERIFY_FAIL, "no upload was seen in %d s", seconds);
        return;
    }
    int64_t age_ms = clock_wall_ms(&clock_system) - c->uploaded_ms;
    line_set(out, VERIFY_FAIL,
             "no upload was seen in %d s: the object is there since %" PRId64
             " s ago, before this began; put it again while verify waits, or another key",
             seconds, age_ms > 0 ? age_ms / 1000 : 0);
}

static void report(const struct canary *c, struct verify_line *out)
{
    if (!c->uploaded) {
        report_no_upload(c, out);
        return;
    }
    if (c->events + c->rejects == 0) {
        int64_t age_ms = clock_wall_ms(&clock_system) - c->uploaded_ms;
        line_set(out, VERIFY_FAIL, "uploaded %" PRId64 " s ago, and no record came: %s",
                 age_ms > 0 ? age_ms / 1000 : 0, where_is_it(c));
        return;
    }
    int64_t ms = c->first_ms > c->uploaded_ms ? c->first_ms - c->uploaded_ms : 0;
    line_set(out, c->events > 0 ? VERIFY_OK : VERIFY_FAIL,
             "%" PRId64 ".%" PRId64 " s from upload to Kafka: %u events, %u rejects, from %s on",
             ms / 1000, ms % 1000 / 100, c->events, c->rejects, c->where);
}

/* Whether the worker would read such an object. */
static bool is_readable(const struct verify_subject *s, const char *key, struct verify_line *out)
{
    size_t n = strlen(s->customer->prefix);
    if (strncmp(key, "s3://", 5) == 0) {
        line_set(out, VERIFY_FAIL, "the key names another bucket than %s", s->customer->bucket);
        return false;
    }
    if (strncmp(key, s->customer->prefix, n) != 0 || key[n] != '/') {
        line_set(out, VERIFY_FAIL, "the key is not below the prefix %s/", s->customer->prefix);
        return false;
    }
    if (filter_ignores(s->customer, span_str(key))) {
        line_set(out, VERIFY_FAIL, "the worker ignores this key: only and ignore of its entry");
        return false;
    }
    return true;
}

void check_canary(struct verify_subject *s, struct verify_line *out)
{
    struct err e = {0};
    const char *topics[VERIFY_TOPICS];
    struct canary c = {.subject = s, .want = s->parts->canary};
    if (!line_needs_role(s, out)) {
        return;
    }
    if (!s->topics.exist) {
        line_set(out, VERIFY_SKIP, "not every topic is known to exist");
        return;
    }
    line_tried(out, "upload of s3://%s/%s by the customer", s->customer->bucket, c.want->key);
    if (!is_readable(s, c.want->key, out)) {
        return;
    }
    for (size_t i = 0; i < s->topics.count; i++) {
        topics[i] = s->topics.names[i];
    }
    OWNED(tail) struct tail *tail = tail_new(&c.want->kafka, topics, s->topics.count, &e);
    c.tail = tail;
    look_first(&c);
    if (tail != NULL) {
        c.want->waiting(s->customer->bucket, c.want->key, c.want->wait_ms);
    }
    if (tail == NULL || !await_records(&c, &e)) {
        line_failed(out, &e);
        return;
    }
    report(&c, out);
}
