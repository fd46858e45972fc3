/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp.h - an OTLP JSON request becomes its attribute records (spec schema.md §14.2 rule 3).
 *
 *     otlp_start(&o, &doc, at);
 *     while (otlp_next(&o, &text)) {   // text: {"resource":{"attributes":{...}},...}
 *
 * One record per logRecord, span or data point, in document order, as JSON text: the driver
 * reads it like any other record, hashes it and hands it to build_event as SHAPE_OTLP.
 */
#ifndef EVENT_OTLP_H
#define EVENT_OTLP_H

#include "base/buf.h"
#include "codec/json.h"

enum { OTLP_LEVELS = 5 }; /* request, resource, scope, metric, record */

/* Where the walk stands. Open only so that it can live on the caller's stack. */
struct otlp {
    const struct doc *doc; /* borrowed, of json_scan; must live as long as the walk */
    size_t at[OTLP_LEVELS];
    size_t end[OTLP_LEVELS];
    int kind; /* logs, spans or metrics */
    size_t root;
};

/* Begin at the object `at`. */
void otlp_start(struct otlp *o, const struct doc *doc, size_t at);

/* How many records there are in all: one pass, so that `item` is known to be needed. */
size_t otlp_count(const struct doc *doc, size_t at);

/* The next record as JSON text into *text (cleared first). False: no more. */
MUST_USE bool otlp_next(struct otlp *o, struct buf *text);

#endif
