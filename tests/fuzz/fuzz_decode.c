/* SPDX-License-Identifier: Apache-2.0 */
/* Any object, divided in any way: the same text, the same error, in the same words. */
#include "decoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct decoded *a, const struct decoded *b)
{
    /* if plain text exceeds a limit, its end depends on the division */
    bool text = a->err.kind == FAIL_LIMIT || span_eq(buf_span(&a->text), buf_span(&b->text));
    return text && a->err.kind == b->err.kind &&
           span_eq(buf_span(&a->words), buf_span(&b->words)) &&
           (a->err.kind == FAIL_LIMIT || strcmp(a->err.text, b->err.text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span object = span_of((const char *)data, size);
    struct decoded whole;
    decoding(object, size + 1, &whole);
    for (size_t piece = 0; piece < 2; piece++) {
        struct decoded other;
        decoding(object, piece, &other);
        must(same(&whole, &other));
        decoded_done(&other);
    }
    decoded_done(&whole);
    return 0;
}
