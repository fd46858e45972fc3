/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc.h - memory that is there, or the program ends.
 *
 * A worker that cannot get memory cannot keep its promises; it aborts, and the queues deliver
 * again what was not acknowledged. So no caller looks for NULL. All is released by free().
 *
 *     struct lane *l = mem_zeros(1, sizeof(*l));
 *     l->list = mem_grow(l->list, l->count + 1, sizeof(*l->list));
 *
 * Threads: any.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include "base/base.h"
#include "base/span.h"

/* bytes of any content; 0 bytes are one. */
MUST_USE void *mem_alloc(size_t bytes);

/* count elements, all zero; 0 elements are one. */
MUST_USE void *mem_zeros(size_t count, size_t size);

/* p with room for count elements, as realloc: what is new has any content. */
MUST_USE void *mem_grow(void *p, size_t count, size_t size);

/* A copy with a NUL behind it. NULL: an empty text. */
MUST_USE char *mem_text(const char *text);
MUST_USE char *mem_text_of(struct span text);

#endif
