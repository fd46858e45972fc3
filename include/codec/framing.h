/* SPDX-License-Identifier: Apache-2.0 */
/*
 * framing.h - divides the text of an object, given in pieces of any size, into lines or JSON
 * values.
 *
 *     while (framing_next(f, &text, &piece)) { ... framing_answer(f, answer); }   for every text
 *     while (framing_last(f, &piece)) { ... framing_answer(f, answer); }          at the end
 *
 * The first value of the object determines its framing:
 *
 *   lines      a JSON value that ends on its line, or is longer than the limit and alone on it. A
 *              piece is a physical line
 *   values     several values on a line that is longer than the limit: one value after another
 *   array      '[' that is not closed on its line, or whose line is longer than the limit: elements
 *   document   '{' that is not closed on its line: values over several lines, one after another
 *
 * Some lines before the first value are pieces of their own and do not determine the framing: lines
 * that begin with neither '{' nor '[', lines with a value that breaks off, and lines with an array
 * that begins with a scalar.
 *
 * In an object that is divided into lines, a value over several lines is not read. The line on
 * which it begins is a piece, and the lines after it that continue it, of any length, are one piece
 * (PIECE_OPEN_LINES).
 *
 * In the last three framings, and within a line that is longer than the limit and begins with '{'
 * or '[', separators between values and the brackets around elements belong to no piece. Separators
 * are line ends, blanks, commas, NULs, byte order marks and record separators (0x1e, RFC 7464).
 *
 * The limit, line_bytes, is that of a line, and of a value in an object that is not divided into
 * lines. A longer value is one piece (PIECE_TOO_LONG), and the text after it is read. Exception: if
 * it is an object that has a list with a well-known name before the limit, the elements of that
 * list, or of the one that reaches beyond the limit, are pieces. If it is an OTLP request, the
 * pieces are smaller requests: the parts of the object before the lists that reach beyond the
 * limit, then some elements of the innermost one, and the brackets that close what is open.
 *
 * After a PIECE_DAMAGE nothing more of the object is read (of the line, if the object is divided
 * into lines); that text, if there is any, is one piece (PIECE_UNREAD). So every byte is in the
 * extent of a piece, or is one of the separators above. The pieces depend only on the object, never
 * on how the text was cut.
 *
 * Input texts must have FRAMING_SLACK readable bytes after them, as those of decode.h do. The texts
 * of pieces have them, too. Threads: one at a time.
 */
#ifndef CODEC_FRAMING_H
#define CODEC_FRAMING_H

#include "base/own.h"
#include "base/span.h"

enum {
    FRAMING_SLACK = 64,
    FRAMING_LIST_HEAD_BYTES = 16 * 1024, /* most of an object before the list that is expanded */
    FRAMING_REQUEST_BYTES = 64 * 1024,   /* most of a request of several elements */
    FRAMING_REQUEST_LEVELS = 3,          /* resources, scopes, records */
    FRAMING_SINGLE = 16,                 /* empty values returned one by one, before PIECE_RUN */
    FRAMING_RUN = 1000, /* most values, or lines, of one piece: records can be counted early */
};

enum framing_kind {
    FRAMING_NONE, /* not yet determined */
    FRAMING_LINES,
    FRAMING_VALUES,
    FRAMING_ARRAY,
    FRAMING_DOCUMENT,
};

enum piece_kind {
    PIECE_LINE,       /* a line that is not blank: values or damage, not examined */
    PIECE_VALUE,      /* one value, found by its brackets; not parsed */
    PIECE_TOO_LONG,   /* a line or a value above the limit: text is its head */
    PIECE_DAMAGE,     /* not JSON from here on: wrong is the reason, wrong_at the place */
    PIECE_RUN,        /* `count` values in a row that are scalars, {} or []; no text */
    PIECE_LIST,       /* an object whose list follows: text is the part before it, closed with ]} */
    PIECE_OPEN_LINES, /* `count` lines in a row that continue the value at the end of the line
                         before them; no text */
    PIECE_LIST_END,   /* the rest of the object: FRAMING_REST_BEGINS and what follows the list;
                         without text if that is more than FRAMING_LIST_HEAD_BYTES */
    PIECE_UNREAD,     /* what follows damage and is not read; no text */
};

