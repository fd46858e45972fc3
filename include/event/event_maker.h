/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_maker.h - a record without wrappers becomes an event on one of three paths: pass-through,
 * repair or rebuild (kafka-contract.md §1).
 *
 *     if (!event_maker_make(maker, &in, &out, &output, &why)) { ... reject for `why` ... }
 *
 * Nothing of a record is kept for the next one, so a maker may be used for several objects at once.
 * Threads: one at a time.
 */
#ifndef EVENT_EVENT_MAKER_H
#define EVENT_EVENT_MAKER_H

#include "base/buf.h"
#include "base/own.h"
#include "event/map/build.h"
#include "event/output.h"
#include "event/record/record_splitter.h"
#include "event/record/shape.h"
#include "event/record/steps.h"

struct rules;

struct event_maker_input {
    struct value *value; /* an object with members; sanitizing changes it */
    struct json_reader *const *readers;
    const struct record_index *index; /* of the object, by event_maker_names */
    enum shape shape;
    const struct object_origin *origin;
    struct ordinals *ordinals; /* of the object; changed */
    struct span ingest;        /* of the object, from ingest_member_origin */
    const struct rules *rules;
    uint64_t line;
    uint64_t item;             /* 0: the only record of its line */
    struct span framing;       /* of the object; empty: lines */
    bool never_pass_through;   /* as in normalize_options */
    struct span envelope_time; /* as in build_input.h */
    struct span envelope_host;
    struct steps *steps; /* of the piece; counted */
};

/* Why a record has no event. */
struct reject_why {
    enum reject_reason reason;
    const char *detail; /* static */
};

extern const struct reject_why event_maker_too_large, event_maker_no_field;

struct event_maker;

struct event_maker *event_maker_new(size_t line_bytes); /* never NULL */
void event_maker_free(struct event_maker *m);
DEFINE_OWNED(event_maker);

/* The path set that record indexes are made with. */
struct pathset *event_maker_names(struct event_maker *m);

/* What an object says of an event (build.h); of a Beacon-shaped one or an OTLP request: an event.
 */
MUST_USE struct record_stated event_maker_states(struct event_maker *m, const struct doc *doc,
                                                 size_t at, const struct record_index *index,
                                                 const struct rules *rules);

/*
 * Write the event with `ingest` into *out (cleared first) and fill *o. The spans of its key are
 * valid until the next call, or until the readers are used. False: the record has no event, see
 * *why.
 */
MUST_USE bool event_maker_make(struct event_maker *m, const struct event_maker_input *in,
                               struct buf *out, struct output *o, struct reject_why *why);

#endif
