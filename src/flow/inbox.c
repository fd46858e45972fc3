/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wake-ups. The end of one lane's work may allow several further ones: a class whose average falls
 * below HEAVY_MS may take lanes that were kept from it. How many is the result of three rules, so
 * it is not computed. If a message can be taken and lanes sleep, one is woken; when it has taken
 * one, it wakes the next, if another message can be taken. Until it takes, no second lane is woken:
 * while all cores are busy, lanes that finish take the messages before it. So no lane sleeps beside
 * a message that it may take, unless another one is about to wake. A lane is woken after the lock
 * is released, since it would wait for the lock at once.
 */
#include "inbox_priv.h"

#include "base/alloc.h"
#include "base/lock.h"

#include <assert.h>
#include <stdlib.h>

enum {
    AVERAGE_OF = 4,
    LOWER_TURN =
        4, /* one take in this many begins with the lower messages, so that they progress */
};

/* Add classes up to this one, without limits. A reload may add thousands, one after another. */
static void grow_locked(struct inbox *i, size_t count)
{
    if (count > i->shared.class_room) {
        size_t twice = 2 * i->shared.class_room;
        i->shared.class_room = count > twice ? count : twice;
        i->shared.sched_classes = mem_grow(i->shared.sched_classes, i->shared.class_room,
                                           sizeof(*i->shared.sched_classes));
    }
    for (size_t c = i->shared.class_count; c < count; c++) {
        i->shared.sched_classes[c] =
            (struct sched_class){.average_ms = HEAVY_MS}; /* until its objects are shorter */
    }
    i->shared.class_count = count;
}

struct sched_class *inbox_class_locked(struct inbox *i, size_t sched_class)
{
    if (sched_class >= i->shared.class_count) {
        grow_locked(i, sched_class + 1);
    }
    return &i->shared.sched_classes[sched_class];
}

struct inbox *inbox_new(const struct inbox_settings *s)
{
    struct inbox *i = mem_zeros(1, sizeof(*i));
    i->s = *s;
    i->shared.queues = mem_zeros(s->queues, sizeof(*i->shared.queues));
    i->shared.queue_count = s->queues;
    grow_locked(i, s->sched_classes);
    for (size_t c = 0; c < s->sched_classes; c++) {
        i->shared.sched_classes[c].limit = s->limits != NULL ? s->limits[c] : 0;
    }
    i->s.limits = NULL;
    i->s.lower_lanes = s->lower_lanes > 0 ? s->lower_lanes : 1;
    mutex_init(&i->shared.lock);
    cond_init(&i->shared.come);
    return i;
}

void inbox_free(struct inbox *i)
{
    if (i == NULL) {
        return;
    }
    assert(i->shared.waiting == 0);
    mutex_done(&i->shared.lock);
    cond_done(&i->shared.come);
    free(i->shared.sched_classes);
    free(i->shared.queues);
    free(i);
}

void inbox_add_queue(struct inbox *i)
{
    mutex_lock(&i->shared.lock);
    size_t count = i->shared.queue_count + 1;
    i->shared.queues = mem_grow(i->shared.queues, count, sizeof(*i->shared.queues));
    i->shared.queues[count - 1] = (struct queue_use){.mixed = false};
    i->shared.queue_count = count;
    mutex_unlock(&i->shared.lock);
}

/* ---- the choice of the next message ---- */

static bool find_locked(const struct inbox *i, struct choice *out)
{
    if (i->shared.takes % LOWER_TURN == 0 && inbox_choose_locked(i, LOWER, out)) {
        return true;
    }
    return inbox_choose_locked(i, LIVE, out) || inbox_choose_locked(i, LOWER, out);
}

bool inbox_call_locked(struct inbox *i)
{
    struct choice next;
    if (i->shared.called || i->shared.asleep == 0 || !find_locked(i, &next)) {
        return false;
    }
    i->shared.called = true;
    return true;
}

void inbox_wake(struct inbox *i)
{
    cond_signal(&i->shared.come);
}

/* ---- messages come and go ---- */

