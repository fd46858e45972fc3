/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.c - one question first: is every customer fresh? A customer has one state, the worst that
 * applies. Times of silence and lateness are fixed, so that a state means the same in each view.
 */
#include "monitor/status.h"

#include "base/alloc.h"
#include "event/record/json_write.h"

#include <stdlib.h>

enum { PLACE_BYTES = 128 };

const char *status_state_text(enum status_state s)
{
    static const char *const texts[STATUS_STATES] = {
        [STATUS_PAUSED] = "Its role, bucket or topic refused access. Its messages are returned "
                          "unread but for one probe after each pause.",
        [STATUS_LATE] = "One of its outside parties fails; or nothing was delivered for more than "
                        "5 minutes since a notification came; or what was delivered last had "
                        "waited for more than 5 minutes; or messages wait for another attempt "
                        "after an error.",
        [STATUS_UNREADABLE] = "Objects of the last hour cannot be read, and are left for the "
                              "dead-letter queue; others are delivered.",
        [STATUS_INCOMPLETE] = "The last comparison of its bucket with what was delivered found "
                              "objects that are missing: no message will bring them.",
        [STATUS_SILENT] =
            "No notification of the customer for three times its cadence; without one, "
            "for a day. The time before this worker knew it does not count.",
        [STATUS_FAR_ABOVE] = "The last day has more than three times the bytes that its entry "
                             "expects.",
        [STATUS_NOT_YET] =
            "None of these, and this worker has delivered nothing of it since it knows it (its "
            "start, or the reload that added it): whether it is fresh is not known yet.",
        [STATUS_BACKFILLING] =
            "None of these, and messages of a backfill came in the last 2 minutes. "
            "What is new is delivered before them, so the customer counts as "
            "fresh.",
        [STATUS_FRESH] = "None of these: what was notified is delivered.",
    };
    return texts[s];
}

/* ---- The state of a customer ---- */

/* A backlog is being read: what was delivered last had waited for long. */
bool status_is_catching_up(const struct snapshot *s, const struct snapshot_customer *c)
{
    int64_t delivered = (int64_t)stats_get(&c->stats.delivered_ms);
    return stats_get(&c->stats.lag_ms) > STATUS_LATE_MS && s->wall_ms - delivered < STATUS_LATE_MS;
}

/* Since when the worker knows the customer: not before its own start, by another clock. */
static int64_t known_ms(const struct snapshot *s, const struct snapshot_customer *c)
{
    int64_t known = s->wall_ms - c->trouble.known_ms;
    return known > s->started_ms ? known : s->started_ms;
}

/* The last notification, or when the worker got to know the customer. */
static int64_t heard_ms(const struct snapshot *s, const struct snapshot_customer *c)
{
    int64_t notified = (int64_t)stats_get(&c->stats.notified_ms);
    return notified != 0 ? notified : known_ms(s, c);
}

/* By the cadence of its entry; of a customer without one, from a day on. */
static bool is_silent(const struct snapshot *s, const struct snapshot_customer *c)
{
    return c->has_cadence ? c->state.silent != 0 : s->wall_ms - heard_ms(s, c) > STATUS_SILENT_MS;
}

static bool is_backfilling(const struct snapshot *s, const struct snapshot_customer *c)
{
    return s->wall_ms - (int64_t)stats_get(&c->stats.backfill_ms) <= BACKFILL_PAUSE_MS;
}

/* Of a late customer, the earliest that is known. 0: only a party fails, and nothing waits. */
static int64_t late_since_ms(const struct snapshot *s, const struct snapshot_customer *c)
{
    int64_t since = (int64_t)stats_get(&c->stats.undelivered_ms);
    int64_t returned = s->wall_ms - c->trouble.back_off.lasts_ms;
    if (c->state.back_off != 0 && (since == 0 || returned < since)) {
        since = returned;
    }
    if (since == 0 && status_is_catching_up(s, c)) {
        since = (int64_t)(stats_get(&c->stats.delivered_ms) - stats_get(&c->stats.lag_ms));
    }
    return since;
}

