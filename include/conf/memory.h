/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.h - the memory contract: what the worker may use, from its configuration alone.
 *
 * Object size, compression ratio and number of objects do not enter. Said at start;
 * a configuration that cannot keep limits.memory is refused.
 */
#ifndef CONF_MEMORY_H
#define CONF_MEMORY_H

#include "base/err.h"
#include "conf/conf.h"

struct memory_plan {
    size_t lane_bytes;  /* each: connection, decoder, framing, outputs, readers, ordinals */
    size_t lanes_bytes; /* all of them */
    size_t long_bytes;  /* the shared readers for long lines */
    size_t inbox_bytes; /* waiting notifications, held ones, polls */
    size_t kafka_bytes; /* unacknowledged records, with librdkafka's overhead */
    size_t base_bytes;  /* program, libraries, threads, answers of the monitor */
    size_t total_bytes;
};

/* Most bytes of a page of the monitor: /metrics, /healthz. */
size_t memory_page_bytes(const struct conf *conf);

void memory_plan(const struct conf *conf, struct memory_plan *out);

/* FAIL_CONFIG, with the figures, if limits.memory is set and too small. */
MUST_USE enum err_kind memory_check(const struct conf *conf, const struct memory_plan *plan,
                                    struct err *e);

#endif
