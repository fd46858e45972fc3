/* SPDX-License-Identifier: Apache-2.0 */
/* Tests with librdkafka's mock brokers: real sockets on loopback, and errors on request. */
#include "testing.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "net/sink.h"
#include "sink_priv.h"

#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { QUEUE_BYTES = 1 << 20, PATIENCE_MS = 20000, API_PRODUCE = 0 };

struct reports {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_int begun; /* calls of on_delivered, also those that wait for the lock */
    int delivered;
    int failed;
    int kinds[FAIL_KINDS]; /* of failed records */
    int order_broken;
    size_t bytes;
    intptr_t last;     /* last tag; tags are even numbers */
    const char *topic; /* of the last one delivered */
    int32_t partition;
    int64_t offset;
    int offset_broken; /* not the next one */
    struct err error;  /* of the last failed record */
    struct err event;  /* of the last event */
    int events[SINK_FATAL + 1];
};

static struct reports reports;

static rd_kafka_t *mock_handle;
static rd_kafka_mock_cluster_t *mock;
static char bootstrap[256];

static void on_delivered(const struct sink_report *r)
{
    const struct err *e = r->err;
    atomic_fetch_add(&reports.begun, 1);
    (void)pthread_mutex_lock(&reports.lock);
    if (e->kind == FAIL_NONE) {
        reports.delivered++;
        reports.bytes += r->bytes;
        reports.topic = r->topic;
        reports.partition = r->partition;
        reports.offset_broken += r->offset != reports.offset + 1;
        reports.offset = r->offset;
    } else {
        reports.failed++;
        reports.kinds[e->kind]++;
        reports.error = *e;
    }
    if ((intptr_t)r->tag < reports.last) {
        reports.order_broken++;
    }
    reports.last = (intptr_t)r->tag;
    (void)pthread_cond_broadcast(&reports.changed);
    (void)pthread_mutex_unlock(&reports.lock);
}

static void on_event(void *context, const struct sink_news *news)
{
    enum sink_event what = news->what;
    const struct err *e = news->err;
    assert_ptr_equal(context, &reports);
    (void)pthread_mutex_lock(&reports.lock);
    reports.events[what]++;
    if (what != SINK_UP) {
        reports.event = *e;
    }
    (void)pthread_cond_broadcast(&reports.changed);
    (void)pthread_mutex_unlock(&reports.lock);
}

/* Wait until *value is at least `want`. */
static bool came_true(const int *value, int want)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    (void)pthread_mutex_lock(&reports.lock);
    int rc = 0;
    while (*value < want && rc == 0) {
        rc = pthread_cond_timedwait(&reports.changed, &reports.lock, &until);
    }
    bool ok = *value >= want;
    (void)pthread_mutex_unlock(&reports.lock);
    return ok;
}

static struct sink_budget *budget;

static struct sink *sink_with(const char *const *more, size_t queue_bytes)
{
    if (budget == NULL) {
        budget = sink_budget_new(queue_bytes);
    }
    const char *properties[8] = {bootstrap, "linger.ms=1", "reconnect.backoff.max.ms=200"};
    for (size_t i = 0; more != NULL && more[i] != NULL; i++) {
        properties[3 + i] = more[i];
    }
    struct sink_config c = {.properties = properties,
                            .budget = budget,
                            .client_id = "test",
                            .delivered = on_delivered,
                            .event = on_event,
                            .context = &reports};
    struct err e = {.kind = FAIL_NONE};
    struct sink *s = sink_new(&c, &e);
    if (s == NULL) {
        print_error("%s\n", e.text);
    }
    assert_non_null(s);
    return s;
}

static struct sink_record record_of(struct sink *s, const char *topic, struct span value,
                                    intptr_t tag)
{
    return (struct sink_record){
        .topic = sink_topic(s, topic), .key = SPAN("acme"), .value = value, .tag = (void *)tag};
}

static void produce(struct sink *s, const char *topic, struct span value, intptr_t tag)
{
    struct err e = {.kind = FAIL_NONE};
    struct sink_record r = record_of(s, topic, value, tag);
    assert_int_equal(sink_produce(s, &r, &e), FAIL_NONE);
}

