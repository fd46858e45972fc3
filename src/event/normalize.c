/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of the steps: piece -> values -> record without wrappers -> shape -> path -> output.
 * Each step is a module of its own. Here is decided which reader reads what.
 */
#include "event/normalize.h"

#include "base/alloc.h"
#include "event/event_maker.h"
#include "event/output_batch.h"
#include "event/record/long_lines.h"
#include "event/record/otlp.h"
#include "event/record/sanitizer.h"
#include "event/reject.h"
#include "event/unwrapper.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SAMPLES_PER_LINE = 16, /* rejects of one line that carry a sample */
    OTLP_GROWTH = 4,       /* an OTLP record repeats the attributes of its resource */
    /*
     * ... so that many small records of one large resource would be a bomb. All that the requests
     * of one line expand to is limited to this multiple of the line. Records, names and values
     * count as more bytes than they have: a short one costs as much as a longer one.
     */
    OTLP_LINE_GROWTH = 16,
    OTLP_FREE_BYTES = 1 << 20,
    OTLP_RECORD_BYTES = 128,
    OTLP_WORD_BYTES = 8,
    DETAIL_BYTES = 160,
};

struct normalizer {
    struct normalize_options options;
    const struct object_origin *origin;
    const struct rules *rules;
    struct event_maker *maker;

    struct json_reader *own[READERS];  /* for lines up to SHORT_LINE_BYTES */
    struct long_lines *long_lines;     /* for longer lines */
    struct long_lines *own_long_lines; /* NULL if they are shared */
    struct output_batch batch;         /* outputs of a long line */
    bool piece_done;                   /* no output of the piece is left but those of batch */

    struct piece piece;
    struct unwrapper unwrapper; /* gives the records of the piece */
    bool reject_piece;          /* the piece is not to be read: it becomes a reject of its kind */
    uint64_t item;              /* outputs of the line so far */
    unsigned rejects;
    enum framing_answer answer;

    struct pathset *names;     /* of record indexes */
    struct record_index index; /* of the current record */

    bool in_otlp;
    struct otlp otlp;
    size_t otlp_bytes;                  /* of all records of the line's requests so far */
    struct value request;               /* the request that otlp walks */
    struct sanitizer request_sanitizer; /* of the request's text */
    struct duplicate_names request_names;
    struct buf otlp_text;

    struct buf out;
    size_t event_bytes; /* limit of out.max */
    char detail[DETAIL_BYTES];
};

/* ---- life ---- */

struct normalizer *normalizer_new(const struct normalize_options *o)
{
    struct normalizer *n = mem_zeros(1, sizeof(*n));
    n->options = *o;
    for (size_t i = 0; i < READERS; i++) {
        n->own[i] = json_reader_new(SHORT_LINE_BYTES);
    }
    n->own_long_lines = o->long_lines == NULL ? long_lines_new(o->line_bytes) : NULL;
    n->long_lines = o->long_lines != NULL ? o->long_lines : n->own_long_lines;
    n->maker = event_maker_new(o->line_bytes);
    n->names = event_maker_names(n->maker);
    unwrapper_init(&n->unwrapper, n->maker, o->line_bytes);
    sanitizer_init(&n->request_sanitizer, o->line_bytes);
    duplicate_names_init(&n->request_names);
    n->otlp_text = (struct buf)BUF_INIT(o->line_bytes * OTLP_GROWTH + JSON_SLACK);
    n->out = (struct buf)BUF_INIT(o->event_bytes);
    n->event_bytes = o->event_bytes;
    output_batch_init(&n->batch, o->event_bytes);
    return n;
}

void normalizer_free(struct normalizer *n)
{
    if (n == NULL) {
        return;
    }
    for (size_t i = 0; i < READERS; i++) {
        json_reader_free(n->own[i]);
    }
    sanitizer_done(&n->request_sanitizer);
    duplicate_names_done(&n->request_names);
    long_lines_free(n->own_long_lines);
    unwrapper_done(&n->unwrapper);
    event_maker_free(n->maker);
    buf_done(&n->otlp_text);
    buf_done(&n->out);
    output_batch_done(&n->batch);
    free(n);
}

void normalizer_limit(struct normalizer *n, size_t event_bytes)
{
    size_t most = event_bytes < n->event_bytes ? event_bytes : n->event_bytes;
    if (most != n->out.max) { /* rare: what is allocated may be larger */
        buf_done(&n->out);
        n->out = (struct buf)BUF_INIT(most);
    }
}

