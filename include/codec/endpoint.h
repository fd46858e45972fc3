/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint.h - the partitions of AWS and the host names of its services.
 *
 *     endpoint_add_host(&out, ENDPOINT_S3, SPAN("eu-west-1"), 0)     s3.eu-west-1.amazonaws.com
 *
 * Source: the partition and endpoint rules that AWS publishes with its SDKs (botocore 1.44,
 * data/partitions.json and endpoint-rule-set-1.json). Threads: no state.
 */
#ifndef CODEC_ENDPOINT_H
#define CODEC_ENDPOINT_H

#include "base/buf.h"

enum endpoint_service { ENDPOINT_S3, ENDPOINT_S3_ACCESS_POINT, ENDPOINT_SQS, ENDPOINT_STS };

/* Bits of `variant`: AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT. */
enum { ENDPOINT_FIPS = 1, ENDPOINT_DUAL_STACK = 2 };

struct partition {
    const char *name;       /* as in ARNs: "aws", "aws-cn", "aws-us-gov" */
    const char *prefix;     /* the beginning of its regions' names */
    const char *dns_suffix; /* "amazonaws.com" */
    const char *dual_stack_suffix;
};

/* The partition of a region; "aws" if no partition matches. Never NULL. */
const struct partition *partition_of(struct span region);

/*
 * The region in the host of a queue's URL, of any form that AWS has: sqs.REGION.SUFFIX, with -fips,
 * dual-stack, REGION.queue.SUFFIX, queue.amazonaws.com (us-east-1), and VPC endpoints
 * (vpce-ID.sqs.REGION.vpce.SUFFIX), in each partition. "": the host tells none.
 */
struct span endpoint_sqs_region(struct span host);

/* Append the host name. `region` has passed url_region_ok. */
void endpoint_add_host(struct buf *out, enum endpoint_service service, struct span region,
                       unsigned variant);

#endif