enum status_state status_of(const struct snapshot *s, const struct snapshot_customer *c,
                            int64_t *since_ms)
{
    int64_t undelivered = (int64_t)stats_get(&c->stats.undelivered_ms);
    bool held = stats_get(&c->stats.messages_in_flight) != 0;
    /* What is left is never delivered: it is another state, unless other objects wait here. */
    bool waits = undelivered != 0 && s->wall_ms - undelivered > STATUS_LATE_MS &&
                 (c->left_lately == 0 || held);
    if (c->state.paused) {
        *since_ms = s->wall_ms - c->trouble.paused_ms;
        return STATUS_PAUSED;
    }
    if (c->state.outages != 0 || waits || status_is_catching_up(s, c) || c->state.back_off != 0) {
        *since_ms = late_since_ms(s, c);
        return STATUS_LATE;
    }
    if (c->left_lately != 0) {
        *since_ms = c->left_since_ms;
        return STATUS_UNREADABLE;
    }
    if (c->state.missing != 0) {
        *since_ms = s->wall_ms - c->trouble.missing_ms;
        return STATUS_INCOMPLETE;
    }
    if (is_silent(s, c)) {
        *since_ms = heard_ms(s, c);
        return STATUS_SILENT;
    }
    if (c->state.far_above != 0) {
        *since_ms = s->wall_ms - c->trouble.far_above_ms;
        return STATUS_FAR_ABOVE;
    }
    if (is_backfilling(s, c)) {
        *since_ms = (int64_t)stats_get(&c->stats.backfill_since_ms);
        return STATUS_BACKFILLING;
    }
    *since_ms = (int64_t)stats_get(&c->stats.delivered_ms);
    if (*since_ms == 0) {
        *since_ms = known_ms(s, c);
        return STATUS_NOT_YET;
    }
    return STATUS_FRESH;
}

/* ---- JSON ---- */

static void add_error(struct buf *out, const struct err *e, bool plain)
{
    json_member(out, "error");
    buf_add_byte(out, '{');
    json_member_text(out, "class", span_str(err_kind_name(e->kind)));
    json_member_text(out, "code", span_str(e->code));
    json_member_text(out, "detail", plain ? SPAN("") : span_str(e->text));
    buf_add_byte(out, '}');
}

uint64_t status_rejects(const struct snapshot_customer *c)
{
    uint64_t n = 0;
    for (size_t i = 0; i < REJECT_REASONS; i++) {
        n += stats_get(&c->stats.rejects[i]);
    }
    return n;
}

/* With reconcile.interval. A comparison that could not be made leaves the result of the last one.
 */
static void add_compared(const struct snapshot_customer *c, struct buf *out)
{
    uint64_t compared_ms = stats_get(&c->stats.reconciled_ms);
    if (compared_ms != 0) {
        json_member_time(out, "compared", (int64_t)compared_ms);
        json_member_number(out, "missing", c->state.missing);
    }
    if (c->state.not_compared != 0) {
        json_member_bool(out, "not_compared", true);
    }
}

static void add_what_to_do(const struct snapshot *s, const struct status_row *r, struct buf *out)
{
    struct buf text = BUF_INIT(STATUS_TODO_BYTES);
    status_add_what_to_do(s, r, &text);
    json_member_text(out, "what_to_do", buf_span(&text));
    buf_done(&text);
}

