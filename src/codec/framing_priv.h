/* SPDX-License-Identifier: Apache-2.0 */
/*
 * framing_priv.h - declarations shared by the files of framing: framing.c (the sequence of
 * steps), framing_lines.c (lines), framing_store.c (texts in place or in the carry),
 * framing_decide.c (the framing of an object), framing_values.c (values in a row), framing_list.c
 * (a list in an object that is too long), framing_request.c (the lists of an OTLP request that is
 * too long), framing_open.c (a value over several lines in an object that is divided into lines),
 * framing_track.c (the brackets that a text leaves open).
 */
#ifndef CODEC_FRAMING_PRIV_H
#define CODEC_FRAMING_PRIV_H

#include "base/buf.h"
#include "codec/framing.h"
#include "codec/nesting.h"
#include "codec/syntax.h"

enum framing_state {
    FRAMING_UNDECIDED, /* at the start of a line, before the first value */
    FRAMING_HOLE,      /* in filler at the start of a line, more than a line may have */
    FRAMING_CUT_LINES, /* in a line that may be stored whole */
    FRAMING_LONG_LINE, /* in a line that is too long and has no values */
    FRAMING_LINE_REST, /* in the part of a line that is not read */
    FRAMING_GAP,       /* between values; this state and all below: values in a row */
    FRAMING_BRACKET,   /* after '[' among elements: punctuation, or an array without elements */
    FRAMING_CONTAINER, /* in an object or array */
    FRAMING_STRING,
    FRAMING_SCALAR,     /* in a number or a word */
    FRAMING_LIST_TAIL,  /* after an expanded list, in its object */
    FRAMING_AFTER_LONG, /* after a first value above the limit: is it alone on its line? */
    FRAMING_STOPPED,
};

/* The value or the too long line that is being read. */
struct framing_value {
    uint64_t offset, line;
    uint64_t bytes; /* so far */
    size_t keep;    /* most bytes of it that are stored */
    bool too_long;
    bool escaped;      /* a string: the next byte follows a backslash */
    bool head_in_list; /* its head is in `list` */
};

/* In an object that is divided into lines: whether a value goes on after its line. */
enum framing_open_state {
    OPEN_NONE,
    OPEN_OVER,  /* its lines are in `run` */
    OPEN_MAYBE, /* the last line leaves brackets of an object open */
    OPEN_SURE,  /* ... and the next one continues the value */
};

enum { FRAMING_TRACK_LEVELS = 256 }; /* of deeper containers only the number is known */

/* The token that may follow. */
enum framing_track_next {
    TRACK_ANY,        /* outside of all brackets */
    TRACK_LOOSE_NAME, /* ... behind a string, which may be the name of a member */
    TRACK_VALUE,
    TRACK_VALUE_OR_END,
    TRACK_NAME,
    TRACK_COLON,
    TRACK_COMMA_OR_END,
};

/* The brackets that are open after any byte of a text. Zeros: before the text. */
struct framing_track {
    uint64_t depth;                            /* open containers */
    uint64_t objects;                          /* ... of which are objects */
    uint64_t kinds[FRAMING_TRACK_LEVELS / 64]; /* a bit for each: it is an object */
    enum framing_track_next next;
    bool in_string, escaped, in_scalar;
    bool wrong; /* there was a token that was not allowed */
};

/* An OTLP request above the limit, of which lists are open. */
struct framing_request {
    unsigned level;                           /* number of open lists; 0: there is no request */
    struct buf heads;                         /* the parts before the lists, one after the other */
    size_t head_ends[FRAMING_REQUEST_LEVELS]; /* bytes of `heads` with each of them */
    struct buf text;    /* composed: the piece of the group, perhaps another */
    struct piece group; /* its elements are in `text`; count 0: none */
};

/* What may follow in a list of an object. */
enum framing_list_next { LIST_VALUE_OR_END, LIST_COMMA_OR_END, LIST_VALUE };

struct framing {
    enum framing_state state;
    enum framing_kind kind;
    bool tentative; /* FRAMING_VALUES, but lines if the first value is alone on its line: */
    uint64_t first_line;
    bool one_line; /* in a too long line of an object that is divided into lines */
    bool ending;   /* framing_last has been called */
    bool all_read; /* no byte of the object, or of the line, is left */

