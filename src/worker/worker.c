/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.c - the order of start and shutdown.
 *
 * Start, so that each part finds those that it calls: sink, acker, lanes, intake.
 *
 * Shutdown: receives end; messages that no lane has started are returned immediately; lanes finish
 * within the grace period and are then stopped; the sink delivers its records; messages with
 * pending records are abandoned, which is a visibility change of some seconds; then the sink is
 * closed, which reports every record, so that each message is settled and freed.
 */
#include "worker_priv.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>

enum {
    DRAIN_MS = 1000,         /* for responses of polls in progress */
    TELL_RESERVE_MS = 2000,  /* of the grace period, for calls to SQS */
    FLUSH_RESERVE_MS = 5000, /* of the grace period, for Kafka and SQS */
    OPS_FLUSH_MS = 1000,     /* after it, for ops events; LATE_MS of app/run.c is more */
};

/* The worker was started, or stopped. */
static void send_ops_event(struct worker *w, const char *type)
{
    ops_worker_changed(w->ops, type,
                       &(struct ops_worker){.version = INGEST_VERSION,
                                            .rules = INGEST_RULES,
                                            .customers = w->now->customer_count,
                                            .queues = w->now->queue_count,
                                            .lanes = w->lane_count});
}

void worker_start(struct worker *w)
{
    worker_make_lanes(w);
    acker_start(w->acker);
    for (size_t i = 0; i < w->lane_count; i++) {
        lane_start(w->lanes[i]);
    }
    intake_start(w->intake);
    w->role_checks = role_checks_new(w->customers);
    w->reconciles = reconciles_new(w);
    monitor_started(w->monitor, w->lanes, w->lane_count);
    log_write(LOG_INFO, "started", KV_INT("queues", w->conf->queue_count),
              KV_INT("customers", w->conf->customer_count), KV_INT("lanes", w->lane_count));
    send_ops_event(w, OPS_WORKER_STARTED);
}

bool worker_is_stalled(const struct worker *w)
{
    int64_t now = clock_mono_ms(&clock_system);
    int limit_ms = w->now->metrics.stalled_after_ms;
    bool stalled = pulse_still_ms(intake_pulse(w->intake), now) >= limit_ms ||
                   pulse_still_ms(sink_pulse(w->sink), now) >= limit_ms;
    for (size_t i = 0; i < ACKER_THREADS && !stalled; i++) {
        stalled = pulse_still_ms(acker_pulse(w->acker, i), now) >= limit_ms;
    }
    for (size_t i = 0; i < w->lane_count && !stalled; i++) {
        stalled = pulse_still_ms(lane_pulse(w->lanes[i]), now) >= limit_ms;
    }
    return stalled;
}

/* ---- Shutdown ---- */

static int left_ms(int64_t end)
{
    int64_t left = end - clock_mono_ms(&clock_system);
    return left > 0 ? (int)left : 0;
}

static size_t return_unstarted(struct worker *w)
{
    size_t count = 0;
    struct inflight *m = NULL;
    while ((m = inbox_drain(w->inbox)) != NULL) {
        inflight_return(m);
        count++;
    }
    return count;
}

/* Wait until all lanes have ended. False: not by `end`. */
static bool wait_for_lanes(struct worker *w, int64_t end)
{
    for (size_t i = 0; i < w->lane_count; i++) {
        if (!lane_wait(w->lanes[i], left_ms(end))) {
            return false;
        }
    }
    return true;
}

static bool stop_lanes(struct worker *w, int64_t finish, int64_t end)
{
    bool all = wait_for_lanes(w, finish);
    if (!all) {
        customers_stop(w->customers);
        creds_source_stop(w->own);
        sink_stop(w->sink);
        for (size_t i = 0; i < w->lane_count; i++) {
            lane_stop(w->lanes[i]);
        }
        all = wait_for_lanes(w, end);
    }
    for (size_t i = 0; i < w->lane_count && all; i++) {
        lane_join(w->lanes[i]);
    }
    return all;
}

/* Number of messages for which SQS could not be called, and the names of their queues. */
struct unfinished {
    size_t deletes, returns;
    char queues[512]; /* truncated at a name */
};

