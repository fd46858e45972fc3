/* SPDX-License-Identifier: Apache-2.0 */
#include "event/unwrap.h"

static bool is(const struct doc *d, size_t at, char tag)
{
    return at != 0 && doc_tag(d, at) == tag;
}

static size_t member(const struct doc *d, size_t at, const char *name)
{
    return doc_member(d, at, span_str(name));
}

/* Rule 1: Vector's wrapper around a line that it could not parse. */
static bool wrapper(const struct doc *d, size_t at, struct unwrap *u)
{
    size_t message = member(d, at, "message");
    if (!is(d, message, '"') || !is(d, member(d, at, "source_type"), '"') ||
        member(d, at, "file") == 0 || member(d, at, "vendor") != 0) {
        return false;
    }
    u->must = true;
    u->texts[0] = doc_string(d, message);
    u->count = 1;
    return true;
}

static bool begins_object(struct span s)
{
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
static void shipped(const struct doc *d, size_t at, struct unwrap *u)
{
    candidate(d, member(d, at, "message"), u);
    candidate(d, member(d, at, "log"), u);
    candidate(d, member(d, at, "event.original"), u);
    size_t event = member(d, at, "event");
    if (is(d, event, '{')) {
        candidate(d, member(d, event, "original"), u);
    }
    candidate(d, member(d, at, "body"), u);
}

/* Rule 2: Splunk's HTTP event collector, and Beacon's own policy envelope. */
static void envelope(const struct doc *d, size_t at, struct unwrap *u)
{
    size_t event = member(d, at, "event");
    if (!is(d, event, '{') || member(d, at, "vendor") != 0 ||
        (member(d, event, "vendor") == 0 && member(d, event, "schema_version") == 0 &&
         !is(d, member(d, event, "event"), '{'))) {
        return;
    }
    u->at = event;
    u->time = member(d, at, "time");
    u->host = member(d, at, "host");
}

void unwrap_look(const struct doc *d, size_t at, struct unwrap *u)
{
    *u = (struct unwrap){.count = 0};
    if (!wrapper(d, at, u)) {
        shipped(d, at, u);
        envelope(d, at, u);
    }
}
