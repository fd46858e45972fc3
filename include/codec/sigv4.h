/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sigv4.h - AWS Signature Version 4 (source: AWS, "Signature Version 4 signing process").
 *
 * Input: the request as it is sent. Output: the value of its Authorization header, or a query
 * string that contains the signature (presigned, for the token of MSK IAM).
 *
 *     char date[SIGV4_DATE_BYTES];
 *     sigv4_date(date, now_ms);
 *     struct sigv4_scope scope = {access_key_id, date, "eu-west-1", "s3"};
 *     const uint8_t *key = sigv4_key_get(&cache, secret, &scope);
 *     sigv4_authorization(&out, &request, &scope, key);
 *     if (out.overflowed) ...
 *
 * Each stage is also a function of its own, as the official test cases are made by stage.
 *
 * Errors: `out` is marked overflowed if a request has more headers or parameters than the limits
 * below, or if the result exceeds the maximum of `out`. Threads: no state but the caller's.
 */
#ifndef CODEC_SIGV4_H
#define CODEC_SIGV4_H

#include "base/buf.h"

enum {
    SIGV4_DATE_BYTES = 17,  /* "20260102T030405Z" and a NUL */
    SIGV4_HEX_BYTES = 65,   /* a SHA-256 in hex and a NUL */
    SIGV4_KEY_BYTES = 32,   /* a signing key */
    SIGV4_MAX_HEADERS = 64, /* maximum number of headers that are signed */
    SIGV4_MAX_PARAMS = 128,
};

/* The hash of the body: from sigv4_hash, or one of these two. */
#define SIGV4_EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"

struct http_header {
    struct span name; /* in any case */
    struct span value;
};

struct sigv4_request {
    struct span method;
    struct span path;                  /* as sent, percent-encoded; "" counts as "/" */
    struct span query;                 /* as sent, without '?' */
    const struct http_header *headers; /* those to be signed, in any order: host, x-amz-* */
    size_t header_count;
    struct span payload_hash; /* hex SHA-256 of the body, or SIGV4_UNSIGNED_PAYLOAD */
    bool path_normalize;      /* remove dot segments and repeated slashes: all services except S3 */
    bool path_encode;         /* percent-encode the path a second time: all services except S3 */
};

struct sigv4_scope {
    const char *access_key_id;
    const char *date; /* from sigv4_date */
    const char *region;
    const char *service;
};

void sigv4_date(char out[SIGV4_DATE_BYTES], int64_t wall_ms);
void sigv4_hash(char out[SIGV4_HEX_BYTES], struct span bytes);

/* Stage 1: the canonical request. */
void sigv4_canonical_request(struct buf *out, const struct sigv4_request *r);

/* Stage 2: the string to sign, from a canonical request. */
void sigv4_string_to_sign(struct buf *out, const struct sigv4_scope *s, struct span canonical);

/* Stage 3: the signature in hex, from a string to sign. */
void sigv4_signature(char out[SIGV4_HEX_BYTES], const uint8_t key[SIGV4_KEY_BYTES],
                     struct span string_to_sign);

/* The signing key of a secret for a date, region and service. It is valid for that day. */
void sigv4_key(uint8_t out[SIGV4_KEY_BYTES], const char *secret, const struct sigv4_scope *s);

/* The signing key used last, since most requests of a day need the same. Initialise with zeros. */
struct sigv4_cache {
    uint8_t key[SIGV4_KEY_BYTES];
    char of[512]; /* the inputs that it was derived from, including the secret: wipe it */
};

/* As sigv4_key, derived only if the cache has another one. Valid until the next call. */
const uint8_t *sigv4_key_get(struct sigv4_cache *c, const char *secret,
                             const struct sigv4_scope *s);
void sigv4_cache_wipe(struct sigv4_cache *c);

/* All stages: the value of the Authorization header. */
void sigv4_authorization(struct buf *out, const struct sigv4_request *r,
                         const struct sigv4_scope *s, const uint8_t key[SIGV4_KEY_BYTES]);

/* Of a presigned request: its lifetime in seconds, and the session token ("" if there is none). */
struct sigv4_presign {
    unsigned expires_s;
    struct span token;
};

/* The query to be signed: the request's own parameters and X-Amz-*. */
void sigv4_presign_query(struct buf *out, const struct sigv4_request *r,
                         const struct sigv4_scope *s, const struct sigv4_presign *p);

/* All stages: the query to be sent. X-Amz-Signature is its last parameter. */
void sigv4_presign(struct buf *out, const struct sigv4_request *r, const struct sigv4_scope *s,
                   const struct sigv4_presign *p, const uint8_t key[SIGV4_KEY_BYTES]);

#endif
