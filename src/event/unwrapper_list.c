/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of records: in a piece, where their text is read again element by element, or divided into
 * pieces by the framing, since they are above the limit. Then the members after the list are known
 * when its records are gone, so the text before the list is kept: what is behind it is examined in
 * the whole object.
 */
#include "event/record/shape.h"
#include "unwrapper_priv.h"

#include <assert.h>
#include <stdio.h>

/* ---- in a piece ---- */

static bool is_within(struct span part, struct span whole)
{
    return (uintptr_t)part.p >= (uintptr_t)whole.p &&
           (uintptr_t)part.p + part.n <= (uintptr_t)whole.p + whole.n;
}

void unwrapper_open_list(struct unwrapper *u, const struct unwrap *w, int level,
                         const struct value *v)
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
    unwrapper_drop_members(u, w, v);
    list->dropped = u->dropped;
    list->messages = w->messages;
    list->level = level + (w->messages ? 0 : 1); /* a log event and its list count as one */
    (void)unwrapper_note_others(u, w, v, w->list);
    u->values.several = u->values.several || doc_count(&v->doc, w->list) > 1;
    record_splitter_start(&list->elements, u->readers, text);
    list->elements.required = true;
}

static bool may_have_list(const struct doc *d, const struct record_index *index)
{
    enum shape shape = shape_of(d, index);
    return shape == SHAPE_FLAT || shape == SHAPE_ECS;
}

bool unwrapper_is_list(struct unwrapper *u, const struct unwrap *w,
                       const struct record_index *index, const struct value *v)
{
    const struct doc *d = &v->doc;
    if (w->list == 0 || !may_have_list(d, index)) {
        return false;
    }
    enum record_states own = unwrapper_states(u, d, v->at, index).what;
    return states_event(own) ? unwrapper_list_states(u, d, w->list, own == STATES_EVENT)
                             : unwrapper_list_leads(u, d, w->list);
}

/* ---- divided by the framing ---- */

void unwrapper_leave_outer(struct unwrapper *u)
{
    envelope_clear(&u->outer);
    buf_clear(&u->outer_head);
    u->outer_open = false;
    u->outer_messages = false;
    u->outer_dropped = false;
}

static size_t last_member(const struct doc *d, size_t at)
{
    size_t last = 0;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        last = i + 1;
    }
    return last;
}

/* What a whole object of this head would be, as far as its members are known. */
static enum outer_begins kind_of_outer(struct unwrapper *u, const struct unwrap *w,
                                       const struct record_index *index, const struct doc *d,
                                       size_t open)
{
    if (w->must) {
        bool none = w->list == open && w->nothing != NULL;
        if (none) {
            (void)snprintf(u->detail, sizeof(u->detail), "%s", w->nothing);
        }
        return none ? OUTER_NO_RECORD : w->list == open ? OUTER_OPEN : OUTER_NO_LIST;
    }
    return may_have_list(d, index) ? OUTER_OPEN : OUTER_NO_LIST;
}

enum outer_begins unwrapper_enter_outer(struct unwrapper *u, const struct value *v)
{
    const struct doc *d = &v->doc;
    struct record_index index;
    struct unwrap w;
    size_t open = last_member(d, v->at);
    record_index_of(unwrapper_names(u), d, v->at, &index);
    if (shape_is_beacon(d, &index)) {
        return OUTER_NO_LIST;
    }
    unwrap_look(d, v->at, &index, u->rules, &w);
    enum outer_begins kind = kind_of_outer(u, &w, &index, d, open);
    if (kind != OUTER_OPEN) {
        return kind;
    }
    (void)unwrapper_note_others(u, &w, v, open);
    u->outer_open = true;
    u->outer_messages = span_eq(doc_string(d, open - 1), SPAN("logEvents"));
    w.time = u->outer_messages ? 0 : index.at[INDEX_TIME];
    w.host = w.must ? w.host : index.at[INDEX_HOST];
    envelope_set(&u->outer, d, w.time, w.host);
    u->outer_dropped = unwrapper_has_others(v, w.time, w.host);
    buf_clear(&u->outer_head);
    buf_add(&u->outer_head, span_of(v->text.p, v->text.n - (sizeof("]}") - 1)));
    return OUTER_OPEN;
}

/* Whether members after the list make the object one that is never an envelope around a list. */
static bool is_another_shape(struct unwrapper *u, const struct value *v)
{
    struct record_index index;
    record_index_of(unwrapper_names(u), &v->doc, v->at, &index);
    return shape_is_beacon(&v->doc, &index) || (index.signs & (SIGN_OTLP | SIGN_HOOK)) != 0;
}

/* Read the whole object, with its list empty. */
static bool read_whole(struct unwrapper *u, struct span rest, struct value *v)
{
    buf_add(&u->outer_head, rest);
    bool room = buf_room(&u->outer_head, JSON_SLACK) != NULL;
    return room && !u->outer_head.overflowed &&
           value_read(u->readers, 0, buf_span(&u->outer_head), v);
}

enum outer_rest unwrapper_outer_rest(struct unwrapper *u, struct span rest)
{
    struct value v;
    size_t head = u->outer_head.n;
    if (rest.n == 0 || !read_whole(u, rest, &v)) {
        return OUTER_REST_UNREAD;
    }
    size_t list = doc_first(&v.doc, v.at) + 1;
    while (doc_tag(&v.doc, list) != '[' || doc_extent(&v.doc, list).to <= head) {
        list = doc_next(&v.doc, list) + 1;
    }
    bool records = unwrapper_note_later(u, &v, list);
    if (!records && is_another_shape(u, &v)) {
        unwrapper_note(u, "members of an event after a list above limits.line_bytes were not read");
        records = true;
    }
    bool last = doc_at_end(&v.doc, doc_next(&v.doc, list));
    return records ? OUTER_REST_RECORDS : last ? OUTER_REST_NOTHING : OUTER_REST_DROPPED;
}
