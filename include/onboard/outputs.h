/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outputs.h - reads the outputs of the customer's stack: the ARN of the role, and the external id.
 *
 *     kind = outputs_read(text, &outputs, e);
 *
 * CloudFormation: the answer of describe-stacks, or its list of outputs ({"OutputKey",
 * "OutputValue"}). Terraform: the text of `terraform output -json` ({"RoleArn": {"value": ...}}).
 * Threads: no state.
 */
#ifndef ONBOARD_OUTPUTS_H
#define ONBOARD_OUTPUTS_H

#include "base/err.h"

enum { OUTPUTS_VALUE_BYTES = 2048 };

struct outputs {
    char role_arn[OUTPUTS_VALUE_BYTES];
    char external_id[OUTPUTS_VALUE_BYTES]; /* "" if there is none */
};

/* FAIL_DATA: it is none of these, or has no RoleArn. */
MUST_USE enum err_kind outputs_read(struct span text, struct outputs *out, struct err *e);

#endif
