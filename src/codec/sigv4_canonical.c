/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical request: client and service derive the same text from a request and sign it. */
#include "sigv4_priv.h"

#include "base/ascii.h"
#include "codec/url.h"

#include <stdlib.h>

/* Append the path without "." and ".." segments and repeated slashes. A final slash stays. */
static void add_normalized(struct buf *out, struct span path)
{
    size_t start = out->n;
    struct span rest = path;
    while (rest.n > 0) {
        const char *slash = memchr(rest.p, '/', rest.n);
        size_t n = slash != NULL ? (size_t)(slash - rest.p) : rest.n;
        struct span segment = span_take(&rest, n);
        if (rest.n > 0) {
            rest = span_from(rest, 1);
        }
        if (span_eq(segment, SPAN(".."))) {
            while (out->n > start && out->p[--out->n] != '/') {
            }
        } else if (segment.n > 0 && !span_eq(segment, SPAN("."))) {
            buf_add_byte(out, '/');
            buf_add(out, segment);
        }
    }
    if (out->n == start || path.p[path.n - 1] == '/') {
        buf_add_byte(out, '/');
    }
}

static void add_path(struct buf *out, const struct sigv4_request *r)
{
    struct buf normal = BUF_SECRET(SIGV4_TEXT_BYTES);
    struct span path = r->path.n != 0 ? r->path : SPAN("/");
    if (r->path_normalize) {
        add_normalized(&normal, path);
        path = buf_span(&normal);
    }
    if (r->path_encode) {
        url_encode_path(out, path);
    } else {
        buf_add(out, path);
    }
    out->overflowed |= normal.overflowed;
    buf_done(&normal);
}

struct param {
    struct span name; /* both strictly encoded */
    struct span value;
};

static int span_compare(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n != 0 ? memcmp(a.p, b.p, n) : 0;
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static int param_compare(const void *left, const void *right)
{
    const struct param *a = left;
    const struct param *b = right;
    int order = span_compare(a->name, b->name);
    return order != 0 ? order : span_compare(a->value, b->value);
}

/* Decode and strictly encode a name or value of a parameter. Returns its length. */
static size_t add_reencoded(struct buf *text, struct buf *scratch, struct span part)
{
    size_t start = text->n;
    buf_clear(scratch);
    url_decode(scratch, part);
    url_encode(text, buf_span(scratch));
    return text->n - start;
}

/*
 * Split a query into params[], which point into *text. Returns their number. Too many set the
 * overflow flag of *text.
 */
static size_t read_params(struct buf *text, struct span query, struct param *params)
{
    struct buf scratch = BUF_SECRET(SIGV4_TEXT_BYTES);
    size_t count = 0;
    while (query.n > 0 && !text->overflowed) {
        const char *end = memchr(query.p, '&', query.n);
        struct span pair = span_take(&query, end != NULL ? (size_t)(end - query.p) : query.n);
        if (query.n > 0) {
            query = span_from(query, 1);
        }
        if (pair.n == 0) {
            continue;
        }
        if (count == SIGV4_MAX_PARAMS) {
            text->overflowed = true;
            break;
        }
        const char *equals = memchr(pair.p, '=', pair.n);
        size_t name = equals != NULL ? (size_t)(equals - pair.p) : pair.n;
        params[count].name.n = add_reencoded(text, &scratch, span_of(pair.p, name));
        params[count].value.n = add_reencoded(
            text, &scratch, equals != NULL ? span_from(pair, name + 1) : span_of(pair.p, 0));
        count++;
    }
    text->overflowed |= scratch.overflowed;
    buf_done(&scratch);
    return count;
}

void sigv4_add_query(struct buf *out, struct span query)
{
    struct param params[SIGV4_MAX_PARAMS];
    struct buf text = BUF_SECRET(SIGV4_TEXT_BYTES);
    size_t count = read_params(&text, query, params);

    struct span rest = buf_span(&text); /* set last: *text moves when it grows */
    for (size_t i = 0; i < count && !text.overflowed; i++) {
        params[i].name = span_take(&rest, params[i].name.n);
        params[i].value = span_take(&rest, params[i].value.n);
    }
    count = text.overflowed ? 0 : count;
    qsort(params, count, sizeof(params[0]), param_compare);

    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buf_add_byte(out, '&');
        }
        buf_add(out, params[i].name);
        buf_add_byte(out, '=');
        buf_add(out, params[i].value);
    }
    out->overflowed |= text.overflowed;
    buf_done(&text);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int name_compare(struct span a, struct span b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        unsigned char x = (unsigned char)ascii_lower(a.p[i]);
        unsigned char y = (unsigned char)ascii_lower(b.p[i]);
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return (a.n > b.n) - (a.n < b.n);
}

