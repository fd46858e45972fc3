/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The path of an attempt: bytes of an object to records. The first byte determines how the rest is
 * divided into pieces. Every division gives the same records and the same error. An object with
 * content gives an event, or words that name its kind. The number of rejects before the first event
 * is limited. Of an object that is read to its end, damaged or not, every byte of the decoded text
 * is in the extent of a piece with an event or a reject, or belongs to no record.
 */
#include "base/buf.h"
#include "codec/decode.h"
#include "codec/syntax.h"
#include "codec/utf8.h"
#include "event/reading.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    LINE_BYTES = 4096,
    EVENT_BYTES = 1 << 16,
    SAMPLE = 64,
    OUT_MAX = 1 << 24,
    OUTPUTS_MAX = 4096
};

static const struct object_origin source = {.customer = SPAN_INIT("acme"),
                                            .object = SPAN_INIT("s3://b/k"),
                                            .version = SPAN_INIT("v"),
                                            .modified_ns = 1780272000 * INT64_C(1000000000)};

struct stack {
    struct decode *decode;
    struct framing *framing;
    struct normalizer *normalizer;
    struct reading reading;
    struct buf out;
    struct buf text, covered; /* 'x' for each byte of the text in the extent of an output */
    size_t outputs, early;
    uint64_t rejects; /* for which the outputs so far stand */
    bool stopped;
};

static void check(bool is)
{
    if (!is) {
        abort();
    }
}

static void take_output(struct stack *s, const struct output *o)
{
    check(o->value.n > 0 && o->value.n <= EVENT_BYTES && utf8_valid(o->value));
    buf_add(&s->out, o->value);
    buf_add_byte(&s->out, '\n');
    s->outputs++;
    s->rejects += o->kind == OUTPUT_REJECT ? o->count : 0;
}

static void release(struct stack *s)
{
    struct output o;
    size_t before = s->outputs;
    while (reading_release(&s->reading, &o)) {
        take_output(s, &o);
    }
    s->early += s->outputs - before;
    check(s->early <= READING_HELD);
}

/* No reject is lost: each is produced, or counted in one that is. */
static void rest(struct stack *s)
{
    struct output o;
    for (int i = 0; i < REJECT_REASONS; i++) {
        check(s->reading.single[i] <= READING_SINGLE);
    }
    while (reading_rest(&s->reading, s->normalizer, &o)) {
        take_output(s, &o);
    }
    check(s->rejects == s->reading.rejects);
}

/*
 * Brackets and members of an envelope are no records: a piece that begins or ends a list, and JSON
 * without an object of its own, may have no output.
 */
static bool may_be_silent(const struct piece *piece)
{
    bool part = piece->kind == PIECE_LIST || piece->kind == PIECE_LIST_END;
    struct span rest = piece->text;
    size_t at = 0;
    while (!part && rest.n > 0 && syntax_check(rest, &at) == SYNTAX_WHOLE) {
        rest = span_from(rest, at);
        while (rest.n > 0 && strchr(" ,\r\n\t\x1e", *rest.p) != NULL) {
            rest = span_from(rest, 1);
        }
    }
    return part || rest.n == 0;
}

static void cover(struct stack *s, const struct piece *piece)
{
    check(piece->offset <= s->text.n && piece->bytes <= s->text.n - piece->offset);
    memset(s->covered.p + piece->offset, 'x', (size_t)piece->bytes);
}

static void check_covered(const struct stack *s)
{
    for (size_t i = 0; i < s->text.n; i++) {
        check(s->covered.p[i] == 'x' ||
              memchr(" \t\r\n,\x1e[]\0\xef\xbb\xbf", s->text.p[i], 12) != NULL);
    }
}

static void run_piece(struct stack *s, const struct piece *piece)
{
    struct output o;
    size_t before = s->outputs;
    uint64_t counted = s->reading.rejects;
    reading_piece(&s->reading, piece);
    normalizer_piece(s->normalizer, piece);
    while (s->outputs < OUTPUTS_MAX && normalizer_next(s->normalizer, &o)) {
        if (reading_output(&s->reading, piece, &o) == READING_PRODUCE) {
            take_output(s, &o);
            release(s);
        }
    }
    if (s->outputs > before || s->reading.rejects > counted || piece->kind == PIECE_UNREAD ||
        may_be_silent(piece)) {
        cover(s, piece);
    }
    framing_answer(s->framing, normalizer_answer(s->normalizer));
    s->stopped = reading_stops(&s->reading) || s->outputs == OUTPUTS_MAX;
}

