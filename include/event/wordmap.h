/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wordmap.h - short texts to small numbers: the index over the tables of event/, made once
 * from the static rows and then only read.
 *
 *     wordmap_add(&m, SPAN("user.name"), 7);
 *     int n = wordmap_find(&m, name);           // 7, or WORD_NONE
 *
 * The texts are borrowed. Threads: built by one, then read by many.
 */
#ifndef EVENT_WORDMAP_H
#define EVENT_WORDMAP_H

#include "base/span.h"

enum { WORD_NONE = -1 };

struct wordmap_slot {
    uint32_t hash;
    int32_t value; /* WORD_NONE: free */
    struct span word;
};

struct wordmap {
    struct wordmap_slot *slots;
    size_t mask; /* slots - 1 */
    size_t count;
};

/* For up to `most` words; adding more aborts. */
void wordmap_init(struct wordmap *m, size_t most);
void wordmap_done(struct wordmap *m);

/* A word that is there already keeps its value. */
void wordmap_add(struct wordmap *m, struct span word, int value);

/* Each of the words between blanks, with the same value. */
void wordmap_add_list(struct wordmap *m, const char *list, int value);

/* Not a cryptographic hash: the words are ours, and a probe ends at the first free slot. */
static inline uint32_t word_hash(struct span s)
{
    const uint64_t k = 0x9e3779b97f4a7c15U;
    uint64_t h = s.n * k;
    const char *p = s.p;
    size_t n = s.n;
    uint64_t chunk = 0;
    for (; n >= 8; n -= 8, p += 8) {
        memcpy(&chunk, p, 8);
        h = (h ^ chunk) * k;
        h ^= h >> 29;
    }
    chunk = 0;
    if (n >= 4) {
        uint32_t first = 0;
        uint32_t last = 0;
        memcpy(&first, p, 4);
        memcpy(&last, p + n - 4, 4);
        chunk = (uint64_t)first << 32 | last;
    } else if (n > 0) {
        chunk = (uint64_t)(unsigned char)p[0] << 16 | (uint64_t)(unsigned char)p[n / 2] << 8 |
                (unsigned char)p[n - 1];
    }
    h = (h ^ chunk) * k;
    return (uint32_t)(h >> 32);
}

static inline int wordmap_find_hash(const struct wordmap *m, struct span word, uint32_t hash)
{
    for (size_t i = hash & m->mask; m->slots[i].value != WORD_NONE; i = (i + 1) & m->mask) {
        const struct wordmap_slot *s = &m->slots[i];
        if (s->hash == hash && span_eq(s->word, word)) {
            return s->value;
        }
    }
    return WORD_NONE;
}

static inline int wordmap_find(const struct wordmap *m, struct span word)
{
    return wordmap_find_hash(m, word, word_hash(word));
}

#endif
