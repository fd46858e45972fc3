/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a customer; what counts for its work is in customers.c. */
#include "customers/customers.h"

#include "base/lock.h"

void customer_state(struct customer *c, struct customer_state *out)
{
    struct err why = {.kind = FAIL_NONE};
    *out = (struct customer_state){.unacked_bytes = atomic_load(&c->unacked)};
    mutex_lock(&c->shared.lock);
    out->paused = c->shared.breaker.open;
    if (c->shared.creds != NULL) {
        out->expires_ms = creds_expires_ms(c->shared.creds);
        out->renewal_failing = creds_renewal_failed(c->shared.creds, &why);
    }
    mutex_unlock(&c->shared.lock);
}
