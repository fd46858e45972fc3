/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The project has its own signer for two reasons. libcurl 7.88 signs S3 requests wrongly (no
 * x-amz-content-sha256, raw `=` in paths, unsorted queries). And libcurl takes the date from the
 * system clock, so clock skew could not be corrected.
 */
#include "codec/sigv4.h"

#include "codec/url.h"
#include "sigv4_priv.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ALGORITHM "AWS4-HMAC-SHA256"

/* ---- Hashes ---- */

static void write_hex(char out[SIGV4_HEX_BYTES], const uint8_t bytes[SHA256_DIGEST_LENGTH])
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
        abort(); /* every provider has SHA-256, so the cause is lack of memory */
    }
    write_hex(out, digest);
}

static void hmac_sha256(uint8_t out[SIGV4_KEY_BYTES], struct span key, struct span text)
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
    hmac_sha256(next, span_of((const char *)key, SIGV4_KEY_BYTES), text);
    memcpy(key, next, SIGV4_KEY_BYTES);
    OPENSSL_cleanse(next, sizeof(next));
}

void sigv4_date(char out[SIGV4_DATE_BYTES], int64_t wall_ms)
{
    time_t s = (time_t)(wall_ms / 1000);
    struct tm t;
    if (gmtime_r(&s, &t) == NULL || strftime(out, SIGV4_DATE_BYTES, "%Y%m%dT%H%M%SZ", &t) == 0) {
        out[0] = '\0'; /* after the year 9999: every service refuses the signature */
    }
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
    hmac_sha256(digest, span_of((const char *)key, SIGV4_KEY_BYTES), string_to_sign);
    write_hex(out, digest);
}

void sigv4_key(uint8_t out[SIGV4_KEY_BYTES], const char *secret, const struct sigv4_scope *s)
{
    struct buf first = BUF_SECRET(SIGV4_TEXT_BYTES);
    buf_add(&first, SPAN("AWS4"));
    buf_add(&first, span_str(secret));
    hmac_sha256(out, buf_span(&first), span_of(s->date, strnlen(s->date, 8)));
    hmac_next(out, span_str(s->region));
    hmac_next(out, span_str(s->service));
    hmac_next(out, SPAN("aws4_request"));
    buf_done(&first);
}

const uint8_t *sigv4_key_get(struct sigv4_cache *c, const char *secret, const struct sigv4_scope *s)
{
    char of[sizeof(c->of)];
    int n = snprintf(of, sizeof(of), "%.8s %s %s %s", s->date, s->region, s->service, secret);
    bool whole = n > 0 && (size_t)n < sizeof(of);
    if (!whole || strcmp(c->of, of) != 0) {
        sigv4_key(c->key, secret, s);
        memcpy(c->of, whole ? of : "", whole ? (size_t)n + 1 : 1);
    }
    OPENSSL_cleanse(of, sizeof(of));
    return c->key;
}

void sigv4_cache_wipe(struct sigv4_cache *c)
{
    OPENSSL_cleanse(c, sizeof(*c));
}

enum { CANONICAL_BYTES = 2048 }; /* initial size, sufficient for most requests */

/* Stages 1 to 3. False: a buffer overflowed. */
static bool sign_request(char out[SIGV4_HEX_BYTES], const struct sigv4_request *r,
                         const struct sigv4_scope *s, const uint8_t key[SIGV4_KEY_BYTES])
{
    struct buf canonical = BUF_SECRET(SIGV4_TEXT_BYTES); /* it contains the session token */
    (void)!buf_room(&canonical, CANONICAL_BYTES);
    struct buf to_sign = BUF_INIT(SIGV4_TEXT_BYTES);
    sigv4_canonical_request(&canonical, r);
    sigv4_string_to_sign(&to_sign, s, buf_span(&canonical));
    sigv4_signature(out, key, buf_span(&to_sign));
    bool whole = !canonical.overflowed && !to_sign.overflowed;
    buf_done(&canonical);
    buf_done(&to_sign);
    return whole;
}

void sigv4_authorization(struct buf *out, const struct sigv4_request *r,
                         const struct sigv4_scope *s, const uint8_t key[SIGV4_KEY_BYTES])
{
    char signature[SIGV4_HEX_BYTES];
    if (!sign_request(signature, r, s, key)) {
        out->overflowed = true;
        return;
    }
    buf_addf(out, ALGORITHM " Credential=%s/", s->access_key_id);
    add_scope(out, s);
    buf_add(out, SPAN(", SignedHeaders="));
    sigv4_add_signed_headers(out, r);
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
    struct buf query = BUF_SECRET(SIGV4_TEXT_BYTES);
    struct buf value = BUF_INIT(SIGV4_TEXT_BYTES);

    buf_add(&query, r->query);
    add_param(&query, "X-Amz-Algorithm", SPAN(ALGORITHM));
    buf_addf(&value, "%s/", s->access_key_id);
    add_scope(&value, s);
    add_param(&query, "X-Amz-Credential", buf_span(&value));
    add_param(&query, "X-Amz-Date", span_str(s->date));
    buf_addf(&query, "&X-Amz-Expires=%u", p->expires_s);
    buf_clear(&value);
    sigv4_add_signed_headers(&value, r);
    add_param(&query, "X-Amz-SignedHeaders", buf_span(&value));
    if (p->token.n > 0) {
        add_param(&query, "X-Amz-Security-Token", p->token);
    }

    sigv4_add_query(out, buf_span(&query));
    out->overflowed |= query.overflowed || value.overflowed;
    buf_done(&query);
    buf_done(&value);
}

void sigv4_presign(struct buf *out, const struct sigv4_request *r, const struct sigv4_scope *s,
                   const struct sigv4_presign *p, const uint8_t key[SIGV4_KEY_BYTES])
{
    struct buf query = BUF_SECRET(SIGV4_TEXT_BYTES);
    char signature[SIGV4_HEX_BYTES];
    struct sigv4_request with = *r;

    sigv4_presign_query(&query, r, s, p);
    with.query = buf_span(&query);
    if (query.overflowed || !sign_request(signature, &with, s, key)) {
        out->overflowed = true;
    } else {
        buf_add(out, with.query);
        buf_addf(out, "&X-Amz-Signature=%s", signature);
    }
    buf_done(&query);
}
