/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expected.c - the cadence and the volume of a customer's entry (customers/expect.h), and the lines
 * when it differs from them.
 */
#include "customers_priv.h"

#include "base/lock.h"
#include "base/log.h"

/* While it is paused, Kafka is unreachable or messages of it wait, none may be taken. */
static bool is_unheard(struct customer_entry *c)
{
    return stats_get(&c->run->stats.messages_in_flight) != 0 || customer_paused(&c->customer) ||
           !sink_reached(c->all->parts.sink);
}

static void log_silence(const struct customer_entry *c, int64_t quiet_ms)
{
    const struct customer_conf *conf = c->customer.conf;
    if (!c->run->expect.silent) {
        log_write(LOG_INFO, "customer not silent any more", KV_SPAN("customer", c->customer.id),
                  KV_INT("silent_s", quiet_ms / 1000));
        return;
    }
    log_write(LOG_WARN, "customer silent", KV_SPAN("customer", c->customer.id),
              KV_INT("silent_s", quiet_ms / 1000), KV_INT("cadence_s", conf->cadence_ms / 1000),
              KV_STR("next", "check that the customer writes, and that the bucket's notifications "
                             "reach the queue: asymptote-ingest verify; reconcile finds what was "
                             "missed"));
}

static void log_volume(const struct customer_entry *c)
{
    bool above = c->run->expect.far_above;
    log_write(above ? LOG_WARN : LOG_INFO,
              above ? "volume far above what is expected" : "volume as expected again",
              KV_SPAN("customer", c->customer.id), KV_INT("day_bytes", c->run->expect.day_bytes),
              KV_INT("daily_volume", c->customer.conf->daily_volume),
              KV_SET("next", above ? "ask the customer; if it is intended, raise daily_volume of "
                                     "its entry"
                                   : ""));
}

void expected_watch(struct customer_entry *c, int64_t now)
{
    struct customer_run *run = c->run;
    const struct customer_conf *conf = c->customer.conf;
    bool nothing = conf->cadence_ms == 0 && conf->daily_volume == 0;
    if (nothing && !run->expect.silent && !run->expect.far_above) {
        return;
    }
    int64_t heard_ms = run->expect.heard_ms;
    unsigned changed = expect_look(&run->expect, &(struct expect_facts){
                                                     .now_ms = now,
                                                     .notified = stats_get(&run->stats.notified_ms),
                                                     .bytes = stats_get(&run->stats.live_bytes),
                                                     .unheard = is_unheard(c),
                                                     .cadence_ms = conf->cadence_ms,
                                                     .volume = conf->daily_volume,
                                                 });
    if ((changed & EXPECT_SILENT) != 0) {
        atomic_store(&run->expected.silent, run->expect.silent);
        log_silence(c, now - heard_ms);
    }
    if ((changed & EXPECT_FAR_ABOVE) != 0) {
        atomic_store(&run->expected.far_above_since_ms, now);
        atomic_store(&run->expected.far_above, run->expect.far_above);
        log_volume(c);
    }
}
