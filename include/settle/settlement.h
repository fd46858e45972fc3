/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settlement.h - how a message ends, and the source's part in that.
 *
 * The engine (flow/) knows a message as a struct inflight (settle/inflight.h). It counts what is
 * still pending and says how the message ends: DONE, LATER after a delay, or LEAVE. What that
 * means is the settler's business, a table of functions that each source provides. SQS's settler
 * is the acker (settle/sqs/acker.h):
 *
 *     DONE    DeleteMessage
 *     LATER   ChangeMessageVisibility to the delay
 *     LEAVE   the same with a long delay: the queue's redrive moves the message to the
 *             dead-letter queue when it has been received often enough
 *
 * A second settler can stand around another one: it keeps what is DONE until its transaction is
 * committed, and only then passes it on.
 *
 * The rules that hold between engine and settler are in src/settle/README.md.
 */
#ifndef SETTLE_SETTLEMENT_H
#define SETTLE_SETTLEMENT_H

#include "base/err.h"

/* One status per object; the message takes the worst, which is the largest. */
enum outcome {
    OUTCOME_DONE,  /* every record is acknowledged: the source may forget the message */
    OUTCOME_LEAVE, /* a retry cannot help: leave the message to the dead-letter queue */
    OUTCOME_LATER, /* a retry may succeed: deliver the message again after a delay */
};

struct settlement {
    enum outcome outcome;
    int delay_s;          /* LATER, LEAVE: not to be delivered again earlier */
    enum err_kind failed; /* LATER because of a delivery report; FAIL_NONE: because of an object */
};

struct inflight;

/* What a source does for its messages. The functions may be called from any thread. */
struct settler {
    void *context; /* first argument of each function */

    /* The message was received: hold it until settle. Before a lane can see it. */
    void (*begin)(void *context, struct inflight *m);

    /*
     * Nothing is pending any more: the message is the settler's, which frees it. Called once per
     * message. Must not wait for the network: delivery reports come on the caller's thread.
     */
    void (*settle)(void *context, struct inflight *m, const struct settlement *s);

    /* True if the source will not deliver the message again, whatever the outcome. */
    bool (*last_delivery)(void *context, const struct inflight *m);
};

#endif
