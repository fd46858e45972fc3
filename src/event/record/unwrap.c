/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/unwrap.h"

static bool has_tag(const struct doc *d, size_t at, char tag)
{
    return at != 0 && doc_tag(d, at) == tag;
}

/* Vector's wrapper around a line that it did not parse (normalization.md §2, rule 1). */
static bool find_vector_wrapper(const struct doc *d, const struct record_index *index,
                                struct unwrap *u)
{
    size_t message = index->at[INDEX_MESSAGE];
    if (!has_tag(d, message, '"') || !has_tag(d, index->at[INDEX_SOURCE_TYPE], '"') ||
        index->at[INDEX_FILE] == 0 || index->at[INDEX_VENDOR] != 0) {
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

static void add_candidate(const struct doc *d, size_t at, struct unwrap *u)
{
    if (has_tag(d, at, '"') && begins_object(doc_string(d, at))) {
        u->texts[u->count++] = doc_string(d, at);
    }
}

/*
 * Wrappers of Filebeat, Fluent Bit, Docker and others around a line as text (normalization.md §2,
 * rule 1b).
 */
static void find_texts(const struct doc *d, const struct record_index *index, struct unwrap *u)
{
    add_candidate(d, index->at[INDEX_MESSAGE], u);
    add_candidate(d, index->at[INDEX_LOG], u);
    add_candidate(d, index->at[INDEX_EVENT_ORIGINAL], u);
    size_t event = index->at[INDEX_EVENT];
    if (has_tag(d, event, '{')) {
        add_candidate(d, doc_member(d, event, SPAN("original")), u);
    }
    add_candidate(d, index->at[INDEX_BODY], u);
}

/*
 * Splunk's HTTP event collector, and Beacon's own policy envelope (normalization.md §2, rule 2).
 */
static void find_envelope(const struct doc *d, const struct record_index *index, struct unwrap *u)
{
    size_t event = index->at[INDEX_EVENT];
    if (!has_tag(d, event, '{') || index->at[INDEX_VENDOR] != 0 ||
        (doc_member(d, event, SPAN("vendor")) == 0 &&
         doc_member(d, event, SPAN("schema_version")) == 0 &&
         !has_tag(d, doc_member(d, event, SPAN("event")), '{'))) {
        return;
    }
    u->at = event;
    u->time = index->at[INDEX_TIME];
    u->host = index->at[INDEX_HOST];
}

void unwrap_look(const struct doc *d, const struct record_index *index, struct unwrap *u)
{
    u->count = 0;
    u->must = false;
    u->at = 0;
    u->time = 0;
    u->host = 0;
    if (!find_vector_wrapper(d, index, u)) {
        find_texts(d, index, u);
        find_envelope(d, index, u);
    }
}
