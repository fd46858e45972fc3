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

bool inbox_tell_all_locked(struct inbox *i)
{
    return take_refused_locked(i);
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

/* ---- rooms ---- */

static size_t rooms_bytes(const struct inbox *i, size_t rooms)
{
    return rooms * i->s.room_bytes;
}

/* Whether a large body that came without a room may stay. */
static bool fits_locked(struct inbox *i, const struct inflight *m)
{
    const struct sched_class *c = inbox_class_locked(i, m->sched_class);
    size_t capacity = rooms_bytes(i, i->s.rooms) / 2;
    size_t used = i->shared.large;
    size_t large = large_bytes(i, m);
    return large == 0 || (large <= capacity && used <= capacity - large &&
                          share_allows(rooms_bytes(i, i->s.rooms), used, c->large, large));
}

/*
 * The slots of a poll that needs a room: one, or none. What the queue's messages have counts as
 * well as what the class has: they may be of another class. A queue that has nothing and finds no
 * room is the first one of the next pass, and until then no other queue gets a room. Otherwise a
 * queue whose poll ended could take its room again at once, before all others.
 */
static size_t take_room_locked(struct inbox *i, size_t queue, size_t only)
{
    struct queue_use *q = &i->shared.queues[queue];
    const struct sched_class *c = inbox_class_locked(i, only);
    size_t capacity = rooms_bytes(i, i->s.rooms);
    size_t used = i->shared.large;
    size_t has = c->large > q->large ? c->large : q->large;
    bool may_be_next = !i->shared.first_known || i->shared.first == queue;
    bool is_free = may_be_next && used <= capacity - i->s.room_bytes;
    if (is_free && share_allows(capacity, used, has, i->s.room_bytes) &&
        (q->waiting == 0 || share_allows(i->s.bytes, i->shared.bytes, c->bytes, i->s.room_bytes))) {
        i->shared.first_known = false;
        q->room = true;
        q->room_class = only;
        inbox_add_large_locked(i, only, queue, i->s.room_bytes);
        return 1;
    }
    if (!is_free && has == 0 && !i->shared.first_known) {
        i->shared.first = queue;
        i->shared.first_known = true;
    }
    i->shared.refused = true;
    return 0;
}

/* The poll brought this body, or none. True: it had a room. */
static bool end_room_locked(struct inbox *i, size_t queue, size_t large)
{
    struct queue_use *q = &i->shared.queues[queue];
    if (!q->room) {
        return false;
    }
    q->room = false;
    q->limited = large != 0 ? LIMITED_POLLS : q->limited - 1;
    inbox_free_large_locked(i, q->room_class, queue, i->s.room_bytes);
    return true;
}

bool inbox_has_room(struct inbox *i, size_t queue)
{
    mutex_lock(&i->shared.lock);
    bool has = i->shared.queues[queue].room;
    mutex_unlock(&i->shared.lock);
    return has;
}

size_t inbox_pass(struct inbox *i)
{
    mutex_lock(&i->shared.lock);
    size_t first = i->shared.first;
    i->shared.first_known = false;
    mutex_unlock(&i->shared.lock);
    return first;
}

/* ---- reservations ---- */

static size_t reserve_locked(struct inbox *i, size_t queue, size_t only, size_t want)
{
    struct queue_use *q = &i->shared.queues[queue];
    size_t bytes = q->mixed ? 0 : inbox_class_locked(i, only)->bytes;
    size_t granted = 0;
    if (!i->shared.stopped &&
        (q->waiting == 0 || share_allows(i->s.bytes, i->shared.bytes, bytes, 1))) {
        granted = open_slots_locked(i, q, want);
    }
    if (granted != 0 && q->limited != 0 && !q->mixed) {
        return take_room_locked(i, queue, only);
    }
    if (is_early(q, granted, want)) {
        q->early_want = want;
        return 0;
    }
    if (granted < want) {
        i->shared.refused = true;
    }
    return granted;
}

size_t inbox_reserve(struct inbox *i, size_t queue, size_t only, size_t want)
{
    mutex_lock(&i->shared.lock);
    struct queue_use *q = &i->shared.queues[queue];
    q->mixed = only == INBOX_MIXED;
    q->early_want = 0;
    size_t granted = reserve_locked(i, queue, only, want);
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
    (void)end_room_locked(i, queue, 0);
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

/* Whether a received message is refused. Its slot is free then, and so is its poll's room. */
static bool refuse_locked(struct inbox *i, const struct inflight *m, bool must)
{
    if (end_room_locked(i, m->queue, large_bytes(i, m))) {
        return false;
    }
    if (!fits_locked(i, m)) {
        i->shared.queues[m->queue].limited = LIMITED_POLLS;
        return true;
    }
    return !must && over_share_locked(i, m);
}

bool inbox_put(struct inbox *i, struct inflight *m, bool must)
{
    bool tell = false;
    bool call = false;
    mutex_lock(&i->shared.lock);
    bool refuse = refuse_locked(i, m, must);
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

static bool has_slot_locked(struct inbox *i, const struct inflight *m)
{
    const struct sched_class *c = inbox_class_locked(i, m->sched_class);
    return share_allows(i->s.slots, i->shared.taken, c->waiting, 1) &&
           share_allows(i->s.bytes, i->shared.bytes, c->bytes, m->body_bytes);
}

bool inbox_offer(struct inbox *i, struct inflight *m, bool must)
{
    mutex_lock(&i->shared.lock);
    bool call = false;
    bool keep = fits_locked(i, m) && (must || has_slot_locked(i, m));
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
