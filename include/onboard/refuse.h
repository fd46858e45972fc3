/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refuse.h - checks of a customer's values that onboarding makes beyond those of the configuration
 * (conf/refuse.h): what is refused here could be quoted, but the customer's side could not work.
 */
#ifndef ONBOARD_REFUSE_H
#define ONBOARD_REFUSE_H

#include "conf/refuse.h"

/*
 * A path without wildcards, control characters, "." and ".." as parts, and characters that a policy
 * of IAM cannot have (above U+00FF).
 */
const char *model_refuse_prefix(const char *text);
const char *model_refuse_bool(const char *text);      /* "true" or "false" */
const char *model_refuse_via(const char *text);       /* "s3", "sns" or "eventbridge" */
const char *model_refuse_words(const char *text);     /* one line of at most 200 bytes */
const char *model_refuse_cadence(const char *text);   /* onboard/expected.h */
const char *model_refuse_volume(const char *text);    /* onboard/expected.h */
const char *model_refuse_queue_arn(const char *text); /* ARN of a standard queue */

#endif
