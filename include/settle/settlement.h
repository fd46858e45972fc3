/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settlement.h - how a message ends, and the interface of sources for it.
 *
 * The engine (flow/) knows a message as a struct inflight (settle/inflight.h). It counts the
 * pending records and decides how the message ends: DONE, LATER after a delay, or LEAVE. A settler,
 * a table of functions of each source, executes that. The settler of SQS is the acker
 * (settle/sqs/acker.h):
 *
 *     DONE    DeleteMessage
 *     LATER   ChangeMessageVisibility to the delay
 *     LEAVE   the same with a long delay: the redrive policy moves the message to the dead-letter
 *             queue when it has been received maxReceiveCount times
 *
 * A settler may wrap another one: it keeps DONE messages until its transaction is committed, and
 * then passes them on.
 *
 * src/settle/README.md has the rules between engine and settler.
 */
#ifndef SETTLE_SETTLEMENT_H
#define SETTLE_SETTLEMENT_H

#include "base/err.h"

/* The outcome of an object. The message gets the worst one, which has the largest value. */
enum outcome {
    OUTCOME_DONE,  /* every record is acknowledged: the message can be deleted */
    OUTCOME_LEAVE, /* a retry cannot succeed: the message is left for the dead-letter queue */
    OUTCOME_LATER, /* a retry may succeed: the message is redelivered after a delay */
};

struct settlement {
    enum outcome outcome;
    int delay_s;          /* LATER, LEAVE: minimum time before the next delivery */
    enum err_kind failed; /* LATER because of this error of a delivery report; FAIL_NONE: because of
                             an object */
};

struct inflight;

/* The functions of a source for its messages. Any thread may call them. */
struct settler {
    void *context; /* first argument of each function */

    /*
     * The message was received: keep it from other consumers until `settle`. Called before a lane
     * can access it.
     */
    void (*begin)(void *context, struct inflight *m);

    /*
     * Nothing is pending: execute the settlement. The message now belongs to the settler, which
     * frees it. Called once per message. Must not wait for the network, since the thread that
     * processes delivery reports calls it.
     */
    void (*settle)(void *context, struct inflight *m, const struct settlement *s);

    /* Whether the source will not deliver the message again, whatever its outcome. */
    bool (*last_delivery)(void *context, const struct inflight *m);
};

#endif
