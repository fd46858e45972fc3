/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lz4 frames (LZ4 Frame Format 1.6), with their blocks decompressed by liblz4. The frame reader of
 * liblz4 needs two buffers for a block, 8 MiB for the frames of lz4(1). Here a block is
 * decompressed in place. Its data are at the end of the buffer for its text, so far after the
 * text's start that the text never reaches unread data: no sequence of the format is longer than
 * its text by more than one byte in 255.
 *
 *     buffer: 64 KiB of the text before | text of the block ... | data of the block
 */
#include <stdlib.h>

#include <lz4.h>
#include <xxhash.h>

#include "base/alloc.h"

#include "unpack_priv.h"

enum {
    HISTORY_BYTES = 64 * 1024,
    MARGIN_BYTES = 64, /* liblz4 needs 32 */
    MAGIC_BYTES = 4,
    DESCRIPTOR_AT = MAGIC_BYTES,
    HEADER_MIN_BYTES = MAGIC_BYTES + 3,
    HEADER_MAX_BYTES = HEADER_MIN_BYTES + 8 + 4,
    NUMBER_BYTES = 4,

    FLAG_VERSION = 0xc0,
    FLAG_VERSION_1 = 0x40,
    FLAG_INDEPENDENT = 0x20,
    FLAG_BLOCK_SUM = 0x10,
    FLAG_CONTENT_SIZE = 0x08,
    FLAG_CONTENT_SUM = 0x04,
    FLAG_RESERVED = 0x02,
    FLAG_DICTIONARY = 0x01,
};
#define BLOCK_STORED UINT32_C(0x80000000)

enum part { PART_HEADER, PART_SIZE, PART_DATA, PART_SUM, PART_TEXT, PART_CONTENT_SUM };

struct lz4 {
    struct unpack_windows *windows;
    enum part part;
    char head[HEADER_MAX_BYTES]; /* the header of the frame, then each number */
    size_t head_n;
    unsigned flags;
    size_t block_max;
    uint64_t content_left; /* if FLAG_CONTENT_SIZE */
    bool content_over;     /* more text than the header states */
    XXH32_state_t *content_hash;

    char *buffer; /* NULL: none yet */
    size_t buffer_bytes;
    size_t history;
    bool stored;
    size_t data_n; /* length of this block's data, and bytes of them read so far */
    size_t data_have;
    size_t text_n; /* length of this block's text, and bytes of it returned so far */
    size_t text_given;
};

static void *lz4_make(void)
{
    struct lz4 *z = mem_zeros(1, sizeof(*z));
    z->content_hash = XXH32_createState();
    if (z->content_hash == NULL) {
        abort();
    }
    return z;
}

static void lz4_release(void *state)
{
    struct lz4 *z = state;
    (void)XXH32_freeState(z->content_hash);
    free(z->buffer);
    free(z);
}

static void lz4_begin(void *state, struct unpack_windows *windows)
{
    struct lz4 *z = state;
    z->windows = windows;
    z->part = PART_HEADER;
    z->head_n = 0;
    z->history = 0;
    z->content_over = false;
    (void)XXH32_reset(z->content_hash, 0);
}

static enum unpack_state lz4_bad(struct err *e, const char *what)
{
    (void)err_set(e, FAIL_DATA, "lz4: %s", what);
    return UNPACK_BAD;
}

/* ---- the header ---- */

static size_t room_for(size_t block_max)
{
    return block_max + block_max / 256 + MARGIN_BYTES;
}

static void buffer_for(struct lz4 *z, size_t block_max)
{
    size_t want = HISTORY_BYTES + room_for(block_max);
    if (z->buffer_bytes < want) {
        free(z->buffer);
        z->buffer = mem_alloc(want);
        z->buffer_bytes = want;
    }
    z->block_max = block_max;
}

static size_t header_bytes(unsigned flags)
{
    return HEADER_MIN_BYTES + ((flags & FLAG_CONTENT_SIZE) != 0 ? 8U : 0U) +
           ((flags & FLAG_DICTIONARY) != 0 ? 4U : 0U);
}

