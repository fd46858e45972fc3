/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_priv.h - one layer of compression: members or frames of one format, one after another,
 * and what may stand between them: nothing, zeros, blanks (space, CR, LF), skippable frames of
 * zstd and lz4. Any other byte there is damage.
 *
 *     layer_begin(l, &unpack_gzip);
 *     l->in = bytes;
 *     while (layer_can_work(l)) {
 *         struct span text;
 *         if (!layer_step(l, false, &text, &err)) ...      the text so far is good
 *     }
 *     layer_end(l, &err)                                       no more bytes will come
 */
#ifndef CODEC_LAYER_PRIV_H
#define CODEC_LAYER_PRIV_H

#include "unpack_priv.h"

enum {
    LAYER_BLOCK_BYTES = 64 * 1024,
    LAYER_SLACK = 64, /* readable bytes behind the text of a block */
};

enum layer_at {
    LAYER_BETWEEN, /* seen[] may become the beginning of a member */
    LAYER_SKIP,    /* in a skippable frame */
    LAYER_MEMBER,
};

struct layer {
    const struct unpack_type *type; /* NULL while there were only skippable frames */
    const struct unpack_type *state_type;
    void *state; /* of state_type, kept from object to object; NULL: none yet */
    struct unpack_windows windows;
    enum layer_at at;
    uint8_t seen[UNPACK_MAGIC_BYTES];
    size_t seen_n;
    uint64_t skip;  /* bytes of the skippable frame still to come */
    struct span in; /* borrowed, not used up yet */
    uint64_t in_bytes, out_bytes;
    size_t text_n; /* bytes in the block */
    bool full;     /* the last step had no room for more text */
    char block[LAYER_BLOCK_BYTES + LAYER_SLACK];
};

struct layer *layer_new(void);
void layer_free(struct layer *l); /* NULL: nothing */

/* Begin with an object's layer of this type; NULL: skippable frames come first. */
void layer_begin(struct layer *l, const struct unpack_type *type);

/* Release what is too large to be kept between objects. */
void layer_trim(struct layer *l);

static inline bool layer_can_work(const struct layer *l)
{
    return l->in.n > 0 || l->full;
}

/*
 * Go on with l->in. *text is what came of it, in the block: behind what is already there if
 * `keep`, of which it then is a part. False: *e says why no more will come, the text is good.
 */
MUST_USE bool layer_step(struct layer *l, bool keep, struct span *text, struct err *e);

/* Where in the bytes of the layer the last step failed. */
uint64_t layer_fault_at(const struct layer *l);

/* l->in was the last. False: *e says that a member is not complete. */
MUST_USE bool layer_end(const struct layer *l, struct err *e);

/* For people: "gzip", or what it could be. */
const char *layer_name(const struct layer *l);

/* Most memory of a layer, windows aside. */
size_t layer_bytes_max(void);

#endif
