/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign - signs requests, for integration/test_aws_signatures.py. Each input line:
 *
 *     date region service access-key secret method path query headers payload-hash
 *
 * separated by tabs; path and payload-hash in hex; query and headers as hex=hex pairs separated by
 * commas, '-' for none. Each output line: the target as sent, a tab, the Authorization header.
 */
#include "codec/sigv4.h"
#include "codec/url.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINE_BYTES = 1 << 20, FIELDS = 10 };

static struct span cut(struct span *in, char at)
{
    const char *end = memchr(in->p, at, in->n);
    struct span head = span_take(in, end != NULL ? (size_t)(end - in->p) : in->n);
    *in = in->n > 0 ? span_from(*in, 1) : *in;
    return head;
}

static unsigned digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

static void add_hex(struct buf *out, struct span hex)
{
    for (size_t i = 0; i + 1 < hex.n; i += 2) {
        buf_add_byte(out, (char)(digit(hex.p[i]) << 4 | digit(hex.p[i + 1])));
    }
}

/* Decode hex to the end of *store. */
static struct span unhex(struct buf *store, struct span hex)
{
    size_t from = store->n;
    add_hex(store, hex);
    return span_from(buf_span(store), from);
}

static void add_query(struct buf *out, struct buf *store, struct span pairs)
{
    while (pairs.n > 0) {
        struct span pair = cut(&pairs, ',');
        buf_add(out, out->n > 0 ? SPAN("&") : SPAN(""));
        url_encode(out, unhex(store, cut(&pair, '=')));
        buf_add_byte(out, '=');
        url_encode(out, unhex(store, pair));
    }
}

static size_t read_headers(struct http_header *to, struct buf *store, struct span pairs)
{
    size_t n = 0;
    while (pairs.n > 0 && n < SIGV4_MAX_HEADERS) {
        struct span pair = cut(&pairs, ',');
        to[n].name = unhex(store, cut(&pair, '='));
        to[n++].value = unhex(store, pair);
    }
    return n;
}

static char *text_of(struct span s)
{
    char *copy = strndup(s.p, s.n);
    if (copy == NULL) {
        abort();
    }
    return copy;
}

static struct span unless_none(struct span s)
{
    return span_eq(s, SPAN("-")) ? SPAN("") : s;
}

static void sign(struct span line)
{
    struct span f[FIELDS];
    for (size_t i = 0; i < FIELDS; i++) {
        f[i] = cut(&line, '\t');
    }
    /* The store must not move while spans point into it. */
    struct buf store = BUF_INIT(4 * LINE_BYTES), path = BUF_INIT(LINE_BYTES);
    struct buf query = BUF_INIT(LINE_BYTES), out = BUF_INIT(LINE_BYTES);
    (void)!buf_room(&store, 4 * LINE_BYTES - 1);
    struct http_header headers[SIGV4_MAX_HEADERS];
    char *text[5];
    for (size_t i = 0; i < 5; i++) {
        text[i] = text_of(f[i]);
    }
    bool s3 = span_eq(f[2], SPAN("s3"));
    url_encode_path(&path, unhex(&store, f[6]));
    add_query(&query, &store, unless_none(f[7]));
    struct sigv4_request r = {.method = f[5],
                              .path = buf_span(&path),
                              .query = buf_span(&query),
                              .headers = headers,
                              .header_count = read_headers(headers, &store, unless_none(f[8])),
                              .payload_hash = f[9],
                              .path_normalize = !s3,
                              .path_encode = !s3};
    struct sigv4_scope scope = {text[3], text[0], text[1], text[2]};
    uint8_t key[SIGV4_KEY_BYTES];
    sigv4_key(key, text[4], &scope);
    sigv4_authorization(&out, &r, &scope, key);
    printf("%.*s?%.*s\t%.*s\n", SPAN_FMT(buf_span(&path)), SPAN_FMT(buf_span(&query)),
           SPAN_FMT(out.overflowed ? SPAN("overflowed") : buf_span(&out)));
    for (size_t i = 0; i < 5; i++) {
        free(text[i]);
    }
    buf_done(&store);
    buf_done(&path);
    buf_done(&query);
    buf_done(&out);
}

int main(void)
{
    static char line[LINE_BYTES];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        sign(span_of(line, strcspn(line, "\n")));
    }
    return 0;
}
