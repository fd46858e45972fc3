/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/monitor.h"

#include "base/alloc.h"
#include "base/log.h"
#include "codec/exposition.h"
#include "conf/memory.h"
#include "monitor/metrics.h"
#include "net/listener.h"

#include <stdio.h>
#include <stdlib.h>

enum { STATUS_OK = 200, STATUS_NOT = 503, OTHER_THREADS = ACKER_THREADS + 2 };

struct monitor {
    struct metrics_parts parts;
    struct listener *listener;
    int64_t started_ms;            /* wall clock */
    struct health_thread *threads; /* lanes behind the others; the listener's thread's */
    struct lane *const *lanes;     /* after `running` */
    atomic_size_t lane_count;      /* 0: it is still starting */
    atomic_bool stopping;
};

/* ---- what is looked at ---- */

static void add_thread(struct health *h, struct health_thread *list, struct health_thread t)
{
    list[h->count++] = t;
}

static struct health look_at_threads(struct monitor *m)
{
    struct health h = {.threads = m->threads,
                       .stalled_after_ms = m->parts.conf->metrics.stalled_after_ms};
    size_t lanes = atomic_load(&m->lane_count);
    add_thread(&h, m->threads,
               (struct health_thread){"intake", 1, intake_pulse(m->parts.intake), NULL});
    add_thread(&h, m->threads, (struct health_thread){"sink", 1, sink_pulse(m->parts.sink), NULL});
    for (size_t i = 0; i < ACKER_THREADS; i++) {
        add_thread(&h, m->threads,
                   (struct health_thread){"acker", i + 1, acker_pulse(m->parts.acker, i), NULL});
    }
    for (size_t i = 0; i < lanes; i++) {
        const struct customer *c = lane_customer(m->lanes[i]);
        add_thread(&h, m->threads,
                   (struct health_thread){"lane", i + 1, lane_pulse(m->lanes[i]),
                                          c != NULL ? c->conf->id : NULL});
    }
    return h;
}

static struct readiness look_at_readiness(const struct monitor *m)
{
    struct readiness r = {.started = atomic_load(&m->lane_count) != 0,
                          .stopping = atomic_load(&m->stopping),
                          .kafka_reached = sink_reached(m->parts.sink)};
    for (size_t q = 0; q < m->parts.conf->queue_count && !r.queue_reached; q++) {
        r.queue_reached = atomic_load(&intake_stats(m->parts.intake, q)->reached);
    }
    return r;
}

/* ---- the pages ---- */

static int page_metrics(void *ctx, struct buf *body)
{
    struct monitor *m = ctx;
    struct metrics_view v = {
        .parts = m->parts,
        .started_ms = m->started_ms,
        .health = look_at_threads(m),
        .first_lane = OTHER_THREADS,
        .ready = look_at_readiness(m),
    };
    metrics_write(&v, body);
    return STATUS_OK;
}

static int page_health(void *ctx, struct buf *body)
{
    struct monitor *m = ctx;
    struct health h = look_at_threads(m);
    return health_write(&h, clock_mono_ms(m->parts.clock), body) ? STATUS_OK : STATUS_NOT;
}

static int page_ready(void *ctx, struct buf *body)
{
    struct readiness r = look_at_readiness(ctx);
    return ready_write(&r, body) ? STATUS_OK : STATUS_NOT;
}

#define TEXT_TYPE "text/plain; charset=utf-8"

static const struct listener_page pages[] = {
    {"/metrics", EXPOSITION_TYPE, page_metrics},
    {"/healthz", TEXT_TYPE, page_health},
    {"/readyz", TEXT_TYPE, page_ready},
};

/* ---- life ---- */

struct monitor *monitor_new(const struct metrics_parts *parts, struct err *e)
{
    OWNED(monitor) struct monitor *m = mem_zeros(1, sizeof(*m));
    size_t threads = OTHER_THREADS + (size_t)parts->conf->limits.lanes;
    struct health_thread *list = mem_zeros(threads, sizeof(*list));
    m->parts = *parts;
    m->threads = list;
    m->started_ms = clock_wall_ms(parts->clock);
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
              KV_STR("pages", "/metrics /healthz /readyz"));
    return take(&m);
}

void monitor_free(struct monitor *m)
{
    if (m == NULL) {
        return;
    }
    listener_free(m->listener);
    free(m->threads);
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
