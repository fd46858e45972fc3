/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classes with waiting messages are in a separate list in the order of their turns, so thousands of
 * idle customers cost nothing. Classes that may not have another lane are skipped and keep their
 * turn. Each of them has a lane at work, so they are fewer than the lanes; but while all lanes for
 * heavy classes are at work, all further heavy classes are skipped as well.
 *
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

/* Make room for so many classes. The existing ones may move in memory. */
static void make_room_locked(struct inbox *i, size_t room)
{
    struct sched_class *list = mem_grow(i->shared.sched_classes, room, sizeof(*list));
    for (size_t c = 0; c < i->shared.class_count; c++) {
        for (int r = 0; r < RANKS; r++) {
            if (list[c].lists[r].first == NULL) {
                list[c].lists[r].last = &list[c].lists[r].first;
            }
        }
    }
    i->shared.sched_classes = list;
    i->shared.class_room = room;
}

/* Add classes up to this one, without limits. A reload may add thousands, one after another. */
static void grow_locked(struct inbox *i, size_t count)
{
    if (count > i->shared.class_room) {
        size_t twice = 2 * i->shared.class_room;
        make_room_locked(i, count > twice ? count : twice);
    }
    for (size_t c = i->shared.class_count; c < count; c++) {
        struct sched_class *new = &i->shared.sched_classes[c];
        *new = (struct sched_class){.average_ms = HEAVY_MS}; /* until its objects are shorter */
        for (int r = 0; r < RANKS; r++) {
            new->lists[r].last = &new->lists[r].first;
        }
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

/* ---- lists ---- */

static struct waiting_list *list_locked(struct inbox *i, size_t sched_class, enum rank rank)
{
    return &i->shared.sched_classes[sched_class].lists[rank];
}

static void add_turn_locked(struct inbox *i, size_t sched_class, enum rank rank)
{
    list_locked(i, sched_class, rank)->turn_next = 0;
    if (i->shared.turns[rank].first == 0) {
        i->shared.turns[rank].first = sched_class + 1;
    } else {
        list_locked(i, i->shared.turns[rank].last - 1, rank)->turn_next = sched_class + 1;
    }
    i->shared.turns[rank].last = sched_class + 1;
}

/* A class in the list of turns of a rank. */
struct turn {
    enum rank rank;
    size_t at;              /* as turn_next; 0: none */
    size_t before;          /* the class before it, as turn_next; 0: it is the first */
    struct inflight **link; /* to its message that may be taken */
};

static void remove_turn_locked(struct inbox *i, const struct turn *t)
{
    size_t next = list_locked(i, t->at - 1, t->rank)->turn_next;
    if (t->before == 0) {
        i->shared.turns[t->rank].first = next;
    } else {
        list_locked(i, t->before - 1, t->rank)->turn_next = next;
    }
    if (next == 0) {
        i->shared.turns[t->rank].last = t->before;
    }
}

/* ---- the choice of the next message ---- */

/* The next class in turn that may have another lane for a message of this rank. */
static bool find_of_rank_locked(const struct inbox *i, enum rank rank, struct turn *t)
{
    *t = (struct turn){.rank = rank, .at = i->shared.turns[rank].first};
    while (t->at != 0) {
        struct sched_class *c = &i->shared.sched_classes[t->at - 1];
        t->link = inbox_choose_locked(i, c, rank);
        if (t->link != NULL) {
            break;
        }
        t->before = t->at;
        t->at = c->lists[rank].turn_next;
    }
    return t->at != 0;
}

static bool find_locked(const struct inbox *i, struct turn *t)
{
    bool lower = i->shared.turns[LIVE].first == 0 || i->shared.lower_at_work < i->s.lower_lanes;
    if (lower && i->shared.takes % LOWER_TURN == 0 && find_of_rank_locked(i, LOWER, t)) {
        return true;
    }
    return find_of_rank_locked(i, LIVE, t) || (lower && find_of_rank_locked(i, LOWER, t));
}

bool inbox_call_locked(struct inbox *i)
{
    struct turn t;
    if (i->shared.called || i->shared.asleep == 0 || !find_locked(i, &t)) {
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
    enum rank rank = m->lower ? LOWER : LIVE;
    struct waiting_list *list = &c->lists[rank];
    bool first = list->first == NULL;
    m->next = NULL;
    *list->last = m;
    list->last = &m->next;
    if (first) {
        add_turn_locked(i, m->sched_class, rank);
    }
    c->waiting++;
    c->bytes += m->body_bytes;
    i->shared.waiting++;
    i->shared.bytes += m->body_bytes;
    inbox_add_large_locked(i, m->sched_class, m->queue, large_bytes(i, m));
    inbox_count_waiting_locked(i, m->queue, 1);
}

static struct inflight *pop_locked(struct inbox *i, const struct turn *t)
{
    struct sched_class *c = &i->shared.sched_classes[t->at - 1];
    struct waiting_list *list = &c->lists[t->rank];
    struct inflight *m = *t->link;
    *t->link = m->next;
    list->last = list->last == &m->next ? t->link : list->last;
    m->next = NULL;
    remove_turn_locked(i, t);
    if (list->first != NULL) {
        add_turn_locked(i, t->at - 1, t->rank);
    }
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
}

/* Its first object takes long. */
static void be_heavy_locked(struct inbox *i, size_t sched_class)
{
    struct sched_class *c = &i->shared.sched_classes[sched_class];
    c->average_ms = c->average_ms > HEAVY_MS ? c->average_ms : HEAVY_MS;
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
    struct turn t;
    if (!find_locked(i, &t)) {
        return NULL;
    }
    struct sched_class *c = &i->shared.sched_classes[t.at - 1];
    const struct inflight *m = *t.link;
    *use = (struct inbox_use){.sched_class = t.at - 1,
                              .queue = m->queue,
                              .large = large_bytes(i, m),
                              .marked = m->heavy,
                              .lower = t.rank == LOWER};
    inbox_set_weight_locked(i, c, m, use);
    c->at_work++;
    i->shared.takes++;
    i->shared.at_work++;
    i->shared.heavy_at_work += use->heavy;
    i->shared.trial_at_work += use->trial;
    i->shared.lower_at_work += use->lower;
    c->lower_at_work += use->lower;
    return pop_locked(i, &t);
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
    struct turn t = {.rank = i->shared.turns[LIVE].first != 0 ? LIVE : LOWER};
    t.at = i->shared.turns[t.rank].first;
    struct inflight *m = NULL;
    if (t.at != 0) {
        t.link = &list_locked(i, t.at - 1, t.rank)->first;
        m = pop_locked(i, &t);
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
