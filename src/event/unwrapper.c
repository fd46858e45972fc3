/* SPDX-License-Identifier: Apache-2.0 */
#include "event/unwrapper.h"

#include "codec/base64.h"
#include "event/record/shape.h"

#include <assert.h>
#include <stdio.h>

enum { UTF8_GROWTH = 3 }; /* of a text inside a record: U+FFFD for each byte that is not UTF-8 */

void unwrapper_init(struct unwrapper *u, size_t max_bytes, struct steps *steps)
{
    *u = (struct unwrapper){.steps = steps};
    envelope_init(&u->outer);
    envelope_init(&u->envelope);
    u->decoded = (struct buf)BUF_INIT(max_bytes + JSON_SLACK);
    for (size_t i = 0; i < READERS; i++) {
        u->inner[i] = (struct buf)BUF_INIT(max_bytes * UTF8_GROWTH);
    }
    for (size_t i = 0; i < UNWRAP_LEVELS; i++) {
        envelope_init(&u->lists[i].envelope);
        u->lists[i].text = (struct buf)BUF_INIT(max_bytes * UTF8_GROWTH + JSON_SLACK);
    }
}

void unwrapper_trim(struct unwrapper *u)
{
    u->depth = 0;
    buf_done(&u->decoded);
    for (size_t i = 0; i < READERS; i++) {
        buf_done(&u->inner[i]);
    }
    for (size_t i = 0; i < UNWRAP_LEVELS; i++) {
        buf_done(&u->lists[i].text);
    }
}

void unwrapper_done(struct unwrapper *u)
{
    unwrapper_trim(u);
    envelope_done(&u->outer);
    envelope_done(&u->envelope);
    for (size_t i = 0; i < UNWRAP_LEVELS; i++) {
        envelope_done(&u->lists[i].envelope);
    }
}

void unwrapper_start(struct unwrapper *u, struct json_reader *const *readers,
                     const struct rules *rules, struct span piece)
{
    u->readers = readers;
    u->rules = rules;
    u->piece = piece;
    u->depth = 0;
    u->second = false;
    record_splitter_start(&u->values, readers, piece);
}

struct record_splitter *unwrapper_values(struct unwrapper *u)
{
    return u->depth > 0 ? &u->lists[u->depth - 1].elements : &u->values;
}

bool unwrapper_leave(struct unwrapper *u)
{
    bool open = u->depth > 0;
    u->depth -= open ? 1 : 0;
    return open;
}

static struct pathset *names_of(struct unwrapper *u)
{
    return event_maker_names(u->maker);
}

static enum record_states states_of(struct unwrapper *u, const struct doc *d, size_t at,
                                    const struct record_index *index)
{
    return event_maker_states(u->maker, d, at, index, u->rules);
}

/* Whether the object is a record, or an envelope around records. */
static bool leads_to_record(struct unwrapper *u, const struct doc *d, size_t at)
{
    struct record_index index;
    struct unwrap w;
    steps_count(u->steps, STEP_RECORD);
    record_index_of(names_of(u), d, at, &index);
    if (shape_is_beacon(d, &index)) {
        return true;
    }
    unwrap_look(d, at, &index, u->rules, &w);
    return w.must || w.at != 0 || w.list != 0 || w.count > 0 ||
           states_of(u, d, at, &index) != STATES_NOTHING;
}

/* Whether there are members that are neither the record, or the list, nor its time and host. */
static bool has_others(const struct value *v, size_t time, size_t host)
{
    size_t used = (size_t)1 + (time != 0 ? 1 : 0) + (host != 0 ? 1 : 0);
    return doc_count(&v->doc, v->at) > used;
}

static void note_dropped(struct unwrapper *u, const struct unwrap *w, const struct value *v)
{
    u->dropped = u->dropped || w->others || has_others(v, w->time, w->host);
}

/*
 * The next output is a reject, since what is opened is not all that the wrapper has: also the
 * member `member`, or with `earlier` another one of the same name, of which the last counts.
 */
