/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Framing. The first byte says how the text is cut into pieces, the second sets the limit. Held
 * against it:
 *
 *   - any cutting gives the same pieces;
 *   - every byte is in the extent of one piece, is a separator, or follows damage;
 *   - the text of a value is what stands there; a composed request is what stands before the open
 *     lists, then the elements with a comma between, then the closing brackets;
 *   - a text in which the JSON reader finds nothing but values gives exactly these, and no damage.
 */
#include <stdlib.h>

#include "codec/framing.h"
#include "codec/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    MAX_BYTES = 4096,
    MAX_PIECES = 2 * MAX_BYTES + 8,
    LEAST_LIMIT = 8,
    HEAD_BYTES = 8,
    /* Further limits are larger, so that an OTLP request can be divided. */
    SMALL_LIMITS = 55,
    LIMIT_STEP = 32
};

static void require(bool right)
{
    if (!right) {
        abort();
    }
}

/* ---- what framing says ---- */

struct seen {
    struct piece pieces[MAX_PIECES];
    uint64_t hashes[MAX_PIECES]; /* of texts */
    size_t count;
    size_t limit;
    struct piece lists[FRAMING_REQUEST_LEVELS]; /* open ones of a request */
    enum framing_kind kind;
    uint64_t lines;
};

static uint64_t hash_of(struct span s)
{
    uint64_t h = 14695981039346656037U;
    for (size_t i = 0; i < s.n; i++) {
        h = (h ^ (unsigned char)s.p[i]) * 1099511628211U;
    }
    return h + s.n;
}

/* The text of a value is that of its extent, but for line ends. */
static void check_text(const struct piece *p, struct span all)
{
    require(p->text.n == p->bytes);
    for (size_t i = 0; i < p->bytes; i++) {
        const char *there = all.p + p->offset + i;
        bool line_end =
            *there == '\n' || (*there == '\r' && there[1] == '\n' && p->text.p[i] == ' ');
        require(p->text.p[i] == (line_end ? ' ' : *there));
    }
}

/* Take the next byte that is no separator. '\0': there is none. */
static char next_token_byte(struct span *text)
{
    while (text->n > 0) {
        char c = *span_take(text, 1).p;
        if (c != '\0' && strchr(" \t\r\n,\x1e\xef\xbb\xbf", c) == NULL) {
            return c;
        }
    }
    return '\0';
}

/* Only separators may differ, of which there are others between elements. */
static void check_elements(struct span text, struct span there)
{
    char c = '\0';
    do {
        c = next_token_byte(&text);
        require(c == next_token_byte(&there));
    } while (c != '\0');
}

/* A composed request. Its beginning is that of the objects of which lists are open. */
static void check_request(struct seen *s, const struct piece *p, struct span all)
{
    struct span text = p->text;
    require(p->request_level <= FRAMING_REQUEST_LEVELS);
    if (p->kind == PIECE_LIST) {
        s->lists[p->request_level - 1] = *p;
    }
    if (p->kind != PIECE_VALUE) {
        return;
    }
    require(text.n <= s->limit);
    for (unsigned i = 0; i < p->request_level; i++) {
        struct piece list = s->lists[i];
        require(text.n >= list.bytes + 2);
        require(memcmp(text.p + text.n - 2, "]}", 2) == 0);
        list.text = span_take(&text, (size_t)list.bytes);
        text.n -= 2;
        check_text(&list, all);
    }
    check_elements(text, span_of(all.p + p->offset, (size_t)p->bytes));
}

/* What a caller may do, decided by what every cutting sees. */
static void answer(struct framing *f, const struct piece *p, unsigned how)
{
    if (p->kind == PIECE_LIST && (how & 1) != 0) {
        framing_answer(f, FRAMING_NO_LIST);
    }
    if (p->kind == PIECE_LINE && (how & 1) != 0) {
        framing_answer(f, FRAMING_NO_JSON);
    }
    if (p->kind == PIECE_VALUE && (how & 2) != 0 && p->offset % 7 == 3) {
        framing_answer(f, FRAMING_NO_JSON);
    }
}

