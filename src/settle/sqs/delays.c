/* SPDX-License-Identifier: Apache-2.0 */
/* delays.c - one slot for each hash of a message, and the hash in it: no other message matches. */
#include "settle/sqs/delays.h"

/* Not 0, which marks an unused slot. */
static uint64_t hash_message(const struct sqs_inflight *m)
{
    uint64_t h = sqs_inflight_hash(m);
    return h != 0 ? h : 1;
}

void delays_add(struct delays *d, const struct sqs_inflight *m, const struct again *why,
                int64_t until_ms)
{
    uint64_t message = hash_message(m);
    size_t at = message % DELAY_SLOTS;
    d->replaced = d->replaced || (d->slots[at].message != 0 && d->slots[at].message != message);
    d->slots[at].message = message;
    d->slots[at].why = *why;
    d->slots[at].until_ms = until_ms;
}

int64_t delays_early_ms(struct delays *d, const struct sqs_inflight *m, int64_t now_ms,
                        struct again *why)
{
    uint64_t message = hash_message(m);
    size_t at = message % DELAY_SLOTS;
    if (d->slots[at].message != message) {
        bool elsewhere = m->inflight.receive_count > 1 && !d->replaced;
        *why = (struct again){.cause = elsewhere ? AGAIN_ELSEWHERE : AGAIN_UNKNOWN};
        return 0;
    }
    d->slots[at].message = 0;
    *why = d->slots[at].why;
    int64_t early_ms = d->slots[at].until_ms - now_ms;
    return early_ms > DELAY_MARGIN_MS ? early_ms : 0;
}
