/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/monitor.h"

#include "base/alloc.h"
#include "base/lock.h"
#include "base/log.h"
#include "codec/exposition.h"
#include "conf/load.h"
#include "conf/memory.h"
#include "monitor/history.h"
#include "monitor/metrics.h"
#include "monitor/operator.h"
#include "monitor/page.h"
#include "monitor/status.h"
#include "monitor/status_text.h"
#include "net/listener.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    HTTP_OK = 200,
    HTTP_BAD = 400,
    HTTP_NOT_FOUND = 404,
    HTTP_NOT = 503,
    REASON_BYTES = 2048,
    PARAMETERS_MAX = 8
};

struct monitor {
    struct listener *listener; /* NULL: not configured */
    struct listener *control;  /* ... */
    pthread_mutex_t lock;      /* of what the threads of both use: */
    struct snapshot *snapshot;
    struct history *history;
    atomic_uint reloads;       /* of the configuration so far, refused ones included */
    int64_t started_ms;        /* wall clock */
    struct lane *const *lanes; /* valid when lane_count is set */
    atomic_size_t lane_count;  /* 0: still starting */
    atomic_bool stopping;
    const struct clock *clock;
    struct snapshot_parts parts;
    const struct conf *conf; /* in use, with a reference; under the lock */
    atomic_bool reload_failed;
    struct buf refused; /* why the last reload failed; under the lock */
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
    mutex_lock(&m->lock);
    snapshot_fill(m->snapshot, &run);
    metrics_write(m->snapshot, &a->body);
    mutex_unlock(&m->lock);
    return HTTP_OK;
}

static int page_health(void *ctx, const struct listener_request *r UNUSED,
                       struct listener_answer *a)
{
    struct monitor *m = ctx;
    struct snapshot_run run = run_of(m);
    mutex_lock(&m->lock);
    snapshot_fill_health(m->snapshot, &run);
    bool well = health_write(&m->snapshot->health, m->snapshot->now_ms, &a->body);
    mutex_unlock(&m->lock);
    return well ? HTTP_OK : HTTP_NOT;
}

static int page_ready(void *ctx, const struct listener_request *r UNUSED, struct listener_answer *a)
{
    struct monitor *m = ctx;
    struct snapshot_run run = run_of(m);
    mutex_lock(&m->lock);
    snapshot_fill_health(m->snapshot, &run);
    bool ready = ready_write(&m->snapshot->ready, &a->body);
    mutex_unlock(&m->lock);
    return ready ? HTTP_OK : HTTP_NOT;
}

/* Fill the snapshot with all that the views of the status show. */
static void fill_status(struct monitor *m)
{
    struct snapshot_run run = run_of(m);
    snapshot_fill(m->snapshot, &run);
    history_fill(m->history, m->snapshot);
}

static bool read_query(const struct listener_request *r, enum status_view view,
                       struct listener_answer *a, struct status_query *out)
{
    struct listener_parameter list[PARAMETERS_MAX];
    size_t count = listener_parameters(r, list, PARAMETERS_MAX);
    const char *wrong = count <= PARAMETERS_MAX ? status_query_read(list, count, view, out)
                                                : "a parameter is given twice\n";
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
    if (!read_query(r, STATUS_VIEW_JSON, a, &q)) {
        return HTTP_BAD;
    }
    mutex_lock(&m->lock);
    fill_status(m);
    status_write(m->snapshot, &q, &a->body);
    mutex_unlock(&m->lock);
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
    if (!read_query(r, STATUS_VIEW_PAGE, a, &q)) {
        return HTTP_BAD;
    }
    add_safety(a);
    mutex_lock(&m->lock);
    fill_status(m);
    page_write(m->snapshot, m->history, &q, &a->body);
    mutex_unlock(&m->lock);
    return HTTP_OK;
}

static int page_of_file(void *ctx UNUSED, const struct listener_request *r,
                        struct listener_answer *a)
{
    add_safety(a);
    buf_add(&a->body, span_str(page_file(r->path.p + 1)));
    return HTTP_OK;
}

