/* SPDX-License-Identifier: Apache-2.0 */
/*
 * held.h - the messages that the worker holds, by message id: SQS may deliver one again while it is
 * in progress, for example when a heartbeat came too late. Receipt handles differ then, message ids
 * do not.
 *
 *     first = held_find(h, m);     another one with the same id that is not returned
 *     held_add(h, m);              at the receive
 *     held_remove(h, m);           before it is freed
 *
 * The messages are the caller's; they are linked through a member of their own. Threads: one at a
 * time.
 */
#ifndef SETTLE_SQS_HELD_H
#define SETTLE_SQS_HELD_H

#include "settle/sqs/sqs_inflight.h"

enum { HELD_BUCKETS = 1024 };

struct held {
    struct sqs_inflight *buckets[HELD_BUCKETS];
};

/*
 * Another message with the id of *m in the same queue, that is in progress, or whose deletion SQS
 * has not confirmed; NULL: there is none. One that is returned may be received again as expected.
 */
MUST_USE const struct sqs_inflight *held_find(const struct held *h, const struct sqs_inflight *m);

void held_add(struct held *h, struct sqs_inflight *m);
void held_remove(struct held *h, struct sqs_inflight *m);

#endif
