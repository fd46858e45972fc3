/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replica.c - a worker as a state machine around the real structures: what the intake, the
 * lanes, the acker and the sink's thread do, one event each (flow/intake.c, lane.c, acker.c).
 */
#include "sim.h"

#include <stdlib.h>

enum { LOOK_MS = 20 * 1000 };

static struct held *of_lease(struct lease *l)
{
    return (struct held *)(void *)((char *)l - offsetof(struct receipt, lease));
}

static void wake(struct world *w, size_t at, int64_t when)
{
    struct replica *r = &w->replicas[at];
    if (r->wake_at > w->now && r->wake_at <= when) {
        return;
    }
    r->wake_at = when;
    world_at(w, when, EVENT_WAKE, at)->life = r->life;
}

void replica_start(struct world *w, size_t at)
{
    struct replica *r = &w->replicas[at];
    unsigned life = r->life + 1;
    *r = (struct replica){.alive = true, .life = life};
    r->waiting_last = &r->waiting_first;
    r->book = leases_new(QUEUES);
    for (size_t q = 0; q < QUEUES; q++) {
        leases_queue(r->book, q, VISIBILITY_S, 0);
    }
    replica_poll(w, at);
}

/* What nobody will report on any more. */
void replica_done(struct replica *r)
{
    while (r->all != NULL) {
        struct held *h = r->all;
        r->all = h->next_all;
        free(h);
    }
    leases_free(r->book);
    r->book = NULL;
    r->alive = false;
}

void replica_crash(struct world *w, size_t at)
{
    world_say(w, "replica %zu crashes", at);
    replica_done(&w->replicas[at]);
    w->replicas[at].life++;
    (void)world_at(w, w->now + world_between(w, 100, 60000), EVENT_START, at);
}

void replica_disturbed(struct replica *r)
{
    for (struct held *h = r->all; h != NULL; h = h->next_all) {
        h->undisturbed = false;
    }
}

static void held_free(struct world *w, size_t at, struct held *h)
{
    struct replica *r = &w->replicas[at];
    if (h->reports_due != 0) {
        world_fail(w, "freed while reports are due");
    }
    for (struct held **p = &r->all; *p != NULL; p = &(*p)->next_all) {
        if (*p == h) {
            *p = h->next_all;
            free(h);
            return;
        }
    }
    world_fail(w, "freed twice");
}

/* ---- intake ---- */

void replica_poll(struct world *w, size_t at)
{
    struct replica *r = &w->replicas[at];
    for (size_t q = 0; q < QUEUES && !r->draining; q++) {
        if (!breaker_would_allow(&r->breaker, w->now) || !leases_queue_well(r->book, q, w->now)) {
            if (r->poll_at <= w->now) { /* looked at again, as the intake does */
                r->poll_at = w->now + LOOK_MS;
                world_at(w, r->poll_at, EVENT_POLL, at)->life = r->life;
            }
        } else if (!r->polling[q] && r->waiting < LANES) {
            queue_poll(w, at, q);
        }
    }
}

static void hold(struct world *w, size_t at, struct held *h)
{
    struct replica *r = &w->replicas[at];
    leases_add(r->book, &h->r.lease, h->r.queue, "", w->now);
    h->in_book = true;
    wake(w, at, w->now + leases_wait_ms(r->book, w->now, 1 << 30));
}

static void lane_next(struct world *w, size_t at, size_t lane, int64_t when)
{
    struct event *e = world_at(w, when, EVENT_LANE, at);
    e->index = lane;
    e->life = w->replicas[at].life;
}

static void lanes_take(struct world *w, size_t at)
{
    struct replica *r = &w->replicas[at];
    for (size_t i = 0; i < w->lanes && r->waiting_first != NULL; i++) {
        if (r->lanes[i].busy) {
            continue;
        }
        struct held *h = r->waiting_first;
        r->waiting_first = h->next_waiting;
        if (r->waiting_first == NULL) {
            r->waiting_last = &r->waiting_first;
        }
        r->waiting--;
        if (!h->in_book) {
            hold(w, at, h);
        }
        r->lanes[i] = (struct lane_model){.held = h, .busy = true};
        lane_next(w, at, i, w->now);
    }
}

