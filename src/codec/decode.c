/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stages of decoding: object bytes, layers, text. Each step runs the last stage that has
 * something to do, so at most one block waits between two stages. An error of one stage ends the
 * stages before it. The stages after it process what they have, so that the text before the error
 * is returned first.
 *
 *     chunk ─▶ layers[0] ─▶ layers[1] ─▶ text         depth: number of layers
 *                ▲ floor: the layers before it are finished
 */
#include "decode_priv.h"

#include <limits.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "codec/magic.h"

/* The result of a step. */
enum progress {
    PROGRESS_ON,   /* no text yet, call the next step */
    PROGRESS_TEXT, /* *out is text */
    PROGRESS_WAIT, /* more input is needed */
};

_Static_assert((int)LAYER_BLOCK_BYTES <= DECODE_BLOCK_BYTES && (int)LAYER_SLACK >= DECODE_SLACK,
               "a layer's text is handed out as it is");

struct decode *decode_new(const struct decode_limits *limits)
{
    struct decode *d = mem_zeros(1, sizeof(*d));
    d->limits = *limits;
    if (d->limits.zstd_window_bytes == 0) {
        d->limits.zstd_window_bytes = DECODE_ZSTD_WINDOW_BYTES;
    }
    decode_reset(d);
    return d;
}

void decode_free(struct decode *d)
{
    for (size_t i = 0; d != NULL && i < DECODE_LAYERS; i++) {
        layer_free(d->layers[i]);
    }
    free(d);
}

void decode_trim(struct decode *d)
{
    for (size_t i = 0; i < DECODE_LAYERS && d->layers[i] != NULL; i++) {
        layer_trim(d->layers[i]);
    }
}

void decode_allow_windows(struct decode *d)
{
    d->allowed = true;
    d->found.wants_windows = false;
}

void decode_reset(struct decode *d)
{
    decode_trim(d);
    d->allowed = !d->limits.ask_for_windows;
    d->found = (struct decode_found){0};
    err_clear(&d->verdict);
    d->words[0] = '\0';
    d->ending = false;
    d->chunk_n = 0;
    d->depth = 0;
    d->floor = 0;
    d->text = TEXT_HEAD;
    d->wide = SPAN("");
    d->in_bytes = 0;
    d->out_bytes = 0;
}

void decode_set_limits(struct decode *d, uint64_t object_bytes, uint32_t ratio)
{
    d->limits.object_bytes = object_bytes;
    d->limits.ratio = ratio;
}

uint64_t decode_bytes(const struct decode *d)
{
    return d->out_bytes;
}

/* For both layers together. */
static uint64_t windows_max(const struct decode_limits *limits)
{
    uint64_t zstd =
        limits->zstd_window_bytes != 0 ? limits->zstd_window_bytes : DECODE_ZSTD_WINDOW_BYTES;
    return zstd > LZ4_BLOCK_MAX_BYTES ? zstd : LZ4_BLOCK_MAX_BYTES;
}

size_t decode_bytes_max(const struct decode_limits *limits)
{
    return sizeof(struct decode) + DECODE_LAYERS * layer_bytes_max(true) +
           (size_t)windows_max(limits);
}

size_t decode_bytes_without_windows(void)
{
    return sizeof(struct decode) + DECODE_LAYERS * layer_bytes_max(false);
}

/* ---- errors ---- */

void decode_judge(struct decode *d, const struct err *e)
{
    if (d->verdict.kind == FAIL_NONE || e->kind == FAIL_FORMAT) {
        d->verdict = *e;
    }
}

static void bomb(struct decode *d, const char *what)
{
    struct err e = {.kind = FAIL_NONE};
    (void)err_set(&e, FAIL_LIMIT, "%s at byte %llu of the object", what,
                  (unsigned long long)d->in_bytes);
    d->verdict = e;
    d->text = TEXT_OVER;
}

