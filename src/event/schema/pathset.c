/* SPDX-License-Identifier: Apache-2.0 */
#include "event/schema/pathset.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

enum { NOTES_MAX = 256 }; /* names of pathset_note that no path has */

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
    *p = (struct pathset){.most = most, .entry_most = most * 2 + NOTES_MAX};
    p->text = mem_zeros(most, sizeof(*p->text));
    p->next_folded = mem_zeros(most, sizeof(*p->next_folded));
    p->entries = mem_zeros(p->entry_most, sizeof(*p->entries));
    p->first_folded = mem_zeros(p->entry_most, sizeof(*p->first_folded));
    string_map_init(&p->index, p->entry_most + LEARN_MAX);
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
    free(p->learned);
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
                             .same = (int16_t)p->entry_count,
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
    assert(p->learned == NULL);
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

/*
 * Entries for what is learned, behind the fixed ones. A row may refer to a name after it was
 * forgotten, so for each word there is a fixed entry of the names that fold to it and are no path,
 * and one for those that fold to no path.
 */
static void prepare_learned(struct pathset *p)
{
    size_t like = p->entry_count;
    size_t first = like + p->word_count + 1;
    size_t all = first + LEARN_MAX;
    assert(all <= INT16_MAX);
    p->entries = mem_grow(p->entries, all, sizeof(*p->entries));
    for (size_t w = 0; w <= p->word_count; w++) {
        p->entries[like + w] =
            (struct path_entry){.id = PATH_NONE,
                                .word = (int16_t)(w < p->word_count ? (int)w : WORD_NONE),
                                .same = (int16_t)(like + w)};
    }
    p->learned = mem_zeros(1, sizeof(*p->learned));
    p->learned->first = first;
}

/* The number of the word that a name folds to, if a path does too. */
static int find_word(const struct pathset *p, struct span name)
{
    char buf[PATH_MAX_BYTES];
    if (memchr(name.p, '.', name.n) != NULL) {
        return WORD_NONE;
    }
    int word = string_map_find(&p->folded, path_fold(name, buf, sizeof(buf)));
    return word != WORD_NONE && p->first_folded[word] != PATH_NONE ? word : WORD_NONE;
}

/* Whether the name was not in an object since it was looked at before. */
static bool forget(struct pathset *p, size_t at)
{
    struct learned *l = p->learned;
    const struct path_entry *e = &p->entries[l->first + at];
    if (e->seen != l->passed[at] || e->seen == p->objects) {
        l->passed[at] = e->seen;
        return false;
    }
    string_map_remove(&p->index, e->text);
    return true;
}

/* The place of a name that is forgotten. LEARN_MAX: none of those that were looked at may be. */
static size_t forget_one(struct pathset *p)
{
    struct learned *l = p->learned;
    for (unsigned looks = 0; looks < LEARN_LOOKS; looks++) {
        size_t at = l->hand;
        l->hand = (at + 1) % LEARN_MAX;
        if (forget(p, at)) {
            return at;
        }
    }
    return LEARN_MAX;
}

/* The same of the names that make the search for this one long. */
static size_t forget_near(struct pathset *p, struct span name)
{
    const struct string_map *m = &p->index;
    for (size_t probe = 0, i = word_hash(name); probe < LEARN_PROBES; probe++, i++) {
        int value = m->slots[i & m->mask].value;
        size_t at = (size_t)value - p->learned->first;
        if (value >= (int)p->learned->first && forget(p, at)) {
            return at;
        }
    }
    return LEARN_MAX;
}

static size_t learned_place(struct pathset *p, struct span name)
{
    if (is_crowded(&p->index, name)) {
        return forget_near(p, name);
    }
    return p->learned->count < LEARN_MAX ? p->learned->count++ : forget_one(p);
}

int pathset_learn(struct pathset *p, struct span name)
{
    size_t dots = count_dots(name);
    if (name.n == 0 || name.n > LEARN_BYTES || dots > PATH_MAX_DOTS) {
        return WORD_NONE;
    }
    if (p->learned == NULL) {
        prepare_learned(p);
    }
    struct learned *l = p->learned;
    size_t at = learned_place(p, name);
    if (at == LEARN_MAX) {
        return WORD_NONE;
    }
    int word = find_word(p, name);
    size_t like = p->entry_count + (word == WORD_NONE ? p->word_count : (size_t)word);
    struct path_entry *e = &p->entries[l->first + at];
    memcpy(l->text[at], name.p, name.n);
    *e = (struct path_entry){.text = span_of(l->text[at], name.n),
                             .id = PATH_NONE,
                             .word = (int16_t)word,
                             .same = (int16_t)like,
                             .dots = (uint8_t)dots,
                             .seen = p->objects - 1};
    l->passed[at] = p->objects - 2;
    string_map_add(&p->index, e->text, (int)(l->first + at));
    return (int)(l->first + at);
}

void pathset_note(struct pathset *p, struct span name, struct name_note note)
{
    assert(p->learned == NULL);
    entry_add(p, name)->note = note;
}
