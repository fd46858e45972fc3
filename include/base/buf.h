/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.h - a byte buffer that grows up to a maximum.
 *
 * - It never grows beyond `max`, which is set when it is initialised.
 * - The first append that does not fit sets `overflowed`. Every later append does nothing. So a
 * caller makes several appends and checks once:
 *
 *         buf_add(&b, SPAN("Action=AssumeRole&RoleArn="));
 *         buf_add_uri(&b, role);
 *         if (b.overflowed)
 *             return err_set(e, FAIL_LIMIT, "sts: request too long");
 *
 * Once it has content, p[n] is '\0', which n does not count.
 *
 * Ownership: owns p. Threads: one at a time. Out of memory aborts.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

struct buf {
    char *p;
    size_t n;   /* bytes used */
    size_t cap; /* bytes allocated */
    size_t max; /* upper bound of n, below SIZE_MAX */
    bool overflowed;
    bool secret; /* the bytes are overwritten before memory is released, also when it grows */
};

/* clang-format off */
#define BUF_INIT(limit) {.max = (limit)}
#define BUF_SECRET(limit) {.max = (limit), .secret = true}
/* clang-format on */

void buf_done(struct buf *b);  /* release the memory; b stays usable */
void buf_clear(struct buf *b); /* empty it and reset `overflowed`; the memory is kept */

/* For buf_add and buf_add_byte: append when the allocated memory does not suffice. */
void buf_add_grow(struct buf *b, struct span s);
void buf_add_byte_grow(struct buf *b, char c);

static inline void buf_add(struct buf *b, struct span s)
{
    if (!b->overflowed && s.n < b->cap - b->n && s.n > 0) { /* cap <= max + 1 */
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

/* Append the number in decimal, in a tenth of the time of buf_addf. */
void buf_add_number(struct buf *b, uint64_t number);

void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Reserve n bytes and a NUL at b->p + b->n. The caller writes them and then adds their number to
 * b->n. NULL if that exceeds max; `overflowed` is set.
 */
MUST_USE char *buf_room(struct buf *b, size_t n);

static inline struct span buf_span(const struct buf *b)
{
    return (struct span){b->p, b->n};
}

#endif
