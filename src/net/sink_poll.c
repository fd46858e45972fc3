/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delivery reports are taken in batches (librdkafka's event interface), so that the lock that wakes
 * waiting producers is taken once per batch and not once per record.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "sink_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    POLL_MS = 200,
    LOOK_MS = 500, /* maximum time for which a query of the brokers blocks the thread */
    LOOK_EVERY_MS = 3000,
    LOOK_AGAIN_MS = 1000, /* after the first query without a response */
    AUTH_MS = 30 * 1000,  /* a refusal closes the connection: that is not another outage */
    SCRAM_FIXED_IN = 0x020601ff,
};

/* ---- Errors ---- */

static enum err_kind kind_of(rd_kafka_resp_err_t code)
{
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return FAIL_NONE;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        return FAIL_CONFIG;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
        return FAIL_DENIED;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
        return FAIL_LIMIT;
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR__DESTROY:
        return FAIL_STOPPED;
    default:
        return FAIL_AGAIN;
    }
}

void sink_err(struct err *e, rd_kafka_resp_err_t code, const char *detail)
{
    err_clear(e);
    enum err_kind kind = kind_of(code);
    if (kind != FAIL_NONE) {
        (void)err_set(e, kind, "kafka: %s", detail != NULL ? detail : rd_kafka_err2str(code));
        (void)snprintf(e->code, sizeof(e->code), "%s", rd_kafka_err2name(code));
    }
}

/* ---- Delivery reports ---- */

/* The lowest bit of the tag marks the second attempt. */
static void *second_try(void *tag)
{
    return (char *)tag + 1;
}

static bool is_second_try(const void *opaque)
{
    return ((uintptr_t)opaque & 1) != 0;
}

