/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt.h - one attempt: reads one object from S3 and produces its records to Kafka.
 *
 *     attempt_set_object(a, inflight, record);
 *     attempt_set_delivery(a, delivery);           // the customer, and the count of its records
 *     kind = attempt_run(a, &err);                 // may be called again for a retry
 *     if (kind != FAIL_NONE) ... a->subject: what failed; a->events: how many were produced ...
 *
 * attempt_body() and attempt_piece() in attempt.c contain all stages of a byte: decode, framing,
 * normalizer, sink. They run inside curl's write callback, with a core and its converter. While the
 * attempt waits for bytes or for Kafka it has neither. An attempt decides nothing about errors; the
 * lane does.
 *
 * Threads: one at a time per attempt; attempt_stop any.
 */
#ifndef FLOW_ATTEMPT_H
#define FLOW_ATTEMPT_H

#include "codec/decode.h"
#include "codec/framing.h"
#include "customers/failed_objects.h"
#include "event/reading.h"
#include "flow/places.h"
#include "flow/produce.h"
#include "flow/turns.h"
#include "net/s3.h"
#include "settle/outcome.h"

struct attempt_parts { /* borrowed as long as the attempt */
    struct produce_parts produce;
    struct turns *turns;
    struct turn *turn; /* of the lane; turns_start was called for the object */
    struct places *places;
    struct place *place; /* of the lane */
    const struct s3_settings *s3;
    const struct normalize_options *normalize; /* of normalizers without converters */
    struct converter *const *converters;       /* one for each core of the turns */
    /* Asked several times a second: whether the attempt is to end (put_back). NULL: never. */
    bool (*wants_back)(void *ctx);
    void *ctx;
};

/* Each lane has one and uses it for one object after another. */
struct attempt {
    /* Set by attempt_set_object and attempt_set_delivery. */
    struct inflight *inflight;
    const struct notification_record *record;
    struct delivery *delivery; /* of its records, borrowed */
    struct customer *customer; /* of the delivery; NULL: no customer, only rejects can be made */
    struct buf object;         /* "s3://bucket/key" */
    bool probe;                /* of a paused customer */
    bool empty_only;           /* stop at the headers of an object that is not empty */
    /* Results of the last run. */
    struct s3_meta meta;
    unsigned tries;           /* number of runs; lane_try's */
    int64_t failed_ms;        /* when the first request of the runs failed; 0: none */
    uint64_t lines;           /* or values, if the object is not divided into lines */
    uint64_t events, rejects; /* produced; a reject for several counts as these */
    uint64_t object_bytes;
    enum outcome_subject subject; /* of the error */
    struct err damage;            /* of the compressed data; FAIL_NONE: not damaged */
    bool started;                 /* the response headers arrived: S3 permits the read */
    bool not_empty;               /* empty_only: the run stopped there */
    bool ready;                   /* the stages are prepared for this object */
    bool working;                 /* it has a core, and the converter of that core */
    unsigned steps;               /* pieces and outputs, to yield after some of them */
    bool large;                   /* it has a place for a large object */
    int64_t readers_us, kafka_us; /* waits for readers of long lines, for room in Kafka; all runs */
    atomic_bool stopped;
    bool put_back;             /* ended by wants_back: no result, the message waits again */
    bool recalled;             /* not read: this version failed at an earlier receive, ... */
    struct failed_read before; /* ... with this result */
    /* The stages. */
    const struct attempt_parts *parts;
    struct s3 *s3;
    struct decode *decode;
    struct framing *framing;
    struct normalizer *normalizer;
    struct reading reading;
    struct produce produce;
    struct object_origin origin;
};

struct attempt *attempt_new(const struct attempt_parts *parts);
void attempt_free(struct attempt *a);
DEFINE_OWNED(attempt);

/* Set another object. Both are borrowed until the next call. */
void attempt_set_object(struct attempt *a, struct inflight *m,
                        const struct notification_record *record);
void attempt_set_delivery(struct attempt *a, struct delivery *d);

/* Transfer the object and produce its records. FAIL_NONE: all are given to the sink. */
MUST_USE enum err_kind attempt_run(struct attempt *a, struct err *e);

/*
 * Produce the rejects that waited for an event, or were only counted, after an attempt that will
 * not be repeated.
 */
MUST_USE enum err_kind attempt_release(struct attempt *a, struct err *e);

/* The object is read no further: produce what is known of its rejects, if it has events. */
MUST_USE enum err_kind attempt_release_rest(struct attempt *a, struct err *e);

/*
 * Whether a further read of the same version cannot succeed, after an attempt that returned this
 * error. If so, *out is the result to remember, with the rejects that wait unless they were
 * produced.
 */
MUST_USE bool attempt_failed(struct attempt *a, const struct err *e, struct failed_read *out);

/* Produce a reject for the object as a whole. `offset` is in the decompressed object. */
MUST_USE enum err_kind attempt_reject(struct attempt *a, enum reject_reason reason,
                                      struct span detail, uint64_t offset, struct err *e);

/* The version in the notification: an id, else an ETag, "" if there is none. */
struct span attempt_notified_version(const struct attempt *a);

/* Number of decompressed bytes of the object so far. */
uint64_t attempt_text_bytes(const struct attempt *a);

/* End a transfer in progress, and all later ones, with FAIL_STOPPED. */
void attempt_stop(struct attempt *a);

#endif
