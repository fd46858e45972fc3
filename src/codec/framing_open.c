/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A value over several lines in an object that is divided into lines. Its lines are fragments, but
 * one of them may be JSON by itself: {"a":1}, in a list. So after a line that is not JSON, or that
 * is too long, the brackets that it leaves open are known (framing_track.c), and the lines until
 * they are closed belong to the value, whatever their length and indentation. Lines that are JSON
 * are not examined, so this costs nothing on the usual path.
 *
 * But a line that leaves brackets open is more often the end of a torn record, after which good
 * records follow. So the next line must continue the value: its first token must be allowed. If it
 * has only whole values, it is a record unless the line after it continues the value, too. Later, a
 * line that begins with '{' where the value cannot have one is a record again.
 */
#include "codec/syntax.h"
#include "framing_priv.h"

static bool is_indented(struct span line)
{
    return line.n > 0 && (*line.p == ' ' || *line.p == '\t');
}

/* The state after a line that may be the first one of a value. Elements of arrays of which nothing
 * else is open are records. */
static enum framing_open_state state_after(const struct framing_track *t)
{
    return t->objects > 0 || t->depth > FRAMING_TRACK_LEVELS ? OPEN_MAYBE : OPEN_NONE;
}

void framing_open_begins(struct framing *f, struct span line)
{
    f->open.track = (struct framing_track){0};
    framing_track_part(&f->open.track, line);
    framing_track_line_ends(&f->open.track);
    f->open.state = state_after(&f->open.track);
    if (f->open.state == OPEN_MAYBE && f->state == FRAMING_CUT_LINES) {
        f->state = FRAMING_UNDECIDED;
    }
}

bool framing_only_values(struct span line)
{
    enum syntax syntax = SYNTAX_WHOLE;
    for (const char *first; syntax == SYNTAX_WHOLE && (first = framing_first(line)) != NULL;) {
        size_t at = 0;
        line = span_from(line, (size_t)(first - line.p));
        syntax = syntax_check(line, &at);
        line = span_from(line, at);
    }
    return syntax == SYNTAX_WHOLE;
}

/* A line with values only: whether the text after it continues the value. */
static enum framing_continues after_values(const struct framing_track *before, struct span line,
                                           struct span rest)
{
    char first = '\0';
    struct framing_track t = *before;
    t.wrong = false;
    framing_track_part(&t, line);
    return t.wrong || t.depth == 0 ? CONTINUES_NO : framing_track_continues(&t, rest, &first);
}

enum framing_continues framing_open_maybe(const struct framing *f, const struct framing_track *t,
                                          struct span line, struct span rest)
{
    char first = '\0';
    line = framing_trim(line);
    enum framing_continues begins = framing_track_continues(t, line, &first);
    bool container = first == '{' || first == '[';
    if (begins == CONTINUES_NO || !container) {
        return begins == CONTINUES_NO ? CONTINUES_NO : CONTINUES_YES;
    }
    bool behind_comma = t->next == TRACK_VALUE && !framing_track_in_object(t);
    if (t->wrong && behind_comma && !is_indented(line)) {
        return CONTINUES_NO; /* a damaged record with a comma behind it, and the next record */
    }
    bool too_long = line.n > f->line_bytes;
    return too_long || !framing_only_values(line) ? CONTINUES_YES : after_values(t, line, rest);
}

bool framing_open_belongs(const struct framing *f, struct span line)
{
    char first = '\0';
    line = framing_trim(line);
    return f->open.state == OPEN_SURE &&
           (framing_track_continues(&f->open.track, line, &first) != CONTINUES_NO || first != '{' ||
            is_indented(line));
}

static void add_to_run(struct framing *f, const struct piece *line)
{
    if (f->run.count == 0) {
        f->run = *line;
        f->run.kind = PIECE_OPEN_LINES;
        f->run.text = SPAN("");
        f->run.count = 0;
    }
    f->run.bytes = line->offset + line->bytes - f->run.offset;
    f->run.count++;
}

static void line_ends(struct framing *f)
{
    framing_track_line_ends(&f->open.track);
    if (f->open.state == OPEN_SURE) {
        f->open.state = f->open.track.depth > 0 ? OPEN_SURE : OPEN_OVER;
    } else {
        f->open.state = state_after(&f->open.track);
    }
}

bool framing_open_line(struct framing *f, const struct piece *line)
{
    if (!framing_open_belongs(f, line->text)) {
        f->open.state = OPEN_NONE;
        return false;
    }
    framing_track_part(&f->open.track, line->text);
    line_ends(f);
    add_to_run(f, line);
    return true;
}

/* ---- lines that are too long ---- */

void framing_open_track(struct framing *f)
{
    if (f->open.state != OPEN_SURE) {
        f->open.state = OPEN_NONE;
        f->open.track = (struct framing_track){0};
    }
    f->open.tracking = true;
    f->open.tracked = f->offset;
    f->open.line = f->line;
}

void framing_open_look(struct framing *f, const struct source *s)
{
    /* A value may go on after the line, and be read again from there in smaller values. */
    f->open.tracking = f->tentative || f->kind != FRAMING_VALUES;
    if (f->open.tracking && f->open.line == f->line && f->offset >= f->open.tracked) {
        size_t n = (size_t)(s->end - s->p);
        const char *nl = memchr(s->p, '\n', n);
        struct span part = span_of(s->p, nl != NULL ? (size_t)(nl - s->p) : n);
        framing_track_part(&f->open.track, part);
        f->open.tracked = f->offset + part.n;
    }
}

bool framing_open_long_line(struct framing *f, const struct piece *line)
{
    if (f->open.state != OPEN_SURE) {
        return false;
    }
    add_to_run(f, line);
    return true;
}

void framing_open_line_begins(struct framing *f)
{
    bool ended = f->open.tracking && f->line == f->open.line + 1;
    f->open.tracking = false;
    if (ended) {
        line_ends(f);
    }
}
