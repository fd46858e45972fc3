/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.h - live checks of customers: whether all that a customer and the operator have to set up
 * works, and whether what must be denied is denied (docs/verify.md).
 *
 *     OWNED(verify) struct verify *v = verify_new(&parts, list, count);
 *     struct verify_report r;
 *     while (verify_next(v, &r)) {
 *         ... r.lines[0 .. r.count) of r.customer; first those of the worker itself ...
 *     }
 *
 * Several customers are checked at the same time; reports come in the order of the list. A check is
 * made even if an earlier one failed, unless it needs what that one would have given. Nothing is
 * written in AWS. Lines have no secrets and no external ids; statements of trust policies have the
 * customer's own.
 *
 * Threads: one at a time per object.
 */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include "base/own.h"
#include "conf/conf.h"
#include "net/creds.h"
#include "net/s3.h"
#include "net/sink.h"
#include "net/sqs.h"
#include "net/tail.h"
#include "verify/check.h"

enum { VERIFY_THREADS = 8, VERIFY_LINES = 32 /* maximum of a report */ };

/* The first bytes of an object. */
struct verify_sample {
    const struct conf *conf;
    const struct customer_conf *customer;
    struct span object; /* "s3://bucket/key" */
    struct span bytes;
    int64_t modified_ns;
    bool cut; /* the object is longer */
};

/*
 * Read them as events, and set `found` to what they are, without a secret. It is a function of the
 * caller's, as the room app reads events. Threads: any.
 */
typedef enum verify_state verify_sample_fn(const struct verify_sample *in,
                                           char found[VERIFY_FOUND_BYTES]);

/*
 * The proof from end to end: the customer puts an object, and its records are in Kafka. The running
 * worker does the work; this reads the topics.
 */
struct verify_canary {
    const char *key; /* of the object, whole */
    int wait_ms;
    struct span mark;         /* what each record of the object contains */
    struct tail_config kafka; /* how to read the topics */
    /* Called when the object is to be put. Threads: any. */
    void (*waiting)(const char *bucket, const char *key, int wait_ms);
};

struct verify_parts { /* borrowed as long as the object */
    const struct conf *conf;
    const struct creds_settings *creds_settings;
    struct creds_source *own;  /* the worker's credentials, with their STS client; or NULL ... */
    const struct err *own_err; /* ... and why it has none */
    const struct s3_settings *s3;
    const struct sqs_settings *sqs;
    verify_sample_fn *sample;
    struct sink *sink;                  /* the worker's producer; or NULL ... */
    const struct err *sink_err;         /* ... and why there is none */
    const char *status_url;             /* the running worker's metrics; NULL: not configured */
    const struct verify_canary *canary; /* NULL: it is not asked for */
};

struct verify_report {
    const struct customer_conf *customer; /* NULL: the worker itself */
    const char *queue_arn;                /* "": not known; valid until the next call */
    const char *dead_arn;                 /* of its dead-letter queue; as queue_arn */
    const struct verify_line *lines;      /* valid until the next call */
    size_t count;
};

struct verify;

/* Starts the threads. The list is borrowed. */
struct verify *verify_new(const struct verify_parts *parts, const struct customer_conf *const *list,
                          size_t count);
void verify_free(struct verify *v); /* waits for requests in progress */
DEFINE_OWNED(verify);

/* Wait for the next report. False: there are no more. */
MUST_USE bool verify_next(struct verify *v, struct verify_report *out);

/*
 * Whether all that must be denied for a customer was denied, or there was nothing to be tried.
 * *not: NULL, or the first check whose opposite was found.
 */
MUST_USE bool verify_proved(const struct verify_report *r, const struct verify_check **disproved);

/*
 * Append a statement of a check, as compact JSON with the customer's values; what is not known is
 * named in capitals. False, without text: the check has no such statement.
 */
MUST_USE bool verify_statement(const struct verify *v, const struct verify_report *r,
                               const struct verify_line *line, size_t at, struct buf *out);

#endif