void inbox_add_large_locked(struct inbox *i, size_t sched_class, size_t queue, size_t bytes)
{
    inbox_class_locked(i, sched_class)->large += bytes;
    i->shared.queues[queue].large += bytes;
    i->shared.large += bytes;
}

void inbox_free_large_locked(struct inbox *i, size_t sched_class, size_t queue, size_t bytes)
{
    struct sched_class *c = inbox_class_locked(i, sched_class);
    struct queue_use *q = &i->shared.queues[queue];
    assert(bytes <= c->large && bytes <= q->large && bytes <= i->shared.large);
    c->large -= bytes;
    q->large -= bytes;
    i->shared.large -= bytes;
}

void inbox_push_locked(struct inbox *i, struct inflight *m)
{
    struct sched_class *c = inbox_class_locked(i, m->sched_class);
    c->waiting++;
    c->bytes += m->body_bytes;
    i->shared.waiting++;
    i->shared.bytes += m->body_bytes;
    inbox_add_large_locked(i, m->sched_class, m->queue, large_bytes(i, m));
    inbox_count_waiting_locked(i, m->queue, 1);
    inbox_append_locked(i, m);
}

static struct inflight *pop_locked(struct inbox *i, const struct choice *at)
{
    struct inflight *m = inbox_remove_locked(i, at);
    struct sched_class *c = &i->shared.sched_classes[at->at - 1];
    c->waiting--;
    c->bytes -= m->body_bytes;
    i->shared.waiting--;
    i->shared.bytes -= m->body_bytes;
    inbox_count_waiting_locked(i, m->queue, -1);
    return m;
}

/* The lane no longer counts as what it was taken for. */
static void uncount_locked(struct inbox *i, const struct inbox_use *use)
{
    assert(i->shared.at_work != 0 && i->shared.heavy_at_work >= use->heavy);
    assert(i->shared.trial_at_work >= use->trial && i->shared.late_at_work >= use->late);
    assert(i->shared.lower_at_work >= use->lower && i->shared.leaving >= use->leaves);
    i->shared.at_work--;
    i->shared.heavy_at_work -= use->heavy;
    i->shared.trial_at_work -= use->trial;
    i->shared.late_at_work -= use->late;
    i->shared.leaving -= use->leaves;
    i->shared.lower_at_work -= use->lower;
}

static void finished_locked(struct inbox *i, const struct inbox_use *use, int64_t ms)
{
    struct sched_class *c = &i->shared.sched_classes[use->sched_class];
    inbox_free_large_locked(i, use->sched_class, use->queue, use->large);
    assert(c->at_work != 0 && c->lower_at_work >= use->lower);
    c->at_work--;
    c->lower_at_work -= use->lower;
    uncount_locked(i, use);
    if (!use->marked || c->average_ms >= HEAVY_MS) { /* one object does not make a class heavy */
        c->average_ms += (ms - c->average_ms) / AVERAGE_OF;
    }
    c->measured = true;
    c->held_up = ms < HEAVY_MS && ms + use->kafka_ms >= HEAVY_MS;
    inbox_see_class_locked(i, use->sched_class);
}

/* Its first object takes long. */
static void be_heavy_locked(struct inbox *i, size_t sched_class)
{
    struct sched_class *c = &i->shared.sched_classes[sched_class];
    c->average_ms = c->average_ms > HEAVY_MS ? c->average_ms : HEAVY_MS;
    inbox_see_class_locked(i, sched_class);
}

/* No wake-up, as in inbox_finished: the lane calls inbox_take next, which calls others. */
bool inbox_put_back(struct inbox *i, struct inflight *m, struct inbox_use *use, int64_t ms)
{
    mutex_lock(&i->shared.lock);
    bool stopped = i->shared.stopped;
    if (stopped) {
        i->shared.leaving -= use->leaves;
        use->leaves = false; /* the lane reads it again, to its end */
    } else {
        finished_locked(i, use, ms);
        m->heavy = use->leaves && m->sched_class == use->sched_class;
        if (m->heavy && use->trial) {
            be_heavy_locked(i, use->sched_class);
        }
        inbox_push_locked(i, m);
    }
    mutex_unlock(&i->shared.lock);
    return !stopped;
}

