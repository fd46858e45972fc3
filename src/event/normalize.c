/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of the steps: piece -> values -> record without wrappers -> shape -> path -> output.
 * Each step is a module of its own. Here is decided which reader reads what.
 */
#include "normalize_priv.h"

#include "base/ascii.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- pieces ---- */

static void start_piece(struct normalizer *n, const struct piece *piece, struct span text)
{
    output_batch_clear(&n->batch);
    n->piece_done = false;
    n->piece = *piece;
    n->item = piece->same_line ? n->item : 0;
    n->rejects = 0;
    if (n->sample.made || n->sample.before.n > 0) {
        reject_sample_next(&n->sample);
    }
    n->answer = FRAMING_CONTINUE;
    n->in_otlp = false;
    n->otlp_others = 0;
    n->otlp_bytes = 0;
    n->dropped_behind = 0;
    n->skipped = 0;
    n->is_long = text.n > SHORT_LINE_BYTES;
    unwrapper_start(&n->unwrapper,
                    n->is_long ? long_lines_readers(n->options.long_lines) : n->short_readers,
                    n->rules, text);
    n->unwrapper.values.required = piece->kind == PIECE_VALUE; /* an element of an array */
}

void normalizer_object(struct normalizer *n, const struct object_origin *origin,
                       const struct rules *rules)
{
    n->origin = origin;
    n->rules = rules;
    n->reject_piece = false;
    n->no_record = false;
    n->joined = false;
    n->sample.made = false; /* another object: nothing is before it */
    start_piece(n, &(struct piece){.kind = PIECE_LINE}, SPAN(""));
    unwrapper_leave_outer(&n->unwrapper);
    ordinals_clear(n->ordinals);
    buf_clear(&n->ingest);
    ingest_member_origin(&n->ingest, origin);
}

bool normalize_is_numbered(const struct normalizer *n)
{
    const struct piece *p = &n->piece;
    bool line = p->framing == FRAMING_LINES &&
                (p->kind == PIECE_LINE || p->kind == PIECE_TOO_LONG || p->kind == PIECE_OPEN_LINES);
    return unwrapper_several(&n->unwrapper) || p->same_line || !line;
}

/* ---- records ---- */

/* `ingest.framing`: nothing for the usual one. */
static struct span framing_word(enum framing_kind kind)
{
    return kind == FRAMING_LINES ? SPAN("") : span_str(framing_name(kind));
}

static bool make(struct normalizer *n, struct value *v, enum shape shape, struct output *out,
                 struct reject_why *why)
{
    struct converter *c = n->converter;
    struct event_maker_input in = {.value = v,
                                   .readers = n->unwrapper.readers,
                                   .index = &c->index,
                                   .shape = shape,
                                   .origin = n->origin,
                                   .ingest = buf_span(&n->ingest),
                                   .ordinals = n->ordinals,
                                   .rules = n->rules,
                                   .line = n->piece.line,
                                   .item = normalize_is_numbered(n) ? n->item + 1 : 0,
                                   .framing = framing_word(n->piece.framing),
                                   .never_pass_through = n->options.never_pass_through,
                                   .envelope_time = envelope_time(&n->unwrapper.envelope),
                                   .envelope_host = envelope_host(&n->unwrapper.envelope),
                                   .steps = &n->steps};
    return shape != SHAPE_NONE && event_maker_make(c->maker, &in, &c->out, out, why);
}

static bool is_plain_text(const struct doc *d, size_t at)
{
    struct span text = at != 0 && doc_tag(d, at) == '"' ? doc_string(d, at) : SPAN("");
    while (text.n > 0 && ascii_is_blank(*text.p)) {
        text = span_from(text, 1);
    }
    return text.n > 0 && *text.p != '{' && *text.p != '[';
}

/*
 * Whether the object is a wrapper (normalization.md §2, rule 1b) around a text that is no JSON.
 * `message` and `event` are names of other records, too, unless they are alone.
 */
static bool wraps_plain_text(const struct value *v, const struct record_index *index)
{
    const struct doc *d = &v->doc;
    bool alone = doc_count(d, v->at) == 1;
    return is_plain_text(d, index->at[INDEX_LOG]) || is_plain_text(d, index->at[INDEX_RAW]) ||
           is_plain_text(d, index->at[INDEX_EVENT_ORIGINAL]) ||
           (alone && (is_plain_text(d, index->at[INDEX_MESSAGE]) ||
                      is_plain_text(d, index->at[INDEX_EVENT])));
}

static bool has_objects(const struct doc *d, size_t at)
{
    size_t i = doc_tag(d, at) == '{' ? doc_first(d, at) : 0;
    while (i != 0 && !doc_at_end(d, i) && doc_tag(d, i + 1) != '{') {
        i = doc_next(d, i + 1);
    }
    return i != 0 && !doc_at_end(d, i);
}

