/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reject.h - the reject of a line, a record or an object that did not become an event
 * (kafka-contract.md §4).
 *
 *     struct reject r = {.reason = REJECT_BAD_JSON, .detail = SPAN("..."), .piece = &piece};
 *     reject_write(&out, origin, &r);
 *
 * A sample may contain a customer's secret. It is written into the reject and nowhere else.
 */
#ifndef EVENT_REJECT_H
#define EVENT_REJECT_H

#include "base/buf.h"
#include "codec/framing.h"
#include "event/record/origin.h"

struct rules;

struct reject {
    enum reject_reason reason;
    struct span detail;        /* a text of the worker */
    const struct piece *piece; /* NULL: the reject is of the object as a whole */
    uint64_t item;             /* 0: the only record of its line */
    uint64_t offset;           /* without a piece: the offset in the text */
    size_t sample_bytes;       /* 0: no sample */
    const struct rules *rules;
};

/* Append the record's value. */
void reject_write(struct buf *out, const struct object_origin *o, const struct reject *r);

#endif
