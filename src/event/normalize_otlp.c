/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OTLP requests: their records, what they have besides these, and the lists of a request that the
 * framing divides.
 */
#include "normalize_priv.h"

#include <stdio.h>

enum {
    /*
     * Many small OTLP records of one large resource would be a bomb, since each repeats the
     * attributes of the resource. So all that the requests of one line expand to is limited to
     * this multiple of the line. Records, names and values count as more bytes than they have: a
     * short one costs as much as a longer one.
     */
    OTLP_LINE_GROWTH = 16,
    OTLP_FREE_BYTES = 1 << 20,
    OTLP_RECORD_BYTES = 128,
    OTLP_WORD_BYTES = 8,
};

/* ---- records ---- */

/* The next record of an OTLP request. False: no more. */
bool normalize_otlp_next(struct normalizer *n, struct output *out)
{
    struct buf *text = &n->converter->otlp_text;
    if (!otlp_next(&n->otlp, text)) {
        n->in_otlp = false;
        return false;
    }
    struct value v;
    steps_count(&n->steps, text->n);
    n->otlp_bytes += text->n + OTLP_RECORD_BYTES;
    if (n->otlp_bytes > n->piece.text.n * OTLP_LINE_GROWTH + OTLP_FREE_BYTES) {
        n->in_otlp = false;
        return normalize_reject(
            n, REJECT_EVENT_TOO_LARGE,
            "the OTLP records from here on: the line expands to more than 16 times "
            "its length",
            out);
    }
    if (text->overflowed) {
        return normalize_reject(n, REJECT_EVENT_TOO_LARGE, normalize_detail(REJECT_EVENT_TOO_LARGE),
                                out);
    }
    if (buf_room(text, JSON_SLACK) == NULL ||
        !value_read(n->unwrapper.readers, 1 - n->request.reader, buf_span(text), &v)) {
        return normalize_reject(n, REJECT_BAD_JSON, "an OTLP record that cannot be read", out);
    }
    n->otlp_bytes += doc_payload(&v.doc, 0) * OTLP_WORD_BYTES;
    v.replaced = n->request.replaced;
    record_index_of(event_maker_names(n->converter->maker), &v.doc, v.at, &n->converter->index);
    return normalize_make_event(n, &v, SHAPE_OTLP, out);
}

static void note_unread(struct normalizer *n, const struct otlp_missed *missed)
{
    static const char *const levels[OTLP_LEVELS] = {"the request", "a resource", "a scope",
                                                    "a metric", "the data of a metric"};
    if (missed->unread > 0) {
        (void)snprintf(n->detail, sizeof(n->detail),
                       "%zu members that may have records were not read, the first in %s",
                       missed->unread, levels[missed->unread_level]);
        unwrapper_note(&n->unwrapper, n->detail);
    }
}

/*
 * Begin an OTLP request. True: it is rejected, *out is the reject. False: next_otlp returns its
 * records. One of empty lists is skipped.
 */
bool normalize_otlp_start(struct normalizer *n, const struct value *v, struct output *out)
{
    unwrapper_beside_request(&n->unwrapper, v, &n->converter->index);
    n->request = *v;
    n->request.replaced = v->replaced || v->doc.repaired;
    struct duplicate_names *names = &n->converter->request_names;
    if (!duplicate_names_absent(names, &v->doc, v->at)) {
        unwrapper_note(&n->unwrapper, "earlier values of names that an object of the OTLP request "
                                      "has twice were not read");
    }
    if (!sanitizer_value(&n->request_sanitizer, n->unwrapper.readers, names, &n->request)) {
        return normalize_reject(n, REJECT_BAD_JSON, "an OTLP request that cannot be read", out);
    }
    struct otlp_missed missed;
    unsigned heads = n->piece.request_level;
    size_t count = otlp_count(&n->request.doc, n->request.at, heads, &missed);
    note_unread(n, &missed);
    if (count == 0 && missed.others == 0 && missed.unread == 0) {
        n->skipped++;
        return false;
    }
    n->otlp_others = missed.others;
    n->unwrapper.values.several =
        n->unwrapper.values.several || count > 1 || missed.others > 0 || missed.unread > 0;
    n->in_otlp = true;
    otlp_start(&n->otlp, &n->request.doc, n->request.at, heads);
    return false;
}

/* What a request has besides the records that it gave. False: nothing. */
bool normalize_otlp_others(struct normalizer *n, struct output *out)
{
    size_t others = n->otlp_others;
    n->otlp_others = 0;
    (void)snprintf(n->detail, sizeof(n->detail),
                   "%zu elements of the OTLP request without a record", others);
    return others > 0 && normalize_reject_several(n, REJECT_NOT_AN_EVENT, n->detail, others, out);
}

/* ---- a request that is divided ---- */

/* A list of a request that is divided begins. What is before it is in each of its parts. */
static void request_begins(struct normalizer *n)
{
    unsigned level = n->piece.request_level;
    struct value v;
    n->list_events[level] = 0;
    n->reject_piece =
        !value_read(n->short_readers, 0, n->piece.text, &v) ||
        otlp_before_list(&v.doc, DOC_ROOT, (enum otlp_level)(level - 1)) == OTLP_BESIDE_NEEDED;
}

/* Members after the list that no record got, as those before it. */
static void count_dropped_behind(struct normalizer *n, unsigned level)
{
    n->dropped_behind = n->list_events[level];
    for (unsigned i = 0; i <= level; i++) {
        n->list_events[i] -= n->dropped_behind;
    }
}

/*
 * After a list of an OTLP request that is divided. Its records have been produced without what
 * follows it.
 */
static void request_ends(struct normalizer *n)
{
    unsigned level = n->piece.request_level;
    struct value v;
    enum otlp_beside rest = OTLP_BESIDE_NEEDED;
    if (value_read(n->short_readers, 0, n->piece.text, &v)) {
        rest = otlp_after_list(&v.doc, DOC_ROOT, (enum otlp_level)(level - 1));
    }
    if (rest == OTLP_BESIDE_DROPPED && level == 1 && unwrapper_has_records(&n->unwrapper, &v)) {
        rest = OTLP_BESIDE_NEEDED;
    }
    if (rest == OTLP_BESIDE_DROPPED) {
        count_dropped_behind(n, level);
    }
    n->reject_piece = rest == OTLP_BESIDE_NEEDED;
    n->piece.text = n->piece.text.n > 0 ? span_from(n->piece.text, sizeof(FRAMING_REST_BEGINS) - 1)
                                        : n->piece.text;
}

/* Begins or ends a list of a request. False: it is another piece. */
bool normalize_otlp_part(struct normalizer *n)
{
    const struct piece *p = &n->piece;
    bool part = p->request_level > 0 && (p->kind == PIECE_LIST || p->kind == PIECE_LIST_END);
    if (part && p->kind == PIECE_LIST_END) {
        request_ends(n);
    } else if (part) {
        request_begins(n);
    }
    return part;
}
