/* SPDX-License-Identifier: Apache-2.0 */
#include "event/pathset.h"

#include <stdlib.h>
#include <xxhash.h>

enum {
    ENTRIES_MAX = 2 * PATHS_MAX,
    SLOTS = 4 * ENTRIES_MAX, /* a power of two; a quarter full at most */
};

static void *must(void *p)
{
    if (p == NULL) {
        abort();
    }
    return p;
}

static struct span keep(struct span s)
{
    char *p = must(malloc(s.n + 1));
    memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return span_of(p, s.n);
}

static size_t slot_of(struct span s)
{
    return (size_t)XXH3_64bits(s.p, s.n) & (SLOTS - 1);
}

void pathset_init(struct pathset *p)
{
    *p = (struct pathset){0};
    p->entries = must(calloc(ENTRIES_MAX, sizeof(*p->entries)));
    p->slots = must(calloc(SLOTS, sizeof(*p->slots)));
    p->folded = must(calloc(SLOTS, sizeof(*p->folded)));
}

static void free_text(struct span s)
{
    void *p = NULL;
    memcpy(&p, &s.p, sizeof(p)); /* ours, though a span says const */
    free(p);
}

void pathset_done(struct pathset *p)
{
    for (size_t i = 0; i < p->entry_count; i++) {
        free_text(p->entries[i].text);
    }
    free(p->entries);
    free(p->slots);
    free(p->folded);
    *p = (struct pathset){0};
}

const struct path_entry *pathset_find(const struct pathset *p, struct span joined)
{
    for (size_t i = slot_of(joined); p->slots[i] != 0; i = (i + 1) & (SLOTS - 1)) {
        const struct path_entry *e = &p->entries[p->slots[i] - 1];
        if (span_eq(e->text, joined)) {
            return e;
        }
    }
    return NULL;
}

static struct path_entry *entry_add(struct pathset *p, struct span text)
{
    size_t i = slot_of(text);
    for (; p->slots[i] != 0; i = (i + 1) & (SLOTS - 1)) {
        if (span_eq(p->entries[p->slots[i] - 1].text, text)) {
            return &p->entries[p->slots[i] - 1];
        }
    }
    struct path_entry *e = &p->entries[p->entry_count++];
    p->slots[i] = (uint16_t)p->entry_count;
    *e = (struct path_entry){keep(text), NULL, PATH_NONE, false};
    return e;
}

struct span path_fold(struct span name, char *to, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (c == '_' || c == '-') {
            continue;
        }
        if (n == cap) {
            return span_of(to, 0);
        }
        to[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return span_of(to, n);
}

/* The slot of a folded word: that of the first path which folds so, or the free one. */
static size_t fold_slot(const struct pathset *p, struct span word)
{
    char other[PATH_MAX_BYTES];
    size_t i = slot_of(word);
    while (p->folded[i] != 0 &&
           !span_eq(word, path_fold(p->text[p->folded[i] - 1], other, sizeof(other)))) {
        i = (i + 1) & (SLOTS - 1);
    }
    return i;
}

static void fold_add(struct pathset *p, int16_t id)
{
    char word[PATH_MAX_BYTES];
    size_t i = fold_slot(p, path_fold(p->text[id], word, sizeof(word)));
    p->next_folded[id] = PATH_NONE;
    if (p->folded[i] == 0) {
        p->folded[i] = (uint16_t)(id + 1);
        return;
    }
    int16_t last = (int16_t)(p->folded[i] - 1);
    while (p->next_folded[last] != PATH_NONE) {
        last = p->next_folded[last];
    }
    p->next_folded[last] = id;
}

int pathset_folded(const struct pathset *p, struct span name)
{
    char word[PATH_MAX_BYTES];
    struct span w = path_fold(name, word, sizeof(word));
    return w.n == 0 ? PATH_NONE : (int)p->folded[fold_slot(p, w)] - 1;
}

/* Dots only between names. */
static bool path_ok(struct span path)
{
    if (path.n == 0 || path.n > PATH_MAX_BYTES || path.p[0] == '.' || path.p[path.n - 1] == '.') {
        return false;
    }
    for (size_t i = 1; i < path.n; i++) {
        if (path.p[i] == '.' && path.p[i - 1] == '.') {
            return false;
        }
    }
    return true;
}

static size_t dots_of(struct span s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        n += s.p[i] == '.' ? 1 : 0;
    }
    return n;
}

int pathset_add(struct pathset *p, struct span path)
{
    size_t dots = dots_of(path);
    if (!path_ok(path) || p->count == PATHS_MAX || p->entry_count + dots + 1 > ENTRIES_MAX) {
        return PATH_NONE;
    }
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '.') {
            entry_add(p, span_of(path.p, i))->begins = true;
        }
    }
    struct path_entry *e = entry_add(p, path);
    if (e->id == PATH_NONE) {
        e->id = (int16_t)p->count;
        p->text[p->count++] = e->text;
        p->next_folded[e->id] = PATH_NONE;
        if (dots == 0) {
            fold_add(p, e->id);
        }
    }
    return e->id;
}

void pathset_container(struct pathset *p, struct span path, const char *as)
{
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '.') {
            entry_add(p, span_of(path.p, i))->begins = true;
        }
    }
    entry_add(p, path)->container = as;
}
