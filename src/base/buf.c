/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/wipe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_ALLOC = 64 };

/* Make room for n more bytes and a NUL. False, and `overflowed` is set, if that exceeds max. */
static bool buf_reserve(struct buf *b, size_t n)
{
    if (b->overflowed || n > b->max - b->n) {
        b->overflowed = true;
        return false;
    }
    if (b->cap > b->n + n) {
        return true;
    }

    size_t cap = b->cap != 0 ? b->cap : FIRST_ALLOC;
    while (cap <= b->n + n) {
        cap *= 2;
    }
    if (cap > b->max) {
        cap = b->max + 1; /* no overflow: max is below SIZE_MAX */
    }
    char *p = b->secret ? wipe_realloc(b->p, cap) : realloc(b->p, cap);
    if (p == NULL) {
        abort();
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void buf_done(struct buf *b)
{
    if (b->secret) {
        wipe_free(b->p);
    } else {
        free(b->p);
    }
    *b = (struct buf){.max = b->max, .secret = b->secret};
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->overflowed = false;
}

void buf_add_grow(struct buf *b, struct span s)
{
    if (!buf_reserve(b, s.n)) {
        return;
    }
    memcpy(b->p + b->n, s.p, s.n);
    b->n += s.n;
    b->p[b->n] = '\0';
}

void buf_add_byte_grow(struct buf *b, char c)
{
    buf_add_grow(b, span_of(&c, 1));
}

char *buf_room(struct buf *b, size_t n)
{
    return buf_reserve(b, n) ? b->p + b->n : NULL;
}

void buf_add_number(struct buf *b, uint64_t number)
{
    char digits[20]; /* of 2^64 - 1 */
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    buf_add(b, span_of(digits + at, sizeof(digits) - at));
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_list again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n > 0 && buf_reserve(b, (size_t)n)) {
        (void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
    va_end(ap);
}
