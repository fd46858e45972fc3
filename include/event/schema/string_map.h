/* SPDX-License-Identifier: Apache-2.0 */
/*
 * string_map.h - a map from short texts to small numbers: the index over the tables of event/.
 *
 *     string_map_add(&m, SPAN("user.name"), 7);
 *     int n = string_map_find(&m, name);           // 7, or WORD_NONE
 *
 * The texts are borrowed. Threads: built by one, then read by many, unless one changes it.
 */
#ifndef EVENT_SCHEMA_STRING_MAP_H
#define EVENT_SCHEMA_STRING_MAP_H

#include "base/span.h"

enum { WORD_NONE = -1 };

/*
 * The first and the last eight bytes of a text. With the length it identifies a text of up to
 * WORD_WHOLE bytes, so that short texts are compared without a call.
 */
struct word_key {
    uint64_t head;
    uint64_t tail;
};

enum { WORD_WHOLE = 16 };

struct string_map_slot {
    struct word_key key;
    const char *word;
    uint32_t n;
    int32_t value; /* WORD_NONE: free */
};

struct string_map {
    struct string_map_slot *slots;
    size_t mask; /* slots - 1 */
    size_t count;
};

/* For up to `most` words; adding more aborts. */
void string_map_init(struct string_map *m, size_t most);
void string_map_done(struct string_map *m);

/* A word that is in the map keeps its value. */
void string_map_add(struct string_map *m, struct span word, int value);

/* Remove a word; nothing happens if it is not there. */
void string_map_remove(struct string_map *m, struct span word);

/* Add each word of a list, one blank between them, with the same value. */
void string_map_add_list(struct string_map *m, const char *list, int value);

static inline uint64_t word_load(const char *p, size_t bytes)
{
    uint64_t v = 0;
    memcpy(&v, p, bytes);
    return v;
}

/* Up to seven bytes, by two loads that may overlap. */
static inline uint64_t word_load_few(const char *p, size_t n)
{
    if (n >= 4) {
        return word_load(p, 4) | word_load(p + n - 4, 4) << 8 * (n - 4);
    }
    if (n >= 2) {
        return word_load(p, 2) | word_load(p + n - 2, 2) << 8 * (n - 2);
    }
    return n > 0 ? word_load(p, 1) : 0;
}

/* Both are all bytes of a text with fewer than eight. */
static inline struct word_key word_key(struct span s)
{
    if (s.n >= 8) {
        return (struct word_key){word_load(s.p, 8), word_load(s.p + s.n - 8, 8)};
    }
    uint64_t all = word_load_few(s.p, s.n);
    return (struct word_key){all, all};
}

/*
 * The same where eight bytes from s.p on may be read, and without a branch: the lengths of
 * a record's names cannot be predicted.
 */
static inline struct word_key word_key_padded(struct span s)
{
    static const uint64_t masks[] = {0,          0xff,         0xffff,         0xffffff,
                                     0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff,
                                     UINT64_MAX};
    size_t few = s.n < 8 ? s.n : 8;
    return (struct word_key){word_load(s.p, 8) & masks[few],
                             word_load(s.p + s.n - few, 8) & masks[few]};
}

/* Not a cryptographic hash: the tables are static, and a search ends at the first free slot. */
static inline uint32_t word_key_hash(struct word_key k, size_t n)
{
    __extension__ typedef unsigned __int128 both;
    both h = (both)(k.head ^ 0x9e3779b97f4a7c15U) * (k.tail ^ n ^ 0xc2b2ae3d27d4eb4fU);
    return (uint32_t)(h >> 64) ^ (uint32_t)h;
}

static inline uint32_t word_hash(struct span s)
{
    return word_key_hash(word_key(s), s.n);
}

static inline bool string_map_is(const struct string_map_slot *s, struct span word,
                                 struct word_key key)
{
    uint64_t other =
        (s->key.head ^ key.head) | (s->key.tail ^ key.tail) | ((uint64_t)s->n ^ word.n);
    return other == 0 && (word.n <= WORD_WHOLE || memcmp(s->word, word.p, word.n) == 0);
}

/* The number of a text whose key and hash are known. */
static inline int string_map_find_key(const struct string_map *m, struct span word,
                                      struct word_key key, uint32_t hash)
{
    const struct string_map_slot *s = &m->slots[hash & m->mask];
    while (s->value != WORD_NONE && !string_map_is(s, word, key)) {
        s = s < m->slots + m->mask ? s + 1 : m->slots;
    }
    return s->value;
}

static inline int string_map_find(const struct string_map *m, struct span word)
{
    struct word_key key = word_key(word);
    return string_map_find_key(m, word, key, word_key_hash(key, word.n));
}

/* ---- a filter of texts that were seen ---- */

enum { WORD_FILTER = 4 }; /* 256 bits: among 20 texts, less than one false hit */

struct word_filter {
    uint64_t bits[WORD_FILTER];
};

/*
 * Look for a text by its hash. False: it was not added. True: it was, or another text with the same
 * bit. word_filter_seen adds it.
 */
static inline bool word_filter_has(const struct word_filter *f, uint32_t hash)
{
    return (f->bits[hash / 64 % WORD_FILTER] >> hash % 64 & 1) != 0;
}

static inline bool word_filter_seen(struct word_filter *f, uint32_t hash)
{
    uint64_t mask = (uint64_t)1 << hash % 64;
    uint64_t *word = &f->bits[hash / 64 % WORD_FILTER];
    bool seen = (*word & mask) != 0;
    *word |= mask;
    return seen;
}

#endif
