/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ordinals.h - how often a hash was seen before in an object (kafka-contract.md §3).
 *
 * The last 2^14 distinct hashes are remembered, first in, first out by first sight. Fixed
 * memory (about 450 KiB), constant time. Threads: one at a time per object.
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

void ordinals_clear(struct ordinals *o);

/* How often h was seen before; now once more. *forgot: an older hash had to make room. */
uint32_t ordinals_next(struct ordinals *o, struct hash128 h, bool *forgot);

#endif
