/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ordinals.h - how often a hash occurred before in an object (kafka-contract.md §3).
 *
 * Counts are kept for 2^14 distinct hashes. A further one replaces the hash that occurred first
 * the longest time ago. Fixed memory (about 450 KiB), constant time. Threads: one at a time.
 */
#ifndef EVENT_RECORD_ORDINALS_H
#define EVENT_RECORD_ORDINALS_H

#include "base/own.h"

enum { ORDINALS_WINDOW = 1 << 14 };

struct hash128 {
    uint64_t high;
    uint64_t low;
};

struct ordinals;

struct ordinals *ordinals_new(void); /* never NULL */
void ordinals_free(struct ordinals *o);
DEFINE_OWNED(ordinals);

size_t ordinals_bytes(void); /* of memory, of each */

void ordinals_clear(struct ordinals *o);

/* How often h occurred before. *forgot: the count of an older hash was dropped. */
uint32_t ordinals_next(struct ordinals *o, struct hash128 h, bool *forgot);

#endif