static int set_up(void **state UNUSED)
{
    char text[256];
    memset(&reports, 0, sizeof(reports));
    reports.offset = -1;
    (void)pthread_mutex_init(&reports.lock, NULL);
    (void)pthread_cond_init(&reports.changed, NULL);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "log_level", "0", text, sizeof(text));
    mock_handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
    mock = rd_kafka_mock_cluster_new(mock_handle, 1);
    (void)snprintf(bootstrap, sizeof(bootstrap), "bootstrap.servers=%s",
                   rd_kafka_mock_cluster_bootstraps(mock));
    (void)rd_kafka_mock_topic_create(mock, "events", 4, 1);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    rd_kafka_mock_cluster_destroy(mock);
    rd_kafka_destroy(mock_handle);
    sink_budget_free(budget);
    budget = NULL;
    return 0;
}

/* ---- Configuration ---- */

static void refuses_a_property_that_contradicts_the_promise(void **state UNUSED)
{
    static const char *const bad[] = {
        "acks=1",
        "request.required.acks=0",
        " enable.idempotence = false",
        "message.timeout.ms=300000",
        "delivery.timeout.ms=1",
        "delivery.report.only.error=true",
        "queuing.strategy=lifo",
        "queue.buffering.max.kbytes=1024",
        "transactional.id=x",
        "no.such.property=secret",
        "compression.type=secret",
        "acks",
        "=1",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *properties[] = {bad[i], NULL};
        struct sink_config c = {.properties = properties, .delivered = on_delivered};
        struct err e = {.kind = FAIL_NONE};
        assert_null(sink_new(&c, &e));
        assert_int_equal(e.kind, FAIL_CONFIG);
        assert_null(strstr(e.text, "secret"));
    }
}

static void takes_the_same_property_said_otherwise(void **state UNUSED)
{
    static const char *const good[] = {"acks = -1", "acks=all", "enable.idempotence=true",
                                       "message.timeout.ms=0", NULL};
    sink_free(sink_with(good, QUEUE_BYTES));
}

/* ---- Delivery ---- */

/* A consumer of the topic from its beginning. The caller closes and destroys it. */
static rd_kafka_t *consumer_of(const char *topic)
{
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", strchr(bootstrap, '=') + 1, text,
                            sizeof(text));
    (void)rd_kafka_conf_set(conf, "group.id", "test", text, sizeof(text));
    rd_kafka_t *c = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
    (void)rd_kafka_poll_set_consumer(c);
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(4);
    for (int32_t i = 0; i < 4; i++) {
        rd_kafka_topic_partition_list_add(all, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    (void)rd_kafka_assign(c, all);
    rd_kafka_topic_partition_list_destroy(all);
    return c;
}

/* Read the values and headers of the topic's only partition with records, in order. */
static int count_in_order(const char *topic, int want)
{
    char text[256];
    rd_kafka_t *c = consumer_of(topic);

    int n = 0;
    while (n < want) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(c, PATIENCE_MS);
        if (m == NULL || m->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            break;
        }
        (void)snprintf(text, sizeof(text), "{\"n\":%d}", n);
        assert_span_equal(span_of(m->key, m->key_len), SPAN("acme"));
        assert_span_equal(span_of(m->payload, m->len), span_str(text));
        rd_kafka_headers_t *headers = NULL;
        const void *value = NULL;
        size_t size = 0;
        assert_int_equal(rd_kafka_message_headers(m, &headers), RD_KAFKA_RESP_ERR_NO_ERROR);
        assert_int_equal(rd_kafka_header_get_last(headers, "ce_id", &value, &size),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
        assert_span_equal(span_of(value, size), SPAN("x"));
        assert_int_equal(rd_kafka_message_timestamp(m, NULL), 1000 + n);
        rd_kafka_message_destroy(m);
        n++;
    }
    (void)rd_kafka_consumer_close(c);
    rd_kafka_destroy(c);
    return n;
}

static void delivers_each_record_in_order_and_reports_it_once(void **state UNUSED)
{
    enum { COUNT = 3000 };
    OWNED(sink) struct sink *s = sink_with(NULL, QUEUE_BYTES);
    static const struct sink_header header = {"ce_id", {"x", 1}};
    for (int i = 0; i < COUNT; i++) {
        char value[32];
        (void)snprintf(value, sizeof(value), "{\"n\":%d}", i);
        struct sink_record r = record_of(s, "events", span_str(value), 2 * i);
        r.headers = &header;
        r.header_count = 1;
        r.timestamp_ms = 1000 + i;
        struct err e = {.kind = FAIL_NONE};
        assert_int_equal(sink_produce(s, &r, &e), FAIL_NONE);
    }
    assert_true(sink_flush(s, PATIENCE_MS));
    assert_int_equal(reports.delivered, COUNT);
    assert_int_equal(reports.failed, 0);
    assert_int_equal(reports.order_broken, 0);
    assert_string_equal(reports.topic, "events");
    assert_in_range(reports.partition, 0, 3);
    assert_int_equal(reports.offset, COUNT - 1);
    assert_int_equal(reports.offset_broken, 0);

    uint64_t records = 1;
    uint64_t bytes = 1;
    sink_depth(s, &records, &bytes);
    assert_int_equal(records, 0);
    assert_int_equal(bytes, 0);
    assert_int_equal(count_in_order("events", COUNT), COUNT);
}

static void tries_again_what_may_succeed(void **state UNUSED)
{
    rd_kafka_mock_push_request_errors(mock, API_PRODUCE, 4, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                                      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    OWNED(sink) struct sink *s = sink_with(NULL, QUEUE_BYTES);
    produce(s, "events", SPAN("{}"), 2);
    assert_true(sink_flush(s, PATIENCE_MS));
    assert_int_equal(reports.delivered, 1);
}

static void says_what_the_brokers_refuse(void **state UNUSED)
{
    static const struct {
        rd_kafka_resp_err_t answer;
        enum err_kind want;
        const char *code;
        const char *topic; /* librdkafka caches errors of a topic for some time */
        size_t attempts;
    } cases[] = {
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, FAIL_DENIED, "TOPIC_AUTHORIZATION_FAILED",
         "one", 1},
        {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, FAIL_LIMIT, "MSG_SIZE_TOO_LARGE", "two", 1},
        {RD_KAFKA_RESP_ERR_INVALID_RECORD, FAIL_AGAIN, "INVALID_RECORD", "three", 2},
    };
    OWNED(sink) struct sink *s = sink_with(NULL, QUEUE_BYTES);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rd_kafka_mock_push_request_errors(mock, API_PRODUCE, cases[i].attempts, cases[i].answer,
                                          cases[i].answer);
        produce(s, cases[i].topic, SPAN("{}"), 2);
        assert_true(sink_flush(s, PATIENCE_MS));
        assert_int_equal(reports.failed, (int)i + 1);
        assert_int_equal(reports.error.kind, cases[i].want);
        assert_string_equal(reports.error.code, cases[i].code);
        assert_non_null(strstr(reports.error.text, cases[i].topic));
    }
    assert_int_equal(reports.delivered, 0);
}

