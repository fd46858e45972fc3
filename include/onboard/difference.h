/* SPDX-License-Identifier: Apache-2.0 */
/*
 * difference.h - the difference of two short texts, for people: removed lines begin with "- ",
 * added ones with "+ ". Lines that both have are left out.
 *
 *     difference_add(&out, before, after);
 *
 * Threads: no state.
 */
#ifndef ONBOARD_DIFFERENCE_H
#define ONBOARD_DIFFERENCE_H

#include "base/buf.h"

enum { DIFFERENCE_LINES = 2000 }; /* of each text; the lines after them are one line */

/* By the longest common subsequence of the lines. Control characters become '?' (base/visible.h).
 */
void difference_add(struct buf *out, struct span before, struct span after);

#endif