/* ---- pieces ---- */

static void start_piece(struct normalizer *n, const struct piece *piece, struct span text)
{
    struct json_reader *const *readers = n->own;
    output_batch_clear(&n->batch);
    n->piece_done = false;
    n->piece = *piece;
    n->item = piece->same_line ? n->item : 0;
    n->rejects = 0;
    n->answer = FRAMING_CONTINUE;
    n->in_otlp = false;
    n->otlp_bytes = 0;
    if (text.n > SHORT_LINE_BYTES) {
        readers = long_lines_readers(n->long_lines);
    }
    unwrapper_start(&n->unwrapper, readers, n->rules, text);
}

void normalizer_object(struct normalizer *n, const struct object_origin *origin,
                       const struct rules *rules)
{
    n->origin = origin;
    n->rules = rules;
    n->reject_piece = false;
    start_piece(n, &(struct piece){.kind = PIECE_LINE}, SPAN(""));
    unwrapper_leave_outer(&n->unwrapper);
    event_maker_object(n->maker, origin);
}

/*
 * Whether records of the piece have a number in their line: there are others, or may be. Of a line
 * that is too long only values after the first piece of it have one.
 */
static bool is_numbered(const struct normalizer *n)
{
    const struct piece *p = &n->piece;
    bool line = p->framing == FRAMING_LINES && (p->kind == PIECE_LINE || p->kind == PIECE_TOO_LONG);
    return unwrapper_several(&n->unwrapper) || p->same_line || !line;
}

/* ---- rejects ---- */

static struct output reject_output(const struct normalizer *n, enum reject_reason reason)
{
    return (struct output){
        .kind = OUTPUT_REJECT, .value = buf_span(&n->out), .reason = reason, .count = 1};
}

static bool make_reject(struct normalizer *n, enum reject_reason reason, const char *detail,
                        struct output *out)
{
    n->item++;
    struct reject r = {.reason = reason,
                       .detail = span_str(detail),
                       .piece = &n->piece,
                       .item = is_numbered(n) ? n->item : 0,
                       .rules = n->rules};
    if (n->rejects++ < SAMPLES_PER_LINE) {
        r.sample_bytes = n->options.sample_bytes;
    }
    buf_clear(&n->out);
    reject_write(&n->out, n->origin, &r);
    if (n->out.overflowed) { /* the topic's limit is smaller than the sample */
        r.sample_bytes = 0;
        buf_clear(&n->out);
        reject_write(&n->out, n->origin, &r);
    }
    *out = reject_output(n, reason);
    return true;
}

/* No JSON at a byte of the object. `rest`: there is more of it, or of the line, which is not read.
 */
static bool reject_rest(struct normalizer *n, const char *wrong, uint64_t at, bool rest,
                        struct output *out)
{
    const char *more = n->piece.framing == FRAMING_LINES ? "; the rest of the line was not read"
                                                         : "; the rest was not read";
    (void)snprintf(n->detail, sizeof(n->detail), "%s at byte %llu of the object%s", wrong,
                   (unsigned long long)at, rest ? more : "");
    (void)make_reject(n, REJECT_BAD_JSON, n->detail, out);
    out->wrong_at = n->piece.framing == FRAMING_LINES ? 0 : at;
    return true;
}

static const char *detail_of(enum reject_reason why)
{
    return why == REJECT_EVENT_TOO_LARGE ? "the event is larger than limits.event_bytes"
                                         : "no member that the schema or an alias knows";
}

static void write_reject(struct normalizer *n, const struct reject *r, struct output *out)
{
    buf_clear(&n->out);
    reject_write(&n->out, n->origin, r);
    *out = reject_output(n, r->reason);
}

void normalizer_reject_object(struct normalizer *n, enum reject_reason reason, struct span detail,
                              uint64_t offset, struct output *out)
{
    struct reject r = {.reason = reason, .detail = detail, .offset = offset, .rules = n->rules};
    write_reject(n, &r, out);
}

void normalizer_reject_rest(struct normalizer *n, enum reject_reason reason,
                            const struct reject_rest *rest, struct output *out)
{
    (void)snprintf(n->detail, sizeof(n->detail),
                   "%llu more rejects of this reason; this one stands for all of them",
                   (unsigned long long)rest->count);
    struct reject r = {.reason = reason,
                       .detail = span_str(n->detail),
                       .piece = &rest->extent,
                       .rest = rest,
                       .rules = n->rules};
    write_reject(n, &r, out);
    out->count = rest->count;
}

