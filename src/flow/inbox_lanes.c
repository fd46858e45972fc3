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

static bool is_new(const struct sched_class *c)
{
    return !c->measured && c->at_work == 0;
}

/* The link to the first message that needs no heavy lane. NULL: all need one. */
static struct inflight **first_short(struct sched_class *c, enum rank rank)
{
    struct inflight **link = &c->lists[rank].first;
    while (*link != NULL && (*link)->heavy) {
        link = &(*link)->next;
    }
    return c->average_ms < HEAVY_MS && *link != NULL ? link : NULL;
}

static bool below_limits_locked(const struct inbox *i, const struct sched_class *c)
{
    return (c->limit == 0 || c->at_work < c->limit) &&
           share_allows(i->s.lanes, i->shared.at_work, c->at_work, 1);
}

static bool may_try_locked(const struct inbox *i, const struct sched_class *c)
{
    return is_new(c) && i->shared.heavy_at_work < heavy_lanes(i) + trial_lanes(i);
}

/* While live messages wait, the lower ones share some of the lanes. */
static bool lower_may_work_locked(const struct inbox *i, const struct sched_class *c)
{
    return i->shared.turns[LIVE].first == 0 ||
           share_allows(i->s.lower_lanes, i->shared.lower_at_work, c->lower_at_work, 1);
}

struct inflight **inbox_choose_locked(const struct inbox *i, struct sched_class *c, enum rank rank)
{
    if (!below_limits_locked(i, c) || (rank == LOWER && !lower_may_work_locked(i, c))) {
        return NULL;
    }
    bool may_be_heavy = may_try_locked(i, c) ||
                        share_allows(heavy_lanes(i), i->shared.heavy_at_work, c->at_work, 1);
    return may_be_heavy ? &c->lists[rank].first : first_short(c, rank);
}

void inbox_set_weight_locked(const struct inbox *i, const struct sched_class *c,
                             const struct inflight *m, struct inbox_use *use)
{
    use->heavy = c->average_ms >= HEAVY_MS || m->heavy;
    use->trial = may_try_locked(i, c);
}

/* ---- How long ---- */

/* Whether the class waits for the end of a lane that is on trial (only_new: as a new one) or late.
 */
static bool waits_for_lane_locked(const struct inbox *i, struct sched_class *c, enum rank rank,
                                  bool only_new)
{
    if ((c->limit != 0 && c->at_work >= c->limit) ||
        (rank == LOWER && !lower_may_work_locked(i, c))) {
        return false;
    }
    if (is_new(c)) {
        return only_new || may_try_locked(i, c);
    }
    return !only_new && first_short(c, rank) != NULL && !below_limits_locked(i, c) &&
           share_allows(i->s.lanes, i->shared.at_work - 1, c->at_work, 1);
}

/*
 * Whether another class waits for the lane, a new one or one that is not heavy; more of them than
 * lanes that put their messages back already.
 */
static bool any_waits_locked(const struct inbox *i, size_t sched_class, bool only_new)
{
    size_t count = 0;
    for (int rank = 0; rank < RANKS; rank++) {
        for (size_t at = i->shared.turns[rank].first; at != 0;) {
            struct sched_class *c = &i->shared.sched_classes[at - 1];
            count +=
                at - 1 != sched_class && waits_for_lane_locked(i, c, (enum rank)rank, only_new);
            if (count > i->shared.leaving) {
                return true;
            }
            at = c->lists[rank].turn_next;
        }
    }
    return false;
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
