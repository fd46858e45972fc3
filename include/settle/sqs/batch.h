/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.h - one call to SQS for the leases of a batch (settle/sqs/leases.h).
 *
 * Waits for the network. Threads: any.
 */
#ifndef SETTLE_SQS_BATCH_H
#define SETTLE_SQS_BATCH_H

#include "net/sqs.h"
#include "settle/sqs/leases.h"

/*
 * Delete the messages, or change their visibility. Returns the class of the whole call, and sets
 * those of the entries in the batch. LEASE_CALL_NONE: no call.
 */
MUST_USE enum err_kind batch_send(struct sqs_queue *queue, struct lease_batch *batch,
                                  struct err *e);

#endif
