/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s3_priv.h - one request to a bucket, sent to the region where the bucket is. The inner side
 * of net/s3.h, for s3_get, s3_head and s3_list.
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
    struct s3_shared *own; /* shared, if the settings had none */
    struct http *http;
    struct signer signer;
    struct http_answer answer;
    struct buf url;
    struct checksum checksum; /* of the body under way */
    struct rng rng;
};

struct s3_call {
    const char *method;
    const struct s3_object *object;    /* bucket, region, owner, payer */
    struct span key;                   /* "" : the bucket itself */
    struct span query;                 /* encoded */
    const struct http_header *headers; /* besides those that every call has */
    size_t header_count;               /* S3_CALL_HEADERS at most */
    const struct http_sink *sink;
    struct creds_source *creds;
    struct http_answer *answer; /* NULL: the client's own, for small bodies */
};

enum { S3_CALL_HEADERS = 3 };

/*
 * Check bucket, region, owner: all that may come from outside and becomes part of a host name
 * or header. FAIL_DATA for a bucket name that cannot be, FAIL_CONFIG for the others.
 */
MUST_USE enum err_kind s3_object_check(const struct s3_object *o, struct err *e);

/*
 * Send it; a wrong region is corrected once, within the partition, and remembered. The
 * answer is in c->answer or s->answer. Not FAIL_NONE: *f has what S3 said (status 0: no answer).
 */
MUST_USE enum err_kind s3_send(struct s3 *s, const struct s3_call *c, struct fault *f,
                               struct err *e);

/*
 * Whether there is such a key, by a list of one (ListObjectsV2, a single request): for who may
 * list it, but is told 403 for a missing one. Not FAIL_NONE: it is not known.
 */
MUST_USE enum err_kind s3_find(struct s3 *s, const struct s3_object *o, struct creds_source *creds,
                               bool *found, struct err *e);

#endif
