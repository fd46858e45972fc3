/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inflight.c - the pending count guarantees that nothing is lost: only a settlement of OUTCOME_DONE
 * deletes a message, and it requires a successful delivery report for every record (rule 1 of
 * README.md).
 */
#include "settle/inflight.h"

#include "base/alloc.h"
#include "customers/customers.h"

#include <assert.h>
#include <stdlib.h>

void inflight_init(struct inflight *m, struct span body, int64_t now_ms)
{
    m->received_ms = now_ms;
    m->notification = notification_read(body, &m->unread);
    m->body_bytes = m->notification != NULL ? notification_bytes(m->notification) : 0;
    m->lower = m->notification != NULL && m->notification->backfill;
    atomic_init(&m->pending, 1);
    atomic_init(&m->failed, FAIL_NONE);
    atomic_init(&m->lost, NULL);
}

void inflight_done(struct inflight *m)
{
    for (struct inflight_customer *c = m->first.next, *next = NULL; c != NULL; c = next) {
        next = c->next;
        customer_release(c->customer);
        free(c);
    }
    if (m->settler != NULL && m->first.customer != NULL) {
        stats_subtract(&m->first.customer->stats->messages_in_flight, 1);
    }
    customer_release(m->first.customer);
    notification_free(m->notification);
}

void inflight_add_customer(struct inflight *m, struct customer *customer)
{
    struct inflight_customer *c = &m->first;
    while (c->customer != customer && c->next != NULL) {
        c = c->next;
    }
    if (c->customer != customer && customer != NULL) {
        c->next = mem_zeros(1, sizeof(*c));
        c->next->customer = customer_hold(customer);
    }
}

void inflight_hold(struct inflight *m)
{
    uint_fast64_t was = atomic_fetch_add_explicit(&m->pending, 1, memory_order_relaxed);
    assert(was != 0); /* the lane's count is still included (rule 6) */
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

void inflight_because(struct inflight *m, const struct outcome_rule *rule)
{
    if (rule != NULL && (m->because == NULL || rule->outcome > m->because->outcome)) {
        m->because = rule;
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

/*
 * Random numbers that depend on the message, so that the logged delay of an object is the one that
 * its message gets.
 */
static void seed(struct rng *rng, const struct inflight *m)
{
    rng_init(rng, (uint64_t)(uintptr_t)m ^ (uint64_t)m->received_ms);
}

int inflight_failed_delay_s(const struct inflight *m, enum err_kind failed)
{
    struct rng rng;
    seed(&rng, m);
    return outcome_delay_s(outcome_rule(ABOUT_DELIVERY, failed), m->receive_count, &rng);
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

/* ---- The settler ---- */

void inflight_begin(struct inflight *m, const struct settler *s)
{
    m->settler = s;
    if (m->first.customer != NULL) {
        stats_add(&m->first.customer->stats->messages_in_flight, 1);
    }
    s->begin(s->context, m);
}

bool inflight_last_delivery(const struct inflight *m)
{
    return m->settler->last_delivery(m->settler->context, m);
}

static bool is_back_off(const struct inflight *m, const struct settlement *s)
{
    const struct outcome_rule *rule =
        s->failed != FAIL_NONE ? outcome_rule(ABOUT_DELIVERY, s->failed) : m->because;
    return s->outcome == OUTCOME_LATER && s->delay_s > 0 && (rule == NULL || rule->back_off);
}

static void note_back_off(const struct inflight *m, int delay_s)
{
    for (const struct inflight_customer *c = &m->first; c != NULL; c = c->next) {
        if (c->customer != NULL) {
            back_off_book_add(c->customer->back_off, delay_s);
        }
    }
}

void inflight_settle(struct inflight *m)
{
    struct rng rng;
    seed(&rng, m);
    struct settlement s = inflight_settlement(m, &rng);
    if (is_back_off(m, &s)) {
        note_back_off(m, s.delay_s);
    }
    m->settler->settle(m->settler->context, m, &s);
}

void inflight_return(struct inflight *m)
{
    inflight_because(m, outcome_rule(ABOUT_NOTIFICATION, FAIL_STOPPED));
    inflight_worsen(m, OUTCOME_LATER, m->next_record != 0 || m->heavy ? RETURN_STARTED_S : 0);
    if (inflight_release(m, NULL)) {
        inflight_settle(m);
    }
}

/* A lag of less than the time since the first receive is a small difference of the clocks. */
bool inflight_lag(const struct inflight *m, const struct clock *c, int64_t *lag_ms,
                  int64_t *least_ms)
{
    int64_t first_ms = m->again.first_ms != 0 ? m->again.first_ms : m->received_ms;
    int64_t since_sent_ms = clock_wall_ms(c) - m->sent_ms;
    *least_ms = clock_mono_ms(c) - first_ms;
    *lag_ms = since_sent_ms > *least_ms ? since_sent_ms : *least_ms;
    return m->sent_ms != 0 && since_sent_ms >= -LAG_CLOCK_TOLERANCE_MS;
}

void inflight_delivered(const struct inflight *m, const struct clock *clock)
{
    int64_t lag_ms = 0, least_ms = 0;
    bool known = inflight_lag(m, clock, &lag_ms, &least_ms);
    for (const struct inflight_customer *c = &m->first; c != NULL; c = c->next) {
        if (c->customer == NULL) {
            continue;
        }
        stats_set(&c->customer->stats->delivered_ms, (uint64_t)clock_wall_ms(clock));
        stats_set(&c->customer->stats->undelivered_ms, 0);
        if (m->lower) { /* its lag is the time that the backfill had to wait */
            stats_backfill(c->customer->stats, clock_wall_ms(clock));
        } else if (known) {
            stats_set(&c->customer->stats->lag_ms, (uint64_t)lag_ms);
            lag_add(&c->customer->stats->lag, lag_ms);
        }
    }
}
