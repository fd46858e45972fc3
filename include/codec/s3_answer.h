/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s3_answer.h - S3's response to a GET or HEAD of an object, and the error classes of its errors
 * (research/aws.md §6.2-§6.5). Threads: no state.
 */
#ifndef CODEC_S3_ANSWER_H
#define CODEC_S3_ANSWER_H

#include "codec/checksum.h"
#include "codec/fault.h"

enum { S3_ETAG_BYTES = 256, S3_VERSION_BYTES = 1025 };

/* The headers of a successful response. */
struct s3_head {
    char etag[S3_ETAG_BYTES];       /* as sent, with its quotes; "" if absent or weak */
    char version[S3_VERSION_BYTES]; /* x-amz-version-id; "" if absent or "null" */
    int64_t modified_ns;            /* Last-Modified, ns since the epoch, 0 if absent */
    int64_t length;                 /* Content-Length, -1 if absent */
    struct checksum_want checksum;
};

void s3_head_read(struct s3_head *h, struct span head);

/* The ETag without quotes; "": none. */
void s3_head_etag(const struct s3_head *h, char out[S3_ETAG_BYTES]);

/* The version of the object for people: the version id, else the ETag without quotes. */
void s3_head_name(const struct s3_head *h, char out[S3_VERSION_BYTES]);

/* Error codes of S3, for fault_find. FAIL_SUPERSEDED: the current version can be read instead. */
extern const struct fault_rule s3_rules[];
extern const size_t s3_rule_count;

/*
 * The class of an error, by s3_rules with two exceptions. A denial whose message names KMS is
 * FAIL_KMS. A 404, 405 or 412 with neither code nor request id comes from a proxy or a load
 * balancer and is FAIL_AGAIN, since only S3 knows that an object does not exist. *e gets code,
 * status, ids and a text for the operator; for KMS the text names the policies to check.
 */
enum err_kind s3_fault_set(struct err *e, const struct fault *f);

/* Whether the error means that the bucket is in another region; f->region names it, or is "". */
MUST_USE bool s3_fault_is_region(const struct fault *f);

/*
 * Whether the error may mean that the object does not exist: AccessDenied without KMS. S3 reports a
 * missing object so to a role without s3:ListBucket.
 */
MUST_USE bool s3_fault_hides(const struct fault *f);

/*
 * Result of a request with "Range: bytes=from-" for an object of `total` bytes (-1: unknown), which
 * has status 206 or 416.
 */
enum s3_part {
    S3_PART_RIGHT,    /* 206: the body continues at `from` and ends at the end of the object */
    S3_PART_COMPLETE, /* 416: the object has exactly `from` bytes */
    S3_PART_WRONG,
};
enum s3_part s3_part_check(int status, struct span head, int64_t from, int64_t total);

#endif
