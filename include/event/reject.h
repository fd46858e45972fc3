/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reject.h - what cannot become an event says why (kafka-contract.md §4).
 *
 *     struct reject r = {.reason = REJECT_BAD_JSON, .detail = SPAN("..."), .line = &line};
 *     reject_write(&out, source, &r);
 *
 * A sample may be a customer's secret: it goes into the record and nowhere else.
 */
#ifndef EVENT_REJECT_H
#define EVENT_REJECT_H

#include "base/buf.h"
#include "codec/lines.h"
#include "event/record/origin.h"

struct rules;

struct reject {
    enum reject_reason reason;
    struct span detail;      /* our own words */
    const struct line *line; /* NULL: about the object as a whole */
    uint64_t item;           /* 0: the only record of its line */
    uint64_t offset;         /* without a line: where in the text it happened */
    size_t sample_bytes;     /* 0: no sample */
    const struct rules *rules;
};

/* Append the record's value. */
void reject_write(struct buf *out, const struct object_origin *s, const struct reject *r);

#endif
