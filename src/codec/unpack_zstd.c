/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zstd frames (RFC 8878 §3.1.1) by libzstd. The frame header is first read here: it states the size
 * of the window, which libzstd would allocate, and whether a dictionary is needed. libzstd is given
 * exactly the bytes that it requests, one block at a time. So damaged data cost only the text of
 * their own block, and the division of the input makes no difference.
 */
#include <stdlib.h>

#include <zstd.h>

#include "base/alloc.h"

#include "unpack_priv.h"

enum {
    MAGIC_BYTES = 4,
    DESCRIPTOR_AT = MAGIC_BYTES,
    HEADER_MAX_BYTES = 18,
    BLOCK_HEADER_BYTES = 3,
    WINDOW_LOG_MIN = 10,
    /* libzstd's state, and its buffers for one block of input and output besides the window */
    STATE_BYTES = 768 * 1024,
};

#define NOT_SAID UINT64_MAX

struct zstd {
    ZSTD_DCtx *context; /* NULL: not created yet, or released */
    struct unpack_windows *windows;
    char header[HEADER_MAX_BYTES];
    size_t header_n; /* bytes of it read so far */
    bool in_header;
    size_t wanted;    /* bytes that libzstd requests */
    uint64_t content; /* length of the content by the frame header, or NOT_SAID */
    uint64_t text_n;  /* and the bytes decompressed so far */
};

static void *zstd_make(void)
{
    return mem_zeros(1, sizeof(struct zstd));
}

static void zstd_release(void *state)
{
    struct zstd *z = state;
    (void)ZSTD_freeDCtx(z->context);
    free(z);
}

static void zstd_begin(void *state, struct unpack_windows *windows)
{
    struct zstd *z = state;
    z->windows = windows;
    z->header_n = 0;
    z->in_header = true;
    z->wanted = 0;
    if (z->context == NULL) {
        z->context = ZSTD_createDCtx();
        if (z->context == NULL) {
            abort();
        }
        /* windows are limited here; libzstd's own limit is a power of two */
        (void)ZSTD_DCtx_setParameter(z->context, ZSTD_d_windowLogMax,
                                     ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound);
    }
    (void)ZSTD_DCtx_reset(z->context, ZSTD_reset_session_only);
}

/* ---- the frame header ---- */

struct frame {
    size_t bytes; /* of the whole header */
    uint64_t window;
    uint64_t content;    /* NOT_SAID: unknown */
    uint64_t dictionary; /* 0: none */
};

static size_t window_descriptor_bytes(unsigned descriptor)
{
    return (descriptor & 0x20) != 0 ? 0 : 1; /* a single segment: the content is the window */
}

static size_t dictionary_bytes(unsigned descriptor)
{
    static const uint8_t bytes[] = {0, 1, 2, 4};
    return bytes[descriptor & 3];
}

static size_t content_bytes(unsigned descriptor)
{
    static const uint8_t bytes[] = {0, 2, 4, 8};
    bool single = (descriptor & 0x20) != 0;
    return descriptor >> 6 == 0 && single ? 1 : bytes[descriptor >> 6];
}

static uint64_t window_of(unsigned exponent_mantissa)
{
    uint64_t base = UINT64_C(1) << (WINDOW_LOG_MIN + (exponent_mantissa >> 3));
    return base + base / 8 * (exponent_mantissa & 7);
}

/* Read the header in z->header. False: it is incomplete. */
static bool frame_read(const struct zstd *z, struct frame *f)
{
    if (z->header_n <= DESCRIPTOR_AT) {
        return false;
    }
    unsigned descriptor = (uint8_t)z->header[DESCRIPTOR_AT];
    size_t window_n = window_descriptor_bytes(descriptor);
    size_t dictionary_n = dictionary_bytes(descriptor);
    size_t content_n = content_bytes(descriptor);
    const char *at = z->header + DESCRIPTOR_AT + 1;
    f->bytes = DESCRIPTOR_AT + 1 + window_n + dictionary_n + content_n;
    if (z->header_n < f->bytes) {
        return false;
    }
    f->dictionary = unpack_number(at + window_n, dictionary_n);
    f->content = content_n == 0 ? NOT_SAID
                                : unpack_number(at + window_n + dictionary_n, content_n) +
                                      (content_n == 2 ? 256 : 0);
    f->window = window_n == 1 ? window_of((uint8_t)at[0]) : f->content;
    return true;
}

