/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nesting.h - where a JSON value ends, found without reading it.
 *
 * Only brackets, strings and escapes are examined, 64 bytes at a time; whether the text is JSON is
 * another question (syntax.h, json.h). Brackets of both kinds count as one.
 *
 *     struct nesting n = {.depth = 1};                 // after an opening bracket
 *     used = nesting_scan(&n, text, false, &end);      // again with more while NESTING_MORE
 */
#ifndef CODEC_NESTING_H
#define CODEC_NESTING_H

#include "base/span.h"

enum { NESTING_SLACK = 64 }; /* readable bytes there must be after a text */

/* What is known of the text so far, at any byte of it. */
struct nesting {
    uint64_t depth; /* containers that are open */
    uint64_t lines; /* line ends seen outside of strings */
    bool in_string;
    bool escaped; /* the next byte follows a backslash */
};

enum nesting_end {
    NESTING_MORE,   /* the text is used up */
    NESTING_CLOSED, /* the byte before is the bracket that closes the last container */
    NESTING_LINE,   /* the next byte is '\n': inside a string, where none may stand, or asked for */
};

/*
 * Go on from where *n is, with depth 1 or more. Returns how many bytes were used. `one_line`: stop
 * at every line end, not only at one inside a string.
 */
MUST_USE size_t nesting_scan(struct nesting *n, struct span text, bool one_line,
                             enum nesting_end *end);

#endif
