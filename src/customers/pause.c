/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pause.c - the breaker of a customer, under its lock; opening and closing is logged. What it is
 * fed with also says which of the customer's outside parties has an outage (base/outage.h).
 */
#include "customers_priv.h"

#include "base/hash.h"
#include "base/lock.h"
#include "base/log.h"

bool customer_allowed(struct customer *customer)
{
    struct customer_run *run = entry_of(customer)->run;
    int64_t now = clock_mono_ms(run->clock);
    if (entry_blocked(entry_of(customer), NULL)) {
        return false;
    }
    mutex_lock(&run->shared.lock);
    bool yes = breaker_allow(&run->shared.breaker, now);
    mutex_unlock(&run->shared.lock);
    if (yes) {
        outage_tried(&run->outages[CUSTOMER_ROLE], now);
        outage_tried(&run->outages[CUSTOMER_S3], now);
    }
    return yes;
}

void customer_went_well(struct customer *customer)
{
    struct customer_run *run = entry_of(customer)->run;
    int64_t now = clock_mono_ms(run->clock);
    mutex_lock(&run->shared.lock);
    bool closed = breaker_ok(&run->shared.breaker, now);
    int64_t paused_ms = now - run->shared.opened_ms;
    mutex_unlock(&run->shared.lock);
    outage_passed(&run->outages[CUSTOMER_ROLE], 0, now);
    outage_passed(&run->outages[CUSTOMER_S3], 0, now);
    if (closed) {
        log_write(LOG_INFO, "customer resumed", KV_SPAN("customer", customer->id));
        ops_customer_resumed(customer_ops(customer), customer->id, paused_ms);
    }
}

int64_t customer_paused_why(struct customer *customer, struct err *out)
{
    struct customer_run *run = entry_of(customer)->run;
    if (entry_blocked(entry_of(customer), out)) {
        return 0;
    }
    mutex_lock(&run->shared.lock);
    *out = run->shared.paused_by;
    int64_t tried_ms = run->shared.tried_ms;
    mutex_unlock(&run->shared.lock);
    return clock_mono_ms(run->clock) - tried_ms;
}

int64_t customer_probe_in_ms(struct customer *customer)
{
    struct customer_run *run = entry_of(customer)->run;
    int64_t now = clock_mono_ms(run->clock);
    mutex_lock(&run->shared.lock);
    const struct breaker *b = &run->shared.breaker;
    int64_t ms = !b->open || b->probing ? -1 : b->until_ms - now;
    bool may = ms < 0 && b->open && !b->probing;
    mutex_unlock(&run->shared.lock);
    return may ? 0 : ms;
}

bool customer_paused(struct customer *customer)
{
    struct customer_run *run = entry_of(customer)->run;
    mutex_lock(&run->shared.lock);
    bool paused = run->shared.breaker.open;
    mutex_unlock(&run->shared.lock);
    return paused;
}

/*
 * Is it the party that fails? Other errors of S3 are about one object: S3 answered. A denial may be
 * about one key as well, until the breaker has seen several.
 */
static bool is_outage(const struct customer_refusal *r, const struct err *e, bool paused)
{
    switch ((int)e->kind) {
    case FAIL_AGAIN:
    case FAIL_THROTTLED:
    case FAIL_KMS:
    case FAIL_CONFIG:
    case FAIL_SKEW:
        return true;
    case FAIL_DENIED:
        return r->party != CUSTOMER_S3 || paused;
    case FAIL_GONE:
        return r->party != CUSTOMER_S3;
    default:
        return false;
    }
}

/* True: a line of the outage has all of the error. */
static bool note_outage(struct customer *c, const struct customer_refusal *r, const struct err *e,
                        bool paused)
{
    struct customer_run *run = entry_of(c)->run;
    int64_t now = clock_mono_ms(run->clock);
    struct outage *o = &run->outages[r->party];
    bool of_role = r->party == CUSTOMER_ROLE || e->kind == FAIL_DENIED || e->kind == FAIL_KMS;
    struct log_kv about[] = {
        KV_SET("bucket", r->party == CUSTOMER_S3 ? c->conf->bucket : NULL),
        KV_SET_SPAN("key", r->party != CUSTOMER_ROLE ? r->about : SPAN("")),
        KV_SET("role_arn", r->party != CUSTOMER_TOPIC && of_role ? c->conf->role_arn : NULL),
    };
    if (r->party == CUSTOMER_S3) {
        outage_passed(&run->outages[CUSTOMER_ROLE], 0, now);
    }
    if (e->kind == FAIL_STOPPED || e->kind == FAIL_LOST) {
        return false;
    }
    if (is_outage(r, e, paused)) {
        return outage_failed(
            o,
            &(struct outage_failure){.err = e,
                                     .next = r->next,
                                     .since_ms = r->since_ms,
                                     .about = about,
                                     .about_count = sizeof(about) / sizeof(about[0])},
            now);
    }
    if (r->party == CUSTOMER_S3 && e->kind != FAIL_DENIED) {
        outage_passed(o, 0, now);
    }
    return false;
}