/* Layer i failed: the layers before it are finished as well. */
static void layer_failed(struct decode *d, size_t i, struct err *e)
{
    const struct layer *l = d->layers[i];
    if (e->kind == FAIL_FORMAT) {
        err_copy(d->words, sizeof(d->words), span_str(e->text));
    } else {
        struct err why = *e;
        (void)err_set(e, why.kind, "%s at byte %llu of %s%s", why.text,
                      (unsigned long long)layer_fault_at(l), i == 0 ? "the object" : "what is in ",
                      i == 0 ? "" : layer_name(d->layers[i - 1]));
    }
    decode_judge(d, e);
    d->floor = i + 1;
}

/*
 * Check the bytes that a layer has written so far, or the text, against the limits. False: they are
 * exceeded, and the object is a decompression bomb.
 */
static bool within_limits(struct decode *d, uint64_t bytes)
{
    const struct decode_limits *l = &d->limits;
    if (l->object_bytes != 0 && bytes > l->object_bytes) {
        bomb(d, "more text than limits.object_bytes allows");
        return false;
    }
    if (l->ratio != 0 && bytes >= l->ratio_from && bytes / l->ratio > d->in_bytes) {
        bomb(d, "compressed beyond limits.ratio");
        return false;
    }
    return true;
}

/* ---- text ---- */

static enum progress text_out(struct decode *d, struct span text, struct span *out)
{
    d->out_bytes += text.n;
    if (text.n == 0 || !within_limits(d, d->out_bytes)) {
        return PROGRESS_ON;
    }
    *out = text;
    return PROGRESS_TEXT;
}

static enum progress wide_step(struct decode *d, struct span *out)
{
    size_t n = utf16_next(&d->utf16, &d->wide, d->block, DECODE_BLOCK_BYTES);
    return text_out(d, span_of(d->block, n), out);
}

/* Convert bytes from inside all layers, or of the object itself if it has none. */
static enum progress text_step(struct decode *d, struct span bytes, struct span *out)
{
    switch (d->text) {
    case TEXT_PASS:
        if (d->depth == 0) {
            memcpy(d->block, bytes.p, bytes.n); /* copied from the chunk: for the slack after it */
            bytes.p = d->block;
        }
        return text_out(d, bytes, out);
    case TEXT_WIDE:
        d->wide = bytes;
        return wide_step(d, out);
    case TEXT_HEAD:
    case TEXT_OVER:
        break;
    }
    return PROGRESS_ON;
}

/* The head is complete: recognize the format, and continue with the head as text if it is text. */
static enum progress head_step(struct decode *d, struct span head, bool whole, struct span *out)
{
    decode_recognize(d, head, whole);
    return text_step(d, d->text == TEXT_WIDE ? span_from(head, d->found.bom_bytes) : head, out);
}

/* Every layer has ended. */
static enum progress text_end(struct decode *d, struct span *out)
{
    if (d->text == TEXT_HEAD) {
        struct layer *l = d->depth > 0 ? d->layers[d->depth - 1] : NULL;
        struct span head = l != NULL ? span_of(l->block, l->text_n) : SPAN("");
        if (head.n > 0) {
            return head_step(d, head, d->verdict.kind == FAIL_NONE, out);
        }
    }
    bool whole = true;
    size_t n = d->text == TEXT_WIDE ? utf16_last(&d->utf16, d->block, &whole) : 0;
    if (!whole) {
        struct err e = {.kind = FAIL_NONE};
        (void)err_set(&e, FAIL_DATA, "%s: the data end inside a character",
                      text_encoding_name(d->found.encoding));
        decode_judge(d, &e);
    }
    enum progress p = text_out(d, span_of(d->block, n), out);
    d->text = TEXT_OVER;
    return p;
}

/* ---- layers ---- */

/* Assign to the layer its part of the memory for windows. */
static void windows_share(struct decode *d, size_t i)
{
    uint64_t others = 0;
    for (size_t k = 0; k < d->depth; k++) {
        others += k != i ? d->layers[k]->windows.used : 0;
    }
    d->layers[i]->windows.zstd_limit = d->limits.zstd_window_bytes;
    d->layers[i]->windows.room = windows_max(&d->limits) - others;
}