/* ---- lanes ---- */

static struct inflight *next_locked(struct inbox *i, struct inbox_use *use)
{
    struct choice next;
    if (!find_locked(i, &next)) {
        return NULL;
    }
    struct sched_class *c = &i->shared.sched_classes[next.at - 1];
    *use = (struct inbox_use){
        .sched_class = next.at - 1, .marked = next.marked, .lower = next.rank == LOWER};
    inbox_set_weight_locked(i, &next, use);
    c->at_work++;
    i->shared.takes++;
    i->shared.at_work++;
    i->shared.heavy_at_work += use->heavy;
    i->shared.trial_at_work += use->trial;
    i->shared.lower_at_work += use->lower;
    c->lower_at_work += use->lower;
    struct inflight *m = pop_locked(i, &next);
    use->queue = m->queue;
    use->large = large_bytes(i, m);
    return m;
}

struct inflight *inbox_take(struct inbox *i, struct inbox_use *use)
{
    struct inflight *m = NULL;
    bool tell = false;
    bool call = false;
    mutex_lock(&i->shared.lock);
    while (!i->shared.stopped && (m = next_locked(i, use)) == NULL) {
        i->shared.asleep++;
        cond_wait(&i->shared.come, &i->shared.lock);
        i->shared.asleep--;
        i->shared.called = false;
    }
    if (m != NULL) {
        call = inbox_call_locked(i);
        tell = inbox_tell_locked(i, m->queue);
    }
    mutex_unlock(&i->shared.lock);
    if (call) {
        inbox_wake(i);
    }
    if (tell) {
        i->s.freed(i->s.ctx);
    }
    return m;
}

void inbox_set_limit(struct inbox *i, size_t sched_class, unsigned limit)
{
    mutex_lock(&i->shared.lock);
    struct sched_class *c = inbox_class_locked(i, sched_class);
    bool more = limit == 0 || (c->limit != 0 && limit > c->limit);
    bool same = limit == c->limit;
    c->limit = limit;
    if (more && !same) {
        cond_broadcast(&i->shared.come); /* more lanes may take messages of this class now */
    }
    mutex_unlock(&i->shared.lock);
}

void inbox_finished(struct inbox *i, const struct inbox_use *use, int64_t ms)
{
    mutex_lock(&i->shared.lock);
    finished_locked(i, use, ms);
    bool tell = use->large != 0 && inbox_tell_all_locked(i);
    mutex_unlock(&i->shared.lock);
    if (tell) {
        i->s.freed(i->s.ctx);
    }
}

void inbox_stop(struct inbox *i)
{
    mutex_lock(&i->shared.lock);
    i->shared.stopped = true;
    cond_broadcast(&i->shared.come);
    mutex_unlock(&i->shared.lock);
}

struct inflight *inbox_drain(struct inbox *i)
{
    mutex_lock(&i->shared.lock);
    struct choice any;
    struct inflight *m = NULL;
    if (inbox_any_locked(i, &any)) {
        m = pop_locked(i, &any);
        inbox_free_large_locked(i, m->sched_class, m->queue, large_bytes(i, m));
    }
    mutex_unlock(&i->shared.lock);
    return m;
}

size_t inbox_waiting(struct inbox *i)
{
    mutex_lock(&i->shared.lock);
    size_t n = i->shared.waiting;
    mutex_unlock(&i->shared.lock);
    return n;
}

size_t inbox_queue_waiting(struct inbox *i, size_t queue)
{
    mutex_lock(&i->shared.lock);
    size_t n = queue < i->shared.queue_count ? i->shared.queues[queue].waiting : 0;
    mutex_unlock(&i->shared.lock);
    return n;
}

size_t inbox_at_work(struct inbox *i, size_t sched_class)
{
    mutex_lock(&i->shared.lock);
    size_t n =
        sched_class < i->shared.class_count ? i->shared.sched_classes[sched_class].at_work : 0;
    mutex_unlock(&i->shared.lock);
    return n;
}
