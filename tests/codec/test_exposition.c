/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/exposition.h"

static void writes_a_family_and_its_samples(void **state UNUSED)
{
    struct buf out = BUF_INIT(4096);
    struct exposition_label labels[] = {{"queue", SPAN("main")}, {"result", SPAN("empty")}};
    exposition_family(&out,
                      &(struct exposition_family){"x_total", EXPOSITION_COUNTER, "Receives."});
    exposition_count(&out, "x_total", labels, 2, 42);
    exposition_count(&out, "x_total", labels, 1, UINT64_MAX);
    exposition_count(&out, "x_total", NULL, 0, 0);
    assert_span_equal(buf_span(&out), SPAN("# HELP x_total Receives.\n"
                                           "# TYPE x_total counter\n"
                                           "x_total{queue=\"main\",result=\"empty\"} 42\n"
                                           "x_total{queue=\"main\"} 18446744073709551615\n"
                                           "x_total 0\n"));
    buf_done(&out);
}

static void escapes_what_would_end_a_value_or_a_line(void **state UNUSED)
{
    struct buf out = BUF_INIT(4096);
    struct exposition_label label = {"a", SPAN("q\"u\\o\nte {b=\"1\"} \xc3\xa9")};
    exposition_family(&out,
                      &(struct exposition_family){"x", EXPOSITION_GAUGE, "A \\ and \n\"q\"."});
    exposition_count(&out, "x", &label, 1, 1);
    assert_span_equal(buf_span(&out), SPAN("# HELP x A \\\\ and \\n\"q\".\n"
                                           "# TYPE x gauge\n"
                                           "x{a=\"q\\\"u\\\\o\\nte {b=\\\"1\\\"} \xc3\xa9\"} 1\n"));
    buf_done(&out);
}

static void writes_milliseconds_as_seconds(void **state UNUSED)
{
    struct buf out = BUF_INIT(4096);
    exposition_seconds(&out, "x", NULL, 0, 1795912345678);
    exposition_seconds(&out, "x", NULL, 0, 5);
    exposition_seconds(&out, "x", NULL, 0, 60000);
    exposition_seconds(&out, "x", NULL, 0, -1500);
    exposition_seconds(&out, "x", NULL, 0, INT64_MAX);
    assert_span_equal(buf_span(&out), SPAN("x 1795912345.678\nx 0.005\nx 60\nx -1.500\nx +Inf\n"));
    buf_done(&out);
}

static void a_histogram_is_cumulative_and_ends_in_all(void **state UNUSED)
{
    struct buf out = BUF_INIT(4096);
    struct exposition_label label = {"c", SPAN("acme")};
    const int64_t bounds[] = {100, 2500};
    const uint64_t counts[] = {3, 0, 4};
    exposition_histogram(&out, "lag", &label, 1,
                         &(struct exposition_times){bounds, 2, counts, 12345});
    assert_span_equal(buf_span(&out), SPAN("lag_bucket{c=\"acme\",le=\"0.100\"} 3\n"
                                           "lag_bucket{c=\"acme\",le=\"2.500\"} 3\n"
                                           "lag_bucket{c=\"acme\",le=\"+Inf\"} 7\n"
                                           "lag_sum{c=\"acme\"} 12.345\n"
                                           "lag_count{c=\"acme\"} 7\n"));
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_family_and_its_samples),
        cmocka_unit_test(escapes_what_would_end_a_value_or_a_line),
        cmocka_unit_test(writes_milliseconds_as_seconds),
        cmocka_unit_test(a_histogram_is_cumulative_and_ends_in_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
