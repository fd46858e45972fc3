/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/unwrap.h"

static bool is(const struct doc *d, size_t at, char tag)
{
    return at != 0 && doc_tag(d, at) == tag;
}

/* Rule 1: Vector's wrapper around a line that it could not parse. */
static bool wrapper(const struct doc *d, const struct record_index *o, struct unwrap *u)
{
    size_t message = o->at[OUTLINE_MESSAGE];
    if (!is(d, message, '"') || !is(d, o->at[OUTLINE_SOURCE_TYPE], '"') ||
        o->at[OUTLINE_FILE] == 0 || o->at[OUTLINE_VENDOR] != 0) {
        return false;
    }
    u->must = true;
    u->texts[0] = doc_string(d, message);
    u->count = 1;
    return true;
}

static bool begins_object(struct span s)
{
    s = span_starts(s, SPAN("\xef\xbb\xbf")) ? span_from(s, 3) : s;
    while (s.n > 0 && (*s.p == ' ' || *s.p == '\t' || *s.p == '\n' || *s.p == '\r')) {
        s = span_from(s, 1);
    }
    return s.n > 0 && *s.p == '{';
}

static void candidate(const struct doc *d, size_t at, struct unwrap *u)
{
    if (is(d, at, '"') && begins_object(doc_string(d, at))) {
        u->texts[u->count++] = doc_string(d, at);
    }
}

/* Rule 1b: Filebeat, Fluent Bit, Docker and others around a line that they did not look into. */
static void shipped(const struct doc *d, const struct record_index *o, struct unwrap *u)
{
    candidate(d, o->at[OUTLINE_MESSAGE], u);
    candidate(d, o->at[OUTLINE_LOG], u);
    candidate(d, o->at[OUTLINE_EVENT_ORIGINAL], u);
    size_t event = o->at[OUTLINE_EVENT];
    if (is(d, event, '{')) {
        candidate(d, doc_member(d, event, SPAN("original")), u);
    }
    candidate(d, o->at[OUTLINE_BODY], u);
}

/* Rule 2: Splunk's HTTP event collector, and Beacon's own policy envelope. */
static void envelope(const struct doc *d, const struct record_index *o, struct unwrap *u)
{
    size_t event = o->at[OUTLINE_EVENT];
    if (!is(d, event, '{') || o->at[OUTLINE_VENDOR] != 0 ||
        (doc_member(d, event, SPAN("vendor")) == 0 &&
         doc_member(d, event, SPAN("schema_version")) == 0 &&
         !is(d, doc_member(d, event, SPAN("event")), '{'))) {
        return;
    }
    u->at = event;
    u->time = o->at[OUTLINE_TIME];
    u->host = o->at[OUTLINE_HOST];
}

void unwrap_look(const struct doc *d, const struct record_index *o, struct unwrap *u)
{
    u->count = 0;
    u->must = false;
    u->at = 0;
    u->time = 0;
    u->host = 0;
    if (!wrapper(d, o, u)) {
        shipped(d, o, u);
        envelope(d, o, u);
    }
}
