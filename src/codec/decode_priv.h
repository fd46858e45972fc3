/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_priv.h - declarations shared by the files of decode: decode.c (the stages and their
 * sequence), decode_format.c (what the bytes inside the layers are, and the words for it).
 */
#ifndef CODEC_DECODE_PRIV_H
#define CODEC_DECODE_PRIV_H

#include "codec/decode.h"
#include "codec/text_encoding.h"

#include "layer_priv.h"

enum {
    /*
     * How early ISA-L detects damage depends on the sizes of its inputs. So its input is always cut
     * in the same way: into chunks of this size, counted from the first byte.
     */
    DECODE_CHUNK_BYTES = 16 * 1024,
    DECODE_WORDS_BYTES = 200,
};

enum text_state {
    TEXT_HEAD, /* the format inside the layers so far is not yet known */
    TEXT_PASS, /* UTF-8: passed unchanged */
    TEXT_WIDE, /* UTF-16 */
    TEXT_OVER, /* no more text */
};

struct decode {
    struct decode_limits limits;
    struct decode_found found;
    struct err verdict;                  /* the error after all text; returned when all text is */
    char words[DECODE_WORDS_BYTES];      /* in words, of a FAIL_FORMAT */
    bool ending;                         /* there will be no more input */
    bool allowed;                        /* to take memory for windows */
    size_t chunk_n;                      /* bytes gathered */
    struct layer *layers[DECODE_LAYERS]; /* kept between objects; NULL: none yet */
    size_t depth, floor;
    enum text_state text;
    struct utf16 utf16;
    struct span wide; /* TEXT_WIDE: not yet converted to UTF-8 */
    uint64_t in_bytes, out_bytes;
    char chunk[DECODE_CHUNK_BYTES];
    char block[DECODE_BLOCK_BYTES + DECODE_SLACK];
};

/* ---- decode.c ---- */

/*
 * Note an error. FAIL_FORMAT takes precedence over damage: nothing of the object is delivered, so
 * nothing is deleted.
 */
void decode_judge(struct decode *d, const struct err *e);

/* ---- decode_format.c ---- */

/*
 * Recognize the format inside the layers so far: another layer, a format that is not read, or text.
 * whole: `head` is all of it.
 */
void decode_recognize(struct decode *d, struct span head, bool whole);

#endif