static void note(struct seen *s, const struct piece *p, struct span all)
{
    require(s->count < MAX_PIECES);
    s->pieces[s->count] = *p;
    s->hashes[s->count++] = hash_of(p->text);
    if (p->request_level > 0) {
        check_request(s, p, all);
    } else if (p->kind == PIECE_VALUE) {
        check_text(p, all);
    }
}

static void run(struct framing *f, struct span all, size_t cut, unsigned how, struct seen *s)
{
    struct piece piece;
    struct span rest = all;
    s->count = 0;
    framing_reset(f);
    while (rest.n > 0) {
        struct span part = span_take(&rest, cut < rest.n ? cut : rest.n);
        char *own = malloc(part.n + FRAMING_SLACK);
        require(own != NULL);
        memset(own, '}', part.n + FRAMING_SLACK);
        memcpy(own, part.p, part.n);
        struct span in = span_of(own, part.n);
        while (framing_next(f, &in, &piece)) {
            note(s, &piece, all);
            answer(f, &piece, how);
        }
        require(in.n == 0);
        free(own);
    }
    while (framing_last(f, &piece)) {
        note(s, &piece, all);
        answer(f, &piece, how);
    }
    s->kind = framing_kind(f);
    s->lines = framing_lines(f);
}

static void check_same(const struct seen *a, const struct seen *b)
{
    require(a->count == b->count && a->kind == b->kind);
    for (size_t i = 0; i < a->count; i++) {
        struct piece p = a->pieces[i];
        struct piece q = b->pieces[i];
        require(a->hashes[i] == b->hashes[i]);
        p.text = q.text = SPAN("");
        require(p.kind == q.kind && p.framing == q.framing && p.line == q.line &&
                p.offset == q.offset && p.bytes == q.bytes && p.count == q.count &&
                p.wrong == q.wrong && p.wrong_at == q.wrong_at && p.rest == q.rest &&
                p.same_line == q.same_line && p.in_list == q.in_list &&
                p.request_level == q.request_level);
    }
}

/* ---- every byte ---- */

static bool is_separator(struct span all, size_t i)
{
    static const char bom[] = "\xef\xbb\xbf";
    char c = all.p[i];
    if (c != '\0' && strchr(" \t\r\n,\x1e[]", c) != NULL) {
        return true;
    }
    for (size_t k = 0; k < 3; k++) {
        if (c == bom[k] && i >= k && all.n - i >= 3 - k && memcmp(all.p + i - k, bom, 3) == 0) {
            return true;
        }
    }
    return c == '\0';
}

static void check_every_byte(const struct seen *s, struct span all)
{
    size_t at = 0;
    uint64_t lines = 1;
    size_t line_at = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct piece *p = &s->pieces[i];
        if (p->kind == PIECE_LIST && p->request_level == 0 && i + 1 < s->count &&
            p[1].offset == p->offset) {
            continue; /* not wanted */
        }
        require(p->offset >= at && p->bytes <= all.n - p->offset);
        for (; at < p->offset; at++) {
            require(is_separator(all, at));
        }
        for (; line_at < p->offset; line_at++) {
            lines += all.p[line_at] == '\n' ? 1 : 0;
        }
        require(p->line == lines);
        require(p->kind != PIECE_DAMAGE || (p->wrong_at >= p->offset && p->wrong_at <= all.n));
        at += p->bytes;
    }
    for (; at < all.n; at++) {
        require(is_separator(all, at));
    }
}

/* ---- a second opinion ---- */

struct opinion {
    struct extent values[MAX_BYTES];
    size_t count;
};

/* Whether an array without elements begins here, which is an element of another one. */
static bool is_empty_array(struct span all, size_t at)
{
    size_t after = at + 1;
    while (after < all.n && (all.p[after] == ' ' || all.p[after] == '\t' || all.p[after] == '\r')) {
        after++;
    }
    return after < all.n && all.p[after] == ']';
}

