/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_table.c - the customers, a row each. On a narrow screen the style makes a card of each row,
 * so every cell carries its column's name, and every element its role: a changed display would
 * remove the meaning of a table.
 */
#include "monitor/html.h"
#include "page_priv.h"

#include <inttypes.h>
#include <time.h>

enum { SPARK_HEIGHT = 20, PLACE_BYTES = 128 };

/* ---- The picture of an hour ---- */

static uint32_t highest(const struct history_line *line)
{
    uint32_t most = 0;
    for (size_t i = 0; i < line->count; i++) {
        most = line->points[i] > most ? line->points[i] : most;
    }
    return most;
}

static void add_points(struct buf *out, const struct history_line *line, uint32_t most)
{
    size_t first = HISTORY_POINTS - line->count; /* the newest is at the right */
    for (size_t i = 0; i < line->count; i++) {
        double y = most != 0 ? (double)line->points[i] / most * (SPARK_HEIGHT - 2) : 0;
        buf_addf(out, "%s%zu %.1f", i != 0 ? "L" : "", first + i, SPARK_HEIGHT - 1 - y);
    }
}

void page_add_sparkline(struct buf *out, const struct history_line *line)
{
    if (line->count == 0) {
        return;
    }
    uint32_t most = highest(line);
    buf_addf(out,
             "<svg class=\"spark\" role=\"img\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
             "aria-label=\"Events a minute in the last hour: %" PRIu32 " now, %" PRIu32
             " at most\">",
             HISTORY_POINTS - 1, SPARK_HEIGHT, line->points[line->count - 1], most);
    buf_addf(out, "<path class=\"base\" d=\"M0 %dH%d\"/>", SPARK_HEIGHT - 1, HISTORY_POINTS - 1);
    buf_addf(out, "<path class=\"area\" d=\"M%zu %dL", HISTORY_POINTS - line->count, SPARK_HEIGHT);
    add_points(out, line, most);
    buf_addf(out, "L%d %dZ\"/><path class=\"line\" d=\"M", HISTORY_POINTS - 1, SPARK_HEIGHT);
    add_points(out, line, most);
    page_add(out, "\"/></svg>");
}

/* ---- Cells ---- */

static void begin_cell(struct buf *out, const char *class, const char *name)
{
    buf_addf(out, "<td role=\"cell\" class=\"%s\" data-name=\"%s\">", class, name);
}

static void end_cell(struct buf *out)
{
    page_add(out, "</td>\n");
}

static void add_age_cell(struct buf *out, const char *name, int64_t wall_ms, int64_t now_ms)
{
    begin_cell(out, "t", name);
    html_age(out, wall_ms, now_ms);
    end_cell(out);
}

static void add_count_cell(struct buf *out, const char *name, uint64_t n, bool bad)
{
    const char *class = n == 0 ? "n zero" : bad ? "n warn" : "n";
    buf_addf(out, "<td role=\"cell\" class=\"%s\" data-name=\"%s\" title=\"%" PRIu64 "\">", class,
             name, n);
    html_count(out, n);
    end_cell(out);
}

static void add_lag_cell(struct buf *out, const struct snapshot_customer *c)
{
    uint64_t lag = stats_get(&c->stats.lag_ms);
    begin_cell(out, lag > STATUS_LATE_MS ? "n warn" : "n", "Lag");
    if (stats_get(&c->stats.delivered_ms) == 0) {
        buf_add_byte(out, '-');
    } else if (lag < 10 * 1000) {
        buf_addf(out, "%.1f s", (double)lag / 1000);
    } else {
        html_duration(out, (int64_t)lag);
    }
    end_cell(out);
}

static void add_backlog_cell(struct buf *out, const struct snapshot_customer *c)
{
    uint64_t held = stats_get(&c->stats.messages_in_flight);
    begin_cell(out, held == 0 && c->visible <= 0 ? "n zero" : "n", "Held + queued");
    html_count(out, held);
    if (c->visible >= 0) {
        page_add(out, " + ");
        html_count(out, (uint64_t)c->visible);
    }
    end_cell(out);
}

/* ---- Why, and what to do ---- */

static void add_error(struct buf *out, const struct err *e)
{
    page_add(out, "<p class=\"detail\"><code>");
    page_add(out, err_kind_name(e->kind));
    if (e->code[0] != '\0') {
        buf_add_byte(out, ' ');
        html_text(out, span_str(e->code));
    }
    page_add(out, "</code> ");
    html_text(out, span_str(e->text));
    page_add(out, "</p>\n");
}