static void note_second(struct unwrapper *u, struct span member, bool earlier)
{
    enum { NAME_BYTES = 32 };
    member.n = member.n < NAME_BYTES ? member.n : NAME_BYTES;
    const char *others = u->second ? "; nor were those of others" : "";
    if (earlier) {
        (void)snprintf(u->other, sizeof(u->other),
                       "an earlier value of the member %.*s was not read%s", SPAN_FMT(member),
                       others);
    } else {
        (void)snprintf(u->other, sizeof(u->other), "records of the member %.*s were not read%s",
                       SPAN_FMT(member), others);
    }
    u->second = true;
    u->values.several = true;
}

void unwrapper_note(struct unwrapper *u, const char *why)
{
    size_t used = u->second ? strlen(u->other) : 0;
    (void)snprintf(u->other + used, sizeof(u->other) - used, "%s%s", used > 0 ? "; " : "", why);
    u->second = true;
    u->values.several = true;
}

static void note_twice(struct unwrapper *u, const struct doc *d, size_t object, size_t member)
{
    if (unwrap_twice(d, object, member)) {
        note_second(u, doc_string(d, member - 1), true);
    }
}

/* ---- texts ---- */

/*
 * Continue with the value that was read from a text of v. The text is copied, so that the reader of
 * v can read the next text inside (event/README.md, rule 17). Line ends between tokens become
 * blanks, since an output must not have any.
 */
static void step_inside(struct unwrapper *u, struct value *v, struct value *inside)
{
    struct buf *text = &u->inner[inside->reader];
    buf_clear(text);
    buf_add(text, inside->text);
    assert(!text->overflowed);
    for (char *p = text->p; (p = memchr(p, '\n', text->n - (size_t)(p - text->p))) != NULL;) {
        *p = ' ';
    }
    inside->whole = !v->doc.repaired;
    inside->replaced = v->replaced || v->doc.repaired;
    inside->text = buf_span(text);
    inside->doc.text = text->p;
    *v = *inside;
}

static bool is_beacon(struct unwrapper *u, const struct value *v)
{
    struct record_index index;
    record_index_of(names_of(u), &v->doc, v->at, &index);
    return shape_is_beacon(&v->doc, &index);
}

enum { NO_RECORD, SOME_RECORD, BEACON_RECORD };

/* Read a text of v with the other reader. `any`: also accept records that are not Beacon-shaped. */
static int read_text(struct unwrapper *u, const struct unwrap_text *t, const struct value *v,
                     bool any, struct value *inside)
{
    if (!value_read(u->readers, 1 - v->reader, t->text, inside) ||
        doc_tag(&inside->doc, DOC_ROOT) != '{') {
        return NO_RECORD;
    }
    if (is_beacon(u, inside)) {
        return BEACON_RECORD;
    }
    bool counts = any && !t->beacon_only && leads_to_record(u, &inside->doc, DOC_ROOT);
    return counts ? SOME_RECORD : NO_RECORD;
}

/* What the names on the way to the text hide. */
static void note_text(struct unwrapper *u, const struct unwrap_text *t, const struct value *v)
{
    note_twice(u, &v->doc, t->object, t->at);
    if (t->object != v->at) {
        note_twice(u, &v->doc, v->at, doc_member(&v->doc, v->at, SPAN("event")));
    }
}

/*
 * Open the first text that is a Beacon-shaped record, or else another record (normalization.md §2,
 * rule 1b). An object that is itself an event is not a wrapper around another shape.
 */
