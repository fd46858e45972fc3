/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack_priv.h - one decompressor: one member or frame of one format, from its first byte to its
 * last. What stands between members, how many there are, and what they may grow to is the
 * layer's business (layer_priv.h).
 *
 *     void *state = type->make();
 *     type->begin(state, &windows);
 *     do {
 *         on = type->step(state, &in, &out, &err);     moves in, adds to out
 *     } while (on == UNPACK_ON && (in.n > 0 || out.n == out.cap));
 *
 * A step gives the same bytes however the input is cut, but for damaged data, which ISA-L finds
 * sooner or later: it is given pieces that depend on the object alone.
 */
#ifndef CODEC_UNPACK_PRIV_H
#define CODEC_UNPACK_PRIV_H

#include "base/err.h"

/* Where the text goes. A step that fills it may have more: it wants another call with room. */
struct unpack_out {
    char *p;
    size_t n;
    size_t cap;
};

static inline size_t unpack_room(const struct unpack_out *out)
{
    return out->cap - out->n;
}

enum unpack_state {
    UNPACK_ON,  /* give more input, or more room if there is none */
    UNPACK_END, /* the member is complete, and all of its text was given */
    UNPACK_BAD, /* *e says why: FAIL_DATA, or FAIL_FORMAT for what is right but not read */
};

/* The memory that the members of a layer choose themselves: windows and blocks. */
struct unpack_windows {
    uint64_t zstd_limit; /* largest window of a zstd frame */
    uint64_t room;       /* for this layer: what the other one has not taken */
    uint64_t used;       /* largest of this layer so far */
};

enum unpack_match {
    MATCH_NO,
    MATCH_MORE, /* so far; more bytes are needed */
    MATCH_YES,
};

struct unpack_type {
    const char *name;    /* "gzip" */
    const char *piece;   /* what its data are made of: "member" */
    bool skippable;      /* skippable frames may stand between its frames */
    size_t memory_bytes; /* most that a state takes, windows aside */

    /* Do these n > 0 bytes begin a member? Never MORE from UNPACK_MAGIC_BYTES on. */
    enum unpack_match (*match)(const uint8_t *seen, size_t n);

    void *(*make)(void);
    void (*release)(void *state);
    void (*trim)(void *state); /* release windows that are not worth keeping; NULL: none */
    void (*begin)(void *state, struct unpack_windows *windows);
    enum unpack_state (*step)(void *state, struct span *in, struct unpack_out *out, struct err *e);
};

enum {
    UNPACK_MAGIC_BYTES = 13,
    UNPACK_SIZE_TEXT = 32,
    UNPACK_KEEP_BYTES = 256 * 1024, /* windows up to here are kept from object to object */
    LZ4_BLOCK_MAX_BYTES = 4 * 1024 * 1024,
};

extern const struct unpack_type unpack_gzip;
extern const struct unpack_type unpack_zlib;
extern const struct unpack_type unpack_zstd;
extern const struct unpack_type unpack_lz4;
extern const struct unpack_type unpack_snappy;

/*
 * A member wants a window or block of so many bytes. False: the other layer has left too little,
 * which *e says in words that begin with `what`.
 */
MUST_USE bool unpack_window_take(struct unpack_windows *w, uint64_t bytes, const char *what,
                                 struct err *e);

/* "8 MiB", "1.5 GiB", "300 bytes"; to has UNPACK_SIZE_TEXT bytes and is returned. */
const char *unpack_size_text(char *to, uint64_t bytes);

/* Are the seen bytes the beginning of the magic, or all of it? */
static inline enum unpack_match unpack_magic(struct span magic, const uint8_t *seen, size_t n)
{
    size_t both = n < magic.n ? n : magic.n;
    if (memcmp(magic.p, seen, both) != 0) {
        return MATCH_NO;
    }
    return n < magic.n ? MATCH_MORE : MATCH_YES;
}

/* Move what fits from *in into to[*have .. want). True: it is full. */
static inline bool unpack_gather(char *to, size_t *have, size_t want, struct span *in)
{
    struct span s = span_take(in, in->n < want - *have ? in->n : want - *have);
    if (s.n > 0) {
        memcpy(to + *have, s.p, s.n);
    }
    *have += s.n;
    return *have == want;
}

/* The unsigned number in n bytes, low one first. */
static inline uint64_t unpack_number(const char *p, size_t n)
{
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++) {
        number |= (uint64_t)(uint8_t)p[i] << (8 * i);
    }
    return number;
}

/* Give text[*given .. n) as far as there is room. True: all of it was given. */
static inline bool unpack_give(struct unpack_out *out, const char *text, size_t *given, size_t n)
{
    size_t piece = n - *given < unpack_room(out) ? n - *given : unpack_room(out);
    if (piece > 0) {
        memcpy(out->p + out->n, text + *given, piece);
    }
    out->n += piece;
    *given += piece;
    return *given == n;
}

#endif
