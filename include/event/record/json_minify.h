/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_minify.h - copy a JSON value without the blanks between its tokens. The spelling of numbers
 * and strings and the order of members stay.
 */
#ifndef EVENT_RECORD_JSON_MINIFY_H
#define EVENT_RECORD_JSON_MINIFY_H

#include "base/buf.h"
#include "codec/json.h"

struct rules;

/* Append a text that is valid JSON. */
void json_minify_text(struct span json, struct buf *out);

/* What changes in the strings of a value, but not in its names. */
struct json_minify_filter {
    const struct rules *rules; /* for redaction; NULL: no redaction */
    struct buf *bare;          /* scratch, to remove user info from URLs; NULL: it stays */
    struct buf *scratch;       /* for one string */
};

/* Append the value at `at` with its strings filtered. */
void json_minify_filtered(const struct doc *d, size_t at, const struct json_minify_filter *f,
                          struct buf *out);

#endif