/* Stands for the object up to the end of its list. */
#define FRAMING_REST_BEGINS "{\"\":[]"

struct piece {
    enum piece_kind kind;
    enum framing_kind framing; /* of the object; a line before the first value: FRAMING_LINES */
    struct span text;          /* without '\n': within a value it is replaced by a blank */
    uint64_t line;             /* 1-based, the physical line on which it begins */
    uint64_t offset;           /* 0-based, in the decompressed object */
    uint64_t bytes;            /* of a line without its '\n' */
    uint64_t count;            /* of PIECE_RUN and PIECE_OPEN_LINES; else 1 */
    const char *wrong;         /* PIECE_DAMAGE: a few words, static */
    uint64_t wrong_at;         /* offset in the object */
    bool rest;                 /* PIECE_DAMAGE: there is text after it that is not read */
    bool same_line;            /* not the first piece that begins on its line */
    bool in_list; /* an element of the list of the last PIECE_LIST that begins none of a
                     request */
    /*
     * Of an OTLP request that is divided: the number of its lists that are open, the one of a
     * PIECE_LIST or PIECE_LIST_END included. Then the text of a PIECE_VALUE is a request that is
     * composed of one or more elements; its extent is theirs.
     */
    unsigned request_level;
};

struct framing; /* opaque */

/*
 * Limits in bytes: line_bytes of a line or value that is returned whole, head_bytes of the head of
 * a longer one; head_bytes <= line_bytes. Memory: line_bytes + FRAMING_LIST_HEAD_BYTES and a small
 * constant; until framing_reset after an OTLP request that was divided, FRAMING_LIST_HEAD_BYTES,
 * FRAMING_REQUEST_BYTES and line_bytes more. Never NULL (aborts when out of memory). Used for one
 * object after another.
 */
struct framing *framing_new(size_t line_bytes, size_t head_bytes);
void framing_free(struct framing *f);
DEFINE_OWNED(framing);

/* Start another object. */
void framing_reset(struct framing *f);

/*
 * Take the next piece out of *in. True: *out is valid until the next call; call again with the rest
 * of *in, even if it is empty. False: *in is used up; call again with more.
 */
MUST_USE bool framing_next(struct framing *f, struct span *in, struct piece *out);

/*
 * At the end of the object, until it returns false: the incomplete pieces. Also at the end of what
 * could be decoded of a damaged object: values that are closed are complete, wherever the text
 * ends.
 */
MUST_USE bool framing_last(struct framing *f, struct piece *out);

/* The result of reading the last piece. */
enum framing_answer {
    FRAMING_CONTINUE,
    FRAMING_NO_JSON, /* for a PIECE_VALUE: not JSON; nothing more is read, as after PIECE_DAMAGE.
                        For a PIECE_LINE: not JSON; it may break off inside a value */
    FRAMING_NO_LIST, /* the object of a PIECE_LIST is no envelope: it becomes a PIECE_TOO_LONG */
};

/*
 * Call it before the next framing_next or framing_last. An answer to a piece of another kind, or to
 * one of a request that is divided, is ignored.
 */
void framing_answer(struct framing *f, enum framing_answer answer);

enum framing_kind framing_kind(const struct framing *f);

/* "lines", "values", "array", "document"; "none". Never NULL. */
const char *framing_name(enum framing_kind kind);

/* Physical lines started so far, including blank ones. */
uint64_t framing_lines(const struct framing *f);

/* Bytes of its buffers. */
size_t framing_memory(const struct framing *f);

/* Bytes of the unfinished line or value that are stored. A text adds at most its own bytes. */
size_t framing_stored(const struct framing *f);

#endif
