/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/duplicate_names.h"

#include "event/schema/string_map.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { FEW = OUTLINE_ROWS }; /* members of an object that is not worth sorting */

struct name_key {
    uint64_t hash;
    uint32_t at;
};

void duplicate_names_init(struct duplicate_names *n)
{
    *n = (struct duplicate_names){.unique = true};
}

void duplicate_names_done(struct duplicate_names *n)
{
    free(n->shadowed);
    free(n->keys);
    duplicate_names_init(n);
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

static void shadow(struct duplicate_names *n, const struct doc *d, size_t i)
{
    if (n->unique) {
        size_t words = doc_payload(d, 0) / 64 + 1;
        n->shadowed = grown(n->shadowed, &n->shadowed_cap, words, sizeof(*n->shadowed));
        memset(n->shadowed, 0, words * sizeof(*n->shadowed));
        n->unique = false;
    }
    n->shadowed[i / 64] |= (uint64_t)1 << (i % 64);
}

/* Shadow the members before `last` that have its name. */
static void look_back(struct duplicate_names *n, const struct doc *d, size_t object, size_t last)
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

static void check_many(struct duplicate_names *n, const struct doc *d, size_t object)
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

static void check_value(struct duplicate_names *n, const struct doc *d, size_t at);

static void check_few(struct duplicate_names *n, const struct doc *d, size_t object)
{
    struct word_filter seen = {0};
    for (size_t i = doc_first(d, object); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        if (word_filter_seen(&seen, word_key_hash(word_key_padded(name), name.n))) {
            look_back(n, d, object, i);
        }
        if (doc_is_container(d, i + 1)) {
            check_value(n, d, i + 1);
        }
    }
}

/* {"key":...,"value":...} and the like need no filter. */
static void check_two(struct duplicate_names *n, const struct doc *d, size_t object)
{
    size_t first = doc_first(d, object);
    size_t second = doc_next(d, first + 1);
    if (span_eq(doc_string(d, first), doc_string(d, second))) {
        shadow(n, d, first);
    }
    if (doc_is_container(d, first + 1)) {
        check_value(n, d, first + 1);
    }
    if (doc_is_container(d, second + 1)) {
        check_value(n, d, second + 1);
    }
}

/* A container and all within. */
static void check_value(struct duplicate_names *n, const struct doc *d, size_t at)
{
    uint64_t count = doc_payload(d, at) >> 32;
    bool object = doc_tag(d, at) == '{';
    if (object && count == 2) {
        check_two(n, d, at);
        return;
    }
    if (object && count <= FEW && count > 1) {
        check_few(n, d, at);
        return;
    }
    if (object && count > FEW) {
        check_many(n, d, at);
    }
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i)) {
        i += object ? 1 : 0;
        if (doc_is_container(d, i)) {
            check_value(n, d, i);
        }
    }
}

bool duplicate_names_absent(struct duplicate_names *n, const struct doc *d, size_t at)
{
    n->unique = true;
    if (doc_is_container(d, at)) {
        check_value(n, d, at);
    }
    return n->unique;
}

bool duplicate_names_absent_by(struct duplicate_names *n, const struct doc *d, size_t at,
                               const struct record_index *o)
{
    if (o->twice || o->count > OUTLINE_ROWS) {
        return duplicate_names_absent(n, d, at);
    }
    n->unique = true;
    if ((o->kinds & (KIND_OBJECT | KIND_ARRAY)) == 0) { /* a flat record */
        return true;
    }
    for (size_t i = 0; i < o->count; i++) {
        if (doc_is_container(d, o->rows[i].at)) {
            check_value(n, d, o->rows[i].at);
        }
    }
    return n->unique;
}
