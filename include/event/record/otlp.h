/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp.h - an OTLP JSON request becomes its attribute records (normalization.md §2, rule 3).
 *
 *     otlp_start(&o, &doc, at);
 *     while (otlp_next(&o, &text)) {   // text: {"resource":{"attributes":{...}},...}
 *
 * One record for each logRecord, span or data point, in document order, as JSON text. The
 * normalizer reads it like any other record; its shape is SHAPE_OTLP. A key that a list of
 * attributes has twice becomes a duplicate name, of which the last one counts.
 */
#ifndef EVENT_RECORD_OTLP_H
#define EVENT_RECORD_OTLP_H

#include "base/buf.h"
#include "codec/json.h"

enum { OTLP_METRIC_PARTS = 5 };

/* The state of the walk: the next element of each list, 0 if there is none. */
struct otlp {
    const struct doc *doc; /* borrowed, with extents; must live as long as the walk */
    size_t member;         /* next name of the request */
    size_t resources, scopes, metrics, records;
    size_t resource, scope, metric, record; /* the current ones, 0 if there is none */
    int kind;                               /* logs, spans or metrics */
    int spelling;                           /* the next name of the resource's scopes to try */
    size_t type;                            /* the next type of the metric to try */
    size_t others;                          /* elements of lists so far that are no objects */

    /* Members that each record of a resource, scope or metric repeats, 0 if there are none. They
     * are looked up once for all records (event/README.md, rule 26). */
    size_t attributes, scope_itself, metric_parts[OTLP_METRIC_PARTS];
    struct span metric_type;

    size_t shared;       /* the resource that the text begins with; 0: none */
    size_t shared_bytes; /* of that beginning */
};

/* Begin at the object `at`. */
void otlp_start(struct otlp *o, const struct doc *doc, size_t at);

/* The number of records. *others: how many elements in their place are no objects. */
size_t otlp_count(const struct doc *doc, size_t at, size_t *others);

/*
 * The next record as JSON text into *text: the same buffer for the whole walk, not changed between
 * two calls, because what records share is written once and stays in it. False: no more.
 */
MUST_USE bool otlp_next(struct otlp *o, struct buf *text);

/* The text of the last record was lost: the next one is written whole. */
static inline void otlp_forget(struct otlp *o)
{
    o->shared = 0;
}

/*
 * Write a record of SHAPE_OTEL into *text (cleared first) with maps in place of lists of keys and
 * values, and plain values in place of AnyValues. False: it has neither, and *text is empty.
 */
MUST_USE bool otlp_plain(const struct doc *doc, size_t at, struct buf *text);

/* Whether the text, of which there may be only the beginning, begins as an OTLP request. */
bool otlp_begins(struct span text);

/*
 * Whether an object of a request, of which this is the rest after a list, has a member that would
 * belong to the records of that list, or records of its own: a resource, a scope, another list.
 */
bool otlp_needs_rest(const struct doc *doc, size_t at);

#endif
