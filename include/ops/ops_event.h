/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_event.h - an ops event: what the worker did, as a CloudEvent 1.0 in structured mode.
 * docs/ops-events.md has the format, docs/ops-events.schema.json its JSON Schema.
 *
 *     struct buf data = BUF_INIT(OPS_EVENT_BYTES);
 *     struct buf out = BUF_INIT(OPS_EVENT_BYTES);
 *     ops_object_write(&data, &object);
 *     ops_event_write(&out, &stamp, &(struct ops_event){.type = OPS_OBJECT_DONE, ...});
 *
 * Texts may contain any byte. Those that are not UTF-8 become U+FFFD. Pure. Threads: any.
 */
#ifndef OPS_OPS_EVENT_H
#define OPS_OPS_EVENT_H

#include "base/buf.h"
#include "base/err.h"

enum { OPS_EVENT_BYTES = 64 * 1024 }; /* maximum of an event */

#define OPS_TYPE(name) "asymptote.ingest." name
#define OPS_OBJECT_DONE OPS_TYPE("object.done")
#define OPS_OBJECT_LEFT OPS_TYPE("object.left")
#define OPS_OBJECT_LATER OPS_TYPE("object.later")
#define OPS_CUSTOMER_PAUSED OPS_TYPE("customer.paused")
#define OPS_CUSTOMER_RESUMED OPS_TYPE("customer.resumed")
#define OPS_VERIFY_CHANGED OPS_TYPE("verify.changed")
#define OPS_RECONCILED OPS_TYPE("reconcile.result")
#define OPS_WORKER_STARTED OPS_TYPE("worker.started")
#define OPS_WORKER_STOPPED OPS_TYPE("worker.stopped")

/* Who sends the event, and when. */
struct ops_stamp {
    struct span source; /* "asymptote-ingest/HOST"; percent-encoded where a URI requires it */
    int64_t started_ms; /* of the process, wall clock; with `number` it identifies the event */
    uint64_t number;
    int64_t now_ms; /* wall clock */
};

struct ops_event {
    const char *type;     /* OPS_OBJECT_DONE, ... */
    struct span customer; /* its id; "": the event is about the worker */
    struct span subject;  /* the object; "": none */
    struct span data;     /* a JSON object */
};

/* Append the event. out->overflowed: it was too long. */
void ops_event_write(struct buf *out, const struct ops_stamp *s, const struct ops_event *ev);

/* Records of an object in one partition. Records of other objects may be between them. */
struct ops_range {
    const char *topic;
    int32_t partition;
    int64_t first, last; /* offsets; both included */
    uint64_t records;
};

/* An object that is done, left or received again after a delay. Texts that are "" and times below 0
 * are not known. */
struct ops_object {
    struct span customer;
    struct span name; /* "s3://bucket/key" */
    bool left, later;
    enum err_kind accepted; /* the class that the customer accepts; FAIL_NONE: it was read */
    const char *version, *etag;
    const char *notified_version; /* if another version was read */
    uint64_t bytes, lines, events, rejects, records;
    const struct ops_range *ranges;
    size_t range_count;
    bool more_ranges; /* there are partitions without a range */
    int64_t read_ms, total_ms, lag_ms;
    const char *queue, *message_id;
    unsigned receive_count, attempts;
    const struct err *err; /* FAIL_NONE or NULL: none */
    const char *damage;    /* of the compression */
};

/* The data of OPS_OBJECT_DONE, OPS_OBJECT_LEFT and OPS_OBJECT_LATER. */
void ops_object_write(struct buf *out, const struct ops_object *o);

/* The data of OPS_CUSTOMER_PAUSED: why, and after which time it is tried again. */
void ops_paused_write(struct buf *out, struct span customer, const struct err *why,
                      int64_t pause_ms);

/* The data of OPS_CUSTOMER_RESUMED: for how long it was paused. */
void ops_resumed_write(struct buf *out, struct span customer, int64_t paused_ms);

/* The data of OPS_VERIFY_CHANGED: another result of a check than the one before. */
struct ops_verify {
    const char *check, *result;
    const char *before;    /* NULL: the first result */
    const struct err *err; /* FAIL_NONE or NULL: none */
};
void ops_verify_write(struct buf *out, struct span customer, const struct ops_verify *v);

/* The data of OPS_RECONCILED: what a comparison of a bucket with what was delivered found. */
struct ops_reconcile {
    uint64_t compared, missing, before; /* objects; before: missing in the comparison before */
    int64_t from_ms, to_ms;             /* of which time; wall clock */
    const struct span *keys;            /* some of those that are missing */
    size_t key_count;
    const struct err *err; /* FAIL_NONE: it was made; else the members above do not count */
};
void ops_reconcile_write(struct buf *out, struct span customer, const struct ops_reconcile *r);

/* The data of OPS_WORKER_STARTED and OPS_WORKER_STOPPED. */
struct ops_worker {
    const char *version;
    int rules;
    size_t customers, queues, lanes;
};
void ops_worker_write(struct buf *out, const struct ops_worker *w);

#endif
