/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape.h - what kind of record an object is (normalization.md §2, rules 3 to 9).
 */
#ifndef EVENT_RECORD_SHAPE_H
#define EVENT_RECORD_SHAPE_H

#include "event/record/record_index.h"

enum shape {
    SHAPE_NONE, /* none yet */
    SHAPE_BEACON,
    SHAPE_ECS,
    SHAPE_OTEL,
    SHAPE_OTLP,
    SHAPE_HOOK,
    SHAPE_FLAT,
    SHAPES
};

/* The word of ingest.shape: "beacon" ... Never NULL ("" for SHAPE_NONE). */
const char *shape_name(enum shape s);

/* Rule 4's first half: the record says who wrote it. */
MUST_USE bool shape_is_vendors(const struct doc *d, const struct record_index *o);

/* Rule 4 alone. */
MUST_USE bool shape_is_beacon(const struct doc *d, const struct record_index *o);

/*
 * Rules 3 to 8, first match, of the object with this record_index. Whether a flat record holds any
 * field that we know (rule 9) is for build_event to say, which has looked.
 */
MUST_USE enum shape shape_of(const struct doc *d, const struct record_index *o);

#endif
