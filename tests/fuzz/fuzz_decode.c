/* SPDX-License-Identifier: Apache-2.0 */
/* Any object, in any cutting: the same text, the same verdict, in the same words. */
#include "decoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct decoded *a, const struct decoded *b)
{
    /* where plain text passes a limit, it is cut as it came */
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
