/* SPDX-License-Identifier: Apache-2.0 */
/* compared.c - the result of the last comparison of a customer's bucket with what was delivered. */
#include "customers_priv.h"

#include "base/log.h"

static void send_event(struct customer *customer, const struct customer_compared *r,
                       uint64_t before)
{
    ops_reconciled(customer_ops(customer), customer->id,
                   &(struct ops_reconcile){.compared = r->compared,
                                           .missing = r->missing,
                                           .before = before,
                                           .from_ms = r->from_ms,
                                           .to_ms = r->to_ms,
                                           .keys = r->keys,
                                           .key_count = r->key_count,
                                           .err = r->err});
}

/* What was found before stays: nothing is known of it. */
static void not_compared(struct customer *customer, const struct customer_compared *r)
{
    struct customer_run *run = entry_of(customer)->run;
    bool before = atomic_exchange(&run->compared.failed, true);
    if (r->quiet) {
        return;
    }
    if (!before) {
        log_write(LOG_WARN, "objects not compared", KV_SPAN("customer", customer->id),
                  KV_ERR(r->err),
                  KV_STR("next", "compared again after reconcile.interval; whether objects are "
                                 "missing is not known"));
    }
    send_event(customer, r, 0);
}

void customer_compared(struct customer *customer, const struct customer_compared *r)
{
    struct customer_run *run = entry_of(customer)->run;
    if (r->err->kind != FAIL_NONE) {
        not_compared(customer, r);
        return;
    }
    uint64_t before = atomic_exchange(&run->compared.missing, r->missing);
    atomic_store(&run->compared.failed, false);
    stats_set(&run->stats.reconciled_ms, (uint64_t)clock_wall_ms(run->clock));
    if (before == 0) {
        atomic_store(&run->compared.missing_since_ms, clock_mono_ms(run->clock));
    }
    if (r->missing != 0 && r->missing != before) {
        log_write(LOG_WARN, "objects are missing", KV_SPAN("customer", customer->id),
                  KV_INT("missing", r->missing), KV_INT("compared", r->compared),
                  KV_SPAN("first", r->key_count != 0 ? r->keys[0] : SPAN("")),
                  KV_STR("next", "no message will bring them; asymptote-ingest reconcile CUSTOMER "
                                 "--enqueue sends messages for them"));
    } else if (r->missing == 0 && before != 0) {
        log_write(LOG_INFO, "no object is missing", KV_SPAN("customer", customer->id),
                  KV_INT("missing_before", before), KV_INT("compared", r->compared));
    }
    send_event(customer, r, before);
}
