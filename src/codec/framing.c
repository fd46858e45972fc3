/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Most lines are complete within one text and are returned in place. A line or a value that is not
 * is joined in `carry`. The same buffer stores text until it is known how to read it: the first
 * lines of an object, a line that becomes too long, an object whose list is to be expanded. Such
 * text is then read again from the buffer, as if it had just arrived.
 */
#include "framing_priv.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

enum { KEPT_CARRY_BYTES = 64 * 1024 /* a larger carry is released between objects */ };

struct framing *framing_new(size_t line_bytes, size_t head_bytes)
{
    struct framing *f = mem_zeros(1, sizeof(*f));
    assert(head_bytes <= line_bytes);
    f->line_bytes = line_bytes;
    f->head_bytes = head_bytes;
    f->carry = (struct buf)BUF_INIT(line_bytes + FRAMING_TRIMMED_BYTES + 1 + FRAMING_SLACK);
    f->list = (struct buf)BUF_INIT(FRAMING_LIST_HEAD_BYTES + 2 * FRAMING_SLACK);
    framing_reset(f);
    return f;
}

void framing_free(struct framing *f)
{
    if (f != NULL) {
        buf_done(&f->carry);
        buf_done(&f->list);
        framing_request_done(f);
        free(f);
    }
}

void framing_reset(struct framing *f)
{
    struct framing fresh = {.carry = f->carry,
                            .list = f->list,
                            .line_bytes = f->line_bytes,
                            .head_bytes = f->head_bytes,
                            .line = 1};
    framing_request_done(f);
    *f = fresh;
    framing_request_init(f);
    buf_clear(&f->carry);
    if (f->carry.cap > KEPT_CARRY_BYTES) {
        buf_done(&f->carry);
    }
    buf_clear(&f->list);
}

enum framing_kind framing_kind(const struct framing *f)
{
    return f->kind;
}

const char *framing_name(enum framing_kind kind)
{
    static const char *const names[] = {[FRAMING_NONE] = "none",
                                        [FRAMING_LINES] = "lines",
                                        [FRAMING_VALUES] = "values",
                                        [FRAMING_ARRAY] = "array",
                                        [FRAMING_DOCUMENT] = "document"};
    return names[kind];
}

uint64_t framing_lines(const struct framing *f)
{
    return f->line - 1 + (f->open_line ? 1 : 0);
}

size_t framing_memory(const struct framing *f)
{
    return f->carry.cap + f->list.cap + f->request.heads.cap + f->request.text.cap;
}

size_t framing_stored(const struct framing *f)
{
    return f->carry.n;
}

/* ---- lines ---- */

static struct span without_bom(struct span line)
{
    return span_starts(line, SPAN("\xef\xbb\xbf")) ? span_from(line, 3) : line;
}

struct span framing_trim(struct span line)
{
    line = without_bom(line);
    if (line.n > 0 && line.p[line.n - 1] == '\r') {
        line.n--;
    }
    return line;
}

void framing_line_begins(struct framing *f)
{
    f->state = f->kind == FRAMING_LINES ? FRAMING_CUT_LINES : FRAMING_UNDECIDED;
    f->one_line = false;
    f->all_read = false;
    f->levels = 0;
    f->in_list = false;
    f->bom = 0;
    framing_request_clear(f);
}

/* The physical line `line` is complete and not too long. Its first byte is the next to be read. */
static bool give_line(struct framing *f, struct span line, struct piece *out)
{
    struct span text = framing_trim(line);
    if (framing_blank(text)) {
        return false;
    }
    *out = (struct piece){.kind = PIECE_LINE,
                          .framing = FRAMING_LINES,
                          .text = text,
                          .line = f->line,
                          .offset = f->offset,
                          .bytes = line.n,
                          .count = 1};
    f->line_text = text;
    if (f->open.state != OPEN_NONE) {
        struct piece piece = *out;
        return !framing_open_line(f, &piece) && framing_give(f, &piece, out);
    }
    f->piece_line = f->line;
    f->last = PIECE_LINE;
    return true;
}

