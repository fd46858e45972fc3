/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delays.h - messages that the worker had and did not delete: why they will be received again, and
 * until when they are to stay hidden. A message may be received earlier: another program changed
 * its visibility, or SQS delivered it twice.
 *
 *     delays_add(d, m, &why, now + delay);               its lease is over
 *     early_ms = delays_early_ms(d, other, now, &why);   at each receive
 *
 * Memory is bounded: a newer message may replace an older one, of which nothing is known then.
 * Threads: one at a time.
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
        struct again why;
    } slots[DELAY_SLOTS];
    bool replaced; /* a message was replaced by another one: what is not found may have been here */
};

/* until_ms: 0 if it has no delay. */
void delays_add(struct delays *d, const struct sqs_inflight *m, const struct again *why,
                int64_t until_ms);

/*
 * The time until the delay of this message would have ended; 0: it has ended, or none is known.
 * *why: why it is received again; AGAIN_UNKNOWN at its first receive. Both are forgotten.
 */
MUST_USE int64_t delays_early_ms(struct delays *d, const struct sqs_inflight *m, int64_t now_ms,
                                 struct again *why);

#endif
