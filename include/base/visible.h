/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visible.h - foreign text without control characters, for terminals and logs.
 *
 * A control character is here what may control a terminal, or show a text in another order than it
 * has: C0, DEL and C1 (U+0080 to U+009F), the line and paragraph separators, the marks, embeddings
 * and isolates of the bidirectional algorithm (Unicode, UAX #9), and characters without width. The
 * text is decoded from UTF-8 first, because a terminal does so.
 *
 *     visible_add(&out, name);             "a\033[31mb" becomes a?[31mb
 *     visible_add_json(&out, document);    the escape \u001b in its place
 *
 * Threads: no state.
 */
#ifndef BASE_VISIBLE_H
#define BASE_VISIBLE_H

#include "base/buf.h"

/*
 * Length of the UTF-8 character that s begins with (RFC 3629), and its code point. 0: s is empty or
 * does not begin with a valid character.
 */
MUST_USE size_t visible_step(struct span s, uint32_t *point);

MUST_USE bool visible_is_control(uint32_t point);

/* Append the text with '?' for each control character, and for each byte that is no UTF-8. */
void visible_add(struct buf *out, struct span text);

/*
 * Append a JSON text, or lines of them, with an escape for each control character except '\n', and
 * U+FFFD for each byte that is no UTF-8. Its values stay the same.
 */
void visible_add_json(struct buf *out, struct span json);

#endif
