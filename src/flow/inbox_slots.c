/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inbox_slots.c - the slots of polls, and which received messages may wait.
 *
 * A poll for one message costs nearly as much as one for ten. While lanes take the messages of a
 * queue one by one, its slots become free one by one. So a poll of a queue of one class waits until
 * it may request all that it wants, or as many messages as the queue has waiting: then lanes still
 * have half of the queue's messages while it is under way. The polls of a queue of several classes
 * do not wait, since messages of a class without any may be next in that queue.
 */
#include "inbox_priv.h"

#include "base/lock.h"
#include "base/share.h"

#include <assert.h>

/* The number of shared slots among `count` slots of a queue. */
static size_t shared_slots(size_t count)
{
    return count > 1 ? count - 1 : 0;
}

static size_t slots_of(const struct queue_use *q)
{
    return q->reserved + q->waiting;
}

/* Update the totals after the queue's counts changed. before: its slots_of before the change. */
static void recount_locked(struct inbox *i, const struct queue_use *q, size_t before)
{
    i->shared.taken = i->shared.taken - shared_slots(before) + shared_slots(slots_of(q));
}

void inbox_count_waiting_locked(struct inbox *i, size_t queue, int change)
{
    struct queue_use *q = &i->shared.queues[queue];
    size_t before = slots_of(q);
    q->waiting += (size_t)change;
    recount_locked(i, q, before);
}

static void free_reserved_locked(struct inbox *i, size_t queue, size_t count)
{
    struct queue_use *q = &i->shared.queues[queue];
    size_t before = slots_of(q);
    assert(count <= q->reserved);
    q->reserved -= count;
    recount_locked(i, q, before);
}

/* ---- polls ---- */

/* Whether the queue's poll may receive one message more than the `granted` ones. */
static bool one_more_locked(const struct inbox *i, const struct queue_use *q, size_t granted)
{
    size_t has = slots_of(q) + granted;
    if (has == 0) {
        return true; /* its own slot is free */
    }
    size_t taken = i->shared.taken + shared_slots(has) - shared_slots(slots_of(q));
    size_t counted = q->mixed ? q->reserved + granted : has;
    return share_allows(i->s.slots, taken, shared_slots(counted), 1);
}

static size_t open_slots_locked(const struct inbox *i, const struct queue_use *q, size_t want)
{
    size_t open = 0;
    while (open < want && one_more_locked(i, q, open)) {
        open++;
    }
    return open;
}

/* Whether a poll for so many messages is to wait for more slots. */
static bool is_early(const struct queue_use *q, size_t open, size_t want)
{
    return !q->mixed && open != 0 && open < want && open < q->waiting;
}

/* True if a poll was refused a slot and should request it again. */
static bool take_refused_locked(struct inbox *i)
{
    bool tell = i->shared.refused;
    i->shared.refused = false;
    return tell && i->s.freed != NULL;
}

bool inbox_tell_locked(struct inbox *i, size_t queue)
{
    struct queue_use *q = &i->shared.queues[queue];
    if (q->early_want != 0 && !is_early(q, open_slots_locked(i, q, q->early_want), q->early_want)) {
        q->early_want = 0;
        i->shared.refused = true;
    }
    return take_refused_locked(i);
}

size_t inbox_reserve(struct inbox *i, size_t queue, size_t only, size_t want)
{
    size_t granted = 0;
    mutex_lock(&i->shared.lock);
    struct queue_use *q = &i->shared.queues[queue];
    q->mixed = only == INBOX_MIXED;
    q->early_want = 0;
    size_t bytes = q->mixed ? 0 : inbox_class_locked(i, only)->bytes;
    if (!i->shared.stopped &&
        (q->waiting == 0 || share_allows(i->s.bytes, i->shared.bytes, bytes, 1))) {
        granted = open_slots_locked(i, q, want);
    }
    if (is_early(q, granted, want)) {
        q->early_want = want;
        granted = 0;
    } else if (granted < want) {
        i->shared.refused = true;
    }
    size_t before = slots_of(q);
    q->reserved += granted;
    recount_locked(i, q, before);
    mutex_unlock(&i->shared.lock);
    return granted;
}

void inbox_unreserve(struct inbox *i, size_t queue, size_t count)
{
    if (count == 0) {
        return;
    }
    mutex_lock(&i->shared.lock);
    free_reserved_locked(i, queue, count);
    bool tell = take_refused_locked(i);
    mutex_unlock(&i->shared.lock);
    if (tell) {
        i->s.freed(i->s.ctx);
    }
}

/* ---- received messages ---- */

/* On a queue of one class the poll was already limited. */
static bool over_share_locked(struct inbox *i, const struct inflight *m)
{
    const struct sched_class *c = inbox_class_locked(i, m->sched_class);
    bool fits = share_allows(i->s.bytes, i->shared.bytes, c->bytes, m->body_bytes);
    bool has_slot = !i->shared.queues[m->queue].mixed ||
                    share_allows(i->s.slots, i->shared.taken, c->waiting, 1);
    return c->waiting != 0 && (!fits || !has_slot);
}

bool inbox_put(struct inbox *i, struct inflight *m, bool must)
{
    bool tell = false;
    bool call = false;
    mutex_lock(&i->shared.lock);
    bool refuse = !must && over_share_locked(i, m);
    free_reserved_locked(i, m->queue, 1);
    if (refuse) {
        tell = take_refused_locked(i);
    } else {
        inbox_push_locked(i, m);
        call = inbox_call_locked(i);
    }
    mutex_unlock(&i->shared.lock);
    if (call) {
        inbox_wake(i);
    }
    if (tell) {
        i->s.freed(i->s.ctx);
    }
    return !refuse;
}

static bool has_room_locked(struct inbox *i, const struct inflight *m)
{
    const struct sched_class *c = inbox_class_locked(i, m->sched_class);
    return share_allows(i->s.slots, i->shared.taken, c->waiting, 1) &&
           share_allows(i->s.bytes, i->shared.bytes, c->bytes, m->body_bytes);
}

bool inbox_offer(struct inbox *i, struct inflight *m, bool must)
{
    mutex_lock(&i->shared.lock);
    bool call = false;
    bool keep = must || has_room_locked(i, m);
    if (keep) {
        inbox_push_locked(i, m);
        call = inbox_call_locked(i);
    }
    mutex_unlock(&i->shared.lock);
    if (call) {
        inbox_wake(i);
    }
    return keep;
}
