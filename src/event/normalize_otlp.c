/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OTLP requests: their records, what they have besides these, and the lists of a request that the
 * framing divides.
 */
#include "event/map/build.h"
#include "event/record/shape.h"
#include "normalize_priv.h"

#include <stdio.h>

enum {
    /*
     * Many small OTLP records of one large resource would be a bomb, since each repeats the
     * attributes of the resource. So all that the requests of one line expand to is limited to
     * this multiple of the line. Records, names and values count as more bytes than they have: a
     * short one costs as much as a longer one.
     */
    OTLP_LINE_GROWTH = 16,
    OTLP_FREE_BYTES = 1 << 20,
    OTLP_RECORD_BYTES = 128,
    OTLP_WORD_BYTES = 8,
};

static const char unread_record[] = "an OTLP record that cannot be read";

/* ---- records ---- */

/* Read the record in n->converter->otlp_text, and index it. */
static bool read_record(struct normalizer *n, struct value *v)
{
    struct buf *text = &n->converter->otlp_text;
    if (buf_room(text, JSON_SLACK) == NULL ||
        !value_read(n->unwrapper.readers, 1 - n->request.reader, buf_span(text), v)) {
        return false;
    }
    v->replaced = n->request.replaced;
    record_index_of(event_maker_names(n->converter->maker), &v->doc, v->at, &n->converter->index);
    return true;
}

/* Whether an attribute may be a record as text, too; a copy of the body is none. */
static bool has_other_text(const struct doc *d, size_t at, struct span body)
{
    size_t attributes = doc_member(d, at, SPAN("attributes"));
    bool found = attributes != 0 && doc_tag(d, attributes) != '{';
    for (size_t i = attributes != 0 && !found ? doc_first(d, attributes) : 0;
         i != 0 && !found && !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span text = doc_tag(d, i + 1) == '"' ? doc_string(d, i + 1) : SPAN("");
        found = memchr(text.p, '{', text.n) != NULL && !span_eq(text, body);
    }
    return found;
}

/*
 * A record whose body is the text of an event, and which states none itself: *v becomes the event
 * (normalization.md §2, rule 1b). The reader of the request is needed for its next record, so the
 * text must be a record without a wrapper, whose members need no other reader. False: *v is lost.
 */
static bool open_body(struct normalizer *n, struct span body, struct value *v, enum shape *shape)
{
    struct buf *copy = &n->unwrapper.inner[v->reader];
    struct record_index *index = &n->converter->index;
    buf_clear(copy);
    buf_add(copy, body);
    if (copy->overflowed || buf_room(copy, JSON_SLACK) == NULL) {
        return false;
    }
    for (char *p = copy->p; (p = memchr(p, '\n', copy->n - (size_t)(p - copy->p))) != NULL;) {
        *p = ' ';
    }
    bool replaced = v->replaced || v->doc.repaired;
    if (!value_read(n->unwrapper.readers, v->reader, buf_span(copy), v) ||
        doc_tag(&v->doc, DOC_ROOT) != '{') {
        return false;
    }
    struct unwrap w;
    v->replaced = replaced;
    v->whole = !replaced;
    record_index_of(event_maker_names(n->converter->maker), &v->doc, v->at, index);
    *shape = shape_is_beacon(&v->doc, index) ? SHAPE_BEACON : shape_of(&v->doc, index);
    if (*shape == SHAPE_BEACON) {
        return true;
    }
    unwrap_look(&v->doc, v->at, index, n->rules, &w);
    bool plain = *shape != SHAPE_OTLP && *shape != SHAPE_OTEL && !w.must && w.at == 0 &&
                 w.list == 0 && w.count == 0;
    return plain && event_maker_states(n->converter->maker, &v->doc, v->at, index, n->rules).what !=
                        STATES_NOTHING;
}

/* The event of a record that was read. */
static bool make_event(struct normalizer *n, struct value *v, struct output *out)
{
    struct converter *c = n->converter;
    enum shape shape = SHAPE_OTLP;
    size_t at = c->index.at[INDEX_BODY];
    struct span body = at != 0 && doc_tag(&v->doc, at) == '"' ? doc_string(&v->doc, at) : SPAN("");
    if (memchr(body.p, '{', body.n) == NULL ||
        states_event(event_maker_states(c->maker, &v->doc, v->at, &c->index, n->rules).what) ||
        has_other_text(&v->doc, v->at, body)) {
        return normalize_make_event(n, v, SHAPE_OTLP, out);
    }
    steps_count(&n->steps, body.n);
    if (!open_body(n, body, v, &shape)) {
        return read_record(n, v) ? normalize_make_event(n, v, SHAPE_OTLP, out)
                                 : normalize_reject(n, REJECT_BAD_JSON, unread_record, out);
    }
    bool dropped = n->unwrapper.dropped;
    n->unwrapper.dropped = true;
    bool made = normalize_make_event(n, v, shape, out);
    n->unwrapper.dropped = dropped;
    return made;
}

