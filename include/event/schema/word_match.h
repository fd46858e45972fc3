/* SPDX-License-Identifier: Apache-2.0 */
/* word_match.h - comparisons of short texts, for the tables of event/. */
#ifndef EVENT_SCHEMA_WORD_MATCH_H
#define EVENT_SCHEMA_WORD_MATCH_H

#include "base/span.h"

/* Whether the word is one of the list, which has one blank between words: "deny denied block".
 * Case counts. */
MUST_USE bool word_in(struct span word, const char *list);

/* Whether the text contains, or begins with, a word of the list. */
MUST_USE bool text_has_word_of(struct span text, const char *list);
MUST_USE bool text_starts_with_word_of(struct span text, const char *list);

MUST_USE bool text_has(struct span text, struct span part);

/* Whether the text begins with `low` in any case. `low` is in lower case. */
MUST_USE bool text_starts_low(struct span text, struct span low);

/* The next word of *list, which moves past it. False: no more. */
MUST_USE bool word_next(struct span *list, struct span *word);

/* Fold a word: in lower case without '_', '-', '.' and blanks, into `to`. Empty if it does not fit.
 */
struct span word_fold(struct span word, char *to, size_t cap);

/* Whether an action may have the character, apart from dots. */
static inline bool is_action_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* Whether it is an action in form: two or more words of [a-z0-9_], joined by dots. */
MUST_USE bool action_well_formed(struct span action);

#endif
