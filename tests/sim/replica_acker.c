/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The work of the acker (settle/sqs/acker.c), one event per step, and the invariants at the end of
 * a lease.
 */
#include "sim.h"

#include <stdlib.h>

static struct held *of_lease(struct lease *l)
{
    struct sqs_inflight *m = sqs_inflight_of_lease(l);
    return (struct held *)(void *)((char *)m - offsetof(struct held, m));
}

void replica_soon(struct world *w, size_t at, int64_t when)
{
    struct replica *r = &w->replicas[at];
    if (r->wake_at > w->now && r->wake_at <= when) {
        return;
    }
    r->wake_at = when;
    world_at(w, when, EVENT_WAKE, at)->life = r->life;
}

void replica_forget(struct world *w, size_t at, struct held *h)
{
    struct replica *r = &w->replicas[at];
    if (h->reports_due != 0) {
        world_fail(w, "freed while reports are due");
    }
    for (struct held **p = &r->all; *p != NULL; p = &(*p)->next_all) {
        if (*p == h) {
            *p = h->next_all;
            inflight_done(&h->m.inflight);
            free(h);
            return;
        }
    }
    world_fail(w, "freed twice");
}

void replica_hold(struct world *w, size_t at, struct held *h)
{
    struct replica *r = &w->replicas[at];
    sqs_inflight_begin(r->book, &h->m, w->now);
    h->in_book = true;
    replica_soon(w, at, w->now + leases_wait_ms(r->book, w->now, 1 << 30));
}

/* The settler: checks the invariants of a settlement. */
void replica_settle(struct world *w, size_t at, struct held *h, const struct settlement *s)
{
    struct replica *r = &w->replicas[at];
    const struct message *m = &w->messages[h->message];
    bool done = s->outcome == OUTCOME_DONE;
    if (done && (h->acked != m->objects * m->records || h->bad != 0 ||
                 h->good_objects != m->objects || h->reports_due != 0)) {
        world_fail(w, "to be deleted before the last acknowledgement");
    }
    if (!done && s->delay_s == 0 && h->begun_badly) {
        world_fail(w, "visible at once although it failed");
    }
    if (sqs_inflight_settle(r->book, &h->m, s, w->now)) {
        replica_forget(w, at, h);
        return;
    }
    replica_soon(w, at, w->now);
}

static void lease_over(struct world *w, size_t at, struct held *h)
{
    if (sqs_inflight_lease_over(&h->m)) {
        replica_forget(w, at, h);
    }
}

void replica_pay(struct world *w, size_t at, struct held *h, enum err_kind kind)
{
    struct err e = {.kind = kind};
    if (!inflight_release(&h->m.inflight, &e)) {
        return;
    }
    struct settlement s = inflight_settlement(&h->m.inflight, &w->rng);
    if (w->bug == BUG_ZERO_LOOP && s.outcome == OUTCOME_LATER) {
        s.delay_s = 0;
    }
    replica_settle(w, at, h, &s);
}

static void make_call(struct world *w, size_t at, const struct lease_batch *batch)
{
    struct replica *r = &w->replicas[at];
    struct call *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        abort();
    }
    c->batch = *batch;
    c->call = batch->call;
    c->count = batch->count;
    for (size_t i = 0; i < batch->count; i++) {
        const struct held *h = of_lease(batch->leases[i]);
        c->messages[i] = h->message;
        c->handles[i] = h->handle;
        c->visibility_s[i] = batch->visibility_s[i];
        if (batch->call == LEASE_CALL_BEAT && h->told_lost) {
            world_fail(w, "extended although it was lost");
        }
        if (batch->call == LEASE_CALL_BEAT && h->m.lease.ending && h->m.lease.how == LEASE_CHANGE) {
            world_fail(w, "extended although it was given back");
        }
    }
    r->calls++;
    bool lost = world_faulty(w) && world_chance(w, w->fault);
    if (lost && world_chance(w, 50)) { /* the request is lost */
        c->whole = FAIL_AGAIN;
        struct event *e = world_at(w, w->now + world_between(w, 1, 30000), EVENT_ANSWER, at);
        e->call = c;
        e->life = r->life;
    } else {
        c->answer_lost = lost;
        struct event *e = world_at(w, w->now + world_between(w, 1, 200), EVENT_CALL, at);
        e->call = c;
        e->life = r->life;
    }
    if (lost) {
        replica_disturbed(r);
    }
}

void replica_wake(struct world *w, size_t at)
{
    struct replica *r = &w->replicas[at];
    struct lease *l = NULL;
    r->wake_at = 0;
    while ((l = leases_lost(r->book, w->now)) != NULL) {
        inflight_lose(&of_lease(l)->m.inflight, "lost");
        world_say(w, "replica %zu has lost message %zu", at, of_lease(l)->message);
    }
    struct lease_batch batch;
    while (r->calls < ACKER_CALLS && leases_next(r->book, w->now, &batch)) {
        if (batch.call != LEASE_CALL_NONE) {
            make_call(w, at, &batch);
            continue;
        }
        leases_answered(r->book, &batch, FAIL_NONE, w->now, &w->rng);
        for (size_t i = 0; i < batch.count; i++) {
            lease_over(w, at, of_lease(batch.leases[i]));
        }
    }
    if (leases_count(r->book) != 0 && r->calls < ACKER_CALLS) {
        int wait = leases_wait_ms(r->book, w->now, 60 * 1000);
        replica_soon(w, at, w->now + (wait > 0 ? wait : 1));
    }
    replica_poll(w, at);
}

void replica_answer(struct world *w, struct event *e)
{
    struct replica *r = &w->replicas[e->replica];
    struct call *c = e->call;
    r->calls--;
    for (size_t i = 0; i < c->count; i++) {
        struct held *h = of_lease(c->batch.leases[i]);
        c->batch.kinds[i] = c->kinds[i];
        if (c->whole == FAIL_NONE && c->kinds[i] == FAIL_LOST) {
            h->told_lost = true;
        }
        if (c->whole == FAIL_NONE && c->kinds[i] == FAIL_AGAIN) {
            h->undisturbed = false;
        }
        if (w->bug == BUG_EXTEND_LOST && c->call == LEASE_CALL_BEAT) {
            c->batch.kinds[i] = FAIL_NONE;
        }
    }
    leases_answered(r->book, &c->batch, c->whole, w->now, &w->rng);
    for (size_t i = 0; i < c->count; i++) {
        if (c->batch.over[i]) {
            lease_over(w, e->replica, of_lease(c->batch.leases[i]));
        }
    }
    replica_wake(w, e->replica);
}
