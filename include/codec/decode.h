/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.h - object bytes to text bytes: plain, or gzip (RFC 1952) of any number of
 * members one after another, told apart by the magic 1f 8b, never by a name or header.
 *
 *     while (decode_next(d, &in, &text, &err)) { ... text ... }      for every piece
 *     while (decode_last(d, &text, &err)) { ... text ... }           at the end of the object
 *     err.kind: FAIL_NONE, FAIL_DATA (damaged or cut off), FAIL_LIMIT (a bomb)
 *
 * What is handed out, and where damage is found, depends on the object alone, never on the
 * pieces it came in: compressed bytes are gathered into chunks of a fixed size first.
 *
 * Every text handed out has DECODE_SLACK readable bytes behind it (json_read needs them).
 */
#ifndef CODEC_DECODE_H
#define CODEC_DECODE_H

#include "base/err.h"
#include "base/own.h"

enum {
    DECODE_BLOCK_BYTES = 64 * 1024, /* most bytes handed out at once */
    DECODE_SLACK = 64,
};

/* How much text an object may give. Passing one is FAIL_LIMIT: a bomb. */
struct decode_limits {
    uint64_t object_bytes; /* most decompressed bytes, 0 = no limit */
    uint32_t ratio;        /* most text bytes per object byte, 0 = no limit */
    uint64_t ratio_from;   /* ... looked at from so much text on */
};

struct decode; /* opaque: ISA-L's inflate state and one block */

/* Never NULL (aborts when out of memory). Used for one object after another. */
struct decode *decode_new(const struct decode_limits *limits);
void decode_free(struct decode *d);
DEFINE_OWNED(decode);

/* Begin another object. */
void decode_reset(struct decode *d);

/*
 * Decode some of *in. True: *out is the next text (never empty), valid until the next call.
 * False: no more text now. The reason is in e->kind: FAIL_NONE if *in is used up (give
 * more), FAIL_DATA if the bytes are damaged, FAIL_LIMIT for a bomb; after these two always false.
 */
MUST_USE bool decode_next(struct decode *d, struct span *in, struct span *out, struct err *e);

/*
 * At the end of the object: as decode_next, for what is still held. When it is false, e->kind
 * is the verdict on the whole: FAIL_NONE, or FAIL_DATA, also for a compression that ends in
 * the middle, or FAIL_LIMIT. An object of no bytes is fine.
 */
MUST_USE bool decode_last(struct decode *d, struct span *out, struct err *e);

/* Decompressed bytes handed out so far. */
uint64_t decode_bytes(const struct decode *d);

#endif
