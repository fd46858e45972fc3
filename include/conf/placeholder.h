/* SPDX-License-Identifier: Apache-2.0 */
/*
 * placeholder.h - values that were copied from an example and not replaced.
 *
 *     struct span left = conf_placeholder(SPAN("arn:aws:iam::444455556666:role/ROLE_NAME"));
 *     if (left.n > 0) ... "ROLE_NAME" ...
 *
 * Only what cannot be meant is one: a value that is refused by mistake leaves its user without a
 * way out. So words in capitals like EXTERNAL_ID, anything that begins with YOUR_, <angle
 * brackets>, and shell variables that were not replaced, as ${BUCKET}; not "bucket", not example
 * accounts.
 *
 * Threads: no state.
 */
#ifndef CONF_PLACEHOLDER_H
#define CONF_PLACEHOLDER_H

#include "base/span.h"

/* The first placeholder in the value, within it; "" if there is none. */
struct span conf_placeholder(struct span value);

#endif