static enum unpack_state frame_allowed(struct zstd *z, const struct frame *f, struct err *e)
{
    struct unpack_windows *w = z->windows;
    if (f->dictionary != 0) {
        (void)err_set(e, FAIL_FORMAT, "zstd with dictionary %llu",
                      (unsigned long long)f->dictionary);
        return UNPACK_BAD;
    }
    if (f->window > w->zstd_limit) {
        char window[UNPACK_SIZE_TEXT];
        char limit[UNPACK_SIZE_TEXT];
        (void)err_set(e, FAIL_FORMAT, "zstd window of %s, limits.zstd_window is %s",
                      unpack_size_text(window, f->window), unpack_size_text(limit, w->zstd_limit));
        return UNPACK_BAD;
    }
    return unpack_window_take(w, f->window, "zstd window", e) ? UNPACK_ON : UNPACK_BAD;
}

/* UNPACK_END: the header is complete, and its requirements are allowed. */
static enum unpack_state header_step(struct zstd *z, struct span *in, struct err *e)
{
    struct frame f = {0};
    bool whole = false;
    while (in->n > 0 && !(whole = frame_read(z, &f))) {
        z->header[z->header_n++] = span_take(in, 1).p[0];
    }
    if (!whole && !frame_read(z, &f)) {
        return UNPACK_ON;
    }
    z->content = f.content;
    z->text_n = 0;
    return frame_allowed(z, &f, e) == UNPACK_ON ? UNPACK_END : UNPACK_BAD;
}

/* ---- the frame ---- */

static enum unpack_state zstd_feed(struct zstd *z, struct span *in, struct unpack_out *out,
                                   struct err *e)
{
    /*
     * The requested bytes end with the header of the next block. That header is passed separately,
     * so that an error in it does not cost the text of the block before it.
     */
    size_t wanted = z->wanted > BLOCK_HEADER_BYTES ? z->wanted - BLOCK_HEADER_BYTES : z->wanted;
    ZSTD_inBuffer from = {.src = in->p, .size = in->n < wanted ? in->n : wanted};
    ZSTD_outBuffer to = {.dst = out->p + out->n, .size = unpack_room(out)};
    size_t rc = ZSTD_decompressStream(z->context, &to, &from);
    (void)span_take(in, from.pos);
    out->n += to.pos;
    if (ZSTD_isError(rc)) {
        (void)err_set(e, FAIL_DATA, "zstd: %s", ZSTD_getErrorName(rc));
        return UNPACK_BAD;
    }
    z->wanted = rc;
    z->text_n += to.pos;
    /* libzstd checks this itself, except if the last block is empty */
    if (rc == 0 && z->content != NOT_SAID && z->content != z->text_n) {
        (void)err_set(e, FAIL_DATA, "zstd: wrong length of a frame");
        return UNPACK_BAD;
    }
    return rc == 0 ? UNPACK_END : UNPACK_ON;
}

static enum unpack_state zstd_step(void *state, struct span *in, struct unpack_out *out,
                                   struct err *e)
{
    struct zstd *z = state;
    enum unpack_state on = UNPACK_ON;
    if (z->in_header) {
        on = header_step(z, in, e);
        if (on != UNPACK_END) {
            return on;
        }
        z->in_header = false;
        struct span header = span_of(z->header, z->header_n);
        z->wanted = header.n + BLOCK_HEADER_BYTES;
        on = zstd_feed(z, &header, out, e);
    }
    while (on == UNPACK_ON && in->n > 0 && unpack_room(out) > 0) {
        on = zstd_feed(z, in, out, e);
    }
    return on;
}

static enum unpack_match zstd_match(const uint8_t *seen, size_t n)
{
    return unpack_magic(SPAN("\x28\xb5\x2f\xfd"), seen, n);
}

const struct unpack_type unpack_zstd = {
    .name = "zstd",
    .piece = "frame",
    .skippable = true,
    .large = true,
    .memory_bytes = sizeof(struct zstd) + STATE_BYTES,
    .match = zstd_match,
    .make = zstd_make,
    .release = zstd_release,
    .begin = zstd_begin,
    .step = zstd_step,
};
