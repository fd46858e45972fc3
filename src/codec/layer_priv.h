/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_priv.h - one layer of compression: members or frames of one format, one after another.
 * Allowed between them are zeros, blanks (space, CR, LF) and skippable frames of zstd and lz4. Any
 * other byte between them is damage.
 *
 *     layer_begin(l, &unpack_gzip);
 *     l->in = bytes;
 *     while (layer_can_work(l)) {
 *         struct span text;
 *         if (!layer_step(l, false, &text, &err)) ...      the text before the error is valid
 *     }
 *     layer_end(l, &err)                                       there will be no more bytes
 */
#ifndef CODEC_LAYER_PRIV_H
#define CODEC_LAYER_PRIV_H

#include "unpack_priv.h"

enum {
    LAYER_BLOCK_BYTES = 64 * 1024,
    LAYER_SLACK = 64, /* readable bytes after the text of a block */
};

enum layer_at {
    LAYER_BETWEEN, /* seen[] may become the beginning of a member */
    LAYER_SKIP,    /* in a skippable frame */
    LAYER_MEMBER,
};

struct layer {
    const struct unpack_type *type; /* NULL while there were only skippable frames */
    const struct unpack_type *state_type;
    void *state; /* of state_type, kept between objects; NULL: none yet */
    struct unpack_windows windows;
    enum layer_at at;
    uint8_t seen[UNPACK_MAGIC_BYTES];
    size_t seen_n;
    uint64_t skip;  /* remaining bytes of the skippable frame */
    struct span in; /* borrowed, not yet used up */
    uint64_t in_bytes, out_bytes;
    size_t text_n; /* bytes in the block */
    bool full;     /* the last step had no room for more text */
    char block[LAYER_BLOCK_BYTES + LAYER_SLACK];
};

struct layer *layer_new(void);
void layer_free(struct layer *l); /* NULL is allowed */

/* Start a layer of this type for another object. NULL: skippable frames come first. */
void layer_begin(struct layer *l, const struct unpack_type *type);

/* Release the state that is too large to be kept between objects. */
void layer_trim(struct layer *l);

/* Whether its state has windows, or may turn out to. */
bool layer_is_large(const struct layer *l);

static inline bool layer_can_work(const struct layer *l)
{
    return l->in.n > 0 || l->full;
}

/*
 * Decompress a part of l->in. *text is the result in the block. With `keep` it is appended to the
 * text of the last step, and *text includes both. False: *e is the error, and *text is valid.
 */
MUST_USE bool layer_step(struct layer *l, bool keep, struct span *text, struct err *e);

/* The offset in the bytes of the layer at which the last step failed. */
uint64_t layer_fault_at(const struct layer *l);

/* End the layer after all its input. False: *e says that a member is incomplete. */
MUST_USE bool layer_end(const struct layer *l, struct err *e);

/* For people: "gzip", or the possible formats. */
const char *layer_name(const struct layer *l);

/* Most memory of a layer without its windows. large: of a type that has windows, too. */
size_t layer_bytes_max(bool large);

#endif
