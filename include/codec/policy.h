/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.h - the session policy that restricts a customer's session to one prefix of one bucket
 * (research/aws.md §4.2).
 *
 *     struct policy_scope scope = {partition_of(region), bucket, prefix, .kms = true};
 *     bool exact = policy_write(&out, &scope);
 *     if (!exact) ... warn: the policy allows more than the prefix; the role's own policy must not
 *
 * IAM accepts at most 2,048 characters up to U+00FF. A longer prefix is truncated to what fits, and
 * '*' replaces the rest. Such a policy allows more than the prefix, never less, and policy_write
 * reports it. Threads: no state.
 */
#ifndef CODEC_POLICY_H
#define CODEC_POLICY_H

#include "base/buf.h"
#include "codec/endpoint.h"

enum { POLICY_CHARACTERS = 2048 };

struct policy_scope {
    const struct partition *partition;
    struct span bucket;       /* has passed url_bucket_ok */
    struct span prefix;       /* without slashes at its ends; "": the whole bucket */
    struct span access_point; /* its ARN, which reads go through, beside the bucket; "": none */
    bool kms; /* also allow kms:Decrypt through S3, which objects with SSE-KMS require */
};

/*
 * Append a text as a policy matches it literally: '*', '?' and '$', which have a meaning there,
 * become
 * "${*}", "${?}" and "${$}". It is not yet a JSON string.
 */
void policy_add_literal(struct buf *out, struct span text);

/* Append the policy as compact JSON. False: it allows more than `prefix`. */
MUST_USE bool policy_write(struct buf *out, const struct policy_scope *s);

#endif
