/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_index.h - finds numbers by texts: a hash table for lists that would otherwise be searched
 * from their beginning for each of thousands of texts.
 *
 *     struct text_index names = TEXT_INDEX_INIT;
 *     text_index_add(&names, span_str(q->name), number);
 *     size_t number = text_index_find(&names, span_str(name));     TEXT_INDEX_NONE: not there
 *     text_index_done(&names);
 *
 * The texts are borrowed: they must not change or be freed as long as they are in the index. They
 * come from the configuration, so no customer can choose them to collide.
 *
 * Threads: find any, while none adds.
 */
#ifndef BASE_TEXT_INDEX_H
#define BASE_TEXT_INDEX_H

#include "base/own.h"
#include "base/span.h"

#include <stdint.h>

#define TEXT_INDEX_NONE SIZE_MAX

struct text_index_slot {
    struct span text; /* p: NULL: the slot is empty */
    uint64_t hash;
    size_t number;
};

struct text_index {
    struct text_index_slot *slots; /* open addressing, at most half full */
    size_t room;                   /* a power of two, or 0 */
    size_t count;
};

#define TEXT_INDEX_INIT                                                                            \
    {                                                                                              \
        .slots = NULL                                                                              \
    }

/* Add a text that is not in the index. Out of memory aborts. */
void text_index_add(struct text_index *x, struct span text, size_t number);

/* The number of the text; TEXT_INDEX_NONE: it was not added. */
MUST_USE size_t text_index_find(const struct text_index *x, struct span text);

void text_index_done(struct text_index *x);

#endif
