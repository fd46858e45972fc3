/* SPDX-License-Identifier: Apache-2.0 */
/*
 * placeholder.h - finds values that were copied from an example and not replaced.
 *
 *     struct span left = conf_placeholder(SPAN("arn:aws:iam::444455556666:role/ROLE_NAME"));
 *     if (left.n > 0) ... "ROLE_NAME" ...
 *
 * Only texts that no user can intend count, since a user has no way to use a value that is refused
 * by mistake: words in capitals like EXTERNAL_ID, texts that begin with YOUR_, <angle brackets>,
 * and shell variables such as ${BUCKET}. The word "bucket" and the account ids of examples are
 * accepted.
 *
 * Threads: no state.
 */
#ifndef CONF_PLACEHOLDER_H
#define CONF_PLACEHOLDER_H

#include "base/span.h"

/* The first placeholder in the value, a part of it. "": there is none. */
struct span conf_placeholder(struct span value);

#endif