static enum progress layer_run(struct decode *d, size_t i, struct span *out)
{
    struct layer *l = d->layers[i];
    bool last = i + 1 == d->depth;
    bool head = last && d->text == TEXT_HEAD;
    struct err e = {.kind = FAIL_NONE};
    struct span text;
    windows_share(d, i);
    bool good = layer_step(l, head, &text, &e);
    d->found.layers[i] = layer_name(l);
    d->in_bytes = d->layers[0]->in_bytes;
    if (!within_limits(d, l->out_bytes)) {
        return PROGRESS_ON;
    }
    if (!good) {
        layer_failed(d, i, &e);
    }
    if (!last) {
        d->layers[i + 1]->in = text;
        return PROGRESS_ON;
    }
    if (!head) {
        return text_step(d, text, out);
    }
    return text.n >= MAGIC_HEAD_BYTES ? head_step(d, text, false, out) : PROGRESS_ON;
}

/* The first unfinished layer will get no more bytes. */
static void layer_close(struct decode *d)
{
    struct err e = {.kind = FAIL_NONE};
    size_t i = d->floor;
    if (d->verdict.kind == FAIL_NONE && !layer_end(d->layers[i], &e)) {
        layer_failed(d, i, &e);
    }
    d->floor = i + 1;
}

/* ---- the object ---- */

/* Gather *in into the chunk. True: the chunk is to be passed on. */
static bool gather(struct decode *d, struct span *in)
{
    bool full = unpack_gather(d->chunk, &d->chunk_n, DECODE_CHUNK_BYTES, in);
    return full || (d->ending && d->chunk_n > 0);
}

static enum progress chunk_step(struct decode *d, struct span *out)
{
    struct span chunk = span_of(d->chunk, d->chunk_n);
    d->chunk_n = 0;
    if (d->depth > 0) {
        d->layers[0]->in = chunk;
        return PROGRESS_ON;
    }
    d->in_bytes += chunk.n;
    if (d->text == TEXT_HEAD) {
        return head_step(d, chunk, d->ending && chunk.n < DECODE_CHUNK_BYTES, out);
    }
    return text_step(d, chunk, out);
}

/*
 * Plain text is copied directly from the input to the block, everything else passes through the
 * chunk.
 */
static enum progress plain_step(struct decode *d, struct span *in, struct span *out)
{
    struct span piece = span_take(in, in->n < DECODE_BLOCK_BYTES ? in->n : DECODE_BLOCK_BYTES);
    d->in_bytes += piece.n;
    return text_step(d, piece, out);
}

static enum progress decode_step(struct decode *d, struct span *in, struct span *out)
{
    if (d->wide.n > 0) {
        return wide_step(d, out);
    }
    if (d->depth == 0 && d->text == TEXT_PASS && in->n > 0) {
        return plain_step(d, in, out);
    }
    size_t i = d->depth;
    while (i > d->floor && !layer_can_work(d->layers[i - 1])) {
        i--;
    }
    if (i > d->floor) {
        d->found.wants_windows = !d->allowed && layer_is_large(d->layers[i - 1]);
        return d->found.wants_windows ? PROGRESS_WAIT : layer_run(d, i - 1, out);
    }
    if (d->floor == 0 && gather(d, in)) {
        return chunk_step(d, out);
    }
    if (d->floor == 0 && !d->ending) {
        return PROGRESS_WAIT;
    }
    if (d->floor < d->depth) {
        layer_close(d);
        return PROGRESS_ON;
    }
    return text_end(d, out);
}

bool decode_next(struct decode *d, struct span *in, struct span *out, struct err *e)
{
    enum progress p = PROGRESS_ON;
    unsigned steps = d->limits.ask_for_turns ? DECODE_STEPS : UINT_MAX;
    for (; p == PROGRESS_ON && d->text != TEXT_OVER && steps > 0; steps -= steps != UINT_MAX) {
        p = decode_step(d, in, out);
    }
    d->found.worked_long = p == PROGRESS_ON && d->text != TEXT_OVER;
    if (p == PROGRESS_TEXT || d->found.worked_long) {
        err_clear(e); /* the next call returns the error that follows */
        return p == PROGRESS_TEXT;
    }
    *e = d->verdict;
    return false;
}

bool decode_last(struct decode *d, struct span *out, struct err *e)
{
    struct span nothing = SPAN("");
    d->ending = true;
    return decode_next(d, &nothing, out, e);
}