bool normalize_make_event(struct normalizer *n, struct value *v, enum shape shape,
                          struct output *out)
{
    struct reject_why why = event_maker_no_field;
    if (!make(n, v, shape, out, &why)) {
        (void)normalize_reject(n, why.reason, why.detail, out);
        bool none = why.reason == REJECT_NO_KNOWN_FIELD;
        out->plain_text = none && wraps_plain_text(v, &n->converter->index);
        out->has_objects = none && has_objects(&v->doc, v->at);
        return true;
    }
    out->members_dropped = n->unwrapper.dropped || (n->in_otlp && otlp_dropped(&n->otlp));
    for (unsigned i = 0; i <= n->piece.request_level; i++) {
        n->list_events[i] += out->members_dropped ? 0 : 1;
    }
    n->item++;
    return true;
}

/* Process an object. True: *out is its output. False: it is skipped, or a request or an envelope
 * around a list, with outputs of its own. */
static bool on_object(struct normalizer *n, struct value *v, struct output *out)
{
    struct record_index *index = &n->converter->index;
    switch (unwrapper_open(&n->unwrapper, v, index)) {
    case UNWRAPPED_RECORD:
        break;
    case UNWRAPPED_LIST:
        return false;
    case UNWRAPPED_SKIPPED:
        n->skipped++;
        return false;
    case UNWRAPPED_NOTHING:
        return normalize_reject(n, REJECT_WRAPPED_TEXT, n->unwrapper.detail, out);
    }
    if (!value_is_event(&v->doc, v->at)) {
        return normalize_reject(n, REJECT_NOT_AN_EVENT, "an empty object is no event", out);
    }
    enum shape shape = shape_is_beacon(&v->doc, index) ? SHAPE_BEACON : shape_of(&v->doc, index);
    return shape == SHAPE_OTLP ? normalize_otlp_start(n, v, out)
                               : normalize_make_event(n, v, shape, out);
}

/* No JSON from a byte of the piece on. A value's boundaries cannot be trusted then. */
static bool reject_damage(struct normalizer *n, const struct record_splitter *v, struct output *out)
{
    if (n->piece.kind == PIECE_VALUE && n->piece.request_level == 0 && !v->too_deep) {
        n->answer = FRAMING_NO_JSON;
        return normalize_reject_rest(n, v->wrong, n->piece.offset + v->wrong_at, true, out);
    }
    n->answer = n->piece.kind == PIECE_LINE ? FRAMING_NO_JSON : n->answer;
    return normalize_reject_line(n, v, out);
}

static bool next_output(struct normalizer *n, struct output *out)
{
    if (n->reject_piece) {
        return normalize_reject_piece(n, out);
    }
    for (;;) {
        struct value v;
        steps_count(&n->steps, STEP_RECORD);
        if (n->steps.stopped) {
            return false;
        }
        if ((n->in_otlp && normalize_otlp_next(n, out)) || normalize_otlp_others(n, out)) {
            return true;
        }
        if (n->unwrapper.second) {
            n->unwrapper.second = false;
            return normalize_reject(n, REJECT_WRAPPED_TEXT, n->unwrapper.other, out);
        }
        struct record_splitter *values = unwrapper_values(&n->unwrapper);
        switch (record_splitter_next(values, &v)) {
        case VALUES_END:
            if (!unwrapper_leave(&n->unwrapper)) {
                return false;
            }
            break;
        case VALUES_OBJECT:
            if (on_object(n, &v, out)) {
                return true;
            }
            break;
        case VALUES_NOT_EVENT:
            return normalize_reject_several(n, REJECT_NOT_AN_EVENT, values->detail, values->count,
                                            out);
        case VALUES_DAMAGED:
            return reject_damage(n, values, out);
        }
    }
}

/* ---- pieces ---- */

/* The object before its list. */
static enum framing_answer list_begins(struct normalizer *n)
{
    struct value v;
    unwrapper_leave_outer(&n->unwrapper);
    n->list_events[0] = 0;
    if (!value_read(n->short_readers, 0, n->piece.text, &v)) {
        return FRAMING_NO_LIST;
    }
    switch (unwrapper_enter_outer(&n->unwrapper, &v)) {
    case OUTER_OPEN:
        return FRAMING_CONTINUE;
    case OUTER_NO_RECORD:
        n->no_record = true;
        n->no_record_at = n->piece.offset;
        break;
    case OUTER_NO_LIST:
        break;
    }
    return FRAMING_NO_LIST;
}

/*
 * The object after its list. Its events have been produced without it, so only the number of those
 * from which it was dropped remains, and a reject of what is more than a member of an envelope.
 */
static void list_ends(struct normalizer *n)
{
    struct span rest = n->piece.text;
    enum { BEFORE = sizeof(FRAMING_REST_BEGINS) - 1 };
    n->piece.text = rest.n > 0 ? span_from(rest, BEFORE) : rest;
    enum outer_rest kind =
        unwrapper_outer_rest(&n->unwrapper, rest.n > 0 ? span_from(rest, BEFORE - 1) : rest);
    n->dropped_behind = kind == OUTER_REST_DROPPED ? n->list_events[0] : 0;
    n->reject_piece = kind == OUTER_REST_UNREAD;
    unwrapper_leave_outer(&n->unwrapper);
}