/* Sort the indices of the headers by name; equal names keep their order. Returns their number. */
static size_t sort_headers(const struct sigv4_request *r, size_t order[SIGV4_MAX_HEADERS],
                           struct buf *out)
{
    if (r->header_count > SIGV4_MAX_HEADERS) {
        out->overflowed = true;
        return 0;
    }
    for (size_t i = 0; i < r->header_count; i++) {
        size_t at = i;
        while (at > 0 && name_compare(r->headers[order[at - 1]].name, r->headers[i].name) > 0) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
    return r->header_count;
}

static void add_lower(struct buf *out, struct span name)
{
    char *to = buf_room(out, name.n);
    if (to == NULL) {
        return;
    }
    for (size_t i = 0; i < name.n; i++) {
        to[i] = ascii_lower(name.p[i]);
    }
    out->n += name.n;
    out->p[out->n] = '\0';
}

/*
 * Append the value trimmed, with each run of blanks as one space, also inside quotes as the
 * official test cases require.
 */
static void add_value(struct buf *out, struct span v)
{
    bool any = false;
    for (size_t i = 0; i < v.n;) {
        size_t from = i;
        while (i < v.n && is_blank(v.p[i]) == is_blank(v.p[from])) {
            i++;
        }
        if (is_blank(v.p[from])) {
            continue;
        }
        buf_add(out, any ? SPAN(" ") : SPAN(""));
        buf_add(out, span_of(v.p + from, i - from));
        any = true;
    }
}

static void add_headers(struct buf *out, const struct sigv4_request *r)
{
    size_t order[SIGV4_MAX_HEADERS];
    size_t count = sort_headers(r, order, out);
    for (size_t i = 0; i < count; i++) {
        const struct http_header *h = &r->headers[order[i]];
        if (i > 0 && name_compare(r->headers[order[i - 1]].name, h->name) == 0) {
            buf_add_byte(out, ',');
        } else {
            buf_add(out, i > 0 ? SPAN("\n") : SPAN(""));
            add_lower(out, h->name);
            buf_add_byte(out, ':');
        }
        add_value(out, h->value);
    }
    buf_add(out, count > 0 ? SPAN("\n") : SPAN(""));
}

void sigv4_add_signed_headers(struct buf *out, const struct sigv4_request *r)
{
    size_t order[SIGV4_MAX_HEADERS];
    size_t count = sort_headers(r, order, out);
    for (size_t i = 0; i < count; i++) {
        struct span name = r->headers[order[i]].name;
        if (i > 0 && name_compare(r->headers[order[i - 1]].name, name) == 0) {
            continue;
        }
        buf_add(out, i > 0 ? SPAN(";") : SPAN(""));
        add_lower(out, name);
    }
}

void sigv4_canonical_request(struct buf *out, const struct sigv4_request *r)
{
    buf_add(out, r->method);
    buf_add_byte(out, '\n');
    add_path(out, r);
    buf_add_byte(out, '\n');
    sigv4_add_query(out, r->query);
    buf_add_byte(out, '\n');
    add_headers(out, r);
    buf_add_byte(out, '\n');
    sigv4_add_signed_headers(out, r);
    buf_add_byte(out, '\n');
    buf_add(out, r->payload_hash);
}