static bool open_text(struct unwrapper *u, const struct unwrap *w, const struct record_index *index,
                      struct value *v)
{
    bool any = w->count > 0 && states_of(u, &v->doc, v->at, index) != STATES_EVENT;
    const struct unwrap_text *best = NULL;
    const struct unwrap_text *second = NULL;
    int found = NO_RECORD;
    struct value inside;
    for (size_t i = 0; i < w->count; i++) {
        const struct unwrap_text *t = &w->texts[i];
        bool copy = best != NULL && span_eq(t->text, best->text); /* Filebeat keeps the original */
        int kind = copy ? NO_RECORD : read_text(u, t, v, any, &inside);
        if (kind > found) {
            second = best;
            best = t;
            found = kind;
        } else if (kind != NO_RECORD) {
            second = t;
        }
    }
    if (best == NULL || (w->count > 1 && read_text(u, best, v, any, &inside) == NO_RECORD)) {
        return false;
    }
    if (second != NULL) {
        note_second(u, second->member, false);
    }
    note_text(u, best, v);
    note_dropped(u, w, v);
    step_inside(u, v, &inside);
    return true;
}

/* ---- lists ---- */

static bool is_within(struct span part, struct span whole)
{
    return (uintptr_t)part.p >= (uintptr_t)whole.p &&
           (uintptr_t)part.p + part.n <= (uintptr_t)whole.p + whole.n;
}

static void open_list(struct unwrapper *u, const struct unwrap *w, int level, const struct value *v)
{
    struct unwrapper_list *list = &u->lists[u->depth++];
    struct span text = doc_source(&v->doc, w->list);
    if (!is_within(text, u->piece)) {
        buf_clear(&list->text);
        buf_add(&list->text, text);
        text = buf_span(&list->text);
        bool room = buf_room(&list->text, JSON_SLACK) != NULL;
        assert(room && !list->text.overflowed);
        text.p = list->text.p;
    }
    envelope_copy(&list->envelope, &u->envelope);
    envelope_add(&list->envelope, &v->doc, w->time, w->host);
    note_dropped(u, w, v);
    list->dropped = u->dropped;
    list->messages = w->messages;
    list->level = level + (w->messages ? 0 : 1); /* a log event and its list count as one */
    if (w->other_list.n > 0) {
        note_second(u, w->other_list, false);
    }
    note_twice(u, &v->doc, v->at, w->list);
    u->values.several = u->values.several || doc_count(&v->doc, w->list) > 1;
    record_splitter_start(&list->elements, u->readers, text);
    list->elements.required = true;
}

/*
 * Whether it is a list of records in an object that is not itself an event (normalization.md §2,
 * rule 2f).
 */
static bool is_list_of_records(struct unwrapper *u, const struct unwrap *w,
                               const struct record_index *index, const struct value *v)
{
    const struct doc *d = &v->doc;
    enum shape shape = shape_of(d, index);
    if (w->list == 0 || (shape != SHAPE_FLAT && shape != SHAPE_ECS) ||
        states_of(u, d, v->at, index) == STATES_EVENT) {
        return false;
    }
    for (size_t i = doc_first(d, w->list); !doc_at_end(d, i); i = doc_next(d, i)) {
        if (doc_tag(d, i) == '{' && leads_to_record(u, d, i)) {
            return true;
        }
    }
    return false;
}

/* ---- a list that the framing divides ---- */

void unwrapper_leave_outer(struct unwrapper *u)
{
    envelope_clear(&u->outer);
    u->outer_open = false;
    u->outer_messages = false;
    u->outer_dropped = false;
}

/* The name of the first member that has a record besides the list `open`; "" if none has. */
static struct span other_record(struct unwrapper *u, const struct unwrap *w, const struct value *v,
                                size_t open)
{
    struct value inside;
    for (size_t i = 0; i < w->count; i++) {
        if (read_text(u, &w->texts[i], v, true, &inside) != NO_RECORD) {
            return w->texts[i].member;
        }
    }
    size_t at = w->at != 0 ? w->at : w->list;
    return at != 0 && at != open ? doc_string(&v->doc, at - 1) : SPAN("");
}

static size_t last_member(const struct doc *d, size_t at)
{
    size_t last = 0;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        last = i + 1;
    }
    return last;
}

