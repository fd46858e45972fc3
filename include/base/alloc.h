/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc.h - allocation that never returns NULL: out of memory ends the program.
 *
 * A worker without memory cannot keep its guarantees. It aborts, and SQS redelivers the messages
 * that were not settled. So no caller checks for NULL. Every result is released with free().
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

/* Uninitialised bytes. 0 bytes count as 1. */
MUST_USE void *mem_alloc(size_t bytes);

/* An array of `count` zeroed elements. 0 elements count as 1. */
MUST_USE void *mem_zeros(size_t count, size_t size);

/* As realloc, with room for `count` elements. The added elements are uninitialised. */
MUST_USE void *mem_grow(void *p, size_t count, size_t size);

/* A NUL-terminated copy. NULL counts as an empty text. */
MUST_USE char *mem_text(const char *text);
MUST_USE char *mem_text_of(struct span text);

#endif
