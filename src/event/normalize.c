/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of the steps: piece -> values -> record without wrappers -> shape -> path -> output.
 * Each step is a module of its own. Here is decided which reader reads what.
 */
#include "normalize_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

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

/* ---- pieces ---- */

static void start_piece(struct normalizer *n, const struct piece *piece, struct span text)
{
    output_batch_clear(&n->batch);
    n->piece_done = false;
    n->piece = *piece;
    n->item = piece->same_line ? n->item : 0;
    n->rejects = 0;
    n->sample.made = false;
    n->answer = FRAMING_CONTINUE;
    n->in_otlp = false;
    n->otlp_bytes = 0;
    n->dropped_behind = 0;
    n->is_long = text.n > SHORT_LINE_BYTES;
    unwrapper_start(&n->unwrapper,
                    n->is_long ? long_lines_readers(n->options.long_lines) : n->short_readers,
                    n->rules, text);
}

void normalizer_object(struct normalizer *n, const struct object_origin *origin,
                       const struct rules *rules)
{
    n->origin = origin;
    n->rules = rules;
    n->reject_piece = false;
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

static const char *detail_of(enum reject_reason why)
{
    return why == REJECT_EVENT_TOO_LARGE ? "the event is larger than limits.event_bytes"
                                         : "no member that the schema or an alias knows";
}

static struct pathset *names_of(struct normalizer *n)
{
    return event_maker_names(n->converter->maker);
}

/* `ingest.framing`: nothing for the usual one. */
static struct span framing_word(enum framing_kind kind)
{
    return kind == FRAMING_LINES ? SPAN("") : span_str(framing_name(kind));
}

static bool make(struct normalizer *n, struct value *v, enum shape shape, struct output *out,
                 enum reject_reason *why)
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

static bool make_event(struct normalizer *n, struct value *v, enum shape shape, struct output *out)
{
    enum reject_reason why = REJECT_NO_KNOWN_FIELD;
    if (!make(n, v, shape, out, &why)) {
        return normalize_reject(n, why, detail_of(why), out);
    }
    out->members_dropped = n->unwrapper.dropped;
    n->list_events += n->unwrapper.dropped ? 0 : 1;
    n->item++;
    return true;
}

/* The next record of an OTLP request. False: no more. */
static bool next_otlp(struct normalizer *n, struct output *out)
{
    struct buf *text = &n->converter->otlp_text;
    if (!otlp_next(&n->otlp, text)) {
        n->in_otlp = false;
        (void)snprintf(n->detail, sizeof(n->detail),
                       "%zu elements of the OTLP request that are no objects", n->otlp.others);
        return n->otlp.others > 0 && normalize_reject(n, REJECT_NOT_AN_EVENT, n->detail, out);
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
        return normalize_reject(n, REJECT_EVENT_TOO_LARGE, detail_of(REJECT_EVENT_TOO_LARGE), out);
    }
    if (buf_room(text, JSON_SLACK) == NULL ||
        !value_read(n->unwrapper.readers, 1 - n->request.reader, buf_span(text), &v)) {
        return normalize_reject(n, REJECT_BAD_JSON, "an OTLP record that cannot be read", out);
    }
    n->otlp_bytes += doc_payload(&v.doc, 0) * OTLP_WORD_BYTES;
    v.replaced = n->request.replaced;
    record_index_of(names_of(n), &v.doc, v.at, &n->converter->index);
    return make_event(n, &v, SHAPE_OTLP, out);
}

/*
 * Begin an OTLP request. True: it is rejected, *out is the reject. False: next_otlp returns its
 * records.
 */
static bool start_otlp(struct normalizer *n, const struct value *v, struct output *out)
{
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
    size_t others = 0;
    size_t count = otlp_count(&n->request.doc, n->request.at, &others);
    if (count + others == 0 && n->piece.request_level > 0) {
        return false; /* request_ends rejects it if no other part has any */
    }
    n->request_empty = false;
    if (count == 0) {
        return normalize_reject(n, REJECT_NOT_AN_EVENT, NORMALIZE_NO_RECORDS, out);
    }
    n->unwrapper.values.several = n->unwrapper.values.several || count > 1 || others > 0;
    n->in_otlp = true;
    otlp_start(&n->otlp, &n->request.doc, n->request.at);
    return false;
}

/* Process an object. True: *out is its output. False: it is a request, or an envelope around a
 * list, with outputs of its own. */
static bool on_object(struct normalizer *n, struct value *v, struct output *out)
{
    struct record_index *index = &n->converter->index;
    switch (unwrapper_open(&n->unwrapper, v, index)) {
    case UNWRAPPED_RECORD:
        break;
    case UNWRAPPED_LIST:
        return false;
    case UNWRAPPED_NOTHING:
        return normalize_reject(n, REJECT_WRAPPED_TEXT, n->unwrapper.detail, out);
    }
    if (!value_is_event(&v->doc, v->at)) {
        return normalize_reject(n, REJECT_NOT_AN_EVENT, "an empty object is no event", out);
    }
    enum shape shape = shape_is_beacon(&v->doc, index) ? SHAPE_BEACON : shape_of(&v->doc, index);
    return shape == SHAPE_OTLP ? start_otlp(n, v, out) : make_event(n, v, shape, out);
}

/* No JSON from a byte of the piece on. A value's boundaries cannot be trusted then. */
static bool reject_damage(struct normalizer *n, const struct record_splitter *v, struct output *out)
{
    if (n->piece.kind == PIECE_VALUE && n->piece.request_level == 0 && !v->too_deep) {
        n->answer = FRAMING_NO_JSON;
        return normalize_reject_rest(n, v->wrong, n->piece.offset + v->wrong_at, true, out);
    }
    n->answer = n->piece.kind == PIECE_LINE ? FRAMING_NO_JSON : n->answer;
    (void)snprintf(n->detail, sizeof(n->detail), "%s at byte %zu", v->wrong, v->wrong_at);
    return normalize_reject(n, REJECT_BAD_JSON, n->detail, out);
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
        if (n->in_otlp && next_otlp(n, out)) {
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
            return normalize_reject(n, REJECT_NOT_AN_EVENT, values->detail, out);
        case VALUES_DAMAGED:
            return reject_damage(n, values, out);
        }
    }
}

