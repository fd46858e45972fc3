/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inflight.c - the count is the guarantee: a message is deleted by a settlement of OUTCOME_DONE
 * alone, and that needs a good delivery report for every record (rule 1 of README.md).
 */
#include "settle/inflight.h"

#include "base/alloc.h"
#include "base/log.h"
#include "customers/customers.h"

#include <assert.h>
#include <stdlib.h>

void inflight_init(struct inflight *m, struct span body, int64_t now_ms)
{
    m->tag.inflight = m;
    m->received_ms = now_ms;
    m->body_bytes = body.n;
    m->notification = notification_read(body, &m->unread);
    atomic_init(&m->pending, 1);
    atomic_init(&m->failed, FAIL_NONE);
    atomic_init(&m->lost, NULL);
}

void inflight_done(struct inflight *m)
{
    for (struct delivery_tag *t = m->tag.next, *next = NULL; t != NULL; t = next) {
        next = t->next;
        customer_release(t->customer);
        free(t);
    }
    customer_release(m->tag.customer);
    notification_free(m->notification);
}

struct delivery_tag *inflight_tag(struct inflight *m, struct customer *c)
{
    struct delivery_tag *t = &m->tag;
    while (t->customer != c && t->next != NULL) {
        t = t->next;
    }
    if (t->customer != c) {
        t->next = mem_zeros(1, sizeof(*t));
        t = t->next;
        *t = (struct delivery_tag){.inflight = m, .customer = customer_hold(c)};
    }
    return t;
}

void inflight_hold(struct inflight *m)
{
    uint_fast64_t was = atomic_fetch_add_explicit(&m->pending, 1, memory_order_relaxed);
    assert(was != 0); /* the lane's own is still there (rule 6) */
}

bool inflight_release(struct inflight *m, const struct err *e)
{
    if (e != NULL && e->kind != FAIL_NONE) {
        int none = FAIL_NONE;
        (void)atomic_compare_exchange_strong(&m->failed, &none, (int)e->kind);
    }
    uint_fast64_t was = atomic_fetch_sub_explicit(&m->pending, 1, memory_order_acq_rel);
    assert(was != 0);
    return was == 1;
}

void inflight_worsen(struct inflight *m, enum outcome o, int delay_s)
{
    if (o > m->outcome) {
        m->outcome = o;
        m->delay_s = delay_s;
    } else if (o == m->outcome && delay_s > m->delay_s) {
        m->delay_s = delay_s;
    }
}

void inflight_slim(struct inflight *m)
{
    notification_free(m->notification);
    m->notification = NULL;
}

void inflight_lose(struct inflight *m, const char *why)
{
    atomic_store_explicit(&m->lost, why, memory_order_release);
}

const char *inflight_lost(const struct inflight *m)
{
    return atomic_load_explicit(&m->lost, memory_order_acquire);
}

struct settlement inflight_settlement(const struct inflight *m, struct rng *rng)
{
    struct settlement s = {.outcome = m->outcome, .delay_s = m->delay_s};
    enum err_kind failed = (enum err_kind)atomic_load(&m->failed);
    if (failed != FAIL_NONE && m->outcome != OUTCOME_LATER) { /* never DONE (rule 3) */
        s.outcome = OUTCOME_LATER;
        s.failed = failed;
        s.delay_s = outcome_delay_s(outcome_rule(ABOUT_DELIVERY, failed), m->receive_count, rng);
    }
    return s;
}

/* ---- the settler ---- */

void inflight_begin(struct inflight *m, const struct settler *s)
{
    m->settler = s;
    s->begin(s->context, m);
}

bool inflight_last_delivery(const struct inflight *m)
{
    return m->settler->last_delivery(m->settler->context, m);
}

void inflight_settle(struct inflight *m)
{
    struct rng rng;
    rng_init(&rng, (uint64_t)(uintptr_t)m ^ (uint64_t)m->received_ms);
    struct settlement s = inflight_settlement(m, &rng);
    if (s.failed != FAIL_NONE) {
        log_write(LOG_WARN, "records not delivered", KV_STR("message_id", m->id),
                  KV_STR("error", err_kind_name(s.failed)),
                  KV_INT("receive_count", m->receive_count), KV_INT("retry_after_s", s.delay_s),
                  KV_STR("next", outcome_rule(ABOUT_DELIVERY, s.failed)->next));
    }
    m->settler->settle(m->settler->context, m, &s);
}

void inflight_return(struct inflight *m)
{
    struct settlement s = {.outcome = OUTCOME_LATER};
    bool last = inflight_release(m, NULL);
    assert(last); /* the lane's own, and there was no lane */
    m->settler->settle(m->settler->context, m, &s);
}

void inflight_delivered(const struct inflight *m, int64_t now_ms)
{
    for (const struct delivery_tag *t = &m->tag; t != NULL; t = t->next) {
        if (t->customer == NULL) {
            continue;
        }
        stats_set(&t->customer->stats->delivered_ms, (uint64_t)now_ms);
        if (m->sent_ms != 0) {
            lag_add(&t->customer->stats->lag, now_ms - m->sent_ms);
        }
    }
}
