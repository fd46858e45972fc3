/* SPDX-License-Identifier: Apache-2.0 */
/* The only place where the monitor reads the running parts. */
#include "monitor/snapshot.h"

#include "base/alloc.h"
#include "conf/sizes.h"
#include "source/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { OTHER_THREADS = ACKER_THREADS + 2 };

_Static_assert(sizeof(struct snapshot_customer) <= SNAPSHOT_CUSTOMER_BYTES, "the memory plan");
_Static_assert(sizeof(struct snapshot_queue) <= SNAPSHOT_QUEUE_BYTES, "the memory plan");

struct snapshot *snapshot_new(const struct snapshot_parts *parts)
{
    struct snapshot *s = mem_zeros(1, sizeof(*s));
    s->parts = *parts;
    s->ready.kafka.hold_ms = parts->conf->metrics.unready_after_ms;
    s->ready.queue.hold_ms = parts->conf->metrics.unready_after_ms;
    s->threads = mem_zeros(OTHER_THREADS + (size_t)parts->conf->limits.lanes, sizeof(*s->threads));
    s->first_lane = OTHER_THREADS;
    s->at_work = mem_zeros((size_t)parts->conf->limits.lanes, sizeof(struct customer *));
    return s;
}

/* Release the customers of the last fill, whose ids are in it. */
static void release_at_work(struct snapshot *s)
{
    while (s->at_work_count != 0) {
        customer_release(s->at_work[--s->at_work_count]);
    }
}

static void release_customers(struct snapshot *s)
{
    while (s->customer_count != 0) {
        customer_release(s->customers[--s->customer_count].customer);
    }
}

void snapshot_free(struct snapshot *s)
{
    if (s == NULL) {
        return;
    }
    release_at_work(s);
    release_customers(s);
    free(s->threads);
    free(s->at_work);
    free(s->customers);
    free(s->queues);
    free(s);
}

/* ---- Threads, readiness ---- */

static void add_thread(struct snapshot *s, const char *kind, size_t number,
                       const struct pulse *pulse, const char *customer)
{
    s->threads[s->health.count++] = (struct health_thread){kind, number, pulse, customer};
}

static void fill_threads(struct snapshot *s, const struct snapshot_run *run)
{
    const struct snapshot_parts *p = &s->parts;
    s->health = (struct health){.threads = s->threads,
                                .stalled_after_ms = p->conf->metrics.stalled_after_ms};
    release_at_work(s);
    add_thread(s, "intake", 1, intake_pulse(p->intake), NULL);
    add_thread(s, "sink", 1, sink_pulse(p->sink), NULL);
    for (size_t i = 0; i < ACKER_THREADS; i++) {
        add_thread(s, "acker", i + 1, acker_pulse(p->acker, i), NULL);
    }
    for (size_t i = 0; i < run->lane_count; i++) {
        struct customer *c = lane_customer(run->lanes[i]);
        if (c != NULL) {
            s->at_work[s->at_work_count++] = c;
        }
        add_thread(s, "lane", i + 1, lane_pulse(run->lanes[i]), c != NULL ? c->conf->id : NULL);
    }
}

static bool queue_is_up(const struct snapshot_parts *p, size_t queue)
{
    return atomic_load(&intake_stats(p->intake, queue)->reached) &&
           !outage_is_open(acker_outage(p->acker, queue));
}

static void fill_readiness(struct snapshot *s, const struct snapshot_run *run)
{
    const struct snapshot_parts *p = &s->parts;
    bool queue = false;
    for (size_t q = 0; q < intake_queues(p->intake) && !queue; q++) {
        queue = !intake_removed(p->intake, q) && queue_is_up(p, q);
    }
    s->ready.started = run->lane_count != 0;
    s->ready.stopping = run->stopping;
    s->ready.drained = intake_is_drained(p->intake);
    reachable_sample(&s->ready.kafka, sink_reached(p->sink), s->now_ms);
    reachable_sample(&s->ready.queue, queue, s->now_ms);
}

void snapshot_fill_health(struct snapshot *s, const struct snapshot_run *run)
{
    s->now_ms = clock_mono_ms(s->parts.clock);
    fill_threads(s, run);
    fill_readiness(s, run);
}

/* ---- Other members ---- */

/* A reload adds a customer before its queue. */
static int64_t last_received_ms(const struct snapshot_parts *p, size_t queue)
{
    return queue < intake_queues(p->intake)
               ? (int64_t)stats_get(&intake_stats(p->intake, queue)->received_ms)
               : 0;
}

_Static_assert(sizeof(struct customer_state) % sizeof(uint64_t) == 0, "members without padding");

bool snapshot_has_traffic(const struct snapshot_customer *c)
{
    static const struct customer_state usual;
    return c->lanes_busy != 0 || stats_any(&c->stats) ||
           memcmp(&c->state, &usual, sizeof(usual)) != 0;
}

/* Hidden messages that this worker cannot know of. */
static uint64_t not_held(const struct poll_stats *polls, int64_t now_ms)
{
    bool counts = atomic_load(&polls->attributes_known) &&
                  now_ms < (int64_t)stats_get(&polls->not_held_until_ms);
    return counts ? stats_get(&polls->not_held) : 0;
}

/* The levels of the customer's queue. */
static void fill_queue(const struct snapshot *s, size_t queue, struct snapshot_customer *out)
{
    const struct snapshot_parts *p = &s->parts;
    const struct poll_stats *polls =
        queue < intake_queues(p->intake) ? intake_stats(p->intake, queue) : NULL;
    out->visible = -1;
    out->dead_letters = -1;
    if (polls != NULL && atomic_load(&polls->attributes_known)) {
        out->visible = (int64_t)stats_get(&polls->visible);
    }
    out->not_held = polls != NULL ? not_held(polls, s->now_ms) : 0;
    if (polls != NULL && atomic_load(&polls->dead_known)) {
        out->dead_letters = (int64_t)stats_get(&polls->dead_letters);
    }
}