/*
 * Produce a batch of `small` records of 100 bytes, and optionally a large one; it is refused
 * because of its size.
 */
static void refuse_batch(int small, bool large)
{
    static const char text[500000];
    (void)rd_kafka_mock_broker_set_down(mock, 1);
    OWNED(sink) struct sink *s = sink_with(NULL, QUEUE_BYTES);
    for (int i = 0; i < small; i++) {
        produce(s, "events", span_of(text, 100), 2 * (i + 1));
    }
    if (large) {
        size_t n = 150 * (size_t)small; /* more than half of the batch */
        produce(s, "events", span_of(text, n), 2 * (small + 1));
    }
    rd_kafka_mock_push_request_errors(mock, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    (void)rd_kafka_mock_broker_set_up(mock, 1);
    assert_true(sink_flush(s, PATIENCE_MS));
    assert_int_equal(reports.failed, small + large);
}

static void a_broker_that_is_unreachable_is_named_until_it_acknowledges(void **state UNUSED)
{
    OWNED(sink) struct sink *s = sink_with(NULL, QUEUE_BYTES);
    produce(s, "events", SPAN("1"), 2);
    assert_true(sink_flush(s, PATIENCE_MS)); /* its id is known now */
    (void)rd_kafka_mock_broker_set_down(mock, 1);
    produce(s, "events", SPAN("2"), 4);
    assert_true(came_true(&reports.events[SINK_BROKER_DOWN], 1));
    assert_int_equal(reports.events[SINK_BROKER_UP], 0);
    assert_int_equal(sink_lost_brokers(s), 1);
    (void)rd_kafka_mock_broker_set_up(mock, 1);
    assert_true(sink_flush(s, PATIENCE_MS));
    assert_true(came_true(&reports.events[SINK_BROKER_UP], 1));
    assert_int_equal(reports.events[SINK_BROKER_DOWN], 1);
    assert_int_equal(sink_lost_brokers(s), 0);
}

static void a_batch_above_the_topics_size_is_not_a_records_fault(void **state UNUSED)
{
    refuse_batch(20, false);
    assert_int_equal(reports.kinds[FAIL_CONFIG], 20);
    assert_non_null(strstr(reports.error.text, "batch.size"));
}

static void only_the_large_record_of_a_refused_batch_is_to_blame(void **state UNUSED)
{
    refuse_batch(20, true);
    assert_int_equal(reports.kinds[FAIL_LIMIT], 1);
    assert_int_equal(reports.kinds[FAIL_AGAIN], 20);
}

static void a_batch_of_thousands_has_one_record_to_blame(void **state UNUSED)
{
    refuse_batch(3000, true);
    assert_int_equal(reports.kinds[FAIL_LIMIT], 1);
    assert_int_equal(reports.kinds[FAIL_AGAIN], 3000);
    assert_int_equal(reports.kinds[FAIL_CONFIG], 0); /* which would pause a customer */
}

static void answers_an_invalid_timestamp_once(void **state UNUSED)
{
    /* The second: as librdkafka 2.4 and later names it when the broker lists the records. */
    static const rd_kafka_resp_err_t answers[] = {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,
                                                  RD_KAFKA_RESP_ERR_INVALID_RECORD};
    OWNED(sink) struct sink *s = sink_with(NULL, QUEUE_BYTES);
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        rd_kafka_mock_push_request_errors(mock, API_PRODUCE, 1, answers[i]);
        produce(s, "events", SPAN("{}"), 2);
        assert_true(sink_flush(s, PATIENCE_MS));
        assert_int_equal(reports.delivered, (int)i + 1);
        assert_int_equal(reports.failed, (int)i);

        rd_kafka_mock_push_request_errors(mock, API_PRODUCE, 2, answers[i], answers[i]);
        produce(s, "events", SPAN("{}"), 4);
        assert_true(sink_flush(s, PATIENCE_MS));
        assert_int_equal(reports.failed, (int)i + 1);
        assert_int_equal(reports.last, 4);
    }
}