    uint64_t offset;     /* of the next byte to be read */
    uint64_t line;       /* the line of that byte */
    uint64_t piece_line; /* the line of the last piece */
    enum piece_kind last;
    bool last_in_request;
    bool open_line; /* the last input byte was not '\n' */

    /*
     * The unfinished line or value, or text that does not yet determine the framing. With `replay`:
     * text that is still to be read, from `at` on.
     */
    struct buf carry;
    size_t at;
    bool replay;
    bool spent; /* the carry has only the text of the last piece */
    size_t line_bytes, head_bytes;

    struct framing_value value;
    const char *part; /* the start of the value, or of its part in the current source */
    struct nesting nesting;
    uint64_t levels; /* arrays around the values */
    bool fresh;      /* only filler before this byte of the line */
    unsigned bom;    /* bytes of a byte order mark read so far */

    bool in_list;
    enum framing_list_next list_next;
    uint64_t list_levels; /* arrays around its elements, but for the list itself */
    uint64_t tail_offset, tail_line;
    struct buf list; /* the object up to its list; then the rest after the list */
    struct framing_request request;

    struct { /* the text after damage, from its first byte of a value on */
        uint64_t offset, line;
        bool any;
    } unread;

    struct span line_text; /* of the last PIECE_LINE, until the next call */
    struct {
        enum framing_open_state state;
        struct framing_track track;
        bool tracking;    /* in a line that is too long, */
        uint64_t line;    /* this one */
        uint64_t tracked; /* the offset after what is in `track` */
    } open;

    unsigned empty;    /* empty values returned one by one */
    struct piece run;  /* of empty values, or of lines of an open value; count 0: none */
    struct piece held; /* the piece that ended a run */
    bool has_held;
};

/* A source of bytes: the caller's input, or the carry. */
struct source {
    const char *p, *end;
    bool kept; /* in f->carry */
};

/* ---- framing_lines.c ---- */

enum { FRAMING_TRIMMED_BYTES = 4 }; /* the BOM and the '\r' do not count for the limit of a line */

/* The line, without '\n', without its BOM and '\r'. */
struct span framing_trim(struct span line);

/* Continue at the start of a line. */
void framing_line_begins(struct framing *f);

/* A line that is too long begins at s->p, or is in the carry. */
void framing_long_line_begins(struct framing *f, const struct source *s, bool values);

/* One step of FRAMING_CUT_LINES and FRAMING_LONG_LINE. True: *out is a piece. */
bool framing_step_lines(struct framing *f, struct source *s, struct piece *out);
bool framing_step_long_line(struct framing *f, struct source *s, struct piece *out);

/* One step of FRAMING_LINE_REST. True: *out is a piece. */
bool framing_step_line_rest(struct framing *f, struct source *s, struct piece *out);

/* Move to `to` in text that is not read. */
void framing_leave_unread(struct framing *f, struct source *s, const char *to);

/* The text that was not read ends here. True: *out is its piece. */
bool framing_give_unread(struct framing *f, struct piece *out);

/* The text ended in a state before FRAMING_GAP. False: call again, or the object is finished. */
bool framing_lines_end(struct framing *f, struct piece *out);

/* Whether the next byte is on the first line, whose first value is not complete. */
static inline bool framing_on_first_line(const struct framing *f)
{
    return f->tentative && f->line == f->first_line;
}

/* ---- framing_store.c ---- */

/* The number of bytes that may be appended until the carry has `keep`. */
size_t framing_carry_room(const struct framing *f, size_t keep);

/* Append as much as fits below `keep`. */
void framing_carry_add(struct framing *f, struct span part, size_t keep);

/*
 * Store the source from `from` on, as much as fits: append it to the carry, or, if the source is
 * the carry, move it to the front.
 */
void framing_carry_keep(struct framing *f, const char *from, struct source *s, size_t keep);

void framing_carry_drop(struct framing *f);

/* The text of the carry, with FRAMING_SLACK. */
struct span framing_carry_text(struct framing *f);

