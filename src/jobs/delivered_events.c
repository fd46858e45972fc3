/* SPDX-License-Identifier: Apache-2.0 */
#include "jobs/delivered_events.h"

#include "ops/ops_read.h"

enum { RECORDS = 1000, WAIT_MS = 100 };

void delivered_events_init(struct delivered_events *ev, const struct events_wanted *wanted,
                           struct delivered *set)
{
    *ev = (struct delivered_events){.wanted = *wanted, .set = set, .lag_ms = -1, .heard_ms = -1};
}

/*
 * By the key of the record, so that events of other customers are not parsed. number: of the
 * customer in `customers`; TEXT_INDEX_NONE without them.
 */
static bool is_wanted(const struct events_wanted *w, struct span customer, size_t *number)
{
    *number = w->customers != NULL ? text_index_find(w->customers, customer) : TEXT_INDEX_NONE;
    if (w->customers != NULL) {
        return *number != TEXT_INDEX_NONE;
    }
    return customer.n != 0 && (w->customer.n == 0 || span_eq(customer, w->customer));
}

static void note_lag(int64_t *lag_ms, const struct delivered_events *ev,
                     const struct ops_seen *seen, int64_t time_ms)
{
    bool done = seen->what == OPS_SAW_READ || seen->what == OPS_SAW_ACCEPTED;
    if (done && time_ms >= ev->wanted.recent_ms && seen->lag_ms > *lag_ms) {
        *lag_ms = seen->lag_ms;
    }
}

/* Without versions, the version of a notification is its ETag. False: the set is full. */
static bool add_seen(struct delivered_events *ev, const struct ops_seen *seen)
{
    static const enum delivered_state states[] = {[OPS_SAW_READ] = DELIVERED_DONE,
                                                  [OPS_SAW_ACCEPTED] = DELIVERED_DONE,
                                                  [OPS_SAW_LATER] = DELIVERED_LATER,
                                                  [OPS_SAW_LEFT] = DELIVERED_LEFT};
    const struct delivered_object o = {seen->customer, seen->key,
                                       seen->etag.n != 0 ? seen->etag : seen->version};
    if (!span_starts(seen->key, ev->wanted.below)) {
        return true;
    }
    ev->used++;
    return delivered_add(ev->set, &o, states[seen->what]);
}

static bool take_record(struct delivered_events *ev, const struct tail_record *r)
{
    struct ops_seen seen;
    size_t number = 0;
    ev->read++;
    if (!is_wanted(&ev->wanted, r->key, &number) || !ops_read(r->value, &seen)) {
        return true;
    }
    bool room = !span_eq(seen.customer, r->key) || add_seen(ev, &seen);
    note_lag(number != TEXT_INDEX_NONE ? &ev->wanted.lags_ms[number] : &ev->lag_ms, ev, &seen,
             r->time_ms);
    ops_seen_done(&seen);
    return room;
}

enum events_state delivered_events_next(struct delivered_events *ev, struct tail *t, int64_t now_ms,
                                        struct err *e)
{
    struct tail_record r;
    if (ev->heard_ms < 0) {
        ev->heard_ms = now_ms;
    }
    for (int i = 0; i < RECORDS; i++) {
        if (!tail_next(t, WAIT_MS, &r, e)) {
            break;
        }
        ev->heard_ms = now_ms;
        if (!take_record(ev, &r)) {
            return EVENTS_FULL;
        }
    }
    if (e->kind != FAIL_NONE) {
        return EVENTS_FAILED;
    }
    if (tail_ended(t)) {
        ev->begin_ms = tail_begin_ms(t);
        return EVENTS_END;
    }
    if (now_ms - ev->heard_ms > EVENTS_SILENCE_MS) {
        (void)err_set(e, FAIL_AGAIN, "kafka: no record of the ops topic came for %d s",
                      EVENTS_SILENCE_MS / 1000);
        return EVENTS_FAILED;
    }
    return EVENTS_MORE;
}
