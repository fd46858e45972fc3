/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clean.h - a record's text without what no consumer should have to deal with: invalid UTF-8
 * and lone surrogates (U+FFFD), and names that stand twice (the last one stays). On request
 * also without secrets in its strings. Every other byte stays as it is.
 *
 *     names_unique(&names, &v.doc, v.at);
 *     if (clean_value(&c, readers, &names, &v)) {
 *         ... v.doc has extents, doc_source of any value may be copied ...
 *
 * The usual record needs none of this and is only given its extents.
 */
#ifndef EVENT_RECORD_CLEAN_H
#define EVENT_RECORD_CLEAN_H

#include "event/record/edits.h"
#include "event/record/names.h"
#include "event/record/values.h"

struct clean {
    struct buf texts[3]; /* after each step */
    struct edits edits;
};

/* max_bytes: longest text of a record. */
void clean_init(struct clean *c, size_t max_bytes);
void clean_done(struct clean *c);

/*
 * Make v->doc a clean reading of its record; v->at and v->text change with it. `names` is as
 * names_unique left it for this value. False: it does not fit, or cannot be read again.
 */
MUST_USE bool clean_value(struct clean *c, struct json_reader *const *readers, struct names *names,
                          struct value *v);

/* Is there a secret (codec/secret.h) in a string of the value? Names are not looked at. */
MUST_USE bool clean_has_secret(const struct doc *d, size_t at);

/* Replace the secrets in a clean value's strings. False: it does not fit. */
MUST_USE bool clean_redact(struct clean *c, struct json_reader *const *readers, struct value *v);

#endif
