/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed.h - input and output of the comparison programs: gzip files (ISA-L), lines, records to Kafka
 * (librdkafka) with the worker's producer settings. Shared, so that limit.cpp and jsonc_loop.c
 * differ only in how they process a line.
 *
 *     feed_main(argc, argv, "name", on_line)     argv: BROKERS TOPIC FILE.gz...
 */
#ifndef BENCH_FEED_H
#define BENCH_FEED_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FEED_SLACK = 64 }; /* number of readable bytes after every line */

struct feed; /* the producer */

/* Processes a line and calls feed_produce. False: the line cannot be read. */
typedef int feed_line_fn(struct feed *f, const char *line, size_t n);

void feed_produce(struct feed *f, const void *value, size_t n);

int feed_main(int argc, char **argv, const char *name, feed_line_fn *on_line);

#ifdef __cplusplus
}
#endif

#endif
