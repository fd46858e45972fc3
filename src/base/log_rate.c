/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line costs 1000 / LOG_RATE_PER_S ms. paid_ms moves on by that with each line and never lags
 * behind the clock; it may be ahead of it by the cost of LOG_RATE_BURST lines.
 */
#include "base/log_rate.h"

enum { LINE_MS = 1000 / LOG_RATE_PER_S };

bool log_rate_allows(struct log_rate *r, int64_t now_ms)
{
    int_least64_t paid = atomic_load_explicit(&r->paid_ms, memory_order_relaxed);
    int_least64_t next = 0;
    do {
        next = (paid > now_ms ? paid : now_ms) + LINE_MS;
        if (next - now_ms > (int_least64_t)LOG_RATE_BURST * LINE_MS) {
            (void)atomic_fetch_add_explicit(&r->left_out, 1, memory_order_relaxed);
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(&r->paid_ms, &paid, next, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}

void log_rate_report(struct log_rate *r, const struct log_kv *of)
{
    uint_fast64_t lines = atomic_exchange_explicit(&r->left_out, 0, memory_order_relaxed);
    if (lines != 0) {
        log_write(LOG_WARN, "log lines left out", *of, KV_INT("lines", lines),
                  KV_INT("per_s", LOG_RATE_PER_S),
                  KV_STR("next", "the metrics count what they were about; lines of other customers "
                                 "are not affected"));
    }
}
