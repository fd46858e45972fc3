/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/duplicate_names.h"

#include "event/schema/string_map.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { FEW = INDEX_ROWS }; /* members of an object that are not sorted */

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

static void *grow_array(void *p, size_t *cap, size_t need, size_t size)
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

static void mark_shadowed(struct duplicate_names *n, const struct doc *d, size_t i)
{
    if (n->unique) {
        size_t words = doc_payload(d, 0) / 64 + 1;
        n->shadowed = grow_array(n->shadowed, &n->shadowed_cap, words, sizeof(*n->shadowed));
        memset(n->shadowed, 0, words * sizeof(*n->shadowed));
        n->unique = false;
    }
    n->shadowed[i / 64] |= (uint64_t)1 << (i % 64);
}

/* Shadow the members before `last` with its name. */
static void shadow_earlier(struct duplicate_names *n, const struct doc *d, size_t object,
                           size_t last)
{
    struct span name = doc_string(d, last);
    for (size_t i = doc_first(d, object); i < last; i = doc_next(d, i + 1)) {
        if (span_eq(doc_string(d, i), name)) {
            mark_shadowed(n, d, i);
        }
    }
}

/* Any order of names will do. Equal names are ordered by place. */
static bool sorts_before(const struct doc *d, const struct name_key *a, const struct name_key *b)
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

static void sift_down(const struct doc *d, struct name_key *keys, size_t root, size_t count)
{
    struct name_key moved = keys[root];
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && sorts_before(d, &keys[child], &keys[child + 1])) {
            child++;
        }
        if (!sorts_before(d, &moved, &keys[child])) {
            break;
        }
        keys[root] = keys[child];
        root = child;
    }
    keys[root] = moved;
}

/* Heapsort: unlike qsort(3) it allocates nothing, unlike a hash table it has no worst case
 * (event/README.md, rule 26). */
static void sort_keys(const struct doc *d, struct name_key *keys, size_t count)
{
    for (size_t i = count / 2; i-- > 0;) {
        sift_down(d, keys, i, count);
    }
    for (size_t end = count; end-- > 1;) {
        struct name_key largest = keys[0];
        keys[0] = keys[end];
        keys[end] = largest;
        sift_down(d, keys, 0, end);
    }
}

static void check_many(struct duplicate_names *n, const struct doc *d, size_t object)
{
    size_t count = 0;
    for (size_t i = doc_first(d, object); !doc_at_end(d, i); i = doc_next(d, i + 1)) {
        struct span name = doc_string(d, i);
        n->keys = grow_array(n->keys, &n->keys_cap, count + 1, sizeof(*n->keys));
        n->keys[count++] = (struct name_key){XXH3_64bits(name.p, name.n), (uint32_t)i};
    }
    sort_keys(d, n->keys, count);
    for (size_t i = 1; i < count; i++) {
        if (n->keys[i].hash == n->keys[i - 1].hash &&
            span_eq(doc_string(d, n->keys[i].at), doc_string(d, n->keys[i - 1].at))) {
            mark_shadowed(n, d, n->keys[i - 1].at);
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
            shadow_earlier(n, d, object, i);
        }
        if (doc_is_container(d, i + 1)) {
            check_value(n, d, i + 1);
        }
    }
}

/* Two members, as in {"key":...,"value":...}, need no filter. */
static void check_two(struct duplicate_names *n, const struct doc *d, size_t object)
{
    size_t first = doc_first(d, object);
    size_t second = doc_next(d, first + 1);
    if (span_eq(doc_string(d, first), doc_string(d, second))) {
        mark_shadowed(n, d, first);
    }
    if (doc_is_container(d, first + 1)) {
        check_value(n, d, first + 1);
    }
    if (doc_is_container(d, second + 1)) {
        check_value(n, d, second + 1);
    }
}

/* A container and all containers in it. */
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

bool duplicate_names_absent_indexed(struct duplicate_names *n, const struct doc *d, size_t at,
                                    const struct record_index *index)
{
    if (index->twice || index->count > INDEX_ROWS) {
        return duplicate_names_absent(n, d, at);
    }
    n->unique = true;
    if ((index->kinds & (KIND_OBJECT | KIND_ARRAY)) == 0) { /* a flat record */
        return true;
    }
    for (size_t i = 0; i < index->count; i++) {
        if (doc_is_container(d, index->rows[i].at)) {
            check_value(n, d, index->rows[i].at);
        }
    }
    return n->unique;
}
