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

/* The objects around a record, the outermost first; those of a metric only around data points. */
enum otlp_level { OTLP_REQUEST, OTLP_RESOURCE, OTLP_SCOPE, OTLP_METRIC, OTLP_DATA, OTLP_LEVELS };

/* An object around the current record. */
struct otlp_place {
    size_t at;
    size_t member;  /* the next name of it */
    size_t element; /* the next one of its current list, 0 if there is none */
    bool dropped;   /* it, or an object around it, has members that no record gets */
};

/*
 * What a request has besides its records. Each element of its lists gives a record, has elements of
 * its own, has a list that is not read, or is one of `others`.
 */
struct otlp_missed {
    size_t others; /* elements that are no objects, empty, or without a list of elements */
    size_t unread; /* members that may have records, but not where they are looked for */
    enum otlp_level unread_level; /* of the object that has the first of them */
};

/* The state of the walk. */
struct otlp {
    const struct doc *doc; /* borrowed, with extents; must live as long as the walk */
    unsigned heads;        /* see otlp_start */
    int level;             /* of the innermost object */
    struct otlp_place places[OTLP_LEVELS];
    bool metrics;              /* the current list of the scope is one of metrics */
    size_t record;             /* the current one */
    struct otlp_missed missed; /* so far */

    /* Members that each record of a resource, scope or metric repeats, 0 if there are none. They
     * are looked up once for all records (event/README.md, rule 26). */
    size_t resource, attributes, scope, metric_parts[OTLP_METRIC_PARTS];
    struct span metric_type;

    size_t shared;       /* the resource that the text begins with; 0: none */
    size_t shared_bytes; /* of that beginning */
};

/*
 * Begin at the object `at`. `heads`: of a request that is composed of a part of a larger one, the
 * number of objects, from the outermost on, that the parts share. What these miss is not counted.
 */
void otlp_start(struct otlp *o, const struct doc *doc, size_t at, unsigned heads);

/* The number of records, and what the request has besides them. */
size_t otlp_count(const struct doc *doc, size_t at, unsigned heads, struct otlp_missed *missed);

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

/* Of the last record: an object around it has members that no record gets. */
static inline bool otlp_dropped(const struct otlp *o)
{
    return o->places[o->level].dropped;
}

/* What members of an object of a request are beside the list of which the elements are read. */
enum otlp_beside {
    OTLP_BESIDE_NOTHING, /* there are none, or they are empty */
    OTLP_BESIDE_DROPPED, /* no record gets them */
    OTLP_BESIDE_NEEDED,  /* records, or what each record of the list would get */
};

/*
 * Of a request that is read in parts: the members of an object before its list, which is there
 * without its elements; and the members after it.
 */
enum otlp_beside otlp_before_list(const struct doc *doc, size_t at, enum otlp_level level);
enum otlp_beside otlp_after_list(const struct doc *doc, size_t at, enum otlp_level level);

#endif
