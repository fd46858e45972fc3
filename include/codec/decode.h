/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.h - object bytes to UTF-8 text: none, one or two layers of compression (gzip, zlib, zstd,
 * lz4, snappy), then the text's encoding. The content decides, never a name or header: each
 * layer is known by its first bytes (magic.h), the encoding by its mark or its NULs.
 *
 *     while (decode_next(d, &in, &text, &err)) { ... text ... }      for every piece
 *     while (decode_last(d, &text, &err)) { ... text ... }           at the end of the object
 *     err.kind: FAIL_NONE, FAIL_DATA (damaged or cut off), FAIL_LIMIT (a bomb),
 *               FAIL_FORMAT (what it is is not read; decode_words says what it is)
 *
 * What is handed out, and where damage is found, depends on the object alone, never on the
 * pieces it came in: compressed bytes are gathered into chunks of a fixed size first. What
 * comes before the damage is handed out before it is told.
 *
 * Every text handed out has DECODE_SLACK readable bytes behind it (json_read needs them). A
 * UTF-8 byte order mark is left in the text, one of UTF-16 is not.
 */
#ifndef CODEC_DECODE_H
#define CODEC_DECODE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"
#include "codec/text_encoding.h"

enum {
    DECODE_BLOCK_BYTES = 64 * 1024, /* most bytes handed out at once */
    DECODE_SLACK = 64,
    DECODE_LAYERS = 2, /* of compression; a third is named, not read */
    DECODE_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024,
};

/*
 * How much an object may give, and take. The first three hold for each layer's output, so that
 * nothing is gained by packing a bomb twice; passing one is FAIL_LIMIT.
 */
struct decode_limits {
    uint64_t object_bytes; /* most decompressed bytes, 0 = no limit */
    uint32_t ratio;        /* most decompressed bytes per object byte, 0 = no limit */
    uint64_t ratio_from;   /* ... looked at from so many on */
    /* Largest window of a zstd frame, at most 2 GiB; 0 = DECODE_ZSTD_WINDOW_BYTES. Where both
     * layers have windows (lz4: blocks of up to 4 MiB), both together, or 4 MiB if that is
     * more. Passing it is FAIL_FORMAT. */
    uint64_t zstd_window_bytes;
};

/* What was found so far. */
struct decode_found {
    const char *layers[DECODE_LAYERS]; /* "gzip", the outer one first */
    size_t layer_count;
    const char *format; /* "Parquet": inside the layers, not read; NULL: text, or not known yet */
    enum text_encoding encoding;
    size_t bom_bytes; /* of the byte order mark; 0: none */
    bool known;       /* the innermost bytes were looked at */
    bool binary;      /* ... and hold control bytes that no text has (not the NULs) */
};

struct decode; /* opaque */

/* Never NULL (aborts when out of memory). Used for one object after another. */
struct decode *decode_new(const struct decode_limits *limits);
void decode_free(struct decode *d);
DEFINE_OWNED(decode);

/* Most memory that one takes by these limits, whatever it reads. */
size_t decode_bytes_max(const struct decode_limits *limits);

/* Begin another object. */
void decode_reset(struct decode *d);

/*
 * Decode some of *in. True: *out is the next text (never empty), valid until the next call.
 * False: no more text now. The reason is in e->kind: FAIL_NONE if *in is used up (give
 * more), or one of the three above; after these always false.
 */
MUST_USE bool decode_next(struct decode *d, struct span *in, struct span *out, struct err *e);

/*
 * At the end of the object: as decode_next, for what is still held. When it is false, e->kind
 * is the verdict on the whole: FAIL_NONE, or FAIL_DATA, also for a compression that ends in
 * the middle, FAIL_LIMIT or FAIL_FORMAT. An object of no bytes is fine.
 */
MUST_USE bool decode_last(struct decode *d, struct span *out, struct err *e);

/* Bytes of text handed out so far. */
uint64_t decode_bytes(const struct decode *d);

/* Valid as long as d. */
const struct decode_found *decode_found(const struct decode *d);

/*
 * The same in words, added to *out: "UTF-8", "UTF-16LE in gzip", "tar in gzip", "binary data", or
 * what made it FAIL_FORMAT: "zstd window of 128 MiB, limits.zstd_window is 8 MiB".
 */
void decode_words(const struct decode *d, struct buf *out);

#endif
