/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.h - what a queue's policy says about a request to send.
 *
 *     struct send_request r = {"s3.amazonaws.com", "arn:aws:s3:::bucket", "444455556666"};
 *     if (policy_allows(policy, queue_arn, &r) == POLICY_ALLOWS) ...
 *
 * The policy may be any JSON. Threads: no state.
 */
#ifndef VERIFY_POLICY_H
#define VERIFY_POLICY_H

#include "base/base.h"

struct json_object; /* of json-c */

/* One request to send to a queue: of a service for a source, or of a principal of IAM. */
struct send_request {
    const char *service; /* "s3.amazonaws.com"; NULL: of a principal */
    const char *arn;     /* of the source, or of the principal */
    const char *account; /* that the source, or the principal, belongs to */
};

/* In this order: a condition that is not known is worth less than one that holds. */
enum policy_answer { POLICY_DENIES, POLICY_UNKNOWN, POLICY_ALLOWS };

/* Whether a queue's policy allows the request. */
enum policy_answer policy_allows(struct json_object *policy, const char *queue_arn,
                                 const struct send_request *r);

#endif
