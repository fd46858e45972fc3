/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tail.h - the records that are produced to some topics from now on, read from all partitions.
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
};

struct tail_record { /* valid until the next call */
    const char *topic;
    int32_t partition;
    int64_t offset;
    struct span value;
};

struct tail;

/*
 * Find the ends of the topics' partitions and read from there. NULL: FAIL_DENIED: no permission to
 * describe a topic. FAIL_CONFIG: a property is invalid, or a topic does not exist. FAIL_AGAIN: no
 * broker answered.
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

#endif
