/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept and logged of a comparison of a bucket with what was delivered. */
#include "testing.h"

#include "customers_priv.h"
#include "fakes/captured_log.h"
#include "fakes/one_customer.h"

static struct one_customer w;

static int setup(void **state UNUSED)
{
    one_customer_init(&w);
    one_customer_start(&w);
    captured_log_begin(LOG_INFO);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    captured_log_end();
    one_customer_done(&w);
    return 0;
}

static void found(uint64_t missing)
{
    static const struct span keys[] = {SPAN_INIT("p/\"first\"")};
    struct err none = {.kind = FAIL_NONE};
    customer_compared(w.c, &(struct customer_compared){.compared = 10,
                                                       .missing = missing,
                                                       .keys = keys,
                                                       .key_count = missing != 0,
                                                       .err = &none});
}

static void failed(bool quiet)
{
    struct err e = {.kind = FAIL_NONE};
    (void)err_set(&e, FAIL_DENIED, "s3: as the test says");
    customer_compared(w.c, &(struct customer_compared){.err = &e, .quiet = quiet});
}

static void assert_state(uint64_t missing, uint64_t not_compared, int64_t missing_ms)
{
    struct customer_state s;
    struct customer_trouble t;
    customer_state(w.c, &s);
    customer_trouble(w.c, &t);
    assert_int_equal(s.missing, missing);
    assert_int_equal(s.not_compared, not_compared);
    assert_int_equal(t.missing_ms, missing_ms);
}

static void a_number_is_logged_when_it_changes(void **state UNUSED)
{
    found(0);
    assert_int_equal(captured_log_count("objects are missing"), 0);
    assert_int_equal(captured_log_count("no object is missing"), 0);
    found(3);
    found(3);
    assert_int_equal(captured_log_count("objects are missing"), 1);
    assert_int_equal(captured_log_count("first=\"p/\\\"first\\\"\""), 1);
    found(2);
    assert_int_equal(captured_log_count("objects are missing"), 2);
    found(0);
    found(0);
    assert_int_equal(captured_log_count("no object is missing"), 1);
    assert_int_equal(captured_log_count("missing_before=2"), 1);
}

static void each_result_is_an_ops_event(void **state UNUSED)
{
    found(2);
    assert_string_equal(fake_ops.type, "asymptote.ingest.reconcile.result");
    assert_string_equal(fake_ops.data,
                        "{\"customer\":\"a\",\"result\":\"missing\",\"compared\":10,\"missing\":2,"
                        "\"missing_before\":0,\"keys\":[\"p/\\\"first\\\"\"],\"more_keys\":true}");
    found(0);
    assert_string_equal(fake_ops.data,
                        "{\"customer\":\"a\",\"result\":\"complete\",\"compared\":10,"
                        "\"missing\":0,\"missing_before\":2,\"keys\":[]}");
    failed(false);
    assert_string_equal(fake_ops.data,
                        "{\"customer\":\"a\",\"result\":\"not_compared\",\"error\":{\"class\":"
                        "\"denied\",\"detail\":\"s3: as the test says\"}}");
    size_t count = fake_ops.count;
    failed(true);
    assert_int_equal(fake_ops.count, count);
}

static void since_when_objects_are_missing_is_kept(void **state UNUSED)
{
    found(1);
    w.clock.mono += 500;
    found(4);
    w.clock.mono += 70;
    assert_state(4, 0, 570);
    found(0);
    assert_state(0, 0, 0);
    w.clock.mono += 1000;
    found(1);
    assert_state(1, 0, 0);
}

static void a_failure_keeps_what_was_found(void **state UNUSED)
{
    found(2);
    uint64_t at = stats_get(&w.c->stats->reconciled_ms);
    assert_int_equal(at, ONE_CUSTOMER_WALL_MS);
    w.clock.wall += 1000;
    failed(false);
    failed(false);
    assert_state(2, 1, 0);
    assert_int_equal(stats_get(&w.c->stats->reconciled_ms), at);
    assert_int_equal(captured_log_count("objects not compared"), 1);
    found(2);
    assert_state(2, 0, 0);
    failed(true); /* it was logged for all customers */
    assert_state(2, 1, 0);
    assert_int_equal(captured_log_count("objects not compared"), 1);
}

static void an_idle_customer_has_no_series_for_it(void **state UNUSED)
{
    found(0);
    assert_false(stats_any(w.c->stats));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_number_is_logged_when_it_changes),     TEST(each_result_is_an_ops_event),
        TEST(since_when_objects_are_missing_is_kept), TEST(a_failure_keeps_what_was_found),
        TEST(an_idle_customer_has_no_series_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
