/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nesting.h - finds the end of a JSON value without parsing it.
 *
 * Only brackets, strings and escapes are examined, 64 bytes at a time. Whether the text is valid
 * JSON is not checked (see syntax.h, json.h). Both kinds of bracket are treated alike.
 *
 *     struct nesting n = {.depth = 1};                 // after an opening bracket
 *     used = nesting_scan(&n, text, false, &end);      // call again with more while NESTING_MORE
 */
#ifndef CODEC_NESTING_H
#define CODEC_NESTING_H

#include "base/span.h"

enum { NESTING_SLACK = 64 }; /* number of bytes after a text that must be readable */

/* State of a scan, after any byte of the text. */
struct nesting {
    uint64_t depth; /* number of open containers */
    uint64_t lines; /* number of line ends outside of strings so far */
    bool in_string;
    bool escaped; /* the next byte follows a backslash */
};

enum nesting_end {
    NESTING_MORE,   /* the text is used up */
    NESTING_CLOSED, /* the last byte used is the bracket that closes the outermost container */
    NESTING_LINE,   /* the next byte is '\n': inside a string, where JSON forbids it, or any with
                       `one_line` */
};

/*
 * Continue the scan with the next text; n->depth >= 1. Returns the number of bytes used.
 * `one_line`: stop before every line end, not only before one inside a string.
 */
MUST_USE size_t nesting_scan(struct nesting *n, struct span text, bool one_line,
                             enum nesting_end *end);

/* The same with instructions that every processor has. Only tests call it directly. */
MUST_USE size_t nesting_scan_plain(struct nesting *n, struct span text, bool one_line,
                                   enum nesting_end *end);

#endif
