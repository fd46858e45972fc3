/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "net/sink_brokers.h"

static void reads_the_broker_that_a_text_begins_with(void **state UNUSED)
{
    struct sink_broker b;
    assert_true(
        sink_brokers_parse("127.0.0.1:14289/2: Connect to ipv4#127.0.0.1:14289 failed", &b));
    assert_int_equal(b.id, 2);
    assert_string_equal(b.name, "127.0.0.1:14289");
    assert_true(sink_brokers_parse("sasl_ssl://[::1]:9094/1001: Connect to", &b));
    assert_int_equal(b.id, 1001);
    assert_string_equal(b.name, "sasl_ssl://[::1]:9094");
    assert_true(sink_brokers_parse("ssl://10.0.0.1:9094/7: Failed to resolve", &b));
    assert_int_equal(b.id, 7);
    assert_string_equal(b.name, "ssl://10.0.0.1:9094");
}

static void leaves_out_what_librdkafka_guesses_and_cuts_at_a_word(void **state UNUSED)
{
    static const char silent[] =
        "b:1/1: ApiVersionRequest failed: Local: Timed out: probably due to broker version < 0.10 "
        "(see api.version.request configuration) (after 10008ms in state APIVERSION_QUERY, 1 "
        "identical error(s) suppressed)";
    char out[160];
    sink_error_text(silent, out, sizeof(out));
    assert_string_equal(out, "b:1/1: ApiVersionRequest failed: Local: Timed out (after 10008ms in "
                             "state APIVERSION_QUERY, 1 identical error(s) suppressed)");
    sink_error_text(silent, out, 60);
    assert_string_equal(out, "b:1/1: ApiVersionRequest failed: Local: Timed out ...");
    sink_error_text("Connect to b:1 failed: refused", out, sizeof(out));
    assert_string_equal(out, "Connect to b:1 failed: refused");
    sink_error_text("x: probably due to nothing", out, sizeof(out));
    assert_string_equal(out, "x");
    for (size_t cap = 1; cap < sizeof(silent); cap++) {
        sink_error_text(silent, out, cap < sizeof(out) ? cap : sizeof(out));
        assert_true(strlen(out) < cap);
    }
}

static void reads_no_broker_where_there_is_none(void **state UNUSED)
{
    static const char *const texts[] = {"",
                                        "/",
                                        "host:1/",
                                        "host:1/2",
                                        "host:1/x: ",
                                        "127.0.0.1:1/bootstrap: Connect to",
                                        "host:1/99999999999999999999: x",
                                        "a text"};
    struct sink_broker b;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_false(sink_brokers_parse(texts[i], &b));
    }
}

static void tells_each_change_once(void **state UNUSED)
{
    struct sink_brokers all = {.count = 0};
    struct sink_broker out;
    assert_true(sink_brokers_down(&all, &(struct sink_broker){.id = 1, .name = "a:1"}));
    assert_true(sink_brokers_down(&all, &(struct sink_broker){.id = 2, .name = "b:1"}));
    assert_false(
        sink_brokers_down(&all, &(struct sink_broker){.id = 1, .name = "a:1", .failed_ms = 7}));
    assert_false(sink_brokers_up(&all, 3, &out));
    assert_true(sink_brokers_up(&all, 1, &out));
    assert_int_equal(out.failed_ms, 7); /* the last one */
    assert_string_equal(out.name, "a:1");
    assert_false(sink_brokers_up(&all, 1, &out));
    assert_true(sink_brokers_up(&all, 2, &out));
    assert_int_equal(all.count, 0);
}

static void keeps_a_bounded_number(void **state UNUSED)
{
    struct sink_brokers all = {.count = 0};
    for (int32_t id = 0; id < SINK_BROKERS; id++) {
        assert_true(sink_brokers_down(&all, &(struct sink_broker){.id = id}));
    }
    assert_false(sink_brokers_down(&all, &(struct sink_broker){.id = SINK_BROKERS}));
}

/* ---- All brokers together ---- */

static void brokers_are_asked_if_reports_are_late_or_librdkafka_misses_them(void **state UNUSED)
{
    struct sink_contact c = {0};
    assert_false(sink_contact_asks(&c, true, 1000)); /* pending since now */
    assert_false(sink_contact_asks(&c, true, 1000 + SINK_QUIET_MS));
    assert_true(sink_contact_asks(&c, true, 1001 + SINK_QUIET_MS));
    assert_false(sink_contact_asks(&c, false, 30000));
    sink_contact_doubted(&c, 31000);
    assert_true(sink_contact_asks(&c, false, 31000));
    sink_contact_answered(&c, 31500);
    assert_false(sink_contact_asks(&c, false, 31500));
}

static void one_query_that_fails_is_no_outage(void **state UNUSED)
{
    struct sink_contact c = {.report_ms = 1000, .answered_ms = 1000};
    assert_int_equal(sink_contact_unanswered(&c, 60000), 0);
    sink_contact_answered(&c, 63000);
    assert_int_equal(sink_contact_unanswered(&c, 90000), 0);
    assert_int_equal(sink_contact_unanswered(&c, 91000), 63000);
    assert_int_equal(sink_contact_unanswered(&c, 94000), 63000);
}

static void without_a_connection_two_failed_queries_are_an_outage(void **state UNUSED)
{
    struct sink_contact c = {.report_ms = 1000, .answered_ms = 1000};
    sink_contact_doubted(&c, 2000);
    sink_contact_doubted(&c, 2900); /* librdkafka repeats it */
    assert_int_equal(sink_contact_unanswered(&c, 2500), 0);
    assert_int_equal(sink_contact_unanswered(&c, 3500), 2000);
}

/* Records of a partition without a leader wait, and queries of slow brokers fail. */
static void brokers_that_have_just_answered_are_not_silent(void **state UNUSED)
{
    struct sink_contact c = {.report_ms = 1000, .answered_ms = 40000};
    assert_int_equal(sink_contact_unanswered(&c, 42000), 0);
    assert_int_equal(sink_contact_unanswered(&c, 43000), 0);
    assert_int_equal(sink_contact_unanswered(&c, 40001 + SINK_QUIET_MS), 40000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_broker_that_a_text_begins_with),
        cmocka_unit_test(leaves_out_what_librdkafka_guesses_and_cuts_at_a_word),
        cmocka_unit_test(reads_no_broker_where_there_is_none),
        cmocka_unit_test(tells_each_change_once),
        cmocka_unit_test(keeps_a_bounded_number),
        cmocka_unit_test(brokers_are_asked_if_reports_are_late_or_librdkafka_misses_them),
        cmocka_unit_test(one_query_that_fails_is_no_outage),
        cmocka_unit_test(without_a_connection_two_failed_queries_are_an_outage),
        cmocka_unit_test(brokers_that_have_just_answered_are_not_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
