/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of a wrapper one value is opened. Records in its other members must not be lost without a trace,
 * whichever rule has chosen that value, and whatever the order of the members is. So a member
 * counts by its own name and content only.
 */
#include "codec/base64.h"
#include "codec/list_names.h"
#include "codec/secret.h"
#include "codec/utf8.h"
#include "event/record/shape.h"
#include "unwrapper_priv.h"

#include <stdio.h>

enum member_kind {
    MEMBER_TEXT = 1,   /* the text of a record */
    MEMBER_BASE64 = 2, /* the same in base64 */
    MEMBER_OBJECT = 4,
    MEMBER_LIST = 8,
};

/* The members that a rule of normalization.md §2 opens, and what it opens in them. */
static const struct {
    struct span name;
    unsigned kinds;
} members[] = {
    {SPAN_INIT("message"), MEMBER_TEXT},
    {SPAN_INIT("log"), MEMBER_TEXT},
    {SPAN_INIT("_raw"), MEMBER_TEXT},
    {SPAN_INIT("MESSAGE"), MEMBER_TEXT},
    {SPAN_INIT("event.original"), MEMBER_TEXT},
    {SPAN_INIT("body"), MEMBER_TEXT},
    {SPAN_INIT("Body"), MEMBER_TEXT},
    {SPAN_INIT("Message"), MEMBER_TEXT},
    {SPAN_INIT("short_message"), MEMBER_TEXT},
    {SPAN_INIT("full_message"), MEMBER_TEXT},
    {SPAN_INIT("event"), MEMBER_TEXT | MEMBER_OBJECT},
    {SPAN_INIT("detail"), MEMBER_TEXT | MEMBER_OBJECT},
    {SPAN_INIT("data"), MEMBER_TEXT | MEMBER_OBJECT | MEMBER_LIST},
    {SPAN_INIT("data_base64"), MEMBER_BASE64},
    {SPAN_INIT("Records"), MEMBER_LIST},
    {SPAN_INIT("records"), MEMBER_LIST},
    {SPAN_INIT("events"), MEMBER_LIST},
    {SPAN_INIT("logs"), MEMBER_LIST},
    {SPAN_INIT("items"), MEMBER_LIST},
    {SPAN_INIT("value"), MEMBER_LIST},
    {SPAN_INIT("entries"), MEMBER_LIST},
    {SPAN_INIT("logEvents"), MEMBER_LIST},
};

/* ---- what is noted ---- */

enum { NOTE_BYTES = 128 };

/*
 * Whatever the customer's redaction is, since a detail is also printed. The name is cut after it is
 * searched: the beginning of a secret is not recognized as one.
 */
struct shown_name unwrapper_show(struct span name)
{
    struct shown_name shown;
    struct buf safe = BUF_INIT(name.n * 4 + 64);
    name = secret_redact(name, &safe) ? buf_span(&safe) : name;
    (void)snprintf(shown.text, sizeof(shown.text), "%.*s",
                   SPAN_FMT(utf8_cut(name, sizeof(shown.text) - 1)));
    buf_done(&safe);
    return shown;
}

static void note(struct unwrapper *u, const char *before, struct span member, const char *after)
{
    if (!u->second) {
        u->several_others = false;
        (void)snprintf(u->other, sizeof(u->other), "%s the member %s %s not read", before,
                       unwrapper_show(member).text, after);
    } else if (!u->several_others) {
        size_t n = strlen(u->other);
        (void)snprintf(u->other + n, sizeof(u->other) - n, "; nor were those of others");
        u->several_others = true;
    }
    u->second = true;
    u->values.several = true;
}

void unwrapper_note(struct unwrapper *u, const char *why)
{
    size_t used = u->second ? strlen(u->other) : 0;
    (void)snprintf(u->other + used, sizeof(u->other) - used, "%s%s", used > 0 ? "; " : "", why);
    u->several_others = true;
    u->second = true;
    u->values.several = true;
}

/* ---- what is a record ---- */

bool unwrapper_leads(struct unwrapper *u, const struct doc *d, size_t at)
{
    struct record_index index;
    struct unwrap w;
    steps_count(u->steps, STEP_RECORD);
    record_index_of(unwrapper_names(u), d, at, &index);
    if (shape_is_beacon(d, &index)) {
        return true;
    }
    unwrap_look(d, at, &index, u->rules, &w);
    return w.must || w.at != 0 || w.list != 0 || w.count > 0 ||
           unwrapper_states(u, d, at, &index).what != STATES_NOTHING;
}

