/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repair.h - the repair path: only the violations of the schema in a Beacon-shaped record are
 * changed (kafka-contract.md §1, normalization.md §8 and §9).
 *
 * Order, spelling of numbers, unknown members and blanks stay. Nothing is removed for good
 * (event/README.md, rule 14): the customer's own member `ingest` is kept as raw.ingest, other
 * values under raw.replaced. The result passes Beacon's own Validate() (event-schema.md §4).
 *
 *     repair_event(r, &in, &out, &facts);      // {"timestamp":...   up to the last member
 *     ingest_member_write(&out, ...);
 *
 * Threads: one at a time.
 */
#ifndef EVENT_REPAIR_REPAIR_H
#define EVENT_REPAIR_REPAIR_H

#include "base/buf.h"
#include "base/own.h"
#include "codec/json.h"
#include "event/record/event_facts.h"

struct repair_input {
    const struct doc *doc; /* sanitized, with extents and without duplicate names */
    size_t at;
    int64_t modified_ns;
    struct span envelope_time; /* used if the record has no usable time; "" if there is none */
};

struct repair;

/* max_bytes: longest text of a record. Never NULL. */
struct repair *repair_new(size_t max_bytes);
void repair_free(struct repair *r);
DEFINE_OWNED(repair);

/* Append the event without its last brace. Spans of *facts point into the document and into *r. */
void repair_event(struct repair *r, const struct repair_input *in, struct buf *out,
                  struct event_facts *facts);

#endif
