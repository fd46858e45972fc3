/* SPDX-License-Identifier: Apache-2.0 */
/*
 * origin.h - where a record comes from, what its key may use, and why a line became a reject.
 *
 * Plain data shared by all steps of the normalizer and by its callers, which include
 * event/normalize.h.
 */
#ifndef EVENT_RECORD_ORIGIN_H
#define EVENT_RECORD_ORIGIN_H

#include "base/span.h"

enum {
    INGEST_RULES = 3
}; /* ingest.rules, raised by every change of an output (event/README.md, rule 5) */

enum reject_reason {
    REJECT_BAD_JSON,
    REJECT_NOT_AN_EVENT,
    REJECT_NO_KNOWN_FIELD,
    REJECT_WRAPPED_TEXT,
    REJECT_LINE_TOO_LONG,
    REJECT_EVENT_TOO_LARGE,
    REJECT_TRUNCATED_OBJECT,
    REJECT_BOMB,
    REJECT_OBJECT,
    REJECT_NOT_OURS,
    REJECT_REASONS
};

/* The word of kafka-contract.md §4: "bad_json", ... Never NULL. */
const char *reject_reason_name(enum reject_reason r);

/* Where the lines come from. The spans must outlive the object's last normalizer_next. */
struct object_origin {
    struct span customer; /* customer id, "" if none (rejects only) */
    struct span object;   /* "s3://bucket/key", decoded, not escaped; may hold any byte */
    struct span version;  /* version id, else ETag without quotes; "" if unknown */
    bool version_is_etag; /* the object has no version id */
    int64_t modified_ns;  /* LastModified, ns since the epoch, UTC */
};

/* What the key and the headers of a Kafka record are made of (kafka-contract.md §2). A span is
 * empty if the event has no such field. */
struct output_key {
    struct span category, harness, session, user, hostname, action;
    char id[37];     /* ingest.id, NUL-terminated */
    int64_t time_ns; /* the event's own time */
};

/* No text and no time. The id is not touched. */
static inline void output_key_clear(struct output_key *k)
{
    const struct span none = {"", 0};
    k->category = none;
    k->harness = none;
    k->session = none;
    k->user = none;
    k->hostname = none;
    k->action = none;
    k->time_ns = 0;
}

#endif
