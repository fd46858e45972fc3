/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.h - steps through bytes that should be UTF-8 (Unicode 15, table 3-7).
 *
 *     while (s.n > 0) {
 *         bool good;
 *         struct span c = span_take(&s, utf8_step(s, &good));   // one character, or, if !good,
 *         ...                                    // bytes that one U+FFFD replaces
 *     }
 *
 * Invalid bytes are divided into maximal subparts, as the Unicode Standard (§3.9) recommends and
 * the WHATWG's decoder does: one U+FFFD replaces each. Threads: no state.
 */
#ifndef CODEC_UTF8_H
#define CODEC_UTF8_H

#include "base/span.h"

#define UTF8_REPLACEMENT SPAN("\xef\xbf\xbd") /* U+FFFD */

/*
 * Length (1 to 4) of the character, or of the maximal subpart, that s begins with. s.n > 0. *good:
 * whether it is a valid character.
 */
size_t utf8_step(struct span s, bool *good);

/*
 * Remove the first character from *s. False, with *s unchanged: it is empty or does not begin with
 * a valid character.
 */
MUST_USE bool utf8_next(struct span *s, uint32_t *character);

MUST_USE bool utf8_valid(struct span s);

/* The longest beginning of s of at most max bytes that does not divide a character. */
struct span utf8_cut(struct span s, size_t max);

#endif