/* The timestamps of the topic's records, which are in one partition. */
static void read_timestamps(const char *topic, int64_t *timestamps, int want)
{
    rd_kafka_t *c = consumer_of(topic);
    for (int n = 0; n < want; n++) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(c, PATIENCE_MS);
        assert_non_null(m);
        assert_int_equal(m->err, RD_KAFKA_RESP_ERR_NO_ERROR);
        timestamps[n] = rd_kafka_message_timestamp(m, NULL);
        rd_kafka_message_destroy(m);
    }
    (void)rd_kafka_consumer_close(c);
    rd_kafka_destroy(c);
}

static void what_is_older_than_a_refusal_has_the_current_time_at_once(void **state UNUSED)
{
    int64_t before = clock_wall_ms(&clock_system);
    int64_t later = before + 3600 * 1000;
    const int64_t given[] = {5000, 4000, before, later};
    OWNED(sink) struct sink *s = sink_with(NULL, QUEUE_BYTES);
    rd_kafka_mock_push_request_errors(mock, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP);
    for (int i = 0; i < 4; i++) {
        struct sink_record r = record_of(s, "events", SPAN("{}"), 2 * (i + 1));
        r.timestamp_ms = given[i];
        struct err e = {.kind = FAIL_NONE};
        assert_int_equal(sink_produce(s, &r, &e), FAIL_NONE);
        assert_true(sink_flush(s, PATIENCE_MS));
    }
    assert_int_equal(reports.delivered, 4);
    int64_t found[4];
    read_timestamps("events", found, 4);
    assert_true(found[0] > before && found[1] > before && found[2] > before);
    assert_true(found[0] < later && found[1] < later && found[2] < later);
    assert_int_equal(found[3], later);
}

static void *free_sink(void *sink)
{
    sink_free(sink);
    return NULL;
}

/* Look again and again, at most for PATIENCE_MS. */
#define WAIT_FOR(condition)                                                                        \
    do {                                                                                           \
        for (int i_ = 0; i_ < PATIENCE_MS && !(condition); i_++) {                                 \
            (void)nanosleep(&(struct timespec){.tv_nsec = 1000000L}, NULL);                        \
        }                                                                                          \
        assert_true(condition);                                                                    \
    } while (0)

