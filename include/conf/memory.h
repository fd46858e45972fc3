/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.h - the memory plan: the maximum memory of the worker, computed from its configuration. It
 * does not depend on object sizes, compression ratios or the number of objects. It is logged at
 * start, and a configuration that exceeds limits.memory is refused.
 */
#ifndef CONF_MEMORY_H
#define CONF_MEMORY_H

#include "base/err.h"
#include "conf/conf.h"

/*
 * A lane has the memory of an object of short lines. What few lanes need at a time exists less
 * often: what converts records, once for each core; what converts lines above 64 KiB, once; and the
 * memory of large objects, memory_large_objects times.
 */
struct memory_plan {
    size_t lane_bytes;  /* per lane: connection, decoder, framing, copies, its message */
    size_t lanes_bytes; /* of all lanes */
    size_t cores_bytes; /* the readers and converters of the cores */
    size_t large_bytes; /* of all large objects: windows, a long line, copies of it, its outputs */
    size_t long_bytes;  /* the shared readers and the converter of long lines */
    size_t inbox_bytes; /* messages that wait or are at work, held ones, polls, a large receive */
    size_t kafka_bytes; /* unacknowledged records, with librdkafka's overhead */
    size_t base_bytes;  /* program, libraries, threads, pages of the monitor */
    size_t total_bytes;
};

/* The number of large objects (flow/places.h) at a time. */
size_t memory_large_objects(const struct conf *conf);

/* The number of large bodies of messages (flow/inbox.h) at a time. */
size_t memory_rooms(const struct conf *conf);

/* Maximum size of a page of the monitor: /metrics, /healthz. */
size_t memory_page_bytes(const struct conf *conf);

void memory_plan(const struct conf *conf, struct memory_plan *out);

/*
 * Compare the plan with limits.memory. FAIL_CONFIG, with the numbers: the limit is set and too
 * small.
 */
MUST_USE enum err_kind memory_check(const struct conf *conf, const struct memory_plan *plan,
                                    struct err *e);

#endif
