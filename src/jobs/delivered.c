/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table with linear probing. The entries of a key have the same hash, so they are near each
 * other: one for each version that is done, and one for the state of its messages.
 */
#include "jobs/delivered.h"

#include "base/alloc.h"
#include "base/rng.h"

#include <stdlib.h>
#include <xxhash.h>

enum { FIRST_SLOTS = 1024 };

struct entry {
    uint64_t key; /* 0: free */
    uint64_t
        what; /* of a version: its hash, with the lowest bit; else a delivered_state, doubled */
};

struct delivered {
    struct entry *slots;
    size_t slot_count; /* a power of two */
    size_t count, max;
    uint64_t seed;
};

struct delivered *delivered_new(size_t max)
{
    struct rng rng;
    struct delivered *d = mem_zeros(1, sizeof(*d));
    rng_init_random(&rng);
    d->seed = rng_next(&rng);
    d->max = max;
    d->slot_count = FIRST_SLOTS;
    d->slots = mem_zeros(d->slot_count, sizeof(*d->slots));
    return d;
}

size_t delivered_max_of(size_t bytes)
{
    size_t slots = FIRST_SLOTS;
    while (2 * slots * sizeof(struct entry) <= bytes / 3 * 2) { /* and half of it while it grows */
        slots *= 2;
    }
    return slots / 4 * 3;
}

void delivered_free(struct delivered *d)
{
    if (d != NULL) {
        free(d->slots);
        free(d);
    }
}

size_t delivered_count(const struct delivered *d)
{
    return d->count;
}

static uint64_t hash_key(const struct delivered *d, const struct delivered_object *o)
{
    uint64_t customer = XXH3_64bits_withSeed(o->customer.p, o->customer.n, d->seed);
    uint64_t h = XXH3_64bits_withSeed(o->key.p, o->key.n, customer);
    return h != 0 ? h : 1;
}

static uint64_t hash_version(const struct delivered *d, struct span etag)
{
    return XXH3_64bits_withSeed(etag.p, etag.n, d->seed) | 1;
}

static struct entry *first_slot(const struct delivered *d, uint64_t key)
{
    return &d->slots[key & (d->slot_count - 1)];
}

static struct entry *next_slot(const struct delivered *d, const struct entry *e)
{
    return &d->slots[(size_t)(e - d->slots + 1) & (d->slot_count - 1)];
}

static void grow(struct delivered *d)
{
    struct entry *old = d->slots;
    size_t count = d->slot_count;
    d->slot_count *= 2;
    d->slots = mem_zeros(d->slot_count, sizeof(*d->slots));
    for (size_t i = 0; i < count; i++) {
        struct entry *to = first_slot(d, old[i].key);
        while (old[i].key != 0 && to->key != 0) {
            to = next_slot(d, to);
        }
        if (old[i].key != 0) {
            *to = old[i];
        }
    }
    free(old);
}

/* Set an entry: the one with this meaning, a free one, or one of too many versions. */
static bool set(struct delivered *d, uint64_t key, uint64_t what)
{
    bool version = (what & 1) != 0;
    unsigned versions = 0;
    struct entry *victim = NULL;
    struct entry *e = first_slot(d, key);
    for (; e->key != 0; e = next_slot(d, e)) {
        if (e->key != key || ((e->what & 1) != 0) != version) {
            continue;
        }
        if (!version || e->what == what) {
            e->what = what;
            return true;
        }
        victim = versions == (what >> 1) % DELIVERED_VERSIONS ? e : victim;
        versions++;
    }
    if (versions >= DELIVERED_VERSIONS) {
        victim->what = what;
        return true;
    }
    if (d->count == d->max) {
        return false;
    }
    *e = (struct entry){key, what};
    d->count++;
    if (d->count > d->slot_count / 4 * 3) {
        grow(d);
    }
    return true;
}

static bool has_state(const struct delivered *d, uint64_t key)
{
    for (const struct entry *e = first_slot(d, key); e->key != 0; e = next_slot(d, e)) {
        if (e->key == key && (e->what & 1) == 0) {
            return true;
        }
    }
    return false;
}

bool delivered_add(struct delivered *d, const struct delivered_object *o,
                   enum delivered_state state)
{
    uint64_t key = hash_key(d, o);
    if (state != DELIVERED_DONE) {
        return set(d, key, (uint64_t)state * 2);
    }
    if (has_state(d, key)) {
        (void)!set(d, key, (uint64_t)DELIVERED_NOT * 2);
    }
    return set(d, key, hash_version(d, o->etag));
}

enum delivered_state delivered_find(const struct delivered *d, const struct delivered_object *o)
{
    uint64_t key = hash_key(d, o);
    uint64_t version = hash_version(d, o->etag);
    enum delivered_state found = DELIVERED_NOT;
    for (const struct entry *e = first_slot(d, key); e->key != 0; e = next_slot(d, e)) {
        if (e->key != key) {
            continue;
        }
        if (e->what == version) {
            return DELIVERED_DONE;
        }
        if ((e->what & 1) != 0) {
            found = found == DELIVERED_NOT ? DELIVERED_OTHER : found;
        } else if (e->what != (uint64_t)DELIVERED_NOT * 2) {
            found = (enum delivered_state)(e->what / 2);
        }
    }
    return found;
}
