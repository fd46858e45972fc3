/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - memory for texts that live as long as one record.
 *
 * Spans into it are valid until arena_clear, which its owner calls for the next record
 * (event/README.md, rule 19). It keeps its largest block, so that it allocates nothing after the
 * first records. Out of memory aborts. Threads: one at a time.
 */
#ifndef EVENT_RECORD_ARENA_H
#define EVENT_RECORD_ARENA_H

#include "base/span.h"

struct arena_block;

struct arena {
    struct arena_block *block; /* the newest and largest; a list */
};

/* clang-format off */
#define ARENA_INIT {NULL}
/* clang-format on */

void arena_done(struct arena *a);
void arena_clear(struct arena *a);

/* n bytes with any content. */
char *arena_room(struct arena *a, size_t n);

/* s with its ASCII letters in lower case; s itself if it has no capital. */
struct span arena_lower(struct arena *a, struct span s);
/* The parts, one after another. */
struct span arena_join(struct arena *a, const struct span *parts, size_t count);

/* A copy of the beginning of s: max_bytes at most, cut at a character. */
struct span arena_cut(struct arena *a, struct span s, size_t max_bytes);

#endif
