/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint_env.h - which URL a service is asked at: the configuration's own, else that of the
 * environment (AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL, unless
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS), else AWS's by region and variant.
 */
#ifndef NET_ENDPOINT_ENV_H
#define NET_ENDPOINT_ENV_H

#include "base/err.h"
#include "codec/endpoint.h"

struct endpoint_wish {
    enum endpoint_service service;
    const char *endpoint; /* NULL: as above */
    const char *region;
    unsigned variant; /* ENDPOINT_FIPS, ENDPOINT_DUAL_STACK */
};

/* What the configuration or the environment say; NULL: nothing. */
const char *endpoint_given(const struct endpoint_wish *w);

/* Append "https://sqs.eu-west-1.amazonaws.com". FAIL_CONFIG: region or URL cannot be. */
MUST_USE enum err_kind endpoint_url(struct buf *out, const struct endpoint_wish *w, struct err *e);

/* An environment variable, NULL if it is not set or empty. */
const char *env_text(const char *name);

/* True for "true", "1", "yes" in any case. */
bool env_true(const char *name);

/* AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT as a variant. */
unsigned endpoint_env_variant(void);

#endif
