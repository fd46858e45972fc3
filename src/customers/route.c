/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route.c - a hash table of queue, bucket and prefix. The key is cut at each of its slashes, and
 * each part is looked up exactly, so `cust1` cannot match `cust10/x`. The hash continues from one
 * slash to the next, so a key is read once.
 */
#include "customers/route.h"

#include "base/alloc.h"
#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>

enum { SLOTS_MIN = 8 };

struct route {
    size_t queue;
    struct span bucket;
    struct span prefix;
    size_t customer;
    uint64_t hash;
};

struct routes {
    struct route *list; /* as added; belongs to the table below after routes_seal */
    size_t count;
    struct route *slots; /* open addressing, at most half full; an empty slot has prefix.n 0 */
    size_t mask;
};

struct routes *routes_new(void)
{
    struct routes *r = mem_zeros(1, sizeof(*r));
    return r;
}

void routes_free(struct routes *r)
{
    if (r == NULL) {
        return;
    }
    free(r->list);
    free(r->slots);
    free(r);
}

void routes_add(struct routes *r, size_t queue, struct span bucket, struct span prefix,
                size_t customer)
{
    assert(prefix.n != 0 && r->slots == NULL);
    r->list = mem_grow(r->list, r->count + 1, sizeof(*r->list));
    r->list[r->count++] =
        (struct route){.queue = queue, .bucket = bucket, .prefix = prefix, .customer = customer};
}

/* The entries come from the configuration, so no customer can choose them to collide. */
static uint64_t hash_place(size_t queue, struct span bucket)
{
    return hash_byte(hash_span(hash_byte(HASH_SEED ^ queue, '/'), bucket), '/');
}

/* The upper bits depend on all bytes, the lower ones less. */
static size_t first_slot(const struct routes *r, uint64_t hash)
{
    return (size_t)(hash ^ hash >> 32) & r->mask;
}

static const struct route *route_find(const struct routes *r, const struct route *wanted)
{
    for (size_t at = first_slot(r, wanted->hash); r->slots[at].prefix.n != 0;
         at = (at + 1) & r->mask) {
        const struct route *s = &r->slots[at];
        if (s->hash == wanted->hash && s->queue == wanted->queue &&
            span_eq(s->prefix, wanted->prefix) && span_eq(s->bucket, wanted->bucket)) {
            return s;
        }
    }
    return NULL;
}

static void route_place(struct routes *r, struct route *new)
{
    new->hash = hash_place(new->queue, new->bucket);
    new->hash = hash_span(new->hash, new->prefix);
    size_t at = first_slot(r, new->hash);
    while (r->slots[at].prefix.n != 0) {
        at = (at + 1) & r->mask;
    }
    r->slots[at] = *new;
}

void routes_seal(struct routes *r)
{
    size_t slots = SLOTS_MIN;
    while (slots / 2 < r->count) {
        slots *= 2;
    }
    r->slots = mem_zeros(slots, sizeof(*r->slots));
    r->mask = slots - 1;
    for (size_t i = 0; i < r->count; i++) {
        route_place(r, &r->list[i]);
    }
    free(r->list);
    r->list = NULL;
}

size_t routes_find(const struct routes *r, size_t queue, struct span bucket, struct span key)
{
    struct route wanted = {.queue = queue, .bucket = bucket, .hash = hash_place(queue, bucket)};
    for (size_t i = 0; i + 1 < key.n; wanted.hash = hash_byte(wanted.hash, key.p[i++])) {
        if (key.p[i] != '/' || i == 0) {
            continue;
        }
        wanted.prefix = span_of(key.p, i);
        const struct route *found = route_find(r, &wanted);
        if (found != NULL) {
            return found->customer;
        }
    }
    return ROUTE_NONE;
}