/* A line that is too long begins at s->p, or is in the carry. */
static void long_line_begins(struct framing *f, const struct source *s, bool values)
{
    f->state = values ? FRAMING_GAP : FRAMING_LONG_LINE;
    f->one_line = values;
    f->fresh = true;
    f->part = s->p;
    f->value = (struct framing_value){
        .offset = f->offset, .line = f->line, .keep = f->head_bytes + FRAMING_TRIMMED_BYTES};
}

/* The most bytes of a line that are stored in the carry. */
static size_t line_room(const struct framing *f)
{
    return f->line_bytes + FRAMING_TRIMMED_BYTES;
}

/* Whether the values of a too long line are read one by one. */
static bool holds_values(struct framing *f, struct span line)
{
    line.n = line.n < line_room(f) ? line.n : line_room(f);
    if (f->open.state != OPEN_NONE && framing_open_long_line(f, line)) {
        return false;
    }
    const char *first = framing_first(line);
    return first != NULL && (*first == '{' || *first == '[');
}

/* The line in the carry is complete; its '\n' is not read yet. */
static bool give_carried_line(struct framing *f, struct piece *out)
{
    struct span line = framing_carry_text(f);
    bool given = give_line(f, line, out);
    f->offset += line.n;
    f->spent = given;
    if (!given) {
        framing_carry_drop(f);
    }
    return given;
}

/*
 * True: the line in the carry, complete or not, is too long. It will be read from the carry, unless
 * it is a hole.
 */
static bool carried_too_long(struct framing *f, const struct source *s, bool passed)
{
    if (!passed && framing_trim(buf_span(&f->carry)).n <= f->line_bytes) {
        return false;
    }
    size_t hole = framing_hole(f, buf_span(&f->carry));
    if (hole > 0) {
        f->offset += hole;
        framing_carry_drop(f);
        f->state = FRAMING_HOLE;
        return true;
    }
    long_line_begins(f, s, holds_values(f, buf_span(&f->carry)));
    f->at = 0;
    f->replay = true;
    return true;
}

/* Append the part of a line that is in the source, up to its '\n' if that is there. */
static bool join_line(struct framing *f, struct source *s, const char *nl, struct piece *out)
{
    const char *end = nl != NULL ? nl : s->end;
    size_t n = (size_t)(end - s->p);
    size_t most = framing_carry_room(f, line_room(f));
    framing_carry_add(f, span_of(s->p, n), line_room(f));
    s->p += n < most ? n : most; /* not read yet: f->offset remains that of the line */
    if (n > most || nl != NULL) {
        if (carried_too_long(f, s, n > most)) {
            return f->state > FRAMING_CUT_LINES && framing_flush_run(f, out);
        }
        bool given = give_carried_line(f, out);
        framing_pass_line_end(f, s);
        return given;
    }
    return false;
}

static bool step_lines(struct framing *f, struct source *s, struct piece *out)
{
    const char *nl = memchr(s->p, '\n', (size_t)(s->end - s->p));
    if (!s->kept && (nl == NULL || f->carry.n > 0)) {
        return join_line(f, s, nl, out);
    }
    if (nl == NULL) {
        framing_carry_keep(f, s->p, s, line_room(f));
        s->p = s->end;
        f->state = FRAMING_CUT_LINES;
        return false;
    }
    struct span line = span_of(s->p, (size_t)(nl - s->p));
    if (framing_trim(line).n > f->line_bytes) {
        size_t hole = framing_hole(f, line);
        if (hole > 0) {
            framing_advance(f, s, s->p + hole);
            f->state = FRAMING_HOLE;
            return false;
        }
        long_line_begins(f, s, holds_values(f, line));
        return framing_flush_run(f, out);
    }
    bool given = give_line(f, line, out);
    framing_advance(f, s, nl);
    framing_pass_line_end(f, s);
    return given;
}

/* A line of which only the head is stored. */
static bool give_long_line(struct framing *f, const struct source *s, struct piece *out)
{
    struct piece piece = framing_piece(f, PIECE_TOO_LONG);
    piece.text = without_bom(framing_value_text(f, s));
    piece.text.n = piece.text.n < f->head_bytes ? piece.text.n : f->head_bytes;
    return framing_give(f, &piece, out);
}

