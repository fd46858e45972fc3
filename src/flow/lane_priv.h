/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane_priv.h - the files of a lane: lane.c (the thread), lane_records.c (the records of a
 * notification), lane_object.c (attempts and outcome of one object).
 */
#ifndef FLOW_LANE_PRIV_H
#define FLOW_LANE_PRIV_H

#include "flow/attempt.h"
#include "flow/lane.h"

#include <pthread.h>

struct lane {
    struct lane_parts parts;
    struct attempt_parts attempt_parts;
    struct attempt *attempt;
    struct rng rng;
    struct pulse pulse;
    struct turn turn;
    struct place place;
    pthread_t thread;
    struct { /* of the message from the inbox */
        struct inbox_use use;
        int64_t began_ms, looked_ms; /* 0: none is taken */
        int64_t waited_us, kafka_us; /* waits of the lane until then */
    } taken;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t ended; /* stopped or done */
        bool stopped;
        bool done;                 /* the thread has finished its work */
        struct customer *customer; /* of the current object, with a reference; NULL: none */
    } shared;
};

/* ---- lane.c ---- */

/* Wait for `ms`, or until the lane is stopped. */
void lane_pause(struct lane *l, unsigned ms);

/* Set the customer of the current object; takes ownership of the reference. NULL: none. */
void lane_set_customer(struct lane *l, struct customer *c);

/* ---- lane_object.c: l->attempt has the object ---- */

/* Process the object: lane_try, then lane_finish. */
void lane_object(struct lane *l);

/*
 * Make attempts at an object until the outcome table requires no further one in this receive.
 * False: it has no outcome, since the message is put back.
 */
MUST_USE bool lane_try(struct lane *l, struct outcome_action *action, struct err *e);

/* Execute and log its outcome. */
void lane_finish(struct lane *l, const struct outcome_action *action, struct err *e);

/* Produce the reject that reports why no further event of this object follows. */
void lane_last_reject(struct lane *l, enum reject_reason reason, const char *detail);

/* before: text before the error. */
void lane_last_error_reject(struct lane *l, const char *before, const struct err *why);

#endif
