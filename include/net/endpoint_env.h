/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint_env.h - the URL of a service: the configured one, else that of the environment
 * (AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL, unless AWS_IGNORE_CONFIGURED_ENDPOINT_URLS), else AWS's
 * by region and variant.
 */
#ifndef NET_ENDPOINT_ENV_H
#define NET_ENDPOINT_ENV_H

#include "base/err.h"
#include "codec/endpoint.h"

struct endpoint_wish {
    enum endpoint_service service;
    const char *endpoint; /* the configured one; NULL: not set */
    const char *region;
    unsigned variant; /* ENDPOINT_FIPS, ENDPOINT_DUAL_STACK */
};

/* The URL of the configuration or the environment. NULL: neither is set. */
const char *endpoint_given(const struct endpoint_wish *w);

/* Append "https://sqs.eu-west-1.amazonaws.com". FAIL_CONFIG: the region or the URL is invalid. */
MUST_USE enum err_kind endpoint_url(struct buf *out, const struct endpoint_wish *w, struct err *e);

/* An environment variable. NULL: it is not set or empty. */
const char *env_text(const char *name);

/* Whether an environment variable is "true", "1" or "yes", in any case. */
bool env_true(const char *name);

/* AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT as a variant. */
unsigned endpoint_env_variant(void);

#endif
