/* SPDX-License-Identifier: Apache-2.0 */
/*
 * magic.h - what the bytes of an object are, by the first of them.
 *
 *     const struct magic *m = magic_find(head, whole);
 *     NULL: text, or what no row of the table knows
 *     m->what == MAGIC_NAMED: a format that is not read: m->name says which
 *
 * One table: the compressions that are read, and the formats that people put into buckets of
 * event files by mistake, so that they can be told what it was. A text is never taken for one of
 * them: where a magic could be text, more is looked at than the magic.
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

enum { MAGIC_HEAD_BYTES = 512 }; /* what magic_find wants to see: tar has its magic at byte 257 */

struct magic {
    enum magic_what what;
    const char *name; /* "Parquet" */
    uint16_t at;      /* where the bytes stand */
    struct span bytes;
    /* More that must be so; NULL: nothing. */
    bool (*also)(struct span head, bool whole);
};

/*
 * The head is the first MAGIC_HEAD_BYTES bytes, or all there are, which `whole` says. Whole and
 * cut inside the magic of a compression that is read, it is that compression.
 */
const struct magic *magic_find(struct span head, bool whole);

/* No text, as far as the head goes: it has control bytes that no text has. NULs do not count. */
MUST_USE bool magic_binary(struct span head);

/* Does the head look like a block of raw snappy, which has no magic? (magic_snappy.c) */
MUST_USE bool magic_raw_snappy(struct span head, bool whole);

#endif
