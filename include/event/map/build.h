/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.h - the rebuild path: a record of any shape but Beacon's becomes a schema 1.0 event
 * (kafka-contract.md §1, normalization.md §3 to §9).
 *
 * The driver (normalize.c) has found the shape and computed the identity; here the event's
 * members are written, compactly, in the order of event-schema.md §1, and with them what
 * `ingest` and the record's key need to know. The member `ingest` and the last brace are the
 * driver's:
 *
 *     struct event_facts facts;
 *     if (build_event(builder, &in, &out, &facts)) {   // {"timestamp":...,"raw":{...}
 *         ingest_member_write(&out, ...);                  // ,"ingest":{...}}
 *
 * Pure; no allocation once its buffers have grown. Threads: one at a time per builder.
 */
#ifndef EVENT_MAP_BUILD_H
#define EVENT_MAP_BUILD_H

#include "base/buf.h"
#include "base/own.h"
#include "event/map/build_input.h"
#include "event/record/event_facts.h"
#include "event/schema/schema_fields.h"

struct builder; /* opaque: scratch buffers */

struct builder *builder_new(void);
void builder_free(struct builder *b);
DEFINE_OWNED(builder);

/* The names that record indexes are made by. */
struct pathset *builder_names(struct builder *b);

/*
 * Append the event up to its last member, without `ingest` and without the last brace.
 * False: a flat record that has nothing to build an event from (no_known_field); *out is unchanged.
 * An event that does not fit marks *out overflowed; the caller tries again without_record.
 */
MUST_USE bool build_event(struct builder *b, const struct build_input *in, struct buf *out,
                          struct event_facts *facts);

/* The path that a field of the last event was taken from; "" if it was derived, or is absent. */
struct span builder_source(const struct builder *b, enum field f);

#endif
