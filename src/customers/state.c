/* SPDX-License-Identifier: Apache-2.0 */
/* state.c - the state of a customer, for monitoring. */
#include "customers_priv.h"

#include "base/lock.h"

void customer_state(struct customer *customer, struct customer_state *out)
{
    struct customer_run *run = entry_of(customer)->run;
    struct role *role = entry_of(customer)->role;
    struct err why = {.kind = FAIL_NONE};
    struct back_off_view back;
    *out = (struct customer_state){.unacked_bytes = atomic_load(&run->unacked),
                                   .silent = atomic_load(&run->expected.silent),
                                   .far_above = atomic_load(&run->expected.far_above),
                                   .missing = atomic_load(&run->compared.missing),
                                   .not_compared = atomic_load(&run->compared.failed)};
    back_off_book_get(&run->back_off, &back);
    out->back_off = back.count;
    verified_state(entry_of(customer), out);
    for (size_t i = 0; i < CUSTOMER_PARTIES; i++) {
        out->outages += outage_is_open(&run->outages[i]);
        out->outages_begun[i] = outage_begun(&run->outages[i]);
    }
    mutex_lock(&run->shared.lock);
    out->paused = run->shared.breaker.open || atomic_load(&run->held);
    mutex_unlock(&run->shared.lock);
    mutex_lock(&role->shared.lock);
    if (role->shared.creds != NULL) {
        out->expires_ms = creds_expires_ms(role->shared.creds);
        out->renewal_failing = creds_renewal_failed(role->shared.creds, &why);
    }
    mutex_unlock(&role->shared.lock);
}

void customer_trouble(struct customer *customer, struct customer_trouble *out)
{
    struct customer_run *run = entry_of(customer)->run;
    int64_t now = clock_mono_ms(run->clock);
    *out = (struct customer_trouble){.known_ms = now - run->expect.begin_ms};
    back_off_book_get(&run->back_off, &out->back_off);
    mutex_lock(&run->shared.lock);
    out->error = run->shared.left_by;
    if (out->back_off.count != 0 && run->shared.returned.err.kind != FAIL_NONE) {
        out->returned = true;
        out->returned_held = run->shared.returned.held;
        out->returned_by = (uint8_t)run->shared.returned.party;
        out->error = run->shared.returned.err;
    }
    mutex_unlock(&run->shared.lock);
    for (size_t i = CUSTOMER_PARTIES; i-- > 0;) {
        out->fails[i] = outage_why(&run->outages[i], &out->error);
    }
    if (atomic_load(&run->expected.far_above)) {
        out->far_above_ms = now - atomic_load(&run->expected.far_above_since_ms);
    }
    if (atomic_load(&run->compared.missing) != 0) {
        out->missing_ms = now - atomic_load(&run->compared.missing_since_ms);
    }
    mutex_lock(&run->shared.lock);
    if (run->shared.breaker.open) {
        int64_t next_ms = run->shared.breaker.until_ms - now;
        out->paused_ms = now - run->shared.opened_ms;
        out->next_try_ms = next_ms > 0 ? next_ms : 0;
        out->error = run->shared.paused_by;
    }
    mutex_unlock(&run->shared.lock);
    out->held = held_blocks(entry_of(customer), &out->error);
    if (out->held) {
        out->paused_ms = now - atomic_load(&run->held_ms);
        out->next_try_ms = 0;
    }
}