/* ---- records ---- */

/* `ingest.framing`: nothing for the usual one. */
static struct span framing_word(enum framing_kind kind)
{
    return kind == FRAMING_LINES ? SPAN("") : span_str(framing_name(kind));
}

static bool make(struct normalizer *n, struct value *v, enum shape shape, struct output *out,
                 enum reject_reason *why)
{
    struct event_maker_input in = {.value = v,
                                   .readers = n->unwrapper.readers,
                                   .index = &n->index,
                                   .shape = shape,
                                   .origin = n->origin,
                                   .rules = n->rules,
                                   .line = n->piece.line,
                                   .item = is_numbered(n) ? n->item + 1 : 0,
                                   .framing = framing_word(n->piece.framing),
                                   .never_pass_through = n->options.never_pass_through,
                                   .envelope_time = envelope_time(&n->unwrapper.envelope),
                                   .envelope_host = envelope_host(&n->unwrapper.envelope)};
    return shape != SHAPE_NONE && event_maker_make(n->maker, &in, &n->out, out, why);
}

static bool make_event(struct normalizer *n, struct value *v, enum shape shape, struct output *out)
{
    enum reject_reason why = REJECT_NO_KNOWN_FIELD;
    if (!make(n, v, shape, out, &why)) {
        return make_reject(n, why, detail_of(why), out);
    }
    out->members_dropped = n->unwrapper.dropped;
    n->item++;
    return true;
}

