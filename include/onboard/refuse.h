/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refuse.h - checks of a customer's values that onboarding makes beyond those of the configuration
 * (conf/refuse.h): what is refused here could be quoted, but the customer's side could not work.
 */
#ifndef ONBOARD_REFUSE_H
#define ONBOARD_REFUSE_H

#include "conf/refuse.h"

/* A path, by all rules of conf/prefix.h. */
const char *model_refuse_prefix(const char *text);
const char *model_refuse_region(const char *text);    /* of AWS, as eu-west-1: it ends in "-1" */
const char *model_refuse_bool(const char *text);      /* "true" or "false" */
const char *model_refuse_via(const char *text);       /* "s3", "sns" or "eventbridge" */
const char *model_refuse_words(const char *text);     /* one line of at most 200 bytes */
const char *model_refuse_cadence(const char *text);   /* onboard/expected.h */
const char *model_refuse_volume(const char *text);    /* onboard/expected.h */
const char *model_refuse_queue_arn(const char *text); /* ARN of a standard queue */

#endif
