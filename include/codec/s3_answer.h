/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s3_answer.h - what S3 says with a GET or HEAD of an object (research/aws.md §6.2-§6.5), and
 * which class each of its errors is. Threads: no state.
 */
#ifndef CODEC_S3_ANSWER_H
#define CODEC_S3_ANSWER_H

#include "codec/checksum.h"
#include "codec/fault.h"

enum { S3_ETAG_BYTES = 256, S3_VERSION_BYTES = 1025 };

/* The headers of a good answer. */
struct s3_head {
    char etag[S3_ETAG_BYTES];       /* as sent, with its quotes; "" if none or a weak one */
    char version[S3_VERSION_BYTES]; /* x-amz-version-id, "" if none or "null" */
    int64_t modified_ns;            /* Last-Modified, 0 if not told */
    int64_t length;                 /* Content-Length, -1 if not told */
    struct checksum_want checksum;
};

void s3_head_read(struct s3_head *h, struct span head);

/* A name for these bytes: the version id, else the ETag without quotes, into `out`. */
void s3_head_name(const struct s3_head *h, char out[S3_VERSION_BYTES]);

/* Error codes of S3, for fault_find. FAIL_SUPERSEDED: look at the current version. */
extern const struct fault_rule s3_rules[];
extern const size_t s3_rule_count;

/*
 * The class of an error: s3_rules, but a denial that speaks of KMS is FAIL_KMS, and a 404, 405
 * or 412 with neither code nor request id, so of a proxy or a load balancer, is FAIL_AGAIN: only
 * S3 knows that an object is gone. *e is filled for an operator: what, code, ids, and with KMS,
 * which policies to look at.
 */
enum err_kind s3_fault_set(struct err *e, const struct fault *f);

/* True if it means: that bucket is in another region (maybe f->region). */
MUST_USE bool s3_fault_is_region(const struct fault *f);

/* True if it may also mean that there is no such object: AccessDenied, but not of KMS. */
MUST_USE bool s3_fault_hides(const struct fault *f);

/* What a 206 (or 416) answer to "bytes=from-" of an object of `total` bytes (-1: unknown) is. */
enum s3_part {
    S3_PART_RIGHT,    /* goes on at `from` */
    S3_PART_COMPLETE, /* 416: there are exactly `from` bytes */
    S3_PART_WRONG,
};
enum s3_part s3_part_check(int status, struct span head, int64_t from, int64_t total);

#endif
