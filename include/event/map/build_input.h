/* SPDX-License-Identifier: Apache-2.0 */
/* build_input.h - a foreign record, and what must be known of it to build an event from it. */
#ifndef EVENT_MAP_BUILD_INPUT_H
#define EVENT_MAP_BUILD_INPUT_H

#include "codec/json.h"
#include "event/record/origin.h"
#include "event/record/shape.h"

struct rules;

struct build_input {
    const struct doc *doc; /* of a text that is clean: no bad UTF-8 */
    size_t at;             /* tape index of the record, an object; no duplicate names count */
    const struct record_index *index; /* of it, by builder_names; NULL: not known */
    enum shape shape; /* any but SHAPE_NONE, SHAPE_BEACON; SHAPE_OTLP: an attribute record */
    const struct object_origin *source;
    const struct rules *rules; /* NULL: built-in only */

    /* What an envelope around the record said (normalization.md §2 rule 2), "" if nothing. Tried
     * last.
     */
    struct span envelope_time; /* a number's text or a string's characters */
    struct span envelope_host;

    /* Another reader than the doc's, lent for a second reading of a SHAPE_OTEL record until the
     * event has been used. NULL: the builder makes one. */
    struct json_reader *reader;

    bool without_record; /* kafka-contract.md §1, size: leave raw.record out and set field_truncated
                          */
};

#endif