/* Produce a record again with the current time. True: it stays counted until the second report. */
static bool produced_again(struct sink *s, const rd_kafka_message_t *m)
{
    if (is_second_try(m->_private) || !sink_timestamp_refused(m)) {
        return false;
    }
    rd_kafka_headers_t *headers = NULL;
    if (rd_kafka_message_headers(m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        headers = rd_kafka_headers_copy(headers);
    }
    struct sink_record r = {
        .key = {m->key, m->key_len},
        .value = {m->payload, m->len},
        .tag = second_try(m->_private),
    };
    return sink_hand_over(s, m->rkt, &r, headers) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Brokers refuse a batch as a whole. Its records are reported together in one event. */
struct batch {
    const rd_kafka_message_t **records;
    size_t count;
    size_t total; /* bytes; 0: not computed yet */
    size_t largest;
};

static size_t size_of(const rd_kafka_message_t *m)
{
    return m->key_len + m->len;
}

/* The bytes that sink_produce reserved for the record. */
static uint64_t cost_of(const rd_kafka_message_t *m)
{
    uint64_t n = size_of(m);
    rd_kafka_headers_t *headers = NULL;
    if (rd_kafka_message_headers(m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return n;
    }
    const char *name = NULL;
    const void *value = NULL;
    size_t size = 0;
    for (size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         i++) {
        n += strlen(name) + size + SINK_HEADER_BYTES;
    }
    return n;
}

static void batch_measure(struct batch *b)
{
    if (b->total > 0) {
        return;
    }
    for (size_t i = 0; i < b->count; i++) {
        size_t n = size_of(b->records[i]);
        b->largest = n > b->largest ? n : b->largest;
        b->total += n;
    }
}

/* Find the cause of "too large": this record, another one of the batch, or batch.size. */
static void blame_size(struct batch *b, const rd_kafka_message_t *m, struct err *e)
{
    batch_measure(b);
    if (size_of(m) > b->total / 2) {
        return; /* FAIL_LIMIT */
    }
    if (b->largest > b->total / 2) {
        (void)err_set(e, FAIL_AGAIN, "kafka: refused together with a record that is too large");
        return;
    }
    (void)err_set(e, FAIL_CONFIG,
                  "kafka: the topic takes less than a batch: set the property batch.size below "
                  "its max.message.bytes");
}

static void report_record(struct sink *s, struct batch *b, const rd_kafka_message_t *m)
{
    struct err e = {.kind = FAIL_NONE};
    if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        sink_err(&e, m->err, NULL);
        if (e.kind == FAIL_LIMIT) {
            blame_size(b, m, &e);
        }
        (void)err_wrap(&e, "topic %s", rd_kafka_topic_name(m->rkt));
        if (e.kind == FAIL_STOPPED && !atomic_load(&s->closing)) {
            e.kind = FAIL_AGAIN; /* discarded for another producer, not for the shutdown */
        }
    }
    char *tag = m->_private;
    const struct sink_topic *topic = rd_kafka_topic_opaque(m->rkt);
    s->delivered(&(struct sink_report){.tag = is_second_try(tag) ? tag - 1 : tag,
                                       .bytes = size_of(m),
                                       .topic = topic->name,
                                       .partition = m->partition,
                                       .offset = m->offset,
                                       .err = &e});
}

static void emit_event(struct sink *s, enum sink_event what, const struct err *e)
{
    if (s->event != NULL) {
        s->event(s->context, &(struct sink_news){.what = what,
                                                 .err = e,
                                                 .answered_ms = s->poll.contact.answered_ms});
    }
}

/* A record was acknowledged: so its broker answers. */
static void broker_answers(struct sink *s, const rd_kafka_message_t *m)
{
    struct sink_broker up;
    if (sink_brokers_up(&s->poll.brokers, rd_kafka_message_broker_id(m), &up)) {
        struct err e = {.kind = FAIL_NONE};
        err_copy(e.host, sizeof(e.host), span_str(up.name));
        atomic_store(&s->lost_brokers, s->poll.brokers.count);
        if (s->event != NULL) {
            s->event(s->context, &(struct sink_news){
                                     .what = SINK_BROKER_UP, .err = &e, .since_ms = up.failed_ms});
        }
    }
}

static void came_up(struct sink *s, int64_t now)
{
    sink_contact_answered(&s->poll.contact, now);
    atomic_store(&s->reached, true);
    s->poll.auth_ms = 0;
    s->poll.why[0] = '\0';
    if (s->poll.down) {
        s->poll.down = false;
        emit_event(s, SINK_UP, &(struct err){.kind = FAIL_NONE, .text = "kafka: a broker answers"});
    }
}

/* All reports of an event; valid as long as the event. */
static struct batch batch_of(struct sink *s, rd_kafka_event_t *ev)
{
    size_t n = rd_kafka_event_message_count(ev);
    if (n > s->poll.room) {
        free(s->poll.reports);
        s->poll.reports = mem_zeros(n, sizeof(const rd_kafka_message_t *));
        s->poll.room = n;
    }
    return (struct batch){.records = s->poll.reports,
                          .count = rd_kafka_event_message_array(ev, s->poll.reports, n)};
}

static void take_reports(struct sink *s, rd_kafka_event_t *ev)
{
    struct batch b = batch_of(s, ev);
    uint64_t records = 0;
    uint64_t bytes = 0;
    bool acknowledged = false;
    for (size_t i = 0; i < b.count; i++) {
        const rd_kafka_message_t *m = b.records[i];
        if (produced_again(s, m)) {
            continue;
        }
        report_record(s, &b, m);
        acknowledged = acknowledged || m->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        if (s->poll.brokers.count != 0 && m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            broker_answers(s, m);
        }
        records++;
        bytes += cost_of(m);
    }
    sink_release(s, records, bytes);
    s->poll.contact.report_ms = clock_mono_ms(&clock_system);
    if (acknowledged) {
        came_up(s, s->poll.contact.report_ms);
    }
}

/* ---- Events ---- */

static void went_fatal(struct sink *s)
{
    char text[256];
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(s->producer.handle, text, sizeof(text));
    struct err e;
    sink_err(&e, code, text);
    atomic_store(&s->fatal, true);
    atomic_fetch_add(&s->restarts, 1);
    sink_budget_wake(s->budget);
    emit_event(s, SINK_FATAL, &e);
}

/* since_ms: the first evidence; 0: now. */
static void went_down(struct sink *s, struct err *e, int64_t since_ms)
{
    struct sink_news news = {.what = SINK_DOWN,
                             .err = e,
                             .since_ms = since_ms,
                             .answered_ms = s->poll.contact.answered_ms};
    atomic_store(&s->reached, false);
    s->poll.down = true;
    if (s->poll.auth_ms != 0 && clock_mono_ms(&clock_system) - s->poll.auth_ms < AUTH_MS) {
        return;
    }
    if (s->poll.why[0] != '\0') {
        char was[sizeof(e->text)];
        memcpy(was, e->text, sizeof(was));
        (void)err_set(e, FAIL_AGAIN, "%.190s; the last error of a broker: %s", was, s->poll.why);
    }
    if (s->event != NULL) {
        s->event(s->context, &news);
    }
}

static void auth_refused(struct sink *s, struct err *e)
{
    atomic_store(&s->reached, false);
    s->poll.down = true;
    s->poll.auth_ms = clock_mono_ms(&clock_system);
    e->kind = FAIL_DENIED; /* librdkafka has no such class for a certificate */
    if (s->scram && rd_kafka_version() < SCRAM_FIXED_IN) {
        char was[sizeof(e->text)];
        memcpy(was, e->text, sizeof(was));
        (void)err_set(e, FAIL_DENIED,
                      "%.200s (librdkafka %s: before 2.6.1 SCRAM fails with Kafka 4 also with the "
                      "right password)",
                      was, rd_kafka_version_str());
    }
    emit_event(s, SINK_AUTH, e);
    sink_token_renew(s);
}

/*
 * A broker that refuses the worker's certificate reports it after the handshake (TLS 1.3).
 * librdkafka then has only the code of a broken connection.
 */
static bool is_tls_alert(const char *text)
{
    return text != NULL && strstr(text, "SSL alert number") != NULL;
}

static bool is_unreachable(rd_kafka_resp_err_t code, const char *text)
{
    return code == RD_KAFKA_RESP_ERR__RESOLVE ||
           (code == RD_KAFKA_RESP_ERR__TRANSPORT &&
            (strstr(text, ": Connect to ") != NULL || strstr(text, "setup timed out") != NULL));
}

static void request_failed(struct sink *s, rd_kafka_resp_err_t code, const char *text,
                           struct err *e)
{
    struct sink_broker broker;
    sink_error_text(text, s->poll.why, sizeof(s->poll.why));
    bool named = is_unreachable(code, text) && sink_brokers_parse(text, &broker);
    broker.failed_ms = clock_mono_ms(&clock_system);
    if (named && sink_brokers_down(&s->poll.brokers, &broker)) {
        err_copy(e->host, sizeof(e->host), span_str(broker.name));
        atomic_store(&s->lost_brokers, s->poll.brokers.count);
        emit_event(s, SINK_BROKER_DOWN, e);
    } else if (!named || s->poll.brokers.count == SINK_BROKERS) { /* perhaps one not kept */
        emit_event(s, SINK_TROUBLE, e);
    }
}

/*
 * librdkafka's ALL_BROKERS_DOWN: no connection exists just now. That happens also while one of two
 * brokers is down and the connection to the other one is being set up, so it is only a sign.
 */
static void doubt_brokers(struct sink *s)
{
    if (!s->poll.down) {
        sink_contact_doubted(&s->poll.contact, clock_mono_ms(&clock_system));
    }
}

static void take_error(struct sink *s, rd_kafka_event_t *ev)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(ev);
    const char *text = rd_kafka_event_error_string(ev);
    struct err e;
    sink_err(&e, code, text);

    if (code == RD_KAFKA_RESP_ERR__FATAL || rd_kafka_event_error_is_fatal(ev)) {
        went_fatal(s);
        return;
    }
    if (is_tls_alert(text)) {
        e.kind = FAIL_DENIED;
        auth_refused(s, &e);
        return;
    }
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        doubt_brokers(s);
        break;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__SSL:
        auth_refused(s, &e);
        break;
    default:
        request_failed(s, code, text != NULL ? text : "", &e);
        break;
    }
}