/* A link if it is known where the runbook is. */
static void add_section(const struct snapshot *s, const struct status_row *r, struct buf *out)
{
    page_add(out, "<span class=\"todo\">Runbook: ");
    if (s->runbook != NULL) {
        struct buf place = BUF_INIT(PLACE_BYTES);
        status_add_runbook(s, r, &place);
        page_add(out, "<a rel=\"noreferrer\" href=\"");
        html_text(out, buf_span(&place));
        page_add(out, "\">");
        buf_done(&place);
    }
    page_add(out, status_section(r));
    page_add(out, s->runbook != NULL ? "</a></span>" : "</span>");
}

/* A command stands after "run: ", and ends at a ';' or with the text. */
static void add_what_to_do(const struct snapshot *s, const struct status_row *r, struct buf *out)
{
    static const struct span run = SPAN_INIT("run: ");
    struct buf todo = BUF_INIT(STATUS_TODO_BYTES);
    status_add_what_to_do(s, r, &todo);
    struct span rest = buf_span(&todo);
    const char *at = memmem(rest.p, rest.n, run.p, run.n);
    if (at != NULL) {
        html_text(out, span_take(&rest, (size_t)(at - rest.p) + run.n));
        const char *end = memchr(rest.p, ';', rest.n);
        page_add(out, "<code class=\"command\">");
        html_text(out, span_take(&rest, end != NULL ? (size_t)(end - rest.p) : rest.n));
        page_add(out, "</code>");
    }
    html_text(out, rest);
    buf_done(&todo);
}

static void add_back_off(const struct snapshot_customer *c, struct buf *out)
{
    page_add(out, "<p>In back-off: ");
    html_count(out, c->state.back_off);
    page_add(out, c->state.back_off > 1 ? ", the first one back in " : ", back in ");
    html_duration(out, c->trouble.back_off.first_in_ms);
    if (c->state.back_off > 1) {
        page_add(out, ", the last one in ");
        html_duration(out, c->trouble.back_off.last_in_ms);
    }
    page_add(out, ".</p>\n");
}

static void add_why(const struct snapshot *s, const struct status_row *r, struct buf *out)
{
    const struct snapshot_customer *c = r->customer;
    struct status_advice advice = status_advise(s, r);
    const struct err *e = status_error(r);
    page_add(out, "<td role=\"cell\" class=\"why\">");
    if (advice.cause[0] != '\0') {
        page_add(out, "<p>");
        html_text(out, span_str(advice.cause));
        if (r->state == STATUS_PAUSED && c->trouble.next_try_ms > 0) {
            page_add(out, "; next try in ");
            html_duration(out, c->trouble.next_try_ms);
        } else if (r->state == STATUS_PAUSED) {
            page_add(out, "; next try with the next message");
        }
        page_add(out, ". <span class=\"todo\">");
        add_what_to_do(s, r, out); /* without a full stop: it may end with a command to copy */
        page_add(out, "</span>");
        add_section(s, r, out);
        page_add(out, "</p>\n");
    }
    if (c->state.back_off != 0) {
        add_back_off(c, out);
    }
    if (c->dead_letters > 0) {
        page_add(out, "<p>In the dead-letter queue: ");
        html_count(out, (uint64_t)c->dead_letters);
        page_add(out, ".</p>\n");
    }
    if (e != NULL) {
        add_error(out, e);
    }
    page_add(out, "</td>");
}

/* ---- Rows ---- */

static void add_row(const struct snapshot *s, const struct history *h, const struct status_row *r,
                    struct buf *out)
{
    const struct snapshot_customer *c = r->customer;
    const char *state = status_state_name(r->state);
    struct history_line line;
    page_add(out, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\" title=\"");
    html_text(out, c->id);
    page_add(out, "\">");
    html_text(out, c->id);
    buf_addf(out,
             "</th>\n<td role=\"cell\"><span class=\"state %s\"><span class=\"mark %s\"></span>"
             "%s</span></td>\n",
             state, state, state);
    add_age_cell(out, "Since", r->since_ms, s->wall_ms);
    add_age_cell(out, "Notified", c->received_ms, s->wall_ms);
    add_age_cell(out, "Own", (int64_t)stats_get(&c->stats.notified_ms), s->wall_ms);
    add_age_cell(out, "Delivered", (int64_t)stats_get(&c->stats.delivered_ms), s->wall_ms);
    add_lag_cell(out, c);
    add_backlog_cell(out, c);
    add_count_cell(out, "Rejects", status_rejects(c), true);
    add_count_cell(out, "Left", c->left_lately, true);
    page_add(out, "<td role=\"cell\" class=\"graph\">");
    history_events(h, c->customer, &line);
    page_add_sparkline(out, &line);
    end_cell(out);
    add_why(s, r, out);
    page_add(out, "</tr>\n");
}

