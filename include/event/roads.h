/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roads.h - an unwrapped record becomes an event by one of the three roads of spec output.md §1:
 * spliced byte for byte, repaired, or built anew.
 *
 *     if (!road_event(roads, &in, &out, &record, &why)) { ... reject for `why` ... }
 *
 * Threads: one at a time per object.
 */
#ifndef EVENT_ROADS_H
#define EVENT_ROADS_H

#include "event/normalize.h"
#include "event/record/shape.h"
#include "event/record/values.h"

struct road_input {
    struct value *value; /* an object that is not empty; changes when it must be cleaned */
    struct json_reader *const *readers;
    const struct outline *outline; /* of the object, by roads_names */
    enum shape shape;
    const struct source *source;
    const struct rules *rules;
    uint64_t line;
    uint64_t item;             /* 0: the only record of its line */
    bool never_splice;         /* as in normalize_options */
    struct span envelope_time; /* as in build.h */
    struct span envelope_host;
};

struct roads; /* opaque: identity, builder, repair, buffers */

struct roads *roads_new(size_t line_bytes); /* never NULL */
void roads_free(struct roads *r);
DEFINE_OWNED(roads);

/* The names that outlines are made by. */
struct pathset *roads_names(struct roads *r);

/* Begin an object: ordinals start empty. All road_input.source until the next call are *s. */
void roads_object(struct roads *r, const struct source *s);

/*
 * Write the event with `ingest` into *out (cleared first) and fill *rec. Spans of its key are
 * valid until the next call, or until the readers are used again. False: *why.
 */
MUST_USE bool road_event(struct roads *r, const struct road_input *in, struct buf *out,
                         struct record *rec, enum reject_reason *why);

#endif
