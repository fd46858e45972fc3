/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.h - a growable byte buffer with a ceiling and a memory.
 *
 * Two rules make it pleasant to use:
 *
 *   - it never grows past `max`, which is given when it is made;
 *   - the first append that does not fit marks it `overflowed`, and every
 *     later append does nothing. So write ten appends and check once:
 *
 *         buf_add(&b, SPAN("Action=AssumeRole&RoleArn="));
 *         buf_add_uri(&b, role);
 *         if (b.overflowed)
 *             return err_set(e, FAIL_LIMIT, "sts: request too long");
 *
 * Invariant: once anything was added, p[n] is '\0' (not counted in n).
 * Ownership: owns p. Threads: one at a time. Out of memory: aborts.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

struct buf {
    char *p;
    size_t n;   /* bytes used */
    size_t cap; /* bytes allocated */
    size_t max; /* most bytes n may reach */
    bool overflowed;
    bool secret; /* wiped when it grows or is released */
};

/* clang-format off */
#define BUF_INIT(limit) {.max = (limit)}
#define BUF_SECRET(limit) {.max = (limit), .secret = true}
/* clang-format on */

void buf_done(struct buf *b);  /* release the memory; b may be used again */
void buf_clear(struct buf *b); /* forget the bytes and the overflow, keep the memory */

/* What buf_add and buf_add_byte do when there is no room yet, or no more. */
void buf_add_grow(struct buf *b, struct span s);
void buf_add_byte_grow(struct buf *b, char c);

static inline void buf_add(struct buf *b, struct span s)
{
    if (!b->overflowed && s.n < b->cap - b->n && s.n > 0) { /* cap is at most max + 1 */
        memcpy(b->p + b->n, s.p, s.n);
        b->n += s.n;
        b->p[b->n] = '\0';
    } else if (s.n > 0) {
        buf_add_grow(b, s);
    }
}

static inline void buf_add_byte(struct buf *b, char c)
{
    if (!b->overflowed && b->cap - b->n > 1) {
        b->p[b->n++] = c;
        b->p[b->n] = '\0';
    } else {
        buf_add_byte_grow(b, c);
    }
}

void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Room for n more bytes (and the NUL) at b->p + b->n, for a writer that fills it
 * itself and then raises b->n. NULL, and marked overflowed, if past max.
 */
MUST_USE char *buf_room(struct buf *b, size_t n);

static inline struct span buf_span(const struct buf *b)
{
    return (struct span){b->p, b->n};
}

#endif