/* The values of the text by the JSON reader. False: it holds something else. */
static bool have_opinion(struct json_reader *r, struct span all, bool array, struct opinion *o)
{
    size_t levels = 0;
    o->count = 0;
    for (size_t at = 0; at < all.n;) {
        char c = all.p[at];
        if (c == '[' && (levels == 0 || !is_empty_array(all, at))) {
            levels++;
            at++;
        } else if (c == ']') {
            if (levels == 0 && !array) {
                return false;
            }
            levels -= levels > 0 ? 1 : 0;
            at++;
        } else if (c != '[' && is_separator(all, at)) {
            if (c == '\xef' && at > 0 && all.p[at - 1] != '\n') {
                return false; /* allowed at the start of a line: which is not checked here */
            }
            at++;
        } else {
            struct span rest = span_from(all, at);
            struct doc d;
            if (json_scan(r, &rest, &d, NULL) != FAIL_NONE) {
                return false;
            }
            struct extent e = doc_extent(&d, DOC_ROOT);
            o->values[o->count++] = (struct extent){(uint32_t)at + e.from, (uint32_t)at + e.to};
            at += e.to;
            char first = all.p[at - e.to];
            if (first != '{' && first != '[' && first != '"' && at < all.n &&
                strchr("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._:",
                       all.p[at]) != NULL &&
                all.p[at] != '\0') {
                return false; /* 12true */
            }
        }
    }
    return levels == 0;
}

static void check_opinion(const struct seen *s, const struct opinion *o, size_t limit)
{
    size_t k = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct piece *p = &s->pieces[i];
        bool ends = p->kind == PIECE_LIST_END && p->request_level <= 1;
        if ((p->in_list && (p->request_level > 0 || !ends)) || (p->request_level > 0 && !ends)) {
            continue;
        }
        require(k < o->count);
        const struct extent *e = &o->values[k];
        size_t bytes = e->to - e->from;
        switch (p->kind) {
        case PIECE_VALUE:
            require(p->offset == e->from && p->bytes == bytes && bytes <= limit);
            k++;
            break;
        case PIECE_TOO_LONG:
            require(p->offset == e->from && p->bytes == bytes && bytes > limit);
            k++;
            break;
        case PIECE_RUN:
            require(p->offset == e->from && p->count <= o->count - k);
            k += (size_t)p->count;
            require(p->offset + p->bytes == o->values[k - 1].to);
            break;
        case PIECE_LIST:
            require(p->offset == e->from && bytes > limit);
            break;
        case PIECE_LIST_END:
            require(p->offset + p->bytes == e->to);
            k++;
            break;
        case PIECE_LINE:
        case PIECE_OPEN_LINES:
        case PIECE_DAMAGE:
        case PIECE_UNREAD:
            abort();
        }
    }
    require(k == o->count);
}

static bool has_lines(const struct seen *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->pieces[i].kind == PIECE_LINE || s->pieces[i].framing == FRAMING_LINES) {
            return true;
        }
    }
    return s->kind == FRAMING_LINES || s->kind == FRAMING_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seen whole;
    static struct seen cut;
    static struct opinion opinion;
    if (size < 2 || size > MAX_BYTES) {
        return 0;
    }
    size_t limit = LEAST_LIMIT + data[1] % 64;
    limit += limit > SMALL_LIMITS ? (limit - SMALL_LIMITS) * LIMIT_STEP : 0;
    whole.limit = cut.limit = limit;
    unsigned how = data[1] >> 6;
    struct span all = span_of((const char *)data + 2, size - 2);
    OWNED(framing) struct framing *f = framing_new(limit, HEAD_BYTES);
    run(f, all, all.n, how, &whole);
    run(f, all, (size_t)data[0] % 80 + 1, how, &cut);
    check_same(&whole, &cut);
    if ((how & 2) == 0) {
        check_every_byte(&whole, all);
    }
    OWNED(json_reader) struct json_reader *r = json_reader_new(MAX_BYTES);
    if (how == 0 && !has_lines(&whole) &&
        have_opinion(r, all, whole.kind == FRAMING_ARRAY, &opinion)) {
        check_opinion(&whole, &opinion, limit);
    }
    return 0;
}
