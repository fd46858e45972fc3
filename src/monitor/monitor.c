/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/monitor.h"

#include "base/alloc.h"
#include "base/log.h"
#include "codec/exposition.h"
#include "conf/memory.h"
#include "monitor/history.h"
#include "monitor/metrics.h"
#include "monitor/page.h"
#include "monitor/status.h"
#include "net/listener.h"

#include <stdlib.h>

enum { HTTP_OK = 200, HTTP_BAD = 400, HTTP_NOT = 503 };

struct monitor {
    struct listener *listener;
    struct snapshot *snapshot; /* used by the listener's thread */
    struct history *history;   /* ... too */
    int64_t started_ms;        /* wall clock */
    struct lane *const *lanes; /* valid when lane_count is set */
    atomic_size_t lane_count;  /* 0: still starting */
    atomic_bool stopping;
    const struct clock *clock;
    atomic_bool reload_failed;
    atomic_int_fast64_t configured_ms;
};

static struct snapshot_run run_of(struct monitor *m)
{
    size_t lanes = atomic_load(&m->lane_count);
    return (struct snapshot_run){.started_ms = m->started_ms,
                                 .lanes = lanes != 0 ? m->lanes : NULL,
                                 .lane_count = lanes,
                                 .stopping = atomic_load(&m->stopping),
                                 .reload_failed = atomic_load(&m->reload_failed),
                                 .configured_ms = atomic_load(&m->configured_ms)};
}

/* ---- Pages ---- */

#define TEXT_TYPE "text/plain; charset=utf-8"

static int page_metrics(void *ctx, const struct listener_request *r UNUSED,
                        struct listener_answer *a)
{
    struct monitor *m = ctx;
    struct snapshot_run run = run_of(m);
    snapshot_fill(m->snapshot, &run);
    metrics_write(m->snapshot, &a->body);
    return HTTP_OK;
}

static int page_health(void *ctx, const struct listener_request *r UNUSED,
                       struct listener_answer *a)
{
    struct monitor *m = ctx;
    struct snapshot_run run = run_of(m);
    snapshot_fill_health(m->snapshot, &run);
    return health_write(&m->snapshot->health, m->snapshot->now_ms, &a->body) ? HTTP_OK : HTTP_NOT;
}

static int page_ready(void *ctx, const struct listener_request *r UNUSED, struct listener_answer *a)
{
    struct monitor *m = ctx;
    struct snapshot_run run = run_of(m);
    snapshot_fill_health(m->snapshot, &run);
    return ready_write(&m->snapshot->ready, &a->body) ? HTTP_OK : HTTP_NOT;
}

/* Fill the snapshot with all that the views of the status show. */
static void fill_status(struct monitor *m)
{
    struct snapshot_run run = run_of(m);
    snapshot_fill(m->snapshot, &run);
    history_fill(m->history, m->snapshot);
}

static bool read_query(const struct listener_request *r, struct listener_answer *a,
                       struct status_query *out)
{
    const char *wrong =
        status_query_read(listener_query(r, "state"), listener_query(r, "customer"),
                          listener_query(r, "offset"), listener_query(r, "limit"), out);
    if (wrong != NULL) {
        a->type = TEXT_TYPE;
        buf_add(&a->body, span_str(wrong));
    }
    return wrong == NULL;
}

static int page_status(void *ctx, const struct listener_request *r, struct listener_answer *a)
{
    struct monitor *m = ctx;
    struct status_query q;
    if (!read_query(r, a, &q)) {
        return HTTP_BAD;
    }
    fill_status(m);
    status_write(m->snapshot, &q, &a->body);
    return HTTP_OK;
}

static void add_safety(struct listener_answer *a)
{
    listener_answer_header(a, "Content-Security-Policy", PAGE_POLICY);
    listener_answer_header(a, "X-Content-Type-Options", "nosniff");
    listener_answer_header(a, "Referrer-Policy", "no-referrer");
    listener_answer_header(a, "Cross-Origin-Resource-Policy", "same-origin");
}

static int page_people(void *ctx, const struct listener_request *r, struct listener_answer *a)
{
    struct monitor *m = ctx;
    struct status_query q;
    if (!read_query(r, a, &q)) {
        return HTTP_BAD;
    }
    add_safety(a);
    fill_status(m);
    page_write(m->snapshot, m->history, &q, &a->body);
    return HTTP_OK;
}

static int page_of_file(void *ctx UNUSED, const struct listener_request *r,
                        struct listener_answer *a)
{
    add_safety(a);
    buf_add(&a->body, span_str(page_file(r->path.p + 1)));
    return HTTP_OK;
}

/* Once a minute a point of the history. */
static void sample(void *ctx)
{
    struct monitor *m = ctx;
    if (history_due(m->history, clock_mono_ms(m->clock))) {
        struct snapshot_run run = run_of(m);
        snapshot_fill(m->snapshot, &run);
        history_sample(m->history, m->snapshot);
    }
}

static const struct listener_page pages[] = {
    {"/", "text/html; charset=utf-8", false, page_people},
    {"/page.css", "text/css; charset=utf-8", false, page_of_file},
    {"/page.js", "text/javascript; charset=utf-8", false, page_of_file},
    {"/icon.svg", "image/svg+xml", false, page_of_file},
    {"/metrics", EXPOSITION_TYPE, false, page_metrics},
    {"/healthz", TEXT_TYPE, false, page_health},
    {"/readyz", TEXT_TYPE, false, page_ready},
    {"/status.json", "application/json", false, page_status},
};

/* ---- Life cycle ---- */

struct monitor *monitor_new(const struct snapshot_parts *parts, struct err *e)
{
    OWNED(monitor) struct monitor *m = mem_zeros(1, sizeof(*m));
    m->snapshot = snapshot_new(parts);
    m->history = history_new();
    m->clock = parts->clock;
    m->started_ms = clock_wall_ms(parts->clock);
    atomic_store(&m->configured_ms, m->started_ms);
    m->listener =
        listener_new(&(struct listener_settings){.address = parts->conf->metrics.listen,
                                                 .pages = pages,
                                                 .page_count = sizeof(pages) / sizeof(pages[0]),
                                                 .page_bytes = memory_page_bytes(parts->conf),
                                                 .ctx = m,
                                                 .tick = sample},
                     e);
    if (m->listener == NULL) {
        (void)err_wrap(e, "metrics.listen");
        return NULL;
    }
    log_write(LOG_INFO, "listening", KV_STR("address", parts->conf->metrics.listen),
              KV_INT("port", listener_port(m->listener)),
              KV_STR("pages", "/ /metrics /healthz /readyz /status.json"));
    return take(&m);
}

void monitor_free(struct monitor *m)
{
    if (m == NULL) {
        return;
    }
    listener_free(m->listener);
    snapshot_free(m->snapshot);
    history_free(m->history);
    free(m);
}

void monitor_started(struct monitor *m, struct lane *const *lanes, size_t count)
{
    if (m != NULL) {
        m->lanes = lanes;
        atomic_store(&m->lane_count, count);
    }
}

void monitor_stopping(struct monitor *m)
{
    if (m != NULL) {
        atomic_store(&m->stopping, true);
    }
}

void monitor_reloaded(struct monitor *m, const struct conf *conf)
{
    if (m != NULL) {
        listener_set_page_bytes(m->listener, memory_page_bytes(conf));
        atomic_store(&m->configured_ms, clock_wall_ms(m->clock));
        atomic_store(&m->reload_failed, false);
    }
}

void monitor_reload_failed(struct monitor *m)
{
    if (m != NULL) {
        atomic_store(&m->reload_failed, true);
    }
}
