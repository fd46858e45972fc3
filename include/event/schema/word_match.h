/* SPDX-License-Identifier: Apache-2.0 */
/* word_match.h - the few comparisons of short texts that the tables of event/ are made of. */
#ifndef EVENT_SCHEMA_WORD_MATCH_H
#define EVENT_SCHEMA_WORD_MATCH_H

#include "base/span.h"

/* `list` holds words separated by one blank: "deny denied block". Exact, case counts. */
MUST_USE bool word_in(struct span word, const char *list);

/* Whether any word of the list stands in (or at the start of) the text. */
MUST_USE bool text_has_word_of(struct span text, const char *list);
MUST_USE bool text_starts_with_word_of(struct span text, const char *list);

MUST_USE bool text_has(struct span text, struct span part);

/* Whether the text begins with `low`, in any case; `low` is in lower case. */
MUST_USE bool text_starts_low(struct span text, struct span low);

/* The next word of *list, which moves on. False: no more. */
MUST_USE bool word_next(struct span *list, struct span *word);

/* Lower case without '_', '-', '.' and blanks into `to`; empty if it does not fit. */
struct span word_fold(struct span word, char *to, size_t cap);

/* A character that an action has besides its dots. */
static inline bool action_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* Dotted lower case: two words or more of [a-z0-9_]. */
MUST_USE bool action_well_formed(struct span action);

#endif
