/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memo.h - what short texts became: a file says the same few runtimes, systems and severities over
 * and over, and telling what they mean takes a table of rules each time.
 *
 *     if (!memo_find(&m, text, &out)) {
 *         out = runtime_name(text);
 *         memo_keep(&m, text, out);
 *     }
 *
 * Holds a handful, a newer one in place of an older. Threads: one at a time per memo.
 */
#ifndef EVENT_SCHEMA_MEMO_H
#define EVENT_SCHEMA_MEMO_H

#include "event/schema/wordmap.h"

enum { MEMO_ROWS = 32, MEMO_BYTES = 40 };

struct memo_row {
    struct span out;
    bool same; /* out is the head of what was asked */
    uint8_t n; /* 0: free */
    int16_t number;
    char in[MEMO_BYTES];
};

struct memo {
    struct memo_row rows[MEMO_ROWS];
};

static inline struct memo_row *memo_row(struct memo *m, struct span in)
{
    return &m->rows[word_hash(in) % MEMO_ROWS];
}

static inline bool memo_holds(const struct memo_row *r, struct span in)
{
    return in.n > 0 && in.n == r->n && memcmp(in.p, r->in, in.n) == 0;
}

/* True: *out as it was kept for such a text; a head of it is now one of `in`. */
static inline bool memo_find(struct memo *m, struct span in, struct span *out)
{
    const struct memo_row *r = memo_row(m, in);
    if (!memo_holds(r, in)) {
        return false;
    }
    *out = r->same ? span_of(in.p, r->out.n) : r->out;
    return true;
}

/* `out` must be a head of `in`, or a text that lives as long as the memo does. */
static inline void memo_keep(struct memo *m, struct span in, struct span out)
{
    if (in.n == 0 || in.n > MEMO_BYTES) {
        return;
    }
    struct memo_row *r = memo_row(m, in);
    *r = (struct memo_row){.out = out, .same = out.p == in.p, .n = (uint8_t)in.n};
    memcpy(r->in, in.p, in.n);
}

/* The same of a number, in a memo of numbers. */
static inline bool memo_find_number(struct memo *m, struct span in, int *number)
{
    const struct memo_row *r = memo_row(m, in);
    *number = r->number;
    return memo_holds(r, in);
}

static inline void memo_keep_number(struct memo *m, struct span in, int number)
{
    if (in.n > 0 && in.n <= MEMO_BYTES) {
        memo_keep(m, in, in);
        memo_row(m, in)->number = (int16_t)number;
    }
}

#endif
