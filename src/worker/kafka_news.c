/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_news.c - the sink's events in the log. The outage of all brokers is one of base/outage.h; a
 * single broker, a failed request and a fatal error have lines of their own.
 */
#include "worker_priv.h"

#include "base/log.h"
#include "customers/waiting.h"
#include "net/sink_budget.h"

#include <string.h>

static void kafka_failed(struct worker *w, const struct sink_news *news, const char *next)
{
    struct waiting_report oldest = {.count = 0};
    size_t customers = 0;
    if (atomic_load(&w->has_customers)) {
        customers = customers_waiting(w->customers);
        waiting_of_all(w->customers, &oldest);
    }
    struct log_kv waiting[] = {
        KV_INT("unacked_bytes", sink_budget_used(w->budget)),
        KV_INT("waiting_customers", customers), KV_INT("waiting_objects", oldest.count),
        KV_SET("oldest_customer", oldest.customer), KV_SET("oldest_object", oldest.object)};
    outage_worked(&w->kafka_outage, 0, news->answered_ms);
    outage_failed(&w->kafka_outage,
                  &(struct outage_failure){.err = news->err,
                                           .next = next,
                                           .since_ms = news->since_ms,
                                           .about = waiting,
                                           .about_count = sizeof(waiting) / sizeof(waiting[0])},
                  clock_mono_ms(&clock_system));
}

static void log_broker(const struct sink_news *news)
{
    const struct err *e = news->err;
    struct err why = *e;
    why.host[0] = '\0'; /* it is the broker */
    if (news->what == SINK_BROKER_UP) {
        log_write(LOG_INFO, "kafka broker connected", KV_STR("broker", e->host),
                  KV_INT("last_failure_s", (clock_mono_ms(&clock_system) - news->since_ms) / 1000));
        return;
    }
    log_write(LOG_WARN, "kafka broker unreachable", KV_STR("broker", e->host), KV_ERR(&why),
              KV_STR("next", "records of partitions that it alone has a replica of wait until it "
                             "answers ('records not acknowledged' names the customers); others "
                             "wait until another broker leads them; check the broker"));
}

/* librdkafka's code of a connection that ended has no request and no answer. */
static void log_trouble(const struct worker *w, const struct err *e)
{
    bool lost = strcmp(e->code, "_TRANSPORT") == 0;
    /* in an outage it is the cause of the next SINK_DOWN */
    log_write(
        outage_is_open(&w->kafka_outage) ? LOG_DEBUG : LOG_WARN,
        lost ? "kafka connection lost" : "kafka request failed", KV_ERR(e),
        KV_STR("next", lost ? "librdkafka connects again; if it cannot, the broker is named as "
                              "unreachable"
                            : "librdkafka retries; if records wait for long, check the topic "
                              "and the brokers"));
}

void worker_kafka_news(void *ctx, const struct sink_news *news)
{
    struct worker *w = ctx;
    const struct err *e = news->err;
    switch (news->what) {
    case SINK_UP:
        outage_passed(&w->kafka_outage, 0, clock_mono_ms(&clock_system));
        break;
    case SINK_DOWN:
        kafka_failed(w, news,
                     "records wait and their messages are held until a broker answers; check the "
                     "brokers and the network");
        break;
    case SINK_TROUBLE:
        log_trouble(w, e);
        break;
    case SINK_BROKER_DOWN:
    case SINK_BROKER_UP:
        log_broker(news);
        break;
    case SINK_AUTH:
        kafka_failed(w, news,
                     "retried until it succeeds; records wait; correct the credentials or the "
                     "listener");
        break;
    case SINK_FATAL:
        log_write(LOG_ERROR, "kafka producer failed", KV_ERR(e),
                  KV_STR("next", "recreated; objects with unacknowledged records are read again"));
        break;
    }
}
