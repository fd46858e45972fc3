/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_cache.h - what short texts became: a file says the same few runtimes, systems and severities
 * over and over, and telling what they mean takes a table of rules each time.
 *
 *     if (!text_cache_find(&m, text, &out)) {
 *         out = runtime_name(text);
 *         text_cache_keep(&m, text, out);
 *     }
 *
 * Holds a handful, a newer one in place of an older. Threads: one at a time per cache.
 */
#ifndef EVENT_SCHEMA_TEXT_CACHE_H
#define EVENT_SCHEMA_TEXT_CACHE_H

#include "event/schema/string_map.h"

enum { MEMO_ROWS = 32, MEMO_BYTES = 40 };

struct text_cache_row {
    struct span out;
    bool same; /* out is the head of what was asked */
    uint8_t n; /* 0: free */
    int16_t number;
    char in[MEMO_BYTES];
};

struct text_cache {
    struct text_cache_row rows[MEMO_ROWS];
};

static inline struct text_cache_row *text_cache_row(struct text_cache *m, struct span in)
{
    return &m->rows[word_hash(in) % MEMO_ROWS];
}

static inline bool text_cache_holds(const struct text_cache_row *r, struct span in)
{
    return in.n > 0 && in.n == r->n && memcmp(in.p, r->in, in.n) == 0;
}

/* True: *out as it was kept for such a text; a head of it is now one of `in`. */
static inline bool text_cache_find(struct text_cache *m, struct span in, struct span *out)
{
    const struct text_cache_row *r = text_cache_row(m, in);
    if (!text_cache_holds(r, in)) {
        return false;
    }
    *out = r->same ? span_of(in.p, r->out.n) : r->out;
    return true;
}

/* `out` must be a head of `in`, or a text that lives as long as the cache does. */
static inline void text_cache_keep(struct text_cache *m, struct span in, struct span out)
{
    if (in.n == 0 || in.n > MEMO_BYTES) {
        return;
    }
    struct text_cache_row *r = text_cache_row(m, in);
    *r = (struct text_cache_row){.out = out, .same = out.p == in.p, .n = (uint8_t)in.n};
    memcpy(r->in, in.p, in.n);
}

/* The same of a number, in a cache of numbers. */
static inline bool text_cache_find_number(struct text_cache *m, struct span in, int *number)
{
    const struct text_cache_row *r = text_cache_row(m, in);
    *number = r->number;
    return text_cache_holds(r, in);
}

static inline void text_cache_keep_number(struct text_cache *m, struct span in, int number)
{
    if (in.n > 0 && in.n <= MEMO_BYTES) {
        text_cache_keep(m, in, in);
        text_cache_row(m, in)->number = (int16_t)number;
    }
}

#endif
