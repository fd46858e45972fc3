/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of metrics, and the values that exist once per worker. A new metric is a row. A test
 * requires that docs/monitoring.md has the same rows; scripts/pages writes them there.
 */
#include "monitor/metrics.h"

#include "base/commit.h"
#include "customers/not_ours.h"
#include "metrics_priv.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>

static void write_one(const struct metric *m, struct buf *out, uint64_t value)
{
    exposition_count(out, m->family.name, NULL, 0, value);
}

static void write_build(const struct metric *m, const struct snapshot *s UNUSED, struct buf *out)
{
    char rules[16];
    (void)snprintf(rules, sizeof(rules), "%d", INGEST_RULES);
    struct exposition_label labels[] = {{"version", SPAN(INGEST_VERSION)},
                                        {"commit", span_str(ingest_commit)},
                                        {"rules", span_str(rules)},
                                        {"librdkafka", span_str(rd_kafka_version_str())}};
    exposition_count(out, m->family.name, labels, 4, 1);
}

static void write_ready(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    write_one(m, out, ready_is(&s->ready));
}

static void write_stalled(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    write_one(m, out, health_stalled(&s->health, s->now_ms));
}

static void write_still(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    exposition_seconds(out, m->family.name, NULL, 0, health_still_ms(&s->health, s->now_ms));
}

static void write_lanes(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    static const char *const names[] = {"idle", "busy", "waiting"}; /* by enum pulse_state */
    uint64_t counts[3] = {0};
    for (size_t i = s->first_lane; i < s->health.count; i++) {
        counts[pulse_state(s->health.threads[i].pulse)]++;
    }
    for (int p = PULSE_IDLE; p <= PULSE_WAIT; p++) {
        struct exposition_label label = {"state", span_str(names[p])};
        exposition_count(out, m->family.name, &label, 1, counts[p]);
    }
}

static void write_waiting(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    write_one(m, out, s->inbox_messages);
}

static void write_total_backlog(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    write_backlog_parts(m, &s->backlog, NULL, out);
}

static void write_max_backlog_age(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    exposition_seconds(out, m->family.name, NULL, 0, s->backlog.age_ms);
}

static void write_left(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    struct exposition_label label = {"reason", SPAN("")};
    for (int r = 0; r < NOT_OURS_REASONS; r++) {
        label.value = span_str(not_ours_name((enum not_ours)r));
        exposition_count(out, m->family.name, &label, 1, stats_get(&s->nobodys.not_ours[r]));
    }
    label.value = SPAN("unreadable");
    exposition_count(out, m->family.name, &label, 1, stats_get(&s->nobodys.unreadable));
}

static void write_kafka_up(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    write_one(m, out, s->kafka.reached);
}

static void write_lost_brokers(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    write_one(m, out, s->kafka.lost_brokers);
}

static void write_kafka_records(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    write_one(m, out, s->kafka.records);
}

static void write_kafka_bytes(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    write_one(m, out, s->kafka.bytes);
}

static void write_kafka_limit(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    write_one(m, out, s->kafka.limit_bytes);
}

static void write_kafka_fatal(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    write_one(m, out, s->kafka.restarts);
}

static void write_ops(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    struct exposition_label label = {"result", SPAN("acknowledged")};
    exposition_count(out, m->family.name, &label, 1, s->ops.acknowledged);
    label.value = SPAN("dropped");
    exposition_count(out, m->family.name, &label, 1, s->ops.dropped);
}

static void write_role_checks(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    const struct {
        const char *name;
        uint64_t count;
    } rows[] = {{"proved", s->role_checks.proved},
                {"not_checked", s->role_checks.not_checked},
                {"disproved", s->role_checks.disproved}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct exposition_label label = {"result", span_str(rows[i].name)};
        exposition_count(out, m->family.name, &label, 1, rows[i].count);
    }
}

static void write_kafka_outages(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    write_one(m, out, s->kafka.outages);
}

static void write_own_expiry(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    int64_t at = s->process.credentials_expire_ms;
    if (at != 0) {
        exposition_seconds(out, m->family.name, NULL, 0, at);
    }
}

static void write_started(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    exposition_seconds(out, m->family.name, NULL, 0, s->started_ms);
}

static void write_reload(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    write_one(m, out, !s->configuration.reload_failed);
}

