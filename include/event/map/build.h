/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.h - the rebuild path: a record of any shape but Beacon's becomes a schema 1.0 event
 * (spec output.md §1, schema.md §14.3 to §14.9).
 *
 * The driver (normalize.c) has found the shape and computed the identity; here the event's
 * members are written, compactly, in the order of schema.md §1, and with them what `ingest`
 * and the record's key need to know. The member `ingest` and the last brace are the driver's:
 *
 *     struct built b;
 *     if (build_event(builder, &in, &out, &b)) {   // {"timestamp":...,"raw":{...}
 *         ingest_member_write(&out, ...);                  // ,"ingest":{...}}
 *
 * Pure; no allocation once its buffers have grown. Threads: one at a time per builder.
 */
#ifndef EVENT_MAP_BUILD_H
#define EVENT_MAP_BUILD_H

#include "base/buf.h"
#include "codec/json.h"
#include "codec/timestamp.h"
#include "event/record/origin.h"
#include "event/record/shape.h"
#include "event/schema/schema_fields.h"

struct build_input {
    const struct doc *doc; /* of a text that is clean: no bad UTF-8 */
    size_t at;             /* tape index of the record, an object; no duplicate names count */
    const struct record_index *record_index; /* of it, by builder_names; NULL: not known */
    enum shape shape; /* any but SHAPE_NONE, SHAPE_BEACON; SHAPE_OTLP: an attribute record */
    const struct object_origin *source;
    const struct rules *rules; /* NULL: built-in only */

    /* What an envelope around the record said (schema.md §14.2 rule 2), "" if nothing. Tried last.
     */
    struct span envelope_time; /* a number's text or a string's characters */
    struct span envelope_host;

    /* Another reader than the doc's, lent for a second reading of a SHAPE_OTEL record until the
     * event has been used. NULL: the builder makes one. */
    struct json_reader *reader;

    bool without_record; /* output.md §1, size: leave raw.record out and set field_truncated */
};

/* What the event says of itself. Spans are valid until the next build_event or the doc's end. */
struct built {
    struct output_key key;  /* all but id */
    enum time_quality time; /* ingest.time */
    struct span action;     /* ingest.action: the source's own word, "" if the action is its own */
    struct span repository; /* ingest.repository as derived (repository.h), "" if none */
    struct span actor;      /* ingest.actor, "" if none */

    /* With TIME_FROM_OBJECT: what stands where the time should be, as JSON, cut to
     * TIME_UNREAD_BYTES; "" if nothing does. Valid until the next event. */
    struct span time_unread;
};

enum { TIME_UNREAD_BYTES = 80 };

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
                          struct built *built);

/* The path that a field of the last event was taken from; "" if it was derived, or is absent. */
struct span builder_source(const struct builder *b, enum field f);

#endif
