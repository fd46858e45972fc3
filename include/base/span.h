/* SPDX-License-Identifier: Apache-2.0 */
/*
 * span.h - a borrowed view of bytes.
 *
 * A span owns nothing and is passed by value. It is NOT NUL-terminated and may contain any byte.
 * The comment of the function that returns it states how long it is valid; if it does not, until
 * the next call on the same object.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include "base/base.h"

#include <string.h>

struct span {
    const char *p;
    size_t n;
};

#define SPAN(lit) ((struct span){(lit), sizeof(lit) - 1})
/* As SPAN, as an initializer of a static const table: C17 requires a constant there. */
/* clang-format off */
#define SPAN_INIT(lit) {(lit), sizeof(lit) - 1}
/* clang-format on */
#define SPAN_FMT(s) (int)(s).n, (s).p /* arguments for "%.*s" */

static inline struct span span_of(const char *p, size_t n)
{
    return (struct span){p, n};
}

static inline bool span_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* The bytes of a C string, without its NUL. NULL: an empty span. */
static inline struct span span_str(const char *s)
{
    return (struct span){s, s != NULL ? strlen(s) : 0};
}

static inline bool span_starts(struct span s, struct span prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

/* s without its first n bytes. n <= s.n. */
static inline struct span span_from(struct span s, size_t n)
{
    return (struct span){n != 0 ? s.p + n : s.p, s.n - n}; /* NULL + 0 is undefined */
}

/* Remove the first n bytes from *s and return them. n <= s->n. */
static inline struct span span_take(struct span *s, size_t n)
{
    struct span head = {s->p, n};
    s->p = n != 0 ? s->p + n : s->p;
    s->n -= n;
    return head;
}

/* s without the bytes at both ends that are in `bytes`, for example " \t". */
static inline struct span span_trim(struct span s, struct span bytes)
{
    while (s.n > 0 && memchr(bytes.p, s.p[0], bytes.n) != NULL) {
        s = span_from(s, 1);
    }
    while (s.n > 0 && memchr(bytes.p, s.p[s.n - 1], bytes.n) != NULL) {
        s.n--;
    }
    return s;
}

#endif
