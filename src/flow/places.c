/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/places.h"

#include "base/alloc.h"
#include "base/lock.h"
#include "base/share.h"

#include <assert.h>
#include <stdlib.h>

struct places {
    size_t count;
    struct {
        pthread_mutex_t lock;
        size_t used;
        size_t *held; /* by class */
        size_t class_count;
        struct place *waiting; /* in the order in which they asked */
    } shared;
};

struct places *places_new(size_t count)
{
    assert(count != 0);
    struct places *p = mem_zeros(1, sizeof(*p));
    p->count = count;
    mutex_init(&p->shared.lock);
    return p;
}

void places_free(struct places *p)
{
    if (p == NULL) {
        return;
    }
    assert(p->shared.used == 0 && p->shared.waiting == NULL);
    mutex_done(&p->shared.lock);
    free(p->shared.held);
    free(p);
}

void place_init(struct place *mine)
{
    *mine = (struct place){.state = PLACE_NONE};
    cond_init(&mine->come);
}

void place_done(struct place *mine)
{
    assert(mine->state == PLACE_NONE);
    cond_done(&mine->come);
}

static size_t *held_locked(struct places *p, size_t sched_class)
{
    if (sched_class >= p->shared.class_count) {
        size_t count = sched_class + 1;
        p->shared.held = mem_grow(p->shared.held, count, sizeof(*p->shared.held));
        for (size_t c = p->shared.class_count; c < count; c++) {
            p->shared.held[c] = 0;
        }
        p->shared.class_count = count;
    }
    return &p->shared.held[sched_class];
}

/* The link to the waiting lane that is to be served; NULL: none may have a place now. */
static struct place **next_locked(struct places *p)
{
    struct place **best = NULL;
    size_t fewest = 0;
    for (struct place **at = &p->shared.waiting; *at != NULL; at = &(*at)->next) {
        size_t has = *held_locked(p, (*at)->sched_class);
        if (share_allows(p->count, p->shared.used, has, 1) && (best == NULL || has < fewest)) {
            best = at;
            fewest = has;
        }
    }
    return best;
}

static void serve_locked(struct places *p)
{
    for (struct place **at = NULL; (at = next_locked(p)) != NULL;) {
        struct place *x = *at;
        *at = x->next;
        x->state = PLACE_HELD;
        ++*held_locked(p, x->sched_class);
        p->shared.used++;
        cond_signal(&x->come);
    }
}

static void wait_last_locked(struct places *p, struct place *mine)
{
    struct place **end = &p->shared.waiting;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    mine->state = PLACE_WAITING;
    mine->next = NULL;
    *end = mine;
}

bool places_take(struct places *p, struct place *mine, size_t sched_class, int timeout_ms)
{
    mutex_lock(&p->shared.lock);
    if (mine->state == PLACE_NONE) {
        mine->sched_class = sched_class;
        wait_last_locked(p, mine);
        serve_locked(p);
    }
    while (mine->state == PLACE_WAITING && timeout_ms > 0 &&
           cond_wait_ms(&mine->come, &p->shared.lock, timeout_ms)) {
    }
    bool held = mine->state == PLACE_HELD;
    mutex_unlock(&p->shared.lock);
    return held;
}

static void leave_locked(struct places *p, const struct place *mine)
{
    struct place **at = &p->shared.waiting;
    while (*at != mine) {
        at = &(*at)->next;
    }
    *at = mine->next;
}

void places_release(struct places *p, struct place *mine)
{
    mutex_lock(&p->shared.lock);
    if (mine->state == PLACE_WAITING) {
        leave_locked(p, mine);
    } else if (mine->state == PLACE_HELD) {
        --*held_locked(p, mine->sched_class);
        p->shared.used--;
        serve_locked(p);
    }
    mine->state = PLACE_NONE;
    mutex_unlock(&p->shared.lock);
}

size_t places_held(struct places *p, size_t sched_class)
{
    mutex_lock(&p->shared.lock);
    size_t held = *held_locked(p, sched_class);
    mutex_unlock(&p->shared.lock);
    return held;
}

size_t places_waiting(struct places *p)
{
    size_t count = 0;
    mutex_lock(&p->shared.lock);
    for (const struct place *x = p->shared.waiting; x != NULL; x = x->next) {
        count++;
    }
    mutex_unlock(&p->shared.lock);
    return count;
}
