/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tail.h - the records that are produced to some topics from now on, or since a time, read from all
 * partitions.
 *
 *     OWNED(tail) struct tail *t = tail_new(&config, &err);
 *     ... something is produced ...
 *     if (tail_next(t, 500, &record, &err)) ... record.value ...
 *
 * Reads without a consumer group and commits nothing, so it needs only Describe and Read of the
 * topics. Threads: one at a time per object.
 */
#ifndef NET_TAIL_H
#define NET_TAIL_H

#include "net/sink.h"

struct tail_config {               /* borrowed as long as the object */
    const char *const *properties; /* as of struct sink_config */
    const char *client_id;
    sink_token_fn *token; /* NULL: authentication by properties only */
    void *token_context;
    int timeout_ms; /* of each query */
    int64_t
        since_ms;  /* wall clock: begin with the records of this time; 0: with those from now on */
    int ahead_kib; /* limit of what is read ahead; 0: librdkafka's default, 64 MiB */
};

struct tail_record { /* valid until the next call */
    const char *topic;
    int32_t partition;
    int64_t offset;
    int64_t time_ms; /* its timestamp */
    struct span key; /* "" if there is none */
    struct span value;
};

struct tail;

/*
 * Find where to begin in the topics' partitions, and read from there. NULL: FAIL_DENIED: no
 * permission to describe a topic. FAIL_CONFIG: a property is invalid, or a topic does not exist.
 * FAIL_AGAIN: no broker answered.
 */
MUST_USE struct tail *tail_new(const struct tail_config *c, const char *const *topics, size_t count,
                               struct err *e);
void tail_free(struct tail *t);
DEFINE_OWNED(tail);

/*
 * Wait for the next record. False: none came within timeout_ms (e->kind is FAIL_NONE), or
 * FAIL_DENIED: no permission to read. Other errors are retried.
 */
MUST_USE bool tail_next(struct tail *t, int timeout_ms, struct tail_record *out, struct err *e);

/*
 * With since_ms: whether every partition was read to an end that was seen after its begin.
 */
MUST_USE bool tail_ended(const struct tail *t);

/*
 * With since_ms, when it has ended: from when on the topics have all records. since_ms, unless the
 * topics begin later, or the brokers have deleted later records. INT64_MAX: there is no record.
 */
int64_t tail_begin_ms(const struct tail *t);

#endif