static bool step_long_line(struct framing *f, struct source *s, struct piece *out)
{
    const char *nl = memchr(s->p, '\n', (size_t)(s->end - s->p));
    struct span part = span_of(s->p, (size_t)((nl != NULL ? nl : s->end) - s->p));
    f->value.bytes += part.n;
    framing_open_part(f, part);
    if (nl == NULL) {
        framing_suspend(f, s);
        return false;
    }
    framing_advance(f, s, nl);
    (void)give_long_line(f, s, out);
    framing_pass_line_end(f, s);
    framing_line_begins(f);
    return true;
}

static void step_line_rest(struct framing *f, struct source *s)
{
    const char *nl = memchr(s->p, '\n', (size_t)(s->end - s->p));
    framing_advance(f, s, nl != NULL ? nl : s->end);
    if (nl != NULL) {
        framing_pass_line_end(f, s);
        framing_line_begins(f);
    }
}

/* ---- before the first value ---- */

/* Apply the verdict on the text at s, the start of a line. */
static bool decided(struct framing *f, enum framing_verdict verdict, struct source *s,
                    struct piece *out)
{
    static const enum framing_kind kinds[] = {[VERDICT_LINES] = FRAMING_LINES,
                                              [VERDICT_VALUES] = FRAMING_VALUES,
                                              [VERDICT_VALUES_OR_LINES] = FRAMING_VALUES,
                                              [VERDICT_ARRAY] = FRAMING_ARRAY,
                                              [VERDICT_DOCUMENT] = FRAMING_DOCUMENT};
    switch (verdict) {
    case VERDICT_MORE:
        return false;
    case VERDICT_BLANK:
    case VERDICT_LINE:
        return step_lines(f, s, out);
    case VERDICT_LONG_LINE:
        long_line_begins(f, s, false);
        return false;
    case VERDICT_HOLE:
        framing_advance(f, s, s->p + framing_hole(f, span_of(s->p, (size_t)(s->end - s->p))));
        f->state = FRAMING_HOLE;
        return false;
    case VERDICT_LINES:
    case VERDICT_VALUES:
    case VERDICT_VALUES_OR_LINES:
    case VERDICT_ARRAY:
    case VERDICT_DOCUMENT:
        break;
    }
    f->kind = kinds[verdict];
    f->tentative = verdict == VERDICT_VALUES_OR_LINES;
    f->state = f->kind == FRAMING_LINES ? FRAMING_CUT_LINES : FRAMING_GAP;
    f->fresh = true;
    return false;
}

/* Move text to the carry, up to the end of a line. */
static void gather(struct framing *f, struct source *s)
{
    size_t most = framing_carry_room(f, framing_decide_bytes(f));
    size_t n = (size_t)(s->end - s->p);
    n = n < most ? n : most;
    const char *nl = memchr(s->p, '\n', n);
    n = nl != NULL ? (size_t)(nl - s->p) + 1 : n;
    buf_add(&f->carry, span_of(s->p, n));
    s->p += n; /* not read yet: f->offset remains */
    bool full = n == most && nl == NULL;
    if ((full || nl != NULL) &&
        framing_decide(f, framing_carry_text(f), n == most) != VERDICT_MORE) {
        f->at = 0;
        f->replay = true;
    }
}

static bool step_undecided(struct framing *f, struct source *s, struct piece *out)
{
    if (s->kept || f->carry.n == 0) {
        size_t most = framing_decide_bytes(f);
        size_t n = (size_t)(s->end - s->p);
        struct span text = span_of(s->p, n < most ? n : most);
        enum framing_verdict verdict = framing_decide(f, text, text.n == most || f->ending);
        if (verdict != VERDICT_MORE) {
            return decided(f, verdict, s, out);
        }
    }
    if (s->kept) {
        framing_carry_keep(f, s->p, s, framing_decide_bytes(f));
        s->p = s->end;
    } else {
        gather(f, s);
    }
    return false;
}

/* ---- the sequence of steps ---- */

