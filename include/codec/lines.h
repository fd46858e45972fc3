/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h - divides a stream of text into physical lines. The stream may arrive in pieces of any
 * size.
 *
 * A line that is complete in one piece is returned in place, without a copy. Only a line that spans
 * pieces is joined in the object's buffer. A line ends at '\n'. One '\r' before it, and a UTF-8 BOM
 * at the start of the line, are not part of its text (normalization.md §1), but offsets and byte
 * counts include them.
 *
 * LINES_SLACK bytes after each input must be readable; codec/decode.h provides them. They are also
 * readable after each returned line.
 */
#ifndef CODEC_LINES_H
#define CODEC_LINES_H

#include "base/buf.h"

enum { LINES_SLACK = 64 };

struct line {
    struct span text; /* without '\n', '\r' and BOM; only its beginning if too_long */
    uint64_t number;  /* counted from 1; blank lines count */
    uint64_t offset;  /* counted from 0, in the decompressed object */
    uint64_t bytes;   /* length of the physical line, without its '\n' */
    bool too_long;    /* longer than line_bytes: text is its first head_bytes bytes */
    bool blank;       /* consists of spaces, tabs and NULs only */
};

struct lines {
    struct buf carry;    /* the part of an unfinished line that is kept */
    size_t line_bytes;   /* maximum length of a line that is returned complete */
    size_t head_bytes;   /* length of the beginning of a longer line that is returned */
    uint64_t number;     /* number of lines returned so far */
    uint64_t offset;     /* offset of the unfinished line */
    uint64_t unfinished; /* its length so far, including bytes that are not kept */
};

/* Limits in bytes. head_bytes <= line_bytes. Memory: at most line_bytes + LINES_SLACK + 4. */
void lines_init(struct lines *l, size_t line_bytes, size_t head_bytes);
void lines_done(struct lines *l);
void lines_reset(struct lines *l); /* begin another object */

/*
 * Remove the next line from *in. True: *line is the line, valid until the next call. False: *in is
 * used up; call again with the next piece.
 */
MUST_USE bool lines_next(struct lines *l, struct span *in, struct line *line);

/* At the end of the stream: return the last line if it has no '\n'. True at most once. */
MUST_USE bool lines_last(struct lines *l, struct line *line);

#endif
