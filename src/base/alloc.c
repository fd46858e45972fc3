/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static void *not_null(void *p)
{
    if (p == NULL) {
        abort();
    }
    return p;
}

void *mem_alloc(size_t bytes)
{
    return not_null(malloc(bytes != 0 ? bytes : 1));
}

void *mem_zeros(size_t count, size_t size)
{
    return not_null(calloc(count != 0 ? count : 1, size));
}

void *mem_grow(void *p, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count != 0 ? count : 1, size, &bytes)) {
        abort();
    }
    return not_null(realloc(p, bytes));
}

char *mem_text(const char *text)
{
    return mem_text_of(span_str(text != NULL ? text : ""));
}

char *mem_text_of(struct span text)
{
    char *copy = mem_alloc(text.n + 1);
    if (text.n != 0) {
        memcpy(copy, text.p, text.n);
    }
    copy[text.n] = '\0';
    return copy;
}
