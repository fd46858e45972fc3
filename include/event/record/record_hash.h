/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_hash.h - H of spec output.md §3: the sum, modulo 2^128, of a hash of each leaf of a
 * record.
 */
#ifndef EVENT_RECORD_RECORD_HASH_H
#define EVENT_RECORD_RECORD_HASH_H

#include "event/record/identity.h"

struct record_hash; /* opaque: the path, and hash states for long ones */

struct record_hash *record_hash_new(void); /* never NULL */
void record_hash_free(struct record_hash *l);
DEFINE_OWNED(record_hash);

struct hash128 record_hash_sum(struct record_hash *l, const struct identity_record *r);

#endif
