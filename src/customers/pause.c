/* SPDX-License-Identifier: Apache-2.0 */
/* pause.c - the breaker of a customer, under its lock. Opening and closing is logged. */
#include "customers_priv.h"

#include "base/lock.h"
#include "base/log.h"

bool customer_allowed(struct customer *customer)
{
    struct customer_run *run = entry_of(customer)->run;
    int64_t now = clock_mono_ms(entry_of(customer)->all->parts.clock);
    mutex_lock(&run->shared.lock);
    bool yes = breaker_allow(&run->shared.breaker, now);
    mutex_unlock(&run->shared.lock);
    return yes;
}

void customer_went_well(struct customer *customer)
{
    struct customer_run *run = entry_of(customer)->run;
    int64_t now = clock_mono_ms(entry_of(customer)->all->parts.clock);
    mutex_lock(&run->shared.lock);
    bool closed = breaker_ok(&run->shared.breaker, now);
    mutex_unlock(&run->shared.lock);
    if (closed) {
        log_write(LOG_INFO, "customer resumed", KV_SPAN("customer", customer->id));
    }
}

void customer_paused_why(struct customer *customer, struct err *out)
{
    struct customer_run *run = entry_of(customer)->run;
    mutex_lock(&run->shared.lock);
    *out = run->shared.paused_by;
    mutex_unlock(&run->shared.lock);
}

/* FNV-1a, only to distinguish keys. */
static uint64_t hash_of(struct span s)
{
    uint64_t h = 0xcbf29ce484222325U;
    for (size_t i = 0; i < s.n; i++) {
        h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3U;
    }
    return h;
}

void customer_refused(struct customer *customer, enum breaker_mark mark, struct span about,
                      const struct err *e)
{
    struct customer_run *run = entry_of(customer)->run;
    int64_t now = clock_mono_ms(entry_of(customer)->all->parts.clock);
    mutex_lock(&run->shared.lock);
    bool opened =
        breaker_refused(&run->shared.breaker, mark, hash_of(about), now, &run->shared.rng);
    if (mark != BREAKER_NONE && run->shared.breaker.open) {
        run->shared.paused_by = *e;
    }
    int64_t pause = run->shared.breaker.until_ms - now;
    mutex_unlock(&run->shared.lock);
    if (opened) {
        stats_add(&run->stats.paused, 1);
        log_write(
            LOG_ERROR, "customer paused", KV_SPAN("customer", customer->id), KV_ERR(e),
            KV_INT("pause_s", pause / 1000),
            KV_STR(
                "next",
                "its messages are returned unread; after the pause one object is read as a probe"));
    }
}
