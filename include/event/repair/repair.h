/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repair.h - the repair path: a Beacon-shaped record with something wrong in it (kafka-contract.md
 * §1, normalization.md §8 and §9). Only what is wrong changes; order, number texts, unknown
 * members and blanks stay. What a repair takes away is kept in `raw`: the customer's own
 * `ingest` as raw.ingest, values that could not be kept in their place under raw.replaced.
 *
 * After it the event passes Beacon's own Validate() (event-schema.md §4).
 *
 *     repair_event(r, &in, &out, &facts);   // {"timestamp":...   up to the last member
 *     ingest_member_write(&out, ...);
 *
 * Threads: one at a time per object.
 */
#ifndef EVENT_REPAIR_REPAIR_H
#define EVENT_REPAIR_REPAIR_H

#include "base/buf.h"
#include "base/own.h"
#include "codec/json.h"
#include "event/record/event_facts.h"

struct repair_input {
    const struct doc *doc; /* clean: with extents, names unique */
    size_t at;
    int64_t modified_ns;
    struct span envelope_time; /* tried when the record has no usable time, "" if none */
};

struct repair; /* opaque: edits and texts */

/* max_bytes: longest text of a record. Never NULL. */
struct repair *repair_new(size_t max_bytes);
void repair_free(struct repair *r);
DEFINE_OWNED(repair);

/* Append the event, without its last brace. *facts: spans into the doc and into *r. */
void repair_event(struct repair *r, const struct repair_input *in, struct buf *out,
                  struct event_facts *facts);

#endif
