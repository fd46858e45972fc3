/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64.h - decodes base64 (RFC 4648 §4), also with the alphabet for URLs (§5).
 *
 *     if (!base64_decode(text, &out)) { the text is no base64, or out is full }
 *
 * Threads: no state.
 */
#ifndef CODEC_BASE64_H
#define CODEC_BASE64_H

#include "base/buf.h"

/* The six bits of a character of one of the alphabets, -1: it is of none. */
int base64_digit(char c);

/*
 * Append the bytes to *out. The padding may be missing; blanks and line ends are passed over, as in
 * MIME. False: another byte, a padding that is not at the end, or bits that belong to no byte.
 */
MUST_USE bool base64_decode(struct span text, struct buf *out);

#endif