static void end(struct world *w, size_t at, struct held *h, struct settlement s);

void replica_received(struct world *w, const struct event *e)
{
    struct replica *r = &w->replicas[e->replica];
    const struct message *m = &w->messages[e->index];
    struct held *h = calloc(1, sizeof(*h));
    if (h == NULL) {
        abort();
    }
    h->message = e->index;
    h->handle = e->extra;
    h->undisturbed = w->now - m->given_ms < 1000;
    h->r.queue = m->queue;
    h->r.receive_count = m->receives;
    atomic_init(&h->r.owed, 1);
    h->next_all = r->all;
    r->all = h;
    if (w->bug != BUG_FORGET) {
        hold(w, e->replica, h);
    }
    if (r->draining) { /* came with the last answer: nobody will touch it */
        bool last = receipt_pay(&h->r, NULL);
        if (!h->in_book) {
            hold(w, e->replica, h);
        }
        h->r.settled = last;
        end(w, e->replica, h, (struct settlement){.how = LEASE_CHANGE});
        return;
    }
    *r->waiting_last = h;
    r->waiting_last = &h->next_waiting;
    r->waiting++;
    lanes_take(w, e->replica);
    replica_poll(w, e->replica);
}

/* ---- acker ---- */

static void end(struct world *w, size_t at, struct held *h, struct settlement s)
{
    struct replica *r = &w->replicas[at];
    const struct message *m = &w->messages[h->message];
    if (s.how == LEASE_DELETE && (h->acked != m->objects * m->records || h->bad != 0 ||
                                  h->good_objects != m->objects || h->reports_due != 0)) {
        world_fail(w, "to be deleted before the last acknowledgement");
    }
    if (s.how == LEASE_CHANGE && s.delay_s == 0 && h->begun_badly) {
        world_fail(w, "visible at once although it failed");
    }
    if (leases_end(r->book, &h->r.lease, s.how, s.delay_s, w->now)) {
        h->r.lease_over = true;
        if (h->r.settled) {
            held_free(w, at, h);
        }
        return;
    }
    wake(w, at, w->now);
}

static void settle(struct world *w, size_t at, struct held *h)
{
    struct settlement s = receipt_settlement(&h->r, &w->rng);
    if (w->bug == BUG_ZERO_LOOP && s.outcome == OUTCOME_LATER) {
        s.delay_s = 0;
    }
    h->r.settled = true;
    if (h->r.lease_over) {
        held_free(w, at, h);
    } else if (!h->r.lease.ending) {
        end(w, at, h, s);
    }
}

static void pay(struct world *w, size_t at, struct held *h, enum err_kind kind)
{
    struct err e = {.kind = kind};
    if (receipt_pay(&h->r, &e)) {
        settle(w, at, h);
    }
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
            world_fail(w, "prolonged although it was lost");
        }
        if (batch->call == LEASE_CALL_BEAT && h->r.lease.ending && h->r.lease.how == LEASE_CHANGE) {
            world_fail(w, "prolonged although it was given back");
        }
    }
    r->calls++;
    bool lost = world_faulty(w) && world_chance(w, w->fault);
    if (lost && world_chance(w, 50)) { /* never arrives */
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
        receipt_lose(&of_lease(l)->r, l->loss);
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
            struct held *h = of_lease(batch.leases[i]);
            h->r.lease_over = true;
            if (h->r.settled) {
                held_free(w, at, h);
            }
        }
    }
    if (leases_count(r->book) != 0 && r->calls < ACKER_CALLS) {
        int wait = leases_wait_ms(r->book, w->now, 60 * 1000);
        wake(w, at, w->now + (wait > 0 ? wait : 1));
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
        if (w->bug == BUG_PROLONG_LOST && c->call == LEASE_CALL_BEAT) {
            c->batch.kinds[i] = FAIL_NONE;
        }
    }
    leases_answered(r->book, &c->batch, c->whole, w->now, &w->rng);
    for (size_t i = 0; i < c->count; i++) {
        struct held *h = of_lease(c->batch.leases[i]);
        if (c->batch.over[i]) {
            h->r.lease_over = true;
            if (h->r.settled) {
                held_free(w, e->replica, h);
            }
        }
    }
    replica_wake(w, e->replica);
}

