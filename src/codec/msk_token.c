/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host name is that of the global partition in all regions, as in AWS's own signers: it is part
 * of the signature, and no connection to it is made.
 */
#include "codec/msk_token.h"

#include "codec/sigv4.h"

#include <openssl/crypto.h>
#include <stdio.h>

enum { HOST_BYTES = 128, URL_BYTES = CREDS_TOKEN_BYTES * 3 + 2048 };

static void add_base64url(struct buf *out, struct span in)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < in.n; i++) {
        bits = bits << 8 | (uint8_t)in.p[i];
        for (count += 8; count >= 6; count -= 6) {
            buf_add_byte(out, letters[bits >> (count - 6) & 63]);
        }
    }
    if (count > 0) {
        buf_add_byte(out, letters[bits << (6 - count) & 63]);
    }
}

static void add_url(struct buf *url, const struct creds *c, const struct sigv4_scope *scope)
{
    char host[HOST_BYTES];
    (void)snprintf(host, sizeof(host), "kafka.%s.amazonaws.com", scope->region);
    const struct http_header header = {SPAN("host"), span_str(host)};
    const struct sigv4_request request = {
        .method = SPAN("GET"),
        .path = SPAN("/"),
        .query = SPAN("Action=kafka-cluster%3AConnect"),
        .headers = &header,
        .header_count = 1,
        .payload_hash = SPAN(SIGV4_EMPTY_HASH),
    };
    const struct sigv4_presign presign = {MSK_TOKEN_LIFE_S, span_str(c->session_token)};

    uint8_t key[SIGV4_KEY_BYTES];
    sigv4_key(key, c->secret_access_key, scope);
    buf_addf(url, "https://%s/?", host);
    sigv4_presign(url, &request, scope, &presign, key);
    OPENSSL_cleanse(key, sizeof(key));
    /* For the brokers' log; not signed. */
    buf_add(url, SPAN("&User-Agent=asymptote-ingest%2F" INGEST_VERSION));
}

int64_t msk_token(struct buf *out, const struct creds *c, const char *region, int64_t wall_ms)
{
    char date[SIGV4_DATE_BYTES];
    sigv4_date(date, wall_ms);
    const struct sigv4_scope scope = {c->access_key_id, date, region, "kafka-cluster"};

    struct buf url = BUF_SECRET(URL_BYTES);
    add_url(&url, c, &scope);
    add_base64url(out, buf_span(&url));
    out->overflowed |= url.overflowed;
    buf_done(&url);

    int64_t end_ms = (wall_ms / 1000 + MSK_TOKEN_LIFE_S) * 1000;
    return end_ms < c->expires_ms ? end_ms : c->expires_ms;
}
