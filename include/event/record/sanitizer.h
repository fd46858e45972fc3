/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sanitizer.h - the text of a record without invalid UTF-8 and lone surrogates, which become
 * U+FFFD, and without duplicate names, of which the last one stays. On request also without secrets
 * in its strings. Every other byte stays.
 *
 *     duplicate_names_absent(&names, &v.doc, v.at);
 *     if (sanitizer_value(&s, readers, &names, &v)) {
 *         ... v.doc has extents, doc_source of any value may be copied ...
 *
 * The usual record needs no change; it only gets its extents.
 */
#ifndef EVENT_RECORD_SANITIZER_H
#define EVENT_RECORD_SANITIZER_H

#include "event/record/duplicate_names.h"
#include "event/record/edits.h"
#include "event/record/record_splitter.h"

struct sanitizer {
    struct buf texts[3]; /* the record's text after each step */
    struct edits edits;
};

/* max_bytes: longest text of a record. */
void sanitizer_init(struct sanitizer *s, size_t max_bytes);
void sanitizer_done(struct sanitizer *s);
void sanitizer_trim(struct sanitizer *s); /* release the memory; s stays usable */

/*
 * Make v->doc a document of the sanitized text, with extents; v->at and v->text change with it.
 * `names` has the duplicates of this value. False: the text is too large, or cannot be read.
 */
MUST_USE bool sanitizer_value(struct sanitizer *s, struct json_reader *const *readers,
                              struct duplicate_names *names, struct value *v);

/* Whether the value has a secret (redactor.h). */
MUST_USE bool sanitizer_has_secret(const struct doc *d, size_t at);

/* Replace the secrets in a sanitized value. False: the text is too large. */
MUST_USE bool sanitizer_redact(struct sanitizer *s, struct json_reader *const *readers,
                               struct duplicate_names *names, struct value *v);

#endif