static bool step(struct framing *f, struct source *s, struct piece *out)
{
    switch (f->state) {
    case FRAMING_UNDECIDED:
        return step_undecided(f, s, out);
    case FRAMING_HOLE:
        framing_step_hole(f, s);
        return false;
    case FRAMING_CUT_LINES:
        return step_lines(f, s, out);
    case FRAMING_LONG_LINE:
        return step_long_line(f, s, out);
    case FRAMING_LINE_REST:
        step_line_rest(f, s);
        return false;
    case FRAMING_STOPPED:
        framing_advance(f, s, s->end);
        return false;
    case FRAMING_GAP:
    case FRAMING_BRACKET:
    case FRAMING_CONTAINER:
    case FRAMING_STRING:
    case FRAMING_SCALAR:
    case FRAMING_LIST_TAIL:
    case FRAMING_AFTER_LONG:
        break;
    }
    return framing_values_step(f, s, out);
}

/* Read from one source, until there is a piece or the next bytes are in the other source. */
static bool read_source(struct framing *f, struct source *s, struct piece *out)
{
    bool given = false;
    f->part = s->p;
    while (!given && s->p < s->end && f->replay == s->kept) {
        given = step(f, s, out);
    }
    return given;
}

static bool read_kept(struct framing *f, struct piece *out)
{
    struct span kept = framing_carry_text(f);
    struct source s = {kept.p + f->at, kept.p + kept.n, true};
    bool given = read_source(f, &s, out);
    if (f->replay) {
        f->at = (size_t)(s.p - f->carry.p);
        f->spent = given && s.p == s.end;
        if (!given && s.p == s.end) {
            framing_carry_drop(f);
        }
    }
    return given;
}

/* Return the piece that was ready before. */
static bool next_held(struct framing *f, struct piece *out)
{
    if (f->has_held) {
        f->has_held = false;
        framing_hand_out(f, &f->held, out);
        return true;
    }
    if (f->spent) {
        framing_carry_drop(f);
    }
    return false;
}

bool framing_next(struct framing *f, struct span *in, struct piece *out)
{
    bool given = next_held(f, out);
    while (!given && f->replay) {
        given = read_kept(f, out);
    }
    while (!given && in->n > 0) {
        struct source s = {in->p, in->p + in->n, false};
        f->open_line = s.end[-1] != '\n';
        given = read_source(f, &s, out);
        *in = span_of(s.p, (size_t)(s.end - s.p));
        while (!given && f->replay) {
            given = read_kept(f, out);
        }
    }
    return given;
}

/* At the end of the text, outside of values. False: call again, or the object is finished. */
static bool end_of_lines(struct framing *f, struct piece *out)
{
    static const char nothing[1];
    const struct source s = {nothing, nothing, false};
    bool given = false;
    if (f->state == FRAMING_LONG_LINE) {
        f->part = nothing;
        given = give_long_line(f, &s, out);
    } else if (f->state == FRAMING_CUT_LINES && f->carry.n > 0) {
        if (carried_too_long(f, &s, false)) {
            return f->state > FRAMING_CUT_LINES && framing_flush_run(f, out);
        }
        given = give_carried_line(f, out);
    }
    f->state = FRAMING_STOPPED;
    return given || framing_flush_run(f, out);
}

bool framing_last(struct framing *f, struct piece *out)
{
    bool given = next_held(f, out);
    f->ending = true;
    while (!given && (f->state != FRAMING_STOPPED || f->replay)) {
        if (f->state == FRAMING_UNDECIDED && f->carry.n > 0) {
            f->replay = true;
        }
        if (f->replay) {
            given = read_kept(f, out);
        } else if (f->state < FRAMING_GAP) {
            given = end_of_lines(f, out);
        } else {
            given = framing_values_end(f, out);
        }
    }
    return given;
}

void framing_answer(struct framing *f, enum framing_answer answer)
{
    if (f->last_in_request) {
        return;
    }
    if (answer == FRAMING_NO_JSON && f->last == PIECE_VALUE) {
        f->state = f->one_line ? FRAMING_LINE_REST : FRAMING_STOPPED;
    } else if (answer == FRAMING_NO_JSON && f->last == PIECE_LINE) {
        framing_open_begins(f, f->line_text);
    } else if (answer == FRAMING_NO_LIST && f->last == PIECE_LIST) {
        framing_skip_list(f);
    }
}
