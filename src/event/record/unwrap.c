/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/unwrap.h"

#include "event/schema/rules.h"

enum { HEC_MEMBERS = 7 };

/* Member by member: `texts` need not be cleared for each record. */
static inline void clear_unwrap(struct unwrap *u)
{
    u->must = false;
    u->base64 = false;
    u->nothing = NULL;
    u->vector = false;
    u->count = 0;
    u->at = 0;
    u->list = 0;
    u->other_list = span_of("", 0);
    u->messages = false;
    u->others = false;
    u->path = false;
    u->twice = false;
    u->time = 0;
    u->host = 0;
}

static bool has_tag(const struct doc *d, size_t at, char tag)
{
    return at != 0 && doc_tag(d, at) == tag;
}

static bool begins_object(struct span s)
{
    s = span_starts(s, SPAN("\xef\xbb\xbf")) ? span_from(s, 3) : s;
    while (s.n > 0 && (*s.p == ' ' || *s.p == '\t' || *s.p == '\n' || *s.p == '\r')) {
        s = span_from(s, 1);
    }
    return s.n > 0 && *s.p == '{';
}

bool unwrap_twice(const struct doc *d, size_t object, size_t at)
{
    struct span name = doc_string(d, at - 1);
    bool twice = false;
    for (size_t i = doc_first(d, object); !twice && !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        twice = i + 1 != at && span_eq(doc_string(d, i), name);
    }
    return twice;
}

/* The member must be an object, or the text of one. */
static void require(const struct doc *d, size_t object, size_t at, struct unwrap *u)
{
    u->must = true;
    u->member = doc_string(d, at - 1);
    u->at = has_tag(d, at, '{') ? at : 0;
    u->count = has_tag(d, at, '"') ? 1 : 0;
    if (u->count > 0) {
        u->texts[0] = (struct unwrap_text){doc_string(d, at), u->member, at, object, false};
    }
}

/* ---- normalization.md §2, rule 1: Vector's wrapper around a line that it did not parse ---- */

static bool find_vector_wrapper(const struct doc *d, size_t at, const struct record_index *index,
                                struct unwrap *u)
{
    size_t message = index->at[INDEX_MESSAGE];
    if (!has_tag(d, message, '"') || !has_tag(d, index->at[INDEX_SOURCE_TYPE], '"') ||
        index->at[INDEX_FILE] == 0 || index->at[INDEX_VENDOR] != 0) {
        return false;
    }
    require(d, at, message, u);
    u->vector = true;
    return true;
}

/* ---- rule 1b: wrappers of Filebeat, Fluent Bit, Docker and others around a line as text ---- */

static void add_candidate(const struct doc *d, size_t object, size_t at, bool beacon_only,
                          struct unwrap *u)
{
    if (has_tag(d, at, '"') && begins_object(doc_string(d, at))) {
        u->texts[u->count++] =
            (struct unwrap_text){doc_string(d, at), doc_string(d, at - 1), at, object, beacon_only};
    }
}

static void find_texts(const struct doc *d, size_t at, const struct record_index *index,
                       struct unwrap *u)
{
    add_candidate(d, at, index->at[INDEX_MESSAGE], false, u);
    add_candidate(d, at, index->at[INDEX_LOG], false, u);
    add_candidate(d, at, index->at[INDEX_EVENT_ORIGINAL], false, u);
    size_t event = index->at[INDEX_EVENT];
    if (has_tag(d, event, '{')) {
        add_candidate(d, event, doc_member(d, event, SPAN("original")), false, u);
    }
    add_candidate(d, at, index->at[INDEX_BODY], true, u);
}

/* ---- rules 2 to 2f: envelopes ---- */

/* All members are of those that Splunk's HTTP event collector knows. */
static bool only_hec_members(const struct doc *d, size_t at, const struct record_index *index)
{
    static const struct span names[HEC_MEMBERS] = {
        SPAN_INIT("event"), SPAN_INIT("time"),       SPAN_INIT("host"),  SPAN_INIT("source"),
        SPAN_INIT("index"), SPAN_INIT("sourcetype"), SPAN_INIT("fields")};
    if (index->count > HEC_MEMBERS) {
        return false;
    }
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        int known = 0;
        while (known < HEC_MEMBERS && !span_eq(doc_string(d, i), names[known])) {
            known++;
        }
        if (known == HEC_MEMBERS) {
            return false;
        }
    }
    return true;
}

