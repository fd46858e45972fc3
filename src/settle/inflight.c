/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inflight.c - the count is the guarantee: nobody may delete a message but by a settlement
 * of OUTCOME_DONE, and that needs every record paid for by a good report.
 */
#include "settle/inflight.h"

#include "base/alloc.h"
#include "customers/customers.h"

#include <assert.h>
#include <stdlib.h>

struct inflight *inflight_new(struct sqs_message *m, size_t queue, int64_t now)
{
    struct inflight *r = mem_zeros(1, sizeof(*r));
    r->account.inflight = r;
    r->queue = queue;
    r->id = mem_text(m->id);
    r->handle = mem_text(m->receipt_handle);
    r->receive_count = m->receive_count;
    r->sent_ms = m->sent_ms;
    r->received_ms = now;
    r->body_bytes = m->body.n;
    r->notification = notification_read(m->body, &r->unread);
    atomic_init(&r->pending, 1);
    atomic_init(&r->failed, FAIL_NONE);
    atomic_init(&r->loss, LEASE_OURS);
    sqs_message_free(m);
    return r;
}

void inflight_free(struct inflight *r)
{
    if (r == NULL) {
        return;
    }
    for (struct delivery_tag *a = r->account.next, *next = NULL; a != NULL; a = next) {
        next = a->next;
        customer_release(a->customer);
        free(a);
    }
    customer_release(r->account.customer);
    notification_free(r->notification);
    free(r->id);
    free(r->handle);
    free(r);
}

struct delivery_tag *inflight_tag(struct inflight *r, struct customer *c)
{
    struct delivery_tag *a = &r->account;
    while (a->customer != c && a->next != NULL) {
        a = a->next;
    }
    if (a->customer != c) {
        a->next = mem_zeros(1, sizeof(*a));
        a = a->next;
        *a = (struct delivery_tag){.inflight = r, .customer = customer_hold(c)};
    }
    return a;
}

void inflight_hold(struct inflight *r)
{
    uint_fast64_t was = atomic_fetch_add_explicit(&r->pending, 1, memory_order_relaxed);
    assert(was != 0); /* the lane's own is still there */
}

bool inflight_release(struct inflight *r, const struct err *e)
{
    if (e != NULL && e->kind != FAIL_NONE) {
        int none = FAIL_NONE;
        (void)atomic_compare_exchange_strong(&r->failed, &none, (int)e->kind);
    }
    uint_fast64_t was = atomic_fetch_sub_explicit(&r->pending, 1, memory_order_acq_rel);
    assert(was != 0);
    return was == 1;
}

void inflight_worsen(struct inflight *r, enum outcome o, int delay_s)
{
    if (o > r->outcome) {
        r->outcome = o;
        r->delay_s = delay_s;
    } else if (o == r->outcome && delay_s > r->delay_s) {
        r->delay_s = delay_s;
    }
}

void inflight_slim(struct inflight *r)
{
    notification_free(r->notification);
    r->notification = NULL;
}

void inflight_lose(struct inflight *r, enum lease_loss loss)
{
    atomic_store_explicit(&r->loss, (int)loss, memory_order_release);
}

enum lease_loss inflight_loss(const struct inflight *r)
{
    return (enum lease_loss)atomic_load_explicit(&r->loss, memory_order_acquire);
}

struct settlement inflight_settlement(const struct inflight *r, struct rng *rng)
{
    struct settlement s = {
        .how = LEASE_CHANGE, .delay_s = r->delay_s, .outcome = r->outcome, .failed = FAIL_NONE};
    enum err_kind failed = (enum err_kind)atomic_load(&r->failed);
    if (failed != FAIL_NONE && r->outcome != OUTCOME_LATER) {
        s.outcome = OUTCOME_LATER;
        s.failed = failed;
        s.delay_s = outcome_delay_s(outcome_rule(ABOUT_DELIVERY, failed), r->receive_count, rng);
    }
    if (s.outcome == OUTCOME_DONE) {
        s.how = LEASE_DELETE;
    }
    return s;
}
