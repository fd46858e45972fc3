/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h - cut a stream of text into physical lines, whatever pieces it comes in.
 *
 * A line that lies whole in the input is returned in place, uncopied; only a line split
 * across inputs is joined in the object's own buffer. Lines end at '\n'; one '\r' before it
 * and a UTF-8 BOM at the start of the line are cut off (normalization.md §1), the counts keep them.
 *
 * The text put in must have LINES_SLACK readable bytes behind it (decode.h gives them); so
 * has every line handed out.
 */
#ifndef CODEC_LINES_H
#define CODEC_LINES_H

#include "base/buf.h"

enum { LINES_SLACK = 64 };

struct line {
    struct span text; /* without '\n', '\r' and BOM; only the head if too_long */
    uint64_t number;  /* 1-based, blank lines count */
    uint64_t offset;  /* 0-based, in the decompressed object */
    uint64_t bytes;   /* of the physical line without its '\n' */
    bool too_long;    /* above the limit: text is its first head_bytes bytes */
    bool blank;       /* only blanks, tabs and NULs: nothing to do */
};

struct lines {
    struct buf carry;    /* the unfinished line */
    size_t line_bytes;   /* longest line kept whole */
    size_t head_bytes;   /* what is kept of a longer one */
    uint64_t number;     /* lines handed out */
    uint64_t offset;     /* where the unfinished line starts */
    uint64_t unfinished; /* its bytes so far, kept or not */
};

/* Limits in bytes; head_bytes <= line_bytes. Memory: line_bytes + slack at most. */
void lines_init(struct lines *l, size_t line_bytes, size_t head_bytes);
void lines_done(struct lines *l);
void lines_reset(struct lines *l); /* begin another object */

/*
 * Take the next line out of *in. True: *line is the next one, valid until the next call.
 * False: *in is used up; call again with more.
 */
MUST_USE bool lines_next(struct lines *l, struct span *in, struct line *line);

/* At end of stream: the last line, if it had no '\n'. True at most once. */
MUST_USE bool lines_last(struct lines *l, struct line *line);

#endif