/* Move to `to`, over bytes without '\n'. */
void framing_advance(struct framing *f, struct source *s, const char *to);

/* Move past the '\n' at s->p. */
void framing_pass_line_end(struct framing *f, struct source *s);

/* The source is used up inside a value: store the part of it that is needed. */
void framing_suspend(struct framing *f, struct source *s);

/* Join the part of the value in the carry with its part in the source; FRAMING_SLACK. */
struct span framing_value_join(struct framing *f, const struct source *s);

/* The text of the value that ends at s->p, in place if possible. */
struct span framing_value_text(struct framing *f, const struct source *s);

/* The value in the carry becomes no piece. */
void framing_value_drop(struct framing *f, const struct source *s);

/* Replace line ends by blanks. */
void framing_blank_line_ends(char *p, size_t n);

/* A piece for the value as read so far. */
struct piece framing_piece(const struct framing *f, enum piece_kind kind);

void framing_hand_out(struct framing *f, const struct piece *piece, struct piece *out);

/*
 * Return `piece`, or before it the run of empty values, if there is one; then `piece` is held.
 * True.
 */
bool framing_give(struct framing *f, const struct piece *piece, struct piece *out);

/* Return the run so far, if there is one. */
bool framing_flush_run(struct framing *f, struct piece *out);

/* ---- framing_decide.c ---- */

enum framing_verdict {
    VERDICT_MORE,        /* more of the text is needed */
    VERDICT_BLANK,       /* a blank line */
    VERDICT_LINE,        /* a line that does not determine the framing */
    VERDICT_LONG_LINE,   /* such a line above the limit */
    VERDICT_LONG_VALUES, /* ... of an object that is divided into lines, with values */
    VERDICT_OPEN,        /* a line that continues the open value */
    VERDICT_OPEN_LONG,
    VERDICT_HOLE, /* as many bytes of filler as a line may have */
    VERDICT_LINES,
    VERDICT_VALUES_OR_LINES,
    VERDICT_ARRAY,
    VERDICT_DOCUMENT,
};

/* The most bytes of text on which a verdict depends. */
size_t framing_decide_bytes(const struct framing *f);

/* The verdict on a text from the start of a line on. `all`: there will be no more of it. */
enum framing_verdict framing_decide(const struct framing *f, struct span text, bool all);

/* Whether c may be between values without being part of one, except '\n' and a byte order mark. */
static inline bool framing_is_filler(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == ',' || c == '\0' || c == '\x1e';
}

/* Whether the line has only filler. */
bool framing_blank(struct span line);

/* The first byte that is not filler; NULL if there is none. */
const char *framing_first(struct span line);

/* The length of the hole at the start of a line above the limit: filler, of which a torn file may
 * have any number of bytes before the next line. 0: there is none. */
size_t framing_hole(const struct framing *f, struct span line);

/* In FRAMING_HOLE: what follows it is read as a line. */
void framing_step_hole(struct framing *f, struct source *s);

/* ---- framing_values.c ---- */

/* One step of a state from FRAMING_GAP on. True: *out is a piece. */
bool framing_values_step(struct framing *f, struct source *s, struct piece *out);

/* The text ended in such a state. True: *out is a piece; call again. */
bool framing_values_end(struct framing *f, struct piece *out);

/* Nothing more is read of the object; of its line, if it is divided into lines. */
void framing_stop_reading(struct framing *f);

/*
 * The text at `at` is not JSON: return a piece for the value as read so far, and stop reading.
 * True.
 */
bool framing_damage(struct framing *f, struct span text, const char *wrong, uint64_t at,
                    struct piece *out);

/* The next byte, which is between values, is not JSON; or the torn byte order mark before it is
 * not. */
bool framing_damage_between(struct framing *f, const char *wrong, struct piece *out);

/* ---- framing_track.c ---- */

/* Continue with the next part of a text, which has no '\n'. */
void framing_track_part(struct framing_track *t, struct span part);

void framing_track_line_ends(struct framing_track *t);

/* Whether a line has more than what framing_track_continues passes over. */
bool framing_track_may_decide(struct span line);

