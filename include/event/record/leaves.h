/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaves.h - H of spec output.md §3: the sum, modulo 2^128, of a hash of each leaf of a record.
 */
#ifndef EVENT_RECORD_LEAVES_H
#define EVENT_RECORD_LEAVES_H

#include "event/record/identity.h"

struct leaves; /* opaque: the path, and hash states for long ones */

struct leaves *leaves_new(void); /* never NULL */
void leaves_free(struct leaves *l);
DEFINE_OWNED(leaves);

struct hash128 leaves_sum(struct leaves *l, const struct identity_record *r);

#endif
