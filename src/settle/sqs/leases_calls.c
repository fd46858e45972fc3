/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leases_calls.c - the next call to SQS, and its results.
 *
 * The lease of a message that is to be deleted is extended until SQS has answered the delete,
 * because otherwise the message would reappear and be read twice. The lease of a message that is to
 * be made visible is not extended: if the call fails, the message reappears when its lease expires,
 * and nothing is lost.
 */
#include "leases_priv.h"

static void batch_add(struct lease_batch *batch, struct lease *l, int visibility_s)
{
    leases_lift(l);
    l->in_call = true;
    batch->visibility_s[batch->count] = visibility_s;
    batch->leases[batch->count] = l;
    batch->count++;
}

/* Take the leases that are due, and fill the batch with those that are due soon. */
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

/* The longest extension that SQS allows: the 12 hours count from the receive. */
static int change_s(const struct lease *l, int64_t now)
{
    int64_t left = (l->received_ms + LEASE_HOLD_MAX_MS - now) / 1000 - 5;
    return l->delay_s < left ? l->delay_s : (int)(left > 0 ? left : 0);
}

/* When the ends are due: immediately if they fill a call, else after a short wait for more. */
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

/*
 * Take changes that waited beyond the end of their lease: another consumer may have received the
 * message.
 */
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
    struct queue_leases *q = queue_at(b, at);
    *out = (struct lease_batch){.call = LEASE_CALL_NONE, .queue = at, .asked_ms = now};
    take_late(q, now, out);
    if (out->count != 0) {
        return true;
    }
    if (now < q->not_before_ms) {
        return false;
    }
    leases_find_expired(b, q, now);
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
    size_t count = stable_count(&b->queues);
    for (size_t i = 0; i < count; i++) {
        size_t at = (b->turn + i) % count;
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
    const struct queue_leases *q = queue_at(b, l->queue);
    int64_t asked_for_ms = (int64_t)batch->visibility_s[i] * 1000; /* may have changed since */
    switch ((int)batch->kinds[i]) {
    case FAIL_NONE:
        l->until_ms = batch->asked_ms + asked_for_ms - margin_ms(asked_for_ms);
        l->due_ms = batch->asked_ms + q->beat_ms;
        break;
    case FAIL_LOST:
        leases_found(b, l, LEASE_LOST);
        break;
    case FAIL_LIMIT: /* 12 hours after the receive: valid until then, and not longer */
        l->due_ms = l->until_ms;
        if (l->loss == LEASE_OURS) {
            leases_found(b, l, LEASE_TOO_LONG);
        }
        break;
    default: /* retry soon, while the lease is valid */
        l->due_ms = now + margin_ms(asked_for_ms);
        l->due_ms = l->due_ms < l->until_ms ? l->due_ms : l->until_ms;
        break;
    }
}

/*
 * Process the result of an end. True: the lease is over: deleted, changed, lost, or failed too
 * often.
 */
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
        queue_answered(queue_at(b, batch->queue), whole, now, rng);
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
            /* Lost, and ended meanwhile: only a delete is attempted (rule 16). */
            batch->over[i] = l->loss == LEASE_LOST && l->ending && l->how == LEASE_CHANGE;
        } else {
            batch->over[i] = end_answered(l, batch->kinds[i], now);
        }
        if (batch->over[i]) {
            leases_over(b, l);
        } else {
            leases_place(b, l);
        }
    }
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
    for (size_t i = 0; i < stable_count(&b->queues); i++) {
        int64_t due = queue_due_ms(b, queue_at(b, i));
        if (due != INT64_MAX && due - now < wait) {
            wait = due - now;
        }
    }
    return wait > 0 ? (int)wait : 0;
}
