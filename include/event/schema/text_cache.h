/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_cache.h - results for the last short texts. A file repeats the same few runtimes, systems
 * and severities, and finding out what one means takes a search of tables each time.
 *
 *     if (!text_cache_find(&c, text, &out)) {
 *         out = runtime_name(text);
 *         text_cache_keep(&c, text, out);
 *     }
 *
 * A new text replaces the one of its row. Threads: one at a time per cache.
 */
#ifndef EVENT_SCHEMA_TEXT_CACHE_H
#define EVENT_SCHEMA_TEXT_CACHE_H

#include "event/schema/string_map.h"

enum { TEXT_CACHE_ROWS = 32, TEXT_CACHE_BYTES = 40 };

struct text_cache_row {
    struct span out;
    bool same; /* out is the beginning of the text itself */
    uint8_t n; /* 0: free */
    int16_t number;
    char in[TEXT_CACHE_BYTES];
};

struct text_cache {
    struct text_cache_row rows[TEXT_CACHE_ROWS];
};

static inline struct text_cache_row *text_cache_row(struct text_cache *c, struct span in)
{
    return &c->rows[word_hash(in) % TEXT_CACHE_ROWS];
}

static inline bool text_cache_holds(const struct text_cache_row *r, struct span in)
{
    return in.n > 0 && in.n == r->n && memcmp(in.p, r->in, in.n) == 0;
}

/*
 * Look up a text. True: *out is its result. If the result was the beginning of the text, *out is a
 * part of `in`.
 */
static inline bool text_cache_find(struct text_cache *c, struct span in, struct span *out)
{
    const struct text_cache_row *r = text_cache_row(c, in);
    if (!text_cache_holds(r, in)) {
        return false;
    }
    *out = r->same ? span_of(in.p, r->out.n) : r->out;
    return true;
}

/* `out` must be a beginning of `in`, or a text that lives as long as the cache. */
static inline void text_cache_keep(struct text_cache *c, struct span in, struct span out)
{
    if (in.n == 0 || in.n > TEXT_CACHE_BYTES) {
        return;
    }
    struct text_cache_row *r = text_cache_row(c, in);
    *r = (struct text_cache_row){.out = out, .same = out.p == in.p, .n = (uint8_t)in.n};
    memcpy(r->in, in.p, in.n);
}

/* The same for a number, in a cache of numbers. */
static inline bool text_cache_find_number(struct text_cache *c, struct span in, int *number)
{
    const struct text_cache_row *r = text_cache_row(c, in);
    *number = r->number;
    return text_cache_holds(r, in);
}

static inline void text_cache_keep_number(struct text_cache *c, struct span in, int number)
{
    if (in.n > 0 && in.n <= TEXT_CACHE_BYTES) {
        text_cache_keep(c, in, in);
        text_cache_row(c, in)->number = (int16_t)number;
    }
}

#endif
