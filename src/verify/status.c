/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the running worker says of its customers: the samples of a few metrics, read once, sorted
 * and searched, since there may be thousands of customers.
 */
#include "verify_priv.h"

#include "base/alloc.h"
#include "codec/exposition_read.h"
#include "net/http.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PAGE_BYTES = 256 * 1024 * 1024, CALL_MS = 10 * 1000, CONNECT_MS = 2000 };

enum status_name { UP, CUSTOMERS, PAUSED, RECEIVED, NOTIFIED, DELIVERED, STARTED, STATUS_NAMES };
static const struct span names[STATUS_NAMES] = {
    [UP] = SPAN_INIT("asymptote_ingest_lanes"), /* the page is never without */
    [CUSTOMERS] = SPAN_INIT("asymptote_ingest_customers"),
    [PAUSED] = SPAN_INIT("asymptote_ingest_paused"),
    [RECEIVED] = SPAN_INIT("asymptote_ingest_last_notification_timestamp_seconds"),
    [NOTIFIED] = SPAN_INIT("asymptote_ingest_last_own_notification_timestamp_seconds"),
    [DELIVERED] = SPAN_INIT("asymptote_ingest_last_delivery_timestamp_seconds"),
    [STARTED] = SPAN_INIT("process_start_time_seconds"),
};

struct row {
    enum status_name name;
    struct span of;
    int64_t thousandths;
};

struct status {
    struct http_answer page;
    struct row *rows; /* sorted */
    size_t count, room;
};

static int row_compare(const void *x, const void *y)
{
    const struct row *a = x;
    const struct row *b = y;
    if (a->name != b->name) {
        return a->name < b->name ? -1 : 1;
    }
    if (a->of.n != b->of.n) {
        return a->of.n < b->of.n ? -1 : 1;
    }
    return memcmp(a->of.p, b->of.p, a->of.n);
}

static void row_add(struct status *s, enum status_name name, const struct exposition_sample *sample)
{
    if (s->count == s->room) {
        s->room = s->room != 0 ? 2 * s->room : 64;
        s->rows = mem_grow(s->rows, s->room, sizeof(*s->rows));
    }
    s->rows[s->count++] = (struct row){name, sample->of, sample->thousandths};
}

static void read_page(struct status *s)
{
    struct exposition_sample sample;
    struct span page = buf_span(&s->page.body);
    while (exposition_next(&page, &sample)) {
        for (int i = 0; i < STATUS_NAMES; i++) {
            if (span_eq(sample.name, names[i])) {
                row_add(s, (enum status_name)i, &sample);
            }
        }
    }
    if (s->count > 0) {
        qsort(s->rows, s->count, sizeof(*s->rows), row_compare);
    }
}

struct status *status_new(const char *url, struct err *e)
{
    OWNED(status) struct status *s = mem_zeros(1, sizeof(*s));
    OWNED(http) struct http *h = http_new(NULL);
    http_answer_init(&s->page, PAGE_BYTES);
    struct http_request r = {
        .method = "GET",
        .url = span_str(url),
        .connect_timeout_ms = CONNECT_MS,
        .total_timeout_ms = CALL_MS,
        .allow_http = true, /* nothing is sent, and the page has no secret */
        .no_proxy = true,
    };
    if (http_call(h, &r, &s->page, e) != FAIL_NONE) {
        return NULL;
    }
    read_page(s);
    if (s->page.status != 200 || s->count == 0) {
        (void)err_set(e, FAIL_DATA, "%.200s is no page of the worker's metrics (HTTP %d)", url,
                      s->page.status);
        return NULL;
    }
    return take(&s);
}

void status_free(struct status *s)
{
    if (s != NULL) {
        http_answer_done(&s->page);
        free(s->rows);
        free(s);
    }
}

/* The value in thousandths; -1: there is no such sample. */
static int64_t value_of(const struct status *s, enum status_name name, const char *of)
{
    struct row wanted = {name, span_str(of), 0};
    const struct row *found =
        s->count > 0 ? bsearch(&wanted, s->rows, s->count, sizeof(wanted), row_compare) : NULL;
    return found != NULL ? found->thousandths : -1;
}

static int64_t time_of(const struct status *s, enum status_name name, const char *of)
{
    int64_t ms = value_of(s, name, of);
    return ms > 0 ? ms : 0;
}

bool status_is_current(const struct status *s, const struct conf *c)
{
    return value_of(s, CUSTOMERS, "") == (int64_t)c->customer_count * 1000;
}

struct status_customer status_find(const struct status *s, const struct customer_conf *c)
{
    return (struct status_customer){
        .paused = value_of(s, PAUSED, c->id) > 0,
        .received_ms = time_of(s, RECEIVED, c->queue_name),
        .notified_ms = time_of(s, NOTIFIED, c->id),
        .delivered_ms = time_of(s, DELIVERED, c->id),
        .started_ms = time_of(s, STARTED, ""),
    };
}

void add_age(struct buf *out, int64_t ms)
{
    static const struct {
        int64_t s;
        const char *unit;
    } units[] = {{86400, "days"}, {3600, "hours"}, {60, "minutes"}, {1, "s"}};
    int64_t s = ms > 0 ? ms / 1000 : 0;
    size_t i = 0;
    while (i < 3 && s < 2 * units[i].s) {
        i++;
    }
    buf_addf(out, "%" PRId64 " %s ago", s / units[i].s, units[i].unit);
}
