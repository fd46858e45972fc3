/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text_index.h"

#include "base/alloc.h"
#include "base/hash.h"

#include <stdlib.h>

enum { ROOM_MIN = 16 };

/* The slot of this text, or the empty one where it would be. */
static struct text_index_slot *find_slot(const struct text_index *x, struct span text,
                                         uint64_t hash)
{
    size_t at = (size_t)(hash ^ hash >> 32) & (x->room - 1);
    while (x->slots[at].text.p != NULL &&
           !(x->slots[at].hash == hash && span_eq(x->slots[at].text, text))) {
        at = (at + 1) & (x->room - 1);
    }
    return &x->slots[at];
}

static void grow(struct text_index *x)
{
    struct text_index old = *x;
    x->room = old.room != 0 ? old.room * 2 : ROOM_MIN;
    x->slots = mem_zeros(x->room, sizeof(*x->slots));
    for (size_t i = 0; i < old.room; i++) {
        if (old.slots[i].text.p != NULL) {
            *find_slot(x, old.slots[i].text, old.slots[i].hash) = old.slots[i];
        }
    }
    free(old.slots);
}

void text_index_add(struct text_index *x, struct span text, size_t number)
{
    if (x->room < 2 * (x->count + 1)) {
        grow(x);
    }
    text.p = text.p != NULL ? text.p : "";
    uint64_t hash = hash_span(HASH_SEED, text);
    *find_slot(x, text, hash) = (struct text_index_slot){text, hash, number};
    x->count++;
}

size_t text_index_find(const struct text_index *x, struct span text)
{
    if (x->count == 0) {
        return TEXT_INDEX_NONE;
    }
    const struct text_index_slot *slot = find_slot(x, text, hash_span(HASH_SEED, text));
    return slot->text.p != NULL ? slot->number : TEXT_INDEX_NONE;
}

void text_index_done(struct text_index *x)
{
    free(x->slots);
    *x = (struct text_index)TEXT_INDEX_INIT;
}
