/* SPDX-License-Identifier: Apache-2.0 */
/* leases.c - the lease book: held, ending and lost leases. */
#include "leases_priv.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

struct leases *leases_new(size_t queues)
{
    struct leases *b = mem_zeros(1, sizeof(*b));
    b->queues = (struct stable)STABLE_INIT(sizeof(struct queue_leases));
    list_init(&b->found);
    for (size_t i = 0; i < queues; i++) {
        leases_queue(b, i, 120, 0);
    }
    return b;
}

void leases_free(struct leases *b)
{
    if (b == NULL) {
        return;
    }
    stable_done(&b->queues);
    free(b);
}

static void add_queue(struct leases *b)
{
    struct queue_leases *q = stable_prepare(&b->queues);
    list_init(&q->beats);
    list_init(&q->ends[LEASE_DELETE]);
    list_init(&q->ends[LEASE_CHANGE]);
    stable_publish(&b->queues);
}

void leases_queue(struct leases *b, size_t queue, int visibility_s, int heartbeat_s)
{
    if (queue == stable_count(&b->queues)) {
        add_queue(b);
    }
    struct queue_leases *q = queue_at(b, queue);
    q->visibility_ms = (int64_t)visibility_s * 1000;
    q->beat_ms = heartbeat_s != 0 ? (int64_t)heartbeat_s * 1000 : q->visibility_ms / 3;
}

static int64_t hold_end_ms(const struct queue_leases *q, const struct lease *l)
{
    return l->received_ms + LEASE_HOLD_MAX_MS - 2 * q->visibility_ms;
}

/* Insert sorted by due_ms; nearly always at the end. */
static void beats_insert(struct queue_leases *q, struct lease *l)
{
    struct lease_link *at = q->beats.prev;
    while (at != &q->beats && of_beat(at)->due_ms > l->due_ms) {
        at = at->prev;
    }
    link_behind(at, &l->beat);
}

/* Insert sorted by ended_ms, which for a retry is the time when it is due. */
static void ends_insert(struct queue_leases *q, struct lease *l)
{
    struct lease_link *at = q->ends[l->how].prev;
    while (at != &q->ends[l->how] && of_end(at)->ended_ms > l->ended_ms) {
        at = at->prev;
    }
    link_behind(at, &l->end);
}

/* Put a lease that is in no list into those it belongs to. */
void leases_place(struct leases *b, struct lease *l)
{
    struct queue_leases *q = queue_at(b, l->queue);
    if (l->in_call) {
        return;
    }
    if (l->ending && l->end.next == NULL) {
        ends_insert(q, l);
    }
    bool beats = l->loss != LEASE_LOST && !(l->ending && l->how == LEASE_CHANGE);
    if (beats && l->beat.next == NULL) {
        beats_insert(q, l);
    }
}

void leases_lift(struct lease *l)
{
    (void)unlink_it(&l->beat);
    (void)unlink_it(&l->end);
}

static bool is_returning(const struct lease *l)
{
    return l->ending && l->how == LEASE_CHANGE;
}

void leases_over(struct leases *b, struct lease *l)
{
    leases_lift(l);
    b->count--;
    queue_at(b, l->queue)->count--;
    queue_at(b, l->queue)->returning -= is_returning(l);
}

void leases_add(struct leases *b, struct lease *l, size_t queue, const char *handle, int64_t now)
{
    struct queue_leases *q = queue_at(b, queue);
    *l = (struct lease){
        .handle = handle,
        .queue = queue,
        .received_ms = now,
        .until_ms = now + q->visibility_ms - margin_ms(q->visibility_ms),
        .due_ms = now + q->beat_ms,
    };
    b->count++;
    q->count++;
    leases_place(b, l);
}

