/* SPDX-License-Identifier: Apache-2.0 */
#include "event/reading.h"

#include <stdio.h>

enum {
    WORDS_BYTES = 160,
    TEXT_BYTES = 250, /* of an error's text, so that the advice fits */
};

void reading_init(struct reading *r)
{
    *r = (struct reading){.texts = BUF_INIT(READING_HELD_BYTES)};
}

void reading_done(struct reading *r)
{
    buf_done(&r->texts);
}

void reading_clear(struct reading *r)
{
    struct buf texts = r->texts;
    buf_clear(&texts);
    *r = (struct reading){.texts = texts};
}

void reading_text(struct reading *r, struct span text)
{
    struct span head = span_take(
        &text, sizeof(r->head) - r->head_bytes < text.n ? sizeof(r->head) - r->head_bytes : text.n);
    r->text_bytes += head.n + text.n;
    if (head.n > 0) {
        memcpy(r->head + r->head_bytes, head.p, head.n);
        r->head_bytes += head.n;
    }
}

void reading_piece(struct reading *r, const struct piece *piece)
{
    bool part = piece->kind == PIECE_LIST || piece->kind == PIECE_LIST_END;
    r->records += part ? 0 : piece->count;
    r->framing = piece->framing;
    if (piece->kind == PIECE_DAMAGE && piece->framing != FRAMING_LINES) {
        r->damaged_at = piece->wrong_at;
    }
}

/* Store a copy. False: there is no room. */
static bool hold(struct reading *r, const struct output *out)
{
    if (r->held_count == READING_HELD || out->value.n > r->texts.max - r->texts.n) {
        return false;
    }
    r->held[r->held_count] = *out;
    r->held[r->held_count++].value = span_of(NULL, out->value.n);
    buf_add(&r->texts, out->value);
    return true;
}

static void count_rest(struct reading *r, const struct piece *piece, const struct output *out)
{
    if (r->rest_count++ == 0) {
        r->rest = *piece;
        r->rest.text = SPAN("");
        r->rest_reason = out->reason;
    }
    r->rest.bytes = piece->offset + piece->bytes - r->rest.offset;
}

bool reading_output(struct reading *r, const struct piece *piece, const struct output *out)
{
    bool first = r->events == 0;
    uint64_t outputs = r->events + r->rejects + 1;
    r->records = r->records < outputs ? outputs : r->records;
    if (out->kind == OUTPUT_EVENT) {
        if (first) {
            r->records_before = r->records - 1;
            r->rejects_before = r->rejects;
        }
        r->events++;
        return true;
    }
    r->rejects++;
    r->json = r->json || (out->reason != REJECT_BAD_JSON && out->reason != REJECT_LINE_TOO_LONG);
    r->damaged_at = out->wrong_at != 0 ? out->wrong_at : r->damaged_at;
    if (first && (r->rest_count > 0 || !hold(r, out))) {
        count_rest(r, piece, out);
    }
    return !first;
}

bool reading_release(struct reading *r, struct normalizer *n, struct output *out)
{
    if (r->released < r->held_count) {
        size_t at = 0;
        for (size_t i = 0; i < r->released; i++) {
            at += r->held[i].value.n;
        }
        *out = r->held[r->released];
        out->value = span_of(r->texts.p + at, r->held[r->released++].value.n);
        return true;
    }
    if (r->rest_count == 0) {
        return false;
    }
    char detail[WORDS_BYTES];
    (void)snprintf(detail, sizeof(detail),
                   "%llu more rejects before the first event; this one stands for all of them",
                   (unsigned long long)r->rest_count);
    normalizer_reject_pieces(n, r->rest_reason, span_str(detail), &r->rest, out);
    r->rest_count = 0;
    return true;
}

/* ---- packed rejects: a head and a value for each ---- */

struct packed_head {
    size_t bytes; /* of the value */
    enum reject_reason reason;
};

void reading_pack(struct reading *r, struct normalizer *n, struct buf *out)
{
    struct output reject;
    while (reading_release(r, n, &reject)) {
        struct packed_head head = {.bytes = reject.value.n, .reason = reject.reason};
        buf_add(out, span_of((const char *)&head, sizeof(head)));
        buf_add(out, reject.value);
    }
}

bool reading_unpack(struct span *packed, struct output *out)
{
    struct packed_head head;
    if (packed->n == 0) {
        return false;
    }
    memcpy(&head, span_take(packed, sizeof(head)).p, sizeof(head));
    *out = (struct output){
        .kind = OUTPUT_REJECT, .reason = head.reason, .value = span_take(packed, head.bytes)};
    return true;
}

bool reading_stops(const struct reading *r)
{
    return r->events == 0 && (r->records >= READING_RECORDS || r->text_bytes >= READING_TEXT_BYTES);
}

bool reading_share_passed(const struct reading *r, double share)
{
    uint64_t records = r->records - r->records_before;
    return share > 0 && r->events > 0 && records >= READING_SHARE_FROM &&
           (double)(r->rejects - r->rejects_before) > share * (double)records;
}

/* ---- format and advice ---- */

static void add_layers(const struct decode *d, struct buf *out)
{
    const struct decode_found *found = decode_found(d);
    for (size_t i = found->layer_count; i > 0; i--) {
        buf_addf(out, " in %s", found->layers[i - 1]);
    }
}

/* Append the kind of the object, if it is text. Returns the advice. */
static const char *add_kind(const struct reading *r, const struct decode *d, struct buf *out)
{
    if (r->damaged_at != 0) {
        buf_addf(out, "JSON over several lines, damaged at byte %llu",
                 (unsigned long long)r->damaged_at);
        return "correct what writes it, and write the object again";
    }
    if (r->json) {
        buf_add(out, SPAN("JSON in which no member is one of an event"));
        return "map the customer's names (key mapping), or send what docs/event-files.md describes";
    }
    buf_add(out,
            span_str(decode_found(d)->binary ? "binary data"
                                             : text_kind_name(span_of(r->head, r->head_bytes))));
    return "write one JSON object per line";
}

bool reading_unreadable(const struct reading *r, const struct decode *d, struct err *e)
{
    struct buf words = BUF_INIT(sizeof(e->text));
    if (e->kind == FAIL_FORMAT) { /* decode has named it */
        buf_addf(&words, "%.*s; write JSON Lines, plain or compressed, or raise a limit it names",
                 TEXT_BYTES, e->text);
        (void)err_set(e, FAIL_FORMAT, "%.*s", (int)words.n, words.p);
        buf_done(&words);
        return true;
    }
    bool content = r->rejects > 0 || e->kind == FAIL_DATA || reading_stops(r);
    if (r->events > 0 || !content) {
        return false;
    }
    if (e->kind == FAIL_DATA && r->rejects == 0) {
        buf_addf(&words, "%.*s; write the object again", TEXT_BYTES, e->text);
    } else {
        const char *advice = add_kind(r, d, &words);
        add_layers(d, &words);
        buf_addf(&words, ": no event in %llu record%s; %s", (unsigned long long)r->records,
                 r->records == 1 ? "" : "s", advice);
    }
    (void)err_set(e, FAIL_FORMAT, "%.*s", (int)words.n, words.p);
    buf_done(&words);
    return true;
}
