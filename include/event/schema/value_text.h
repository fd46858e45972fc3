/* SPDX-License-Identifier: Apache-2.0 */
/* value_text.h - what of a value counts, and as which text (normalization.md §3). */
#ifndef EVENT_SCHEMA_VALUE_TEXT_H
#define EVENT_SCHEMA_VALUE_TEXT_H

#include "codec/json.h"

/* Nothing to trim: no blank at either end. */
static inline bool text_is_trim(struct span s)
{
    return s.n > 0 && ((unsigned char)*s.p > ' ') & ((unsigned char)s.p[s.n - 1] > ' ');
}

/* Without blanks at both ends. */
struct span text_trim(struct span s);

/* Not blank and not one of <nil>, null, undefined, -. */
MUST_USE bool text_is_word(struct span s);

/* First characters of those that do not count. */
extern const bool text_odd[256];

/* The same; most texts are told by their length and their first character. */
static inline bool text_counts(struct span s)
{
    return text_is_trim(s) && !(text_odd[(unsigned char)*s.p] & (s.n <= 9)) ? true
                                                                            : text_is_word(s);
}

/* What value_text does with what is no string. */
MUST_USE bool value_text_other(const struct doc *d, size_t at, struct span *text);

/*
 * The value as text: characters of a string, a number as it is written, true or false, for an
 * array the first element that counts. False: it does not count (normalization.md §3).
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