/* The header is complete and its checksum correct. */
static enum unpack_state header_read(struct lz4 *z, struct err *e)
{
    unsigned descriptor = (uint8_t)z->head[DESCRIPTOR_AT + 1];
    if ((z->flags & FLAG_VERSION) != FLAG_VERSION_1 || (z->flags & FLAG_RESERVED) != 0 ||
        (descriptor & 0x8f) != 0 || descriptor >> 4 < 4) {
        return lz4_bad(e, "a version or flag that is not known");
    }
    if ((z->flags & FLAG_DICTIONARY) != 0) {
        const char *dictionary = z->head + header_bytes(z->flags) - 5;
        (void)err_set(e, FAIL_FORMAT, "lz4 with dictionary %llu",
                      (unsigned long long)unpack_number(dictionary, 4));
        return UNPACK_BAD;
    }
    z->content_left = unpack_number(z->head + DESCRIPTOR_AT + 2, 8);
    size_t block_max = (size_t)1 << (2 * (descriptor >> 4) + 8);
    if (!unpack_window_take(z->windows, block_max, "lz4 block", e)) {
        return UNPACK_BAD;
    }
    buffer_for(z, block_max);
    z->part = PART_SIZE;
    z->head_n = 0;
    return UNPACK_ON;
}

static enum unpack_state header_step(struct lz4 *z, struct span *in, struct err *e)
{
    if (!unpack_gather(z->head, &z->head_n, HEADER_MIN_BYTES, in)) {
        return UNPACK_ON;
    }
    z->flags = (uint8_t)z->head[DESCRIPTOR_AT];
    size_t n = header_bytes(z->flags);
    if (!unpack_gather(z->head, &z->head_n, n, in)) {
        return UNPACK_ON;
    }
    uint32_t sum = XXH32(z->head + DESCRIPTOR_AT, n - DESCRIPTOR_AT - 1, 0) >> 8 & 0xff;
    return sum == (uint8_t)z->head[n - 1] ? header_read(z, e)
                                          : lz4_bad(e, "wrong checksum of the header of a frame");
}

/* ---- the blocks ---- */

static char *text_at(const struct lz4 *z)
{
    return z->buffer + HISTORY_BYTES;
}

static char *data_at(const struct lz4 *z)
{
    return text_at(z) + (z->stored ? 0 : room_for(z->block_max) - z->data_n);
}

/* Read the next number of 32 bits. */
static bool number_step(struct lz4 *z, struct span *in, uint32_t *number)
{
    if (!unpack_gather(z->head, &z->head_n, NUMBER_BYTES, in)) {
        return false;
    }
    z->head_n = 0;
    *number = (uint32_t)unpack_number(z->head, NUMBER_BYTES);
    return true;
}

static enum unpack_state frame_end(const struct lz4 *z, struct err *e)
{
    if ((z->flags & FLAG_CONTENT_SIZE) != 0 && (z->content_left != 0 || z->content_over)) {
        return lz4_bad(e, "wrong length of a frame");
    }
    return UNPACK_END;
}

static enum unpack_state size_step(struct lz4 *z, struct span *in, struct err *e)
{
    uint32_t size = 0;
    if (!number_step(z, in, &size)) {
        return UNPACK_ON;
    }
    if (size == 0) {
        z->part = PART_CONTENT_SUM;
        return (z->flags & FLAG_CONTENT_SUM) != 0 ? UNPACK_ON : frame_end(z, e);
    }
    z->stored = (size & BLOCK_STORED) != 0;
    z->data_n = size & ~BLOCK_STORED;
    z->data_have = 0;
    if (z->data_n > z->block_max) {
        return lz4_bad(e, "a block longer than its frame allows");
    }
    z->part = PART_DATA;
    return UNPACK_ON;
}

/*
 * The data are complete and their checksum was correct: decompress them to the text of the block.
 */