static void find_unfinished(struct worker *w, struct unfinished *out)
{
    size_t n = 0;
    *out = (struct unfinished){.deletes = 0};
    for (size_t q = 0; q < w->queue_count; q++) {
        struct acker_unfinished of = acker_unfinished(w->acker, q);
        const char *name = w->queues[q]->name;
        out->deletes += of.deletes;
        out->returns += of.returns;
        if (of.deletes + of.returns != 0 && n + strlen(name) + 2 < sizeof(out->queues)) {
            n += (size_t)snprintf(out->queues + n, sizeof(out->queues) - n, "%s%s",
                                  n != 0 ? " " : "", name);
        }
    }
}

static void log_stopped(struct worker *w, size_t returned, size_t abandoned, int64_t began)
{
    uint64_t done = 0;
    uint64_t events = 0;
    uint64_t later = 0;
    for (struct customer *c = NULL; (c = customers_next(w->customers, c)) != NULL;) {
        const struct stats *s = c->stats;
        done += stats_get(&s->objects_done);
        later += stats_get(&s->objects_later);
        events += stats_get(&s->events);
    }
    struct unfinished u;
    find_unfinished(w, &u);
    bool all = u.deletes + u.returns == 0;
    struct log_kv kv[] = {
        KV_INT("receives_done", done), /* an object that was received twice counts twice */
        KV_INT("receives_later", later),
        KV_INT("events", events),
        KV_INT("returned", returned),
        KV_INT("abandoned", abandoned),
        KV_INT("duration_ms", clock_mono_ms(&clock_system) - began),
        KV_INT("not_deleted", u.deletes),
        KV_INT("not_returned", u.returns),
        KV_STR("queues", u.queues),
        KV_STR("next", "what was not deleted is delivered and is received again, with the same "
                       "ingest.id; what was not returned is received after its visibility timeout"),
    };
    log_put(all ? LOG_INFO : LOG_WARN, "stopped", kv, all ? 6 : 10);
}

bool worker_stop(struct worker *w, int grace_ms)
{
    int64_t began = clock_mono_ms(&clock_system);
    int64_t end = began + grace_ms;
    int flush_ms = grace_ms / 2 < FLUSH_RESERVE_MS ? grace_ms / 2 : FLUSH_RESERVE_MS;
    int tell_ms = grace_ms / 4 < TELL_RESERVE_MS ? grace_ms / 4 : TELL_RESERVE_MS;

    log_write(LOG_INFO, "stopping", KV_INT("grace_s", grace_ms / 1000));
    monitor_stopping(w->monitor);
    role_checks_stop(w->role_checks);
    reconciles_stop(w->reconciles);
    inbox_stop(w->inbox);          /* lanes start no more messages */
    http_pool_stop(w->polls_pool); /* requests for attributes; polls have their own connections */
    intake_stop(w->intake, grace_ms / 4 < DRAIN_MS ? grace_ms / 4 : DRAIN_MS);
    size_t returned = return_unstarted(w);
    if (!stop_lanes(w, end - flush_ms, end - tell_ms / 2)) {
        log_write(LOG_ERROR, "lane thread did not stop",
                  KV_STR("next", "the process exits; its messages reappear after their visibility "
                                 "timeout"));
        return false;
    }
    if (!sink_flush(w->sink, left_ms(end - tell_ms))) {
        log_write(LOG_WARN, "kafka did not acknowledge all",
                  KV_STR("next", "messages with unacknowledged records are abandoned: they "
                                 "reappear in their queues after some seconds"));
    }
    size_t abandoned = acker_give_up(w->acker);
    (void)!acker_drain(w->acker, left_ms(end)); /* the last log line reports what is left */
    http_pool_stop(w->pool);
    monitor_free(w->monitor);
    w->monitor = NULL;
    creds_source_stop(w->own); /* acker, polls and tokens for the brokers may wait for them */
    role_checks_free(w->role_checks);
    w->role_checks = NULL;
    reconciles_free(w->reconciles);
    w->reconciles = NULL;
    sink_free(w->sink); /* reports the remaining records: every message is settled now */
    w->sink = NULL;
    send_ops_event(w, OPS_WORKER_STOPPED);
    (void)!ops_flush(w->ops, OPS_FLUSH_MS);
    acker_stop(w->acker);
    customers_report_lines(w->customers);
    log_stopped(w, returned, abandoned, began);
    return true;
}