/* For terminals: all customers, or one. */
static int page_text(void *ctx, const struct listener_request *r, struct listener_answer *a)
{
    struct monitor *m = ctx;
    struct status_query q;
    if (!read_query(r, STATUS_VIEW_TEXT, a, &q)) {
        return HTTP_BAD;
    }
    mutex_lock(&m->lock);
    fill_status(m);
    bool found = q.one.n == 0 || status_text_one(m->snapshot, q.one, &a->body);
    if (q.one.n == 0) {
        status_text_write(m->snapshot, &q, &a->body);
    }
    mutex_unlock(&m->lock);
    if (!found) {
        buf_add(&a->body, SPAN("no customer of the configuration has this id\n"));
    }
    return found ? HTTP_OK : HTTP_NOT_FOUND;
}

static int page_control(void *ctx, const struct listener_request *r, struct listener_answer *a)
{
    struct monitor *m = ctx;
    struct operator_request c;
    const char *wrong = operator_read(listener_query(r, "command"), listener_query(r, "customer"),
                                      listener_query(r, "level"), listener_query(r, "off"), &c);
    if (wrong != NULL) {
        buf_add(&a->body, span_str(wrong));
        return HTTP_BAD;
    }
    return operator_do(&m->parts, &c, listener_peer_uid(r), &a->body);
}

static int page_tap_start(void *ctx, const struct listener_request *r, struct listener_answer *a)
{
    struct monitor *m = ctx;
    struct tap_wish w;
    const char *wrong = tap_read(listener_query(r, "customer"), listener_query(r, "rejects"),
                                 listener_query(r, "where"), listener_query(r, "rate"), &w);
    if (wrong != NULL) {
        buf_add(&a->body, span_str(wrong));
        return HTTP_BAD;
    }
    return operator_tap(&m->parts, &w, listener_peer_uid(r), &a->body);
}

static uint64_t tap_id(const struct listener_request *r)
{
    enum { DIGITS = 18 };
    struct span text = listener_query(r, "id");
    uint64_t id = 0;
    for (size_t i = 0; i < text.n && i < DIGITS; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            return 0;
        }
        id = id * 10 + (uint64_t)(text.p[i] - '0');
    }
    return text.n <= DIGITS ? id : 0;
}

static int page_tap(void *ctx, const struct listener_request *r, struct listener_answer *a)
{
    struct monitor *m = ctx;
    bool found = tap_take(m->parts.tap, tap_id(r), clock_mono_ms(m->clock), &a->body);
    return found ? HTTP_OK : HTTP_NOT_FOUND;
}

static int page_tap_end(void *ctx, const struct listener_request *r,
                        struct listener_answer *a UNUSED)
{
    struct monitor *m = ctx;
    return tap_end(m->parts.tap, tap_id(r)) ? HTTP_OK : HTTP_NOT_FOUND;
}

/* ---- Parts of `diagnose` ---- */

/* The effective configuration, with secrets masked. */
static int page_config(void *ctx, const struct listener_request *r UNUSED,
                       struct listener_answer *a)
{
    struct monitor *m = ctx;
    mutex_lock(&m->lock);
    const struct conf *conf = conf_hold(m->conf);
    mutex_unlock(&m->lock);
    conf_print(conf, &a->body);
    conf_release(conf);
    return HTTP_OK;
}

static int page_errors(void *ctx UNUSED, const struct listener_request *r UNUSED,
                       struct listener_answer *a)
{
    log_recent(&a->body);
    return HTTP_OK;
}

static int page_threads(void *ctx, const struct listener_request *r UNUSED,
                        struct listener_answer *a)
{
    static const char *const states[] = {"idle", "busy", "waiting"}; /* by enum pulse_state */
    struct monitor *m = ctx;
    struct snapshot_run run = run_of(m);
    mutex_lock(&m->lock);
    snapshot_fill_health(m->snapshot, &run);
    const struct health *h = &m->snapshot->health;
    for (size_t i = 0; i < h->count; i++) {
        const struct health_thread *t = &h->threads[i];
        buf_addf(&a->body, "%s %zu: %s, no progress for %" PRId64 " ms%s%s\n", t->kind, t->number,
                 states[pulse_state(t->pulse)], pulse_still_ms(t->pulse, m->snapshot->now_ms),
                 t->whose != NULL ? ", customer " : "", t->whose != NULL ? t->whose : "");
    }
    mutex_unlock(&m->lock);
    return HTTP_OK;
}

