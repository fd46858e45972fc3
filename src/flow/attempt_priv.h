/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt_priv.h - the files of an attempt: attempt.c (the stages of a byte), attempt_work.c (the
 * core and the memory with which they work).
 */
#ifndef FLOW_ATTEMPT_PRIV_H
#define FLOW_ATTEMPT_PRIV_H

#include "flow/attempt.h"

/* Wait for a core; the normalizer has the converter of that core then. */
void attempt_work_begins(struct attempt *a);

/*
 * Release both. No effect if the attempt has none. An output that is still to be produced is kept
 * before (normalizer_keep).
 */
void attempt_work_ends(struct attempt *a);

/* Between two texts: pass the core on if it is another lane's turn. */
void attempt_work_yields(struct attempt *a);

#endif
