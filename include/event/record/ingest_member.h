/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ingest_member.h - the member `ingest`, the last of every event (kafka-contract.md §1).
 *
 *     ingest_member_origin(&text, &origin);                 // once for an object
 *     ingest_member_write(&out, buf_span(&text), &facts);   // ,"ingest":{"id":"...",...}}
 */
#ifndef EVENT_RECORD_INGEST_MEMBER_H
#define EVENT_RECORD_INGEST_MEMBER_H

#include "base/buf.h"
#include "codec/timestamp.h"
#include "event/record/origin.h"
#include "event/record/shape.h"

/* The members of `ingest` besides the origin. Empty spans and zeros are omitted. */
struct ingest {
    const char *id; /* 36 characters */
    uint64_t line;
    uint64_t item;       /* 0: it is the only record of its line */
    struct span framing; /* empty: lines */
    enum shape shape;
    enum time_quality time;
    bool text_replaced;   /* invalid UTF-8 of the record was replaced by U+FFFD */
    bool names_duplicate; /* an object had a name twice, and only the last value was kept */
    struct span action;
    struct span repository;
    struct span actor;
};

/*
 * Append the part that is the same for a whole object, between id and line:
 * ","customer":"...",...,"line":
 */
void ingest_member_origin(struct buf *out, const struct object_origin *o);

/* Append `,"ingest":{...}}` to the members of an event. `origin`: from ingest_member_origin. */
void ingest_member_write(struct buf *out, struct span origin, const struct ingest *i);

#endif
