/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.h - FNV-1a, 64 bits: G. Fowler, L. C. Noll, K.-P. Vo, "The FNV Non-Cryptographic Hash
 * Algorithm". Only to distinguish texts: a party that chooses the texts can make two of them
 * collide.
 *
 *     h = hash_span(HASH_SEED, key);
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/span.h"

#define HASH_SEED UINT64_C(0xcbf29ce484222325)

static inline uint64_t hash_byte(uint64_t h, char c)
{
    return (h ^ (unsigned char)c) * UINT64_C(0x100000001b3);
}

/* Continue with h, a seed or the hash of what comes before. */
static inline uint64_t hash_span(uint64_t h, struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        h = hash_byte(h, s.p[i]);
    }
    return h;
}

#endif
