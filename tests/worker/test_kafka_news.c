/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "fakes/captured_log.h"
#include "net/sink_budget.h"
#include "worker_priv.h"

static struct worker w;

static void setup(void)
{
    captured_log_begin(LOG_INFO);
    memset(&w, 0, sizeof(w));
    w.budget = sink_budget_new(1000);
    outage_init(&w.kafka_outage, OUTAGE_KAFKA, NULL, NULL);
}

static void teardown(void)
{
    sink_budget_free(w.budget);
    outage_done(&w.kafka_outage);
    captured_log_end();
}

static void news(enum sink_event what, enum err_kind kind, const char *text)
{
    struct err e = {.kind = kind, .host = "broker1:9092"};
    err_copy(e.text, sizeof(e.text), span_str(text));
    worker_kafka_news(&w, &(struct sink_news){.what = what, .err = &e});
}

static void assert_line(const char *with, const char *also)
{
    const char *line = captured_log_line(with);
    if (line == NULL || strstr(line, also) == NULL) {
        print_error("[%s] is not in [%s]\n", also, line != NULL ? line : "");
    }
    assert_true(line != NULL && strstr(line, also) != NULL);
}

static void an_outage_of_all_brokers_begins_and_ends(void **state UNUSED)
{
    setup();
    news(SINK_DOWN, FAIL_AGAIN, "no broker answers");
    assert_line("outage=begins",
                "level=error msg=\"kafka unreachable\" outage=begins "
                "unacked_bytes=0 waiting_customers=0 waiting_objects=0 error=again");
    assert_true(outage_is_open(&w.kafka_outage));
    news(SINK_UP, FAIL_NONE, "");
    assert_line("outage=over", "level=info msg=\"kafka connected\"");
    assert_false(outage_is_open(&w.kafka_outage));
    teardown();
}

static void refused_credentials_and_other_errors_of_all_brokers_are_outages(void **state UNUSED)
{
    setup();
    news(SINK_AUTH, FAIL_DENIED, "wrong password");
    assert_line("outage=begins", "level=error msg=\"kafka authentication failed\"");
    assert_line("outage=begins", "correct the credentials");
    news(SINK_DOWN, FAIL_CONFIG, "no such mechanism");
    assert_line("outage=changes", "level=error msg=\"kafka requests fail\"");
    teardown();
}

/* In an outage it is the cause of the next line of the outage. */
static void a_failed_request_is_a_line_unless_there_is_an_outage(void **state UNUSED)
{
    setup();
    news(SINK_TROUBLE, FAIL_AGAIN, "request timed out");
    assert_line("msg=\"kafka request failed\"", "level=warn");
    assert_line("msg=\"kafka request failed\"", "detail=\"request timed out\" next=");
    news(SINK_DOWN, FAIL_AGAIN, "no broker answers");
    news(SINK_TROUBLE, FAIL_AGAIN, "connection refused");
    assert_int_equal(captured_log_count("kafka request failed"), 1);
    teardown();
}

static void a_connection_that_ends_is_no_request_that_failed(void **state UNUSED)
{
    struct err e = {.kind = FAIL_AGAIN, .code = "_TRANSPORT", .text = "b:1/1: Disconnected"};
    setup();
    worker_kafka_news(&w, &(struct sink_news){.what = SINK_TROUBLE, .err = &e});
    assert_line("msg=\"kafka connection lost\"", "level=warn");
    assert_int_equal(captured_log_count("kafka request failed"), 0);
    teardown();
}

static void one_broker_is_named_when_it_fails_and_when_it_answers(void **state UNUSED)
{
    setup();
    news(SINK_BROKER_DOWN, FAIL_AGAIN, "connection refused");
    assert_line(
        "msg=\"kafka broker unreachable\"",
        "level=warn msg=\"kafka broker unreachable\" broker=broker1:9092 error=again detail=");
    struct err e = {.host = "broker1:9092"};
    worker_kafka_news(&w, &(struct sink_news){.what = SINK_BROKER_UP,
                                              .err = &e,
                                              .since_ms = clock_mono_ms(&clock_system) + 1});
    assert_line("msg=\"kafka broker connected\"",
                "level=info msg=\"kafka broker connected\" broker=broker1:9092 last_failure_s=0");
    assert_int_equal(captured_log_count("outage="), 0);
    teardown();
}

static void a_fatal_error_of_the_producer_is_an_error(void **state UNUSED)
{
    setup();
    news(SINK_FATAL, FAIL_AGAIN, "out of order sequence");
    assert_line("msg=\"kafka producer failed\"", "level=error");
    assert_line("msg=\"kafka producer failed\"", "next=\"recreated;");
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_outage_of_all_brokers_begins_and_ends),
        cmocka_unit_test(refused_credentials_and_other_errors_of_all_brokers_are_outages),
        cmocka_unit_test(a_failed_request_is_a_line_unless_there_is_an_outage),
        cmocka_unit_test(a_connection_that_ends_is_no_request_that_failed),
        cmocka_unit_test(one_broker_is_named_when_it_fails_and_when_it_answers),
        cmocka_unit_test(a_fatal_error_of_the_producer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
