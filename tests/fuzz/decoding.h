/* SPDX-License-Identifier: Apache-2.0 */
/* decoding.h - decodes an object, for the fuzz targets of the decoder's parts. */
#ifndef TESTS_FUZZ_DECODING_H
#define TESTS_FUZZ_DECODING_H

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/rng.h"
#include "codec/decode.h"

enum { DECODED_MAX = 1 << 24 };

struct decoded {
    struct buf text;
    struct buf words;
    struct err err;
};

static inline void must(bool is)
{
    if (!is) {
        abort();
    }
}

static inline void decoded_done(struct decoded *d)
{
    buf_done(&d->text);
    buf_done(&d->words);
}

/* Decode in pieces of `piece` bytes; 0: of random sizes. Each piece is in memory of its own. */
static inline void decoding(struct span object, size_t piece, struct decoded *out)
{
    static const struct decode_limits limits = {.object_bytes = 1 << 22,
                                                .zstd_window_bytes = 1 << 20};
    static struct decode *d; /* one for all inputs, so that objects follow one another */
    struct span text;
    struct rng rng;
    d = d != NULL ? d : decode_new(&limits);
    rng_init(&rng, object.n);
    decode_reset(d);
    *out = (struct decoded){.text = BUF_INIT(DECODED_MAX), .words = BUF_INIT(1024)};
    buf_add_byte(&out->text, ' ');
    buf_clear(&out->text);
    while (object.n > 0 && out->err.kind == FAIL_NONE) {
        size_t n = piece != 0 ? piece : 1 + rng_below(&rng, 64);
        struct span in = span_take(&object, n < object.n ? n : object.n);
        char *own = mem_alloc(in.n);
        memcpy(own, in.p, in.n);
        struct span rest = span_of(own, in.n);
        while (decode_next(d, &rest, &text, &out->err)) {
            must(text.n > 0 && text.n <= DECODE_BLOCK_BYTES);
            buf_add(&out->text, text);
        }
        free(own);
    }
    while (decode_last(d, &text, &out->err)) {
        buf_add(&out->text, text);
    }
    must(decode_bytes(d) >= out->text.n); /* text beyond a limit is counted, but not returned */
    decode_words(d, &out->words);
    must(out->words.n > 0);
}

/* Whether the object was read as this format only, in one layer: " in lz4". */
static inline bool decoded_only(const struct decoded *d, const char *layer)
{
    const char *in = strstr(d->words.p, " in ");
    return in != NULL && strcmp(in, layer) == 0 &&
           (d->words.p[0] == 'b' || strncmp(d->words.p, "UTF-8", 5) == 0 ||
            strncmp(d->words.p, "nothing", 7) == 0);
}

#endif
