/* SPDX-License-Identifier: Apache-2.0 */
#include "app/reconcile_print.h"

#include "app/progress.h"
#include "base/visible.h"
#include "event/record/json_write.h"

#include <time.h>

static const char *const words[FATES] = {
    [FATE_DELIVERED] = "delivered",
    [FATE_OTHER_VERSION] = "delivered in another version only",
    [FATE_IN_FLIGHT] = "in flight: retried, or waiting in the queue",
    [FATE_DEAD_LETTER] = "in the dead-letter queue",
    [FATE_IGNORED] = "ignored by the configuration, or folder markers",
    [FATE_ARCHIVED] = "archived and not delivered",
    [FATE_MISSING] = "missing",
    [FATE_ELSEWHERE] = NULL,
};

static void add_json(const struct reconcile_report *r, struct buf *out)
{
    const struct reconcile *f = r->found;
    buf_add_byte(out, '{');
    json_member_text(out, "customer", span_str(f->customer->id));
    json_member_text(out, "bucket", span_str(f->customer->bucket));
    json_member_text(out, "prefix", f->range.below);
    json_member_time(out, "from", f->range.from_ns / 1000000);
    json_member_time(out, "to", f->range.to_ns / 1000000);
    json_member_time(out, "covered_since", r->covered_ms);
    json_member_number(out, "events", r->events);
    json_member_number(out, "objects", reconcile_compared(f));
    for (int i = 0; i < FATE_ELSEWHERE; i++) {
        json_member_number(out, fate_names[i], f->objects[i]);
    }
    json_member_number(out, "enqueued", r->enqueued);
    if (r->enqueue) {
        json_member_text(out, "job", span_str(r->job));
    }
    json_member(out, "missing_keys");
    buf_add_byte(out, '[');
    for (size_t i = 0; i < r->missing_count; i++) {
        buf_add(out, i != 0 ? SPAN(",") : SPAN(""));
        json_write_string(out, r->missing[i]);
    }
    buf_add(out, SPAN("]}\n"));
}

static void add_time(struct buf *out, int64_t ns)
{
    char text[sizeof("2026-01-01T00:00:00Z") + 8] = "?";
    struct tm utc = {0};
    time_t seconds = (time_t)(ns / 1000000000);
    bool known = gmtime_r(&seconds, &utc) != NULL &&
                 strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc) != 0;
    buf_add(out, known ? span_str(text) : SPAN("?"));
}

/* Objects of other times are not compared. */
static void add_range(const struct range *range, struct buf *out)
{
    buf_add(out, SPAN("\nmodified  "));
    if (range->from_ns > INT64_MIN) {
        buf_add(out, SPAN("from "));
        add_time(out, range->from_ns);
        buf_add_byte(out, ' ');
    }
    buf_add(out, SPAN("before "));
    add_time(out, range->to_ns);
}

/* What is being delivered at this moment would be called missing. */
static void add_left_out(const struct reconcile_report *r, struct buf *out)
{
    if (r->to_usual) {
        buf_addf(
            out,
            "          not compared: objects of the last %d minutes, which may be on their way "
            "(all: --to now)\n",
            RECONCILE_DELAY_S / 60);
    }
}

/* A success may say nothing: of a range without a moment, or without an object. */
static void add_nothing_compared(const struct reconcile_report *r, struct buf *out)
{
    if (reconcile_is_empty(&r->found->range)) {
        buf_add(out, SPAN("          nothing was compared: no time is left between the first ops "
                          "event and the end of the range\n"));
    } else if (reconcile_compared(r->found) == 0) {
        buf_add(out, SPAN("          nothing was compared: no object was modified in this time\n"));
    }
}

void reconcile_text(const struct reconcile_report *r, bool json, struct buf *out)
{
    const struct reconcile *f = r->found;
    if (json) {
        add_json(r, out);
        return;
    }
    buf_addf(out, "customer  %s, s3://%s/", f->customer->id, f->customer->bucket);
    visible_add(out, f->range.below);
    add_range(&f->range, out);
    buf_add(out, SPAN("\ncompared  "));
    number_add(out, reconcile_compared(f));
    buf_add(out, SPAN(" objects with "));
    number_add(out, r->events);
    buf_add(out, SPAN(" ops events\n"));
    add_nothing_compared(r, out);
    for (int i = 0; i < FATE_ELSEWHERE; i++) {
        if (f->objects[i] > 0 || i == FATE_MISSING) {
            buf_add(out, SPAN("          "));
            number_add(out, f->objects[i]);
            buf_addf(out, " %s\n", words[i]);
        }
    }
    add_left_out(r, out);
    for (size_t i = 0; i < r->missing_count; i++) {
        buf_add(out, SPAN("missing   "));
        visible_add(out, r->missing[i]);
        buf_add_byte(out, '\n');
    }
    if (!r->listed && f->objects[FATE_MISSING] > r->missing_count) {
        buf_add(out, SPAN("missing   ... and others; --list prints all of them\n"));
    }
    if (r->enqueue) {
        buf_add(out, SPAN("sent      "));
        number_add(out, r->enqueued);
        buf_addf(out, " messages, job %s\n", r->job);
    }
}
