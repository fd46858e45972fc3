/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.h - converts the bytes of an object to UTF-8 text. It removes up to two layers of
 * compression (gzip, zlib, zstd, lz4, snappy) and converts the text's encoding. Only the content
 * determines these, never a name or a header: a layer is recognized by its first bytes (magic.h),
 * the encoding by its byte order mark or its NULs.
 *
 *     while (decode_next(d, &in, &text, &err)) { ... text ... }      for every piece
 *     while (decode_last(d, &text, &err)) { ... text ... }           at the end of the object
 *     err.kind: FAIL_NONE, FAIL_DATA (damaged or cut off), FAIL_LIMIT (a decompression bomb),
 *               FAIL_FORMAT (a format that is not read; decode_words names it)
 *
 * The text and the place where damage is detected depend only on the object, never on the pieces in
 * which it arrives: compressed bytes are first gathered into chunks of a fixed size. The text
 * before the damage is returned before the error.
 *
 * Every returned text has DECODE_SLACK readable bytes after it (json_read needs them). A UTF-8 byte
 * order mark stays in the text, a UTF-16 one is removed. Threads: one at a time per object.
 */
#ifndef CODEC_DECODE_H
#define CODEC_DECODE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"
#include "codec/text_encoding.h"

enum {
    DECODE_BLOCK_BYTES = 64 * 1024, /* most bytes of one returned text */
    DECODE_SLACK = 64,
    DECODE_LAYERS = 2, /* of compression; a third one is named, but not read */
    DECODE_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024,
    DECODE_STEPS = 16, /* without text, of at most one block each; see ask_for_turns */
};

/*
 * Limits of the output and of memory. The first three apply to the output of each layer, so that
 * compressing a bomb twice does not avoid them. Output beyond one of them is FAIL_LIMIT.
 */
struct decode_limits {
    uint64_t object_bytes; /* most decompressed bytes, 0 = no limit */
    uint32_t ratio;        /* most decompressed bytes per object byte, 0 = no limit */
    uint64_t ratio_from;   /* ... checked from this many decompressed bytes on */
    /*
     * Largest window of a zstd frame, at most 2 GiB; 0 = DECODE_ZSTD_WINDOW_BYTES. If both layers
     * have windows (of lz4: blocks of up to 4 MiB), their sum, or 4 MiB if that is more. A larger
     * window is FAIL_FORMAT.
     */
    uint64_t zstd_window_bytes;
    bool ask_for_windows; /* stop before memory for windows is taken, see decode_allow_windows */
    /*
     * Stop after DECODE_STEPS steps without text: decode_next and decode_last return false without
     * an error, decode_found has worked_long, and the same call is to be made again. A chunk of the
     * outer layer may hold any number of empty members of the inner one.
     */
    bool ask_for_turns;
};

/* The formats detected so far. */
struct decode_found {
    const char *layers[DECODE_LAYERS]; /* "gzip", the outer layer first */
    size_t layer_count;
    const char *format; /* "Parquet": a format that is not read; NULL: text or not yet known */
    enum text_encoding encoding;
    size_t bom_bytes;   /* length of the byte order mark; 0: none */
    bool known;         /* the innermost bytes were examined */
    bool wants_windows; /* stopped before a layer that needs them: see decode_allow_windows */
    bool worked_long;   /* stopped after DECODE_STEPS steps, see ask_for_turns */
    bool binary;        /* ... and have control bytes other than NUL, which texts do not have */
};

struct decode; /* opaque */

/* Never NULL (aborts when out of memory). Used for one object after another. */
struct decode *decode_new(const struct decode_limits *limits);
void decode_free(struct decode *d);
DEFINE_OWNED(decode);

/*
 * Most memory of one decoder with these limits, for any input; and of one that was never allowed to
 * take windows, or has released them.
 */
size_t decode_bytes_max(const struct decode_limits *limits);
size_t decode_bytes_without_windows(void);

/* Start another object. */
void decode_reset(struct decode *d);

/* Change two of the limits; between decode_reset and the first bytes of an object. */
void decode_set_limits(struct decode *d, uint64_t object_bytes, uint32_t ratio);

/*
 * With limits.ask_for_windows, decode_next and decode_last return false without an error, and
 * decode_found has wants_windows, before a layer (zstd, lz4) takes memory for windows. Allow it for
 * this object, and call again.
 */
void decode_allow_windows(struct decode *d);

/* Release the windows when nothing more of the object will be decoded. */
void decode_trim(struct decode *d);

/*
 * Decode a part of *in. True: *out is the next text (never empty), valid until the next call.
 * False: no more text now. e->kind is FAIL_NONE if *in is used up (call again with more), or one of
 * the three errors above; after an error every call returns false.
 */
MUST_USE bool decode_next(struct decode *d, struct span *in, struct span *out, struct err *e);

/*
 * At the end of the object: as decode_next, for the text that is still buffered. When it returns
 * false, e->kind is the result for the whole object: FAIL_NONE, FAIL_DATA (also for compression
 * that is cut off), FAIL_LIMIT or FAIL_FORMAT. An empty object is FAIL_NONE.
 */
MUST_USE bool decode_last(struct decode *d, struct span *out, struct err *e);

/* Bytes of text returned so far. */
uint64_t decode_bytes(const struct decode *d);

/* Valid as long as d. */
const struct decode_found *decode_found(const struct decode *d);

/*
 * Append the detected formats in words: "UTF-8", "UTF-16LE in gzip", "tar in gzip", "binary data",
 * or the reason of a FAIL_FORMAT: "zstd window of 128 MiB, limits.zstd_window is 8 MiB".
 */
void decode_words(const struct decode *d, struct buf *out);

#endif
