/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replica.c - a worker as a state machine around the real structures: its life cycle, and the work
 * of the intake (source/intake.c). The acker is in replica_acker.c, lanes and sink in
 * replica_lanes.c.
 */
#include "sim.h"

#include <stdlib.h>

enum { LOOK_MS = 20 * 1000 };

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

/* Free messages that get no further reports. */
void replica_done(struct replica *r)
{
    while (r->all != NULL) {
        struct held *h = r->all;
        r->all = h->next_all;
        inflight_done(&h->m.inflight);
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

void replica_poll(struct world *w, size_t at)
{
    struct replica *r = &w->replicas[at];
    for (size_t q = 0; q < QUEUES && !r->draining; q++) {
        if (!breaker_would_allow(&r->breaker, w->now) || !leases_queue_well(r->book, q, w->now)) {
            if (r->poll_at <= w->now) { /* checked again, as the intake does */
                r->poll_at = w->now + LOOK_MS;
                world_at(w, r->poll_at, EVENT_POLL, at)->life = r->life;
            }
        } else if (!r->polling[q] && r->waiting < LANES) {
            queue_poll(w, at, q);
        }
    }
}

/* Return a message that no lane has started (inflight_return). */
static void give_back(struct world *w, size_t at, struct held *h)
{
    if (!h->in_book) {
        replica_hold(w, at, h);
    }
    if (!inflight_release(&h->m.inflight, NULL)) {
        world_fail(w, "pending although no lane has started it");
    }
    replica_settle(w, at, h, &(struct settlement){.outcome = OUTCOME_LATER});
}

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
    h->m.inflight.queue = m->queue;
    h->m.inflight.receive_count = m->receives;
    inflight_init(&h->m.inflight, SPAN(""), w->now);
    h->next_all = r->all;
    r->all = h;
    if (w->bug != BUG_FORGET) {
        replica_hold(w, e->replica, h);
    }
    if (r->draining) { /* received with the last response: no lane will start it */
        give_back(w, e->replica, h);
        return;
    }
    *r->waiting_last = h;
    r->waiting_last = &h->next_waiting;
    r->waiting++;
    replica_lanes_take(w, e->replica);
    replica_poll(w, e->replica);
}

/* A graceful shutdown: no more receives, waiting messages are returned, and the others finish. */
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
        give_back(w, at, h);
    }
    r->waiting_last = &r->waiting_first;
    r->waiting = 0;
}