static enum unpack_state block_decode(struct lz4 *z, struct err *e)
{
    int n = (int)z->data_n;
    if (!z->stored) {
        n = LZ4_decompress_safe_usingDict(data_at(z), text_at(z), (int)z->data_n, (int)z->block_max,
                                          text_at(z) - z->history, (int)z->history);
    }
    if (n < 0) {
        return lz4_bad(e, "damaged data");
    }
    z->text_n = (size_t)n;
    z->text_given = 0;
    z->content_over = z->content_over || z->text_n > z->content_left;
    z->content_left -= z->text_n;
    if ((z->flags & FLAG_CONTENT_SUM) != 0) {
        (void)XXH32_update(z->content_hash, text_at(z), z->text_n);
    }
    z->part = PART_TEXT;
    return UNPACK_ON;
}

static enum unpack_state data_step(struct lz4 *z, struct span *in, struct err *e)
{
    if (!unpack_gather(data_at(z), &z->data_have, z->data_n, in)) {
        return UNPACK_ON;
    }
    if ((z->flags & FLAG_BLOCK_SUM) != 0) {
        z->part = PART_SUM;
        return UNPACK_ON;
    }
    return block_decode(z, e);
}

static enum unpack_state sum_step(struct lz4 *z, struct span *in, struct err *e)
{
    uint32_t sum = 0;
    if (!number_step(z, in, &sum)) {
        return UNPACK_ON;
    }
    return sum == XXH32(data_at(z), z->data_n, 0) ? block_decode(z, e)
                                                  : lz4_bad(e, "wrong checksum of a block");
}

static enum unpack_state content_sum_step(struct lz4 *z, struct span *in, struct err *e)
{
    uint32_t sum = 0;
    if (!number_step(z, in, &sum)) {
        return UNPACK_ON;
    }
    return sum == XXH32_digest(z->content_hash) ? frame_end(z, e)
                                                : lz4_bad(e, "wrong checksum of a frame");
}

/* Keep the last 64 KiB of the text, to which later blocks may refer. */
static void history_keep(struct lz4 *z)
{
    if ((z->flags & FLAG_INDEPENDENT) != 0) {
        return;
    }
    size_t n = z->history + z->text_n;
    n = n < HISTORY_BYTES ? n : HISTORY_BYTES;
    memmove(text_at(z) - n, text_at(z) + z->text_n - n, n);
    z->history = n;
}

static void text_step(struct lz4 *z, struct unpack_out *out)
{
    if (unpack_give(out, text_at(z), &z->text_given, z->text_n)) {
        history_keep(z);
        z->part = PART_SIZE;
    }
}

static enum unpack_state part_step(struct lz4 *z, struct span *in, struct unpack_out *out,
                                   struct err *e)
{
    switch (z->part) {
    case PART_HEADER:
        return header_step(z, in, e);
    case PART_SIZE:
        return size_step(z, in, e);
    case PART_DATA:
        return data_step(z, in, e);
    case PART_SUM:
        return sum_step(z, in, e);
    case PART_CONTENT_SUM:
        return content_sum_step(z, in, e);
    case PART_TEXT:
        text_step(z, out);
        break;
    }
    return UNPACK_ON;
}

static enum unpack_state lz4_step(void *state, struct span *in, struct unpack_out *out,
                                  struct err *e)
{
    struct lz4 *z = state;
    enum unpack_state on = UNPACK_ON;
    while (on == UNPACK_ON && (in->n > 0 || z->part == PART_TEXT) && unpack_room(out) > 0) {
        on = part_step(z, in, out, e);
    }
    return on;
}

static enum unpack_match lz4_match(const uint8_t *seen, size_t n)
{
    return unpack_magic(SPAN("\x04\x22\x4d\x18"), seen, n);
}

const struct unpack_type unpack_lz4 = {
    .name = "lz4",
    .piece = "frame",
    .skippable = true,
    .large = true,
    .memory_bytes = sizeof(struct lz4) + HISTORY_BYTES + LZ4_BLOCK_MAX_BYTES / 256 + MARGIN_BYTES,
    .match = lz4_match,
    .make = lz4_make,
    .release = lz4_release,
    .begin = lz4_begin,
    .step = lz4_step,
};
