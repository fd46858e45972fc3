/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode and lines together. The first byte says how the rest is cut into pieces; any
 * cutting must give the same lines, counts and end.
 */
#include <stdlib.h>

#include "codec/decode.h"
#include "codec/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t hash(uint64_t h, const struct line *line)
{
    for (size_t i = 0; i < line->text.n; i++) {
        h = (h ^ (unsigned char)line->text.p[i]) * 1099511628211U;
    }
    return h * 31 + line->number * 7 + line->offset * 5 + line->bytes * 3 +
           (line->too_long ? 2U : 0U) + (line->blank ? 1U : 0U);
}

static uint64_t hash_lines(uint64_t h, struct lines *l, struct span text)
{
    struct line line;
    while (lines_next(l, &text, &line)) {
        h = hash(h, &line);
    }
    return h;
}

static uint64_t run(struct span all, size_t piece)
{
    static const struct decode_limits limits = {
        .object_bytes = 1 << 22, .ratio = 100, .ratio_from = 1 << 16};
    OWNED(decode) struct decode *d = decode_new(&limits);
    struct lines l;
    struct line line;
    struct span text;
    struct err e = {0};
    uint64_t h = 14695981039346656037U;

    lines_init(&l, 64, 16);
    while (all.n > 0 && e.kind == FAIL_NONE) {
        struct span in = span_take(&all, piece < all.n ? piece : all.n);
        while (decode_next(d, &in, &text, &e)) {
            h = hash_lines(h, &l, text);
        }
    }
    while (decode_last(d, &text, &e)) {
        h = hash_lines(h, &l, text);
    }
    if (lines_last(&l, &line)) {
        h = hash(h, &line);
    }
    lines_done(&l);
    return e.kind == FAIL_LIMIT ? 0 : h + (uint64_t)e.kind; /* a plain object's limit may differ */
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
