/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sanitizer.h - a record's text without what no consumer should have to deal with: invalid UTF-8
 * and lone surrogates (U+FFFD), and names that stand twice (the last one stays). On request
 * also without secrets in its strings. Every other byte stays as it is.
 *
 *     duplicate_names_absent(&names, &v.doc, v.at);
 *     if (sanitizer_value(&c, readers, &names, &v)) {
 *         ... v.doc has extents, doc_source of any value may be copied ...
 *
 * The usual record needs none of this and is only given its extents.
 */
#ifndef EVENT_RECORD_SANITIZER_H
#define EVENT_RECORD_SANITIZER_H

#include "event/record/duplicate_names.h"
#include "event/record/edits.h"
#include "event/record/record_splitter.h"

struct sanitizer {
    struct buf texts[3]; /* after each step */
    struct edits edits;
};

/* max_bytes: longest text of a record. */
void sanitizer_init(struct sanitizer *c, size_t max_bytes);
void sanitizer_done(struct sanitizer *c);

/*
 * Make v->doc a clean reading of its record; v->at and v->text change with it. `names` is as
 * duplicate_names_absent left it for this value. False: it does not fit, or cannot be read again.
 */
MUST_USE bool sanitizer_value(struct sanitizer *c, struct json_reader *const *readers,
                              struct duplicate_names *names, struct value *v);

/* Is there a secret (codec/secret.h) in a string of the value? Names are not looked at. */
MUST_USE bool sanitizer_has_secret(const struct doc *d, size_t at);

/* Replace the secrets in a clean value's strings. False: it does not fit. */
MUST_USE bool sanitizer_redact(struct sanitizer *c, struct json_reader *const *readers,
                               struct value *v);

#endif
