/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt_priv.h - the files of an attempt: attempt.c (the stages of a byte), attempt_output.c
 * (what is produced), attempt_work.c (the core and the memory with which they work).
 */
#ifndef FLOW_ATTEMPT_PRIV_H
#define FLOW_ATTEMPT_PRIV_H

#include "flow/attempt.h"

/* A longer line, and a longer output that is kept, make an object a large one. */
enum { ATTEMPT_SMALL_BYTES = 64 * 1024 };

/* ---- attempt_output.c ---- */

/* Produce an output. While it waits for Kafka, the attempt has no core. */
MUST_USE enum err_kind attempt_produce(struct attempt *a, const struct output *output,
                                       struct err *e);

/* Produce an output of a piece, unless the object would then produce more than it may. */
MUST_USE enum err_kind attempt_produce_piece(struct attempt *a, const struct output *output,
                                             struct err *e);

/* ---- attempt_work.c ---- */

/* Wait for a core; the normalizer has the converter of that core then. */
void attempt_work_begins(struct attempt *a);

/*
 * Release both. No effect if the attempt has none. An output that is still to be produced is kept
 * before (normalizer_keep).
 */
void attempt_work_ends(struct attempt *a);

/* Between two texts: pass the core on if it is another lane's turn. */
void attempt_work_yields(struct attempt *a);
/* A piece or an output is done: yield after some of them. No output of it is in use. */
void attempt_work_steps(struct attempt *a);

/*
 * The next output of the piece. A long line needs the readers of long lines: the lane waits for
 * them without a core, and has them while it waits for a core, so that the lane with the readers
 * waits only for lanes that work. It offers its core again and again until the output is made. A
 * lost lease, and the end of the worker, end the piece: attempt_wanted is false then.
 */
MUST_USE bool attempt_next_output(struct attempt *a, struct output *out);

/*
 * FAIL_LOST, FAIL_STOPPED: nothing more of the object is to be produced. FAIL_LOST also if the
 * message is wanted back: a->put_back. e may be NULL.
 */
MUST_USE enum err_kind attempt_wanted(struct attempt *a, struct err *e);

/* The same, as a function of struct s3_consumer: while the attempt waits for S3. */
MUST_USE enum err_kind attempt_watch(void *ctx, struct err *e);

/*
 * Before memory is taken that only large objects need: wait for a place (flow/places.h), without
 * the core. FAIL_LOST, FAIL_STOPPED: the wait was ended.
 */
MUST_USE enum err_kind attempt_be_large(struct attempt *a, struct err *e);

/* The same without waiting. False: there is no place now. */
MUST_USE bool attempt_may_be_large(struct attempt *a);

/* Nothing more of the object is read: release its memory and the place. */
void attempt_be_small(struct attempt *a);

#endif
