/* SPDX-License-Identifier: Apache-2.0 */
#include "event/schema/pathset.h"

#include "base/alloc.h"

#include <stdlib.h>

static struct span copy_text(struct span s)
{
    return span_of(mem_text_of(s), s.n);
}

static void free_text(struct span s)
{
    void *p = NULL;
    memcpy(&p, &s.p, sizeof(p)); /* allocated by copy_text, though a span is const */
    free(p);
}

void pathset_init(struct pathset *p, size_t most)
{
    *p = (struct pathset){.most = most, .entry_most = most * 2 + 2 * LEARN_MAX};
    p->text = mem_zeros(most, sizeof(*p->text));
    p->next_folded = mem_zeros(most, sizeof(*p->next_folded));
    p->entries = mem_zeros(p->entry_most, sizeof(*p->entries));
    p->first_folded = mem_zeros(p->entry_most, sizeof(*p->first_folded));
    string_map_init(&p->index, p->entry_most);
    string_map_init(&p->folded, p->entry_most);
}

void pathset_done(struct pathset *p)
{
    for (size_t i = 0; i < p->entry_count; i++) {
        free_text(p->entries[i].text);
    }
    for (size_t i = 0; p->folded.slots != NULL && i <= p->folded.mask; i++) {
        if (p->folded.slots[i].value != WORD_NONE) {
            free_text(span_of(p->folded.slots[i].word, p->folded.slots[i].n));
        }
    }
    free(p->text);
    free(p->next_folded);
    free(p->entries);
    free(p->first_folded);
    string_map_done(&p->index);
    string_map_done(&p->folded);
    *p = (struct pathset){0};
}

static size_t count_dots(struct span s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        n += s.p[i] == '.' ? 1 : 0;
    }
    return n;
}

struct span path_fold(struct span name, char *to, size_t cap)
{
    size_t n = 0;
    if (name.n > cap) {
        return span_of(to, 0);
    }
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        to[n] = (char)(c + ((unsigned)c - 'A' < 26U ? 'a' - 'A' : 0));
        n += c != '_' && c != '-' ? 1U : 0U;
    }
    return span_of(to, n);
}

/* The number of the word that a name folds to, which is added. WORD_NONE if nothing is left. */
static int word_add(struct pathset *p, struct span name)
{
    char buf[PATH_MAX_BYTES];
    struct span word = path_fold(name, buf, sizeof(buf));
    int n = string_map_find(&p->folded, word);
    if (n == WORD_NONE && word.n > 0) {
        n = (int)p->word_count++;
        p->first_folded[n] = PATH_NONE;
        string_map_add(&p->folded, copy_text(word), n);
    }
    return n;
}

static struct path_entry *entry_add(struct pathset *p, struct span text)
{
    int i = string_map_find(&p->index, text);
    if (i != WORD_NONE) {
        return &p->entries[i];
    }
    struct path_entry *e = &p->entries[p->entry_count];
    size_t dots = count_dots(text);
    *e = (struct path_entry){.text = copy_text(text),
                             .id = PATH_NONE,
                             .word = (int16_t)(dots == 0 ? word_add(p, text) : WORD_NONE),
                             .dots = (uint8_t)dots};
    string_map_add(&p->index, e->text, (int)p->entry_count++);
    return e;
}

/* Add a path after those that fold to the same word. */
static void fold_add(struct pathset *p, const struct path_entry *e)
{
    int16_t *link = &p->first_folded[e->word];
    while (*link != PATH_NONE) {
        link = &p->next_folded[*link];
    }
    *link = e->id;
}

int pathset_folded(const struct pathset *p, struct span name)
{
    char buf[PATH_MAX_BYTES];
    if (name.n == 0 || memchr(name.p, '.', name.n) != NULL) {
        return PATH_NONE; /* no folded word has a dot */
    }
    struct span word = path_fold(name, buf, sizeof(buf));
    int n = string_map_find(&p->folded, word);
    return n == WORD_NONE ? PATH_NONE : p->first_folded[n];
}

/* Whether it has dots only between names, and no more of them than a look-up can rank. */
static bool path_ok(struct span path)
{
    if (path.n == 0 || path.n > PATH_MAX_BYTES || count_dots(path) > PATH_MAX_DOTS ||
        path.p[0] == '.' || path.p[path.n - 1] == '.') {
        return false;
    }
    for (size_t i = 1; i < path.n; i++) {
        if (path.p[i] == '.' && path.p[i - 1] == '.') {
            return false;
        }
    }
    return true;
}

/* Add entries for the path and its beginnings. Returns that of the path. */
static struct path_entry *entries_add(struct pathset *p, struct span path)
{
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '.') {
            entry_add(p, span_of(path.p, i))->begins = true;
        }
    }
    return entry_add(p, path);
}

int pathset_add(struct pathset *p, struct span path)
{
    if (!path_ok(path) || p->count == p->most ||
        p->entry_count + count_dots(path) >= p->entry_most) {
        return PATH_NONE;
    }
    struct path_entry *e = entries_add(p, path);
    if (e->id == PATH_NONE) {
        e->id = (int16_t)p->count;
        p->text[p->count++] = e->text;
        p->next_folded[e->id] = PATH_NONE;
        if (e->word != WORD_NONE) {
            fold_add(p, e);
        }
    }
    return e->id;
}

void pathset_container(struct pathset *p, struct span path, const char *as)
{
    entries_add(p, path)->container = as;
}

/* Whether the search for the name would be long. Hostile names may have the same hash. */
static bool is_crowded(const struct string_map *m, struct span name)
{
    size_t i = word_hash(name) & m->mask;
    size_t n = 0;
    for (; n < LEARN_PROBES && m->slots[i].value != WORD_NONE; i = (i + 1) & m->mask) {
        n++;
    }
    return n == LEARN_PROBES;
}

int pathset_learn(struct pathset *p, struct span name)
{
    size_t *learned = &p->learned[pathset_folded(p, name) == PATH_NONE];
    if (name.n > LEARN_BYTES || count_dots(name) > PATH_MAX_DOTS || *learned == LEARN_MAX ||
        p->entry_count == p->entry_most || is_crowded(&p->index, name)) {
        return WORD_NONE;
    }
    ++*learned;
    return (int)(entry_add(p, name) - p->entries);
}

void pathset_note(struct pathset *p, struct span name, struct name_note note)
{
    entry_add(p, name)->note = note;
}
