/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inbox_lanes.c - how many lanes a class may have, and how long a lane works on an object that is
 * not heavy.
 *
 * Whether an object ends is known at its end. A rule that never took a lane back would have to
 * choose: lanes for new classes, which all of them may then hold for hours, or none, and the first
 * object of a new customer waits for hours. So the time of a lane on trial is limited.
 *
 * Lanes: heavy ones, and the kept ones, of which half at most is for trials. The other half is for
 * short classes; of these lanes half at most may be late, up to LATE_MS: an object that is put back
 * is read again from its beginning, and few should be.
 *
 *     lanes   heavy   kept: trials   short   of these: late
 *         4       3              1       0                0
 *         8       6              1       1                0
 *        16      12              2       2                1
 *        64      48              8       8                4
 *
 * With fewer than eight lanes a short class waits for the trials before it, HEAVY_MS each.
 */
#include "inbox_priv.h"

#include "base/lock.h"
#include "base/share.h"

static size_t kept_lanes(const struct inbox *i)
{
    return i->s.lanes / LIGHT_PART > 0 ? i->s.lanes / LIGHT_PART : 1;
}

/* At least one, and at most all except one. */
static size_t heavy_lanes(const struct inbox *i)
{
    return i->s.lanes > kept_lanes(i) ? i->s.lanes - kept_lanes(i) : 1;
}

/* In addition to the heavy lanes. */
static size_t trial_lanes(const struct inbox *i)
{
    return kept_lanes(i) > 1 ? kept_lanes(i) / 2 : 1;
}

static size_t late_lanes(const struct inbox *i)
{
    return (kept_lanes(i) - trial_lanes(i)) / 2;
}

/* ---- Which message may be taken ---- */

static bool below_limits_locked(const struct inbox *i, const struct sched_class *c)
{
    return (c->limit == 0 || c->at_work < c->limit) &&
           share_allows(i->s.lanes, i->shared.at_work, c->at_work, 1);
}

/* While live messages wait, the lower ones share some of the lanes. */
static bool lower_may_work_locked(const struct inbox *i, const struct sched_class *c)
{
    return i->shared.rank_classes[LIVE] == 0 ||
           share_allows(i->s.lower_lanes, i->shared.lower_at_work, c->lower_at_work, 1);
}

static bool may_be_heavy_locked(const struct inbox *i, size_t at_work)
{
    return share_allows(heavy_lanes(i), i->shared.heavy_at_work, at_work, 1);
}

static bool may_try_locked(const struct inbox *i)
{
    return i->shared.heavy_at_work < heavy_lanes(i) + trial_lanes(i);
}

/*
 * Whether a class of this kind that has no lane may have one. If so, only classes with lanes may
 * not, by their shares and limits. New classes come before those that are tried again.
 */
static bool kind_may_locked(const struct inbox *i, enum rank rank, enum wait_kind kind)
{
    static const struct sched_class idle;
    if (rank == LOWER && !lower_may_work_locked(i, &idle)) {
        return false;
    }
    switch ((int)kind) {
    case WAITS_NEW:
        return may_try_locked(i);
    case WAITS_TRIED_AGAIN:
        return may_try_locked(i) && i->shared.turns[rank][WAITS_NEW].first == 0;
    case WAITS_HEAVY:
        return may_be_heavy_locked(i, 0);
    default:
        return true;
    }
}

/* The older one, if both wait: a message that was put back has waited before. */
static bool marked_is_first(const struct class_turn *t)
{
    const struct inflight *marked = t->marked.first;
    const struct inflight *unmarked = t->unmarked.first;
    return marked != NULL && (unmarked == NULL || marked->received_ms <= unmarked->received_ms);
}

static bool class_may_locked(const struct inbox *i, struct choice *x)
{
    const struct sched_class *c = &i->shared.sched_classes[x->at - 1];
    const struct class_turn *t = &c->turns[x->rank];
    if (!below_limits_locked(i, c) || (x->rank == LOWER && !lower_may_work_locked(i, c))) {
        return false;
    }
    bool may_be_heavy = may_be_heavy_locked(i, c->at_work);
    bool trial = t->kind == WAITS_NEW || t->kind == WAITS_TRIED_AGAIN;
    x->marked = may_be_heavy && !trial && marked_is_first(t);
    x->number = t->number;
    return may_be_heavy || t->kind != WAITS_HEAVY;
}

