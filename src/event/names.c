/* SPDX-License-Identifier: Apache-2.0 */
#include "event/names.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    FEW = 96,        /* members of an object that is not worth sorting */
    FILTER_WORDS = 4 /* 256 bits: of 20 names, less than one meets another by chance */
};

struct name_key {
    uint64_t hash;
    uint32_t at;
};

void names_init(struct names *n)
{
    *n = (struct names){.unique = true};
}

void names_done(struct names *n)
{
    free(n->shadowed);
    free(n->keys);
    names_init(n);
}

static void *grown(void *p, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap) {
        return p;
    }
    *cap = need + need / 2;
    void *q = reallocarray(p, *cap, size);
    if (q == NULL) {
        abort();
    }
    return q;
}

static void shadow(struct names *n, const struct doc *d, size_t i)
{
    if (n->unique) {
        size_t words = doc_payload(d, 0) / 64 + 1;
        n->shadowed = grown(n->shadowed, &n->shadowed_cap, words, sizeof(*n->shadowed));
        memset(n->shadowed, 0, words * sizeof(*n->shadowed));
        n->unique = false;
    }
    n->shadowed[i / 64] |= (uint64_t)1 << (i % 64);
}

static uint64_t load64(const char *p)
{
    uint64_t v = 0;
    memcpy(&v, p, sizeof(v));
    return v;
}

static uint64_t load32(const char *p)
{
    uint32_t v = 0;
    memcpy(&v, p, sizeof(v));
    return v;
}

/* Cheap and good enough for a filter: length, head and tail. */
static uint8_t filter_bit(struct span name)
{
    uint64_t head = 0;
    uint64_t tail = 0;
    if (name.n >= 8) {
        head = load64(name.p);
        tail = load64(name.p + name.n - 8);
    } else if (name.n >= 4) {
        head = load32(name.p);
        tail = load32(name.p + name.n - 4);
    } else if (name.n > 0) {
        head = (uint64_t)(uint8_t)name.p[0] << 16 | (uint64_t)(uint8_t)name.p[name.n / 2] << 8;
        tail = (uint8_t)name.p[name.n - 1];
    }
    uint64_t h = (head ^ name.n) * 0x9e3779b97f4a7c15U + tail * 0xc2b2ae3d27d4eb4fU;
    return (uint8_t)((h ^ h >> 29) * 0x9e3779b97f4a7c15U >> 56);
}

/* Shadow the members before `last` that have its name. */
static void look_back(struct names *n, const struct doc *d, size_t object, size_t last)
{
    struct span name = doc_string(d, last);
    for (size_t i = doc_first(d, object); i < last; i = doc_next(d, i + 1)) {
        if (span_eq(doc_string(d, i), name)) {
            shadow(n, d, i);
        }
    }
}

/* Order by name, in some order; equal ones by place. */
static bool before(const struct doc *d, const struct name_key *a, const struct name_key *b)
{
    if (a->hash != b->hash) {
        return a->hash < b->hash;
    }
    struct span x = doc_string(d, a->at);
    struct span y = doc_string(d, b->at);
    if (x.n != y.n) {
        return x.n < y.n;
    }
    int order = memcmp(x.p, y.p, x.n);
    return order != 0 ? order < 0 : a->at < b->at;
}

static void sift(const struct doc *d, struct name_key *keys, size_t root, size_t count)
{
    struct name_key moved = keys[root];
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && before(d, &keys[child], &keys[child + 1])) {
            child++;
        }
        if (!before(d, &moved, &keys[child])) {
            break;
        }
        keys[root] = keys[child];
        root = child;
    }
    keys[root] = moved;
}

/* Heapsort: no allocation as of qsort(3), no worst case as of a hash table. */
static void sort(const struct doc *d, struct name_key *keys, size_t count)
{
    for (size_t i = count / 2; i-- > 0;) {
        sift(d, keys, i, count);
    }
    for (size_t end = count; end-- > 1;) {
        struct name_key largest = keys[0];
        keys[0] = keys[end];
        keys[end] = largest;
        sift(d, keys, 0, end);
    }
}

static void check_many(struct names *n, const struct doc *d, size_t object)
{
    size_t count = 0;
    for (size_t i = doc_first(d, object); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        n->keys = grown(n->keys, &n->keys_cap, count + 1, sizeof(*n->keys));
        n->keys[count++] = (struct name_key){XXH3_64bits(name.p, name.n), (uint32_t)i};
    }
    sort(d, n->keys, count);
    for (size_t i = 1; i < count; i++) {
        if (n->keys[i].hash == n->keys[i - 1].hash &&
            span_eq(doc_string(d, n->keys[i].at), doc_string(d, n->keys[i - 1].at))) {
            shadow(n, d, n->keys[i - 1].at);
        }
    }
}

static void check_value(struct names *n, const struct doc *d, size_t at);

/* In the loop over members, since most hold none. */
static inline bool is_container(const struct doc *d, size_t at)
{
    char tag = doc_tag(d, at);
    return tag == '{' || tag == '[';
}

static void check_few(struct names *n, const struct doc *d, size_t object)
{
    uint64_t filter[FILTER_WORDS] = {0};
    for (size_t i = doc_first(d, object); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        uint8_t bit = filter_bit(doc_string(d, i));
        uint64_t mask = (uint64_t)1 << (bit % 64);
        if ((filter[bit / 64] & mask) != 0) {
            look_back(n, d, object, i);
        }
        filter[bit / 64] |= mask;
        if (is_container(d, i + 1)) {
            check_value(n, d, i + 1);
        }
    }
}

/* A container and all within. */
static void check_value(struct names *n, const struct doc *d, size_t at)
{
    uint64_t count = doc_payload(d, at) >> 32;
    bool object = doc_tag(d, at) == '{';
    if (object && count <= FEW && count > 1) {
        check_few(n, d, at);
        return;
    }
    if (object && count > FEW) {
        check_many(n, d, at);
    }
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i)) {
        i += object ? 1 : 0;
        if (is_container(d, i)) {
            check_value(n, d, i);
        }
    }
}

bool names_unique(struct names *n, const struct doc *d, size_t at)
{
    n->unique = true;
    if (is_container(d, at)) {
        check_value(n, d, at);
    }
    return n->unique;
}
