/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a line or a value is used in place if it is complete in one source, else joined in
 * the carry. If the source is the carry itself, it is read from its beginning, so the part that is
 * stored moves to the front without overwriting unread bytes.
 */
#include "framing_priv.h"

#include <assert.h>

/* ---- the place of a text ---- */

size_t framing_carry_room(const struct framing *f, size_t keep)
{
    return keep > f->carry.n ? keep - f->carry.n : 0;
}

void framing_carry_add(struct framing *f, struct span part, size_t keep)
{
    size_t most = framing_carry_room(f, keep);
    buf_add(&f->carry, span_of(part.p, part.n < most ? part.n : most));
}

void framing_carry_drop(struct framing *f)
{
    buf_clear(&f->carry);
    f->at = 0;
    f->replay = false;
    f->spent = false;
}

void framing_carry_keep(struct framing *f, const char *from, struct source *s, size_t keep)
{
    struct span part = span_of(from, (size_t)(s->end - from));
    if (s->kept) {
        f->carry.n = part.n < keep ? part.n : keep;
        memmove(f->carry.p, part.p, f->carry.n);
        f->at = 0;
        f->replay = false;
    } else {
        framing_carry_add(f, part, keep);
    }
}

struct span framing_carry_text(struct framing *f)
{
    bool fits = buf_room(&f->carry, FRAMING_SLACK) != NULL;
    assert(fits); /* the maximum of the carry includes it */
    return buf_span(&f->carry);
}

void framing_advance(struct framing *f, struct source *s, const char *to)
{
    f->offset += (uint64_t)(to - s->p);
    s->p = to;
}

void framing_pass_line_end(struct framing *f, struct source *s)
{
    framing_advance(f, s, s->p + 1);
    f->line++;
}

void framing_suspend(struct framing *f, struct source *s)
{
    framing_carry_keep(f, f->part, s, f->value.keep);
    framing_advance(f, s, s->end);
}

struct span framing_value_join(struct framing *f, const struct source *s)
{
    struct span part = span_of(f->part, (size_t)(s->p - f->part));
    if (s->kept || f->carry.n == 0) {
        return part;
    }
    framing_carry_add(f, part, f->value.keep);
    f->part = s->p;
    return framing_carry_text(f);
}

void framing_blank_line_ends(char *p, size_t n)
{
    for (char *nl; (nl = memchr(p, '\n', n)) != NULL;) {
        if (nl > p && nl[-1] == '\r') {
            nl[-1] = ' ';
        }
        *nl = ' ';
        n -= (size_t)(nl + 1 - p);
        p = nl + 1;
    }
}

/* JSON allows a line end only between tokens, where a blank means the same. */
static struct span on_one_line(struct framing *f, struct span text)
{
    size_t n = text.n < f->value.keep ? text.n : f->value.keep;
    if (f->carry.n == 0) {
        framing_carry_add(f, text, n);
        text = framing_carry_text(f);
    }
    size_t from = (size_t)(text.p - f->carry.p);
    framing_blank_line_ends(f->carry.p + from, n);
    return text;
}

struct span framing_value_text(struct framing *f, const struct source *s)
{
    struct span text = framing_value_join(f, s);
    if (f->value.head_in_list) {
        text = buf_span(&f->list);
    } else if (f->line > f->value.line) {
        text = on_one_line(f, text);
    }
    f->spent = !s->kept && f->carry.n > 0;
    if (f->value.too_long && text.n > f->head_bytes) {
        text.n = f->head_bytes;
    }
    return text;
}

void framing_value_drop(struct framing *f, const struct source *s)
{
    if (!s->kept) {
        framing_carry_drop(f);
    }
}

/* ---- pieces ---- */

struct piece framing_piece(const struct framing *f, enum piece_kind kind)
{
    return (struct piece){
        .kind = kind,
        .framing = f->kind == FRAMING_NONE || framing_on_first_line(f) ? FRAMING_LINES : f->kind,
        .text = SPAN(""),
        .line = f->value.line,
        .offset = f->value.offset,
        .bytes = f->value.bytes,
        .count = 1,
        .in_list = f->in_list,
        .request_level = f->request.level,
    };
}

void framing_hand_out(struct framing *f, const struct piece *piece, struct piece *out)
{
    *out = *piece;
    out->same_line = piece->line == f->piece_line;
    f->piece_line = piece->line;
    f->last = piece->kind;
    f->last_in_request = piece->request_level > 0;
}

bool framing_flush_run(struct framing *f, struct piece *out)
{
    framing_request_flush(f);
    if (f->run.count == 0) {
        return false;
    }
    framing_hand_out(f, &f->run, out);
    f->run.count = 0;
    return true;
}

bool framing_give(struct framing *f, const struct piece *piece, struct piece *out)
{
    if (framing_flush_run(f, out)) {
        f->held = *piece;
        f->has_held = true;
    } else {
        framing_hand_out(f, piece, out);
    }
    return true;
}
