/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packing.h - makes objects with the formats' own libraries, and decodes them. Buffers grow; the
 * decoder's input is in memory of its own, so that ASan detects reads beyond it.
 */
#ifndef TESTS_CODEC_PACKING_H
#define TESTS_CODEC_PACKING_H

#include "testing.h"

#include <stdlib.h>

#include <lz4frame.h>
#include <snappy-c.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/rng.h"
#include "codec/decode.h"

enum { PACK_MAX = 1 << 28 };

enum packing { PACK_GZIP, PACK_ZLIB, PACK_ZSTD, PACK_LZ4, PACK_SNAPPY, PACKINGS };

static const char *const packing_names[PACKINGS] = {"gzip", "zlib", "zstd", "lz4", "snappy"};

UNUSED static void pack_deflate(struct buf *out, struct span s, int window_bits)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t cap = deflateBound(&z, s.n) + 64;
    z.next_in = (const Bytef *)s.p;
    z.avail_in = (uInt)s.n;
    z.next_out = (Bytef *)buf_room(out, cap);
    assert_non_null(z.next_out);
    z.avail_out = (uInt)cap;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->n += cap - z.avail_out;
    (void)deflateEnd(&z);
}

/* A frame with a checksum; window_log 0: that of the level. */
UNUSED static void pack_zstd(struct buf *out, struct span s, int window_log, bool known_length)
{
    ZSTD_CCtx *c = ZSTD_createCCtx();
    size_t cap = ZSTD_compressBound(s.n) + 64;
    char *to = buf_room(out, cap);
    assert_non_null(to);
    (void)ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    (void)ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, known_length);
    if (window_log != 0) {
        (void)ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, window_log);
    }
    if (known_length) {
        size_t n = ZSTD_compress2(c, to, cap, s.p, s.n);
        assert_false(ZSTD_isError(n));
        out->n += n;
    } else { /* the library reduces the window if it knows the length */
        ZSTD_outBuffer to_buffer = {.dst = to, .size = cap};
        ZSTD_inBuffer from = {.src = s.p, .size = s.n};
        assert_false(ZSTD_isError(ZSTD_compressStream2(c, &to_buffer, &from, ZSTD_e_continue)));
        assert_int_equal(ZSTD_compressStream2(c, &to_buffer, &from, ZSTD_e_end), 0);
        out->n += to_buffer.pos;
    }
    (void)ZSTD_freeCCtx(c);
}

UNUSED static void pack_lz4(struct buf *out, struct span s, const LZ4F_preferences_t *how)
{
    size_t cap = LZ4F_compressFrameBound(s.n, how);
    char *to = buf_room(out, cap);
    assert_non_null(to);
    size_t n = LZ4F_compressFrame(to, cap, s.p, s.n, how);
    assert_false(LZ4F_isError(n));
    out->n += n;
}

/* Bit by bit, so that the test does not depend on the tested library. */
static uint32_t crc32c(struct span s)
{
    uint32_t crc = ~0U;
    for (size_t i = 0; i < s.n; i++) {
        crc ^= (uint8_t)s.p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0x82f63b78U & (0U - (crc & 1)));
        }
    }
    return ~crc;
}

UNUSED static void pack_number(struct buf *out, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        buf_add_byte(out, (char)(number >> (8 * i)));
    }
}

/* A chunk of at most 64 KiB. */
UNUSED static void pack_snappy_chunk(struct buf *out, struct span s, bool compress)
{
    size_t n = snappy_max_compressed_length(s.n);
    char *to = malloc(n + 1);
    assert_non_null(to);
    assert_int_equal(snappy_compress(s.p, s.n, to, &n), SNAPPY_OK);
    struct span data = compress ? span_of(to, n) : s;
    uint32_t crc = crc32c(s);
    buf_add_byte(out, compress ? 0 : 1);
    pack_number(out, data.n + 4, 3);
    pack_number(out, (uint32_t)((crc >> 15 | crc << 17) + 0xa282ead8U), 4);
    buf_add(out, data);
    free(to);
}

UNUSED static void pack_snappy(struct buf *out, struct span s)
{
    buf_add(out, SPAN("\xff\x06\x00\x00sNaPpY"));
    while (s.n > 0) {
        pack_snappy_chunk(out, span_take(&s, s.n < 65536 ? s.n : 65536), true);
    }
}

