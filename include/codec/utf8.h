/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.h - step through bytes that should be UTF-8 (Unicode 15, table 3-7).
 *
 *     while (s.n > 0) {
 *         bool good;
 *         struct span c = span_take(&s, utf8_step(s, &good));   // one character, or
 *         ...                                    // what one U+FFFD stands for if !good
 *     }
 *
 * What is not UTF-8 is cut into maximal subparts, as the Unicode Standard (§3.9) recommends
 * and the WHATWG's decoder does: a decoder that replaces writes one U+FFFD for each.
 */
#ifndef CODEC_UTF8_H
#define CODEC_UTF8_H

#include "base/span.h"

#define UTF8_REPLACEMENT SPAN("\xef\xbf\xbd") /* U+FFFD */

/* Bytes (1 to 4) of the character, or of the maximal subpart, that s begins with. s.n > 0. */
size_t utf8_step(struct span s, bool *good);

/*
 * Cut the first character off *s. False if *s is empty or starts with no well-formed
 * character; then *s is unchanged.
 */
MUST_USE bool utf8_next(struct span *s, uint32_t *character);

MUST_USE bool utf8_valid(struct span s);

/* The head of s of at most max bytes that ends where a character does. */
struct span utf8_cut(struct span s, size_t max);

#endif
