/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inbox_turns.c - the classes with waiting messages, in the order of their turns.
 *
 * For each rank there is one list for each kind of lane that a class waits for (enum wait_kind), so
 * the classes that no free lane is for are skipped as one list. What is skipped one by one has a
 * lane at work. So the choice of a message takes a number of steps that is bounded by the number of
 * lanes, whatever the number of classes.
 *
 * Together the lists of a rank have the order of the turns: a class gets its number when it begins
 * to wait, and another one when a lane takes a message of it. If it waits for another kind of lane
 * meanwhile, it keeps its number and goes to that place of the other list. That place is searched
 * from the end: a class changes its kind when a lane of it ends, so it has not waited for long.
 */
#include "inbox_priv.h"

#include <assert.h>

static struct class_turn *turn_locked(struct inbox *i, size_t at, enum rank rank)
{
    return &i->shared.sched_classes[at - 1].turns[rank];
}

/* A class without a lane, of which nothing is known, or which waited for Kafka. */
static enum wait_kind kind_of(const struct sched_class *c, enum rank rank)
{
    const struct class_turn *t = &c->turns[rank];
    bool unmarked = t->unmarked.first != NULL;
    if (!unmarked && t->marked.first == NULL) {
        return WAITS_NOT;
    }
    if (unmarked && c->at_work == 0 && (!c->measured || c->held_up)) {
        return c->measured ? WAITS_TRIED_AGAIN : WAITS_NEW;
    }
    return unmarked && !inbox_is_heavy(c) ? WAITS_SHORT : WAITS_HEAVY;
}

static void link_locked(struct inbox *i, size_t at, enum rank rank)
{
    struct class_turn *t = turn_locked(i, at, rank);
    struct turn_list *list = &i->shared.turns[rank][t->kind];
    size_t before = list->last;
    while (before != 0 && turn_locked(i, before, rank)->number > t->number) {
        before = turn_locked(i, before, rank)->before;
    }
    size_t next = before != 0 ? turn_locked(i, before, rank)->next : list->first;
    t->before = before;
    t->next = next;
    *(before != 0 ? &turn_locked(i, before, rank)->next : &list->first) = at;
    *(next != 0 ? &turn_locked(i, next, rank)->before : &list->last) = at;
}

static void unlink_locked(struct inbox *i, size_t at, enum rank rank)
{
    struct class_turn *t = turn_locked(i, at, rank);
    struct turn_list *list = &i->shared.turns[rank][t->kind];
    *(t->before != 0 ? &turn_locked(i, t->before, rank)->next : &list->first) = t->next;
    *(t->next != 0 ? &turn_locked(i, t->next, rank)->before : &list->last) = t->before;
}

static void set_kind_locked(struct inbox *i, size_t at, enum rank rank, enum wait_kind kind)
{
    struct class_turn *t = turn_locked(i, at, rank);
    if (kind == t->kind) {
        return;
    }
    if (t->kind != WAITS_NOT) {
        unlink_locked(i, at, rank);
        i->shared.rank_classes[rank]--;
    } else {
        t->number = ++i->shared.turn_count;
    }
    t->kind = kind;
    if (kind != WAITS_NOT) {
        link_locked(i, at, rank);
        i->shared.rank_classes[rank]++;
    }
}

void inbox_see_class_locked(struct inbox *i, size_t sched_class)
{
    for (int r = 0; r < RANKS; r++) {
        const struct sched_class *c = &i->shared.sched_classes[sched_class];
        set_kind_locked(i, sched_class + 1, (enum rank)r, kind_of(c, (enum rank)r));
    }
}

/* ---- messages of a class ---- */

static struct message_list *list_of(struct class_turn *t, bool marked)
{
    return marked ? &t->marked : &t->unmarked;
}

void inbox_append_locked(struct inbox *i, struct inflight *m)
{
    struct class_turn *t = turn_locked(i, m->sched_class + 1, m->lower ? LOWER : LIVE);
    struct message_list *list = list_of(t, m->heavy);
    m->next = NULL;
    *(list->first != NULL ? &list->last->next : &list->first) = m;
    list->last = m;
    inbox_see_class_locked(i, m->sched_class);
}

struct inflight *inbox_remove_locked(struct inbox *i, const struct choice *at)
{
    struct class_turn *t = turn_locked(i, at->at, at->rank);
    struct message_list *list = list_of(t, at->marked);
    struct inflight *m = list->first;
    assert(m != NULL);
    list->first = m->next;
    m->next = NULL;
    set_kind_locked(i, at->at, at->rank, WAITS_NOT); /* to the end of the turns */
    inbox_see_class_locked(i, at->at - 1);
    return m;
}

bool inbox_any_locked(const struct inbox *i, struct choice *out)
{
    for (int r = 0; r < RANKS; r++) {
        for (int kind = WAITS_NOT + 1; kind < WAIT_KINDS; kind++) {
            size_t at = i->shared.turns[r][kind].first;
            if (at != 0) {
                const struct class_turn *t = &i->shared.sched_classes[at - 1].turns[r];
                *out = (struct choice){
                    .rank = (enum rank)r, .at = at, .marked = t->unmarked.first == NULL};
                return true;
            }
        }
    }
    return false;
}