bool unwrapper_enter_outer(struct unwrapper *u, const struct value *v)
{
    const struct doc *d = &v->doc;
    struct record_index index;
    struct unwrap w;
    record_index_of(names_of(u), d, v->at, &index);
    enum shape shape = shape_of(d, &index);
    size_t open = last_member(d, v->at);
    unwrap_look(d, v->at, &index, u->rules, &w);
    if ((shape != SHAPE_FLAT && shape != SHAPE_ECS) || (w.must && w.list != open) ||
        states_of(u, d, v->at, &index) == STATES_EVENT) {
        return false;
    }
    struct span other = other_record(u, &w, v, open);
    if (other.n > 0) {
        note_second(u, other, false);
    }
    note_twice(u, d, v->at, open);
    size_t time = w.must ? w.time : index.at[INDEX_TIME];
    size_t host = w.must ? w.host : index.at[INDEX_HOST];
    envelope_set(&u->outer, d, time, host);
    u->outer_open = true;
    u->outer_messages = w.messages || span_eq(doc_string(d, open - 1), SPAN("logEvents"));
    u->outer_dropped = has_others(v, time, host);
    return true;
}

enum outer_rest unwrapper_outer_rest(struct unwrapper *u, const struct value *v)
{
    struct record_index index;
    struct unwrap w;
    record_index_of(names_of(u), &v->doc, v->at, &index);
    unwrap_look(&v->doc, v->at, &index, u->rules, &w);
    if (w.must || other_record(u, &w, v, 0).n > 0 ||
        states_of(u, &v->doc, v->at, &index) == STATES_EVENT) {
        return OUTER_REST_RECORDS;
    }
    return doc_count(&v->doc, v->at) > 1 ? OUTER_REST_DROPPED : OUTER_REST_NOTHING;
}

/* ---- an OTLP request ---- */

/* What a wrapper has beside the record that is opened. */
static void note_request(struct unwrapper *u, bool request)
{
    if (request) {
        unwrapper_note(u, "an OTLP request in the same object was not read");
    }
}

void unwrapper_beside_request(struct unwrapper *u, const struct value *v,
                              const struct record_index *index)
{
    if (index->count == 1) {
        return;
    }
    struct record_index beside = *index;
    struct unwrap w;
    beside.signs &= ~(unsigned)SIGN_OTLP;
    unwrap_look(&v->doc, v->at, &beside, u->rules, &w);
    struct span other = other_record(u, &w, v, 0);
    if (other.n > 0) {
        note_second(u, other, false);
    } else if (states_of(u, &v->doc, v->at, &beside) == STATES_EVENT) {
        unwrapper_note(u, "an event in the same object as an OTLP request was not read");
    }
}

/* ---- one object ---- */

static void step_down(struct unwrapper *u, const struct unwrap *w, struct value *v)
{
    envelope_add(&u->envelope, &v->doc, w->time, w->host);
    note_dropped(u, w, v);
    if (w->path) {
        if (w->twice) {
            note_second(u, w->member, true);
        }
    } else {
        note_twice(u, &v->doc, v->at, w->at);
    }
    v->at = w->at;
    v->whole = false;
}

/* The object that an envelope has as a text. */
static bool read_required(struct unwrapper *u, const struct unwrap *w, const struct value *v,
                          struct value *inside)
{
    if (w->count == 0) {
        return false;
    }
    struct span text = w->texts[0].text;
    if (w->base64) {
        buf_clear(&u->decoded);
        if (!base64_decode(text, &u->decoded) || buf_room(&u->decoded, JSON_SLACK) == NULL) {
            return false;
        }
        text = buf_span(&u->decoded);
    }
    return value_read(u->readers, 1 - v->reader, text, inside) &&
           doc_tag(&inside->doc, DOC_ROOT) == '{';
}

