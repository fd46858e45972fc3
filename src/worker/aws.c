/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/aws.h"

#include "codec/endpoint.h"
#include "conf/load.h"

#include <stdlib.h>
#include <string.h>

/* All HTTP clients read the variable, and so do the programs of credential_process. */
void aws_use_ca_bundle(const struct conf *conf)
{
    const char *name = "AWS_CA_BUNDLE";
    const char *path = conf->aws.ca_bundle;
    const char *is = getenv(name); /* NOLINT(concurrency-mt-unsafe): no other thread runs yet */
    if (path == NULL || (is != NULL && strcmp(is, path) == 0)) {
        return;
    }
    conf_hide_env(name);
    if (setenv(name, path, 1) != 0) { /* NOLINT(concurrency-mt-unsafe): as above */
        abort();
    }
}

unsigned aws_variant(const struct conf *conf)
{
    return (conf->aws.use_fips ? (unsigned)ENDPOINT_FIPS : 0U) |
           (conf->aws.use_dualstack ? (unsigned)ENDPOINT_DUAL_STACK : 0U);
}

struct creds_settings aws_creds_settings(const struct conf *conf)
{
    return (struct creds_settings){
        .profile = conf->aws.profile,
        .region = conf->aws.region,
        .endpoint_sts = conf->aws.endpoint_sts,
        .variant = aws_variant(conf),
        .allow_http = conf->aws.allow_http,
        .clock = &clock_system,
    };
}

struct sqs_settings aws_sqs_settings(const struct conf *conf, struct creds_source *own,
                                     struct http_pool *pool)
{
    return (struct sqs_settings){
        .endpoint = conf->aws.endpoint_sqs,
        .variant = aws_variant(conf),
        .allow_http = conf->aws.allow_http,
        .creds = own,
        .clock = &clock_system,
        .pool = pool,
    };
}

struct s3_settings aws_s3_settings(const struct conf *conf, struct s3_shared *shared)
{
    return (struct s3_settings){
        .endpoint = conf->aws.endpoint_s3,
        .path_style = conf->aws.path_style,
        .allow_http = conf->aws.allow_http,
        .variant = aws_variant(conf),
        .shared = shared,
        .connect_timeout_ms = conf->limits.connect_timeout_ms,
        .idle_timeout_ms = conf->limits.idle_timeout_ms,
        .clock = &clock_system,
    };
}