bool unwrapper_list_leads(struct unwrapper *u, const struct doc *d, size_t list)
{
    bool leads = false;
    for (size_t i = doc_first(d, list); !leads && !doc_at_end(d, i); i = doc_next(d, i)) {
        leads = (doc_tag(d, i) == '{' && unwrapper_leads(u, d, i)) ||
                (doc_tag(d, i) == '[' && unwrapper_list_leads(u, d, i));
    }
    return leads;
}

/* Whether the object states who did something or what happened, or is an envelope. */
static bool states(struct unwrapper *u, const struct doc *d, size_t at, enum record_states least,
                   bool timed)
{
    struct record_index index;
    struct unwrap w;
    if (doc_count(d, at) == 0) {
        return false;
    }
    steps_count(u->steps, STEP_RECORD);
    record_index_of(unwrapper_names(u), d, at, &index);
    if (shape_is_beacon(d, &index)) {
        return true;
    }
    unwrap_look(d, at, &index, u->rules, &w);
    if (w.must || w.at != 0 || (w.list != 0 && unwrapper_list_states(u, d, w.list, timed))) {
        return true;
    }
    struct record_stated s = unwrapper_states(u, d, at, &index);
    return (s.what >= least || w.count > 0) && (!timed || s.time);
}

static bool list_states(struct unwrapper *u, const struct doc *d, size_t list,
                        enum record_states least, bool timed)
{
    bool found = false;
    for (size_t i = doc_first(d, list); !found && !doc_at_end(d, i); i = doc_next(d, i)) {
        found = (doc_tag(d, i) == '{' && states(u, d, i, least, timed)) ||
                (doc_tag(d, i) == '[' && list_states(u, d, i, least, timed));
    }
    return found;
}

bool unwrapper_list_states(struct unwrapper *u, const struct doc *d, size_t list, bool timed)
{
    return list_states(u, d, list, STATES_LINK, timed);
}

static bool is_beacon(struct unwrapper *u, const struct doc *d, size_t at)
{
    struct record_index index;
    record_index_of(unwrapper_names(u), d, at, &index);
    return shape_is_beacon(d, &index);
}

/* One search for other records in a wrapper. */
struct search {
    struct unwrapper *u;
    const struct value *v;    /* the wrapper */
    size_t chosen;            /* what is opened */
    bool base64;              /* ... its text is in u->decoded */
    bool path;                /* ... at the end of one of the customer's paths */
    size_t from;              /* members before it are not examined */
    enum record_states least; /* of the other members together */
    bool read;                /* the other reader was used */
    bool found;
};

static struct span trimmed(struct span s)
{
    while (s.n > 0 && memchr(" \t\r\n", s.p[0], 4) != NULL) {
        s = span_from(s, 1);
    }
    while (s.n > 0 && memchr(" \t\r\n", s.p[s.n - 1], 4) != NULL) {
        s.n--;
    }
    return s;
}

/* Filebeat and others keep the original of what they have parsed. */
static bool is_copy(const struct search *s, struct span text)
{
    const struct doc *d = &s->v->doc;
    char tag = doc_tag(d, s->chosen);
    if (s->base64 || (tag != '"' && tag != '{')) {
        return s->base64 && span_eq(trimmed(text), trimmed(buf_span(&s->u->decoded)));
    }
    struct span opened = tag == '"' ? doc_string(d, s->chosen) : doc_source(d, s->chosen);
    return span_eq(trimmed(text), trimmed(opened));
}

/* Read the object that a text of the wrapper has, unless it is what was opened. */
static bool read_text(struct search *s, struct span text, struct value *inside)
{
    struct span begin = trimmed(text);
    begin = span_starts(begin, SPAN("\xef\xbb\xbf")) ? trimmed(span_from(begin, 3)) : begin;
    if (begin.n == 0 || *begin.p != '{' || is_copy(s, text)) {
        return false;
    }
    s->read = true;
    steps_count(s->u->steps, text.n);
    if (!value_read(s->u->readers, 1 - s->v->reader, text, inside) ||
        doc_tag(&inside->doc, DOC_ROOT) != '{') {
        return false;
    }
    const struct doc *d = &s->v->doc;
    bool object = s->chosen != 0 && doc_tag(d, s->chosen) == '{';
    return !object || !doc_same(d, s->chosen, &inside->doc, DOC_ROOT);
}

static bool text_leads(struct search *s, struct span text)
{
    struct value inside;
    return read_text(s, text, &inside) && unwrapper_leads(s->u, &inside.doc, DOC_ROOT);
}

static bool base64_leads(struct search *s, struct span text)
{
    struct buf *decoded = &s->u->decoded;
    buf_clear(decoded);
    return base64_decode(text, decoded) && buf_room(decoded, JSON_SLACK) != NULL &&
           text_leads(s, buf_span(decoded));
}

