/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each stage pulls from the one before it: records, pieces, text, bytes. At the end of a damaged
 * object the text that could be decoded is read to its end, as in flow/attempt.c.
 */
#include "app/records.h"

#include "app/input.h"
#include "base/alloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    INPUT_BYTES = 128 * 1024,
    RATIO_FROM_BYTES = 64 * 1024 * 1024,
    LINE_BYTES = 1024 * 1024,
    SAMPLE_BYTES = 4096,
    OUTPUT_RATIO = 16,
    OUTPUT_RECORD_BYTES = 16,
    /* librdkafka's message.max.bytes, less room for key and headers */
    EVENT_BYTES = 1000000 - 1024,
};

struct records {
    struct decode *decode;
    struct framing *framing;
    struct normalizer *normalizer;
    struct reading reading;
    struct reading_limits limits;
    double reject_share;
    int fd;
    struct span in;   /* bytes not decoded yet, in `input` */
    struct span text; /* decoded, not yet given to framing */
    struct span part; /* of it, not yet framed */
    struct piece piece;
    struct err damage; /* the decoder's error */
    struct err err;    /* the file cannot be read, or has an unsupported format */
    uint64_t dropped_behind;
    bool cut; /* the file is the beginning of a longer one */
    bool at_eof;
    bool rejects_wait, accept_unreadable;
    bool in_piece;   /* the normalizer has a piece */
    bool text_ended; /* the whole text was given to framing */
    bool judged;     /* no piece will follow */
    bool ended;
    char input[INPUT_BYTES];
};

struct records_options records_defaults(void)
{
    return (struct records_options){
        .normalize = {.event_bytes = EVENT_BYTES,
                      .line_bytes = LINE_BYTES,
                      .sample_bytes = SAMPLE_BYTES},
        .decode = {.object_bytes = UINT64_C(50) << 30,
                   .ratio = 1000,
                   .ratio_from = RATIO_FROM_BYTES},
        .output = {.ratio = OUTPUT_RATIO, .record_bytes = OUTPUT_RECORD_BYTES},
        .reject_share = 0.9,
    };
}

struct records *records_new(const struct records_options *o)
{
    struct records *r = mem_zeros(1, sizeof(*r));
    size_t line = o->normalize.line_bytes;
    size_t head = line < NORMALIZE_HEAD_BYTES ? line : NORMALIZE_HEAD_BYTES;
    r->decode = decode_new(&o->decode);
    r->framing = framing_new(line, head);
    r->normalizer = normalizer_new(&o->normalize);
    reading_init(&r->reading);
    r->limits = o->output;
    r->reject_share = o->reject_share;
    r->rejects_wait = o->rejects_wait;
    r->accept_unreadable = o->accept_unreadable;
    r->ended = true;
    return r;
}

void records_free(struct records *r)
{
    if (r != NULL) {
        decode_free(r->decode);
        framing_free(r->framing);
        normalizer_free(r->normalizer);
        reading_done(&r->reading);
        free(r);
    }
}

void records_open(struct records *r, int fd, const struct object_origin *origin,
                  const struct rules *rules)
{
    decode_reset(r->decode);
    framing_reset(r->framing);
    reading_clear(&r->reading);
    normalizer_object(r->normalizer, origin, rules);
    r->fd = fd;
    r->in = span_of(r->input, 0);
    r->text = r->part = span_of(r->input, 0);
    r->piece = (struct piece){0};
    err_clear(&r->damage);
    err_clear(&r->err);
    r->at_eof = r->in_piece = r->text_ended = r->ended = false;
    r->judged = r->cut = false;
    r->dropped_behind = 0;
}

void records_cut(struct records *r)
{
    r->cut = true;
}

/* Read more bytes into r->in. False: end of file, or r->err. */
static bool read_more(struct records *r)
{
    ssize_t n = 0;
    do {
        n = read(r->fd, r->input, sizeof(r->input));
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        const char *words = input_words(errno);
        (void)err_set(&r->err, FAIL_AGAIN, "%s%s", words != NULL ? "" : "cannot be read: ",
                      words != NULL ? words : strerrordesc_np(errno));
    }
    r->in = span_of(r->input, n > 0 ? (size_t)n : 0);
    return n > 0;
}

/* Read the next text into r->text. False: there is no more, for any reason. */
static bool text_take(struct records *r)
{
    while (!r->at_eof) {
        if (decode_next(r->decode, &r->in, &r->text, &r->damage)) {
            return true;
        }
        if (r->damage.kind != FAIL_NONE) {
            return false;
        }
        r->at_eof = !read_more(r);
    }
    return r->err.kind == FAIL_NONE && !r->cut && decode_last(r->decode, &r->text, &r->damage);
}

static bool piece_take(struct records *r)
{
    bool goes_on = r->err.kind == FAIL_NONE;
    while (goes_on && !r->text_ended && !reading_stops(&r->reading)) {
        if (framing_next(r->framing, &r->part, &r->piece)) {
            return true;
        }
        r->text_ended = r->text.n == 0 && !text_take(r);
        r->part = r->text_ended ? SPAN("") : reading_text(&r->reading, &r->text);
        if (r->text_ended && r->damage.kind == FAIL_DATA) {
            reading_torn(&r->reading);
        }
    }
    if (reading_stops(&r->reading)) {
        return false;
    }
    bool decoded = r->damage.kind == FAIL_NONE || r->damage.kind == FAIL_DATA;
    return decoded && r->err.kind == FAIL_NONE && !r->cut && framing_last(r->framing, &r->piece);
}

