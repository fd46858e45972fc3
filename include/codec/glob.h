/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glob.h - patterns for object keys.
 *
 *     if (glob_refuse(pattern) == NULL) ...                       // once, for an operator
 *     if (glob_matches(span_str(pattern), key)) ...               // each key
 *
 * `*` is any run of characters, slashes included; `?` one character; `[a-z]`, `[!a-z]` one ASCII
 * character that is, or is not, in the set (not in it is also any other character); `\` takes the
 * next character as itself. A pattern matches the whole text.
 *
 * No state, no allocation. Takes at most (bytes of the pattern) steps for each byte of the text.
 */
#ifndef CODEC_GLOB_H
#define CODEC_GLOB_H

#include "base/span.h"

enum { GLOB_BYTES = 128 }; /* of a pattern, at most */

/* What is wrong with a pattern, as the end of a sentence; NULL: nothing. */
const char *glob_refuse(const char *pattern);

/* Any pattern may be given; one that glob_refuse refuses matches something or nothing. */
MUST_USE bool glob_matches(struct span pattern, struct span text);

#endif
