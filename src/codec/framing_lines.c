/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of an object that is divided into lines, and lines before the first value of any
 * object. Most lines are complete within one text and are returned in place. A line that is not is
 * joined in `carry`.
 */
#include "framing_priv.h"

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
    framing_open_line_begins(f);
    f->state = f->kind == FRAMING_LINES && f->open.state != OPEN_MAYBE ? FRAMING_CUT_LINES
                                                                       : FRAMING_UNDECIDED;
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
        framing_track_part(&f->open.track, text); /* a comma may be alone on its line */
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
        return framing_open_line(f, &piece)
                   ? f->run.count == FRAMING_RUN && framing_flush_run(f, out)
                   : framing_give(f, &piece, out);
    }
    f->piece_line = f->line;
    f->last = PIECE_LINE;
    f->last_in_request = false;
    return true;
}

void framing_long_line_begins(struct framing *f, const struct source *s, bool values)
{
    f->state = values ? FRAMING_GAP : FRAMING_LONG_LINE;
    f->one_line = values;
    f->fresh = true;
    f->part = s->p;
    f->value = (struct framing_value){
        .offset = f->offset, .line = f->line, .keep = f->head_bytes + FRAMING_TRIMMED_BYTES};
    framing_open_track(f);
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
    if (framing_open_belongs(f, line)) {
        return false;
    }
    f->open.state = OPEN_NONE;
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
    framing_long_line_begins(f, s, holds_values(f, buf_span(&f->carry)));
    f->at = 0;
    f->replay = true;
    return true;
}

/* A line that is too long, or a hole, has begun: the run so far, unless the line belongs to it. */
static bool flush_before_long_line(struct framing *f, struct piece *out)
{
    return f->state > FRAMING_CUT_LINES && f->open.state != OPEN_SURE && framing_flush_run(f, out);
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
            return flush_before_long_line(f, out);
        }
        bool given = give_carried_line(f, out);
        framing_pass_line_end(f, s);
        return given;
    }
    return false;
}

bool framing_step_lines(struct framing *f, struct source *s, struct piece *out)
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
        framing_long_line_begins(f, s, holds_values(f, line));
        return flush_before_long_line(f, out);
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
    if (framing_open_long_line(f, &piece)) {
        framing_value_drop(f, s);
        return f->run.count == FRAMING_RUN && framing_flush_run(f, out);
    }
    piece.text = without_bom(framing_value_text(f, s));
    piece.text.n = piece.text.n < f->head_bytes ? piece.text.n : f->head_bytes;
    return framing_give(f, &piece, out);
}

bool framing_step_long_line(struct framing *f, struct source *s, struct piece *out)
{
    const char *nl = memchr(s->p, '\n', (size_t)(s->end - s->p));
    struct span part = span_of(s->p, (size_t)((nl != NULL ? nl : s->end) - s->p));
    f->value.bytes += part.n;
    if (nl == NULL) {
        framing_suspend(f, s);
        return false;
    }
    framing_advance(f, s, nl);
    bool given = give_long_line(f, s, out);
    framing_pass_line_end(f, s);
    framing_line_begins(f);
    return given;
}

void framing_leave_unread(struct framing *f, struct source *s, const char *to)
{
    while (!f->unread.any && s->p < to) {
        if (*s->p == '\n') {
            framing_pass_line_end(f, s);
        } else if (framing_is_filler(*s->p) || *s->p == '[' || *s->p == ']') {
            framing_advance(f, s, s->p + 1); /* brackets around values are no values */
        } else {
            f->unread.any = true;
            f->unread.offset = f->offset;
            f->unread.line = f->line;
        }
    }
    framing_advance(f, s, to);
}

bool framing_give_unread(struct framing *f, struct piece *out)
{
    if (!f->unread.any) {
        return false;
    }
    f->unread.any = false;
    f->value = (struct framing_value){
        .offset = f->unread.offset, .line = f->unread.line, .bytes = f->offset - f->unread.offset};
    struct piece piece = framing_piece(f, PIECE_UNREAD);
    piece.in_list = false;
    piece.request_level = 0;
    return framing_give(f, &piece, out);
}

bool framing_step_line_rest(struct framing *f, struct source *s, struct piece *out)
{
    const char *nl = memchr(s->p, '\n', (size_t)(s->end - s->p));
    framing_leave_unread(f, s, nl != NULL ? nl : s->end);
    if (nl == NULL) {
        return false;
    }
    bool given = framing_give_unread(f, out);
    framing_pass_line_end(f, s);
    framing_line_begins(f);
    return given;
}

bool framing_lines_end(struct framing *f, struct piece *out)
{
    static const char nothing[1];
    const struct source s = {nothing, nothing, false};
    bool given = false;
    if (f->state == FRAMING_LONG_LINE) {
        f->part = nothing;
        given = give_long_line(f, &s, out);
    } else if (f->state == FRAMING_CUT_LINES && f->carry.n > 0) {
        if (carried_too_long(f, &s, false)) {
            return flush_before_long_line(f, out);
        }
        given = give_carried_line(f, out);
    }
    f->state = FRAMING_STOPPED;
    return given || framing_flush_run(f, out);
}
