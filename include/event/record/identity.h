/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h - the id of an event (kafka-contract.md §3).
 *
 * It is the same for every copy of the event, whatever the order of its members and the spelling of
 * its numbers. It differs for two events of one object that are equal: they differ in their
 * ordinal.
 *
 *     identity_object(id);                                  // each attempt at an object
 *     identity_of(id, &record, text, &forgot);              // each record, in order
 *
 * It is computed from the unwrapped record before normalization. No allocation after its buffers
 * have grown. Threads: one at a time.
 */
#ifndef EVENT_RECORD_IDENTITY_H
#define EVENT_RECORD_IDENTITY_H

#include "event/record/record_hash.h"

enum { IDENTITY_BYTES = 37 }; /* a UUID's text and a NUL */

struct identity_record {
    struct hashed_record record;
    struct span customer;
};

struct identity;

struct identity *identity_new(void); /* never NULL */
void identity_free(struct identity *id);
DEFINE_OWNED(identity);

/* Begin an object: its ordinals start at 0. */
void identity_object(struct identity *id);

/* The id of the next record. *forgot: the window of ordinals overflowed on it. */
void identity_of(struct identity *id, const struct identity_record *r, char text[IDENTITY_BYTES],
                 bool *forgot);

#endif
