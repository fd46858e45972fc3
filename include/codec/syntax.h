/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syntax.h - is this text a JSON value, or the beginning of one (RFC 8259)?
 *
 * For short texts on which something depends: how an object is framed, whether a scalar is one.
 * Nothing is stored. Bytes above ASCII are not checked; more than SYNTAX_DEPTH open containers
 * count as the beginning of a value.
 */
#ifndef CODEC_SYNTAX_H
#define CODEC_SYNTAX_H

#include "base/span.h"

enum { SYNTAX_DEPTH = 256 };

enum syntax {
    SYNTAX_WHOLE, /* a value; what follows it is not checked. A number ends where the text ends
                   */
    SYNTAX_BEGUN, /* the text ends inside a value, or before it */
    SYNTAX_WRONG, /* no continuation makes it a value */
};

/* Blanks before the value are allowed. *at: where the value ends, or the byte that is wrong. */
MUST_USE enum syntax syntax_check(struct span text, size_t *at);

#endif
