/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.c - outages that no failed call shows: sessions that are not renewed while the previous one
 * is still valid, and records that the producer keeps because their partition has no leader or too
 * few replicas. librdkafka retries these without an error.
 */
#include "customers_priv.h"

#include "base/lock.h"
#include "customers/waiting.h"

enum {
    STALLED_MS = 20 * 1000, /* pending records, and none of them reported */
    EXPLAIN_MS = 300,
};

static void watch_renewal(struct creds_source *s, struct outage *o, int64_t now)
{
    struct err why = {.kind = FAIL_NONE};
    struct log_kv source = KV_STR("source", creds_source_name(s));
    if (!creds_renewal_failed(s, &why)) {
        outage_passed(o, 0, now);
    } else if (!outage_is_open(o)) {
        outage_failed(o,
                      &(struct outage_failure){
                          .err = &why,
                          .next = "retried; the previous credentials are used until they expire",
                          .about = &source,
                          .about_count = 1,
                          .state = true},
                      now);
    }
}

static void explain(struct customer_entry *c, struct err *e)
{
    struct sink *sink = c->all->parts.sink;
    for (size_t s = 0; s < STREAMS; s++) {
        if (sink_topic_explain(sink, c->topic_names[s], EXPLAIN_MS, e) != FAIL_NONE) {
            return;
        }
    }
    (void)err_set(e, FAIL_AGAIN, "kafka: no record was acknowledged for %d s", STALLED_MS / 1000);
}

/* The records of a customer that wait, in the log. */
enum { RECORDS_ABOUT = 5 };
struct records_about {
    struct waiting_report oldest;
    struct log_kv kv[RECORDS_ABOUT]; /* with texts of `oldest` */
};

static void fill_records_about(struct customer_entry *c, struct records_about *out, int64_t now)
{
    int64_t probe_ms = customer_probe_in_ms(&c->customer);
    waiting_of_customer(&c->customer, &out->oldest);
    int64_t waits_s = out->oldest.count != 0 ? (now - out->oldest.since_ms) / 1000 : -1;
    out->kv[0] = KV_SET("oldest_object", out->oldest.object);
    out->kv[1] = KV_KNOWN("waits_s", waits_s);
    out->kv[2] = KV_INT("waiting_objects", out->oldest.count);
    out->kv[3] = KV_INT("unacked_bytes", atomic_load(&c->run->unacked));
    out->kv[4] = KV_KNOWN("next_probe_s", probe_ms < 0 ? -1 : probe_ms / 1000);
}

/*
 * Records are reported between two looks: an acknowledgement is at least as late as the look
 * before, and no record waits alone since an earlier time than the look that saw a report.
 */
static void note_reports(struct customer_run *run, uint64_t reports, bool reached, int64_t now)
{
    uint64_t acked = stats_get(&run->stats.records_acked);
    if (acked != run->watched.acked) {
        run->watched.acked = acked;
        outage_worked(&run->outages[CUSTOMER_TOPIC], 0,
                      run->watched.looked_ms != 0 ? run->watched.looked_ms : now);
    }
    if (reports != run->watched.reports || !reached) {
        run->watched.well_ms = now;
    }
    run->watched.looked_ms = now;
}

/* The oldest waiting record, unless others were reported after it; else when it was seen. */
static int64_t records_wait_since(const struct customer_run *run, const struct waiting_report *w)
{
    if (w->count == 0) {
        return run->watched.stalled_ms;
    }
    return w->since_ms > run->watched.well_ms ? w->since_ms : run->watched.well_ms;
}

/* While Kafka as a whole is unreachable, only Kafka has an outage, and not each customer. */
static void watch_records(struct customer_entry *c, int64_t now)
{
    struct customer_run *run = c->run;
    struct outage *o = &run->outages[CUSTOMER_TOPIC];
    uint64_t reports = stats_get(&run->stats.records_acked) + stats_get(&run->stats.records_failed);
    bool pending = atomic_load(&run->unacked) != 0;
    bool reached = sink_reached(c->all->parts.sink);
    note_reports(run, reports, reached, now);
    if (!pending || run->watched.stalled_ms == 0 || reports != run->watched.reports || !reached) {
        run->watched.reports = reports;
        run->watched.stalled_ms = pending ? now : 0;
        return;
    }
    if (now - run->watched.stalled_ms < STALLED_MS || outage_is_open(o)) {
        return;
    }
    struct err e;
    struct records_about about;
    fill_records_about(c, &about, now);
    explain(c, &e);
    outage_failed(o,
                  &(struct outage_failure){
                      .err = &e,
                      .next = "the records wait, and their messages are held by heartbeats; look "
                              "for 'kafka broker unreachable' before this line: a partition led "
                              "by that broker alone waits for it; else check the topic's "
                              "partitions and replicas",
                      .since_ms = records_wait_since(run, &about.oldest),
                      .about = about.kv,
                      .about_count = RECORDS_ABOUT,
                      .state = true},
                  now);
}

/* Log that outages last: of its topic, with what waits now; of others, when it is tried next. */
static void tick_outages(struct customer_entry *c, int64_t now)
{
    for (size_t i = 0; i < CUSTOMER_PARTIES; i++) {
        struct outage *o = &c->run->outages[i];
        struct records_about about;
        if (!outage_due(o, now)) {
            continue;
        }
        if (i == CUSTOMER_TOPIC) {
            fill_records_about(c, &about, now);
            outage_tick(o, about.kv, RECORDS_ABOUT, now);
            continue;
        }
        int64_t probe_ms = customer_probe_in_ms(&c->customer);
        struct log_kv probe = KV_KNOWN("next_probe_s", probe_ms < 0 ? -1 : probe_ms / 1000);
        outage_tick(o, &probe, 1, now);
    }
}

static void watch_customer(struct customer_entry *c, int64_t now)
{
    struct role *r = c->role;
    mutex_lock(&r->shared.lock);
    if (r->shared.creds != NULL) {
        watch_renewal(r->shared.creds, &c->run->outages[CUSTOMER_CREDENTIALS], now);
    }
    mutex_unlock(&r->shared.lock);
    watch_records(c, now);
    verified_watch(c, now);
    topics_watch(c, now);
    expected_watch(c, now);
    tick_outages(c, now);
}

struct log_rate *customers_no_one_lines(struct customers *all, size_t queue)
{
    return &all->no_one_lines[queue % LINES_QUEUES];
}

void customers_report_lines(struct customers *all)
{
    for (size_t i = 0; i < LINES_QUEUES; i++) {
        log_rate_report(&all->no_one_lines[i], &KV_SET("customer", ""));
    }
    for (struct customer *c = NULL; (c = customers_next(all, c)) != NULL;) {
        log_rate_report(c->lines, &KV_SPAN("customer", c->id));
    }
}

void customers_watch(struct customers *all)
{
    int64_t now = clock_mono_ms(all->parts.clock);
    watch_renewal(all->parts.own, &all->own_outage, now);
    outage_tick(&all->own_outage, NULL, 0, now);
    for (struct customer *c = NULL; (c = customers_next(all, c)) != NULL;) {
        watch_customer(entry_of(c), now);
    }
    customers_report_lines(all);
}
