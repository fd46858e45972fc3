/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack_priv.h - the interface of a decompressor: it reads one member or frame of one format, from
 * its first byte to its last. The layer (layer_priv.h) handles the bytes between members, their
 * number and their limits.
 *
 *     void *state = type->make();
 *     type->begin(state, &windows);
 *     do {
 *         on = type->step(state, &in, &out, &err);     advances in, appends to out
 *     } while (on == UNPACK_ON && (in.n > 0 || out.n == out.cap));
 *
 * A step gives the same bytes for every division of the input. Damaged data are the exception: how
 * early ISA-L detects damage depends on the division, so its input is divided by the object alone.
 */
#ifndef CODEC_UNPACK_PRIV_H
#define CODEC_UNPACK_PRIV_H

#include "base/err.h"

/* The output for the text. If a step fills it, there may be more text: call again with room. */
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
    UNPACK_ON,  /* call again with more input, or with more room if out is full */
    UNPACK_END, /* the member is complete, and all its text was returned */
    UNPACK_BAD, /* e has the reason: FAIL_DATA, or FAIL_FORMAT for valid data that are not read */
};

/* The memory whose size the members of a layer determine: windows and blocks. */
struct unpack_windows {
    uint64_t zstd_limit; /* largest window of a zstd frame */
    uint64_t room;       /* for this layer: the part that the other layer has not taken */
    uint64_t used;       /* largest of this layer so far */
};

enum unpack_match {
    MATCH_NO,
    MATCH_MORE, /* the bytes match so far; more are needed */
    MATCH_YES,
};

struct unpack_type {
    const char *name;    /* "gzip" */
    const char *piece;   /* the name of its units: "member" */
    bool skippable;      /* skippable frames are allowed between its frames */
    bool large;          /* it has windows; its state is not kept between objects */
    size_t memory_bytes; /* most memory of a state without its windows */

    /* Whether these n > 0 bytes begin a member. Never MATCH_MORE from UNPACK_MAGIC_BYTES on. */
    enum unpack_match (*match)(const uint8_t *seen, size_t n);

    void *(*make)(void);
    void (*release)(void *state);
    void (*begin)(void *state, struct unpack_windows *windows);
    enum unpack_state (*step)(void *state, struct span *in, struct unpack_out *out, struct err *e);
};

enum {
    UNPACK_MAGIC_BYTES = 13,
    UNPACK_SIZE_TEXT = 32,
    LZ4_BLOCK_MAX_BYTES = 4 * 1024 * 1024,
};

extern const struct unpack_type unpack_gzip;
extern const struct unpack_type unpack_zlib;
extern const struct unpack_type unpack_zstd;
extern const struct unpack_type unpack_lz4;
extern const struct unpack_type unpack_snappy;

/*
 * Take memory for a window or block of a member. False: the other layer has left too little; *e has
 * the reason, which begins with `what`.
 */
MUST_USE bool unpack_window_take(struct unpack_windows *w, uint64_t bytes, const char *what,
                                 struct err *e);

/* "8 MiB", "1.5 GiB", "300 bytes"; to has UNPACK_SIZE_TEXT bytes and is returned. */
const char *unpack_size_text(char *to, uint64_t bytes);

/* Whether the seen bytes are the beginning of the magic, or all of it. */
static inline enum unpack_match unpack_magic(struct span magic, const uint8_t *seen, size_t n)
{
    size_t both = n < magic.n ? n : magic.n;
    if (memcmp(magic.p, seen, both) != 0) {
        return MATCH_NO;
    }
    return n < magic.n ? MATCH_MORE : MATCH_YES;
}

/* Move as much as fits from *in into to[*have .. want). True: it is full. */
static inline bool unpack_gather(char *to, size_t *have, size_t want, struct span *in)
{
    struct span s = span_take(in, in->n < want - *have ? in->n : want - *have);
    if (s.n > 0) {
        memcpy(to + *have, s.p, s.n);
    }
    *have += s.n;
    return *have == want;
}

/* The unsigned number in n bytes, the low one first. */
static inline uint64_t unpack_number(const char *p, size_t n)
{
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++) {
        number |= (uint64_t)(uint8_t)p[i] << (8 * i);
    }
    return number;
}

/* Append text[*given .. n) as far as there is room. True: all of it was appended. */
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
