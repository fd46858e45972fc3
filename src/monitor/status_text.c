/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/status_text.h"

#include "base/visible.h"
#include "monitor/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { CELL_BYTES = 256, NAME_WIDTH = 20 };

/* The width on the terminal is counted in characters, which are one column each in most ids. */
static size_t width_of(struct span text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    }
    return n;
}

static void add_blanks(struct buf *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf_add_byte(out, ' ');
    }
}

/* A cell of `width`, and two blanks. right: aligned so. */
static void add_cell(struct buf *out, struct span text, size_t width, bool right)
{
    size_t n = width_of(text);
    size_t pad = n < width ? width - n : 0;
    add_blanks(out, right ? pad : 0);
    buf_add(out, text);
    add_blanks(out, (right ? 0 : pad) + 2);
}

static void add_age(struct buf *cell, int64_t wall_ms, int64_t now_ms)
{
    buf_clear(cell);
    if (wall_ms == 0) {
        buf_add_byte(cell, '-');
    } else {
        html_duration(cell, now_ms - wall_ms);
    }
}

static void add_lag(struct buf *cell, const struct snapshot_customer *c)
{
    uint64_t lag = stats_get(&c->stats.lag_ms);
    buf_clear(cell);
    if (stats_get(&c->stats.delivered_ms) == 0) {
        buf_add_byte(cell, '-');
    } else if (lag < 10 * 1000) {
        buf_addf(cell, "%.1f s", (double)lag / 1000);
    } else {
        html_duration(cell, (int64_t)lag);
    }
}

/* ---- The head ---- */

static const char *worker_word(const struct snapshot *s)
{
    if (s->ready.stopping) {
        return "stopping";
    }
    if (s->ready.drained) {
        return "drained";
    }
    return ready_is(&s->ready) ? "ready" : s->ready.started ? "not ready" : "starting";
}

static void add_time(struct buf *out, int64_t wall_ms)
{
    char text[64];
    struct tm t = {0};
    time_t seconds = (time_t)(wall_ms / 1000);
    if (gmtime_r(&seconds, &t) != NULL && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &t)) {
        buf_add(out, span_str(text));
    }
}

static void add_head(const struct snapshot *s, const struct status_list *l, struct buf *out)
{
    size_t fresh = status_fresh(l);
    buf_addf(out, "Is every customer fresh? %s",
             fresh == s->customer_count ? "Yes"
             : status_bad(l) == 0       ? "Not known yet"
                                        : "No");
    buf_addf(out, ": %zu of %zu are", fresh, s->customer_count);
    for (int i = 0; i < STATUS_FRESH; i++) {
        if (l->counts[i] != 0) {
            buf_addf(out, ", %zu %s", l->counts[i], status_state_name((enum status_state)i));
        }
    }
    buf_addf(out, ".\nWorker %s, Kafka %s", worker_word(s),
             s->kafka.reached ? "reachable" : "not reachable");
    if (s->kafka.reached && s->kafka.lost_brokers != 0) {
        buf_addf(out, " but for %u broker%s", s->kafka.lost_brokers,
                 s->kafka.lost_brokers == 1 ? "" : "s");
    }
    buf_add(out, SPAN(", up "));
    html_duration(out, s->wall_ms - s->started_ms);
    buf_addf(out, ", %" PRIu64 " in the inbox, ", s->inbox_messages);
    html_bytes(out, s->kafka.bytes);
    buf_add(out, SPAN(" unacknowledged, "));
    html_bytes(out, s->process.resident_bytes);
    buf_add(out, SPAN(" memory, "));
    add_time(out, s->wall_ms);
    buf_addf(out, "%s\n\n",
             s->configuration.reload_failed ? "\nThe last reload of the configuration was refused."
                                            : "");
}

/* ---- The table ---- */

