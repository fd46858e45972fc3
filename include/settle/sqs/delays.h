/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delays.h - until when messages that the worker returned are to stay hidden. A message may be
 * received earlier: another program changed its visibility, or SQS delivered it twice.
 *
 *     delays_add(d, m, now + delay);               SQS has accepted the delay
 *     early_ms = delays_early_ms(d, other, now);   at each receive
 *
 * Memory is bounded: a newer message may replace an older one, whose early receive is not detected
 * then. Threads: one at a time.
 */
#ifndef SETTLE_SQS_DELAYS_H
#define SETTLE_SQS_DELAYS_H

#include "settle/sqs/sqs_inflight.h"

enum {
    DELAY_SLOTS = 1024,
    DELAY_MARGIN_MS = 2000, /* SQS counts whole seconds */
};

struct delays {
    struct {
        uint64_t message; /* hash of its queue and id; 0: the slot is not used */
        int64_t until_ms;
    } slots[DELAY_SLOTS];
};

void delays_add(struct delays *d, const struct sqs_inflight *m, int64_t until_ms);

/*
 * The time until the delay of this message would have ended; 0: it has ended, or none is known. The
 * delay is forgotten.
 */
MUST_USE int64_t delays_early_ms(struct delays *d, const struct sqs_inflight *m, int64_t now_ms);

#endif
