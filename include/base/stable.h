/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stable.h - a list that grows while other threads read it: an element never moves, and is never
 * removed.
 *
 *     struct stable polls = STABLE_INIT(sizeof(struct poll));
 *     struct poll *p = stable_prepare(&polls);    zeroed; no reader sees it yet
 *     ... set its members ...
 *     stable_publish(&polls);                     its index is the count before
 *
 *     for (size_t i = 0; i < stable_count(&polls); i++) ... stable_at(&polls, i) ...
 *
 * Threads: prepare and publish one at a time; count and at any. What was written to an element
 * before it was published is seen by each thread that has read the count since.
 */
#ifndef BASE_STABLE_H
#define BASE_STABLE_H

#include "base/base.h"

#include <stdatomic.h>
#include <stddef.h>

/* Each chunk has twice as many elements as the one before: this many chunks are never needed. */
enum { STABLE_CHUNKS = 40, STABLE_FIRST = 16 };

struct stable {
    size_t element_bytes;
    atomic_size_t count;
    char *chunks[STABLE_CHUNKS];
};

#define STABLE_INIT(bytes)                                                                         \
    {                                                                                              \
        .element_bytes = (bytes)                                                                   \
    }

/* Free the storage; what the elements own is the caller's. */
void stable_done(struct stable *s);

/* The next element, zeroed; the same until stable_publish. */
MUST_USE void *stable_prepare(struct stable *s);
void stable_publish(struct stable *s);

static inline size_t stable_count(const struct stable *s)
{
    return atomic_load_explicit(&s->count, memory_order_acquire);
}

/* index: below stable_count. */
MUST_USE void *stable_at(const struct stable *s, size_t index);

#endif