/* The report is pending when the sink is freed, and the broker is unreachable. */
static void what_is_tried_again_at_the_end_does_not_hold_it_up(void **state UNUSED)
{
    struct sink *s = sink_with(NULL, QUEUE_BYTES);
    pthread_t thread;
    (void)pthread_mutex_lock(&reports.lock); /* the poll thread waits in the first report */
    produce(s, "events", SPAN("{}"), 2);
    WAIT_FOR(atomic_load(&reports.begun) == 1);
    rd_kafka_mock_push_request_errors(mock, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP);
    produce(s, "events", SPAN("{}"), 4);
    WAIT_FOR(rd_kafka_queue_length(s->producer.events) != 0);
    (void)rd_kafka_mock_broker_set_down(mock, 1);
    assert_int_equal(pthread_create(&thread, NULL, free_sink, s), 0);
    WAIT_FOR(atomic_load(&s->closing)); /* not freed: the poll thread still waits */
    (void)pthread_mutex_unlock(&reports.lock);
    assert_true(came_true(&reports.failed, 1));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(reports.delivered, 1);
    assert_int_equal(reports.error.kind, FAIL_STOPPED);
}

static void many_topics_are_asked_for_at_once(void **state UNUSED)
{
    enum { MANY = 1200 };
    static char names[MANY][16];
    static struct sink_topic_answer list[MANY];
    rd_kafka_mock_topic_set_error(mock, "t-7", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    OWNED(sink) struct sink *s = sink_with(NULL, QUEUE_BYTES);
    struct err e = {.kind = FAIL_NONE};
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "t-%d", i);
        list[i].name = names[i];
    }
    assert_int_equal(sink_topics_ask(s, list, MANY, PATIENCE_MS, 0, &e), FAIL_NONE);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(sink_topic_answer_err(&list[i], &e), i == 7 ? FAIL_CONFIG : FAIL_NONE);
    }
    assert_non_null(strstr(e.text, "topic t-7: "));
    assert_ptr_equal(sink_topic(s, "t-8"), sink_topic(s, "t-8"));
    (void)rd_kafka_mock_broker_set_down(mock, 1);
    assert_int_equal(sink_topics_ask(s, list, 2, 200, 0, &e), FAIL_AGAIN);
}

/*
 * librdkafka waits topic.metadata.propagation.max.ms for a topic that may have just been created.
 * Before that it accepts a record and reports it later, after that it accepts none.
 */
