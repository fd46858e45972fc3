/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/monitor.h"

#include "base/alloc.h"
#include "base/log.h"
#include "codec/exposition.h"
#include "conf/memory.h"
#include "monitor/metrics.h"
#include "monitor/status.h"
#include "net/listener.h"

#include <stdlib.h>

enum { HTTP_OK = 200, HTTP_BAD = 400, HTTP_NOT = 503 };

struct monitor {
    struct listener *listener;
    struct snapshot *snapshot; /* used by the listener's thread */
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

static int page_status(void *ctx, const struct listener_request *r, struct listener_answer *a)
{
    struct monitor *m = ctx;
    struct status_query q;
    const char *wrong =
        status_query_read(listener_query(r, "state"), listener_query(r, "customer"),
                          listener_query(r, "offset"), listener_query(r, "limit"), &q);
    if (wrong != NULL) {
        a->type = TEXT_TYPE;
        buf_add(&a->body, span_str(wrong));
        return HTTP_BAD;
    }
    struct snapshot_run run = run_of(m);
    snapshot_fill(m->snapshot, &run);
    status_write(m->snapshot, &q, &a->body);
    return HTTP_OK;
}

static const struct listener_page pages[] = {
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
    m->clock = parts->clock;
    m->started_ms = clock_wall_ms(parts->clock);
    atomic_store(&m->configured_ms, m->started_ms);
    m->listener =
        listener_new(&(struct listener_settings){.address = parts->conf->metrics.listen,
                                                 .pages = pages,
                                                 .page_count = sizeof(pages) / sizeof(pages[0]),
                                                 .page_bytes = memory_page_bytes(parts->conf),
                                                 .ctx = m},
                     e);
    if (m->listener == NULL) {
        (void)err_wrap(e, "metrics.listen");
        return NULL;
    }
    log_write(LOG_INFO, "listening", KV_STR("address", parts->conf->metrics.listen),
              KV_INT("port", listener_port(m->listener)),
              KV_STR("pages", "/metrics /healthz /readyz /status.json"));
    return take(&m);
}

void monitor_free(struct monitor *m)
{
    if (m == NULL) {
        return;
    }
    listener_free(m->listener);
    snapshot_free(m->snapshot);
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
