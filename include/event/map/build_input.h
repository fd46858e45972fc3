/* SPDX-License-Identifier: Apache-2.0 */
/* build_input.h - a foreign record, and what must be known of it to build an event from it. */
#ifndef EVENT_MAP_BUILD_INPUT_H
#define EVENT_MAP_BUILD_INPUT_H

#include "codec/json.h"
#include "event/record/origin.h"
#include "event/record/shape.h"

struct rules;

struct build_input {
    const struct doc *doc;            /* sanitized, with extents */
    size_t at;                        /* the record, an object without duplicate names */
    const struct record_index *index; /* of the record, made with builder_names; NULL: none */
    enum shape shape;                 /* any but SHAPE_NONE and SHAPE_BEACON */
    const struct object_origin *origin;
    const struct rules *rules; /* NULL: built-in only */

    /* Of an envelope around the record (normalization.md §2, rule 2), tried last; "" if none. */
    struct span envelope_time; /* a number's text or a string's characters */
    struct span envelope_host;

    /* A reader other than that of doc, to read a SHAPE_OTEL record again. The builder uses it until
     * the event has been used. NULL: the builder makes one. */
    struct json_reader *reader;

    bool without_record; /* leave out raw.record and set field_truncated (kafka-contract.md §1) */
};

#endif