static void an_unknown_topic_is_a_fault_of_the_configuration(void **state UNUSED)
{
    static const char *const quick[] = {"topic.metadata.propagation.max.ms=100", NULL};
    rd_kafka_mock_topic_set_error(mock, "nowhere", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    OWNED(sink) struct sink *s = sink_with(quick, QUEUE_BYTES);
    struct err e = {.kind = FAIL_NONE};
    assert_int_equal(sink_topic_check(s, "nowhere", PATIENCE_MS, &e), FAIL_CONFIG);
    assert_int_equal(sink_topic_check(s, "events", PATIENCE_MS, &e), FAIL_NONE);
    struct sink_record r = record_of(s, "nowhere", SPAN("{}"), 2);
    if (sink_produce(s, &r, &e) == FAIL_NONE) { /* its time was not over yet */
        assert_true(came_true(&reports.failed, 1));
        assert_int_equal(reports.error.kind, FAIL_CONFIG);
    }
    assert_int_equal(sink_produce(s, &r, &e), FAIL_CONFIG);
}

/* ---- A full queue ---- */

enum { SMALL_QUEUE = 1000, VALUE_BYTES = 100 - (sizeof("acme") - 1) };

struct filler {
    struct sink *sink;
    int count;
    int taken;
    enum err_kind ended;
    struct pulse *pulse;
};

static void *fill(void *arg)
{
    struct filler *f = arg;
    char value[VALUE_BYTES];
    memset(value, 'v', sizeof(value));
    struct err e = {.kind = FAIL_NONE};
    while (f->ended == FAIL_NONE && f->taken < f->count) {
        struct sink_record r =
            record_of(f->sink, "events", span_of(value, sizeof(value)), 2 * (f->taken + 1));
        r.pulse = f->pulse;
        f->ended = sink_produce(f->sink, &r, &e);
        f->taken += f->ended == FAIL_NONE;
    }
    return NULL;
}

static void wait_until_a_producer_waits(void)
{
    while (sink_budget_waiting(budget) == 0) {
        (void)sched_yield();
    }
}

static void counts_headers_too(void **state UNUSED)
{
    (void)rd_kafka_mock_broker_set_down(mock, 1);
    OWNED(sink) struct sink *s = sink_with(NULL, QUEUE_BYTES);
    static const struct sink_header headers[] = {{"ce_id", {"12345", 5}}, {"ce_source", {"", 0}}};
    struct sink_record r = record_of(s, "events", SPAN("{}"), 2);
    r.headers = headers;
    r.header_count = 2;
    struct err e = {.kind = FAIL_NONE};
    assert_int_equal(sink_produce(s, &r, &e), FAIL_NONE);
    uint64_t records = 0;
    uint64_t bytes = 0;
    sink_depth(s, &records, &bytes);
    assert_int_equal(bytes, 4 + 2 + 5 + 5 + 9 + 2 * SINK_HEADER_BYTES);

    (void)rd_kafka_mock_broker_set_up(mock, 1);
    assert_true(sink_flush(s, PATIENCE_MS));
    sink_depth(s, &records, &bytes);
    assert_int_equal(records, 0);
    assert_int_equal(bytes, 0);
}

static void keeps_the_last_statistics_and_no_long_ones(void **state UNUSED)
{
    static const char *const often[] = {"statistics.interval.ms=20", NULL};
    static const char *const never[] = {"statistics.interval.ms=0", NULL};
    struct buf out = BUF_INIT(SINK_STATISTICS_BYTES);
    OWNED(sink) struct sink *s = sink_with(often, QUEUE_BYTES);
    struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
    for (int i = 0; i < PATIENCE_MS / 10 && !sink_statistics(s, &out); i++) {
        (void)nanosleep(&moment, NULL);
    }
    assert_true(span_starts(buf_span(&out), SPAN("{")));
    assert_non_null(memmem(out.p, out.n, "\"producer\"", 10));

    OWNED(sink) struct sink *quiet = sink_with(never, QUEUE_BYTES);
    char *longer = mem_zeros(1, SINK_STATISTICS_BYTES + 2);
    memset(longer, 'x', SINK_STATISTICS_BYTES + 1);
    buf_clear(&out);
    assert_false(sink_statistics(quiet, &out));
    sink_statistics_keep(quiet, "{\"a\":1}");
    sink_statistics_keep(quiet, "{}");
    assert_true(sink_statistics(quiet, &out));
    assert_span_equal(buf_span(&out), SPAN("{}"));
    buf_clear(&out);
    sink_statistics_keep(quiet, longer);
    assert_true(sink_statistics(quiet, &out));
    assert_span_equal(buf_span(&out), SPAN("{\"omitted_bytes\":393217}"));
    free(longer);
    buf_done(&out);
}

static void holds_no_more_than_the_queue_and_goes_on_with_the_reports(void **state UNUSED)
{
    (void)rd_kafka_mock_broker_set_down(mock, 1);
    OWNED(sink) struct sink *s = sink_with(NULL, SMALL_QUEUE);
    struct filler f = {.sink = s, .count = 500};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fill, &f), 0);
    wait_until_a_producer_waits();
    uint64_t records = 0;
    uint64_t bytes = 0;
    sink_depth(s, &records, &bytes);
    assert_int_equal(records, 10);
    assert_int_equal(bytes, SMALL_QUEUE);

    (void)rd_kafka_mock_broker_set_up(mock, 1);
    (void)pthread_join(thread, NULL);
    assert_true(sink_flush(s, PATIENCE_MS));
    assert_int_equal(f.taken, 500);
    assert_int_equal(reports.delivered, 500);
    assert_int_equal(reports.bytes, 500 * 100);
    assert_int_equal(reports.order_broken, 0);
}

static void stop_ends_the_wait_of_a_producer_and_free_reports_the_rest(void **state UNUSED)
{
    (void)rd_kafka_mock_broker_set_down(mock, 1);
    struct sink *s = sink_with(NULL, SMALL_QUEUE);
    struct filler f = {.sink = s, .count = 500};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fill, &f), 0);
    wait_until_a_producer_waits();
    sink_stop(s);
    (void)pthread_join(thread, NULL);
    assert_int_equal(f.ended, FAIL_STOPPED);
    assert_int_equal(f.taken, 10);
    assert_int_equal(reports.delivered + reports.failed, 0);

    assert_false(sink_flush(s, 50));
    sink_free(s);
    assert_int_equal(reports.failed, 10);
    assert_int_equal(reports.error.kind, FAIL_STOPPED);
}

