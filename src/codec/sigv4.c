/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own signer, because libcurl 7.88 signs S3 wrongly (no x-amz-content-sha256, raw `=` in
 * paths, unsorted queries) and takes its date from the system clock, so that a wrong clock
 * could not be corrected.
 */
#include "codec/sigv4.h"

#include "codec/url.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ALGORITHM "AWS4-HMAC-SHA256"

enum { MAX_TEXT_BYTES = 256 * 1024 }; /* of what is built for a moment here */

/* ---- Hashes ---- */

static void hex(char out[SIGV4_HEX_BYTES], const uint8_t bytes[SHA256_DIGEST_LENGTH])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[SIGV4_HEX_BYTES - 1] = '\0';
}

void sigv4_hash(char out[SIGV4_HEX_BYTES], struct span bytes)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    if (EVP_Digest(bytes.n != 0 ? bytes.p : "", bytes.n, digest, NULL, EVP_sha256(), NULL) != 1) {
        abort(); /* SHA-256 is in every provider: only out of memory is left */
    }
    hex(out, digest);
}

static void hmac(uint8_t out[SIGV4_KEY_BYTES], struct span key, struct span text)
{
    unsigned n = 0;
    if (HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)text.p, text.n, out, &n) ==
            NULL ||
        n != SIGV4_KEY_BYTES) {
        abort();
    }
}

static void hmac_next(uint8_t key[SIGV4_KEY_BYTES], struct span text)
{
    uint8_t next[SIGV4_KEY_BYTES];
    hmac(next, span_of((const char *)key, SIGV4_KEY_BYTES), text);
    memcpy(key, next, SIGV4_KEY_BYTES);
    OPENSSL_cleanse(next, sizeof(next));
}

void sigv4_date(char out[SIGV4_DATE_BYTES], int64_t wall_ms)
{
    time_t s = (time_t)(wall_ms / 1000);
    struct tm t;
    if (gmtime_r(&s, &t) == NULL || strftime(out, SIGV4_DATE_BYTES, "%Y%m%dT%H%M%SZ", &t) == 0) {
        out[0] = '\0'; /* beyond the year 9999: no service will take the signature */
    }
}

/* ---- The canonical request ---- */

/* The path without "." and ".." segments and double slashes; a slash at the end stays. */
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
    struct buf normal = BUF_INIT(MAX_TEXT_BYTES);
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

/* Encode one half of a parameter strictly, whatever its encoding was. Returns its length. */
static size_t add_reencoded(struct buf *text, struct buf *scratch, struct span part)
{
    size_t start = text->n;
    buf_clear(scratch);
    url_decode(scratch, part);
    url_encode(text, buf_span(scratch));
    return text->n - start;
}

