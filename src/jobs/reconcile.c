/* SPDX-License-Identifier: Apache-2.0 */
#include "jobs/reconcile.h"

#include "jobs/delivered_events.h"

enum { NS_PER_MS = 1000000 };

const char *const fate_names[FATES] = {
    [FATE_DELIVERED] = "delivered", [FATE_OTHER_VERSION] = "other_version",
    [FATE_IN_FLIGHT] = "in_flight", [FATE_DEAD_LETTER] = "dead_letter",
    [FATE_IGNORED] = "ignored",     [FATE_ARCHIVED] = "archived",
    [FATE_MISSING] = "missing",     [FATE_ELSEWHERE] = "elsewhere",
};

/* Nothing is delivered, and no event says where its message is. */
static enum fate fate_unknown(const struct reconcile *r, const struct s3_entry *entry)
{
    return entry->modified_ns >= r->queue.waiting_ns ? FATE_IN_FLIGHT : FATE_MISSING;
}

/* An empty queue has no message that is received again. */
static enum fate fate_of(const struct reconcile *r, const struct s3_entry *entry)
{
    const struct delivered_object o = {span_str(r->customer->id), entry->key, entry->etag};
    switch (delivered_find(r->delivered, &o)) {
    case DELIVERED_DONE:
        return FATE_DELIVERED;
    case DELIVERED_DEAD:
        return FATE_DEAD_LETTER;
    case DELIVERED_LATER:
        return r->queue.empty ? FATE_MISSING : FATE_IN_FLIGHT;
    case DELIVERED_LEFT:
        if (!r->queue.dead_letters_read) {
            return FATE_DEAD_LETTER;
        }
        return r->queue.empty ? FATE_MISSING : FATE_IN_FLIGHT;
    case DELIVERED_OTHER:
        return r->other_versions || fate_unknown(r, entry) == FATE_IN_FLIGHT
                   ? fate_unknown(r, entry)
                   : FATE_OTHER_VERSION;
    case DELIVERED_NOT:
        break;
    }
    return fate_unknown(r, entry);
}

/*
 * An archived object may have been read before. A table, because gcc 14.2 at -O2 makes wrong code
 * of the same comparisons.
 */
static const enum fate archived[FATES] = {
    [FATE_DELIVERED] = FATE_DELIVERED, [FATE_OTHER_VERSION] = FATE_ARCHIVED,
    [FATE_IN_FLIGHT] = FATE_IN_FLIGHT, [FATE_DEAD_LETTER] = FATE_DEAD_LETTER,
    [FATE_IGNORED] = FATE_IGNORED,     [FATE_ARCHIVED] = FATE_ARCHIVED,
    [FATE_MISSING] = FATE_ARCHIVED,    [FATE_ELSEWHERE] = FATE_ELSEWHERE,
};

static enum fate choose_fate(const struct reconcile *r, const struct s3_entry *entry)
{
    switch (choose(r->customer, &r->range, entry)) {
    case CHOICE_TAKEN:
        return fate_of(r, entry);
    case CHOICE_ARCHIVED:
        return archived[fate_of(r, entry)];
    case CHOICE_IGNORED:
    case CHOICE_FOLDER:
        return FATE_IGNORED;
    case CHOICE_RANGE:
    case CHOICE_OUTSIDE:
    case CHOICE_UNREADABLE:
    case CHOICES:
        break;
    }
    return FATE_ELSEWHERE;
}

enum fate reconcile_object(struct reconcile *r, const struct s3_entry *entry)
{
    enum fate f = choose_fate(r, entry);
    r->objects[f]++;
    return f;
}

bool reconcile_wants(void *ctx, const struct s3_entry *entry)
{
    return reconcile_object(ctx, entry) == FATE_MISSING;
}

uint64_t reconcile_compared(const struct reconcile *r)
{
    uint64_t n = 0;
    for (int f = 0; f < FATE_ELSEWHERE; f++) {
        n += r->objects[f];
    }
    return n;
}

/* ---- What may be in flight, and what is compared ---- */

struct reconcile_queue reconcile_judge_queue(const struct reconcile_waiting *w)
{
    bool known = w->visible >= 0 && w->in_flight >= 0;
    struct reconcile_queue q = {.empty = known && w->visible + w->in_flight == 0,
                                .waiting_ns = INT64_MAX};
    if (!known || w->visible > 0) {
        int64_t late_ms = w->lag_ms + RECONCILE_CLOCKS_MS;
        q.waiting_ns = w->lag_ms < 0 ? 0 : (w->recent_ms + EVENTS_RECENT_MS - late_ms) * NS_PER_MS;
    }
    return q;
}

bool reconcile_limit(struct range *range, int64_t begin_ms)
{
    if (begin_ms <= range->from_ns / NS_PER_MS) {
        return false;
    }
    bool any = begin_ms < range->to_ns / NS_PER_MS;
    range->from_ns = any ? begin_ms * NS_PER_MS : range->to_ns;
    return true;
}

bool reconcile_is_empty(const struct range *range)
{
    return range->from_ns >= range->to_ns;
}

/* ---- Some of the missing keys ---- */

void missing_keys_add(struct missing_keys *m, struct span key)
{
    if (m->count < MISSING_KEYS) {
        buf_add(&m->names, key);
        m->ends[m->count++] = m->names.n;
    }
}

size_t missing_keys_list(const struct missing_keys *m, struct span out[MISSING_KEYS])
{
    for (size_t i = 0, at = 0; i < m->count; at = m->ends[i++]) {
        out[i] = span_of(m->names.p + at, m->ends[i] - at);
    }
    return m->count;
}

void missing_keys_clear(struct missing_keys *m)
{
    buf_clear(&m->names);
    m->count = 0;
}

void missing_keys_done(struct missing_keys *m)
{
    buf_done(&m->names);
}