/* ---- pieces ---- */

/* The object before its list. False: it is no envelope, since an event could be made of it. */
static bool list_begins(struct normalizer *n)
{
    struct value v;
    unwrapper_leave_outer(&n->unwrapper);
    n->list_events = 0;
    return value_read(n->short_readers, 0, n->piece.text, &v) &&
           unwrapper_enter_outer(&n->unwrapper, &v);
}

/*
 * The object after its list. Its events have been produced without it, so only the number of those
 * from which it was dropped remains, and a reject of what is more than a member of an envelope.
 */
static void list_ends(struct normalizer *n)
{
    struct value v;
    enum outer_rest rest = OUTER_REST_RECORDS;
    if (value_read(n->short_readers, 0, n->piece.text, &v)) {
        rest = unwrapper_outer_rest(&n->unwrapper, &v);
    }
    n->dropped_behind = rest == OUTER_REST_DROPPED ? n->list_events : 0;
    n->reject_piece = rest == OUTER_REST_RECORDS;
    n->piece.text = n->piece.text.n > 0 ? span_from(n->piece.text, sizeof(FRAMING_REST_BEGINS) - 1)
                                        : n->piece.text;
    unwrapper_leave_outer(&n->unwrapper);
}

/*
 * After a list of an OTLP request that is divided. Its records have been produced without what
 * follows it.
 */
static void request_ends(struct normalizer *n)
{
    struct value v;
    bool read = value_read(n->short_readers, 0, n->piece.text, &v);
    bool missed = !read || otlp_needs_rest(&v.doc, DOC_ROOT);
    n->request_empty = n->request_empty && !missed;
    n->reject_piece = missed || (n->piece.request_level == 1 && n->request_empty);
    n->piece.text = n->piece.text.n > 0 ? span_from(n->piece.text, sizeof(FRAMING_REST_BEGINS) - 1)
                                        : n->piece.text;
}

/* Begins or ends a list of a request. False: it is another piece. */
static bool request_part(struct normalizer *n)
{
    const struct piece *p = &n->piece;
    bool part = p->request_level > 0 && (p->kind == PIECE_LIST || p->kind == PIECE_LIST_END);
    if (part && p->kind == PIECE_LIST_END) {
        request_ends(n);
    } else if (part && p->request_level == 1) {
        n->request_empty = true;
    }
    n->request_empty = n->request_empty && p->kind != PIECE_TOO_LONG;
    return part;
}

void normalizer_piece(struct normalizer *n, const struct piece *piece)
{
    bool values = piece->kind == PIECE_LINE || piece->kind == PIECE_VALUE;
    n->reject_piece = piece->kind == PIECE_TOO_LONG || piece->kind == PIECE_DAMAGE ||
                      piece->kind == PIECE_RUN || piece->kind == PIECE_OPEN_LINES;
    start_piece(n, piece, values ? piece->text : SPAN(""));
    if (n->unwrapper.outer_open && !piece->in_list) { /* damage ended the list */
        unwrapper_leave_outer(&n->unwrapper);
    }
    if (request_part(n)) {
        return;
    }
    if (piece->kind == PIECE_LIST) {
        n->answer = list_begins(n) ? FRAMING_CONTINUE : FRAMING_NO_LIST;
    } else if (piece->kind == PIECE_LIST_END) {
        list_ends(n);
    }
}

uint64_t normalizer_dropped_behind(const struct normalizer *n)
{
    return n->dropped_behind;
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