bool leases_end(struct leases *b, struct lease *l, enum lease_end how, int delay_s, int64_t now)
{
    assert(!l->ending);
    l->ending = true;
    l->how = how;
    l->delay_s = delay_s;
    l->ended_ms = now;
    l->reported = true; /* the caller ends it, so it knows */
    (void)unlink_it(&l->beat);
    queue_at(b, l->queue)->returning += is_returning(l);
    if (l->loss == LEASE_LOST && how == LEASE_CHANGE && !l->in_call) {
        leases_over(b, l);
        return true;
    }
    leases_place(b, l);
    return false;
}

/* No further heartbeat (rule 16); leases_lost returns it. */
void leases_found(struct leases *b, struct lease *l, enum lease_loss loss)
{
    l->loss = loss;
    (void)unlink_it(&l->beat);
    if (!l->reported) {
        link_behind(b->found.prev, &l->beat);
    }
}

/* Find expired leases. They are due, so they are at the head of the list. */
void leases_find_expired(struct leases *b, struct queue_leases *q, int64_t now)
{
    struct lease_link *k = q->beats.next;
    while (k != &q->beats && of_beat(k)->due_ms <= now) {
        struct lease *l = of_beat(k);
        k = k->next;
        if (now >= l->until_ms) {
            leases_found(b, l, LEASE_LOST);
        } else if (now >= hold_end_ms(q, l) && l->loss == LEASE_OURS && !l->ending) {
            leases_found(b, l, LEASE_TOO_LONG);
        }
    }
}

struct lease *leases_lost(struct leases *b, int64_t now)
{
    for (size_t i = 0; i < stable_count(&b->queues); i++) {
        leases_find_expired(b, queue_at(b, i), now);
    }
    if (list_empty(&b->found)) {
        return NULL;
    }
    struct lease *l = of_beat(b->found.next);
    (void)unlink_it(&l->beat);
    l->reported = true;
    leases_place(b, l); /* LEASE_TOO_LONG: held until its lane has stopped */
    return l;
}

struct lease *leases_any(struct leases *b)
{
    for (size_t i = 0; i < stable_count(&b->queues); i++) {
        struct lease_link *head = &queue_at(b, i)->beats;
        for (struct lease_link *k = head->next; k != head; k = k->next) {
            if (!of_beat(k)->ending) {
                return of_beat(k);
            }
        }
    }
    return NULL;
}

struct lease *leases_pop(struct leases *b)
{
    struct lease *l = NULL;
    if (!list_empty(&b->found)) {
        l = of_beat(b->found.next);
    }
    for (size_t i = 0; i < stable_count(&b->queues) && l == NULL; i++) {
        struct queue_leases *q = queue_at(b, i);
        if (!list_empty(&q->beats)) {
            l = of_beat(q->beats.next);
        } else if (!list_empty(&q->ends[LEASE_DELETE])) {
            l = of_end(q->ends[LEASE_DELETE].next);
        } else if (!list_empty(&q->ends[LEASE_CHANGE])) {
            l = of_end(q->ends[LEASE_CHANGE].next);
        }
    }
    if (l != NULL) {
        leases_over(b, l);
    }
    return l;
}

void leases_hurry(struct leases *b)
{
    b->hurry = true;
}

bool leases_queue_well(const struct leases *b, size_t queue, int64_t now)
{
    const struct queue_leases *q = queue_at(b, queue);
    return q->failed < ILL_AFTER || now >= q->not_before_ms + BACKOFF_MAX_MS;
}

size_t leases_count(const struct leases *b)
{
    return b->count;
}

size_t leases_queue_count(const struct leases *b, size_t queue)
{
    return queue_at(b, queue)->count;
}

size_t leases_queue_returning(const struct leases *b, size_t queue)
{
    return queue_at(b, queue)->returning;
}

size_t leases_queue_deletes(const struct leases *b, size_t queue)
{
    size_t n = 0;
    const struct lease_link *head = &queue_at(b, queue)->ends[LEASE_DELETE];
    for (const struct lease_link *k = head->next; k != head; k = k->next) {
        n++;
    }
    return n;
}