/* The last statistics of each producer: null if there are none yet. */
static int page_kafka(void *ctx, const struct listener_request *r UNUSED, struct listener_answer *a)
{
    struct monitor *m = ctx;
    buf_add(&a->body, SPAN("{\"records\":"));
    if (!sink_statistics(m->parts.sink, &a->body)) {
        buf_add(&a->body, SPAN("null"));
    }
    buf_add(&a->body, SPAN(",\"ops_events\":"));
    if (!ops_statistics(m->parts.ops, &a->body)) {
        buf_add(&a->body, SPAN("null"));
    }
    buf_add(&a->body, SPAN("}\n"));
    return HTTP_OK;
}

/* How often the configuration was read, and whether the last one was applied; if not, why. */
static int page_reloads(void *ctx, const struct listener_request *r UNUSED,
                        struct listener_answer *a)
{
    struct monitor *m = ctx;
    bool refused = atomic_load(&m->reload_failed);
    buf_addf(&a->body, "%u %s\n", atomic_load(&m->reloads), refused ? "refused" : "applied");
    if (refused) {
        mutex_lock(&m->lock);
        buf_add(&a->body, buf_span(&m->refused));
        mutex_unlock(&m->lock);
        buf_add_byte(&a->body, '\n');
    }
    return HTTP_OK;
}

/* Once a second whether Kafka and SQS answer, once a minute a point of the history. */
static void sample(void *ctx)
{
    struct monitor *m = ctx;
    struct snapshot_run run = run_of(m);
    mutex_lock(&m->lock);
    snapshot_fill_health(m->snapshot, &run);
    if (history_due(m->history, clock_mono_ms(m->clock))) {
        snapshot_fill(m->snapshot, &run);
        history_sample(m->history, m->snapshot);
    }
    mutex_unlock(&m->lock);
}

/* The same on both; control_pages has more. */
#define PAGES                                                                                      \
    {"/metrics", EXPOSITION_TYPE, false, page_metrics, false},                                     \
        {"/healthz", TEXT_TYPE, false, page_health, false},                                        \
        {"/readyz", TEXT_TYPE, false, page_ready, false},                                          \
        {"/status.json", "application/json", false, page_status, false},                           \
    {                                                                                              \
        "/status.txt", TEXT_TYPE, false, page_text, false                                          \
    }

static const struct listener_page pages[] = {
    {"/", "text/html; charset=utf-8", false, page_people, false},
    {"/page.css", "text/css; charset=utf-8", false, page_of_file, false},
    {"/page.js", "text/javascript; charset=utf-8", false, page_of_file, false},
    {"/icon.svg", "image/svg+xml", false, page_of_file, false},
    PAGES,
};

static const struct listener_page control_pages[] = {
    PAGES,
    {"/config", TEXT_TYPE, false, page_config, false},
    {"/errors", TEXT_TYPE, false, page_errors, false},
    {"/threads", TEXT_TYPE, false, page_threads, false},
    {"/kafka.json", "application/json", false, page_kafka, false},
    {"/reloads", TEXT_TYPE, false, page_reloads, false},
    {"/control", TEXT_TYPE, false, page_control, true},
    {"/tap", TEXT_TYPE, false, page_tap, false},
    {"/tap-start", TEXT_TYPE, false, page_tap_start, true},
    {"/tap-end", TEXT_TYPE, false, page_tap_end, true},
};

/* ---- Life cycle ---- */

