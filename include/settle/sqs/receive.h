/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receive.h - the log lines of receives that were not expected: messages in progress are extended,
 * and returned ones are hidden for their delay.
 */
#ifndef SETTLE_SQS_RECEIVE_H
#define SETTLE_SQS_RECEIVE_H

#include "settle/inflight.h"

struct receive {
    int64_t held_ms;  /* it is in progress since then; -1: it is not */
    int64_t early_ms; /* until the end of its delay; 0: that is over */
};

/* No line for an expected receive. queue: its name. */
void receive_log(const char *queue, const struct inflight *m, struct receive r);

#endif
