/* SPDX-License-Identifier: Apache-2.0 */
#include "customers/stats.h"

#define SECONDS(n) (INT64_C(1000) * (n))

/* Fine for a healthy worker, coarse up to a day for a backlog. */
const int64_t stats_lag_bounds_ms[LAG_BOUNDS] = {
    250,          500,           SECONDS(1),     SECONDS(2),     SECONDS(5),
    SECONDS(10),  SECONDS(30),   SECONDS(60),    SECONDS(120),   SECONDS(300),
    SECONDS(900), SECONDS(3600), SECONDS(14400), SECONDS(86400),
};

const char *skip_reason_name(enum skip_reason r)
{
    static const char *const names[] = {"other_event", "folder_marker", "ignored", "repeated"};
    return names[r];
}

void lag_add(struct lag *l, int64_t ms)
{
    size_t at = 0;
    while (at < LAG_BOUNDS && ms > stats_lag_bounds_ms[at]) {
        at++;
    }
    stats_add(&l->counts[at], 1);
    stats_add(&l->sum_ms, (uint64_t)ms);
}

void stats_backfill(struct stats *s, int64_t wall_ms)
{
    if (wall_ms - (int64_t)stats_get(&s->backfill_ms) > BACKFILL_PAUSE_MS) {
        stats_set(&s->backfill_since_ms, (uint64_t)wall_ms);
    }
    stats_set(&s->backfill_ms, (uint64_t)wall_ms);
}

bool poll_stats_add(struct poll_stats *s, enum err_kind kind, size_t messages, size_t damaged,
                    int64_t wall_ms)
{
    enum receive_result result = messages != 0 ? RECEIVE_MESSAGES : RECEIVE_EMPTY;
    if (kind == FAIL_STOPPED) {
        return false;
    }
    if (kind != FAIL_NONE) {
        result = kind == FAIL_THROTTLED ? RECEIVE_THROTTLED : RECEIVE_FAILED;
    }
    bool starved = result == RECEIVE_EMPTY && damaged == 0 && atomic_load(&s->attributes_known) &&
                   stats_get(&s->visible) != 0;
    stats_add(&s->receives[result], 1);
    stats_add(&s->messages, messages);
    stats_add(&s->damaged, damaged);
    stats_add(&s->starved, starved);
    atomic_store(&s->reached, kind == FAIL_NONE);
    if (messages != 0) {
        stats_set(&s->received_ms, (uint64_t)wall_ms);
    }
    return result == RECEIVE_EMPTY && damaged == 0 && !starved;
}

void poll_stats_head(struct poll_stats *s, int64_t sent_ms)
{
    stats_set(&s->head_ms, (uint64_t)sent_ms);
}

/* For structures that contain only counters. */
static void copy_counters(void *to, const void *from, size_t bytes)
{
    stats_count *t = to;
    const stats_count *f = from;
    for (size_t i = 0; i < bytes / sizeof(*t); i++) {
        stats_set(&t[i], stats_get(&f[i]));
    }
}

static bool any_counter(const void *of, size_t bytes)
{
    const stats_count *c = of;
    size_t i = 0;
    while (i < bytes / sizeof(*c) && stats_get(&c[i]) == 0) {
        i++;
    }
    return i < bytes / sizeof(*c);
}

_Static_assert(sizeof(struct stats) % sizeof(stats_count) == 0, "counters alone");
_Static_assert(sizeof(struct lease_stats) % sizeof(stats_count) == 0, "counters alone");
_Static_assert(sizeof(struct poll_stats) ==
                   offsetof(struct poll_stats, attributes_known) + sizeof(stats_count),
               "flags come after the counters");

void stats_copy(struct stats *to, const struct stats *from)
{
    copy_counters(to, from, sizeof(*to));
}

void lease_stats_copy(struct lease_stats *to, const struct lease_stats *from)
{
    copy_counters(to, from, sizeof(*to));
}

void poll_stats_copy(struct poll_stats *to, const struct poll_stats *from)
{
    copy_counters(to, from, offsetof(struct poll_stats, attributes_known));
    atomic_store(&to->attributes_known, atomic_load(&from->attributes_known));
    atomic_store(&to->dead_known, atomic_load(&from->dead_known));
    atomic_store(&to->stopped, atomic_load(&from->stopped));
    atomic_store(&to->reached, atomic_load(&from->reached));
    atomic_store(&to->blocked, atomic_load(&from->blocked));
}

/* A probe of the external id comes from the worker's timer, not from the customer. */
bool stats_any(const struct stats *s)
{
    enum { PROBED = offsetof(struct stats, probed_ms), AFTER = PROBED + 2 * sizeof(stats_count) };
    _Static_assert(offsetof(struct stats, reconciled_ms) == PROBED + sizeof(stats_count),
                   "both are left out");
    return any_counter(s, PROBED) || any_counter((const char *)s + AFTER, sizeof(*s) - AFTER);
}

bool poll_stats_any(const struct poll_stats *s)
{
    return (stats_get(&s->messages) | stats_get(&s->damaged) | stats_get(&s->starved) |
            stats_get(&s->over_share)) != 0;
}

bool lease_stats_any(const struct lease_stats *s)
{
    return any_counter(s, sizeof(*s));
}
