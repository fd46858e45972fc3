/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_maker.h - an unwrapped record becomes an event by one of the three paths of
 * kafka-contract.md §1: pass-through, repair or rebuild.
 *
 *     if (!event_maker_make(maker, &in, &out, &record, &why)) { ... reject for `why` ... }
 *
 * Threads: one at a time per object.
 */
#ifndef EVENT_EVENT_MAKER_H
#define EVENT_EVENT_MAKER_H

#include "base/buf.h"
#include "base/own.h"
#include "event/output.h"
#include "event/record/record_splitter.h"
#include "event/record/shape.h"

struct rules;

struct event_maker_input {
    struct value *value; /* an object that is not empty; changes when it must be cleaned */
    struct json_reader *const *readers;
    const struct record_index *index; /* of the object, by event_maker_names */
    enum shape shape;
    const struct object_origin *source;
    const struct rules *rules;
    uint64_t line;
    uint64_t item;             /* 0: the only record of its line */
    bool never_splice;         /* as in normalize_options */
    struct span envelope_time; /* as in build.h */
    struct span envelope_host;
};

struct event_maker; /* opaque: identity, builder, repair, buffers */

struct event_maker *event_maker_new(size_t line_bytes); /* never NULL */
void event_maker_free(struct event_maker *r);
DEFINE_OWNED(event_maker);

/* The names that record indexes are made by. */
struct pathset *event_maker_names(struct event_maker *r);

/* Begin an object: ordinals start empty. All event_maker_input.source until the next call are *s.
 */
void event_maker_object(struct event_maker *r, const struct object_origin *s);

/*
 * Write the event with `ingest` into *out (cleared first) and fill *rec. Spans of its key are
 * valid until the next call, or until the readers are used again. False: *why.
 */
MUST_USE bool event_maker_make(struct event_maker *r, const struct event_maker_input *in,
                               struct buf *out, struct output *rec, enum reject_reason *why);

#endif
