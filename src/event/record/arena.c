/* SPDX-License-Identifier: Apache-2.0 */
#include "event/record/arena.h"

#include "base/alloc.h"
#include "base/ascii.h"
#include "codec/utf8.h"

#include <stdlib.h>

enum { FIRST_BYTES = 4096 };

struct arena_block {
    struct arena_block *older;
    size_t n, cap;
    char p[];
};

static void free_from(struct arena_block *b)
{
    while (b != NULL) {
        struct arena_block *older = b->older;
        free(b);
        b = older;
    }
}

void arena_done(struct arena *a)
{
    free_from(a->block);
    a->block = NULL;
}

void arena_clear(struct arena *a)
{
    if (a->block != NULL) {
        free_from(a->block->older);
        a->block->older = NULL;
        a->block->n = 0;
    }
}

static void arena_grow(struct arena *a, size_t n)
{
    size_t cap = a->block != NULL ? a->block->cap * 2 : FIRST_BYTES;
    while (cap < n) {
        cap *= 2;
    }
    struct arena_block *b = mem_alloc(sizeof(*b) + cap);
    b->older = a->block;
    b->n = 0;
    b->cap = cap;
    a->block = b;
}

char *arena_room(struct arena *a, size_t n)
{
    if (a->block == NULL || n > a->block->cap - a->block->n) {
        arena_grow(a, n);
    }
    char *p = a->block->p + a->block->n;
    a->block->n += n;
    return p;
}

struct span arena_lower(struct arena *a, struct span s)
{
    size_t plain = 0;
    while (plain < s.n && !ascii_is_upper(s.p[plain])) {
        plain++;
    }
    if (plain == s.n) {
        return s;
    }
    char *p = arena_room(a, s.n);
    for (size_t i = 0; i < s.n; i++) {
        p[i] = ascii_is_upper(s.p[i]) ? (char)(s.p[i] - 'A' + 'a') : s.p[i];
    }
    return span_of(p, s.n);
}

struct span arena_join(struct arena *a, const struct span *parts, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        n += parts[i].n;
    }
    char *p = arena_room(a, n);
    char *to = p;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].n > 0) {
            memcpy(to, parts[i].p, parts[i].n);
            to += parts[i].n;
        }
    }
    return span_of(p, n);
}

struct span arena_cut(struct arena *a, struct span s, size_t max_bytes)
{
    struct span head = utf8_cut(s, max_bytes);
    return arena_join(a, &head, 1);
}
