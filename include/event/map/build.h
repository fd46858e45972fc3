/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.h - the rebuild path: an event is written from a record of any shape but Beacon's
 * (kafka-contract.md §1, normalization.md §3 to §9).
 *
 * The members of the event are written compactly, in the order of event-schema.md §1. The caller
 * appends the member `ingest` and the last brace:
 *
 *     struct event_facts facts;
 *     // {"timestamp":...,"raw":{...}
 *     if (build_event(builder, &in, &out, &facts) == BUILD_EVENT) {
 *         ingest_member_write(&out, ...);              // ,"ingest":{...}}
 *
 * Pure. No allocation after its buffers have grown. Threads: one at a time per builder.
 */
#ifndef EVENT_MAP_BUILD_H
#define EVENT_MAP_BUILD_H

#include "base/buf.h"
#include "base/own.h"
#include "event/map/build_input.h"
#include "event/record/event_facts.h"
#include "event/schema/schema_fields.h"

struct builder;

struct builder *builder_new(void); /* never NULL */
void builder_free(struct builder *b);
DEFINE_OWNED(builder);

/* The path set that record indexes are made with. */
struct pathset *builder_names(struct builder *b);

enum build_result {
    BUILD_EVENT,
    BUILD_NO_FIELD, /* a flat record without a known field */
    BUILD_NO_EVENT, /* a flat or ECS record with nothing of an endpoint event */
};

/*
 * Append the event up to its last member, without `ingest` and without the last brace. Without an
 * event *out is unchanged. An event that does not fit marks *out overflowed; the caller tries again
 * with without_record.
 */
MUST_USE enum build_result build_event(struct builder *b, const struct build_input *in,
                                       struct buf *out, struct event_facts *facts);

/* What an object says of an event by the paths of its members. */
enum record_states {
    STATES_NOTHING, /* no path but those of time and message */
    STATES_CONTEXT, /* only where it was written: host, program, file, severity */
    STATES_LINK,    /* ... and its trace or category */
    STATES_SUBJECT, /* ... who, in which session, run or repository */
    STATES_EVENT,   /* what happened */
};

/* Whether it has a field of an event (normalization.md §2). */
static inline bool states_event(enum record_states s)
{
    return s > STATES_CONTEXT;
}

struct record_stated {
    enum record_states what;
    struct span path; /* of a field that says so; "" for one of a customer's paths */
    bool time;        /* it has a time, too */
};

MUST_USE struct record_stated builder_states(struct builder *b, const struct doc *doc, size_t at,
                                             const struct record_index *index,
                                             const struct rules *rules);

/* The path that a field of the last event was mapped from; "" if it was derived or is absent. */
struct span builder_source(const struct builder *b, enum field f);

#endif
