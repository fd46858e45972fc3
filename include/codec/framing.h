/* SPDX-License-Identifier: Apache-2.0 */
/*
 * framing.h - divides the text of an object, given in pieces of any size, into lines or JSON
 * values.
 *
 *     while (framing_next(f, &text, &piece)) { ... framing_answer(f, answer); }   for every text
 *     while (framing_last(f, &piece)) { ... framing_answer(f, answer); }          at the end
 *
 * The first value of the object decides on its framing:
 *
 *   lines      a JSON value that ends on its line. A piece is a physical line
 *   values     a value on a line that is longer than the limit: one value after another
 *   array      '[' that is not closed on its line, or whose line is longer than the limit: elements
 *   document   '{' that is not closed on its line: values over several lines, one after another
 *
 * Lines before it that begin with neither '{' nor '[', hold a value that breaks off, or an array
 * that begins with a scalar, are pieces of their own and decide nothing. In the last three framings
 * line ends, blanks, commas, NULs, byte order marks and record separators (0x1e, RFC 7464) between
 * values are no part of any piece, nor are the brackets around elements; and so it is within a line
 * that is longer than the limit and begins with '{' or '['.
 *
 * The limit, line_bytes, is one of a line, and of a value in what is not cut into lines. A value
 * above it is one piece (PIECE_TOO_LONG) and what follows is read; but if it is an object in which
 * a list with a well-known name passes the limit, the elements of that list are pieces.
 *
 * Every byte is in the extent of a piece, or is one of the separators above, or follows a
 * PIECE_DAMAGE: then nothing more is read of the object (of the line, if it is cut into lines).
 * The pieces depend on the object alone, never on how the text was cut.
 *
 * Texts put in must have FRAMING_SLACK readable bytes after them (decode.h gives them); so has
 * every text handed out. Threads: one at a time.
 */
#ifndef CODEC_FRAMING_H
#define CODEC_FRAMING_H

#include "base/own.h"
#include "base/span.h"

enum {
    FRAMING_SLACK = 64,
    FRAMING_LIST_HEAD_BYTES = 16 * 1024, /* most of an object before the list that is expanded */
    FRAMING_SINGLE = 16,                 /* empty values handed out one by one, before PIECE_RUN */
};

enum framing_kind {
    FRAMING_NONE, /* not decided */
    FRAMING_LINES,
    FRAMING_VALUES,
    FRAMING_ARRAY,
    FRAMING_DOCUMENT,
};

enum piece_kind {
    PIECE_LINE,     /* a line that is not blank: values, or damage, as it comes */
    PIECE_VALUE,    /* one value, by its brackets; not parsed */
    PIECE_TOO_LONG, /* a line or a value above the limit: text is its head */
    PIECE_DAMAGE,   /* no JSON from here on: wrong says what, wrong_at where */
    PIECE_RUN,      /* `count` values that are scalars, {} or [], one after another; no text */
    PIECE_LIST,     /* an object whose list follows: text is the part before it, closed with ]} */
    PIECE_LIST_END, /* the rest of the object after the list; no text */
};

struct piece {
    enum piece_kind kind;
    enum framing_kind framing; /* of the object; a line before the first value: FRAMING_LINES */
    struct span text;          /* without '\n': within a value a blank stands in its place */
    uint64_t line;             /* 1-based, the physical line on which it begins */
    uint64_t offset;           /* 0-based, in the decompressed object */
    uint64_t bytes;            /* of a line without its '\n' */
    uint64_t count;            /* of PIECE_RUN; else 1 */
    const char *wrong;         /* PIECE_DAMAGE: a few words, static */
    uint64_t wrong_at;         /* offset in the object */
    bool rest;                 /* PIECE_DAMAGE: there is text after it that is not read */
    bool same_line;            /* not the first piece that begins on its line */
    bool in_list;              /* an element of the list of the last PIECE_LIST */
};

struct framing; /* opaque */

/*
 * Limits in bytes: of a line or value that is kept whole, and what is kept of a longer one;
 * head_bytes <= line_bytes. Memory: line_bytes + FRAMING_LIST_HEAD_BYTES and a little. Never NULL
 * (aborts when out of memory). Used for one object after another.
 */
struct framing *framing_new(size_t line_bytes, size_t head_bytes);
void framing_free(struct framing *f);
DEFINE_OWNED(framing);

/* Begin another object. */
void framing_reset(struct framing *f);

/*
 * Take the next piece out of *in. True: *out is valid until the next call; call again with what is
 * left of *in, also if that is nothing. False: *in is used up; call again with more.
 */
MUST_USE bool framing_next(struct framing *f, struct span *in, struct piece *out);

/* At the end of the object, until it is false: what was not complete. */
MUST_USE bool framing_last(struct framing *f, struct piece *out);

/* What the reader of the last piece found. */
enum framing_answer {
    FRAMING_CONTINUE,
    FRAMING_NO_JSON, /* in a PIECE_VALUE: nothing more is read, as after PIECE_DAMAGE */
    FRAMING_NO_LIST, /* the object of a PIECE_LIST is no envelope: it will be a PIECE_TOO_LONG */
};

/* Before the next call of framing_next or framing_last. An answer to another piece is ignored. */
void framing_answer(struct framing *f, enum framing_answer answer);

enum framing_kind framing_kind(const struct framing *f);

/* "lines", "values", "array", "document"; "none". Never NULL. */
const char *framing_name(enum framing_kind kind);

/* Physical lines started so far, blank ones too. */
uint64_t framing_lines(const struct framing *f);

/* Bytes of its buffers. */
size_t framing_memory(const struct framing *f);

#endif
