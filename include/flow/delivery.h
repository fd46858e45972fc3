/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery.h - the delivery of one object: its records on their way to Kafka, and what the log and
 * the counters say of the object once all of them are reported.
 *
 * Pending is one for the lane that reads the object, and one for each record that the producer has.
 * The release that brings it to zero ends the delivery: only then is the object done.
 *
 *     struct delivery *d = delivery_new(m, customer, object, clock);
 *     delivery_hold(d);  record.tag = d;  sink_produce(...)       for each record
 *     delivery_read(d, &end);                                     how the attempt went
 *     delivery_release(d);                                        the lane's own
 *
 *     delivery_reported(d, report);                               the sink, for each record
 *
 * A message in flight is held by the deliveries of its objects (settle/inflight.h).
 *
 * Threads: delivery_reported: that of the sink; the rest: the lane. The counts order what they
 * write before what the last release reads.
 */
#ifndef FLOW_DELIVERY_H
#define FLOW_DELIVERY_H

#include "base/clock.h"
#include "net/sink.h"
#include "settle/inflight.h"

#include <stdatomic.h>

enum { DELIVERY_RANGES = 8 }; /* offsets are kept of so many partitions */

/* The lowest and highest offset of the records in one partition; between them may be others'. */
struct delivery_range {
    const char *topic; /* the sink's */
    int32_t partition;
    int64_t first, last;
};

struct delivery {
    struct inflight *inflight;
    struct customer *customer; /* held; NULL: a reject that belongs to no customer */
    const struct clock *clock;
    int64_t began_ms;
    atomic_uint_fast64_t pending;
    struct { /* the sink's thread's, until nothing is pending */
        struct delivery_range ranges[DELIVERY_RANGES];
        unsigned range_count;
        bool more; /* partitions without a range */
        uint64_t acknowledged;
        struct err *failed; /* a bad report, FAIL_AGAIN only if all are; NULL: none */
    } reports;
    struct { /* of delivery_read */
        bool known;
        enum outcome outcome;
        enum err_kind accepted; /* the class that is accepted; FAIL_NONE: it was read */
        uint64_t lines, events, rejects, bytes;
        char *version, *notified, *detail;
        const char *next; /* LEAVE */
        int delay_s;
        struct err *err; /* LEAVE and accepted; NULL: none */
    } read;
    char object[]; /* "s3://bucket/key" */
};

/* How an attempt ended. */
struct delivery_end {
    const struct outcome_action *action;
    const struct err *err; /* of the attempt; FAIL_NONE: it went well */
    const char *damage;    /* of the compression, "": none */
    const char *version;   /* that was read, "": none was */
    struct span notified;  /* the version of the notification */
    uint64_t lines, events, rejects, bytes, text_bytes;
};

/* One is pending. c: held from now on, NULL: of no customer. Never NULL. */
struct delivery *delivery_new(struct inflight *m, struct customer *c, struct span object,
                              const struct clock *clock);

/* One more record is on its way; or it was not taken. */
void delivery_hold(struct delivery *d);
void delivery_take_back(struct delivery *d);

/*
 * The lane is done with the object. An object to be read later is logged and counted now; all else
 * when its records are reported, which may change it.
 */
void delivery_read(struct delivery *d, const struct delivery_end *end);

/* The lane's own. May free it, and settle its message. */
void delivery_release(struct delivery *d);

/* A record of it was acknowledged, or not. May free it, and settle its message. */
void delivery_reported(struct delivery *d, const struct sink_report *r);

#endif
