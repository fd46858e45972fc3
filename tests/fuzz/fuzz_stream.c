/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode and framing together. The first byte says how the rest is cut into pieces; any
 * cutting must give the same pieces and end.
 */
#include <stdlib.h>

#include "codec/decode.h"
#include "codec/framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t hash(uint64_t h, const struct piece *p)
{
    for (size_t i = 0; i < p->text.n; i++) {
        h = (h ^ (unsigned char)p->text.p[i]) * 1099511628211U;
    }
    return h * 31 + p->line * 7 + p->offset * 5 + p->bytes * 3 + p->count * 11 +
           (uint64_t)p->kind * 13 + (uint64_t)p->framing * 17;
}

static uint64_t hash_pieces(uint64_t h, struct framing *f, struct span text)
{
    struct piece piece;
    while (framing_next(f, &text, &piece)) {
        h = hash(h, &piece);
    }
    return h;
}

static uint64_t run(struct span all, size_t piece)
{
    static const struct decode_limits limits = {
        .object_bytes = 1 << 22, .ratio = 100, .ratio_from = 1 << 16};
    OWNED(decode) struct decode *d = decode_new(&limits);
    OWNED(framing) struct framing *f = framing_new(64, 16);
    struct piece last;
    struct span text;
    struct err e = {0};
    uint64_t h = 14695981039346656037U;

    while (all.n > 0 && e.kind == FAIL_NONE) {
        struct span in = span_take(&all, piece < all.n ? piece : all.n);
        while (decode_next(d, &in, &text, &e)) {
            h = hash_pieces(h, f, text);
        }
    }
    while (decode_last(d, &text, &e)) {
        h = hash_pieces(h, f, text);
    }
    while (framing_last(f, &last)) {
        h = hash(h, &last);
    }
    return e.kind == FAIL_LIMIT ? 0 : h + (uint64_t)e.kind; /* the byte at which the limit of a
                                                               plain object is noticed may differ */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct span all = span_of((const char *)data + 1, size - 1);
    if (run(all, (size_t)data[0] + 1) != run(all, all.n)) {
        abort();
    }
    return 0;
}