/* ECS has an object `event` of its own, in which a forwarder may keep the original. */
static bool object_leads(struct search *s, size_t at, struct span name)
{
    const struct doc *d = &s->v->doc;
    bool event = span_eq(name, SPAN("event"));
    if (event && unwrap_is_ecs_event(d, at)) {
        size_t original = doc_member(d, at, SPAN("original"));
        return original != 0 && doc_tag(d, original) == '"' &&
               text_leads(s, doc_string(d, original));
    }
    return !is_copy(s, doc_source(d, at)) && unwrapper_leads(s->u, d, at);
}

/* Of two lists each would give outputs for its elements, whatever these are. */
static bool list_leads(struct search *s, size_t at, unsigned kinds)
{
    const struct doc *d = &s->v->doc;
    if (doc_tag(d, s->chosen) == '[') {
        return (kinds & MEMBER_LIST) != 0 && unwrap_list_has_object(d, at);
    }
    return (kinds & MEMBER_LIST) != 0 && unwrapper_list_leads(s->u, d, at);
}

static bool member_leads(struct search *s, size_t at, struct span name, unsigned kinds)
{
    const struct doc *d = &s->v->doc;
    switch (doc_tag(d, at)) {
    case '"':
        return (kinds & MEMBER_BASE64) != 0
                   ? base64_leads(s, doc_string(d, at))
                   : (kinds & MEMBER_TEXT) != 0 && text_leads(s, doc_string(d, at));
    case '{':
        return (kinds & MEMBER_OBJECT) != 0 && object_leads(s, at, name);
    case '[':
        return list_leads(s, at, kinds);
    default:
        return false;
    }
}

/* Where platforms and shippers write what is true of the record, and not a record of its own. */
static bool is_metadata(struct span name)
{
    static const struct span names[] = {
        SPAN_INIT("fields"),  SPAN_INIT("kubernetes"), SPAN_INIT("labels"),  SPAN_INIT("tags"),
        SPAN_INIT("process"), SPAN_INIT("before"),     SPAN_INIT("journald")};
    bool found = list_names_have(&list_names[LIST_NAMES_REQUEST], name);
    for (size_t i = 0; !found && i < sizeof(names) / sizeof(names[0]); i++) {
        found = span_eq(name, names[i]);
    }
    return found;
}

/* A record in a member that no rule opens. More is required of it: it must state an event. */
static bool unlisted_leads(struct search *s, size_t at, struct span name, unsigned kinds)
{
    const struct doc *d = &s->v->doc;
    char tag = doc_tag(d, at);
    if (is_metadata(name)) {
        return false;
    }
    if (tag == '"') {
        struct value inside;
        return (kinds & (MEMBER_TEXT | MEMBER_BASE64)) == 0 &&
               read_text(s, doc_string(d, at), &inside) &&
               states(s->u, &inside.doc, DOC_ROOT, STATES_SUBJECT, false);
    }
    if (tag == '[') {
        return (kinds & MEMBER_LIST) == 0 && list_states(s->u, d, at, STATES_SUBJECT, false);
    }
    bool subject = span_eq(name, SPAN("user")) || span_eq(name, SPAN("actor"));
    return (kinds & MEMBER_OBJECT) == 0 && !subject && !is_copy(s, doc_source(d, at)) &&
           states(s->u, d, at, STATES_SUBJECT, false);
}

static unsigned kinds_of(struct span name)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (span_eq(name, members[i].name)) {
            return members[i].kinds;
        }
    }
    return 0;
}

/* ---- the members of a wrapper ---- */

/* The member that has the value at `chosen` in it. */
static size_t member_around(const struct doc *d, size_t object, size_t chosen)
{
    size_t i = doc_first(d, object);
    while (doc_next(d, i + 1) <= chosen) {
        i = doc_next(d, i + 1);
    }
    return i;
}

/* Examine the members of one object but for the one at `opened`; 0: all. */
static void search_object(struct search *s, size_t object, size_t opened)
{
    const struct doc *d = &s->v->doc;
    struct span same = opened != 0 ? doc_string(d, opened) : SPAN("");
    for (size_t i = doc_first(d, object); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        if (i == opened || i < s->from) {
            continue;
        }
        if (opened != 0 && span_eq(name, same)) {
            note(s->u, i < opened ? "an earlier value of" : "a later value of", name, "was");
            s->found = true;
        } else if (tag_in(doc_tag(d, i + 1), TAG_BIT('"') | TAG_BIT('{') | TAG_BIT('[')) &&
                   (member_leads(s, i + 1, name, kinds_of(name)) ||
                    unlisted_leads(s, i + 1, name, kinds_of(name)))) {
            note(s->u, "records of", name, "were");
            s->found = true;
        }
    }
}