/* One member of the format, as its usual writers make it. */
UNUSED static void pack(struct buf *out, enum packing how, struct span s)
{
    static const LZ4F_preferences_t lz4 = {
        .frameInfo = {.blockSizeID = LZ4F_max4MB,
                      .contentChecksumFlag = LZ4F_contentChecksumEnabled}};
    switch (how) {
    case PACK_GZIP:
        pack_deflate(out, s, 31);
        break;
    case PACK_ZLIB:
        pack_deflate(out, s, 15);
        break;
    case PACK_ZSTD:
        pack_zstd(out, s, 0, false);
        break;
    case PACK_LZ4:
        pack_lz4(out, s, &lz4);
        break;
    case PACK_SNAPPY:
    case PACKINGS:
        pack_snappy(out, s);
        break;
    }
}

/* ---- texts ---- */

/* n bytes that compress to about a third, different for each seed. */
UNUSED static void text_make(struct buf *out, size_t n, uint64_t seed)
{
    static const char *const words[] = {"{\"user\":\"", "alice",     "bob", "\",\"host\":\"",
                                        "build-",       "\",\"n\":", "}\n", "repository",
                                        "\xc3\xa4"};
    struct rng rng;
    rng_init(&rng, seed);
    while (out->n < n) {
        buf_add(out, span_str(words[rng_below(&rng, sizeof(words) / sizeof(words[0]))]));
        buf_addf(out, "%llu", (unsigned long long)rng_below(&rng, 1000000));
    }
    out->n = n;
}

/* ---- decoding ---- */

struct unpacked {
    struct buf text;
    struct buf words;
    struct err err;
};

#define UNPACKED_INIT                                                                              \
    {                                                                                              \
        .text = BUF_INIT(PACK_MAX), .words = BUF_INIT(1024)                                        \
    }

UNUSED static void unpacked_done(struct unpacked *u)
{
    buf_done(&u->text);
    buf_done(&u->words);
}

/* Set the stack that the decoder will use. */
UNUSED static void stack_dirty(int byte)
{
    char dirt[16 * 1024];
    memset(dirt, byte, sizeof(dirt));
    __asm__ volatile("" : : "r"(dirt) : "memory"); /* so that the compiler keeps it */
}

UNUSED static void unpack_piece(struct decode *d, struct span in, struct unpacked *u)
{
    struct span text;
    stack_dirty((int)(in.n * 37 + 0xa5));
    while (decode_next(d, &in, &text, &u->err)) {
        buf_add(&u->text, text);
    }
}

/* Decode in pieces of `piece` bytes; 0: of random sizes. */
UNUSED static void unpack_with(struct decode *d, struct span object, size_t piece,
                               struct unpacked *u)
{
    struct rng rng;
    struct span text;
    rng_init(&rng, object.n);
    buf_clear(&u->text);
    buf_clear(&u->words);
    buf_add(&u->text, SPAN(""));
    err_clear(&u->err);
    decode_reset(d);
    while (object.n > 0 && u->err.kind == FAIL_NONE) {
        size_t n = piece != 0 ? piece : 1 + rng_below(&rng, rng_below(&rng, 2) != 0 ? 40000 : 20);
        struct span in = span_take(&object, n < object.n ? n : object.n);
        char *own = mem_alloc(in.n + 1);
        memcpy(own + 1, in.p, in.n); /* at the end of the memory block */
        unpack_piece(d, span_of(own + 1, in.n), u);
        free(own);
    }
    while (decode_last(d, &text, &u->err)) {
        buf_add(&u->text, text);
    }
    decode_words(d, &u->words);
}

UNUSED static void unpack_by(struct span object, size_t piece, const struct decode_limits *limits,
                             struct unpacked *u)
{
    OWNED(decode) struct decode *d = decode_new(limits);
    unpack_with(d, object, piece, u);
}

/* Decode whole, byte by byte and in random pieces: text, words and error are the same. */
UNUSED static void unpack_any(struct span object, const struct decode_limits *limits,
                              struct unpacked *u)
{
    static const size_t pieces[] = {1, 0, 16384, 4097};
    unpack_by(object, object.n + 1, limits, u);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        if (pieces[i] == 1 && object.n > 300000) {
            continue;
        }
        struct unpacked other = UNPACKED_INIT;
        unpack_by(object, pieces[i], limits, &other);
        assert_int_equal(other.text.n, u->text.n);
        assert_true(span_eq(buf_span(&other.text), buf_span(&u->text)));
        assert_span_equal(buf_span(&other.words), buf_span(&u->words));
        assert_int_equal(other.err.kind, u->err.kind);
        assert_string_equal(other.err.text, u->err.text);
        unpacked_done(&other);
    }
}

#endif
