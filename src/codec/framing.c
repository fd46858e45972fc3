/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sequence of steps. A line or a value that is not complete within one text is joined in
 * `carry`. The same buffer stores text until it is known how to read it: the first
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

/* ---- before the first value, and after the first line of a value that may be open ---- */

/* Apply the verdict on the text at s, the start of a line. */
static bool decided(struct framing *f, enum framing_verdict verdict, struct source *s,
                    struct piece *out)
{
    static const enum framing_kind kinds[] = {[VERDICT_LINES] = FRAMING_LINES,
                                              [VERDICT_VALUES_OR_LINES] = FRAMING_VALUES,
                                              [VERDICT_ARRAY] = FRAMING_ARRAY,
                                              [VERDICT_DOCUMENT] = FRAMING_DOCUMENT};
    bool open = verdict == VERDICT_OPEN || verdict == VERDICT_OPEN_LONG;
    bool nothing = verdict == VERDICT_MORE || verdict == VERDICT_BLANK || verdict == VERDICT_HOLE;
    if (open) {
        f->open.state = OPEN_SURE;
    } else if (f->open.state != OPEN_NONE && !nothing) {
        f->open.state = OPEN_OVER;
    }
    switch (verdict) {
    case VERDICT_MORE:
        return false;
    case VERDICT_LINE:
    case VERDICT_OPEN:
        f->state = f->kind == FRAMING_LINES ? FRAMING_CUT_LINES : f->state;
        return framing_step_lines(f, s, out);
    case VERDICT_BLANK:
        return framing_step_lines(f, s, out);
    case VERDICT_LONG_LINE:
    case VERDICT_LONG_VALUES:
    case VERDICT_OPEN_LONG:
        framing_long_line_begins(f, s, verdict == VERDICT_LONG_VALUES);
        return false;
    case VERDICT_HOLE:
        framing_advance(f, s, s->p + framing_hole(f, span_of(s->p, (size_t)(s->end - s->p))));
        f->state = FRAMING_HOLE;
        return false;
    case VERDICT_LINES:
    case VERDICT_VALUES_OR_LINES:
    case VERDICT_ARRAY:
    case VERDICT_DOCUMENT:
        break;
    }
    f->kind = kinds[verdict];
    f->tentative = verdict == VERDICT_VALUES_OR_LINES;
    f->first_line = f->line;
    if (f->tentative) {
        framing_open_track(f);
    }
    f->state = f->kind == FRAMING_LINES ? FRAMING_CUT_LINES : FRAMING_GAP;
    f->fresh = true;
    return false;
}

/* The last line of the carry, which is complete. */
static struct span last_line(const struct framing *f, bool *first)
{
    size_t end = f->carry.n - 1;
    const char *before = memrchr(f->carry.p, '\n', end);
    size_t from = before != NULL ? (size_t)(before - f->carry.p) + 1 : 0;
    *first = before == NULL;
    return span_of(f->carry.p + from, end - from);
}

/* Move text to the carry, up to the end of a line. A line without a token after others decides
 * nothing, and there may be any number of them, in parts of any size. */
static void gather(struct framing *f, struct source *s)
{
    size_t most = framing_carry_room(f, framing_decide_bytes(f));
    size_t n = (size_t)(s->end - s->p);
    n = n < most ? n : most;
    const char *nl = memchr(s->p, '\n', n);
    n = nl != NULL ? (size_t)(nl - s->p) + 1 : n;
    buf_add(&f->carry, span_of(s->p, n));
    s->p += n; /* not read yet: f->offset remains */
    bool decides = n == most;
    if (nl != NULL && !decides) {
        struct span line = last_line(f, &decides);
        decides = decides || framing_track_may_decide(line);
    }
    if (decides && framing_decide(f, framing_carry_text(f), n == most) != VERDICT_MORE) {
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
    if (f->open.tracking) {
        framing_open_look(f, s);
    }
    switch (f->state) {
    case FRAMING_UNDECIDED:
        return step_undecided(f, s, out);
    case FRAMING_HOLE:
        framing_step_hole(f, s);
        return false;
    case FRAMING_CUT_LINES:
        return framing_step_lines(f, s, out);
    case FRAMING_LONG_LINE:
        return framing_step_long_line(f, s, out);
    case FRAMING_LINE_REST:
        return framing_step_line_rest(f, s, out);
    case FRAMING_STOPPED:
        framing_leave_unread(f, s, s->end);
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
            given = framing_lines_end(f, out);
        } else {
            given = framing_values_end(f, out);
        }
    }
    return given || framing_give_unread(f, out);
}

void framing_answer(struct framing *f, enum framing_answer answer)
{
    if (f->last_in_request) {
        return;
    }
    if (answer == FRAMING_NO_JSON && f->last == PIECE_VALUE) {
        framing_stop_reading(f);
    } else if (answer == FRAMING_NO_JSON && f->last == PIECE_LINE) {
        framing_open_begins(f, f->line_text);
    } else if (answer == FRAMING_NO_LIST && f->last == PIECE_LIST) {
        framing_skip_list(f);
    }
}
