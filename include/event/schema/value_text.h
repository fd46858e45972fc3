/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value_text.h - which values count, and the text of a value (normalization.md §3).
 *
 * A value that does not count is treated as absent (event/README.md, rule 11): null, a blank text,
 * and the texts that logs write for nothing.
 */
#ifndef EVENT_SCHEMA_VALUE_TEXT_H
#define EVENT_SCHEMA_VALUE_TEXT_H

#include "codec/json.h"

/* Whether it has no blank at either end; false if it is empty. */
static inline bool text_is_trimmed(struct span s)
{
    return s.n > 0 && ((unsigned char)*s.p > ' ') & ((unsigned char)s.p[s.n - 1] > ' ');
}

/* The text without blanks at its ends. */
struct span text_trim(struct span s);

/* Whether it is not blank and none of <nil>, null, undefined, -. */
MUST_USE bool text_is_present(struct span s);

/* The first characters of those. */
extern const bool text_absent_first[256];

/* The same. Length and first character are enough for most texts. */
static inline bool text_counts(struct span s)
{
    return text_is_trimmed(s) && !(text_absent_first[(unsigned char)*s.p] & (s.n <= 9))
               ? true
               : text_is_present(s);
}

/* value_text for a value that is not a string. */
MUST_USE bool value_text_other(const struct doc *d, size_t at, struct span *text);

/*
 * The value as text: the characters of a string, a number as it is written, true or false, the
 * first element that counts of an array. False: the value does not count.
 */
MUST_USE static inline bool value_text(const struct doc *d, size_t at, struct span *text)
{
    if (doc_tag(d, at) != '"') {
        return value_text_other(d, at, text);
    }
    *text = doc_string(d, at);
    return text_counts(*text);
}

#endif