void normalizer_piece(struct normalizer *n, const struct piece *piece)
{
    bool values = piece->kind == PIECE_LINE || piece->kind == PIECE_VALUE;
    n->reject_piece = piece->kind == PIECE_TOO_LONG || piece->kind == PIECE_DAMAGE ||
                      piece->kind == PIECE_RUN || piece->kind == PIECE_OPEN_LINES ||
                      piece->kind == PIECE_UNREAD;
    start_piece(n, piece, values ? piece->text : SPAN(""));
    if (n->unwrapper.outer_open && !piece->in_list) { /* damage ended the list */
        unwrapper_leave_outer(&n->unwrapper);
    }
    if (normalize_otlp_part(n)) {
        return;
    }
    if (piece->kind == PIECE_LIST) {
        n->answer = list_begins(n);
    } else if (piece->kind == PIECE_LIST_END) {
        list_ends(n);
    }
}

uint64_t normalizer_dropped_behind(const struct normalizer *n)
{
    return n->dropped_behind;
}

uint64_t normalizer_skipped(const struct normalizer *n)
{
    return n->skipped;
}

enum framing_answer normalizer_answer(const struct normalizer *n)
{
    return n->answer;
}

/* ---- what others may use between two calls ---- */

/*
 * Another normalizer used the reader of the request: read the request again, to the same tape. The
 * text of the last record is another one, too.
 */
static void read_request_again(struct normalizer *n)
{
    struct span rest = n->request.text;
    struct json_reader *reader = n->unwrapper.readers[n->request.reader];
    if (json_scan(reader, &rest, &n->request.doc, NULL) != FAIL_NONE) {
        abort(); /* cannot be: it was read before */
    }
    otlp_forget(&n->otlp);
}

void normalizer_attach(struct normalizer *n, struct converter *c)
{
    assert(n->converter == NULL && c != NULL);
    bool same = c == n->last_converter && c->user == n;
    normalize_use(n, c);
    if (n->in_otlp && !n->is_long && !same) {
        read_request_again(n);
    }
}

void normalizer_detach(struct normalizer *n)
{
    assert(n->own_converter == NULL);
    n->last_converter = n->converter;
    n->converter = NULL;
}

void normalizer_keep(struct normalizer *n, struct output *out)
{
    if (!n->is_long) { /* outputs of a long piece are kept anyway */
        output_batch_clear(&n->batch);
        output_batch_add(&n->batch, out);
        bool kept = output_batch_next(&n->batch, out);
        assert(kept);
    }
}

void normalizer_take_readers(struct normalizer *n, step_fn *on_step, void *ctx)
{
    n->same_readers = long_lines_take(n->options.long_lines, n, n->origin->customer);
    n->has_readers = true;
    steps_start(&n->steps, on_step, ctx);
}

void normalizer_release_readers(struct normalizer *n)
{
    n->has_readers = false;
    steps_start(&n->steps, NULL, NULL);
    long_lines_release(n->options.long_lines);
}

bool normalizer_needs_readers(const struct normalizer *n)
{
    return n->is_long && !n->piece_done && !output_batch_has_next(&n->batch);
}

/* Make outputs while the readers are held. Only the document of a request is needed from one call
 * to the next. */
static void make_batch(struct normalizer *n)
{
    struct output output;
    struct converter *before = n->converter;
    normalize_use(n, normalize_long_converter(n));
    if (n->in_otlp && !n->same_readers) {
        read_request_again(n);
    }
    output_batch_clear(&n->batch);
    while (output_batch_has_room(&n->batch) && !n->piece_done) {
        if (next_output(n, &output)) {
            output_batch_add(&n->batch, &output);
        } else {
            n->piece_done = true;
        }
    }
    if (n->steps.stopped) {
        n->piece_done = true;
        output_batch_clear(&n->batch);
    }
    n->converter = NULL;
    if (before != NULL) {
        normalize_use(n, before);
    }
}

/* The readers are held within one call, and not longer (event/README.md, rule 23). */
static void make_batch_with_readers(struct normalizer *n)
{
    bool had = n->has_readers;
    if (!had) {
        normalizer_take_readers(n, NULL, NULL);
    }
    make_batch(n);
    if (!had) {
        normalizer_release_readers(n);
    }
}

bool normalizer_next(struct normalizer *n, struct output *out)
{
    if (!n->is_long) {
        return next_output(n, out);
    }
    if (output_batch_next(&n->batch, out)) {
        return true;
    }
    if (!n->piece_done) {
        make_batch_with_readers(n);
    }
    return output_batch_next(&n->batch, out);
}
