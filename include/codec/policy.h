/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.h - the session policy that narrows a customer's session to one prefix of one bucket
 * (research/aws.md §4.2).
 *
 *     struct policy_scope scope = {partition_of(region), bucket, prefix, true};
 *     bool exact = policy_write(&out, &scope);
 *     if (!exact) ... warn: the policy allows more than the prefix; the role's own must hold
 *
 * IAM takes 2,048 characters up to U+00FF. A prefix that needs more is cut where it stops
 * fitting and '*' stands for the rest: wider than asked, never narrower, and said.
 *
 * Threads: no state.
 */
#ifndef CODEC_POLICY_H
#define CODEC_POLICY_H

#include "base/buf.h"
#include "codec/endpoint.h"

enum { POLICY_CHARACTERS = 2048 };

struct policy_scope {
    const struct partition *partition;
    struct span bucket; /* has passed url_bucket_ok */
    struct span prefix; /* without slash at its ends; "" is the whole bucket */
    bool kms;           /* also kms:Decrypt through S3: SSE-KMS cannot be read without it */
};

/* Append the policy, compact JSON. False: it allows more than `prefix`. */
MUST_USE bool policy_write(struct buf *out, const struct policy_scope *s);

#endif
