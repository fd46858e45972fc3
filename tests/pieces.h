/* SPDX-License-Identifier: Apache-2.0 */
/* pieces.h - lines for tests that need no framing of a whole object. */
#ifndef TESTS_PIECES_H
#define TESTS_PIECES_H

#include "codec/framing.h"

/* A line at the start of an object; its text has FRAMING_SLACK. */
static inline struct piece line_piece(struct span text, uint64_t number)
{
    return (struct piece){.kind = PIECE_LINE,
                          .framing = FRAMING_LINES,
                          .text = text,
                          .line = number,
                          .bytes = text.n,
                          .count = 1};
}

#endif
