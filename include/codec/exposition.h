/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exposition.h - writer of Prometheus' text format, version 0.0.4.
 *
 *     exposition_family(&out, &(struct exposition_family){"up_total", EXPOSITION_COUNTER, "..."});
 *     exposition_count(&out, "up_total", labels, 1, 42);
 *
 *     # HELP up_total ...
 *     # TYPE up_total counter
 *     up_total{queue="main"} 42
 *
 * Names are literals of the program. Label values may contain anything and are escaped. Numbers are
 * written without floating point, so they do not depend on the locale. All samples of a family
 * follow it directly, without samples of another family between them.
 *
 * Source: prometheus.io/docs/instrumenting/exposition_formats. Threads: any, each with its own
 * buffer.
 */
#ifndef CODEC_EXPOSITION_H
#define CODEC_EXPOSITION_H

#include "base/buf.h"

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum exposition_kind { EXPOSITION_COUNTER, EXPOSITION_GAUGE, EXPOSITION_HISTOGRAM };

struct exposition_family {
    const char *name;
    enum exposition_kind kind;
    const char *text; /* the HELP text, one line */
};

struct exposition_label {
    const char *name;
    struct span value;
};

/* "counter", "gauge", "histogram". */
const char *exposition_kind_name(enum exposition_kind kind);

void exposition_family(struct buf *out, const struct exposition_family *f);

void exposition_count(struct buf *out, const char *name, const struct exposition_label *labels,
                      size_t label_count, uint64_t value);

/* A sample in milliseconds, written in seconds. INT64_MAX is written as +Inf. */
void exposition_seconds(struct buf *out, const char *name, const struct exposition_label *labels,
                        size_t label_count, int64_t ms);

/*
 * A histogram of times. counts[i] counts the times in (bounds_ms[i - 1], bounds_ms[i]], and
 * counts[bound_count] those above the last bound. The counts are not cumulative.
 */
struct exposition_times {
    const int64_t *bounds_ms;
    size_t bound_count;
    const uint64_t *counts;
    uint64_t sum_ms;
};
void exposition_histogram(struct buf *out, const char *name, const struct exposition_label *labels,
                          size_t label_count, const struct exposition_times *times);

#endif
