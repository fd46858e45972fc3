/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aws.h - the settings of AWS's clients by a configuration, for the worker and for commands that
 * call AWS as it does.
 *
 *     aws_use_ca_bundle(conf);
 *     struct creds_settings settings = aws_creds_settings(conf);
 *     struct creds_source *own = creds_source_default(&settings, &e);
 *
 * The settings borrow from the configuration.
 */
#ifndef WORKER_AWS_H
#define WORKER_AWS_H

#include "conf/conf.h"
#include "net/creds.h"
#include "net/s3.h"
#include "net/sqs.h"

/* Make all HTTP clients use aws.ca_bundle, if it is set. Before other threads exist. */
void aws_use_ca_bundle(const struct conf *conf);

/* ENDPOINT_FIPS and ENDPOINT_DUAL_STACK (codec/endpoint.h). */
unsigned aws_variant(const struct conf *conf);

struct creds_settings aws_creds_settings(const struct conf *conf);
struct sqs_settings aws_sqs_settings(const struct conf *conf, struct creds_source *own,
                                     struct http_pool *pool);
struct s3_settings aws_s3_settings(const struct conf *conf, struct s3_shared *shared);

#endif