static void write_configured(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    exposition_seconds(out, m->family.name, NULL, 0, s->configuration.applied_ms);
}

static void write_cpu(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    exposition_seconds(out, m->family.name, NULL, 0, s->process.cpu_ms);
}

static void write_resident(const struct metric *m, const struct snapshot *s, struct buf *out)
{
    if (s->process.resident_bytes != 0) {
        write_one(m, out, s->process.resident_bytes);
    }
}

/* ---- The table ---- */

#define COUNTER(n, t) .family = {METRIC(n), EXPOSITION_COUNTER, t}
#define GAUGE(n, t) .family = {METRIC(n), EXPOSITION_GAUGE, t}
#define OF_CUSTOMER(member)                                                                        \
    .labels = "customer", .write = write_customer_counter, .offset = offsetof(struct stats, member)
#define OF_TIME(member)                                                                            \
    .labels = "customer", .write = write_customer_time, .offset = offsetof(struct stats, member)
/* With reconcile.interval, from the first comparison on. */
#define LEVEL_COMPARED(member)                                                                     \
    .labels = "customer", .write = write_compared, .offset = offsetof(struct customer_state, member)
#define OF_STATE(member)                                                                           \
    .labels = "customer", .write = write_customer_level,                                           \
    .offset = offsetof(struct customer_state, member)
#define OF_POLLS(member)                                                                           \
    .labels = "queue", .write = write_poll_counter, .offset = offsetof(struct poll_stats, member)
#define OF_LEASES(member)                                                                          \
    .labels = "queue", .write = write_lease_counter, .offset = offsetof(struct lease_stats, member)