/* The next record of an OTLP request. False: no more. */
bool normalize_otlp_next(struct normalizer *n, struct output *out)
{
    struct buf *text = &n->converter->otlp_text;
    if (!otlp_next(&n->otlp, text)) {
        n->in_otlp = false;
        return false;
    }
    struct value v;
    steps_count(&n->steps, text->n);
    n->otlp_bytes += text->n + OTLP_RECORD_BYTES;
    if (n->otlp_bytes > n->piece.text.n * OTLP_LINE_GROWTH + OTLP_FREE_BYTES) {
        n->in_otlp = false;
        return normalize_reject(
            n, REJECT_EVENT_TOO_LARGE,
            "the OTLP records from here on: the line expands to more than 16 times "
            "its length",
            out);
    }
    if (text->overflowed) {
        return normalize_reject(n, event_maker_too_large.reason, event_maker_too_large.detail, out);
    }
    if (!read_record(n, &v)) {
        return normalize_reject(n, REJECT_BAD_JSON, unread_record, out);
    }
    n->otlp_bytes += doc_payload(&v.doc, 0) * OTLP_WORD_BYTES;
    return make_event(n, &v, out);
}

static void note_unread(struct normalizer *n, const struct otlp_missed *missed)
{
    static const char *const levels[OTLP_LEVELS] = {"the request", "a resource", "a scope",
                                                    "a metric", "the data of a metric"};
    if (missed->unread > 0) {
        (void)snprintf(n->detail, sizeof(n->detail),
                       "%zu members that may have records were not read, the first in %s",
                       missed->unread, levels[missed->unread_level]);
        unwrapper_note(&n->unwrapper, n->detail);
    }
}

/*
 * Begin an OTLP request. True: it is rejected, *out is the reject. False: next_otlp returns its
 * records. One of empty lists is skipped.
 */
bool normalize_otlp_start(struct normalizer *n, const struct value *v, struct output *out)
{
    unwrapper_beside_request(&n->unwrapper, v, &n->converter->index);
    n->request = *v;
    n->request.replaced = v->replaced || v->doc.repaired;
    struct duplicate_names *names = &n->converter->request_names;
    if (!duplicate_names_absent(names, &v->doc, v->at)) {
        unwrapper_note(&n->unwrapper, "earlier values of names that an object of the OTLP request "
                                      "has twice were not read");
    }
    if (!sanitizer_value(&n->request_sanitizer, n->unwrapper.readers, names, &n->request)) {
        return normalize_reject(n, REJECT_BAD_JSON, "an OTLP request that cannot be read", out);
    }
    struct otlp_missed missed;
    unsigned heads = n->piece.request_level;
    size_t count = otlp_count(&n->request.doc, n->request.at, heads, &missed);
    note_unread(n, &missed);
    if (count == 0 && missed.others == 0 && missed.unread == 0) {
        n->skipped++;
        return false;
    }
    n->otlp_others = missed.others;
    n->unwrapper.values.several =
        n->unwrapper.values.several || count > 1 || missed.others > 0 || missed.unread > 0;
    n->in_otlp = true;
    otlp_start(&n->otlp, &n->request.doc, n->request.at, heads);
    return false;
}

/* What a request has besides the records that it gave. False: nothing. */
bool normalize_otlp_others(struct normalizer *n, struct output *out)
{
    size_t others = n->otlp_others;
    n->otlp_others = 0;
    if (others == 0) { /* as after each record that is no request */
        return false;
    }
    (void)snprintf(n->detail, sizeof(n->detail),
                   "%zu elements of the OTLP request without a record", others);
    return normalize_reject_several(n, REJECT_NOT_AN_EVENT, n->detail, others, out);
}

/* ---- a request that is divided ---- */

/* A list of a request that is divided begins. What is before it is in each of its parts. */
static void request_begins(struct normalizer *n)
{
    unsigned level = n->piece.request_level;
    struct value v;
    n->list_events[level] = 0;
    n->reject_piece =
        !value_read(n->short_readers, 0, n->piece.text, &v) ||
        otlp_before_list(&v.doc, DOC_ROOT, (enum otlp_level)(level - 1)) == OTLP_BESIDE_NEEDED;
}

/* Members after the list that no record got, as those before it. */
static void count_dropped_behind(struct normalizer *n, unsigned level)
{
    n->dropped_behind = n->list_events[level];
    for (unsigned i = 0; i <= level; i++) {
        n->list_events[i] -= n->dropped_behind;
    }
}

/*
 * After a list of an OTLP request that is divided. Its records have been produced without what
 * follows it.
 */
static void request_ends(struct normalizer *n)
{
    unsigned level = n->piece.request_level;
    struct value v;
    enum otlp_beside rest = OTLP_BESIDE_NEEDED;
    if (value_read(n->short_readers, 0, n->piece.text, &v)) {
        rest = otlp_after_list(&v.doc, DOC_ROOT, (enum otlp_level)(level - 1));
    }
    if (rest == OTLP_BESIDE_DROPPED && level == 1 && unwrapper_has_records(&n->unwrapper, &v)) {
        rest = OTLP_BESIDE_NEEDED;
    }
    if (rest == OTLP_BESIDE_DROPPED) {
        count_dropped_behind(n, level);
    }
    n->reject_piece = rest == OTLP_BESIDE_NEEDED;
    n->piece.text = n->piece.text.n > 0 ? span_from(n->piece.text, sizeof(FRAMING_REST_BEGINS) - 1)
                                        : n->piece.text;
}

/* Begins or ends a list of a request. False: it is another piece. */
bool normalize_otlp_part(struct normalizer *n)
{
    const struct piece *p = &n->piece;
    bool part = p->request_level > 0 && (p->kind == PIECE_LIST || p->kind == PIECE_LIST_END);
    if (part && p->kind == PIECE_LIST_END) {
        request_ends(n);
    } else if (part) {
        request_begins(n);
    }
    return part;
}