/* Whether the other members, which are no record each, are those of an event together. */
static void search_beside(struct search *s, size_t object, size_t opened)
{
    const struct doc *d = &s->v->doc;
    struct record_index index;
    record_index_of(unwrapper_names(s->u), d, object, &index);
    if (shape_is_beacon(d, &index)) {
        return;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; index.count <= INDEX_ROWS && i < index.count; i++) {
        size_t at = index.rows[i].at;
        bool metadata = doc_tag(d, at) == '{' && is_metadata(doc_string(d, at - 1));
        if (at != opened + 1 && at > s->from && !metadata) {
            index.rows[kept++] = index.rows[i];
        }
    }
    index.count = index.count <= INDEX_ROWS ? kept : index.count;
    index.signs &= ~(unsigned)SIGN_OTLP;
    struct record_stated stated = unwrapper_states(s->u, d, object, &index);
    if (stated.what >= s->least) {
        char why[NOTE_BYTES];
        (void)snprintf(why, sizeof(why), "the event of the other members, such as %s, was not read",
                       unwrapper_show(stated.path).text);
        unwrapper_note(s->u, why);
        s->found = true;
    }
}

static void search_members(struct search *s)
{
    size_t object = s->v->at;
    size_t member = member_around(&s->v->doc, object, s->chosen);
    search_object(s, object, member);
    while (member + 1 != s->chosen) {
        object = member + 1;
        member = member_around(&s->v->doc, object, s->chosen);
        search_object(s, object, member);
        if (s->path && !s->found) {
            search_beside(s, object, member);
        }
    }
    if (!s->found) {
        search_beside(s, s->v->at, member_around(&s->v->doc, s->v->at, s->chosen));
    }
}

/* An object of the customer's own envelopes. If one is opened, its other paths are alternatives. */
static void search_paths(struct search *s)
{
    const struct doc *d = &s->v->doc;
    bool others = false;
    size_t at = unwrap_customers(d, s->v->at, s->u->rules, &others);
    bool apart = at > s->from && (at >= doc_next(d, s->chosen) || doc_next(d, at) <= s->chosen);
    if (!apart) {
        return;
    }
    struct span name = doc_string(d, at - 1);
    bool member = member_around(d, s->v->at, at) + 1 == at;
    bool examined = member && (kinds_of(name) & MEMBER_OBJECT) != 0;
    if (!examined && unwrapper_leads(s->u, d, at)) {
        note(s->u, "records of", name, "were");
        s->found = true;
    }
}

bool unwrapper_note_others(struct unwrapper *u, const struct unwrap *w, const struct value *v,
                           size_t chosen)
{
    bool list = !w->must && doc_tag(&v->doc, chosen) == '[';
    struct search s = {.u = u,
                       .v = v,
                       .chosen = chosen,
                       .base64 = w->base64,
                       .path = w->path,
                       .least = list ? STATES_SUBJECT : STATES_EVENT};
    if (w->vector && is_beacon(u, &v->doc, v->at)) {
        note(u, "the event around", w->member, "was");
    }
    search_members(&s);
    if (!w->path) {
        search_paths(&s);
    }
    return s.read;
}

bool unwrapper_note_later(struct unwrapper *u, const struct value *v, size_t chosen)
{
    struct search s = {.u = u,
                       .v = v,
                       .chosen = chosen,
                       .from = chosen,
                       .least = u->outer_messages ? STATES_EVENT : STATES_SUBJECT};
    search_members(&s);
    search_paths(&s);
    return s.found;
}

void unwrapper_beside_request(struct unwrapper *u, const struct value *v,
                              const struct record_index *index)
{
    if (index->count == 1) {
        return;
    }
    struct record_index beside = *index;
    beside.signs &= ~(unsigned)SIGN_OTLP;
    struct search s = {.u = u, .v = v};
    search_object(&s, v->at, 0);
    if (!s.found && states_event(unwrapper_states(u, &v->doc, v->at, &beside).what)) {
        unwrapper_note(u, "an event in the same object as an OTLP request was not read");
    }
}

bool unwrapper_has_records(struct unwrapper *u, const struct value *v)
{
    struct record_index index;
    struct search s = {.u = u, .v = v};
    bool second = u->second;
    search_object(&s, v->at, 0);
    u->second = second;
    record_index_of(unwrapper_names(u), &v->doc, v->at, &index);
    return s.found || states_event(unwrapper_states(u, &v->doc, v->at, &index).what);
}
