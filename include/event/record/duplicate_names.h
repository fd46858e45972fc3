/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duplicate_names.h - member names that stand twice in one object (kafka-contract.md §1, §3).
 *
 * RFC 8259 leaves open what they mean; here the last one counts, as for Go and serde. The
 * usual object costs one look at each name and a few bits; an object of many members is
 * sorted, so that 100,000 members of an attacker cost no more than n log n.
 *
 *     if (!duplicate_names_absent(&names, &doc, at)) {
 *         ... duplicate_names_shadowed(&names, i) is true for the name at tape index i ...
 *
 * Threads: one at a time per object. Memory: grows to 16 bytes per member of the largest
 * object of many members, and one bit per tape word of a document with such names.
 */
#ifndef EVENT_RECORD_DUPLICATE_NAMES_H
#define EVENT_RECORD_DUPLICATE_NAMES_H

#include "codec/json.h"
#include "event/record/record_index.h"

struct duplicate_names {
    uint64_t *shadowed; /* a bit per tape index: a later member has the same name */
    size_t shadowed_cap;
    struct name_key *keys; /* of one object of many members */
    size_t keys_cap;
    bool unique; /* of the last document: shadowed is not set up */
};

void duplicate_names_init(struct duplicate_names *n);
void duplicate_names_done(struct duplicate_names *n);

/* Look at all objects in the value at `at`. True, and kept as `unique`: no name twice in any of
 * them. */
bool duplicate_names_absent(struct duplicate_names *n, const struct doc *d, size_t at);

/* The same of an object whose record_index is known. */
bool duplicate_names_absent_by(struct duplicate_names *n, const struct doc *d, size_t at,
                               const struct record_index *o);

/* For the value that duplicate_names_absent has seen last: does the name at tape index `i` not
 * count? */
static inline bool duplicate_names_shadowed(const struct duplicate_names *n, size_t i)
{
    return !n->unique && (n->shadowed[i / 64] >> (i % 64) & 1) != 0;
}

#endif