/* ---- lanes and the sink ---- */

static void produce(struct world *w, size_t at, struct held *h, size_t record)
{
    receipt_owe(&h->r);
    h->produced++;
    h->reports_due++;
    int64_t late = world_chance(w, 90) ? world_between(w, 1, 50) : world_between(w, 50, 200000);
    struct event *e = world_at(w, w->now + late, EVENT_BROKER, at);
    e->held = h;
    e->index = h->object;
    e->extra = (unsigned)record | (unsigned)h->message << 8; /* a crash frees h */
    e->life = w->replicas[at].life;
}

/* Kafka has it, also if the worker is gone by now. */
void replica_broker(struct world *w, const struct event *e)
{
    const struct replica *r = &w->replicas[e->replica];
    struct message *m = &w->messages[e->extra >> 8];
    bool refused = world_faulty(w) && world_chance(w, w->fault / 4);
    bool here = r->alive && r->life == e->life;
    if (!refused || world_chance(w, 50)) {
        m->in_kafka[e->index][e->extra & 0xff] = true;
    }
    if (here) {
        struct event *report =
            world_at(w, w->now + world_between(w, 0, 20), EVENT_REPORT, e->replica);
        report->held = e->held;
        report->extra = refused ? FAIL_AGAIN : FAIL_NONE;
        report->life = e->life;
    }
}

void replica_report(struct world *w, const struct event *e)
{
    struct held *h = e->held;
    enum err_kind kind = (enum err_kind)e->extra;
    h->reports_due--;
    h->acked += kind == FAIL_NONE;
    h->bad += kind != FAIL_NONE;
    h->begun_badly |= kind != FAIL_NONE;
    if (w->bug == BUG_DOUBLE_COUNT && atomic_load(&h->r.owed) > 1 && world_chance(w, 10)) {
        pay(w, e->replica, h, kind);
    }
    pay(w, e->replica, h, kind);
}

static void lane_free(struct world *w, size_t at, size_t lane)
{
    w->replicas[at].lanes[lane] = (struct lane_model){.busy = false};
    lanes_take(w, at);
    replica_poll(w, at);
}

static void lane_finish(struct world *w, size_t at, size_t lane)
{
    struct held *h = w->replicas[at].lanes[lane].held;
    h->lane_done = true;
    if (w->bug == BUG_DELETE_EARLY && !h->r.lease.ending) {
        atomic_store(&h->r.failed, FAIL_NONE);
        end(w, at, h, receipt_settlement(&h->r, &w->rng));
        if (w->failed != NULL) {
            return;
        }
    }
    pay(w, at, h, FAIL_NONE);
    lane_free(w, at, lane);
}

static enum err_kind trouble(struct world *w, const struct message *m)
{
    if (m->trouble != FAIL_NONE && w->now < m->mended_ms) {
        return m->trouble;
    }
    if (world_faulty(w) && world_chance(w, w->fault / 2)) {
        static const enum err_kind kinds[] = {FAIL_AGAIN, FAIL_THROTTLED, FAIL_DENIED, FAIL_KMS,
                                              FAIL_GONE,  FAIL_CONFIG,    FAIL_SKEW};
        return kinds[world_between(w, 0, 6)];
    }
    return FAIL_NONE;
}

