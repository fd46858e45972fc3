/* SPDX-License-Identifier: Apache-2.0 */
/*
 * beacon.h - is a Beacon-shaped record right as it is? (kafka-contract.md §1, the pass-through
 * path)
 *
 * One walk over the members that the schema knows, with what a record's key and `ingest` need
 * collected on the way. Looks only at members' types and values: that no name stands twice is
 * duplicate_names.h's to say, that the text is what it should be json.h's.
 */
#ifndef EVENT_REPAIR_BEACON_H
#define EVENT_REPAIR_BEACON_H

#include "codec/json.h"
#include "event/record/event_facts.h"
#include "event/schema/schema_tree.h"

struct beacon {
    bool right;               /* nothing to repair */
    uint32_t seen;            /* bit 1 << rule: that required member is there and right */
    struct event_facts facts; /* spans into the doc; repository is the member's text */
};

/* `at` is an object of shape SHAPE_BEACON. */
void beacon_check(const struct doc *d, size_t at, int64_t modified_ns, struct beacon *b);

/* Does the value have the type (null has any)? */
MUST_USE bool beacon_type_fits(const struct doc *d, size_t at, enum member_type type);

#endif
