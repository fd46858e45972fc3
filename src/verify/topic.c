/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of the topics of a customer: those of its events, and that of rejects. Nothing is
 * produced.
 */
#include "verify_priv.h"

#include "base/clock.h"
#include "codec/template.h"

#include <stdio.h>
#include <string.h>

enum { TOPIC_MS = 5000, SILENT_MS = 60 * 1000 };

/* Room for key and headers beside an event, as the worker has it. */
enum { RECORD_ROOM_BYTES = 1024 };

static void add_topic(struct verify_subject *s, const char *name)
{
    for (size_t i = 0; i < s->topics.count; i++) {
        if (strcmp(s->topics.names[i], name) == 0) {
            return;
        }
    }
    (void)snprintf(s->topics.names[s->topics.count++], TOPIC_NAME_BYTES, "%s", name);
}

/* conf_load has checked that the names are valid. */
static void find_topics(struct verify_subject *s)
{
    OWNED(template)
    struct template *t =
        template_new(span_str(s->customer->topic), placeholder_names, TOPIC_PLACEHOLDERS, NULL);
    for (size_t stream = 0; stream < STREAMS && t != NULL; stream++) {
        struct buf name = BUF_INIT(TOPIC_NAME_BYTES);
        struct span values[TOPIC_PLACEHOLDERS] = {span_str(s->customer->id), stream_names[stream]};
        template_expand(t, values, &name);
        add_topic(s, name.p);
        buf_done(&name);
    }
    add_topic(s, s->parts->conf->kafka.rejects_topic);
}

/* Whether no broker answered another customer's check a short time ago: do not wait again. */
static bool is_silent(struct verify_subject *s, struct verify_line *out)
{
    int64_t at = atomic_load(&s->worker->silent_ms);
    if (at == 0 || clock_mono_ms(&clock_system) - at > SILENT_MS) {
        return false;
    }
    line_set(out, VERIFY_FAIL, "no broker answered the check of another customer");
    return true;
}

void check_topic_exists(struct verify_subject *s, struct verify_line *out)
{
    struct err e = {0};
    if (s->parts->sink == NULL) {
        line_failed(out, s->parts->sink_err);
        return;
    }
    if (is_silent(s, out)) {
        return;
    }
    find_topics(s);
    for (size_t i = 0; i < s->topics.count; i++) {
        line_tried(out, "metadata of topic %s", s->topics.names[i]);
        if (sink_topic_check(s->parts->sink, s->topics.names[i], TOPIC_MS, &e) != FAIL_NONE) {
            if (e.kind == FAIL_AGAIN) {
                atomic_store(&s->worker->silent_ms, clock_mono_ms(&clock_system));
            }
            line_failed(out, &e);
            return;
        }
    }
    s->topics.exist = true;
    line_tried(out, "metadata of the topics of events and rejects");
    line_set(out, VERIFY_OK, "%zu topics", s->topics.count);
}

static bool needs_topics(const struct verify_subject *s, struct verify_line *out)
{
    if (!s->topics.exist) {
        line_set(out, VERIFY_SKIP, "not every topic is known to exist");
    }
    return s->topics.exist;
}

/* A replica that lags is a warning: the topic accepts records, unless too few are in sync. */
void check_topic_leader(struct verify_subject *s, struct verify_line *out)
{
    if (!needs_topics(s, out)) {
        return;
    }
    for (size_t i = 0; i < s->topics.count; i++) {
        struct err e = {0};
        line_tried(out, "partitions of topic %s", s->topics.names[i]);
        if (sink_topic_explain(s->parts->sink, s->topics.names[i], TOPIC_MS, &e) != FAIL_NONE) {
            line_failed(out, &e);
            out->state = strcmp(e.code, "NOT_ENOUGH_REPLICAS") == 0 ? VERIFY_WARN : VERIFY_FAIL;
            return;
        }
    }
    line_tried(out, "partitions of the topics of events and rejects");
    line_set(out, VERIFY_OK, "each has a leader");
}

/* Whether the configuration of topic i is known. If not, the line says why. */
static bool topic_described(struct verify_subject *s, size_t i, struct verify_line *out)
{
    struct err e = {0};
    if (!s->topics.described[i]) {
        s->topics.described[i] = sink_topic_describe(s->parts->sink, s->topics.names[i], TOPIC_MS,
                                                     &s->topics.facts[i], &e) == FAIL_NONE;
    }
    if (!s->topics.described[i]) {
        out->err = e;
        line_set(out, VERIFY_WARN, "not proved: %.300s", e.text);
    }
    return s->topics.described[i];
}

void check_topic_size(struct verify_subject *s, struct verify_line *out)
{
    if (!needs_topics(s, out)) {
        return;
    }
    size_t configured = s->parts->conf->limits.event_bytes;
    size_t room = sink_max_bytes(s->parts->sink) - RECORD_ROOM_BYTES;
    size_t event_bytes = configured != 0 && configured < room ? configured : room;
    for (size_t i = 0; i + 1 < s->topics.count; i++) { /* the last one is that of rejects */
        line_tried(out, "max.message.bytes of topic %s", s->topics.names[i]);
        if (!topic_described(s, i, out)) {
            return;
        }
        size_t most = s->topics.facts[i].max_bytes;
        if (most < event_bytes) {
            line_set(out, VERIFY_FAIL,
                     "%zu bytes, but events may have %zu: larger ones are lost "
                     "as rejects",
                     most, event_bytes);
            return;
        }
        line_set(out, VERIFY_OK, "%zu bytes; events have at most %zu", most, event_bytes);
    }
}

void check_topic_policy(struct verify_subject *s, struct verify_line *out)
{
    if (!needs_topics(s, out)) {
        return;
    }
    for (size_t i = 0; i < s->topics.count; i++) {
        const char *policy = s->topics.facts[i].cleanup_policy;
        line_tried(out, "cleanup.policy of topic %s", s->topics.names[i]);
        if (!topic_described(s, i, out)) {
            return;
        }
        if (strstr(policy, "compact") != NULL) {
            line_set(out, VERIFY_FAIL, "%s: of the records with one key Kafka keeps only the last",
                     policy);
            return;
        }
    }
    line_tried(out, "cleanup.policy of the topics of events and rejects");
    line_set(out, VERIFY_OK, "no topic is compacted");
}