static void run_text(struct stack *s, struct span text)
{
    struct piece piece;
    buf_add(&s->text, text);
    char *dots = buf_room(&s->covered, text.n);
    check(dots != NULL);
    memset(dots, '.', text.n);
    s->covered.n += text.n;
    while (!s->stopped && text.n > 0) {
        struct span part = reading_text(&s->reading, &text);
        while (!s->stopped && framing_next(s->framing, &part, &piece)) {
            run_piece(s, &piece);
        }
        s->stopped = s->stopped || reading_stops(&s->reading);
    }
}

/* The result of an attempt at its end. */
static void judge(struct stack *s, struct err *e)
{
    struct piece piece;
    if (e->kind == FAIL_DATA) {
        reading_torn(&s->reading);
    }
    bool whole = e->kind == FAIL_NONE || e->kind == FAIL_DATA;
    while (whole && !s->stopped && framing_last(s->framing, &piece)) {
        run_piece(s, &piece);
    }
    if (whole && !s->stopped) {
        check_covered(s);
    }
    bool content = s->reading.rejects > 0;
    bool decoded = e->kind == FAIL_NONE || e->kind == FAIL_DATA || e->kind == FAIL_FORMAT;
    if (decoded && reading_unreadable(&s->reading, s->decode, e)) {
        check(e->kind == FAIL_FORMAT && e->text[0] != '\0' && strstr(e->text, "; ") != NULL);
        check(utf8_valid(span_str(e->text)));
        release(s);
        rest(s);
    } else {
        check(!content || s->reading.events > 0 || e->kind == FAIL_LIMIT);
    }
    if (s->reading.events > 0) {
        rest(s);
    }
    buf_add(&s->out, span_str(e->text));
}

static void run(struct stack *s, struct span all, size_t piece)
{
    struct err e = {.kind = FAIL_NONE};
    struct span text;
    decode_reset(s->decode);
    framing_reset(s->framing);
    reading_clear(&s->reading);
    normalizer_object(s->normalizer, &source, NULL);
    s->outputs = s->early = 0;
    s->rejects = 0;
    s->stopped = false;
    buf_clear(&s->out);
    buf_clear(&s->text);
    buf_clear(&s->covered);
    while (all.n > 0 && e.kind == FAIL_NONE && !s->stopped) {
        struct span in = span_take(&all, piece < all.n ? piece : all.n);
        while (!s->stopped && decode_next(s->decode, &in, &text, &e)) {
            run_text(s, text);
        }
    }
    while (!s->stopped && decode_last(s->decode, &text, &e)) {
        run_text(s, text);
    }
    judge(s, &e);
    if (e.kind == FAIL_LIMIT) {
        buf_clear(&s->out); /* plain text may exceed the limit one piece earlier or later */
    }
}

static void stack_init(struct stack *s)
{
    static const struct decode_limits limits = {
        .object_bytes = 1 << 20, .ratio = 200, .ratio_from = 1 << 16, .zstd_window_bytes = 1 << 20};
    static const struct normalize_options options = {
        .event_bytes = EVENT_BYTES, .line_bytes = LINE_BYTES, .sample_bytes = SAMPLE};
    *s = (struct stack){.decode = decode_new(&limits),
                        .framing = framing_new(LINE_BYTES, SAMPLE),
                        .normalizer = normalizer_new(&options),
                        .out = BUF_INIT(OUT_MAX),
                        .text = BUF_INIT(OUT_MAX),
                        .covered = BUF_INIT(OUT_MAX)};
    reading_init(&s->reading);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct stack whole, pieces; /* used for one object after another */
    if (size < 2) {
        return 0;
    }
    if (whole.decode == NULL) {
        stack_init(&whole);
        stack_init(&pieces);
    }
    struct span all = span_of((const char *)data + 1, size - 1);
    run(&whole, all, all.n);
    run(&pieces, all, (size_t)data[0] + 1);
    check(span_eq(buf_span(&whole.out), buf_span(&pieces.out)));
    return 0;
}
