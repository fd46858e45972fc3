/* SPDX-License-Identifier: Apache-2.0 */
/* The work of lanes and of the sink's thread (flow/lane_records.c), one event per step. */
#include "sim.h"

static void lane_next(struct world *w, size_t at, size_t lane, int64_t when)
{
    struct event *e = world_at(w, when, EVENT_LANE, at);
    e->index = lane;
    e->life = w->replicas[at].life;
}

void replica_lanes_take(struct world *w, size_t at)
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
            replica_hold(w, at, h);
        }
        r->lanes[i] = (struct lane_model){.held = h, .busy = true};
        lane_next(w, at, i, w->now);
    }
}

static void produce(struct world *w, size_t at, struct held *h, size_t record)
{
    inflight_hold(&h->m.inflight);
    h->produced++;
    h->reports_due++;
    int64_t late = world_chance(w, 90) ? world_between(w, 1, 50) : world_between(w, 50, 200000);
    struct event *e = world_at(w, w->now + late, EVENT_BROKER, at);
    e->held = h;
    e->index = h->object;
    e->extra = (unsigned)record | (unsigned)h->message << 8; /* a crash frees h */
    e->life = w->replicas[at].life;
}

/* The broker stores the record, even if the worker has ended meanwhile. */
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
    if (w->bug == BUG_DOUBLE_COUNT && atomic_load(&h->m.inflight.pending) > 1 &&
        world_chance(w, 10)) {
        replica_pay(w, e->replica, h, kind);
    }
    replica_pay(w, e->replica, h, kind);
}

static void lane_free(struct world *w, size_t at, size_t lane)
{
    w->replicas[at].lanes[lane] = (struct lane_model){.busy = false};
    replica_lanes_take(w, at);
    replica_poll(w, at);
}

static void lane_finish(struct world *w, size_t at, size_t lane)
{
    struct held *h = w->replicas[at].lanes[lane].held;
    h->lane_done = true;
    if (w->bug == BUG_DELETE_EARLY && h->reports_due != 0 &&
        h->m.inflight.outcome == OUTCOME_DONE) {
        replica_settle(w, at, h, &(struct settlement){.outcome = OUTCOME_DONE});
        return;
    }
    replica_pay(w, at, h, FAIL_NONE);
    lane_free(w, at, lane);
}

static enum err_kind trouble(struct world *w, const struct message *m)
{
    if (m->trouble != FAIL_NONE && w->now < m->repaired_ms) {
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

/* An attempt ended. True: the object is finished. */
static bool attempt_over(struct world *w, size_t at, size_t lane, enum err_kind kind)
{
    struct lane_model *l = &w->replicas[at].lanes[lane];
    struct held *h = l->held;
    struct outcome_case c = {.subject = ABOUT_OBJECT,
                             .kind = kind,
                             .receive_count = h->m.inflight.receive_count,
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
    inflight_worsen(&h->m.inflight, a.outcome, a.delay_s);
    return true;
}

/* A part of the object, a wait, and the rest; an error is possible at any point. */
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
    enum err_kind kind = FAIL_NONE;
    if (inflight_lost(&h->m.inflight) != NULL) {
        kind = FAIL_LOST;
    } else if (l->given == 0 && !breaker_allow(&r->breaker, w->now)) {
        inflight_worsen(&h->m.inflight, OUTCOME_LATER,
                        outcome_delay_s(outcome_rule(ABOUT_NOTIFICATION, FAIL_DENIED), 1, &w->rng));
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
