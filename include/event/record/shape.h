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

/* Its vendor is Beacon: the first half of normalization.md §2, rule 4. */
MUST_USE bool shape_has_beacon_vendor(const struct doc *d, const struct record_index *index);

/* A Beacon-shaped record (normalization.md §2, rule 4). */
MUST_USE bool shape_is_beacon(const struct doc *d, const struct record_index *index);

/*
 * The first of normalization.md §2, rules 3 to 8, that matches. build_event finds out whether a
 * flat record has any known field (rule 9).
 */
MUST_USE enum shape shape_of(const struct doc *d, const struct record_index *index);

#endif
