/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/inbox.h"

#include "base/alloc.h"
#include "base/lock.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct sched_class {
    struct inflight *first;
    struct inflight **last;
    unsigned limit;
    unsigned at_work;
};

struct inbox {
    size_t places;
    size_t batch;
    size_t queues;
    size_t sched_classes; /* grows, under the lock */
    size_t bytes_max;
    void (*freed)(void *ctx);
    void *ctx;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t come;
        struct sched_class *sched_classes;
        size_t *used; /* by queue: reserved plus waiting */
        size_t taken; /* slots that no other queue can use: sum of max(used, 1) */
        size_t turn;
        size_t waiting;
        size_t bytes;
        bool refused;
        bool stopped;
    } shared;
};

/* Add classes up to this number, without limits. Pointers to classes become invalid. */
static void grow_locked(struct inbox *i, size_t count)
{
    struct sched_class *list = mem_grow(i->shared.sched_classes, count, sizeof(*list));
    for (size_t p = i->sched_classes; p < count; p++) {
        list[p] = (struct sched_class){.first = NULL};
    }
    for (size_t p = 0; p < count; p++) {
        if (list[p].first == NULL) {
            list[p].last = &list[p].first;
        }
    }
    i->shared.sched_classes = list;
    i->sched_classes = count;
}

static struct sched_class *class_locked(struct inbox *i, size_t sched_class)
{
    if (sched_class >= i->sched_classes) {
        grow_locked(i, sched_class + 1);
    }
    return &i->shared.sched_classes[sched_class];
}

struct inbox *inbox_new(const struct inbox_settings *s)
{
    struct inbox *i = mem_zeros(1, sizeof(*i));
    i->places = s->places > s->queues ? s->places : s->queues;
    i->batch = s->batch;
    i->queues = s->queues;
    i->bytes_max = s->bytes;
    i->freed = s->freed;
    i->ctx = s->ctx;
    i->shared.used = mem_zeros(s->queues, sizeof(*i->shared.used));
    i->shared.taken = s->queues;
    grow_locked(i, s->sched_classes);
    for (size_t p = 0; p < s->sched_classes; p++) {
        i->shared.sched_classes[p].limit = s->limits != NULL ? s->limits[p] : 0;
    }
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
    free(i->shared.used);
    free(i);
}

/* The own slot of a queue is not one of the shared ones. */
static void use_locked(struct inbox *i, size_t queue, size_t count)
{
    size_t was = i->shared.used[queue];
    i->shared.used[queue] = was + count;
    i->shared.taken += (was + count > 1 ? was + count : 1) - (was > 1 ? was : 1);
}

/* Release slots of a queue. True: a poll was refused a slot before and should be retried. */
static bool unuse_locked(struct inbox *i, size_t queue, size_t count)
{
    size_t was = i->shared.used[queue];
    assert(count <= was);
    i->shared.used[queue] = was - count;
    i->shared.taken -= (was > 1 ? was : 1) - (was - count > 1 ? was - count : 1);
    bool tell = i->shared.refused;
    i->shared.refused = false;
    return tell && i->freed != NULL;
}

/* If there are several queues, one of them may use at most half of the slots. */
static size_t queue_most(const struct inbox *i)
{
    size_t most = i->queues > 1 ? i->places / 2 : i->places;
    return most > i->batch ? most : i->batch;
}

size_t inbox_reserve(struct inbox *i, size_t queue, size_t want)
{
    mutex_lock(&i->shared.lock);
    size_t used = i->shared.used[queue];
    size_t most = queue_most(i);
    size_t granted = used == 0 ? 1 : 0;
    size_t open = i->places - i->shared.taken;
    size_t more = want > granted ? want - granted : 0;
    more = more < open ? more : open;
    granted += more;
    granted = used + granted > most ? (used < most ? most - used : 0) : granted;
    if (i->shared.bytes > i->bytes_max || i->shared.stopped || want == 0) {
        granted = 0;
    }
    if (granted < want) {
        i->shared.refused = true;
    }
    if (granted != 0) {
        use_locked(i, queue, granted);
    }
    mutex_unlock(&i->shared.lock);
    return granted;
}

void inbox_unreserve(struct inbox *i, size_t queue, size_t count)
{
    if (count == 0) {
        return;
    }
    mutex_lock(&i->shared.lock);
    bool tell = unuse_locked(i, queue, count);
    mutex_unlock(&i->shared.lock);
    if (tell) {
        i->freed(i->ctx);
    }
}

void inbox_put(struct inbox *i, struct inflight *m)
{
    m->next = NULL;
    mutex_lock(&i->shared.lock);
    assert(i->shared.used[m->queue] != 0);
    struct sched_class *p = class_locked(i, m->sched_class);
    *p->last = m;
    p->last = &m->next;
    i->shared.waiting++;
    i->shared.bytes += m->body_bytes;
    cond_signal(&i->shared.come);
    mutex_unlock(&i->shared.lock);
}

static struct inflight *pop_locked(struct inbox *i, struct sched_class *p)
{
    struct inflight *m = p->first;
    p->first = m->next;
    if (p->first == NULL) {
        p->last = &p->first;
    }
    m->next = NULL;
    i->shared.waiting--;
    i->shared.bytes -= m->body_bytes;
    return m;
}

static struct inflight *next_locked(struct inbox *i)
{
    for (size_t n = 0; n < i->sched_classes && i->shared.waiting != 0; n++) {
        size_t at = (i->shared.turn + n) % i->sched_classes;
        struct sched_class *p = &i->shared.sched_classes[at];
        if (p->first != NULL && (p->limit == 0 || p->at_work < p->limit)) {
            i->shared.turn = at + 1;
            p->at_work++;
            return pop_locked(i, p);
        }
    }
    return NULL;
}

struct inflight *inbox_take(struct inbox *i)
{
    struct inflight *m = NULL;
    bool tell = false;
    mutex_lock(&i->shared.lock);
    while (!i->shared.stopped && (m = next_locked(i)) == NULL) {
        cond_wait(&i->shared.come, &i->shared.lock);
    }
    if (m != NULL) {
        tell = unuse_locked(i, m->queue, 1);
    }
    mutex_unlock(&i->shared.lock);
    if (tell) {
        i->freed(i->ctx);
    }
    return m;
}

void inbox_set_limit(struct inbox *i, size_t sched_class, unsigned limit)
{
    mutex_lock(&i->shared.lock);
    class_locked(i, sched_class)->limit = limit;
    cond_broadcast(&i->shared.come); /* more lanes may take from it now */
    mutex_unlock(&i->shared.lock);
}

void inbox_finished(struct inbox *i, size_t sched_class)
{
    mutex_lock(&i->shared.lock);
    assert(i->shared.sched_classes[sched_class].at_work != 0);
    i->shared.sched_classes[sched_class].at_work--;
    if (i->shared.waiting != 0) {
        cond_signal(&i->shared.come);
    }
    mutex_unlock(&i->shared.lock);
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
    struct inflight *m = NULL;
    mutex_lock(&i->shared.lock);
    for (size_t at = 0; at < i->sched_classes && m == NULL; at++) {
        if (i->shared.sched_classes[at].first != NULL) {
            m = pop_locked(i, &i->shared.sched_classes[at]);
            (void)unuse_locked(i, m->queue, 1);
        }
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

size_t inbox_at_work(struct inbox *i, size_t sched_class)
{
    mutex_lock(&i->shared.lock);
    size_t n = sched_class < i->sched_classes ? i->shared.sched_classes[sched_class].at_work : 0;
    mutex_unlock(&i->shared.lock);
    return n;
}
