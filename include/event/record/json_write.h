/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_write.h - the member `ingest`, the last of every event (kafka-contract.md §1).
 *
 *     ingest_member_origin(&text, &source);                  // once for an object
 *     ingest_member_write(&out, buf_span(&text), &facts);   // ,"ingest":{"id":"...",...}}
 *
 * Also JSON writing for all of event/: nothing there knows how a string is escaped but here.
 */
#ifndef EVENT_RECORD_JSON_WRITE_H
#define EVENT_RECORD_JSON_WRITE_H

#include "base/buf.h"
#include "codec/timestamp.h"
#include "event/record/origin.h"
#include "event/record/shape.h"

/* What `ingest` says beside the object. Empty spans and zeros are left out. */
struct ingest {
    const char *id; /* 36 characters */
    uint64_t line;
    uint64_t item; /* 0: the only record of its line */
    enum shape shape;
    enum time_quality time;
    struct span action;
    struct span repository;
    struct span actor;
};

/* `"s"` with JSON's escapes. Bytes that are not UTF-8 become U+FFFD, one per maximal subpart. */
void json_write_string(struct buf *out, struct span s);

/* The same without the quotes. */
void json_write_escaped(struct buf *out, struct span s);

/* Decimal digits. */
void json_write_number(struct buf *out, uint64_t n);

/* What `ingest` says of a whole object, between id and line: ","customer":"...",...,"line": */
void ingest_member_origin(struct buf *out, const struct object_origin *s);

/* Append `,"ingest":{...}}` behind the members of an event. `source`: as ingest_member_origin wrote
 * it. */
void ingest_member_write(struct buf *out, struct span source, const struct ingest *i);

#endif