static const struct {
    const char *name, *class, *title;
} columns[] = {
    {"Customer", "", ""},
    {"State", "", ""},
    {"Since", "", "since when it has this state"},
    {"Notified", "", "the last message of its queue, whatever it is"},
    {"Own", "", "the last notification of one of its objects"},
    {"Delivered", "", "the last notification of which everything is delivered"},
    {"Lag", "n", "of the last delivery: from the queue until all was acknowledged"},
    {"Held + queued", "n",
     "messages that this worker holds, and visible ones of its queue, of all its customers"},
    {"Rejects", "n", "since the start"},
    {"Left", "n", "objects left for the dead-letter queue in the last hour"},
    {"Last hour", "", "events a minute"},
    {"Cause and what to do", "", ""},
};

static void add_columns(struct buf *out)
{
    page_add(out, "<thead role=\"rowgroup\"><tr role=\"row\">");
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        buf_addf(out, "<th role=\"columnheader\" scope=\"col\" class=\"%s\"", columns[i].class);
        if (columns[i].title[0] != '\0') {
            buf_addf(out, " title=\"%s\"", columns[i].title);
        }
        buf_addf(out, ">%s</th>\n", columns[i].name);
    }
    page_add(out, "</tr></thead>\n");
}

/* ---- Pages ---- */

static void add_page_link(struct buf *out, const struct status_query *q, const char *name,
                          size_t offset)
{
    buf_addf(out, "<a id=\"page-%s\" rel=\"%s\" href=\"", name, name);
    page_query(out, q, q->state, offset);
    buf_addf(out, "\">%s</a>", name[0] == 'p' ? "Previous" : "Next");
}

static void add_pages(const struct status_query *q, size_t found, size_t end, struct buf *out)
{
    page_add(out, "<nav class=\"pages\" aria-label=\"Pages\"><span>");
    if (q->offset < end) {
        buf_addf(out, "%zu to %zu of %zu", q->offset + 1, end, found);
    }
    page_add(out, "</span><span>");
    if (q->offset != 0) {
        add_page_link(out, q, "prev", q->offset > q->limit ? q->offset - q->limit : 0);
    }
    if (end < found && q->limit != 0) {
        add_page_link(out, q, "next", end);
    }
    page_add(out, "</span></nav>\n");
}

void page_add_table(const struct snapshot *s, const struct history *h, const struct status_query *q,
                    const struct status_list *l, struct buf *out)
{
    size_t end = q->offset;
    while (end < l->found && end - q->offset < q->limit) {
        end++;
    }
    page_add(out, "<div id=\"live\">\n<div class=\"scroll\" id=\"customers\" tabindex=\"0\" "
                  "role=\"region\" aria-label=\"Customers, the worst first\">\n");
    if (end == q->offset) {
        page_add(out,
                 "<p class=\"empty\">No customer is selected. <a href=\"./\">Show all</a></p>");
    } else {
        page_add(out, "<table role=\"table\"><caption class=\"unseen\">Customers, the worst first"
                      "</caption>\n");
        add_columns(out);
        page_add(out, "<tbody role=\"rowgroup\">\n");
        for (size_t i = q->offset; i < end; i++) {
            add_row(s, h, &l->rows[i], out);
        }
        page_add(out, "</tbody></table>\n");
    }
    page_add(out, "</div>\n");
    add_pages(q, l->found, end, out);
    page_add(out, "</div>\n");
}

void page_add_clock(struct buf *out, int64_t wall_ms)
{
    char machine[64];
    char people[64];
    struct tm t = {0};
    time_t seconds = (time_t)(wall_ms / 1000);
    if (gmtime_r(&seconds, &t) != NULL &&
        strftime(machine, sizeof(machine), "%Y-%m-%dT%H:%M:%SZ", &t) != 0 &&
        strftime(people, sizeof(people), "%Y-%m-%d %H:%M:%S UTC", &t) != 0) {
        buf_addf(out, "<time datetime=\"%s\">%s</time>", machine, people);
    }
}