static struct listener *listen_http(struct monitor *m, const struct conf *conf, struct err *e)
{
    struct listener *l =
        listener_new(&(struct listener_settings){.address = conf->metrics.listen,
                                                 .hosts = (const char *const *)conf->metrics.hosts,
                                                 .pages = pages,
                                                 .page_count = sizeof(pages) / sizeof(pages[0]),
                                                 .page_bytes = memory_page_bytes(conf),
                                                 .ctx = m,
                                                 .tick = sample},
                     e);
    if (l == NULL) {
        (void)err_wrap(e, "metrics.listen");
        return NULL;
    }
    log_write(LOG_INFO, "listening", KV_STR("address", conf->metrics.listen),
              KV_INT("port", listener_port(l)),
              KV_STR("pages", "/ /metrics /healthz /readyz /status.json /status.txt"));
    return l;
}

/* A tap returns more than the status of a few customers. */
static size_t control_page_bytes(const struct conf *conf)
{
    size_t bytes = memory_page_bytes(conf);
    return bytes > 4 * TAP_BYTES ? bytes : 4 * TAP_BYTES;
}

static void sample_and_end_taps(void *ctx)
{
    struct monitor *m = ctx;
    sample(ctx);
    tap_tick(m->parts.tap, clock_mono_ms(m->clock));
}

static struct listener *listen_control(struct monitor *m, const struct conf *conf, struct err *e)
{
    struct listener *l = listener_new(
        &(struct listener_settings){.address = conf->control.socket,
                                    .group = conf->control.group,
                                    .pages = control_pages,
                                    .page_count = sizeof(control_pages) / sizeof(control_pages[0]),
                                    .page_bytes = control_page_bytes(conf),
                                    .ctx = m,
                                    .tick = sample_and_end_taps},
        e);
    if (l == NULL) {
        (void)err_wrap(e, "control.socket");
        return NULL;
    }
    log_write(LOG_INFO, "listening for control", KV_STR("socket", conf->control.socket),
              KV_STR("mode", conf->control.group ? "0660" : "0600"));
    return l;
}

struct monitor *monitor_new(const struct snapshot_parts *parts, struct err *e)
{
    OWNED(monitor) struct monitor *m = mem_zeros(1, sizeof(*m));
    const struct conf *conf = parts->conf;
    mutex_init(&m->lock);
    m->parts = *parts;
    m->conf = conf_hold(conf);
    m->refused = (struct buf)BUF_INIT(REASON_BYTES);
    m->snapshot = snapshot_new(parts);
    m->history = history_new();
    m->clock = parts->clock;
    m->started_ms = clock_wall_ms(parts->clock);
    atomic_store(&m->configured_ms, m->started_ms);
    if (conf->metrics.listen != NULL && (m->listener = listen_http(m, conf, e)) == NULL) {
        return NULL;
    }
    if (conf->control.socket != NULL && (m->control = listen_control(m, conf, e)) == NULL) {
        return NULL;
    }
    return take(&m);
}

void monitor_free(struct monitor *m)
{
    if (m == NULL) {
        return;
    }
    listener_free(m->control);
    listener_free(m->listener);
    snapshot_free(m->snapshot);
    history_free(m->history);
    conf_release(m->conf);
    buf_done(&m->refused);
    mutex_done(&m->lock);
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
        if (m->listener != NULL) {
            listener_set_page_bytes(m->listener, memory_page_bytes(conf));
        }
        if (m->control != NULL) {
            listener_set_page_bytes(m->control, control_page_bytes(conf));
        }
        mutex_lock(&m->lock);
        conf_release(m->conf);
        m->conf = conf_hold(conf);
        mutex_unlock(&m->lock);
        atomic_store(&m->configured_ms, clock_wall_ms(m->clock));
        atomic_store(&m->reload_failed, false);
        atomic_fetch_add(&m->reloads, 1);
    }
}

void monitor_reload_failed(struct monitor *m, const char *why)
{
    if (m != NULL) {
        mutex_lock(&m->lock);
        buf_clear(&m->refused);
        buf_add(&m->refused, span_str(why));
        mutex_unlock(&m->lock);
        atomic_store(&m->reload_failed, true);
        atomic_fetch_add(&m->reloads, 1);
    }
}
