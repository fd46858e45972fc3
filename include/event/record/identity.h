/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h - the id of an event (kafka-contract.md §3).
 *
 * It is the same for every copy of the event, whatever the order of its members and the spelling of
 * its numbers. It differs for two events of one object that are equal: they differ in their
 * ordinal. What a record does not state itself is added: the time that its envelope has, or the
 * object if that gives the time.
 *
 *     identity_object(id, origin, ordinals);                // the object of the next records
 *     identity_read(id, &record);                           // before any change of the record
 *     identity_write(id, &facts, text, &forgot);            // when the event's time is decided
 *
 * No allocation after its buffers have grown. Threads: one at a time.
 */
#ifndef EVENT_RECORD_IDENTITY_H
#define EVENT_RECORD_IDENTITY_H

#include "event/record/event_facts.h"
#include "event/record/record_hash.h"

enum { IDENTITY_BYTES = 37 }; /* a UUID's text and a NUL */

struct identity;

struct identity *identity_new(void); /* never NULL */
void identity_free(struct identity *id);
DEFINE_OWNED(identity);

/*
 * Set the object of the next records. Both are borrowed until the next call. At the beginning of an
 * object its ordinals are clear.
 */
void identity_object(struct identity *id, const struct object_origin *origin,
                     struct ordinals *ordinals);

/* Read the next record. Nothing of it is borrowed afterwards. */
void identity_read(struct identity *id, const struct hashed_record *r);

/*
 * The id of the record that was read last, once for each. Of *facts the time and where it comes
 * from count. *forgot: the window of ordinals overflowed on it. A record of which no event is made
 * needs no call: it has no ordinal.
 */
void identity_write(struct identity *id, const struct event_facts *facts, char text[IDENTITY_BYTES],
                    bool *forgot);

#endif
