/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - texts made while one record is built, all forgotten together.
 *
 * Spans into it stay where they are until arena_clear. Once it has grown to what a record
 * needs, it allocates no more. Out of memory aborts. Threads: one at a time.
 */
#ifndef EVENT_RECORD_ARENA_H
#define EVENT_RECORD_ARENA_H

#include "base/span.h"

struct arena_block;

struct arena {
    struct arena_block *block; /* the newest, largest one; older ones behind it */
};

/* clang-format off */
#define ARENA_INIT {NULL}
/* clang-format on */

void arena_done(struct arena *a);
void arena_clear(struct arena *a);

/* n bytes, not set. */
char *arena_room(struct arena *a, size_t n);

/* ASCII letters only; s itself if none of them is a capital. */
struct span arena_lower(struct arena *a, struct span s);
struct span arena_join(struct arena *a, const struct span *parts, size_t count);

/* A copy of what s begins with, max_bytes at most, cut at a character. */
struct span arena_cut(struct arena *a, struct span s, size_t max_bytes);

#endif
