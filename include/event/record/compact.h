/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compact.h - a JSON value copied without the blanks around its tokens; number texts, escapes
 * and order stay as they are.
 */
#ifndef EVENT_RECORD_COMPACT_H
#define EVENT_RECORD_COMPACT_H

#include "base/buf.h"
#include "codec/json.h"

struct rules;

/* Valid JSON in, the same without blanks out. */
void compact_text(struct span json, struct buf *out);

/* What is changed in the strings (not the names) of a value on its way. */
struct compact_filter {
    const struct rules *rules; /* redaction, if it is on */
    struct buf *bare;          /* one string at a time, if user info of URLs goes; else NULL */
    struct buf *scratch;       /* one string at a time */
};

/* The value at `at` with its strings filtered; any depth the reader allows. */
void compact_filtered(const struct doc *d, size_t at, const struct compact_filter *f,
                      struct buf *out);

#endif