static void add_customer(const struct snapshot *s, const struct status_row *r, bool plain,
                         struct buf *out)
{
    const struct snapshot_customer *c = r->customer;
    struct status_advice advice = status_advise(s, r);
    const struct err *e = status_error(r);
    buf_add_byte(out, '{');
    json_member_text(out, "customer", c->id);
    json_member_text(out, "state", span_str(status_state_name(r->state)));
    json_member_time(out, "since", r->since_ms);
    json_member_time(out, "last_notification", c->received_ms);
    json_member_time(out, "last_own_notification", (int64_t)stats_get(&c->stats.notified_ms));
    json_member_time(out, "last_delivery", (int64_t)stats_get(&c->stats.delivered_ms));
    json_member_time(out, "last_backfill", (int64_t)stats_get(&c->stats.backfill_ms));
    if (stats_get(&c->stats.delivered_ms) != 0) {
        json_member_number(out, "lag_ms", stats_get(&c->stats.lag_ms));
    }
    json_member_number(out, "held", stats_get(&c->stats.messages_in_flight));
    if (c->state.back_off != 0) {
        json_member_number(out, "back_off", c->state.back_off);
        json_member_time(out, "back_off_first", s->wall_ms + c->trouble.back_off.first_in_ms);
        json_member_time(out, "back_off_last", s->wall_ms + c->trouble.back_off.last_in_ms);
    }
    if (c->visible >= 0) {
        json_member_number(out, "queue_visible", (uint64_t)c->visible);
    }
    if (c->not_held != 0) {
        json_member_number(out, "queue_not_held", c->not_held);
    }
    if (c->dead_letters >= 0) {
        json_member_number(out, "dead_letters", (uint64_t)c->dead_letters);
    }
    json_member_number(out, "lanes_busy", c->lanes_busy);
    json_member_number(out, "unacked_bytes", c->state.unacked_bytes);
    json_member_number(out, "objects_done", stats_get(&c->stats.objects_done));
    json_member_number(out, "objects_left", stats_get(&c->stats.objects_left));
    json_member_number(out, "objects_left_lately", c->left_lately);
    json_member_number(out, "events", stats_get(&c->stats.events));
    json_member_number(out, "rejects", status_rejects(c));
    json_member_time(out, "external_id_checked", (int64_t)stats_get(&c->stats.probed_ms));
    add_compared(c, out);
    json_member_text(out, "cause", span_str(advice.cause));
    if (r->state == STATUS_PAUSED) {
        json_member_number(out, "next_try_ms", (uint64_t)c->trouble.next_try_ms);
    }
    if (e != NULL) {
        add_error(out, e, plain);
    }
    add_what_to_do(s, r, out);
    if (status_section(r)[0] != '\0') {
        struct buf place = BUF_INIT(PLACE_BYTES);
        status_add_runbook(s, r, &place);
        json_member_text(out, "runbook", buf_span(&place));
        buf_done(&place);
    }
    buf_add_byte(out, '}');
}

/* Also those that wait for Kafka. */
static uint64_t busy_lanes(const struct snapshot *s)
{
    uint64_t n = 0;
    for (size_t i = s->first_lane; i < s->health.count; i++) {
        n += pulse_state(s->health.threads[i].pulse) != PULSE_IDLE;
    }
    return n;
}

static void add_worker(const struct snapshot *s, struct buf *out)
{
    json_member(out, "worker");
    buf_add_byte(out, '{');
    json_member_text(out, "version", SPAN(INGEST_VERSION));
    json_member_time(out, "started", s->started_ms);
    json_member_bool(out, "ready", ready_is(&s->ready));
    json_member_bool(out, "stopping", s->ready.stopping);
    json_member_bool(out, "drained", s->ready.drained);
    json_member_bool(out, "kafka_up", s->kafka.reached);
    json_member_number(out, "kafka_brokers_unreachable", s->kafka.lost_brokers);
    json_member_bool(out, "reload_failed", s->configuration.reload_failed);
    json_member_number(out, "inbox_messages", s->inbox_messages);
    json_member_number(out, "not_held", s->not_held);
    json_member_number(out, "backlog", backlog_messages(&s->backlog));
    json_member_number(out, "backlog_visible", (uint64_t)s->backlog.visible);
    json_member_number(out, "backlog_own", s->backlog.inbox + s->backlog.over_share);
    json_member_number(out, "backlog_age_ms", (uint64_t)s->backlog.age_ms);
    json_member_number(out, "lanes_busy", busy_lanes(s));
    json_member_number(out, "unacked_bytes", s->kafka.bytes);
    buf_add_byte(out, '}');
}

