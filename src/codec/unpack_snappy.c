/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The snappy framing format (framing_format.txt of snappy), with its blocks decompressed by
 * libsnappy. A member is one chunk: a stream has no end mark, so it may end, be padded or start
 * again after any chunk.
 */
#include <stdlib.h>

#include <isa-l/crc.h>
#include <snappy-c.h>

#include "base/alloc.h"

#include "unpack_priv.h"

enum {
    CHUNK_COMPRESSED = 0x00,
    CHUNK_PLAIN = 0x01,
    CHUNK_SKIPPABLE = 0x80, /* this and all above, except: */
    CHUNK_STREAM = 0xff,
    HEAD_BYTES = 4,
    SUM_BYTES = 4,
    TEXT_BYTES = 64 * 1024,                                    /* most bytes of text of a chunk */
    DATA_BYTES = SUM_BYTES + 32 + TEXT_BYTES + TEXT_BYTES / 6, /* and most bytes of its data */
};
static const struct span stream_chunk = SPAN_INIT("\xff\x06\x00\x00sNaPpY");

enum part { PART_HEAD, PART_SKIP, PART_DATA, PART_TEXT };

struct snappy {
    enum part part;
    char head[HEAD_BYTES];
    size_t head_n;
    size_t data_n; /* length of this chunk's data, and bytes of them read so far */
    size_t data_have;
    const char *from; /* its text */
    size_t text_n;
    size_t text_given;
    char data[DATA_BYTES];
    char text[TEXT_BYTES];
};

static void *snappy_make(void)
{
    return mem_alloc(sizeof(struct snappy));
}

static void snappy_begin(void *state, struct unpack_windows *windows UNUSED)
{
    struct snappy *s = state;
    s->part = PART_HEAD;
    s->head_n = 0;
    s->data_have = 0;
    s->text_n = 0;
    s->text_given = 0;
}

static enum unpack_state snappy_bad(struct err *e, const char *what)
{
    (void)err_set(e, FAIL_DATA, "snappy: %s", what);
    return UNPACK_BAD;
}

static unsigned chunk_type(const struct snappy *s)
{
    return (uint8_t)s->head[0];
}

static bool data_length_good(size_t n)
{
    return n >= SUM_BYTES && n <= DATA_BYTES;
}

static enum unpack_state head_step(struct snappy *s, struct span *in, struct err *e)
{
    if (!unpack_gather(s->head, &s->head_n, HEAD_BYTES, in)) {
        return UNPACK_ON;
    }
    s->data_n = unpack_number(s->head + 1, 3);
    if (chunk_type(s) >= CHUNK_SKIPPABLE) { /* snappy_match has checked that of a stream */
        s->part = PART_SKIP;
        return s->data_n > 0 ? UNPACK_ON : UNPACK_END;
    }
    if (!data_length_good(s->data_n)) {
        return snappy_bad(e, "wrong length of a chunk");
    }
    s->part = PART_DATA;
    return UNPACK_ON;
}

/* CRC-32C, masked as the format requires. */
static uint32_t text_sum(const char *text, size_t n)
{
    unsigned char *p = (unsigned char *)(uintptr_t)text; /* not written */
    uint32_t crc = ~crc32_iscsi(p, (int)n, ~0U);
    return (crc >> 15 | crc << 17) + UINT32_C(0xa282ead8);
}

static enum unpack_state chunk_decode(struct snappy *s, struct err *e)
{
    const char *data = s->data + SUM_BYTES;
    size_t n = s->data_n - SUM_BYTES;
    s->from = data;
    s->text_n = n;
    if (chunk_type(s) == CHUNK_COMPRESSED) {
        s->from = s->text;
        if (snappy_uncompressed_length(data, n, &s->text_n) != SNAPPY_OK ||
            s->text_n > TEXT_BYTES ||
            snappy_uncompress(data, n, s->text, &s->text_n) != SNAPPY_OK) {
            return snappy_bad(e, "damaged data");
        }
    }
    if (s->text_n > TEXT_BYTES) {
        return snappy_bad(e, "wrong length of a chunk");
    }
    if (text_sum(s->from, s->text_n) != unpack_number(s->data, SUM_BYTES)) {
        return snappy_bad(e, "wrong checksum of a chunk");
    }
    s->text_given = 0;
    s->part = PART_TEXT;
    return UNPACK_ON;
}

static enum unpack_state skip_step(struct snappy *s, struct span *in)
{
    size_t left = s->data_n - s->data_have;
    s->data_have += span_take(in, in->n < left ? in->n : left).n;
    return s->data_have == s->data_n ? UNPACK_END : UNPACK_ON;
}

static enum unpack_state part_step(struct snappy *s, struct span *in, struct unpack_out *out,
                                   struct err *e)
{
    switch (s->part) {
    case PART_HEAD:
        return head_step(s, in, e);
    case PART_SKIP:
        return skip_step(s, in);
    case PART_DATA:
        return unpack_gather(s->data, &s->data_have, s->data_n, in) ? chunk_decode(s, e)
                                                                    : UNPACK_ON;
    case PART_TEXT:
        break;
    }
    return unpack_give(out, s->from, &s->text_given, s->text_n) ? UNPACK_END : UNPACK_ON;
}

static enum unpack_state snappy_step(void *state, struct span *in, struct unpack_out *out,
                                     struct err *e)
{
    struct snappy *s = state;
    enum unpack_state on = UNPACK_ON;
    while (on == UNPACK_ON && (in->n > 0 || s->part == PART_TEXT) && unpack_room(out) > 0) {
        on = part_step(s, in, out, e);
    }
    return on;
}

/*
 * Zeros may be padding, or begin a compressed chunk. They are padding if a stream begins after
 * them, or if no compressed chunk can have the length that they would state.
 */
static enum unpack_match zeros_match(const uint8_t *seen, size_t n)
{
    size_t zeros = 0;
    while (zeros < n && seen[zeros] == 0) {
        zeros++;
    }
    enum unpack_match stream =
        zeros < n ? unpack_magic(stream_chunk, seen + zeros, n - zeros) : MATCH_NO;
    if (n < HEAD_BYTES || (zeros < HEAD_BYTES && stream == MATCH_MORE)) {
        return MATCH_MORE;
    }
    size_t length = unpack_number((const char *)seen + 1, 3);
    return stream == MATCH_YES || !data_length_good(length) ? MATCH_NO : MATCH_YES;
}

/* A chunk of a known type. */
static enum unpack_match snappy_match(const uint8_t *seen, size_t n)
{
    if (seen[0] == CHUNK_STREAM) {
        return unpack_magic(stream_chunk, seen, n);
    }
    if (seen[0] == CHUNK_COMPRESSED) {
        return zeros_match(seen, n);
    }
    return seen[0] == CHUNK_PLAIN || seen[0] >= CHUNK_SKIPPABLE ? MATCH_YES : MATCH_NO;
}

const struct unpack_type unpack_snappy = {
    .name = "snappy",
    .piece = "chunk",
    .memory_bytes = sizeof(struct snappy),
    .match = snappy_match,
    .make = snappy_make,
    .release = free,
    .begin = snappy_begin,
    .step = snappy_step,
};
