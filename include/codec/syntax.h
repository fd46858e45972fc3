/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syntax.h - whether a text is a JSON value, or the beginning of one (RFC 8259).
 *
 * For short texts on which a decision depends: the framing of an object, whether a scalar is valid.
 * Nothing is stored. Bytes above 127 are not checked. A text with more than SYNTAX_DEPTH open
 * containers counts as the beginning of a value. Threads: no state.
 */
#ifndef CODEC_SYNTAX_H
#define CODEC_SYNTAX_H

#include "base/span.h"

enum { SYNTAX_DEPTH = 256 };

enum syntax {
    SYNTAX_WHOLE, /* a complete value; the text after it is not checked. A number ends at the end of
                     the text */
    SYNTAX_BEGUN, /* the text ends inside a value or before it */
    SYNTAX_WRONG, /* not the beginning of any value */
};

/* Blanks before the value are allowed. *at: offset after the value, or of the wrong byte. */
MUST_USE enum syntax syntax_check(struct span text, size_t *at);

/* The state of a value that is checked line by line, between two lines. Zeros: before the value. */
struct syntax_lines {
    size_t depth;                        /* number of open containers */
    uint64_t objects[SYNTAX_DEPTH / 64]; /* a bit for each: it is an object */
    unsigned char next;                  /* the tokens that are allowed next; private */
};

/*
 * Check the next line of a value, without its '\n', as syntax_check does. SYNTAX_BEGUN: the value
 * may go on with the next line. No token may continue after a line end, and no container may be
 * deeper than SYNTAX_DEPTH.
 */
MUST_USE enum syntax syntax_next_line(struct syntax_lines *s, struct span line, size_t *at);

/* Whether the innermost container is an object. s->depth > 0. */
bool syntax_in_object(const struct syntax_lines *s);

/* Whether the last line ended after the colon of a member. */
bool syntax_after_colon(const struct syntax_lines *s);

#endif