void customer_left(struct customer *customer, const struct err *e)
{
    struct customer_run *run = entry_of(customer)->run;
    mutex_lock(&run->shared.lock);
    run->shared.left_by = *e;
    mutex_unlock(&run->shared.lock);
}

static void note_returned(struct customer_run *run, enum customer_party party, bool held,
                          const struct err *e)
{
    mutex_lock(&run->shared.lock);
    run->shared.returned.err = *e;
    run->shared.returned.party = party;
    run->shared.returned.held = held;
    mutex_unlock(&run->shared.lock);
}

void customer_returned(struct customer *customer, enum customer_party party, const struct err *e)
{
    if (e->kind != FAIL_STOPPED && e->kind != FAIL_LOST) {
        note_returned(entry_of(customer)->run, party, false, e);
    }
}

void customer_returned_unread(struct customer *customer, const struct err *why)
{
    struct customer_run *run = entry_of(customer)->run;
    mutex_lock(&run->shared.lock);
    enum customer_party party =
        run->shared.breaker.open ? run->shared.paused_party : CUSTOMER_PARTIES;
    mutex_unlock(&run->shared.lock);
    note_returned(run, party, atomic_load(&run->held), why);
}

void customer_acknowledged(struct customer *customer)
{
    struct customer_run *run = entry_of(customer)->run;
    struct outage *o = &run->outages[CUSTOMER_TOPIC];
    if (outage_is_failing(o)) {
        outage_passed(o, 0, clock_mono_ms(run->clock));
    }
}

/* An attempt with the entry before a reload, which changed what it was refused by. */
static bool is_replaced(const struct customer_entry *c, enum customer_party party)
{
    return atomic_load(party == CUSTOMER_TOPIC ? &c->replaced.topic : &c->replaced.access);
}

void pause_replace(struct customer_entry *old, struct customer_entry *new)
{
    struct customer_run *run = new->run;
    const struct customer_conf *a = old->customer.conf;
    const struct customer_conf *b = new->customer.conf;
    int64_t now = clock_mono_ms(run->clock);
    bool key = span_eq(span_str(a->kms_key_arn != NULL ? a->kms_key_arn : ""),
                       span_str(b->kms_key_arn != NULL ? b->kms_key_arn : ""));
    atomic_store(&old->replaced.access, !role_same(a, b) || !key);
    atomic_store(&old->replaced.topic, !span_eq(span_str(a->topic), span_str(b->topic)));
    mutex_lock(&run->shared.lock);
    bool ends = run->shared.breaker.open && is_replaced(old, run->shared.paused_party);
    int64_t paused_ms = now - run->shared.opened_ms;
    bool of_topic = run->shared.paused_party == CUSTOMER_TOPIC;
    if (ends) {
        run->shared.breaker = (struct breaker){.open = false};
    }
    mutex_unlock(&run->shared.lock);
    if (!ends) {
        return;
    }
    for (size_t i = 0; i < CUSTOMER_PARTIES; i++) {
        if ((i == CUSTOMER_TOPIC) == of_topic) {
            outage_drop(&run->outages[i]);
        }
    }
    log_write(LOG_INFO, "customer resumed", KV_SPAN("customer", new->customer.id),
              KV_STR("reason", "its entry was changed; the next message is read with it"));
    ops_customer_resumed(customer_ops(&new->customer), new->customer.id, paused_ms);
}

bool customer_refused(struct customer *customer, const struct customer_refusal *r,
                      const struct err *e)
{
    struct customer_run *run = entry_of(customer)->run;
    int64_t now = clock_mono_ms(run->clock);
    if (is_replaced(entry_of(customer), r->party)) {
        return false;
    }
    mutex_lock(&run->shared.lock);
    bool opened = breaker_refused(&run->shared.breaker, r->mark, hash_span(HASH_SEED, r->about),
                                  now, &run->shared.rng);
    bool paused = run->shared.breaker.open;
    run->shared.tried_ms = now;
    run->shared.opened_ms = opened ? now : run->shared.opened_ms;
    if (r->mark != BREAKER_NONE && paused) {
        run->shared.paused_by = *e;
        run->shared.paused_party = r->party;
    }
    int64_t pause = run->shared.breaker.until_ms - now;
    mutex_unlock(&run->shared.lock);
    bool said = note_outage(customer, r, e, paused);
    if (opened) {
        struct err brief = said ? err_brief(e) : *e;
        stats_add(&run->stats.paused, 1);
        log_write(
            LOG_ERROR, "customer paused", KV_SPAN("customer", customer->id), KV_ERR(&brief),
            KV_INT("pause_s", pause / 1000),
            KV_STR("next",
                   "its messages are returned unread; after the pause the next message that is "
                   "visible is read as a probe; a reload with a corrected entry ends the pause"));
        ops_customer_paused(customer_ops(customer), customer->id, e, pause);
    }
    return said;
}
