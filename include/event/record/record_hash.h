/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_hash.h - the content hash of a record, H of kafka-contract.md §3: the sum, modulo 2^128,
 * of the hashes of its leaves. A leaf is a value that is no container, with its path.
 */
#ifndef EVENT_RECORD_RECORD_HASH_H
#define EVENT_RECORD_RECORD_HASH_H

#include "base/own.h"
#include "codec/json.h"
#include "event/record/duplicate_names.h"
#include "event/record/ordinals.h"

struct hashed_record {
    const struct doc *doc;
    size_t at;                           /* the record, an object */
    const struct duplicate_names *names; /* as duplicate_names_absent left it for this record */
    bool beacon; /* Beacon-shaped: event.id counts, members that forwarders add do not */
};

struct record_hash;

struct record_hash *record_hash_new(void); /* never NULL */
void record_hash_free(struct record_hash *h);
DEFINE_OWNED(record_hash);

struct hash128 record_hash_sum(struct record_hash *h, const struct hashed_record *r);

#endif
