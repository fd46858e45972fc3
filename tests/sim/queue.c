/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.c - a model of SQS as documented: a message is delivered at least once, sometimes twice,
 * sometimes after its delete; only the latest receipt handle is certain to work; a message that was
 * received too often is moved to the dead-letter queue; a request may succeed although its response
 * is lost.
 */
#include "sim.h"

#include <stdlib.h>

void queue_look(struct world *w, size_t message)
{
    struct event *e = world_at(w, w->messages[message].visible_ms, EVENT_VISIBLE, 0);
    e->index = message;
}

/* Without faults no message may become visible while a replica holds it. */
static void check_not_held(struct world *w, size_t message)
{
    for (size_t i = 0; i < w->replica_count; i++) {
        if (!w->replicas[i].alive) {
            continue;
        }
        for (const struct held *h = w->replicas[i].all; h != NULL; h = h->next_all) {
            if (h->message == message && h->undisturbed && !h->m.lease.ending && !h->told_lost &&
                h->handle == w->messages[message].handle) {
                world_fail(w, "a held message ran out without any fault");
            }
        }
    }
}

static void give(struct world *w, size_t replica, size_t message)
{
    struct message *m = &w->messages[message];
    m->receives++;
    m->handle++;
    m->given_ms = w->now;
    m->visible_ms = w->now + VISIBILITY_S * 1000;
    queue_look(w, message);
    w->replicas[replica].polling[m->queue] = false;
    world_say(w, "message %zu to replica %zu, receive %u", message, replica, m->receives);
    if (world_faulty(w) && world_chance(w, w->fault / 2)) {
        struct event *again = world_at(w, w->now + 1000, EVENT_POLL, replica);
        again->life = w->replicas[replica].life; /* the response was lost */
        return;
    }
    struct event *e = world_at(w, w->now + world_between(w, 2, 80), EVENT_RECEIVED, replica);
    e->index = message;
    e->extra = m->handle;
    e->life = w->replicas[replica].life;
}

/* Deliver one message to a waiting poll, and sometimes a second time. */
static bool offer(struct world *w, size_t message)
{
    struct message *m = &w->messages[message];
    size_t first = (size_t)world_between(w, 0, (int64_t)w->replica_count - 1);
    for (size_t i = 0; i < w->replica_count; i++) {
        size_t at = (first + i) % w->replica_count;
        struct replica *r = &w->replicas[at];
        /* A frozen replica may have an open poll. It reads the response when it continues. */
        bool there = r->frozen_until <= w->now || world_chance(w, 50);
        if (r->alive && r->polling[m->queue] && there) {
            give(w, at, message);
            return true;
        }
    }
    return false;
}

static bool visible(const struct world *w, const struct message *m)
{
    return !m->deleted && !m->dead && m->visible_ms <= w->now;
}

static bool too_often(struct world *w, size_t message)
{
    struct message *m = &w->messages[message];
    if (m->max_receives != 0 && m->receives >= m->max_receives) {
        m->dead = true;
        world_say(w, "message %zu to the dead-letter queue", message);
    }
    return m->dead;
}

void queue_visible(struct world *w, size_t message)
{
    struct message *m = &w->messages[message];
    if (!visible(w, m)) {
        return; /* extended, deleted, or already delivered */
    }
    if (m->receives != 0) {
        check_not_held(w, message);
    }
    if (!too_often(w, message)) {
        (void)offer(w, message);
    }
}

void queue_poll(struct world *w, size_t replica, size_t queue)
{
    w->replicas[replica].polling[queue] = true;
    for (size_t i = 0; i < w->message_count; i++) {
        struct message *m = &w->messages[i];
        if (m->queue != queue || !w->replicas[replica].polling[queue]) {
            continue;
        }
        bool twice = world_faulty(w) && !m->dead && m->receives != 0 && world_chance(w, 2);
        if (visible(w, m) || twice) {
            if (!too_often(w, i)) {
                give(w, replica, i);
            }
        }
    }
}

static void check_delete(struct world *w, size_t message)
{
    const struct message *m = &w->messages[message];
    for (size_t o = 0; o < m->objects; o++) {
        for (size_t r = 0; r < m->records; r++) {
            if (!m->in_kafka[o][r]) {
                world_fail(w, "deleted before all of it was in Kafka");
            }
        }
    }
}

static enum err_kind delete_one(struct world *w, size_t message, unsigned handle)
{
    struct message *m = &w->messages[message];
    if (handle != m->handle && world_chance(w, 50)) {
        return world_chance(w, 50) ? FAIL_NONE : FAIL_LOST; /* an old handle may have no effect */
    }
    if (!m->deleted) {
        check_delete(w, message);
        world_say(w, "message %zu deleted", message);
    }
    m->deleted = true;
    return FAIL_NONE;
}

static enum err_kind change_one(struct world *w, size_t message, unsigned handle, int visibility_s)
{
    struct message *m = &w->messages[message];
    if (m->deleted || m->dead || handle != m->handle || m->visible_ms <= w->now) {
        return FAIL_LOST;
    }
    m->visible_ms = w->now + (int64_t)visibility_s * 1000;
    world_say(w, "message %zu hidden for %d s", message, visibility_s);
    queue_look(w, message);
    return FAIL_NONE;
}

void queue_call(struct world *w, struct event *e)
{
    struct call *c = e->call;
    for (size_t i = 0; i < c->count; i++) {
        if (world_faulty(w) && world_chance(w, w->fault / 4)) {
            c->kinds[i] = FAIL_AGAIN;
        } else if (c->call == LEASE_CALL_DELETE) {
            c->kinds[i] = delete_one(w, c->messages[i], c->handles[i]);
        } else {
            c->kinds[i] = change_one(w, c->messages[i], c->handles[i], c->visibility_s[i]);
        }
    }
    int64_t wait = c->answer_lost ? 30000 : world_between(w, 1, 100);
    if (c->answer_lost) {
        c->whole = FAIL_AGAIN;
    }
    struct event *answer = world_at(w, w->now + wait, EVENT_ANSWER, e->replica);
    answer->call = c;
    answer->life = e->life;
    e->call = NULL;
}