/* Open an envelope that was recognized by its own members, none of which is a field of an event. */
static enum unwrapped open_envelope(struct unwrapper *u, const struct unwrap *w, int level,
                                    struct value *v)
{
    struct value inside;
    if (level == UNWRAP_LEVELS || w->nothing != NULL) {
        (void)snprintf(u->detail, sizeof(u->detail), "%s",
                       w->nothing != NULL ? w->nothing : "wrapped too often");
        return UNWRAPPED_NOTHING;
    }
    if (w->list != 0) {
        open_list(u, w, level, v);
        return UNWRAPPED_LIST;
    }
    if (w->at != 0) {
        step_down(u, w, v);
        return UNWRAPPED_RECORD;
    }
    if (!read_required(u, w, v, &inside)) {
        (void)snprintf(u->detail, sizeof(u->detail), "the member %.*s holds no JSON object",
                       SPAN_FMT(w->member));
        return UNWRAPPED_NOTHING;
    }
    envelope_add(&u->envelope, &v->doc, w->time, w->host);
    note_text(u, &w->texts[0], v);
    note_dropped(u, w, v);
    step_inside(u, v, &inside);
    return UNWRAPPED_RECORD;
}

/* Index and examine the object. False: it is a record without a wrapper. */
static bool find_wrapper(struct unwrapper *u, const struct value *v, bool log_event,
                         struct record_index *index, struct unwrap *w)
{
    record_index_of(names_of(u), &v->doc, v->at, index);
    if (log_event) {
        unwrap_log_event(&v->doc, v->at, index, w);
    } else if (shape_has_beacon_vendor(&v->doc, index)) {
        return false;
    } else {
        unwrap_look(&v->doc, v->at, index, u->rules, w);
    }
    return w->vector || !shape_is_beacon(&v->doc, index);
}

/*
 * Open a wrapper that is recognized only by its content. True: *v is the content. False: it is a
 * record or a list.
 */
static bool open_other(struct unwrapper *u, const struct unwrap *w,
                       const struct record_index *index, int level, struct value *v,
                       enum unwrapped *found)
{
    if (open_text(u, w, index, v)) {
        return true;
    }
    if (w->at != 0) {
        step_down(u, w, v);
        return true;
    }
    *found = UNWRAPPED_RECORD;
    if (is_list_of_records(u, w, index, v)) {
        open_list(u, w, level, v);
        *found = UNWRAPPED_LIST;
    }
    return false;
}

/* What encloses a value: the innermost open list, or what the framing has opened. */
struct enclosure {
    const struct envelope *envelope;
    bool log_event; /* its elements are log events of CloudWatch */
    bool dropped;   /* envelopes around it have members that are dropped */
    int level;      /* of the value */
};

static struct enclosure enclosure_of(const struct unwrapper *u)
{
    if (u->depth == 0) {
        int level = u->outer_open && !u->outer_messages ? 1 : 0;
        return (struct enclosure){&u->outer, u->outer_messages, u->outer_dropped, level};
    }
    const struct unwrapper_list *list = &u->lists[u->depth - 1];
    return (struct enclosure){&list->envelope, list->messages, list->dropped, list->level};
}

enum unwrapped unwrapper_open(struct unwrapper *u, struct value *v, struct record_index *index)
{
    const struct enclosure outer = enclosure_of(u);
    bool log_event = outer.log_event;
    u->dropped = outer.dropped;
    if (!envelope_is_empty(&u->envelope) || !envelope_is_empty(outer.envelope)) {
        envelope_copy(&u->envelope, outer.envelope);
    }
    for (int level = outer.level;; level++) {
        struct unwrap w;
        enum unwrapped found = UNWRAPPED_RECORD;
        if (!find_wrapper(u, v, log_event, index, &w) || (!w.must && level == UNWRAP_LEVELS)) {
            return UNWRAPPED_RECORD;
        }
        bool request = (index->signs & SIGN_OTLP) != 0;
        log_event = false;
        if (w.must) {
            found = open_envelope(u, &w, level, v);
        }
        if (found != UNWRAPPED_RECORD || (!w.must && !open_other(u, &w, index, level, v, &found))) {
            note_request(u, request && found == UNWRAPPED_LIST);
            return found;
        }
        note_request(u, request);
    }
}
