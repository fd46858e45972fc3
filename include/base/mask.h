/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mask.h - hides the user information of URLs in a text, which may contain a password.
 *
 *     mask_add(&out, SPAN("https://ana:pw@proxy:3128"));    with MASK in the place of ana:pw
 *
 * A password that contains a slash is hidden, too, although it is no valid URL (RFC 3986 §3.2.1).
 * Threads: no state.
 */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include "base/buf.h"

#define MASK SPAN("********")

void mask_add(struct buf *out, struct span text);

#endif