bool inbox_choose_locked(const struct inbox *i, enum rank rank, struct choice *out)
{
    *out = (struct choice){.rank = rank};
    for (int kind = WAITS_NOT + 1; kind < WAIT_KINDS; kind++) {
        struct choice x = {.rank = rank, .at = i->shared.turns[rank][kind].first};
        if (!kind_may_locked(i, rank, (enum wait_kind)kind)) {
            continue;
        }
        while (x.at != 0 && !class_may_locked(i, &x)) {
            x.at = i->shared.sched_classes[x.at - 1].turns[rank].next;
        }
        if (x.at != 0 && (out->at == 0 || x.number < out->number)) {
            *out = x;
        }
    }
    return out->at != 0;
}

void inbox_set_weight_locked(const struct inbox *i, const struct choice *at, struct inbox_use *use)
{
    const struct sched_class *c = &i->shared.sched_classes[at->at - 1];
    enum wait_kind kind = c->turns[at->rank].kind;
    use->trial = kind == WAITS_NEW || kind == WAITS_TRIED_AGAIN;
    use->heavy = use->trial || at->marked || inbox_is_heavy(c);
}

/* ---- How long ---- */

/* Count the waiting classes without lanes of a kind, until there are more than `most`. */
static size_t count_idle_locked(const struct inbox *i, enum rank rank, enum wait_kind kind,
                                size_t without, size_t most)
{
    size_t count = 0;
    for (size_t at = i->shared.turns[rank][kind].first; at != 0 && count <= most;) {
        const struct sched_class *c = &i->shared.sched_classes[at - 1];
        count += at - 1 != without && c->at_work == 0;
        at = c->turns[rank].next;
    }
    return count;
}

/*
 * Whether another class waits for the lane: one that is to have its first lane on trial (only_new),
 * or also a short one without a lane; more of them than lanes that put their messages back already.
 */
static bool any_waits_locked(const struct inbox *i, size_t sched_class, bool only_new)
{
    size_t count = 0;
    size_t most = i->shared.leaving;
    for (int r = 0; r < RANKS; r++) {
        enum rank rank = (enum rank)r;
        static const struct sched_class idle;
        if (rank == LOWER && !lower_may_work_locked(i, &idle)) {
            continue;
        }
        if (only_new || may_try_locked(i)) {
            count += count_idle_locked(i, rank, WAITS_NEW, sched_class, most);
            count += count_idle_locked(i, rank, WAITS_TRIED_AGAIN, sched_class, most);
        }
        if (!only_new && i->shared.at_work >= i->s.lanes) {
            count += count_idle_locked(i, rank, WAITS_SHORT, sched_class, most);
        }
    }
    return count > most;
}

/*
 * The first lane of a new class, which is a heavy one now. It stays if no new class waits, and as
 * one of the first half of the heavy lanes: after a start all classes are new, and some lanes must
 * end what takes long meanwhile.
 */
static bool trial_is_over_locked(struct inbox *i, struct inbox_use *use)
{
    i->shared.sched_classes[use->sched_class].measured = true;
    size_t to_end = i->shared.heavy_at_work - i->shared.trial_at_work;
    if (to_end >= heavy_lanes(i) / 2 && any_waits_locked(i, use->sched_class, true)) {
        return true;
    }
    if (to_end < heavy_lanes(i)) {
        use->trial = false;
        i->shared.trial_at_work--;
        return false;
    }
    return any_waits_locked(i, use->sched_class, false);
}

/* A lane of a short class: it is a heavy one if that is within the class's share of these. */
static bool is_too_late_locked(struct inbox *i, struct inbox_use *use, int64_t ms)
{
    const struct sched_class *c = &i->shared.sched_classes[use->sched_class];
    bool was_late = use->late;
    use->heavy = share_allows(heavy_lanes(i), i->shared.heavy_at_work, c->at_work - 1, 1);
    use->late = !use->heavy;
    i->shared.heavy_at_work += use->heavy;
    i->shared.late_at_work = i->shared.late_at_work - was_late + use->late;
    bool long_enough = ms >= LATE_MS || i->shared.late_at_work > late_lanes(i);
    return use->late && long_enough && any_waits_locked(i, use->sched_class, false);
}

bool inbox_wants_back(struct inbox *i, struct inbox_use *use, int64_t ms)
{
    if (ms < HEAVY_MS || (use->heavy && !use->trial) || use->leaves) {
        return use->leaves;
    }
    mutex_lock(&i->shared.lock);
    bool leaves = use->trial ? trial_is_over_locked(i, use) : is_too_late_locked(i, use, ms);
    use->leaves = leaves && !i->shared.stopped;
    i->shared.leaving += use->leaves;
    mutex_unlock(&i->shared.lock);
    return use->leaves;
}
