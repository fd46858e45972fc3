/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape.h - the shape of a record: the family of its member names (normalization.md §2, rules 3 to
 * 9).
 */
#ifndef EVENT_RECORD_SHAPE_H
#define EVENT_RECORD_SHAPE_H

#include "event/record/record_index.h"

enum shape {
    SHAPE_NONE, /* not decided */
    SHAPE_BEACON,
    SHAPE_ECS,
    SHAPE_OTEL,
    SHAPE_OTLP,
    SHAPE_HOOK,
    SHAPE_FLAT,
    SHAPES
};

/* The word of ingest.shape: "beacon", ... Never NULL; "" for SHAPE_NONE. */
const char *shape_name(enum shape s);

/* The first half of rule 4: its vendor is Beacon. */
MUST_USE bool shape_has_beacon_vendor(const struct doc *d, const struct record_index *index);

/* Rule 4. */
MUST_USE bool shape_is_beacon(const struct doc *d, const struct record_index *index);

/*
 * Rules 3 to 8, the first that matches. Whether a flat record has any known field (rule 9) is found
 * out by build_event.
 */
MUST_USE enum shape shape_of(const struct doc *d, const struct record_index *index);

#endif
