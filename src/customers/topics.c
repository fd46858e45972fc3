/* SPDX-License-Identifier: Apache-2.0 */
/*
 * topics.c - topics in which records would be lost without an error: compacted ones, since many
 * events have one key, and ones that keep records for a shorter time than events are old, if the
 * events' own times are the records' timestamps.
 */
#include "customers_priv.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>

enum { AGAIN_MS = 60 * 1000, WARN_AGAIN_MS = 3600 * 1000, DESCRIBE_MS = 300 };

static bool is_compacted(const struct sink_topic_facts *f)
{
    return strstr(f->cleanup_policy, "compact") != NULL;
}

void topics_take_over(struct customer_entry *c, const struct customer_entry *before)
{
    bool same = before != NULL && before->customer.topics[0] == c->customer.topics[0] &&
                before->customer.topics[1] == c->customer.topics[1];
    bool compacted = same && atomic_load(&before->topics.compacted);
    atomic_init(&c->topics.compacted, compacted && !c->customer.conf->allow_compacted);
    atomic_init(&c->topics.retention_ms, same ? atomic_load(&before->topics.retention_ms) : 0);
}

void customer_topic_is(struct customer *customer, const char *topic,
                       const struct sink_topic_facts *facts)
{
    struct customer_entry *c = entry_of(customer);
    int64_t shortest = atomic_load(&c->topics.retention_ms);
    if (facts->retention_ms > 0 && (shortest == 0 || facts->retention_ms < shortest)) {
        atomic_store(&c->topics.retention_ms, facts->retention_ms);
    }
    if (!is_compacted(facts) || customer->conf->allow_compacted ||
        atomic_exchange(&c->topics.compacted, true)) {
        return;
    }
    log_write(LOG_ERROR, "topic is compacted", KV_SPAN("customer", customer->id),
              KV_STR("topic", topic), KV_STR("cleanup_policy", facts->cleanup_policy),
              KV_STR("next", "the customer is not taken, since of the events with one key all but "
                             "the last would be lost: set cleanup.policy=delete, which is found "
                             "within a minute, or allow_compacted"));
}

bool topics_block(struct customer_entry *c, struct err *why)
{
    bool compacted = atomic_load(&c->topics.compacted);
    if (compacted && why != NULL) {
        (void)err_set(why, FAIL_CONFIG, "a topic of the customer is compacted");
    }
    return compacted;
}

/* Whether none of its topics is compacted any more. */
static bool is_repaired(const struct customer_entry *c)
{
    struct sink_topic_facts facts;
    for (size_t s = 0; s < STREAMS; s++) {
        if (sink_topic_describe(c->all->parts.sink, c->topic_names[s], DESCRIBE_MS, &facts, NULL) !=
                FAIL_NONE ||
            is_compacted(&facts)) {
            return false;
        }
    }
    return true;
}

static void watch_compacted(struct customer_entry *c, int64_t now)
{
    if (!atomic_load(&c->topics.compacted) || now < c->topics.next_ms) {
        return;
    }
    c->topics.next_ms = now + AGAIN_MS;
    if (is_repaired(c)) {
        atomic_store(&c->topics.compacted, false);
        log_write(LOG_INFO, "topic is not compacted any more", KV_SPAN("customer", c->customer.id));
    }
}

/* Kafka deletes by the records' timestamps: an older event is lost at its next clean-up. */
static void watch_retention(struct customer_entry *c, int64_t now)
{
    stats_count *oldest = &c->run->stats.oldest_event_ms;
    int64_t retention = atomic_load(&c->topics.retention_ms);
    int64_t age = (int64_t)stats_get(oldest);
    if (retention == 0 || age <= retention || now < c->topics.warn_ms) {
        return;
    }
    c->topics.warn_ms = now + WARN_AGAIN_MS;
    stats_set(oldest, 0);
    log_write(LOG_WARN, "events are older than the topic keeps them",
              KV_SPAN("customer", c->customer.id), KV_INT("oldest_event_s", age / 1000),
              KV_INT("retention_s", retention / 1000),
              KV_STR("next", "Kafka deletes them soon, by their timestamps: raise retention.ms of "
                             "the topic, or set kafka.timestamp = \"produce\""));
}

void topics_watch(struct customer_entry *c, int64_t now)
{
    watch_compacted(c, now);
    watch_retention(c, now);
}