/* The next record of an OTLP request. False: no more. */
static bool next_otlp(struct normalizer *n, struct output *out)
{
    if (!otlp_next(&n->otlp, &n->otlp_text)) {
        n->in_otlp = false;
        (void)snprintf(n->detail, sizeof(n->detail),
                       "%zu elements of the OTLP request that are no objects", n->otlp.others);
        return n->otlp.others > 0 && make_reject(n, REJECT_NOT_AN_EVENT, n->detail, out);
    }
    struct value v;
    n->otlp_bytes += n->otlp_text.n + OTLP_RECORD_BYTES;
    if (n->otlp_bytes > n->piece.text.n * OTLP_LINE_GROWTH + OTLP_FREE_BYTES) {
        n->in_otlp = false;
        return make_reject(n, REJECT_EVENT_TOO_LARGE,
                           "the OTLP records from here on: the line expands to more than 16 times "
                           "its length",
                           out);
    }
    if (n->otlp_text.overflowed) {
        return make_reject(n, REJECT_EVENT_TOO_LARGE, detail_of(REJECT_EVENT_TOO_LARGE), out);
    }
    if (buf_room(&n->otlp_text, JSON_SLACK) == NULL ||
        !value_read(n->unwrapper.readers, 1 - n->request.reader, buf_span(&n->otlp_text), &v)) {
        return make_reject(n, REJECT_BAD_JSON, "an OTLP record that cannot be read", out);
    }
    n->otlp_bytes += doc_payload(&v.doc, 0) * OTLP_WORD_BYTES;
    v.replaced = n->request.replaced;
    record_index_of(n->names, &v.doc, v.at, &n->index);
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
    duplicate_names_absent(&n->request_names, &v->doc, v->at);
    if (!sanitizer_value(&n->request_sanitizer, n->unwrapper.readers, &n->request_names,
                         &n->request)) {
        return make_reject(n, REJECT_BAD_JSON, "an OTLP request that cannot be read", out);
    }
    size_t others = 0;
    size_t count = otlp_count(&n->request.doc, n->request.at, &others);
    if (count == 0) {
        return make_reject(n, REJECT_NOT_AN_EVENT, "an OTLP request without records", out);
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
    switch (unwrapper_open(&n->unwrapper, v, &n->index)) {
    case UNWRAPPED_RECORD:
        break;
    case UNWRAPPED_LIST:
        return false;
    case UNWRAPPED_NOTHING:
        return make_reject(n, REJECT_WRAPPED_TEXT, n->unwrapper.detail, out);
    }
    if (!value_is_event(&v->doc, v->at)) {
        return make_reject(n, REJECT_NOT_AN_EVENT, "an empty object is no event", out);
    }
    const struct record_index *index = &n->index;
    enum shape shape = shape_is_beacon(&v->doc, index) ? SHAPE_BEACON : shape_of(&v->doc, index);
    return shape == SHAPE_OTLP ? start_otlp(n, v, out) : make_event(n, v, shape, out);
}

static bool reject_piece(struct normalizer *n, struct output *out)
{
    const struct piece *p = &n->piece;
    n->reject_piece = false;
    if (p->kind == PIECE_DAMAGE) {
        return reject_rest(n, p->wrong, p->wrong_at, p->rest, out);
    }
    if (p->kind == PIECE_TOO_LONG) {
        (void)snprintf(n->detail, sizeof(n->detail), "longer than %zu bytes",
                       n->options.line_bytes);
        return make_reject(n, REJECT_LINE_TOO_LONG, n->detail, out);
    }
    (void)snprintf(n->detail, sizeof(n->detail), "%llu values that are no events",
                   (unsigned long long)p->count);
    return make_reject(n, REJECT_NOT_AN_EVENT, n->detail, out);
}

/* No JSON from a byte of the piece on. A value's boundaries cannot be trusted then. */
static bool reject_damage(struct normalizer *n, const struct record_splitter *v, struct output *out)
{
    if (n->piece.kind == PIECE_VALUE && !v->too_deep) {
        n->answer = FRAMING_NO_JSON;
        return reject_rest(n, v->wrong, n->piece.offset + v->wrong_at, true, out);
    }
    (void)snprintf(n->detail, sizeof(n->detail), "%s at byte %zu", v->wrong, v->wrong_at);
    return make_reject(n, REJECT_BAD_JSON, n->detail, out);
}

static bool next_output(struct normalizer *n, struct output *out)
{
    if (n->reject_piece) {
        return reject_piece(n, out);
    }
    for (;;) {
        struct value v;
        if (n->in_otlp && next_otlp(n, out)) {
            return true;
        }
        if (n->unwrapper.second) {
            n->unwrapper.second = false;
            return make_reject(n, REJECT_WRAPPED_TEXT, n->unwrapper.detail, out);
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
            return make_reject(n, REJECT_NOT_AN_EVENT, values->detail, out);
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
    if (!value_read(n->own, 0, n->piece.text, &v)) {
        return false;
    }
    record_index_of(n->names, &v.doc, v.at, &n->index);
    enum shape shape = shape_of(&v.doc, &n->index);
    if ((shape != SHAPE_FLAT && shape != SHAPE_ECS) ||
        event_maker_states(n->maker, &v.doc, v.at, &n->index, n->rules) == STATES_EVENT) {
        return false;
    }
    const uint32_t *at = n->index.at;
    unwrapper_enter_outer(&n->unwrapper, &v, at[INDEX_TIME], at[INDEX_HOST]);
    return true;
}

void normalizer_piece(struct normalizer *n, const struct piece *piece)
{
    bool values = piece->kind == PIECE_LINE || piece->kind == PIECE_VALUE;
    n->reject_piece =
        piece->kind == PIECE_TOO_LONG || piece->kind == PIECE_DAMAGE || piece->kind == PIECE_RUN;
    start_piece(n, piece, values ? piece->text : SPAN(""));
    if (piece->kind == PIECE_LIST) {
        n->answer = list_begins(n) ? FRAMING_CONTINUE : FRAMING_NO_LIST;
    } else if (piece->kind == PIECE_LIST_END) {
        unwrapper_leave_outer(&n->unwrapper);
    }
}

enum framing_answer normalizer_answer(const struct normalizer *n)
{
    return n->answer;
}

/* ---- long pieces ---- */

/* Another normalizer used the reader of the request: read the request again, to the same tape. */
static void read_request_again(struct normalizer *n)
{
    struct span rest = n->request.text;
    struct json_reader *reader = n->unwrapper.readers[n->request.reader];
    if (json_scan(reader, &rest, &n->request.doc, NULL) != FAIL_NONE) {
        abort(); /* cannot be: it was read before */
    }
}

/* Make outputs while the readers are held, and not longer (event/README.md, rule 23). Only the
 * document of a request is needed from one call to the next. */
static void make_batch(struct normalizer *n)
{
    struct output output;
    bool unchanged = long_lines_take(n->long_lines, n, n->origin->customer);
    if (n->in_otlp && !unchanged) {
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
    long_lines_release(n->long_lines);
}

bool normalizer_next(struct normalizer *n, struct output *out)
{
    bool is_long = n->unwrapper.readers != n->own;
    if (!is_long) {
        return next_output(n, out);
    }
    if (output_batch_next(&n->batch, out)) {
        return true;
    }
    if (!n->piece_done) {
        make_batch(n);
    }
    return output_batch_next(&n->batch, out);
}
