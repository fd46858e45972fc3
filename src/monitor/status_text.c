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
    static const char *const answers[] = {
        [STATUS_YES] = "Yes", [STATUS_OPEN] = "Not known yet", [STATUS_NO] = "No"};
    buf_addf(out, "Is every customer fresh? %s: %zu of %zu are", answers[status_answer(s, l)],
             status_fresh(l), s->customer_count);
    for (int i = 0; i < STATUS_FRESH; i++) {
        if (l->counts[i] != 0) {
            buf_addf(out, ", %zu %s", l->counts[i], status_state_name((enum status_state)i));
        }
    }
    buf_add(out, SPAN(".\n"));
    if (status_fresh(l) == s->customer_count && s->not_held != 0) { /* else they may be its own */
        buf_addf(
            out,
            "%" PRIu64
            " message%s hidden in the queues and not held by this worker: " STATUS_NOT_HELD_TEXT
            ".\n",
            s->not_held, s->not_held == 1 ? " is" : "s are");
    }
    buf_addf(out, "Worker %s, Kafka %s", worker_word(s),
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

enum column {
    COLUMN_CUSTOMER,
    COLUMN_STATE,
    COLUMN_SINCE,
    COLUMN_NOTIFIED,
    COLUMN_OWN,
    COLUMN_DELIVERED,
    COLUMN_LAG,
    COLUMN_HELD,
    COLUMN_QUEUED,
    COLUMN_REJECTS,
    COLUMN_LEFT,
    COLUMNS
};

/* CAUSE comes after them, and has at least so many characters if a terminal is narrow. */
enum { CAUSE_WIDTH = 45 };

static const struct {
    const char *name;
    size_t width;
    bool right;
    int left_out; /* if a terminal is too narrow: 1 is left out first; 0: never */
} columns[COLUMNS] = {
    [COLUMN_CUSTOMER] = {"CUSTOMER", NAME_WIDTH, false, 0},
    [COLUMN_STATE] = {"STATE", 11, false, 0},
    [COLUMN_SINCE] = {"SINCE", 10, true, 9},
    [COLUMN_NOTIFIED] = {"NOTIFIED", 10, true, 2},
    [COLUMN_OWN] = {"OWN", 10, true, 1},
    [COLUMN_DELIVERED] = {"DELIVERED", 10, true, 8},
    [COLUMN_LAG] = {"LAG", 10, true, 7},
    [COLUMN_HELD] = {"HELD", 6, true, 3},
    [COLUMN_QUEUED] = {"QUEUED", 7, true, 4},
    [COLUMN_REJECTS] = {"REJECTS", 7, true, 5},
    [COLUMN_LEFT] = {"LEFT", 5, true, 6},
};

/* The columns from which on all are shown in a terminal of this width; 0: any. */
static int shown_from(size_t terminal)
{
    int from = 1;
    size_t width = CAUSE_WIDTH;
    for (size_t i = 0; i < COLUMNS; i++) {
        width += columns[i].width + 2;
    }
    for (; terminal != 0 && width > terminal && from < COLUMNS; from++) {
        for (size_t i = 0; i < COLUMNS; i++) {
            width -= columns[i].left_out == from ? columns[i].width + 2 : 0;
        }
    }
    return from;
}

static bool is_shown(size_t column, int from)
{
    return columns[column].left_out == 0 || columns[column].left_out >= from;
}

static void add_names(struct buf *out, int from)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        if (is_shown(i, from)) {
            add_cell(out, span_str(columns[i].name), columns[i].width, columns[i].right);
        }
    }
    buf_add(out, SPAN("CAUSE\n"));
}

static void set_count(struct buf *cell, int64_t n)
{
    buf_clear(cell);
    if (n < 0) {
        buf_add_byte(cell, '-');
    } else {
        html_count(cell, (uint64_t)n);
    }
}

static void set_text(struct buf *cell, struct span text)
{
    buf_clear(cell);
    visible_add(cell, text);
}

static void set_cell(const struct snapshot *s, const struct status_row *r, enum column column,
                     struct buf *cell)
{
    const struct snapshot_customer *c = r->customer;
    switch (column) {
    case COLUMN_CUSTOMER:
        set_text(cell, c->id);
        return;
    case COLUMN_STATE:
        set_text(cell, span_str(status_state_name(r->state)));
        return;
    case COLUMN_SINCE:
        add_age(cell, r->since_ms, s->wall_ms);
        return;
    case COLUMN_NOTIFIED:
        add_age(cell, c->received_ms, s->wall_ms);
        return;
    case COLUMN_OWN:
        add_age(cell, (int64_t)stats_get(&c->stats.notified_ms), s->wall_ms);
        return;
    case COLUMN_DELIVERED:
        add_age(cell, (int64_t)stats_get(&c->stats.delivered_ms), s->wall_ms);
        return;
    case COLUMN_LAG:
        add_lag(cell, c);
        return;
    case COLUMN_HELD:
        set_count(cell, (int64_t)stats_get(&c->stats.messages_in_flight));
        return;
    case COLUMN_QUEUED:
        set_count(cell, c->visible);
        return;
    case COLUMN_REJECTS:
        set_count(cell, (int64_t)status_rejects(c));
        return;
    case COLUMN_LEFT:
        set_count(cell, (int64_t)c->left_lately);
        return;
    case COLUMNS:
        break;
    }
}

static void add_row(const struct snapshot *s, const struct status_row *r, int from,
                    struct buf *cell, struct buf *out)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        if (is_shown(i, from)) {
            set_cell(s, r, (enum column)i, cell);
            add_cell(out, buf_span(cell), columns[i].width, columns[i].right);
        }
    }
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
    int from = shown_from(q->columns);
    add_names(out, from);
    for (; end < list.found && end - q->offset < q->limit; end++) {
        add_row(s, &list.rows[end], from, &cell, out);
    }
    if (end < list.found) {
        buf_addf(out, "%zu more\n", list.found - end);
    }
    if (s->queues_shared && is_shown(COLUMN_QUEUED, from)) {
        buf_add(out, SPAN("QUEUED is of the whole queue: customers of one queue all show it.\n"));
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
    if (c->not_held != 0) {
        add_number(out, "hidden there, not held", c->not_held);
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