static void take_event(struct sink *s, rd_kafka_event_t *ev)
{
    switch (rd_kafka_event_type(ev)) {
    case RD_KAFKA_EVENT_DR:
        take_reports(s, ev);
        break;
    case RD_KAFKA_EVENT_ERROR:
        take_error(s, ev);
        break;
    case RD_KAFKA_EVENT_STATS:
        sink_statistics_keep(s, rd_kafka_event_stats(ev));
        break;
    default:
        break;
    }
}

/* Have all records reported, sent or not. */
static void give_up_all(struct sink *s)
{
    (void)rd_kafka_purge(s->producer.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

/* The producer will not send its records any more: have them reported, then replace it. */
static void begin_anew(struct sink *s)
{
    if (atomic_load(&s->records) == 0) {
        sink_producer_replace(s);
        return;
    }
    give_up_all(s);
}

/* The second query in a row without a response, or one of those that follow. */
static void brokers_are_silent(struct sink *s, int64_t since, int64_t now)
{
    struct err e;
    char servers[100] = ""; /* a longer list is cut off */
    char quiet[48] = "";
    size_t size = sizeof(servers);
    (void)rd_kafka_conf_get(rd_kafka_conf(s->producer.handle), "bootstrap.servers", servers, &size);
    int64_t quiet_ms = now - s->poll.contact.report_ms;
    if (quiet_ms > SINK_QUIET_MS) {
        (void)snprintf(quiet, sizeof(quiet), ", no record acknowledged for %d s",
                       (int)(quiet_ms / 1000));
    }
    sink_err(&e, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "no broker answers");
    (void)err_set(&e, FAIL_AGAIN, "kafka: no broker answers%s (bootstrap.servers: %s)", quiet,
                  servers);
    went_down(s, &e, since);
}

/*
 * Query the brokers: librdkafka reports when all brokers are unreachable, but without traffic it
 * does not report that one is reachable again, and not for long that they do not answer. Nothing is
 * delivered meanwhile, so this thread may block.
 */
static void look_for_brokers(struct sink *s, int64_t now)
{
    const struct rd_kafka_metadata *md = NULL;
    struct sink_contact *c = &s->poll.contact;
    bool asks = sink_contact_asks(c, atomic_load(&s->records) != 0, now);
    if ((atomic_load(&s->reached) && !asks) || atomic_load(&s->stopped) || now < s->poll.look_ms) {
        return;
    }
    if (rd_kafka_metadata(s->producer.handle, 0, NULL, &md, LOOK_MS) ==
        RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_metadata_destroy(md);
        s->poll.look_ms = now + LOOK_EVERY_MS;
        came_up(s, now);
        return;
    }
    int64_t since = sink_contact_unanswered(c, now);
    s->poll.look_ms = now + (c->unanswered < SINK_UNANSWERED ? LOOK_AGAIN_MS : LOOK_EVERY_MS);
    if (since != 0 || s->poll.down) {
        brokers_are_silent(s, since, now);
    }
}

static bool poll_is_over(struct sink *s)
{
    return atomic_load(&s->closing) && atomic_load(&s->records) == 0;
}

void *sink_poll_main(void *arg)
{
    struct sink *s = arg;
    while (!poll_is_over(s)) {
        int64_t now = clock_mono_ms(&clock_system);
        pulse_set(&s->pulse, PULSE_WORK, now);
        if (atomic_load(&s->closing)) {
            give_up_all(s); /* repeated, since a report may have produced a record again */
        }
        look_for_brokers(s, now);
        rd_kafka_event_t *ev = rd_kafka_queue_poll(s->producer.events, POLL_MS);
        take_event(s, ev);
        rd_kafka_event_destroy(ev);
        if (atomic_load(&s->fatal)) {
            begin_anew(s);
        }
    }
    return NULL;
}