/* What the file is, once no piece follows. */
static void judge(struct records *r)
{
    r->judged = true;
    if (r->err.kind == FAIL_NONE && r->damage.kind != FAIL_LIMIT &&
        reading_unreadable(&r->reading, r->decode, &r->damage)) {
        r->err = r->damage;
    }
    if (r->err.kind == FAIL_NONE && r->damage.kind == FAIL_LIMIT) {
        r->err = r->damage;
    }
}

/* The reject at the end of a damaged object, or of one that the worker leaves; once. */
static bool last_reject(struct records *r, struct output *out)
{
    r->ended = true;
    bool stopped = r->err.kind == FAIL_DATA; /* by a limit, before all was read */
    if ((r->damage.kind == FAIL_NONE && !stopped) || r->err.kind == FAIL_AGAIN) {
        return false;
    }
    const struct err *e = stopped ? &r->err : &r->damage;
    char detail[sizeof(e->text) + 32];
    bool whole = stopped || e->kind == FAIL_FORMAT;
    enum reject_reason reason = whole                   ? REJECT_OBJECT
                                : e->kind == FAIL_LIMIT ? REJECT_BOMB
                                                        : REJECT_TRUNCATED_OBJECT;
    struct err words = *e;
    if (reason == REJECT_TRUNCATED_OBJECT) {
        reading_unverified(&r->reading, &words);
    }
    (void)snprintf(detail, sizeof(detail), "%s%s%s", whole ? err_kind_name(e->kind) : "",
                   whole ? ": " : "", words.text);
    normalizer_reject_object(r->normalizer, reason, span_str(detail),
                             whole ? 0 : decode_bytes(r->decode), out);
    return true;
}

/* False: the file gives more than an object may; nothing more of it is read. */
static bool may_produce(struct records *r, const struct output *out)
{
    if (reading_exceeds(&r->reading, &r->limits, out)) {
        r->in_piece = false;
        (void)reading_excess(&r->reading, &r->err);
        return false;
    }
    reading_produced(&r->reading, out);
    return true;
}

/* The next output of the piece. False: the piece is done. */
static bool output_take(struct records *r, struct output *out)
{
    while (r->in_piece && normalizer_next(r->normalizer, out)) {
        switch (reading_output(&r->reading, &r->piece, out)) {
        case READING_PRODUCE:
            return may_produce(r, out);
        case READING_HOLD:
            if (!r->rejects_wait) {
                return true;
            }
            break;
        case READING_COUNT:
            break;
        }
    }
    return false;
}

/* The next reject that waited and was not returned before; they count from now on. */
static bool waiting_take(struct records *r, struct output *out)
{
    while (reading_release(&r->reading, out)) {
        reading_produced(&r->reading, out);
        if (r->rejects_wait) {
            return true;
        }
    }
    return false;
}

/* The next reject at the end. The worker produces none before that of a bomb without events, or of
 * an unreadable object that is accepted. */
static bool rest_take(struct records *r, struct output *out)
{
    enum err_kind kind = r->err.kind;
    bool none = r->rejects_wait && r->reading.events == 0 &&
                (kind == FAIL_LIMIT || (kind == FAIL_FORMAT && r->accept_unreadable));
    return !none && (waiting_take(r, out) || reading_rest(&r->reading, r->normalizer, out));
}

/* The worker reads no further. */
static void stop_above_share(struct records *r)
{
    if (r->err.kind == FAIL_NONE && reading_share_passed(&r->reading, r->reject_share)) {
        (void)reading_share_err(&r->reading, &r->err);
    }
}

bool records_next(struct records *r, struct output *out)
{
    while (!r->ended) {
        if ((r->reading.events > 0 && waiting_take(r, out)) || (r->judged && rest_take(r, out))) {
            return true;
        }
        if (output_take(r, out)) {
            return true;
        }
        if (r->in_piece) {
            r->dropped_behind += normalizer_dropped_behind(r->normalizer);
            reading_skipped(&r->reading, normalizer_skipped(r->normalizer));
            framing_answer(r->framing, normalizer_answer(r->normalizer));
            stop_above_share(r);
        }
        r->in_piece = !r->judged && piece_take(r);
        if (r->in_piece) {
            reading_piece(&r->reading, &r->piece);
            normalizer_piece(r->normalizer, &r->piece);
        } else if (!r->judged) {
            judge(r);
        } else {
            return last_reject(r, out);
        }
    }
    return false;
}

uint64_t records_dropped_behind(const struct records *r)
{
    return r->dropped_behind;
}

uint64_t records_skipped(const struct records *r)
{
    return r->reading.skipped;
}

const struct piece *records_piece(const struct records *r)
{
    return &r->piece;
}

uint64_t records_line_count(const struct records *r)
{
    return framing_lines(r->framing);
}

enum framing_kind records_framing(const struct records *r)
{
    enum framing_kind kind = framing_kind(r->framing);
    return kind != FRAMING_NONE ? kind : r->reading.framing; /* lines before the first value */
}

void records_format(const struct records *r, struct buf *out)
{
    decode_words(r->decode, out);
}

void records_unread(const struct records *r, struct buf *out)
{
    if (r->err.kind == FAIL_NONE) {
        reading_unread(&r->reading, r->decode, &r->damage, out);
    }
}

const struct err *records_error(const struct records *r)
{
    return &r->err;
}
