/* SPDX-License-Identifier: Apache-2.0 */
/*
 * framing_priv.h - what framing's own files share: framing.c (lines, storage, the order of
 * things), framing_decide.c (which framing), framing_values.c (values in a row), framing_list.c
 * (a list in an object that is too long).
 */
#ifndef CODEC_FRAMING_PRIV_H
#define CODEC_FRAMING_PRIV_H

#include "base/buf.h"
#include "codec/framing.h"
#include "codec/nesting.h"

enum framing_state {
    FRAMING_UNDECIDED, /* at the start of a line, before the first value */
    FRAMING_CUT_LINES, /* in a line that may be kept whole */
    FRAMING_LONG_LINE, /* in a line that is too long and no values */
    FRAMING_LINE_REST, /* in what is not read of a line */
    FRAMING_GAP,       /* between values, and all below: values in a row */
    FRAMING_BRACKET,   /* after '[' that begins a line: punctuation, or the start of a value */
    FRAMING_CONTAINER, /* in an object or array */
    FRAMING_STRING,
    FRAMING_SCALAR,     /* in a number or a word */
    FRAMING_LIST_TAIL,  /* after an expanded list, in its object */
    FRAMING_AFTER_LONG, /* after a first value that was too long: is its line one of several? */
    FRAMING_STOPPED,
};

/* The value, or the too long line, that is being read. */
struct framing_value {
    uint64_t offset, line;
    uint64_t bytes; /* so far */
    size_t keep;    /* most bytes of it that are stored */
    bool too_long;
    bool escaped;      /* a string: the next byte follows a backslash */
    bool head_in_list; /* its head is in `list` */
};

struct framing {
    enum framing_state state;
    enum framing_kind kind;
    bool tentative; /* values, but lines if the first value turns out to be alone on its line */
    bool one_line;  /* in a too long line of an object that is cut into lines */
    bool ending;    /* framing_last has been called */
    bool all_read;  /* no byte of the object, or of the line, is left */

    uint64_t offset;     /* of the next byte to be read */
    uint64_t line;       /* the line it is on */
    uint64_t piece_line; /* the line of the last piece */
    enum piece_kind last;
    bool open_line; /* the last byte put in was no '\n' */

    /*
     * The unfinished line or value, or text from which the framing is not decided yet; with
     * `replay` text that is yet to be read, from `at` on.
     */
    struct buf carry;
    size_t at;
    bool replay;
    bool spent; /* the last piece was in it, and nothing else is */
    size_t line_bytes, head_bytes;

    struct framing_value value;
    const char *part; /* where it, or its share of the source at hand, begins */
    struct nesting nesting;
    uint64_t levels; /* arrays around the values */
    bool fresh;      /* nothing but filler before this byte of the line */
    unsigned bom;    /* bytes of a byte order mark seen */

    bool in_list;
    bool list_tentative; /* `tentative` before the list */
    uint64_t tail_offset, tail_line;
    struct buf list; /* the object up to its list; then its tail */

    unsigned empty;    /* empty values handed out one by one */
    struct piece run;  /* count 0: none */
    struct piece held; /* the piece that ended a run */
    bool has_held;
};

/* Where bytes come from: what the caller gave, or what was kept. */
struct source {
    const char *p, *end;
    bool kept; /* in f->carry */
};

/* ---- framing.c ---- */

enum { FRAMING_TRIMMED_BYTES = 4 }; /* a BOM and a '\r' do not count against the limit of a line */

/* A line without its '\n': without BOM and '\r'. */
struct span framing_trim(struct span line);

/* Continue at the start of a line. */
void framing_line_begins(struct framing *f);

/* ---- framing_store.c ---- */

/* How many bytes may be added to the carry so that it has `keep`. */
size_t framing_carry_room(const struct framing *f, size_t keep);

/* Add what fits below `keep`. */
void framing_carry_add(struct framing *f, struct span part, size_t keep);

/* The source from `from` on, what fits: added to the carry; or, if the source is the carry, kept.
 */
void framing_carry_keep(struct framing *f, const char *from, struct source *s, size_t keep);

void framing_carry_drop(struct framing *f);

/* With FRAMING_SLACK. */
struct span framing_carry_text(struct framing *f);

/* Move to `to`, over bytes without '\n'. */
void framing_advance(struct framing *f, struct source *s, const char *to);

/* Move past the '\n' at s->p. */
void framing_pass_line_end(struct framing *f, struct source *s);

/* The source is used up inside a value: keep what is needed of it. */
void framing_suspend(struct framing *f, struct source *s);

/* The carried part of the value and its share of the source as one text; FRAMING_SLACK. */
struct span framing_value_join(struct framing *f, const struct source *s);

/* The text of the value that ends at s->p, in place if it can be. */
struct span framing_value_text(struct framing *f, const struct source *s);

/* The value that was carried gives no piece. */
void framing_value_drop(struct framing *f, const struct source *s);

/* Blanks in place of line ends. */
void framing_blank_line_ends(char *p, size_t n);

/* A piece for the value as it is. */
struct piece framing_piece(const struct framing *f, enum piece_kind kind);

void framing_hand_out(struct framing *f, const struct piece *piece, struct piece *out);

/* Hand out `piece`; first the run before it, if there is one. True. */
bool framing_give(struct framing *f, const struct piece *piece, struct piece *out);

/* The run so far, if there is one. */
bool framing_flush_run(struct framing *f, struct piece *out);

/* ---- framing_decide.c ---- */

enum framing_verdict {
    VERDICT_MORE,      /* more of the text is needed */
    VERDICT_BLANK,     /* a blank line */
    VERDICT_LINE,      /* a line that decides nothing */
    VERDICT_LONG_LINE, /* the same, above the limit */
    VERDICT_LINES,
    VERDICT_VALUES,
    VERDICT_VALUES_OR_LINES,
    VERDICT_ARRAY,
    VERDICT_DOCUMENT,
};

/* The most bytes of text that a decision depends on. */
size_t framing_decide_bytes(const struct framing *f);

/* Of the text from the start of a line on. `all`: no more will be given. */
enum framing_verdict framing_decide(const struct framing *f, struct span text, bool all);

/* What may stand between values and is no part of one, but for '\n' and a byte order mark. */
static inline bool framing_is_filler(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == ',' || c == '\0' || c == '\x1e';
}

/* Nothing but filler. */
bool framing_blank(struct span line);

/* The first byte that is no filler; NULL if there is none. */
const char *framing_first(struct span line);

/* ---- framing_values.c ---- */

/* One step of a state from FRAMING_GAP on. True: *out is a piece. */
bool framing_values_step(struct framing *f, struct source *s, struct piece *out);

/* The text has ended in such a state. True: *out is a piece; ask again. */
bool framing_values_end(struct framing *f, struct piece *out);

/* No JSON at `at`: a piece for the value as it is, and nothing more is read. True. */
bool framing_damage(struct framing *f, struct span text, const char *wrong, uint64_t at,
                    struct piece *out);

/* ---- framing_list.c ---- */

/* The value has reached the limit, at s->p, and does not end there. True: its list begins. */
bool framing_passes_limit(struct framing *f, struct source *s, struct piece *out);

/* The list is not expanded: its object is read as a value that is too long. */
void framing_skip_list(struct framing *f);

/* At the ']' of the list. */
void framing_tail_begins(struct framing *f, struct source *s);

/* In FRAMING_LIST_TAIL. */
bool framing_step_tail(struct framing *f, struct source *s, struct piece *out);
bool framing_tail_damaged(struct framing *f, const char *wrong, uint64_t at, struct piece *out);

#endif
