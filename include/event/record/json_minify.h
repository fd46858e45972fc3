/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_minify.h - a JSON value copied without the blanks around its tokens; number texts, escapes
 * and order stay as they are.
 */
#ifndef EVENT_RECORD_JSON_MINIFY_H
#define EVENT_RECORD_JSON_MINIFY_H

#include "base/buf.h"
#include "codec/json.h"

struct rules;

/* Valid JSON in, the same without blanks out. */
void json_minify_text(struct span json, struct buf *out);

/* What is changed in the strings (not the names) of a value on its way. */
struct json_minify_filter {
    const struct rules *rules; /* redaction, if it is on */
    struct buf *bare;          /* one string at a time, if user info of URLs goes; else NULL */
    struct buf *scratch;       /* one string at a time */
};

/* The value at `at` with its strings filtered; any depth the reader allows. */
void json_minify_filtered(const struct doc *d, size_t at, const struct json_minify_filter *f,
                          struct buf *out);

#endif
