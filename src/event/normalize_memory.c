/* SPDX-License-Identifier: Apache-2.0 */
/* The most memory of a normalizer and a converter, for the memory plan. */
#include "normalize_priv.h"

enum {
    /*
     * Copies, for each byte of a piece: wrapped texts (the largest in each reader) and lists (one
     * for each wrapper), in which a byte may become three; a request with sanitized UTF-8, without
     * duplicate names, and its edits; a text that was in base64; a sample without secrets.
     */
    COPIES_PER_BYTE = (READERS + UNWRAP_LEVELS + 2) * 3 + 5 + 1 + 1,
    /* Of a converter, measured with the worst lines known (tests/event/test_converters.c). */
    CONVERTER_PER_BYTE = 40,
    CONVERTER_FIXED_BYTES = 1024 * 1024, /* tables, caches */
};

size_t normalizer_bytes(void)
{
    return sizeof(struct normalizer) + ordinals_bytes() + NORMALIZE_INGEST_BYTES +
           NORMALIZE_REJECT_BYTES + UNWRAPPER_HEAD_BYTES;
}

size_t normalizer_copies_bytes(size_t piece_bytes)
{
    return COPIES_PER_BYTE * piece_bytes;
}

size_t converter_bytes(size_t piece_bytes, size_t event_bytes)
{
    return CONVERTER_FIXED_BYTES + CONVERTER_PER_BYTE * piece_bytes + event_bytes;
}
