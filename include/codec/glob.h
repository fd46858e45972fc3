/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glob.h - patterns for object keys.
 *
 *     if (glob_refuse(pattern) == NULL) ...                       // once, for an operator
 *     if (glob_matches(span_str(pattern), key)) ...               // each key
 *
 * `*` matches any run of characters, including slashes; `?` one character; `[a-z]` and `[!a-z]` one
 * character that is, or is not, in the ASCII set. `\` makes the next character literal. A pattern
 * matches the whole text.
 *
 * No state, no allocation. A match takes at most as many steps per byte of the text as the pattern
 * has bytes. Threads: any.
 */
#ifndef CODEC_GLOB_H
#define CODEC_GLOB_H

#include "base/span.h"

enum { GLOB_BYTES = 128 }; /* maximum of a pattern */

/* The reason why a pattern is refused, as the end of a sentence. NULL: it is valid. */
const char *glob_refuse(const char *pattern);

/* Whether the text matches. For a pattern that glob_refuse refuses, either result is possible. */
MUST_USE bool glob_matches(struct span pattern, struct span text);

#endif