/* Splunk's HTTP event collector, which ECS resembles. */
static bool find_hec(const struct doc *d, size_t at, const struct record_index *index,
                     struct unwrap *u)
{
    size_t event = index->at[INDEX_EVENT];
    bool may = index->at[INDEX_SOURCETYPE] != 0 || index->at[INDEX_INDEX] != 0 ||
               index->count <= HEC_MEMBERS;
    if (event == 0 || !may || (index->signs & SIGN_ECS) != 0) {
        return false;
    }
    bool object = has_tag(d, event, '{');
    bool text = has_tag(d, event, '"');
    bool named =
        has_tag(d, index->at[INDEX_SOURCETYPE], '"') || has_tag(d, index->at[INDEX_INDEX], '"');
    bool only = (named || index->count <= HEC_MEMBERS) && only_hec_members(d, at, index);
    if (!only) {
        named = named && object;
    } else if (!named && (object || (text && begins_object(doc_string(d, event))))) {
        named = has_tag(d, doc_member(d, at, SPAN("source")), '"') ||
                has_tag(d, doc_member(d, at, SPAN("fields")), '{');
    }
    if (named) {
        require(d, at, event, u);
        u->time = index->at[INDEX_TIME];
        u->host = index->at[INDEX_HOST];
    }
    return named;
}

/* Beacon's own policy envelope, and an event collector's around Beacon. */
static void find_beacon_envelope(const struct doc *d, const struct record_index *index,
                                 struct unwrap *u)
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

/* The name of a log stream is a host unless it is a path, as those of Lambda and ECS are. */
static size_t stream_host(const struct doc *d, size_t at)
{
    struct span s = has_tag(d, at, '"') ? doc_string(d, at) : SPAN("/");
    return memchr(s.p, '/', s.n) == NULL && memchr(s.p, '[', s.n) == NULL ? at : 0;
}

/* A subscription of CloudWatch Logs. It sends control messages, too, to see whether it may. */
static void find_log_events(const struct doc *d, size_t at, size_t log_events, size_t type,
                            struct unwrap *u)
{
    u->must = true;
    u->member = SPAN("logEvents");
    u->list = log_events;
    u->messages = true;
    u->host = stream_host(d, doc_member(d, at, SPAN("logStream")));
    if (span_eq(doc_string(d, type), SPAN("CONTROL_MESSAGE"))) {
        u->nothing = "a control message of CloudWatch Logs, which has no records";
    } else if (!has_tag(d, log_events, '[')) {
        u->nothing = "the member logEvents is no list";
    }
}

/* CloudWatch Logs, EventBridge, CloudEvents: one member of each has a name that only it has. */
static bool find_aws_or_cloudevent(const struct doc *d, size_t at, const struct record_index *index,
                                   struct unwrap *u)
{
    size_t log_events = doc_member(d, at, SPAN("logEvents"));
    size_t detail = doc_member(d, at, SPAN("detail"));
    size_t data = doc_member(d, at, SPAN("data"));
    size_t base64 = doc_member(d, at, SPAN("data_base64"));
    size_t type = doc_member(d, at, SPAN("messageType"));
    if (log_events != 0 && has_tag(d, type, '"') && doc_member(d, at, SPAN("logGroup")) != 0) {
        find_log_events(d, at, log_events, type, u);
        return true;
    }
    u->time = index->at[INDEX_TIME];
    if (detail != 0 && has_tag(d, doc_member(d, at, SPAN("detail-type")), '"')) {
        require(d, at, detail, u);
    } else if (data != 0 && has_tag(d, doc_member(d, at, SPAN("specversion")), '"')) {
        require(d, at, data, u);
    } else if (base64 != 0 && has_tag(d, doc_member(d, at, SPAN("specversion")), '"')) {
        require(d, at, base64, u);
        u->at = 0;
        u->base64 = true;
    } else {
        u->time = 0;
    }
    return u->must;
}

