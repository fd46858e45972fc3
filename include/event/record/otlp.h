/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp.h - an OTLP JSON request becomes its attribute records (normalization.md §2 rule 3).
 *
 *     otlp_start(&o, &doc, at);
 *     while (otlp_next(&o, &text)) {   // text: {"resource":{"attributes":{...}},...}
 *
 * One record per logRecord, span or data point, in document order, as JSON text: the driver
 * reads it like any other record, hashes it and hands it to build_event as SHAPE_OTLP. A key
 * that stands twice in a list of attributes is a name that stands twice: the last one counts.
 */
#ifndef EVENT_RECORD_OTLP_H
#define EVENT_RECORD_OTLP_H

#include "base/buf.h"
#include "codec/json.h"

enum { OTLP_METRIC_PARTS = 5 };

/* Where the walk stands: the next element of each list, 0 if there is none. */
struct otlp {
    const struct doc *doc; /* borrowed, with extents; must live as long as the walk */
    size_t member;         /* next name of the request */
    size_t resources, scopes, metrics, records;
    size_t resource, scope, metric, record; /* those we are in, 0 none */
    int kind;                               /* logs, spans or metrics */

    /* What each record of a resource, scope or metric repeats, looked up once for all of them:
     * objects of many members with many records would cost the square. 0 what there is none of. */
    size_t attributes, scope_itself, metric_parts[OTLP_METRIC_PARTS];
    struct span metric_type;
};

/* Begin at the object `at`. */
void otlp_start(struct otlp *o, const struct doc *doc, size_t at);

/* How many records there are in all: one pass, so that `item` is known to be needed. */
size_t otlp_count(const struct doc *doc, size_t at);

/* The next record as JSON text into *text (cleared first). False: no more. */
MUST_USE bool otlp_next(struct otlp *o, struct buf *text);

/*
 * A single record of SHAPE_OTEL whose attributes are lists of key and value, or whose body is
 * an AnyValue: the same record with maps and plain values into *text (cleared first). False:
 * it is plain already, nothing was written.
 */
MUST_USE bool otlp_plain(const struct doc *doc, size_t at, struct buf *text);

#endif
