/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duplicate_names.h - duplicate member names in one object (kafka-contract.md §1, §3).
 *
 * RFC 8259 does not define what they mean. Here the last one counts (event/README.md, rule
 * 13), as in Go and serde; those before it are shadowed. The usual object takes a filter of a few
 * words. The names of an object with many members are sorted, so that hostile names cost no more
 * than n log n.
 *
 *     if (!duplicate_names_absent(&names, &doc, at)) {
 *         ... duplicate_names_shadowed(&names, i) is true for the name at tape index i ...
 *
 * Memory: grows to 16 bytes per member of the largest object with many members, and one bit per
 * tape word of a document with duplicate names. Threads: one at a time.
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
    bool unique; /* the last document has no duplicates, and `shadowed` is not set */
};

void duplicate_names_init(struct duplicate_names *n);
void duplicate_names_done(struct duplicate_names *n);

/* Find the duplicates of all objects in the value at `at`. True: there are none. */
bool duplicate_names_absent(struct duplicate_names *n, const struct doc *d, size_t at);

/* The same for an object with an index. */
bool duplicate_names_absent_indexed(struct duplicate_names *n, const struct doc *d, size_t at,
                                    const struct record_index *index);

/* Whether the name at tape index `i` of the last value is shadowed by a later one. */
static inline bool duplicate_names_shadowed(const struct duplicate_names *n, size_t i)
{
    return !n->unique && (n->shadowed[i / 64] >> (i % 64) & 1) != 0;
}

#endif