static void add_columns(struct buf *out)
{
    static const struct {
        const char *name;
        size_t width;
        bool right;
    } columns[] = {{"CUSTOMER", NAME_WIDTH, false},
                   {"STATE", 11, false},
                   {"SINCE", 10, true},
                   {"NOTIFIED", 10, true},
                   {"OWN", 10, true},
                   {"DELIVERED", 10, true},
                   {"LAG", 10, true},
                   {"HELD", 6, true},
                   {"QUEUED", 7, true},
                   {"REJECTS", 7, true},
                   {"LEFT", 5, true}};
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        add_cell(out, span_str(columns[i].name), columns[i].width, columns[i].right);
    }
    buf_add(out, SPAN("CAUSE\n"));
}

static void add_count(struct buf *out, struct buf *cell, uint64_t n, size_t width)
{
    buf_clear(cell);
    html_count(cell, n);
    add_cell(out, buf_span(cell), width, true);
}

static void add_ages(const struct snapshot *s, const struct status_row *r, struct buf *cell,
                     struct buf *out)
{
    const struct snapshot_customer *c = r->customer;
    const int64_t times[] = {r->since_ms, c->received_ms, (int64_t)stats_get(&c->stats.notified_ms),
                             (int64_t)stats_get(&c->stats.delivered_ms)};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        add_age(cell, times[i], s->wall_ms);
        add_cell(out, buf_span(cell), 10, true);
    }
}

static void add_row(const struct snapshot *s, const struct status_row *r, struct buf *cell,
                    struct buf *out)
{
    const struct snapshot_customer *c = r->customer;
    buf_clear(cell);
    visible_add(cell, c->id);
    add_cell(out, buf_span(cell), NAME_WIDTH, false);
    add_cell(out, span_str(status_state_name(r->state)), 11, false);
    add_ages(s, r, cell, out);
    add_lag(cell, c);
    add_cell(out, buf_span(cell), 10, true);
    add_count(out, cell, stats_get(&c->stats.messages_in_flight), 6);
    if (c->visible >= 0) {
        add_count(out, cell, (uint64_t)c->visible, 7);
    } else {
        add_cell(out, SPAN("-"), 7, true);
    }
    add_count(out, cell, status_rejects(c), 7);
    add_count(out, cell, c->left_lately, 5);
    buf_add(out, span_str(status_advise(s, r).cause));
    buf_add_byte(out, '\n');
}

void status_text_write(const struct snapshot *s, const struct status_query *q, struct buf *out)
{
    struct status_list list;
    struct buf cell = BUF_INIT(CELL_BYTES);
    size_t end = q->offset;
    status_select(s, q, &list);
    add_head(s, &list, out);
    add_columns(out);
    for (; end < list.found && end - q->offset < q->limit; end++) {
        add_row(s, &list.rows[end], &cell, out);
    }
    if (end < list.found) {
        buf_addf(out, "%zu more\n", list.found - end);
    }
    buf_done(&cell);
    status_list_done(&list);
}

/* ---- One customer ---- */

static void add_line(struct buf *out, const char *name, struct span value)
{
    add_cell(out, span_str(name), 24, false);
    visible_add(out, value);
    buf_add_byte(out, '\n');
}

static void add_moment(struct buf *out, const char *name, int64_t wall_ms, int64_t now_ms)
{
    struct buf cell = BUF_INIT(CELL_BYTES);
    if (wall_ms == 0) {
        buf_add_byte(&cell, '-');
    } else {
        add_time(&cell, wall_ms);
        buf_add(&cell, SPAN(", "));
        html_duration(&cell, now_ms - wall_ms);
        buf_add(&cell, SPAN(" ago"));
    }
    add_line(out, name, buf_span(&cell));
    buf_done(&cell);
}

static void add_number(struct buf *out, const char *name, uint64_t n)
{
    add_cell(out, span_str(name), 24, false);
    buf_addf(out, "%" PRIu64 "\n", n);
}

static void add_back(const struct snapshot *s, const char *name, int64_t in_ms, struct buf *out)
{
    struct buf cell = BUF_INIT(CELL_BYTES);
    add_time(&cell, s->wall_ms + in_ms);
    buf_add(&cell, SPAN(", in "));
    html_duration(&cell, in_ms);
    add_line(out, name, buf_span(&cell));
    buf_done(&cell);
}