static void many_producers_share_a_small_queue(void **state UNUSED)
{
    enum { THREADS = 4 };
    OWNED(sink) struct sink *s = sink_with(NULL, SMALL_QUEUE);
    struct filler f[THREADS];
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++) {
        f[i] = (struct filler){.sink = s, .count = 400};
        assert_int_equal(pthread_create(&thread[i], NULL, fill, &f[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(thread[i], NULL);
        assert_int_equal(f[i].taken, 400);
    }
    assert_true(sink_flush(s, PATIENCE_MS));
    assert_int_equal(reports.delivered, THREADS * 400);
}

/* A second producer is another sink with the same budget. */
static void two_producers_share_one_budget_and_are_stopped_apart(void **state UNUSED)
{
    (void)rd_kafka_mock_broker_set_down(mock, 1);
    struct sink *a = sink_with(NULL, SMALL_QUEUE);
    struct sink *b = sink_with(NULL, SMALL_QUEUE);
    struct filler of_a = {.sink = a, .count = 10};
    struct filler of_b = {.sink = b, .count = 500};
    pthread_t thread;
    (void)fill(&of_a);
    assert_int_equal(of_a.taken, 10); /* the whole budget */
    assert_int_equal(pthread_create(&thread, NULL, fill, &of_b), 0);
    wait_until_a_producer_waits();
    assert_int_equal(of_b.taken, 0);
    sink_stop(a);
    assert_int_equal(sink_budget_waiting(budget), 1);
    sink_free(a); /* drops its records: the other one goes on */
    while (sink_budget_waiting(budget) == 0 || sink_budget_used(budget) < SMALL_QUEUE) {
        (void)sched_yield();
    }
    sink_stop(b);
    (void)pthread_join(thread, NULL);
    assert_int_equal(of_b.taken, 10);
    assert_int_equal(of_b.ended, FAIL_STOPPED);
    sink_free(b);
    assert_int_equal(reports.failed, 20);
    assert_int_equal(sink_budget_used(budget), 0);
}

static void keeps_a_partition_busy_with_two_batches(void **state UNUSED)
{
    OWNED(sink) struct sink *s = sink_with((const char *[]){"batch.size=1000", NULL}, SMALL_QUEUE);
    assert_int_equal(sink_partition_bytes(s), 2000);
}

static void a_record_above_the_queue_goes_alone_and_one_above_the_limit_not(void **state UNUSED)
{
    OWNED(sink) struct sink *s = sink_with(NULL, SMALL_QUEUE);
    size_t n = sink_max_bytes(s);
    char *big = calloc(1, n + 1);
    assert_non_null(big);
    produce(s, "events", span_of(big, n - 4), 2);
    struct err e = {.kind = FAIL_NONE};
    struct sink_record r = record_of(s, "events", span_of(big, n - 3), 4);
    assert_int_equal(sink_produce(s, &r, &e), FAIL_LIMIT);
    assert_true(sink_flush(s, PATIENCE_MS));
    assert_int_equal(reports.delivered, 1);
    free(big);
}

/* ---- The connection ---- */

static void reports_once_that_the_brokers_are_unreachable_and_that_they_answer(void **state UNUSED)
{
    (void)rd_kafka_mock_broker_set_down(mock, 1);
    OWNED(sink) struct sink *s = sink_with(NULL, QUEUE_BYTES);
    produce(s, "events", SPAN("{}"), 2);
    assert_true(came_true(&reports.events[SINK_DOWN], 1));
    assert_int_equal(reports.event.kind, FAIL_AGAIN);
    (void)rd_kafka_mock_broker_set_up(mock, 1);
    assert_true(came_true(&reports.events[SINK_UP], 1));
    assert_true(reports.events[SINK_DOWN] >= 1);
    assert_int_equal(reports.events[SINK_UP], 1);
    assert_true(came_true(&reports.delivered, 1)); /* a query may be answered before */
}

static bool reached_becomes(const struct sink *s, bool want)
{
    for (int i = 0; i < PATIENCE_MS / 10 && sink_reached(s) != want; i++) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000L}, NULL);
    }
    return sink_reached(s) == want;
}