/* Whether the innermost container is an object. */
bool framing_track_in_object(const struct framing_track *t);

enum framing_continues {
    CONTINUES_NO,
    CONTINUES_YES,
    CONTINUES_MORE, /* more of the text is needed: there is no token, or only a comma */
};

/* Whether the first token of the text is allowed, and the one behind it if it is a comma. *first:
 * its first byte; '\0' if there is none. */
enum framing_continues framing_track_continues(const struct framing_track *before, struct span text,
                                               char *first);

/* ---- framing_open.c ---- */

/* The line is not JSON: a value may begin on it. */
void framing_open_begins(struct framing *f, struct span line);

/* Whether the line continues the value whose brackets are in *t. `rest`: the text after the line,
 * as far as known. */
enum framing_continues framing_open_maybe(const struct framing *f, const struct framing_track *t,
                                          struct span line, struct span rest);

/* Whether the line has whole values and nothing else. */
bool framing_only_values(struct span line);

/* Whether the line belongs to the open value. */
bool framing_open_belongs(const struct framing *f, struct span line);

/* True: the line belongs to it, and is in f->run. f->open.state is not OPEN_NONE. */
bool framing_open_line(struct framing *f, const struct piece *line);

/* A line that is too long begins: of the open value if that is sure, else perhaps its first one. */
void framing_open_track(struct framing *f);

/* Such a line goes on at s->p. */
void framing_open_look(struct framing *f, const struct source *s);

/* Such a line without values ends. True: it belongs to the open value, and is in f->run. */
bool framing_open_long_line(struct framing *f, const struct piece *line);

/* The next line begins. */
void framing_open_line_begins(struct framing *f);

/* ---- framing_list.c ---- */

/* A list of objects in the head of an object. */
struct framing_open_list {
    struct span name;   /* of the member */
    size_t from;        /* offset after its '[' */
    bool first;         /* it is the object's first member */
    bool others_before; /* ... or a member before it may be a list of a request with elements */
};

/* In the head of an object; `from` is 0 if there is none. */
struct framing_lists {
    struct framing_open_list open;     /* the one that is not closed, whatever its name */
    struct framing_open_list request;  /* the first one of a request that is closed */
    struct framing_open_list envelope; /* the first one of an envelope that is closed */
};

/* NESTING_SLACK. */
void framing_find_lists(struct span head, struct framing_lists *out);

/* The value reaches the limit at s->p and does not end there. True: its list begins. */
bool framing_passes_limit(struct framing *f, struct source *s, struct piece *out);

/* Do not expand the list: its object is read as a value that is too long. */
void framing_skip_list(struct framing *f);

/* Between its elements: blanks, and one comma. False: *out is damage. */
bool framing_list_gap(struct framing *f, struct source *s, struct piece *out);

/* At the ']' of the list. */
void framing_tail_begins(struct framing *f, struct source *s);

/* In FRAMING_LIST_TAIL. */
bool framing_step_tail(struct framing *f, struct source *s, struct piece *out);
bool framing_tail_damaged(struct framing *f, const char *wrong, uint64_t at, struct piece *out);

/* ---- framing_request.c ---- */

/* The buffers, which have memory only from the first request of an object on. */
void framing_request_init(struct framing *f);
void framing_request_done(struct framing *f);

/* Whether a request has a list of this name, on any level. */
bool framing_request_is_list(struct span name);

/* Most bytes of an element: its request has no more than line_bytes. */
size_t framing_request_room(const struct framing *f);

/*
 * Whether the list is one of an OTLP request, at its place in it. Then it is the innermost open one
 * from now on, and *text is the part of its object before it, closed.
 */
bool framing_request_opens(struct framing *f, const struct framing_open_list *list,
                           struct span head, struct span *text);

/* The innermost list is closed, and its object too. */
void framing_request_closes(struct framing *f);

/* Add an element to the group. True: *out is a piece. */
bool framing_request_add(struct framing *f, const struct piece *element, const struct source *s,
                         struct piece *out);

/* The group, if there is one, becomes f->run. */
void framing_request_flush(struct framing *f);

/* Nothing more of the request is read. */
void framing_request_clear(struct framing *f);

#endif
