/* SPDX-License-Identifier: Apache-2.0 */
#include "unwrapper_priv.h"

#include "codec/base64.h"
#include "event/record/shape.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { UTF8_GROWTH = 3 }; /* of a text inside a record: U+FFFD for each byte that is not UTF-8 */

void unwrapper_init(struct unwrapper *u, size_t max_bytes, struct steps *steps)
{
    *u = (struct unwrapper){.steps = steps};
    envelope_init(&u->outer);
    envelope_init(&u->envelope);
    u->outer_head = (struct buf)BUF_INIT(UNWRAPPER_HEAD_BYTES);
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
    buf_done(&u->outer_head);
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

bool unwrapper_has_others(const struct value *v, size_t time, size_t host)
{
    size_t used = (size_t)1 + (time != 0 ? 1 : 0) + (host != 0 ? 1 : 0);
    return doc_count(&v->doc, v->at) > used;
}

void unwrapper_drop_members(struct unwrapper *u, const struct unwrap *w, const struct value *v)
{
    u->dropped = u->dropped || w->others || unwrapper_has_others(v, w->time, w->host);
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
    record_index_of(unwrapper_names(u), &v->doc, v->at, &index);
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
    bool counts = any && unwrapper_leads(u, &inside->doc, DOC_ROOT);
    return counts ? SOME_RECORD : NO_RECORD;
}

/*
 * Open the first text that is a Beacon-shaped record, or else another record (normalization.md §2,
 * rule 1b). An object that is itself an event is not a wrapper around another shape.
 */
static bool open_text(struct unwrapper *u, const struct unwrap *w, const struct record_index *index,
                      struct value *v)
{
    bool any = w->count > 0 && !states_event(unwrapper_states(u, &v->doc, v->at, index).what);
    const struct unwrap_text *best = NULL;
    int found = NO_RECORD;
    struct value inside;
    bool held = false; /* `inside` is the record */
    for (size_t i = 0; i < w->count && found != BEACON_RECORD; i++) {
        int kind = read_text(u, &w->texts[i], v, any, &inside);
        held = kind > found;
        best = held ? &w->texts[i] : best;
        found = held ? kind : found;
    }
    if (best == NULL) {
        return false;
    }
    held = !unwrapper_note_others(u, w, v, best->at) && held;
    if (!held && read_text(u, best, v, any, &inside) == NO_RECORD) {
        abort(); /* cannot be: it was read before */
    }
    unwrapper_drop_members(u, w, v);
    step_inside(u, v, &inside);
    return true;
}

/* What a wrapper has beside the record that is opened. */
static void note_request(struct unwrapper *u, bool request)
{
    if (request) {
        unwrapper_note(u, "an OTLP request in the same object was not read");
    }
}

/* ---- one object ---- */

static void step_down(struct unwrapper *u, const struct unwrap *w, struct value *v)
{
    envelope_add(&u->envelope, &v->doc, w->time, w->host);
    unwrapper_drop_members(u, w, v);
    (void)unwrapper_note_others(u, w, v, w->at);
    v->at = w->at;
    v->whole = false;
}

/* The text that an envelope has in place of an object. False: it has none, or no base64. */
static bool required_text(struct unwrapper *u, const struct unwrap *w, struct span *text)
{
    if (w->count == 0) {
        return false;
    }
    *text = w->texts[0].text;
    if (w->base64) {
        buf_clear(&u->decoded);
        if (!base64_decode(*text, &u->decoded) || buf_room(&u->decoded, JSON_SLACK) == NULL) {
            return false;
        }
        *text = buf_span(&u->decoded);
    }
    return true;
}

/* The object that an envelope has as a text. */
static bool read_required(struct unwrapper *u, const struct unwrap *w, const struct value *v,
                          struct value *inside)
{
    struct span text;
    if (!required_text(u, w, &text)) {
        return false;
    }
    return value_read(u->readers, 1 - v->reader, text, inside) &&
           doc_tag(&inside->doc, DOC_ROOT) == '{';
}

/* Whether the text has an object, and more after it. */
static bool has_more(struct unwrapper *u, const struct unwrap *w, const struct value *v)
{
    struct doc d;
    struct span text;
    if (!required_text(u, w, &text)) {
        return false;
    }
    return json_scan(u->readers[1 - v->reader], &text, &d, NULL) == FAIL_NONE &&
           doc_tag(&d, DOC_ROOT) == '{';
}

static void say_none(struct unwrapper *u, const struct unwrap *w, bool more)
{
    struct shown_name name = unwrapper_show(w->member);
    if (more) {
        (void)snprintf(u->detail, sizeof(u->detail), "the member %s holds more than a JSON object",
                       name.text);
    } else {
        (void)snprintf(u->detail, sizeof(u->detail), "the member %s holds no JSON object",
                       name.text);
    }
}

/* Open an envelope that was recognized by its own members, none of which is a field of an event. */
static enum unwrapped open_envelope(struct unwrapper *u, const struct unwrap *w, int level,
                                    struct value *v)
{
    struct value inside;
    if (w->skip) {
        return UNWRAPPED_SKIPPED;
    }
    if (level == UNWRAP_LEVELS || w->nothing != NULL) {
        (void)snprintf(u->detail, sizeof(u->detail), "%s",
                       w->nothing != NULL ? w->nothing : "wrapped too often");
        return UNWRAPPED_NOTHING;
    }
    if (w->list != 0) {
        unwrapper_open_list(u, w, level, v);
        return UNWRAPPED_LIST;
    }
    if (w->at != 0) {
        step_down(u, w, v);
        return UNWRAPPED_RECORD;
    }
    if (!read_required(u, w, v, &inside)) {
        say_none(u, w, has_more(u, w, v));
        return UNWRAPPED_NOTHING;
    }
    if (unwrapper_note_others(u, w, v, w->texts[0].at) && !read_required(u, w, v, &inside)) {
        abort(); /* cannot be: it was read before */
    }
    envelope_add(&u->envelope, &v->doc, w->time, w->host);
    unwrapper_drop_members(u, w, v);
    step_inside(u, v, &inside);
    return UNWRAPPED_RECORD;
}

/* A line that Filebeat has decoded, or a text beside it that is a record where that is none. */
static void choose_decoded(struct unwrapper *u, const struct value *v, struct unwrap *w)
{
    w->must = w->count == 0 || unwrapper_leads(u, &v->doc, w->at);
    if (!w->must) {
        w->at = 0;
        w->time = 0;
        w->host = 0;
    }
}

/* Index and examine the object. False: it is a record without a wrapper. */
static bool find_wrapper(struct unwrapper *u, const struct value *v, bool log_event,
                         struct record_index *index, struct unwrap *w)
{
    record_index_of(unwrapper_names(u), &v->doc, v->at, index);
    if (log_event) {
        unwrap_log_event(&v->doc, v->at, index, w);
    } else if (shape_has_beacon_vendor(&v->doc, index)) {
        return false;
    } else {
        unwrap_look(&v->doc, v->at, index, u->rules, w);
        if (w->json) {
            choose_decoded(u, v, w);
        }
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
    if (unwrapper_is_list(u, w, index, v)) {
        unwrapper_open_list(u, w, level, v);
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