static void fill_customers(struct snapshot *s)
{
    const struct snapshot_parts *p = &s->parts;
    size_t queues = intake_queues(p->intake);
    bool *taken = mem_zeros(queues + 1, sizeof(*taken));
    release_customers(s);
    s->queues_shared = false;
    for (struct customer *c = NULL; (c = customers_next(p->customers, c)) != NULL;) {
        if (s->customer_count == s->customer_room) {
            size_t count = customers_count(p->customers);
            s->customer_room = count > s->customer_count ? count : s->customer_count + 1;
            s->customers = mem_grow(s->customers, s->customer_room, sizeof(*s->customers));
        }
        struct snapshot_customer *out = &s->customers[s->customer_count++];
        out->customer = customer_hold(c);
        out->id = c->id;
        out->lanes_busy = inbox_at_work(p->inbox, c->sched_class);
        stats_copy(&out->stats, c->stats);
        customer_state(c, &out->state);
        out->verification_required = customer_verification_required(c);
        customer_trouble(c, &out->trouble);
        out->received_ms = last_received_ms(p, c->queue);
        fill_queue(s, c->queue, out);
        size_t queue = c->queue < queues ? c->queue : queues; /* as in last_received_ms */
        s->queues_shared = s->queues_shared || (taken[queue] && queue < queues);
        taken[queue] = true;
        out->has_cadence = c->conf->cadence_ms != 0;
        out->has_traffic = snapshot_has_traffic(out);
        out->left_lately = 0;
        out->left_since_ms = 0;
    }
    free(taken);
}

/* Another queue has its name now: there must be no series twice. */
static bool replaced(const struct snapshot_parts *p, size_t queue, size_t count)
{
    for (size_t q = queue + 1; q < count; q++) {
        if (strcmp(intake_queue_name(p->intake, q), intake_queue_name(p->intake, queue)) == 0) {
            return true;
        }
    }
    return false;
}

static void fill_backlog(struct snapshot *s, struct snapshot_queue *out, size_t queue)
{
    const struct snapshot_parts *p = &s->parts;
    out->backlog = backlog_of(&out->polls, inbox_queue_waiting(p->inbox, queue),
                              !intake_removed(p->intake, queue), s->wall_ms);
    backlog_add(&s->backlog, &out->backlog);
}

/* A removed queue is shown as long as messages of it are held. */
static void fill_queues(struct snapshot *s)
{
    const struct snapshot_parts *p = &s->parts;
    size_t count = intake_queues(p->intake);
    if (count > s->queue_room) {
        s->queues = mem_grow(s->queues, count, sizeof(*s->queues));
        s->queue_room = count;
    }
    s->queue_count = 0;
    s->not_held = 0;
    s->backlog = (struct backlog){0};
    for (size_t q = 0; q < count; q++) {
        uint64_t held = acker_queue_held(p->acker, q);
        if (intake_removed(p->intake, q) && (held == 0 || replaced(p, q, count))) {
            continue;
        }
        struct snapshot_queue *out = &s->queues[s->queue_count++];
        out->name = intake_queue_name(p->intake, q);
        out->held = held;
        out->up = queue_is_up(p, q);
        out->outages = outage_begun(acker_outage(p->acker, q));
        poll_stats_copy(&out->polls, intake_stats(p->intake, q));
        lease_stats_copy(&out->leases, acker_stats(p->acker, q));
        s->not_held += not_held(&out->polls, s->now_ms);
        fill_backlog(s, out, q);
        out->has_traffic =
            held != 0 || poll_stats_any(&out->polls) || lease_stats_any(&out->leases);
    }
}

static uint64_t resident_bytes(void)
{
    unsigned long long size = 0;
    unsigned long long resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f == NULL) {
        return 0;
    }
    /* NOLINTNEXTLINE(cert-err34-c): numbers of the kernel */
    bool read = fscanf(f, "%llu %llu", &size, &resident) == 2;
    (void)fclose(f);
    return read ? resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static void fill_process(struct snapshot *s)
{
    struct rusage used = {0};
    (void)getrusage(RUSAGE_SELF, &used);
    s->process.cpu_ms = (int64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
                        (int64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
    s->process.resident_bytes = resident_bytes();
    s->process.credentials_expire_ms = creds_expires_ms(s->parts.own);
}

void snapshot_fill(struct snapshot *s, const struct snapshot_run *run)
{
    const struct snapshot_parts *p = &s->parts;
    snapshot_fill_health(s, run);
    s->wall_ms = clock_wall_ms(p->clock);
    s->started_ms = run->started_ms;
    s->runbook = p->conf->metrics.runbook;
    s->file = p->conf->file;
    s->configuration.reload_failed = run->reload_failed;
    s->configuration.applied_ms = run->configured_ms;
    s->kafka.reached = s->ready.kafka.now;
    s->kafka.limit_bytes = p->conf->kafka.queue_bytes;
    s->kafka.restarts = sink_restarts(p->sink);
    s->kafka.lost_brokers = sink_lost_brokers(p->sink);
    s->kafka.outages = outage_begun(p->kafka_outage);
    sink_depth(p->sink, &s->kafka.records, &s->kafka.bytes);
    ops_counts(p->ops, &s->ops);
    customers_role_checks(p->customers, &s->role_checks);
    s->inbox_messages = inbox_waiting(p->inbox);
    stats_copy(&s->nobodys, p->nobodys);
    fill_process(s);
    fill_customers(s);
    fill_queues(s);
}
