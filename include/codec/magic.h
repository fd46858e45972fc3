/* SPDX-License-Identifier: Apache-2.0 */
/*
 * magic.h - recognizes the format of an object by its first bytes.
 *
 *     const struct magic *m = magic_find(head, whole);
 *     NULL: text, or a format that is not in the table
 *     m->what == MAGIC_NAMED: a format that is not read; m->name is its name
 *
 * One table has the compressions that are read, and formats that are written into buckets of event
 * files by mistake, so that the error can name them. A text is never taken for one of them: if a
 * magic could also be text, further bytes are checked.
 */
#ifndef CODEC_MAGIC_H
#define CODEC_MAGIC_H

#include "base/span.h"

enum magic_what {
    MAGIC_NAMED, /* not read */
    MAGIC_GZIP,
    MAGIC_ZLIB,
    MAGIC_ZSTD,
    MAGIC_LZ4,
    MAGIC_SNAPPY,
    MAGIC_SKIPPABLE, /* a skippable frame, of zstd or lz4 */
};

enum { MAGIC_HEAD_BYTES = 512 }; /* the head that magic_find needs: tar has its magic at byte 257 */

struct magic {
    enum magic_what what;
    const char *name; /* "Parquet" */
    uint16_t at;      /* the offset of the bytes */
    struct span bytes;
    /* A further condition; NULL: none. */
    bool (*also)(struct span head, bool whole);
};

/*
 * The head is the first MAGIC_HEAD_BYTES bytes, or all bytes of the object; then `whole` is true. A
 * whole object that is cut inside the magic of a compression that is read is recognized as that
 * compression.
 */
const struct magic *magic_find(struct span head, bool whole);

/* Whether the head is not text: it has control bytes other than NUL, which texts do not have. */
MUST_USE bool magic_binary(struct span head);

/* Whether the head looks like a block of raw snappy, which has no magic (magic_snappy.c). */
MUST_USE bool magic_raw_snappy(struct span head, bool whole);

/*
 * Whether the head is zlib with a window below 32 KiB, whose magic may also begin a text: as many
 * bytes as magic_find needs are decompressed (magic_zlib.c).
 */
MUST_USE bool magic_small_zlib(struct span head, bool whole);

#endif