/* ---- Which customers ---- */

size_t status_fresh(const struct status_list *l)
{
    return l->counts[STATUS_FRESH] + l->counts[STATUS_BACKFILLING];
}

size_t status_bad(const struct status_list *l)
{
    size_t n = 0;
    for (int i = 0; i < STATUS_NOT_YET; i++) {
        n += l->counts[i];
    }
    return n;
}

enum status_answer status_answer(const struct snapshot *s, const struct status_list *l)
{
    if (status_bad(l) != 0) {
        return STATUS_NO;
    }
    return status_fresh(l) == s->customer_count && s->not_held == 0 ? STATUS_YES : STATUS_OPEN;
}

static int worst_first(const void *a, const void *b)
{
    const struct status_row *x = a;
    const struct status_row *y = b;
    if (x->state != y->state) {
        return x->state < y->state ? -1 : 1;
    }
    /* what a customer is not known since is a difference of two clocks, and no order */
    if (x->since_ms != y->since_ms && x->state != STATUS_NOT_YET) {
        return x->since_ms < y->since_ms ? -1 : 1;
    }
    size_t n = x->customer->id.n < y->customer->id.n ? x->customer->id.n : y->customer->id.n;
    int order = n != 0 ? memcmp(x->customer->id.p, y->customer->id.p, n) : 0;
    return order != 0 ? order : (x->customer->id.n > n) - (y->customer->id.n > n);
}

static bool is_wanted(const struct status_query *q, const struct status_row *r)
{
    struct span id = r->customer->id;
    return (q->state.n == 0 || span_eq(q->state, span_str(status_state_name(r->state)))) &&
           id.n >= q->id.n && (q->id.n == 0 || memcmp(id.p, q->id.p, q->id.n) == 0);
}

static void add_counts(struct buf *out, const size_t counts[STATUS_STATES])
{
    json_member(out, "counts");
    buf_add_byte(out, '{');
    for (int i = 0; i < STATUS_STATES; i++) {
        json_member_number(out, status_state_name((enum status_state)i), counts[i]);
    }
    buf_add_byte(out, '}');
}

void status_select(const struct snapshot *s, const struct status_query *q, struct status_list *out)
{
    *out = (struct status_list){.rows = mem_zeros(s->customer_count, sizeof(*out->rows))};
    for (size_t i = 0; i < s->customer_count; i++) {
        struct status_row *r = &out->rows[out->found];
        r->customer = &s->customers[i];
        r->state = status_of(s, r->customer, &r->since_ms);
        out->counts[r->state]++;
        out->found += is_wanted(q, r);
    }
    qsort(out->rows, out->found, sizeof(*out->rows), worst_first);
}

void status_list_done(struct status_list *l)
{
    free(l->rows);
    l->rows = NULL;
}

void status_write(const struct snapshot *s, const struct status_query *q, struct buf *out)
{
    struct status_list list;
    status_select(s, q, &list);
    buf_add_byte(out, '{');
    json_member_number(out, "format", 1);
    json_member_time(out, "time", s->wall_ms);
    add_worker(s, out);
    add_counts(out, list.counts);
    json_member_number(out, "found", list.found);
    json_member_number(out, "offset", q->offset);
    json_member(out, "customers");
    buf_add_byte(out, '[');
    for (size_t i = q->offset; i < list.found && i - q->offset < q->limit; i++) {
        buf_add(out, i != q->offset ? SPAN(",") : SPAN(""));
        add_customer(s, &list.rows[i], q->plain, out);
    }
    buf_add(out, SPAN("]}\n"));
    status_list_done(&list);
}
