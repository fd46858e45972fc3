/* SPDX-License-Identifier: Apache-2.0 */
#include "app/verify_print.h"

#include "base/visible.h"
#include "event/record/json_write.h"

enum { JSON_BYTES = 1024 * 1024, STATEMENT_BYTES = 16 * 1024, NAME_WIDTH = 16 };

static bool needs_change(const struct verify_line *l)
{
    return (l->state == VERIFY_FAIL || l->state == VERIFY_WARN) && verify_change(l)[0] != '\0';
}

/* ---- For people ---- */

static void put_state(struct buf *out, enum verify_state state, bool colour)
{
    static const int sgr[VERIFY_STATES] = {
        [VERIFY_OK] = 32, [VERIFY_WARN] = 33, [VERIFY_FAIL] = 31, [VERIFY_SKIP] = 0};
    const char *name = verify_state_name(state);
    if (colour) {
        buf_addf(out, "  \033[%dm%s\033[0m  ", sgr[state], name);
        buf_add(out, state == VERIFY_OK ? SPAN("  ") : SPAN(""));
    } else {
        buf_addf(out, "  %-4s  ", name);
    }
}

static void put_ids(struct buf *out, const struct err *e)
{
    const struct {
        const char *before, *text;
    } ids[] = {{" [", e->code}, {", request ", e->request_id}, {", host id ", e->host_id}};
    for (size_t i = 0; e->code[0] != '\0' && i < sizeof(ids) / sizeof(ids[0]); i++) {
        if (ids[i].text[0] != '\0') {
            buf_add(out, span_str(ids[i].before));
            visible_add(out, span_str(ids[i].text));
        }
    }
    buf_add(out, e->code[0] != '\0' ? SPAN("]") : SPAN(""));
}

/* What to change, and the statements to add if they are wanted. */
static void put_change(const struct verify *v, const struct verify_report *r,
                       const struct verify_line *l, bool statements, struct buf *out)
{
    buf_addf(out, "        change: %s\n", verify_change(l));
    for (size_t i = 0; statements && i < VERIFY_STATEMENTS; i++) {
        struct buf text = BUF_INIT(STATEMENT_BYTES);
        if (verify_statement(v, r, l, i, &text)) {
            buf_addf(out, "        in %s: ", l->check->statements[i].where);
            visible_add_json(out, buf_span(&text));
            buf_add_byte(out, '\n');
        }
        buf_done(&text);
    }
}

static void put_line(const struct verify *v, const struct verify_report *r,
                     const struct verify_line *l, const struct verify_style *style, struct buf *out)
{
    put_state(out, l->state, style->colour);
    buf_addf(out, "%-*s  ", NAME_WIDTH, l->check->name);
    visible_add(out, span_str(l->tried));
    buf_add(out, l->tried[0] != '\0' && l->found[0] != '\0' ? SPAN(": ") : SPAN(""));
    visible_add(out, span_str(l->found));
    put_ids(out, &l->err);
    buf_add_byte(out, '\n');
    if (needs_change(l)) {
        put_change(v, r, l, style->statements, out);
    }
}

static void print_people(const struct verify *v, const struct verify_report *r,
                         const struct verify_style *style, struct buf *out)
{
    buf_addf(out, "%s\n", r->customer != NULL ? r->customer->id : "worker");
    for (size_t i = 0; i < r->count; i++) {
        put_line(v, r, &r->lines[i], style, out);
    }
}

void verify_print_counts(const size_t counts[VERIFY_STATES], struct buf *out)
{
    for (int i = 0; i < VERIFY_STATES; i++) {
        buf_addf(out, "%s%zu %s", i > 0 ? ", " : "", counts[i],
                 verify_state_name((enum verify_state)i));
    }
    buf_add_byte(out, '\n');
}

/* ---- For machines ---- */

static void put_member(struct buf *out, const char *name, const char *text)
{
    if (text[0] != '\0') {
        buf_addf(out, ",\"%s\":", name);
        json_write_string(out, span_str(text));
    }
}

static void put_statements(const struct verify *v, const struct verify_report *r,
                           const struct verify_line *l, struct buf *out)
{
    struct buf text = BUF_INIT(STATEMENT_BYTES);
    const char *before = ",\"statements\":[";
    for (size_t i = 0; i < VERIFY_STATEMENTS; i++) {
        buf_clear(&text);
        if (verify_statement(v, r, l, i, &text)) {
            buf_addf(out, "%s{\"where\":", before);
            json_write_string(out, span_str(l->check->statements[i].where));
            buf_add(out, SPAN(",\"statement\":"));
            buf_add(out, buf_span(&text));
            buf_add_byte(out, '}');
            before = ",";
        }
    }
    buf_add(out, before[1] == '\0' ? SPAN("]") : SPAN(""));
    buf_done(&text);
}

static void put_json(const struct verify *v, const struct verify_report *r,
                     const struct verify_line *l, struct buf *out)
{
    buf_addf(out, "{\"check\":\"%s\",\"state\":\"%s\",\"must_fail\":%s", l->check->name,
             verify_state_name(l->state), l->check->must_fail ? "true" : "false");
    put_member(out, "customer", r->customer != NULL ? r->customer->id : "");
    put_member(out, "tried", l->tried);
    put_member(out, "found", l->found);
    put_member(out, "code", l->err.code);
    if (l->err.status != 0) {
        buf_addf(out, ",\"status\":%d", l->err.status);
    }
    put_member(out, "request_id", l->err.request_id);
    put_member(out, "host_id", l->err.host_id);
    if (needs_change(l)) {
        put_member(out, "change", verify_change(l));
        put_statements(v, r, l, out);
    }
    buf_add(out, SPAN("}\n"));
}

void verify_print(const struct verify *v, const struct verify_report *r,
                  const struct verify_style *style, struct buf *out)
{
    if (!style->json) {
        print_people(v, r, style, out);
        return;
    }
    struct buf json = BUF_INIT(JSON_BYTES);
    for (size_t i = 0; i < r->count; i++) {
        put_json(v, r, &r->lines[i], &json);
    }
    visible_add_json(out, buf_span(&json));
    buf_done(&json);
}
