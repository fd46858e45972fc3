/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/log_rate.h"
#include "fakes/captured_log.h"

enum { NOW_MS = 1000 * 1000 };

static size_t lines_at(struct log_rate *r, int64_t now_ms, size_t tried)
{
    size_t n = 0;
    for (size_t i = 0; i < tried; i++) {
        n += log_rate_allows(r, now_ms);
    }
    return n;
}

static void allows_a_burst_and_then_so_many_in_a_second(void **state UNUSED)
{
    struct log_rate r = {0};
    assert_int_equal(lines_at(&r, NOW_MS, 1000), LOG_RATE_BURST);
    assert_int_equal(lines_at(&r, NOW_MS + 1000, 1000), LOG_RATE_PER_S);
    assert_int_equal(lines_at(&r, NOW_MS + 3000, 1000), 2 * LOG_RATE_PER_S);
    assert_int_equal(lines_at(&r, NOW_MS + 3600 * 1000, 1000), LOG_RATE_BURST);
}

static void one_party_takes_nothing_from_another(void **state UNUSED)
{
    struct log_rate a = {0};
    struct log_rate b = {0};
    (void)lines_at(&a, NOW_MS, 1000);
    assert_true(log_rate_allows(&b, NOW_MS));
}

static void reports_how_many_were_left_out(void **state UNUSED)
{
    struct log_rate r = {0};
    (void)lines_at(&r, NOW_MS, LOG_RATE_BURST + 7);
    captured_log_begin(LOG_INFO);
    log_rate_report(&r, &KV_STR("customer", "acme"));
    assert_non_null(
        captured_log_line("level=warn msg=\"log lines left out\" customer=acme lines=7 "));
    captured_log_end();
    captured_log_begin(LOG_INFO);
    log_rate_report(&r, &KV_STR("customer", "acme"));
    assert_null(captured_log_line("left out"));
    captured_log_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allows_a_burst_and_then_so_many_in_a_second),
        cmocka_unit_test(one_party_takes_nothing_from_another),
        cmocka_unit_test(reports_how_many_were_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