static const struct metric table[] = {
    {GAUGE("build_info", "Always 1; which program this is."),
     .labels = "version, commit, rules, librdkafka", .write = write_build},
    {GAUGE("ready", "1: /readyz says ready."), .labels = "", .write = write_ready},
    {GAUGE("stalled_threads", "Threads for which /healthz answers 503."), .labels = "",
     .write = write_stalled},
    {GAUGE("max_stall_seconds",
           "Longest time for which a busy thread has made no progress. Waiting for Kafka does not "
           "count."),
     .labels = "", .write = write_still},
    {GAUGE("lanes", "Lanes by what they do: idle, busy with an object, waiting for Kafka."),
     .labels = "state", .write = write_lanes},
    {GAUGE("inbox_messages", "Messages received that wait for a lane."), .labels = "",
     .write = write_waiting},
    {GAUGE("total_backlog", "Work that could start now: the sum of backlog of all queues."),
     .labels = "part", .write = write_total_backlog},
    {GAUGE("max_backlog_age_seconds", "The greatest backlog_age_seconds of all queues."),
     .labels = "", .write = write_max_backlog_age},
    {COUNTER("notifications_left_total",
             "Receives of notifications that name no customer's object (unknown_bucket, "
             "other_queue, outside_prefix, shared_queue) or cannot be understood (unreadable); "
             "they go to the dead-letter queue."),
     .labels = "reason", .write = write_left},

    {GAUGE("kafka_up", "1: the brokers are reachable."), .labels = "", .write = write_kafka_up},
    {GAUGE("kafka_brokers_unreachable",
           "Brokers that could not be connected to and have acknowledged no record since; the log "
           "names them ('kafka broker unreachable'). A broker that answers again counts until "
           "there is a "
           "record for it."),
     .labels = "", .write = write_lost_brokers},
    {GAUGE("kafka_queue_records", "Records that wait for the brokers' acknowledgement."),
     .labels = "", .write = write_kafka_records},
    {GAUGE("kafka_queue_bytes", "Bytes of records that wait for the brokers' acknowledgement."),
     .labels = "", .write = write_kafka_bytes},
    {GAUGE("kafka_queue_limit_bytes",
           "Value of kafka.queue_bytes; lanes wait when kafka_queue_bytes reaches it."),
     .labels = "", .write = write_kafka_limit},
    {COUNTER("kafka_fatal_errors_total", "Times the producer failed and was recreated."),
     .labels = "", .write = write_kafka_fatal},
    {COUNTER("kafka_outages_begun_total",
             "Outages of all brokers that the log has as begun; also those that are over."),
     .labels = "", .write = write_kafka_outages},

    {COUNTER("ops_events_total",
             "Ops events by result: acknowledged, or dropped (too many wait, or the brokers refuse "
             "them); 0 without kafka.ops_topic."),
     .labels = "result", .write = write_ops},
    {COUNTER("role_checks_total",
             "Checks whether a customer's role requires its external id, by result: proved, "
             "not_checked (it could not be made), disproved (the customer is paused)."),
     .labels = "result", .write = write_role_checks},
    {GAUGE("customers", "Customers of the configuration in use."), .labels = "",
     .write = write_configured_customers},
    {COUNTER("objects_total",
             "Objects by outcome, counted when it is final: done (all in-sync replicas have every "
             "record), accepted (missing, archived or unreadable, which the customer accepts), "
             "left (for the "
             "dead-letter queue), later (received again after a delay; also when a record was not "
             "delivered)."),
     .labels = "customer, outcome", .write = write_objects},
    {COUNTER("objects_empty_total", "Objects with outcome done that have no line."),
     OF_CUSTOMER(objects_empty)},
    {COUNTER("objects_put_back_total",
             "How often an object was put back since it took long and others waited for its lane; "
             "it is read again from its beginning, and its events so far come twice."),
     OF_CUSTOMER(objects_put_back)},
    {COUNTER("object_errors_total", "Objects processed with an error, by its class "
                                    "(docs/errors.md); from the customer's first "
                                    "object on."),
     .labels = "customer, class", .write = write_object_errors},
    {COUNTER("lines_total",
             "Lines, or values of other framings, read; added when an object is read."),
     OF_CUSTOMER(lines)},
    {COUNTER("events_total",
             "Events given to the producer; an object that is read again counts again."),
     OF_CUSTOMER(events)},
    {COUNTER("rejects_total", "Rejects by reason, also those for which another one stands; from "
                              "the customer's first object on."),
     .labels = "customer, reason", .write = write_rejects},
    {COUNTER("object_bytes_total", "Bytes of objects as stored; added when an object is read."),
     OF_CUSTOMER(object_bytes)},
    {COUNTER("text_bytes_total",
             "Bytes of objects after decompression; added when an object is read."),
     OF_CUSTOMER(text_bytes)},
    {COUNTER("customer_cpu_seconds_total", "CPU time of lanes for objects of the customer."),
     .labels = "customer", .write = write_customer_cpu},
    {COUNTER("records_acked_total", "Records that all in-sync replicas have."),
     OF_CUSTOMER(records_acked)},
    {COUNTER("records_failed_total",
             "Records that Kafka refused; their objects are read again after a delay."),
     OF_CUSTOMER(records_failed)},
    {COUNTER(
         "identity_window_overflows_total",
         "Events whose ordinal may be too low: their duplicates were too far apart in the object."),
     OF_CUSTOMER(ordinals_forgotten)},
    {COUNTER("times_from_object_total",
             "Events without a usable time of their own: they took their object's."),
     OF_CUSTOMER(times_from_object)},
    {COUNTER("texts_replaced_total",
             "Events of which invalid UTF-8 or lone surrogates became U+FFFD."),
     OF_CUSTOMER(texts_replaced)},
    {COUNTER("names_duplicate_total",
             "Events of a record in which an object has a name twice: the last value counts."),
     OF_CUSTOMER(names_duplicate)},
    {COUNTER("envelope_members_dropped_total",
             "Events of records in an envelope or a wrapper that has members beside the record, "
             "its time and its host: these are not in the event. Of OTLP: members of the objects "
             "around a record, such as `schemaUrl`."),
     OF_CUSTOMER(members_dropped)},
    {COUNTER("records_skipped_total",
             "Records that hold nothing and have neither an event nor a reject: control messages "
             "of CloudWatch Logs, OTLP requests without records."),
     OF_CUSTOMER(records_skipped)},
    {COUNTER("skipped_total",
             "Notification records that are done without an object being read, by reason: ignored "
             "(the customer's only and ignore), folder_marker, other_event (test events, other "
             "events than new objects), repeated (the message names the object twice)."),
     .labels = "customer, reason", .write = write_skipped},
    {COUNTER("pauses_total",
             "Times the customer was paused because its role, bucket or topic refused access."),
     OF_CUSTOMER(paused)},
    {GAUGE("paused", "1: the customer is paused; one object is tried after each delay."),
     OF_STATE(paused)},
    {GAUGE("verified",
           "Only with verify.require_verified. 1: what must be denied for the customer is proved; "
           "0: it is not taken, the log says why."),
     .labels = "customer", .write = write_verified},
    {GAUGE("external_id_checked_timestamp_seconds",
           "When the worker last proved that the customer's role cannot be assumed without its "
           "external id or with a wrong one; absent before the first time."),
     OF_TIME(probed_ms)},
    {GAUGE("outages",
           "Outside parties of the customer that fail now: its role (STS), S3 or its KMS key, its "
           "topics, the renewal of its session. The log names them."),
     OF_STATE(outages)},
    {COUNTER("customer_outages_begun_total",
             "Outages of the customer's outside parties that the log has as begun, also those that "
             "are over: role (STS), s3 (with its KMS key), topic, credentials (the renewal of its "
             "session); from the customer's first object or outage on."),
     .labels = "customer, party", .write = write_customer_outages},
    {GAUGE("silent",
           "1: no notification of the customer for three times the cadence of its entry, as far as "
           "this worker could receive any; always 0 without a cadence."),
     OF_STATE(silent)},
    {GAUGE("far_above",
           "1: the objects that this worker delivered in the last day have more than three times "
           "the bytes of the customer's daily_volume, until it is twice; always 0 without it."),
     OF_STATE(far_above)},
    {GAUGE(
         "reconcile_missing",
         "Only with reconcile.interval: objects that the last comparison of the customer's bucket "
         "with what was delivered found missing; absent before the first one."),
     LEVEL_COMPARED(missing)},
    {GAUGE("reconcile_failing",
           "Only with reconcile.interval. 1: the last comparison could not be made: "
           "reconcile_missing is of an earlier one."),
     LEVEL_COMPARED(not_compared)},
    {GAUGE("reconciled_timestamp_seconds",
           "When the customer's bucket was compared last; absent before the first time."),
     OF_TIME(reconciled_ms)},
    {GAUGE("lanes_busy", "Lanes that process an object of the customer."), .labels = "customer",
     .write = write_busy},
    {GAUGE("messages_in_back_off",
           "Messages that were returned after an error of an object or of the customer, and are "
           "hidden in the queue until their next attempt; those that this process returned."),
     OF_STATE(back_off)},
    {GAUGE("unacked_bytes", "Bytes of the customer's records that wait for acknowledgement."),
     OF_STATE(unacked_bytes)},
    {GAUGE("credentials_expiry_timestamp_seconds",
           "When the session of the customer's role expires; absent before the first object."),
     .labels = "customer", .write = write_expiry},
    {GAUGE("credentials_renewal_failing",
           "1: the last renewal of the session failed; the current session is still valid."),
     OF_STATE(renewal_failing)},
    {.family =
         {METRIC("delivery_lag_seconds"), EXPOSITION_HISTOGRAM,
          "From the arrival of a notification in its queue until Kafka has acknowledged everything "
          "of its objects; from the customer's first delivery on. Not counted where it is not "
          "known, because this host's clock is behind: the log has 'clock differs'. Not of "
          "messages of a backfill."},
     .labels = "customer",
     .write = write_lag},
    {GAUGE("last_own_notification_timestamp_seconds",
           "When a lane last took a notification of an object of the customer, which may still be "
           "ignored or wait; not one of a backfill; absent before the first."),
     OF_TIME(notified_ms)},
    {GAUGE("last_delivery_timestamp_seconds",
           "When a notification was last delivered completely; absent before the first."),
     OF_TIME(delivered_ms)},

    {COUNTER("receives_total",
             "Receives by result: messages, empty, throttled (also SQS's OverLimit: too many in "
             "flight), failed."),
     .labels = "queue, result", .write = write_receives},
    {COUNTER(
         "receives_starved_total",
         "Empty receives although the queue had visible messages when last queried; a steady rise "
         "means that the queue's limit of messages in flight is reached."),
     OF_POLLS(starved)},
    {COUNTER("messages_over_share_total",
             "Messages of a queue of several customers that were returned "
             "because their customer had its share of this worker; received again after a delay."),
     OF_POLLS(over_share)},
    {COUNTER("messages_received_total", "Messages received."), OF_POLLS(messages)},
    {GAUGE("last_notification_timestamp_seconds",
           "When a message was last received from the queue, whatever it is; absent before the "
           "first."),
     .labels = "queue", .write = write_received},
    {COUNTER("messages_damaged_total",
             "Messages dropped because their checksum was wrong; SQS delivers them again."),
     OF_POLLS(damaged)},
    {GAUGE("messages_held",
           "Messages leased by this worker, from the receive to the deletion or return."),
     .labels = "queue", .write = write_held},
    {COUNTER("messages_extended_total", "Messages whose visibility timeout was extended."),
     OF_LEASES(extended)},
    {COUNTER("messages_deleted_total",
             "Messages deleted because everything of their objects is delivered."),
     OF_LEASES(deleted)},
    {COUNTER("messages_returned_total", "Messages returned to the queue, with or without a delay."),
     OF_LEASES(returned)},
    {COUNTER("message_calls_failed_total",
             "Messages whose heartbeat, deletion or return failed; retried while the lease lasts."),
     .labels = "queue, call", .write = write_calls_failed},
    {COUNTER("leases_lost_total", "Messages whose lease was lost while they were in progress."),
     OF_LEASES(lost)},
    {GAUGE("queue_messages",
           "Messages of the queue as SQS reports them every metrics.queue_interval, for all its "
           "consumers: visible, in_flight. Absent while access is denied or SQS does not answer."),
     .labels = "queue, state", .write = write_queue_messages},
    {GAUGE("dead_letters",
           "Messages of the dead-letter queue that the queue's redrive policy names, at each fifth "
           "metrics.queue_interval. Absent without one, and while it cannot be read."),
     .labels = "queue", .write = write_dead_letters},
    {GAUGE(
         "backlog",
         "Work that could start now, by part: visible (messages of the queue, which are not those "
         "in back-off; not those of a queue whose customers are all paused or whose deletions "
         "fail; absent where queue_messages is), inbox (received by this worker, waiting for a "
         "lane), over_share (returned by this worker because their customer had its share)."),
     .labels = "queue, part", .write = write_backlog},
    {GAUGE("backlog_age_seconds",
           "How long the oldest message of backlog has waited, by the messages that were received "
           "last for the first time; 0 without a backlog, absent while not known."),
     .labels = "queue", .write = write_backlog_age},
    {GAUGE("queue_up",
           "1: SQS has answered for this queue, and no receive, heartbeat, deletion or return "
           "fails; 0 also during an outage that the log has."),
     .labels = "queue", .write = write_queue_reached},
    {COUNTER("queue_outages_begun_total",
             "Outages of SQS for this queue that the log has as begun; also those that are over."),
     .labels = "queue", .write = write_queue_outages},
    {GAUGE("queue_polled",
           "0: the queue is not polled, because its deletions and heartbeats fail, all of its "
           "customers are paused, or too many messages are held; the log says which."),
     .labels = "queue", .write = write_queue_polled},

    {GAUGE("worker_credentials_expiry_timestamp_seconds",
           "When the worker's own credentials expire; +Inf: never."),
     .labels = "", .write = write_own_expiry},
    {GAUGE("config_last_reload_successful",
           "1: the files were valid when they were read last; 0: they were refused, and the "
           "configuration before them is used."),
     .labels = "", .write = write_reload},
    {GAUGE("config_last_reload_success_timestamp_seconds",
           "When the configuration in use was applied."),
     .labels = "", .write = write_configured},
    {.family = {"process_start_time_seconds", EXPOSITION_GAUGE, "When the worker started."},
     .labels = "",
     .write = write_started},
    {.family = {"process_cpu_seconds_total", EXPOSITION_COUNTER, "CPU time used."},
     .labels = "",
     .write = write_cpu},
    {.family = {"process_resident_memory_bytes", EXPOSITION_GAUGE, "Memory in use."},
     .labels = "",
     .write = write_resident},
};

const struct metric *metrics_table(size_t *count)
{
    *count = sizeof(table) / sizeof(table[0]);
    return table;
}

void metrics_write(const struct snapshot *s, struct buf *out)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        exposition_family(out, &table[i].family);
        table[i].write(&table[i], s, out);
    }
}

void metrics_reference(struct buf *out)
{
    buf_add(out, SPAN("| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n"));
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct exposition_family *f = &table[i].family;
        buf_addf(out, "| `%s` | %s | %s | %s |\n", f->name, exposition_kind_name(f->kind),
                 table[i].labels[0] != '\0' ? table[i].labels : "-", f->text);
    }
}