static void knows_without_any_record_whether_the_brokers_answer(void **state UNUSED)
{
    (void)rd_kafka_mock_broker_set_down(mock, 1);
    OWNED(sink) struct sink *s = sink_with(NULL, QUEUE_BYTES);
    assert_true(came_true(&reports.events[SINK_DOWN], 1));
    assert_false(sink_reached(s));
    (void)rd_kafka_mock_broker_set_up(mock, 1);
    assert_true(reached_becomes(s, true));
    (void)rd_kafka_mock_broker_set_down(mock, 1);
    assert_true(reached_becomes(s, false));
    (void)rd_kafka_mock_broker_set_up(mock, 1);
    assert_true(reached_becomes(s, true));
    assert_int_equal(sink_restarts(s), 0);
}

static void a_producer_that_waits_for_room_says_so(void **state UNUSED)
{
    (void)rd_kafka_mock_broker_set_down(mock, 1);
    OWNED(sink) struct sink *s = sink_with(NULL, SMALL_QUEUE);
    struct pulse pulse = {0};
    pulse_set(&pulse, PULSE_WORK, 0);
    struct filler f = {.sink = s, .count = 500, .pulse = &pulse};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fill, &f), 0);
    wait_until_a_producer_waits();
    assert_int_equal(pulse_state(&pulse), PULSE_WAIT);
    (void)rd_kafka_mock_broker_set_up(mock, 1);
    (void)pthread_join(thread, NULL);
    assert_int_equal(pulse_state(&pulse), PULSE_WORK);
    assert_true(atomic_load(&pulse.moved_ms) > 0);
    assert_true(sink_flush(s, PATIENCE_MS));
}

static void a_fatal_error_reports_everything_and_a_new_producer_goes_on(void **state UNUSED)
{
    (void)rd_kafka_mock_broker_set_down(mock, 1);
    OWNED(sink) struct sink *s = sink_with(NULL, SMALL_QUEUE);
    struct filler f = {.sink = s, .count = 500};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fill, &f), 0);
    wait_until_a_producer_waits();
    (void)rd_kafka_test_fatal_error(s->producer.handle,
                                    RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "as if");
    (void)pthread_join(thread, NULL);
    assert_int_equal(f.ended, FAIL_AGAIN);
    assert_true(came_true(&reports.events[SINK_FATAL], 1));
    assert_true(came_true(&reports.failed, 10));
    assert_int_equal(reports.error.kind, FAIL_AGAIN);

    (void)rd_kafka_mock_broker_set_up(mock, 1);
    struct sink_topic *events = sink_topic(s, "events");
    struct sink_record r = {.topic = events, .key = SPAN("acme"), .value = SPAN("{}")};
    struct err e = {.kind = FAIL_NONE};
    while (sink_produce(s, &r, &e) == FAIL_AGAIN) {
        (void)sched_yield();
    }
    assert_true(sink_flush(s, PATIENCE_MS));
    assert_int_equal(reports.delivered, 1);
    assert_int_equal(reports.failed, 10);
    assert_ptr_equal(sink_topic(s, "events"), events);
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREADS_UNSEEN
#endif
#endif

int main(void)
{
#ifdef THREADS_UNSEEN
    return 0; /* librdkafka starts threads with thrd_create, which ThreadSanitizer does not support
               */
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses_a_property_that_contradicts_the_promise, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(takes_the_same_property_said_otherwise, set_up, tear_down),
        cmocka_unit_test_setup_teardown(delivers_each_record_in_order_and_reports_it_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(tries_again_what_may_succeed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_what_the_brokers_refuse, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_broker_that_is_unreachable_is_named_until_it_acknowledges,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_above_the_topics_size_is_not_a_records_fault,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_the_large_record_of_a_refused_batch_is_to_blame,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_of_thousands_has_one_record_to_blame, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(answers_an_invalid_timestamp_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_older_than_a_refusal_has_the_current_time_at_once,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_tried_again_at_the_end_does_not_hold_it_up, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_topic_is_a_fault_of_the_configuration, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(many_topics_are_asked_for_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_headers_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(holds_no_more_than_the_queue_and_goes_on_with_the_reports,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(stop_ends_the_wait_of_a_producer_and_free_reports_the_rest,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_producers_share_a_small_queue, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_producers_share_one_budget_and_are_stopped_apart,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_a_partition_busy_with_two_batches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_record_above_the_queue_goes_alone_and_one_above_the_limit_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            reports_once_that_the_brokers_are_unreachable_and_that_they_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(knows_without_any_record_whether_the_brokers_answer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(keeps_the_last_statistics_and_no_long_ones, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_producer_that_waits_for_room_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_fatal_error_reports_everything_and_a_new_producer_goes_on,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
