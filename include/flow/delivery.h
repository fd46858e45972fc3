/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery.h - the delivery of one object: its records in Kafka's queue, and the log line, the
 * counters and the ops event of the object when all of them are reported.
 *
 * Pending counts one for the lane that reads the object, and one for each record that the producer
 * has. The release that brings it to zero ends the delivery: only then is the object done.
 *
 *     delivery_hold(d);  record.tag = d;  sink_produce(...)       for each record
 *     delivery_read(d, &end);                                     the result of the attempt
 *     delivery_release(d);                                        the lane's count
 *     delivery_reported(d, report);                               the sink, for each record
 *
 * A message in flight is held by the deliveries of its objects (settle/inflight.h).
 *
 * Threads: delivery_reported: the sink's; the others: the lane's. The count orders all writes
 * before the reads of the last release.
 */
#ifndef FLOW_DELIVERY_H
#define FLOW_DELIVERY_H

#include "base/clock.h"
#include "customers/failed_objects.h"
#include "customers/waiting.h"
#include "net/sink.h"
#include "ops/ops_event.h"
#include "settle/inflight.h"

#include <stdatomic.h>

enum { DELIVERY_RANGES = 8 }; /* number of partitions for which offsets are kept */

struct delivery {
    struct inflight *inflight;
    struct customer *customer; /* with a reference; NULL: a reject without a customer */
    const struct clock *clock;
    int64_t began_ms;
    atomic_uint_fast64_t pending;
    struct waiting waiting; /* listed from the first record to the end */
    struct {                /* used by the sink's thread until nothing is pending */
        struct ops_range ranges[DELIVERY_RANGES]; /* topics owned by the sink */
        unsigned range_count;
        bool more; /* there are partitions without a range */
        uint64_t acknowledged;
        struct err *failed; /* an error of a report, FAIL_AGAIN only if all are; NULL: none */
    } reports;
    struct { /* set by delivery_read */
        bool known;
        bool put_back; /* the object was read in part: its lane was taken back */
        enum outcome outcome;
        enum err_kind accepted; /* the accepted class; FAIL_NONE: the object was read */
        uint64_t lines, events, rejects, skipped, bytes;
        unsigned attempts;
        const char *probe;
        char *version, *etag, *notified, *detail;
        int64_t read_ms;  /* from the beginning until the object was read */
        const char *next; /* for LEAVE */
        int delay_s;
        struct err *err; /* for LEAVE and accepted classes; NULL: none */
        bool recalled;   /* the object was not read, the counts are of an earlier receive */
        struct failed_read *failed; /* remembered when its records are acknowledged; NULL: not */
    } read;
    char object[]; /* "s3://bucket/key" */
};

/* The result of an attempt. */
struct delivery_end {
    const struct outcome_action *action;
    const struct err *err; /* of the attempt; FAIL_NONE: it succeeded */
    bool said;             /* a line of an outage has all of err */
    unsigned attempts;     /* in this receive */
    const char *probe;     /* a literal: the result of the probe of a paused customer; NULL: none */
    const char *damage;    /* of the compression; "": not damaged */
    const char *version;   /* that was read; "": none */
    const char *etag;      /* of the same; "": none */
    struct span notified;  /* the version in the notification */
    uint64_t lines, events, rejects, skipped, bytes, text_bytes;
    /* The result of an earlier receive, which was not repeated; NULL: the object was read. */
    const struct failed_read *before;
    /* A further read of this version cannot succeed; its memory is taken. NULL: it may. */
    struct failed_read *failed;
};

/* A delivery with one pending count. c: a reference is taken; NULL: no customer. Never NULL. */
struct delivery *delivery_new(struct inflight *m, struct customer *c, struct span object,
                              const struct clock *clock);

/* One more record is pending; delivery_take_back: the sink did not accept it. */
void delivery_hold(struct delivery *d);
void delivery_take_back(struct delivery *d);

/*
 * The lane has finished the object. An object that will be read again is logged and counted now;
 * any other when its records are reported, which may change its outcome.
 */
void delivery_read(struct delivery *d, const struct delivery_end *end);

/*
 * In its place: the lane was taken back, and another delivery of this receive is that of the whole
 * object. If a record that was produced is not delivered, this one is an object that is received
 * again; else nothing is logged or counted.
 */
void delivery_put_back(struct delivery *d, const struct delivery_end *end);

/* Release the lane's count. May free the delivery and settle its message. */
void delivery_release(struct delivery *d);

/* Process the delivery report of a record. May free the delivery and settle its message. */
void delivery_reported(struct delivery *d, const struct sink_report *r);

#endif
