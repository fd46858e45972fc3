/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of entries in the order in which they occurred first, and an index of them by open
 * addressing with linear probing. A removal moves back the entries after it, so that there are no
 * tombstones.
 */
#include "event/record/ordinals.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLOTS = ORDINALS_WINDOW * 2,
    NO_ENTRY = 0,
    FEW = 256, /* entries that are removed one by one */
};

struct entry {
    struct hash128 hash;
    uint32_t count;
};

struct ordinals {
    uint64_t salt;         /* of places in the index; results do not depend on it */
    uint32_t seen;         /* the next place in the ring */
    bool full;             /* all places of the ring are used */
    uint16_t slots[SLOTS]; /* number of an entry + 1 */
    struct entry ring[ORDINALS_WINDOW];
};

static void clear_all(struct ordinals *o)
{
    o->seen = 0;
    o->full = false;
    memset(o->slots, 0, sizeof(o->slots));
}

struct ordinals *ordinals_new(void)
{
    struct ordinals *o = mem_alloc(sizeof(*o));
    o->salt =
        (uint64_t)(uintptr_t)o * 0x9e3779b97f4a7c15U; /* so that a sender cannot choose places */
    clear_all(o);
    return o;
}

void ordinals_free(struct ordinals *o)
{
    free(o);
}

size_t ordinals_bytes(void)
{
    return sizeof(struct ordinals);
}

static size_t home_slot(const struct ordinals *o, struct hash128 h)
{
    uint64_t x = (h.low ^ o->salt) * 0xc2b2ae3d27d4eb4fU;
    x = (x ^ x >> 32 ^ h.high) * 0x9e3779b97f4a7c15U;
    return (size_t)(x >> 32) % SLOTS;
}

/*
 * Before the ring is full, no entry was moved. So each is at its home slot or behind it, also when
 * slots in between were cleared.
 */
static void clear_entry(struct ordinals *o, size_t entry)
{
    size_t i = home_slot(o, o->ring[entry].hash);
    while (o->slots[i] != entry + 1) {
        i = (i + 1) % SLOTS;
    }
    o->slots[i] = NO_ENTRY;
}

/* Most objects have few events: the slots, of 64 KiB, are more than all else of such an object. */
void ordinals_clear(struct ordinals *o)
{
    if (o->full || o->seen > FEW) {
        clear_all(o);
        return;
    }
    for (size_t entry = 0; entry < o->seen; entry++) {
        clear_entry(o, entry);
    }
    o->seen = 0;
}

static bool same_hash(struct hash128 a, struct hash128 b)
{
    return a.high == b.high && a.low == b.low;
}

/* The slot of h, or the free slot where it belongs. */
static size_t find_slot(const struct ordinals *o, struct hash128 h)
{
    size_t i = home_slot(o, h);
    while (o->slots[i] != NO_ENTRY && !same_hash(o->ring[o->slots[i] - 1].hash, h)) {
        i = (i + 1) % SLOTS;
    }
    return i;
}

/* Free slot i and move back entries that it kept from their place. */
static void remove_slot(struct ordinals *o, size_t i)
{
    size_t hole = i;
    o->slots[hole] = NO_ENTRY;
    for (size_t j = (i + 1) % SLOTS; o->slots[j] != NO_ENTRY; j = (j + 1) % SLOTS) {
        size_t wanted = home_slot(o, o->ring[o->slots[j] - 1].hash);
        if ((j - wanted) % SLOTS >= (j - hole) % SLOTS) {
            o->slots[hole] = o->slots[j];
            o->slots[j] = NO_ENTRY;
            hole = j;
        }
    }
}

uint32_t ordinals_next(struct ordinals *o, struct hash128 h, bool *forgot)
{
    size_t slot = find_slot(o, h);
    *forgot = false;
    if (o->slots[slot] != NO_ENTRY) {
        return ++o->ring[o->slots[slot] - 1].count;
    }
    if (o->full) {
        remove_slot(o, find_slot(o, o->ring[o->seen].hash));
        slot = find_slot(o, h);
        *forgot = true;
    }
    o->ring[o->seen] = (struct entry){h, 0};
    o->slots[slot] = (uint16_t)(o->seen + 1);
    if (++o->seen == ORDINALS_WINDOW) {
        o->seen = 0;
        o->full = true;
    }
    return 0;
}
