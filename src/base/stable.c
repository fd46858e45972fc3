/* SPDX-License-Identifier: Apache-2.0 */
/* Chunks that double in size: an index is found in a few steps, and nothing is ever copied. */
#include "base/stable.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

struct place {
    size_t chunk, room; /* number of its elements */
    size_t at;          /* in the chunk */
};

static struct place place_of(size_t index)
{
    struct place p = {.room = STABLE_FIRST, .at = index};
    while (p.at >= p.room) {
        p.at -= p.room;
        p.room *= 2;
        p.chunk++;
    }
    return p;
}

void stable_done(struct stable *s)
{
    for (size_t i = 0; i < STABLE_CHUNKS; i++) {
        free(s->chunks[i]);
        s->chunks[i] = NULL;
    }
    atomic_store(&s->count, 0);
}

void *stable_prepare(struct stable *s)
{
    struct place p = place_of(atomic_load_explicit(&s->count, memory_order_relaxed));
    assert(p.chunk < STABLE_CHUNKS);
    if (s->chunks[p.chunk] == NULL) {
        s->chunks[p.chunk] = mem_zeros(p.room, s->element_bytes);
    }
    return s->chunks[p.chunk] + p.at * s->element_bytes;
}

void stable_publish(struct stable *s)
{
    (void)atomic_fetch_add_explicit(&s->count, 1, memory_order_release);
}

void *stable_at(const struct stable *s, size_t index)
{
    struct place p = place_of(index);
    assert(index < stable_count(s));
    return s->chunks[p.chunk] + p.at * s->element_bytes;
}