/*
 * The value of a path of names joined by dots, each name literal or an object of that name.
 * u->others is set if an object on the path, below the first one, has members beside the path, and
 * u->twice if an object has a name on the path twice.
 */
static size_t at_path(const struct doc *d, size_t object, struct span path, struct unwrap *u)
{
    size_t found = doc_member(d, object, path);
    u->twice = u->twice || (found != 0 && unwrap_twice(d, object, found));
    for (size_t i = path.n; found == 0 && i > 0; i--) {
        if (path.p[i - 1] == '.') {
            size_t next = doc_member(d, object, span_of(path.p, i - 1));
            found = has_tag(d, next, '{') ? at_path(d, next, span_from(path, i), u) : 0;
            u->others = u->others || (found != 0 && doc_count(d, next) > 1);
            u->twice = u->twice || (found != 0 && unwrap_twice(d, object, next));
        }
    }
    return found;
}

/* The customer's own envelopes: the first path with an object. */
static bool find_customers(const struct doc *d, size_t at, const struct record_index *index,
                           const struct rules *rules, struct unwrap *u)
{
    struct span path;
    for (size_t i = 0; u->at == 0 && rules_unwrap(rules, i, &path); i++) {
        u->others = false;
        u->twice = false;
        size_t inside = at_path(d, at, path, u);
        u->at = has_tag(d, inside, '{') ? inside : 0;
    }
    if (u->at == 0) {
        u->others = false;
        u->twice = false;
        return false;
    }
    u->must = true;
    u->path = true;
    u->member = doc_string(d, u->at - 1);
    u->time =
        index->at[INDEX_TIME] != 0 ? index->at[INDEX_TIME] : doc_member(d, at, SPAN("timestamp"));
    u->host = index->at[INDEX_HOST];
    return true;
}

/* A list of objects. The first of these names counts. */
static void find_list(const struct doc *d, size_t at, const struct record_index *index,
                      struct unwrap *u)
{
    static const struct span names[] = {
        SPAN_INIT("Records"), SPAN_INIT("records"), SPAN_INIT("events"), SPAN_INIT("logs"),
        SPAN_INIT("items"),   SPAN_INIT("data"),    SPAN_INIT("value"),  SPAN_INIT("entries")};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t list = doc_member(d, at, names[i]);
        bool objects = has_tag(d, list, '[') && !doc_at_end(d, doc_first(d, list)) &&
                       doc_tag(d, doc_first(d, list)) == '{';
        u->other_list = objects && u->list != 0 ? names[i] : u->other_list;
        u->list = objects && u->list == 0 ? list : u->list;
    }
    if (u->at == 0 && u->list != 0) {
        u->time = index->at[INDEX_TIME];
        u->host = index->at[INDEX_HOST];
    }
}

void unwrap_look(const struct doc *d, size_t at, const struct record_index *index,
                 const struct rules *rules, struct unwrap *u)
{
    clear_unwrap(u);
    if (find_vector_wrapper(d, at, index, u) || find_customers(d, at, index, rules, u)) {
        return;
    }
    if ((index->signs & SIGN_ENVELOPE) != 0 && find_aws_or_cloudevent(d, at, index, u)) {
        return;
    }
    find_texts(d, at, index, u);
    find_beacon_envelope(d, index, u);
    if (u->at == 0 && find_hec(d, at, index, u)) {
        return;
    }
    if ((index->signs & SIGN_LIST) != 0) {
        find_list(d, at, index, u);
    }
}

void unwrap_log_event(const struct doc *d, size_t at, const struct record_index *index,
                      struct unwrap *u)
{
    clear_unwrap(u);
    u->must = true;
    u->member = SPAN("message");
    if (index->at[INDEX_MESSAGE] != 0) {
        require(d, at, index->at[INDEX_MESSAGE], u);
    }
    u->time = index->at[INDEX_TIMESTAMP];
}
