/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Most lines are complete in one block and are returned in place. A line that spans blocks is
 * joined in `carry`. It keeps only what may still be needed (the longest line, a BOM and a '\r')
 * and counts the other bytes, so that a line of gigabytes needs no more memory than a long one.
 */
#include "codec/lines.h"

#include <assert.h>

enum {
    TRIMMED_BYTES = 4,           /* a BOM and a '\r' are not part of the limit */
    KEPT_CARRY_BYTES = 64 * 1024 /* a larger carry is released between objects */
};

void lines_init(struct lines *l, size_t line_bytes, size_t head_bytes)
{
    assert(head_bytes <= line_bytes);
    *l = (struct lines){
        .carry = BUF_INIT(line_bytes + TRIMMED_BYTES + LINES_SLACK),
        .line_bytes = line_bytes,
        .head_bytes = head_bytes,
    };
}

void lines_done(struct lines *l)
{
    buf_done(&l->carry);
}

void lines_reset(struct lines *l)
{
    if (l->carry.cap > KEPT_CARRY_BYTES) {
        buf_done(&l->carry);
    }
    buf_clear(&l->carry);
    l->number = 0;
    l->offset = 0;
    l->unfinished = 0;
}

static struct span trim_line(struct span s)
{
    if (span_starts(s, SPAN("\xef\xbb\xbf"))) {
        s = span_from(s, 3);
    }
    if (s.n > 0 && s.p[s.n - 1] == '\r') {
        s.n--;
    }
    return s;
}

static bool is_blank(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\0') {
            return false;
        }
    }
    return true;
}

/* The complete physical line of `bytes` bytes, of which `kept` were stored. */
static struct line line_of(struct lines *l, struct span kept, uint64_t bytes)
{
    struct line line = {
        .text = trim_line(kept),
        .number = ++l->number,
        .offset = l->offset,
        .bytes = bytes,
    };
    line.too_long = bytes > kept.n || line.text.n > l->line_bytes;
    if (line.too_long && line.text.n > l->head_bytes) {
        line.text.n = l->head_bytes;
    }
    line.blank = !line.too_long && is_blank(line.text);
    l->offset += bytes + 1;
    return line;
}

/* Append a piece of an unfinished line: store what fits, count all bytes. */
static void carry_add(struct lines *l, struct span piece)
{
    size_t room = l->line_bytes + TRIMMED_BYTES - l->carry.n;
    l->unfinished += piece.n;
    buf_add(&l->carry, span_of(piece.p, piece.n < room ? piece.n : room));
}

/* The carried line, which is complete. Its bytes stay valid until the next call. */
static struct line carry_out(struct lines *l)
{
    bool fits = buf_room(&l->carry, LINES_SLACK) != NULL;
    assert(fits); /* by the maximum of carry */
    struct line line = line_of(l, buf_span(&l->carry), l->unfinished);
    buf_clear(&l->carry);
    l->unfinished = 0;
    return line;
}

bool lines_next(struct lines *l, struct span *in, struct line *line)
{
    if (in->n == 0) {
        return false;
    }
    const char *end = memchr(in->p, '\n', in->n);
    if (end == NULL) {
        carry_add(l, span_take(in, in->n));
        return false;
    }

    struct span piece = span_take(in, (size_t)(end - in->p));
    (void)span_take(in, 1);
    if (l->unfinished == 0) {
        *line = line_of(l, piece, piece.n);
    } else {
        carry_add(l, piece);
        *line = carry_out(l);
    }
    return true;
}

bool lines_last(struct lines *l, struct line *line)
{
    if (l->unfinished == 0) {
        return false;
    }
    *line = carry_out(l);
    return true;
}
