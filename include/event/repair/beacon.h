/* SPDX-License-Identifier: Apache-2.0 */
/*
 * beacon.h - may a Beacon-shaped record take the pass-through path? (kafka-contract.md §1)
 *
 * One walk over the members that the schema knows. It checks their types and rules, and notes what
 * the key and `ingest` need. Duplicate names are found by duplicate_names.h, and damage of the text
 * by json.h.
 */
#ifndef EVENT_REPAIR_BEACON_H
#define EVENT_REPAIR_BEACON_H

#include "codec/json.h"
#include "event/record/event_facts.h"
#include "event/schema/schema_tree.h"

struct beacon {
    bool right;               /* nothing must be repaired */
    uint32_t seen;            /* bit 1 << rule: that required member is there and right */
    struct event_facts facts; /* spans into the doc; repository is the member's text */
};

/* `at` is an object of shape SHAPE_BEACON. */
void beacon_check(const struct doc *d, size_t at, int64_t modified_ns, struct beacon *b);

/* Whether the value has the type. A null has every type. */
MUST_USE bool beacon_type_fits(const struct doc *d, size_t at, enum member_type type);

#endif
