/* SPDX-License-Identifier: Apache-2.0 */
/* Rejects: of a record or a piece, in the converter; of the object as a whole, without one. */
#include "normalize_priv.h"

#include <stdio.h>

enum { SAMPLES_PER_LINE = 16 /* rejects of one line that carry a sample */ };

static struct output reject_output(const struct buf *text, enum reject_reason reason)
{
    return (struct output){
        .kind = OUTPUT_REJECT, .value = buf_span(text), .reason = reason, .count = 1};
}

/* ---- of a record or a piece ---- */

bool normalize_reject(struct normalizer *n, enum reject_reason reason, const char *detail,
                      struct output *out)
{
    return normalize_reject_several(n, reason, detail, 1, out);
}

bool normalize_reject_several(struct normalizer *n, enum reject_reason reason, const char *detail,
                              uint64_t count, struct output *out)
{
    struct buf *text = &n->converter->out;
    n->item++;
    struct reject r = {.reason = reason,
                       .detail = span_str(detail),
                       .piece = &n->piece,
                       .item = normalize_is_numbered(n) ? n->item : 0,
                       .count = count,
                       .sample = &n->sample,
                       .rules = n->rules};
    if (n->rejects++ < SAMPLES_PER_LINE) {
        r.sample_bytes = n->options.sample_bytes;
    }
    buf_clear(text);
    reject_write(text, n->origin, &r);
    if (text->overflowed) { /* the topic's limit is smaller than the sample */
        r.sample_bytes = 0;
        buf_clear(text);
        reject_write(text, n->origin, &r);
    }
    *out = reject_output(text, reason);
    out->count = count;
    return true;
}

bool normalize_reject_rest(struct normalizer *n, const char *wrong, uint64_t at, bool rest,
                           struct output *out)
{
    const char *more = n->piece.framing == FRAMING_LINES ? "; the rest of the line was not read"
                                                         : "; the rest was not read";
    (void)snprintf(n->detail, sizeof(n->detail), "%s at byte %llu of the object%s", wrong,
                   (unsigned long long)at, rest ? more : "");
    (void)normalize_reject(n, REJECT_BAD_JSON, n->detail, out);
    out->wrong_at = n->piece.framing == FRAMING_LINES ? 0 : at;
    return true;
}

bool normalize_reject_line(struct normalizer *n, const struct record_splitter *v,
                           struct output *out)
{
    size_t from = v->damaged_from;
    size_t most = n->piece.text.n;
    bool line = n->piece.kind == PIECE_LINE && v == &n->unwrapper.values;
    if (line && normalize_joined(n, from, v->wrong_at, out)) {
        return true;
    }
    bool part = line && from < most && (n->item > 0 || v->several);
    int used = snprintf(n->detail, sizeof(n->detail), "%s at byte %zu", v->wrong, v->wrong_at);
    if (part && used > 0 && (size_t)used < sizeof(n->detail)) {
        (void)snprintf(n->detail + used, sizeof(n->detail) - (size_t)used,
                       "; not read from byte %zu to the end of the line, byte %zu", from, most);
    }
    (void)normalize_reject(n, REJECT_BAD_JSON, n->detail, out);
    out->unread_bytes = part ? most - from : 0;
    return true;
}

/* What follows damage: the reject of the damage counts for the record, this one for its extent. */
static bool reject_unread(struct normalizer *n, struct output *out)
{
    const struct piece *p = &n->piece;
    (void)snprintf(n->detail, sizeof(n->detail),
                   "%llu byte%s after damaged JSON, to the end of the %s: not read",
                   (unsigned long long)p->bytes, p->bytes == 1 ? "" : "s",
                   p->framing == FRAMING_LINES ? "line" : "text");
    (void)normalize_reject_several(n, REJECT_BAD_JSON, n->detail, 0, out);
    out->unread_bytes = p->bytes;
    return true;
}

bool normalize_reject_piece(struct normalizer *n, struct output *out)
{
    const struct piece *p = &n->piece;
    n->reject_piece = false;
    if (p->kind == PIECE_DAMAGE) {
        return normalize_reject_rest(n, p->wrong, p->wrong_at, p->rest, out);
    }
    if (p->kind == PIECE_UNREAD) {
        return reject_unread(n, out);
    }
    if (p->kind == PIECE_TOO_LONG && n->no_record && p->offset == n->no_record_at) {
        return normalize_reject(n, REJECT_WRAPPED_TEXT, n->unwrapper.detail, out);
    }
    if (p->kind == PIECE_TOO_LONG && normalize_joined(n, 0, 0, out)) {
        return true;
    }
    if (p->kind == PIECE_TOO_LONG) {
        (void)snprintf(n->detail, sizeof(n->detail), "%llu bytes%s; limits.line_bytes is %zu",
                       (unsigned long long)p->bytes,
                       otlp_begins(p->text) || p->request_level > 0 ? " of an OTLP request" : "",
                       n->options.line_bytes);
        return normalize_reject(n, REJECT_LINE_TOO_LONG, n->detail, out);
    }
    if (p->kind == PIECE_OPEN_LINES) {
        (void)snprintf(n->detail, sizeof(n->detail),
                       "%llu line%s of a value that begins on an earlier line; the object has a "
                       "value on each line",
                       (unsigned long long)p->count, p->count == 1 ? "" : "s");
        return normalize_reject_several(n, REJECT_BAD_JSON, n->detail, p->count, out);
    }
    if (p->kind == PIECE_LIST) {
        return normalize_reject(n, REJECT_WRAPPED_TEXT,
                                "members before a list of an OTLP request above limits.line_bytes: "
                                "they were not read",
                                out);
    }
    if (p->kind == PIECE_LIST_END && p->request_level > 0) {
        return normalize_reject(n, REJECT_WRAPPED_TEXT,
                                "members after a list of an OTLP request above limits.line_bytes, "
                                "or too many of them: they were not read",
                                out);
    }
    if (p->kind == PIECE_LIST_END) {
        return normalize_reject(n, REJECT_WRAPPED_TEXT,
                                "too many members after a list above limits.line_bytes: they were "
                                "not read",
                                out);
    }
    (void)snprintf(n->detail, sizeof(n->detail), "%llu values that are no events",
                   (unsigned long long)p->count);
    return normalize_reject_several(n, REJECT_NOT_AN_EVENT, n->detail, p->count, out);
}

/* ---- of the object ---- */

static void write_reject(struct normalizer *n, const struct reject *r, struct output *out)
{
    struct buf *text = &n->object_reject;
    buf_clear(text);
    reject_write(text, n->origin, r);
    *out = reject_output(text, r->reason);
}

void normalizer_reject_object(struct normalizer *n, enum reject_reason reason, struct span detail,
                              uint64_t offset, struct output *out)
{
    struct reject r = {.reason = reason, .detail = detail, .offset = offset, .rules = n->rules};
    write_reject(n, &r, out);
}

void normalizer_reject_rest(struct normalizer *n, enum reject_reason reason,
                            const struct reject_rest *rest, struct output *out)
{
    if (rest->count > 0) {
        (void)snprintf(n->detail, sizeof(n->detail),
                       "%llu more rejects of this reason; this one stands for all of them",
                       (unsigned long long)rest->count);
    } else {
        (void)snprintf(n->detail, sizeof(n->detail), "text after damaged JSON: not read");
    }
    struct reject r = {.reason = reason,
                       .detail = span_str(n->detail),
                       .piece = &rest->extent,
                       .rest = rest,
                       .rules = n->rules};
    write_reject(n, &r, out);
    out->count = rest->count;
}
