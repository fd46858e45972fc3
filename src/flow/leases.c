/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leases.c - two kinds of lists per queue: `beats`, sorted by the time of the next
 * heartbeat, and `ends`, one for deletes, one for changes. A lease in a call is in none of
 * them, so no second call can name it; the answer puts it back where it belongs by then.
 *
 * A message to be deleted is prolonged until SQS has answered the delete: else it would show
 * up again and be read twice. One to be made visible is not: if SQS cannot be told the delay it
 * shows up when the lease runs out, which loses nothing.
 */
#include "flow/leases.h"

#include <assert.h>
#include <stdlib.h>

enum {
    BACKOFF_FIRST_MS = 500,
    BACKOFF_MAX_MS = 15 * 1000,
    ILL_AFTER = 3, /* failed calls in a row */
};

struct queue_leases {
    struct lease_link beats;
    struct lease_link ends[2]; /* by enum lease_end */
    int64_t visibility_ms;
    int64_t beat_ms;
    int64_t not_before_ms; /* after a failed call */
    unsigned failed;       /* calls in a row */
};

struct leases {
    struct queue_leases *queues;
    size_t queue_count;
    size_t turn;
    size_t count;
    struct lease_link found; /* lost or too long, not told yet; by their `beat` */
    bool hurry;
};

static struct lease *of_beat(struct lease_link *k)
{
    return (struct lease *)(void *)((char *)k - offsetof(struct lease, beat));
}

static struct lease *of_end(struct lease_link *k)
{
    return (struct lease *)(void *)((char *)k - offsetof(struct lease, end));
}

static void list_init(struct lease_link *head)
{
    head->prev = head->next = head;
}

static bool list_empty(const struct lease_link *head)
{
    return head->next == head;
}

static void link_behind(struct lease_link *where, struct lease_link *k)
{
    k->prev = where;
    k->next = where->next;
    where->next->prev = k;
    where->next = k;
}

/* True if it was in a list. */
static bool unlink_it(struct lease_link *k)
{
    if (k->next == NULL) {
        return false;
    }
    k->prev->next = k->next;
    k->next->prev = k->prev;
    k->prev = k->next = NULL;
    return true;
}

struct leases *leases_new(size_t queues)
{
    struct leases *b = calloc(1, sizeof(*b));
    struct queue_leases *q = calloc(queues != 0 ? queues : 1, sizeof(*q));
    if (b == NULL || q == NULL) {
        abort();
    }
    b->queues = q;
    b->queue_count = queues;
    list_init(&b->found);
    for (size_t i = 0; i < queues; i++) {
        list_init(&q[i].beats);
        list_init(&q[i].ends[LEASE_DELETE]);
        list_init(&q[i].ends[LEASE_CHANGE]);
        leases_queue(b, i, 120, 0);
    }
    return b;
}

void leases_free(struct leases *b)
{
    if (b == NULL) {
        return;
    }
    free(b->queues);
    free(b);
}

void leases_queue(struct leases *b, size_t queue, int visibility_s, int heartbeat_s)
{
    struct queue_leases *q = &b->queues[queue];
    q->visibility_ms = (int64_t)visibility_s * 1000;
    q->beat_ms = heartbeat_s != 0 ? (int64_t)heartbeat_s * 1000 : q->visibility_ms / 3;
}

/* What the network may have eaten of the time SQS gave. */
static int64_t margin_ms(const struct queue_leases *q)
{
    return q->visibility_ms / 24;
}

static int64_t hold_end_ms(const struct queue_leases *q, const struct lease *l)
{
    return l->received_ms + LEASE_HOLD_MAX_MS - 2 * q->visibility_ms;
}

/* Sorted by due_ms; nearly always the new one is the last. */
static void beats_insert(struct queue_leases *q, struct lease *l)
{
    struct lease_link *at = q->beats.prev;
    while (at != &q->beats && of_beat(at)->due_ms > l->due_ms) {
        at = at->prev;
    }
    link_behind(at, &l->beat);
}

/* Sorted by ended_ms: one to be tried again stands where its next try is due. */
static void ends_insert(struct queue_leases *q, struct lease *l)
{
    struct lease_link *at = q->ends[l->how].prev;
    while (at != &q->ends[l->how] && of_end(at)->ended_ms > l->ended_ms) {
        at = at->prev;
    }
    link_behind(at, &l->end);
}