/* The parameters of a query into params[], their bytes in *text. Their number; too many mark it. */
static size_t read_params(struct buf *text, struct span query, struct param *params)
{
    struct buf scratch = BUF_INIT(MAX_TEXT_BYTES);
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

static void add_query(struct buf *out, struct span query)
{
    struct param params[SIGV4_MAX_PARAMS];
    struct buf text = BUF_INIT(MAX_TEXT_BYTES);
    size_t count = read_params(&text, query, params);

    struct span rest = buf_span(&text); /* only now: the text has stopped moving */
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

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int name_compare(struct span a, struct span b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        unsigned char x = (unsigned char)lower(a.p[i]);
        unsigned char y = (unsigned char)lower(b.p[i]);
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return (a.n > b.n) - (a.n < b.n);
}

/* Indices of the headers, by name, equal names in the order given. Their number. */
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
    for (size_t i = 0; i < name.n; i++) {
        buf_add_byte(out, lower(name.p[i]));
    }
}

/* Trimmed, runs of blanks as one space (also within quotes: the official cases want it). */
static void add_value(struct buf *out, struct span v)
{
    while (v.n > 0 && is_blank(v.p[v.n - 1])) {
        v.n--;
    }
    bool gap = false;
    bool any = false;
    for (size_t i = 0; i < v.n; i++) {
        if (is_blank(v.p[i])) {
            gap = any;
            continue;
        }
        if (gap) {
            buf_add_byte(out, ' ');
        }
        buf_add_byte(out, v.p[i]);
        gap = false;
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

static void add_signed_headers(struct buf *out, const struct sigv4_request *r)
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
    add_query(out, r->query);
    buf_add_byte(out, '\n');
    add_headers(out, r);
    buf_add_byte(out, '\n');
    add_signed_headers(out, r);
    buf_add_byte(out, '\n');
    buf_add(out, r->payload_hash);
}

/* ---- String to sign, key, signature ---- */

static void add_scope(struct buf *out, const struct sigv4_scope *s)
{
    buf_addf(out, "%.8s/%s/%s/aws4_request", s->date, s->region, s->service);
}

void sigv4_string_to_sign(struct buf *out, const struct sigv4_scope *s, struct span canonical)
{
    char hash[SIGV4_HEX_BYTES];
    sigv4_hash(hash, canonical);
    buf_addf(out, ALGORITHM "\n%s\n", s->date);
    add_scope(out, s);
    buf_addf(out, "\n%s", hash);
}

void sigv4_signature(char out[SIGV4_HEX_BYTES], const uint8_t key[SIGV4_KEY_BYTES],
                     struct span string_to_sign)
{
    uint8_t digest[SIGV4_KEY_BYTES];
    hmac(digest, span_of((const char *)key, SIGV4_KEY_BYTES), string_to_sign);
    hex(out, digest);
}

/* All the room at once: a buffer that grows leaves copies of the secret behind. */
static void reserve(struct buf *b, size_t n)
{
    if (buf_room(b, n) == NULL) {
        abort(); /* a secret of 256 KB: callers bound theirs */
    }
}

void sigv4_key(uint8_t out[SIGV4_KEY_BYTES], const char *secret, const struct sigv4_scope *s)
{
    struct buf first = BUF_INIT(MAX_TEXT_BYTES);
    reserve(&first, strlen(secret) + 4);
    buf_add(&first, SPAN("AWS4"));
    buf_add(&first, span_str(secret));
    hmac(out, buf_span(&first), span_of(s->date, strnlen(s->date, 8)));
    hmac_next(out, span_str(s->region));
    hmac_next(out, span_str(s->service));
    hmac_next(out, SPAN("aws4_request"));
    OPENSSL_cleanse(first.p, first.n);
    buf_done(&first);
}

const uint8_t *sigv4_key_get(struct sigv4_cache *c, const char *secret, const struct sigv4_scope *s)
{
    struct buf origin = BUF_INIT(MAX_TEXT_BYTES);
    char of[SIGV4_HEX_BYTES];
    reserve(&origin, strlen(secret) + 256);
    add_scope(&origin, s);
    buf_add_byte(&origin, '\n');
    buf_add(&origin, span_str(secret));
    sigv4_hash(of, buf_span(&origin));
    OPENSSL_cleanse(origin.p, origin.n);
    buf_done(&origin);

    if (memcmp(c->of, of, sizeof(of)) != 0) {
        sigv4_key(c->key, secret, s);
        memcpy(c->of, of, sizeof(of));
    }
    return c->key;
}

void sigv4_cache_wipe(struct sigv4_cache *c)
{
    OPENSSL_cleanse(c, sizeof(*c));
}

/* Stages 1 to 3 at once. Returns whether nothing overflowed. */
static bool sign(char out[SIGV4_HEX_BYTES], const struct sigv4_request *r,
                 const struct sigv4_scope *s, const uint8_t key[SIGV4_KEY_BYTES])
{
    struct buf canonical = BUF_INIT(MAX_TEXT_BYTES);
    struct buf to_sign = BUF_INIT(MAX_TEXT_BYTES);
    sigv4_canonical_request(&canonical, r);
    sigv4_string_to_sign(&to_sign, s, buf_span(&canonical));
    sigv4_signature(out, key, buf_span(&to_sign));
    bool whole = !canonical.overflowed && !to_sign.overflowed;
    OPENSSL_cleanse(canonical.p, canonical.n); /* it holds the session token */
    buf_done(&canonical);
    buf_done(&to_sign);
    return whole;
}

void sigv4_authorization(struct buf *out, const struct sigv4_request *r,
                         const struct sigv4_scope *s, const uint8_t key[SIGV4_KEY_BYTES])
{
    char signature[SIGV4_HEX_BYTES];
    if (!sign(signature, r, s, key)) {
        out->overflowed = true;
        return;
    }
    buf_addf(out, ALGORITHM " Credential=%s/", s->access_key_id);
    add_scope(out, s);
    buf_add(out, SPAN(", SignedHeaders="));
    add_signed_headers(out, r);
    buf_addf(out, ", Signature=%s", signature);
}

/* ---- Presigned ---- */

static void add_param(struct buf *out, const char *name, struct span value)
{
    buf_addf(out, "%s%s=", out->n > 0 ? "&" : "", name);
    url_encode(out, value);
}

void sigv4_presign_query(struct buf *out, const struct sigv4_request *r,
                         const struct sigv4_scope *s, const struct sigv4_presign *p)
{
    struct buf query = BUF_INIT(MAX_TEXT_BYTES);
    struct buf value = BUF_INIT(MAX_TEXT_BYTES);

    buf_add(&query, r->query);
    add_param(&query, "X-Amz-Algorithm", SPAN(ALGORITHM));
    buf_addf(&value, "%s/", s->access_key_id);
    add_scope(&value, s);
    add_param(&query, "X-Amz-Credential", buf_span(&value));
    add_param(&query, "X-Amz-Date", span_str(s->date));
    buf_addf(&query, "&X-Amz-Expires=%u", p->expires_s);
    buf_clear(&value);
    add_signed_headers(&value, r);
    add_param(&query, "X-Amz-SignedHeaders", buf_span(&value));
    if (p->token.n > 0) {
        add_param(&query, "X-Amz-Security-Token", p->token);
    }

    add_query(out, buf_span(&query));
    out->overflowed |= query.overflowed || value.overflowed;
    OPENSSL_cleanse(query.p, query.n);
    buf_done(&query);
    buf_done(&value);
}

void sigv4_presign(struct buf *out, const struct sigv4_request *r, const struct sigv4_scope *s,
                   const struct sigv4_presign *p, const uint8_t key[SIGV4_KEY_BYTES])
{
    struct buf query = BUF_INIT(MAX_TEXT_BYTES);
    char signature[SIGV4_HEX_BYTES];
    struct sigv4_request with = *r;

    sigv4_presign_query(&query, r, s, p);
    with.query = buf_span(&query);
    if (query.overflowed || !sign(signature, &with, s, key)) {
        out->overflowed = true;
    } else {
        buf_add(out, with.query);
        buf_addf(out, "&X-Amz-Signature=%s", signature);
    }
    OPENSSL_cleanse(query.p, query.n);
    buf_done(&query);
}