static void add_numbers(const struct snapshot *s, const struct snapshot_customer *c,
                        struct buf *out)
{
    const struct stats *stats = &c->stats;
    add_number(out, "held", stats_get(&stats->messages_in_flight));
    add_number(out, "in back-off", c->state.back_off);
    if (c->state.back_off != 0) {
        add_back(s, "... first one back", c->trouble.back_off.first_in_ms, out);
        add_back(s, "... last one back", c->trouble.back_off.last_in_ms, out);
    }
    if (c->visible >= 0) {
        add_number(out, "visible in its queue", (uint64_t)c->visible);
    }
    if (c->dead_letters >= 0) {
        add_number(out, "in dead-letter queue", (uint64_t)c->dead_letters);
    }
    add_number(out, "lanes busy", c->lanes_busy);
    add_number(out, "unacknowledged bytes", c->state.unacked_bytes);
    add_number(out, "objects done", stats_get(&stats->objects_done));
    add_number(out, "objects later", stats_get(&stats->objects_later));
    add_number(out, "objects left", stats_get(&stats->objects_left));
    add_number(out, "... in the last hour", c->left_lately);
    add_number(out, "events", stats_get(&stats->events));
    add_number(out, "rejects", status_rejects(c));
    for (int i = 0; i < FAIL_KINDS; i++) {
        if (stats_get(&stats->errors[i]) != 0) {
            char name[32];
            (void)snprintf(name, sizeof(name), "errors: %s", err_kind_name((enum err_kind)i));
            add_number(out, name, stats_get(&stats->errors[i]));
        }
    }
}

static void add_trouble(const struct snapshot *s, const struct status_row *r, struct buf *out)
{
    const struct snapshot_customer *c = r->customer;
    struct status_advice advice = status_advise(s, r);
    const struct err *e = status_error(r);
    if (advice.cause[0] != '\0') {
        add_line(out, "cause", span_str(advice.cause));
        struct buf todo = BUF_INIT(STATUS_TODO_BYTES);
        status_add_what_to_do(s, r, &todo);
        add_line(out, "what to do", buf_span(&todo));
        buf_done(&todo);
    }
    if (status_section(r)[0] != '\0') {
        struct buf place = BUF_INIT(CELL_BYTES);
        status_add_runbook(s, r, &place);
        add_line(out, "runbook", buf_span(&place));
        buf_done(&place);
    }
    if (e != NULL) {
        add_line(out, "error", span_str(err_kind_name(e->kind)));
        add_line(out, "code", span_str(e->code));
        add_line(out, "detail", span_str(e->text));
    }
    if (r->state == STATUS_PAUSED && !c->trouble.held) {
        add_cell(out, SPAN("next try"), 24, false);
        buf_add(out, SPAN("in "));
        html_duration(out, c->trouble.next_try_ms);
        buf_add(out, SPAN(", with the next visible message\n"));
    }
}

bool status_text_one(const struct snapshot *s, struct span id, struct buf *out)
{
    struct status_row r = {.customer = NULL};
    struct buf lag = BUF_INIT(CELL_BYTES);
    for (size_t i = 0; i < s->customer_count && r.customer == NULL; i++) {
        r.customer = span_eq(s->customers[i].id, id) ? &s->customers[i] : NULL;
    }
    if (r.customer == NULL) {
        return false;
    }
    r.state = status_of(s, r.customer, &r.since_ms);
    add_line(out, "customer", id);
    add_line(out, "state", span_str(status_state_name(r.state)));
    add_moment(out, "since", r.since_ms, s->wall_ms);
    add_trouble(s, &r, out);
    add_moment(out, "last notification", r.customer->received_ms, s->wall_ms);
    add_moment(out, "last own notification", (int64_t)stats_get(&r.customer->stats.notified_ms),
               s->wall_ms);
    add_moment(out, "last delivery", (int64_t)stats_get(&r.customer->stats.delivered_ms),
               s->wall_ms);
    add_lag(&lag, r.customer);
    add_line(out, "its lag", buf_span(&lag));
    add_numbers(s, r.customer, out);
    buf_done(&lag);
    return true;
}