/* Put a lease which is in no list into those it belongs to. */
static void lease_place(struct leases *b, struct lease *l)
{
    struct queue_leases *q = &b->queues[l->queue];
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

static void lease_lift(struct lease *l)
{
    (void)unlink_it(&l->beat);
    (void)unlink_it(&l->end);
}

static void lease_over(struct leases *b, struct lease *l)
{
    lease_lift(l);
    b->count--;
}

void leases_add(struct leases *b, struct lease *l, size_t queue, const char *handle, int64_t now)
{
    assert(queue < b->queue_count);
    const struct queue_leases *q = &b->queues[queue];
    *l = (struct lease){
        .handle = handle,
        .queue = queue,
        .received_ms = now,
        .until_ms = now + q->visibility_ms - margin_ms(q),
        .due_ms = now + q->beat_ms,
    };
    b->count++;
    lease_place(b, l);
}

bool leases_end(struct leases *b, struct lease *l, enum lease_end how, int delay_s, int64_t now)
{
    assert(!l->ending);
    l->ending = true;
    l->how = how;
    l->delay_s = delay_s;
    l->ended_ms = now;
    l->told = true; /* who ended it need not hear more */
    (void)unlink_it(&l->beat);
    if (l->loss == LEASE_LOST && how == LEASE_CHANGE && !l->in_call) {
        lease_over(b, l);
        return true;
    }
    lease_place(b, l);
    return false;
}

/* The lease is gone, or must go: no heartbeat any more, and who works on it shall hear. */
static void lease_found(struct leases *b, struct lease *l, enum lease_loss loss)
{
    l->loss = loss;
    (void)unlink_it(&l->beat);
    if (!l->told) {
        link_behind(b->found.prev, &l->beat);
    }
}

/* Those which the time took: they are due, so they are at the head of the list. */
static void find_expired(struct leases *b, struct queue_leases *q, int64_t now)
{
    struct lease_link *k = q->beats.next;
    while (k != &q->beats && of_beat(k)->due_ms <= now) {
        struct lease *l = of_beat(k);
        k = k->next;
        if (now >= l->until_ms) {
            lease_found(b, l, LEASE_LOST);
        } else if (now >= hold_end_ms(q, l) && l->loss == LEASE_OURS && !l->ending) {
            lease_found(b, l, LEASE_TOO_LONG);
        }
    }
}

struct lease *leases_lost(struct leases *b, int64_t now)
{
    for (size_t i = 0; i < b->queue_count; i++) {
        find_expired(b, &b->queues[i], now);
    }
    if (list_empty(&b->found)) {
        return NULL;
    }
    struct lease *l = of_beat(b->found.next);
    (void)unlink_it(&l->beat);
    l->told = true;
    lease_place(b, l); /* TOO_LONG: held on, until its worker has stopped */
    return l;
}

static void batch_add(struct lease_batch *batch, struct lease *l, int visibility_s)
{
    lease_lift(l);
    l->in_call = true;
    batch->visibility_s[batch->count] = visibility_s;
    batch->leases[batch->count] = l;
    batch->count++;
}

/* Due ones, filled up with those that would be due soon. */
static void take_beats(struct queue_leases *q, int64_t now, struct lease_batch *out)
{
    struct lease_link *k = q->beats.next;
    if (k == &q->beats || of_beat(k)->due_ms > now) {
        return;
    }
    while (k != &q->beats && out->count < LEASE_BATCH) {
        struct lease *l = of_beat(k);
        k = k->next;
        if (l->due_ms > now + q->beat_ms / 4) {
            break;
        }
        batch_add(out, l, (int)(q->visibility_ms / 1000));
    }
}

/* What may still be asked for: 12 hours count from the receive. */
static int change_s(const struct lease *l, int64_t now)
{
    int64_t left = (l->received_ms + LEASE_HOLD_MAX_MS - now) / 1000 - 5;
    return l->delay_s < left ? l->delay_s : (int)(left > 0 ? left : 0);
}

/* When the ends must be told: at once if they fill a call, else after a short wait for more. */
static int64_t ends_due_ms(const struct leases *b, const struct queue_leases *q, enum lease_end how)
{
    if (list_empty(&q->ends[how])) {
        return INT64_MAX;
    }
    int64_t linger = of_end(q->ends[how].next)->ended_ms + (b->hurry ? 0 : LEASE_LINGER_MS);
    struct lease_link *k = q->ends[how].next;
    for (size_t n = 1; n < LEASE_BATCH; n++) {
        k = k->next;
        if (k == &q->ends[how]) {
            return linger;
        }
    }
    int64_t full = of_end(k)->ended_ms;
    return full < linger ? full : linger;
}

/* Changes that waited past the end of their lease: the message may be another's by now. */
static void take_late(struct queue_leases *q, int64_t now, struct lease_batch *out)
{
    struct lease_link *k = q->ends[LEASE_CHANGE].next;
    while (k != &q->ends[LEASE_CHANGE] && out->count < LEASE_BATCH) {
        struct lease *l = of_end(k);
        k = k->next;
        if (now >= l->until_ms) {
            batch_add(out, l, 0);
        }
    }
}

static void take_ends(struct queue_leases *q, enum lease_end how, int64_t now,
                      struct lease_batch *out)
{
    struct lease_link *k = q->ends[how].next;
    while (k != &q->ends[how] && out->count < LEASE_BATCH) {
        struct lease *l = of_end(k);
        k = k->next;
        if (l->ended_ms > now) {
            break;
        }
        batch_add(out, l, change_s(l, now));
    }
}

static bool queue_next(struct leases *b, size_t at, int64_t now, struct lease_batch *out)
{
    struct queue_leases *q = &b->queues[at];
    *out = (struct lease_batch){.call = LEASE_CALL_NONE, .queue = at, .asked_ms = now};
    take_late(q, now, out);
    if (out->count != 0) {
        return true;
    }
    if (now < q->not_before_ms) {
        return false;
    }
    find_expired(b, q, now);
    out->call = LEASE_CALL_BEAT;
    take_beats(q, now, out);
    if (out->count == 0 && ends_due_ms(b, q, LEASE_DELETE) <= now) {
        out->call = LEASE_CALL_DELETE;
        take_ends(q, LEASE_DELETE, now, out);
    }
    if (out->count == 0 && ends_due_ms(b, q, LEASE_CHANGE) <= now) {
        out->call = LEASE_CALL_CHANGE;
        take_ends(q, LEASE_CHANGE, now, out);
    }
    return out->count != 0;
}

bool leases_next(struct leases *b, int64_t now, struct lease_batch *out)
{
    for (size_t i = 0; i < b->queue_count; i++) {
        size_t at = (b->turn + i) % b->queue_count;
        if (queue_next(b, at, now, out)) {
            b->turn = at + 1;
            return true;
        }
    }
    return false;
}

static void beat_answered(struct leases *b, const struct lease_batch *batch, size_t i, int64_t now)
{
    struct lease *l = batch->leases[i];
    const struct queue_leases *q = &b->queues[l->queue];
    switch ((int)batch->kinds[i]) {
    case FAIL_NONE:
        l->until_ms = batch->asked_ms + q->visibility_ms - margin_ms(q);
        l->due_ms = batch->asked_ms + q->beat_ms;
        break;
    case FAIL_LOST:
        lease_found(b, l, LEASE_LOST);
        break;
    case FAIL_LIMIT: /* the 12 hours are over: ours until then, and no more */
        l->due_ms = l->until_ms;
        if (l->loss == LEASE_OURS) {
            lease_found(b, l, LEASE_TOO_LONG);
        }
        break;
    default: /* soon again, while it is ours */
        l->due_ms = now + margin_ms(q);
        l->due_ms = l->due_ms < l->until_ms ? l->due_ms : l->until_ms;
        break;
    }
}

/* True if the lease is over: deleted, changed, no longer ours, or refused too often. */
static bool end_answered(struct lease *l, enum err_kind kind, int64_t now)
{
    if (kind == FAIL_NONE || kind == FAIL_LOST || kind == FAIL_LIMIT) {
        return true;
    }
    if (l->loss == LEASE_LOST || now >= l->until_ms) {
        return true;
    }
    bool passing = kind == FAIL_AGAIN || kind == FAIL_THROTTLED;
    if (!passing && ++l->refused >= LEASE_REFUSED_MAX) {
        return true;
    }
    l->ended_ms = now + BACKOFF_FIRST_MS;
    return false;
}

static void queue_answered(struct queue_leases *q, enum err_kind whole, int64_t now,
                           struct rng *rng)
{
    if (whole == FAIL_NONE) {
        q->failed = 0;
        return;
    }
    int64_t most = BACKOFF_FIRST_MS;
    for (unsigned n = 0; n < q->failed && most < BACKOFF_MAX_MS; n++) {
        most *= 2;
    }
    most = most < BACKOFF_MAX_MS ? most : BACKOFF_MAX_MS;
    q->not_before_ms = now + most / 2 + (int64_t)rng_below(rng, (uint64_t)most / 2 + 1);
    q->failed++;
}

void leases_answered(struct leases *b, struct lease_batch *batch, enum err_kind whole, int64_t now,
                     struct rng *rng)
{
    if (batch->call != LEASE_CALL_NONE) {
        queue_answered(&b->queues[batch->queue], whole, now, rng);
    }
    for (size_t i = 0; i < batch->count; i++) {
        struct lease *l = batch->leases[i];
        l->in_call = false;
        if (whole != FAIL_NONE) {
            batch->kinds[i] = whole;
        }
        if (batch->call == LEASE_CALL_NONE) {
            batch->kinds[i] = FAIL_LOST;
            batch->over[i] = true;
        } else if (batch->call == LEASE_CALL_BEAT) {
            beat_answered(b, batch, i, now);
            /* A lost one whose end came meanwhile, not a delete: nothing is left to do. */
            batch->over[i] = l->loss == LEASE_LOST && l->ending && l->how == LEASE_CHANGE;
        } else {
            batch->over[i] = end_answered(l, batch->kinds[i], now);
        }
        if (batch->over[i]) {
            lease_over(b, l);
        } else {
            lease_place(b, l);
        }
    }
}

struct lease *leases_any(struct leases *b)
{
    for (size_t i = 0; i < b->queue_count; i++) {
        struct lease_link *head = &b->queues[i].beats;
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
    for (size_t i = 0; i < b->queue_count && l == NULL; i++) {
        struct queue_leases *q = &b->queues[i];
        if (!list_empty(&q->beats)) {
            l = of_beat(q->beats.next);
        } else if (!list_empty(&q->ends[LEASE_DELETE])) {
            l = of_end(q->ends[LEASE_DELETE].next);
        } else if (!list_empty(&q->ends[LEASE_CHANGE])) {
            l = of_end(q->ends[LEASE_CHANGE].next);
        }
    }
    if (l != NULL) {
        lease_over(b, l);
    }
    return l;
}

void leases_hurry(struct leases *b)
{
    b->hurry = true;
}

static int64_t queue_due_ms(const struct leases *b, const struct queue_leases *q)
{
    int64_t due = INT64_MAX;
    if (!list_empty(&q->beats)) {
        due = of_beat(q->beats.next)->due_ms;
    }
    for (int how = LEASE_DELETE; how <= LEASE_CHANGE; how++) {
        int64_t at = ends_due_ms(b, q, (enum lease_end)how);
        due = at < due ? at : due;
    }
    return due > q->not_before_ms ? due : q->not_before_ms;
}

int leases_wait_ms(const struct leases *b, int64_t now, int most_ms)
{
    int64_t wait = list_empty(&b->found) ? most_ms : 0;
    for (size_t i = 0; i < b->queue_count; i++) {
        int64_t due = queue_due_ms(b, &b->queues[i]);
        if (due != INT64_MAX && due - now < wait) {
            wait = due - now;
        }
    }
    return wait > 0 ? (int)wait : 0;
}

bool leases_queue_well(const struct leases *b, size_t queue, int64_t now)
{
    const struct queue_leases *q = &b->queues[queue];
    return q->failed < ILL_AFTER || now >= q->not_before_ms + BACKOFF_MAX_MS;
}

size_t leases_count(const struct leases *b)
{
    return b->count;
}
