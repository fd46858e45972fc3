/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s3_priv.h - one request to a bucket, sent to the region of the bucket. Shared by s3_get, s3_head
 * and s3_list.
 */
#ifndef NET_S3_PRIV_H
#define NET_S3_PRIV_H

#include "base/rng.h"
#include "codec/s3_answer.h"
#include "net/s3.h"
#include "net/s3_regions.h"
#include "net/signed.h"

struct s3_shared {
    struct skew skew;
    struct s3_regions *regions;
};

struct s3 {
    const struct s3_settings *settings;
    struct s3_shared *shared;
    struct s3_shared *own; /* used if the settings have none */
    struct http *http;
    struct signer signer;
    struct http_answer answer;
    struct buf url;
    struct checksum checksum; /* of the current body */
    struct rng rng;
    struct http_watch watch; /* of the current s3_get; look NULL: none */
};

struct s3_call {
    const char *method;
    const struct s3_object *object;    /* bucket, region, owner, payer */
    struct span key;                   /* "": the bucket itself */
    struct span query;                 /* encoded */
    const struct http_header *headers; /* in addition to those of every call */
    size_t header_count;               /* at most S3_CALL_HEADERS */
    const struct http_sink *sink;
    struct creds_source *creds;
    struct http_answer *answer; /* NULL: the client's own, for small bodies */
};

enum { S3_CALL_HEADERS = 3 };

/*
 * Check bucket, region and owner, since they become part of a host name or a header. FAIL_DATA: the
 * bucket name is invalid. FAIL_CONFIG: one of the others is.
 */
MUST_USE enum err_kind s3_object_check(const struct s3_object *o, struct err *e);

/*
 * Send a request. A wrong region is corrected once, within the partition, and cached. The response
 * is in c->answer or s->answer. On failure *f has S3's error (status 0: no response).
 */
MUST_USE enum err_kind s3_send(struct s3 *s, const struct s3_call *c, struct fault *f,
                               struct err *e);

/*
 * Whether the key exists, by one ListObjectsV2 request, for roles that may list it but get 403 for
 * a missing key. On failure it is not known.
 */
MUST_USE enum err_kind s3_find(struct s3 *s, const struct s3_object *o, struct creds_source *creds,
                               bool *found, struct err *e);

#endif