static void judge(struct world *w, size_t at, struct held *h, enum err_kind kind)
{
    struct breaker *b = &w->replicas[at].breaker;
    if (kind == FAIL_NONE) {
        (void)breaker_ok(b, w->now);
    } else {
        (void)breaker_refused(b, outcome_rule(ABOUT_OBJECT, kind)->mark, h->message, w->now,
                              &w->rng);
    }
}

/* An attempt ended. True: the object is over, one way or another. */
static bool attempt_over(struct world *w, size_t at, size_t lane, enum err_kind kind)
{
    struct lane_model *l = &w->replicas[at].lanes[lane];
    struct held *h = l->held;
    struct outcome_case c = {.subject = ABOUT_OBJECT,
                             .kind = kind,
                             .receive_count = h->r.receive_count,
                             .tries = h->tries,
                             .produced = l->given != 0};
    struct outcome_action a;
    outcome_decide(&c, &w->rng, &a);
    if (a.again_now) {
        h->tries++;
        lane_next(w, at, lane, w->now + a.pause_ms);
        return false;
    }
    judge(w, at, h, kind);
    h->good_objects += a.outcome == OUTCOME_DONE;
    h->begun_badly |= a.outcome != OUTCOME_DONE;
    receipt_worsen(&h->r, a.outcome, a.delay_s);
    return true;
}

/* A part of the object, then a while, then the rest; or an error anywhere. */
void replica_lane(struct world *w, const struct event *e)
{
    struct replica *r = &w->replicas[e->replica];
    struct lane_model *l = &r->lanes[e->index];
    struct held *h = l->held;
    const struct message *m = &w->messages[h->message];
    if (h->object == m->objects) {
        lane_finish(w, e->replica, e->index);
        return;
    }
    h->r.begun = true;
    enum err_kind kind = FAIL_NONE;
    if (receipt_loss(&h->r) != LEASE_OURS) {
        kind = FAIL_LOST;
    } else if (l->given == 0 && !breaker_allow(&r->breaker, w->now)) {
        receipt_worsen(&h->r, OUTCOME_LATER,
                       outcome_delay_s(outcome_rule(ABOUT_NOTICE, FAIL_DENIED), 1, &w->rng));
        h->begun_badly = true;
        h->object = m->objects;
        lane_next(w, e->replica, e->index, w->now);
        return;
    } else {
        kind = trouble(w, m);
    }
    if (kind == FAIL_NONE && l->given < m->records) {
        size_t until = l->given == 0 && m->records > 1 ? m->records / 2 : m->records;
        while (l->given < until) {
            produce(w, e->replica, h, l->given++);
        }
        int64_t take =
            world_chance(w, 85) ? world_between(w, 1, 2000) : world_between(w, 2000, 900000);
        lane_next(w, e->replica, e->index, w->now + take);
        return;
    }
    if (attempt_over(w, e->replica, e->index, kind)) {
        l->given = 0;
        h->tries = 0;
        h->object++;
        lane_next(w, e->replica, e->index, w->now);
    }
}

/* A graceful stop: nothing more is received, what waits goes back at once, the rest finishes. */
void replica_stop(struct world *w, size_t at)
{
    struct replica *r = &w->replicas[at];
    world_say(w, "replica %zu stops", at);
    r->draining = true;
    leases_hurry(r->book);
    for (size_t q = 0; q < QUEUES; q++) {
        r->polling[q] = false;
    }
    while (r->waiting_first != NULL) {
        struct held *h = r->waiting_first;
        r->waiting_first = h->next_waiting;
        if (!h->in_book) {
            hold(w, at, h);
        }
        h->r.settled = receipt_pay(&h->r, NULL);
        end(w, at, h, (struct settlement){.how = LEASE_CHANGE});
    }
    r->waiting_last = &r->waiting_first;
    r->waiting = 0;
}
