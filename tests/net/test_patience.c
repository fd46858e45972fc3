/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "net/patience.h"

static void gives_up_on_silence(void **state UNUSED)
{
    struct patience p;
    patience_init(&p, 1000, 50);
    assert_int_equal(patience_check(&p, 1049), PATIENCE_GOES_ON);
    assert_int_equal(patience_check(&p, 1050), PATIENCE_SILENT);
}

static void each_byte_restarts_the_wait(void **state UNUSED)
{
    struct patience p;
    patience_init(&p, 1000, 0);
    for (int64_t now = 900; now < 9000; now += 900) {
        assert_int_equal(patience_check(&p, now), PATIENCE_GOES_ON);
        patience_busy(&p, now);
        patience_idle(&p, 1, now);
    }
}

static void does_not_count_the_time_of_the_consumer(void **state UNUSED)
{
    struct patience p;
    patience_init(&p, 1000, 0);
    int64_t now = 0;
    for (int i = 0; i < 10; i++) {
        patience_busy(&p, now);
        now += 3600 * 1000; /* the consumer is slow */
        patience_idle(&p, 16, now);
        assert_int_equal(patience_check(&p, now), PATIENCE_GOES_ON);
    }
    assert_int_equal(patience_check(&p, now + 1000), PATIENCE_SILENT);
}

static int64_t drip(struct patience *p, size_t bytes, int64_t every_ms, int times)
{
    int64_t now = p->since;
    for (int i = 0; i < times; i++) {
        now += every_ms;
        if (patience_check(p, now) != PATIENCE_GOES_ON) {
            return now;
        }
        patience_busy(p, now);
        patience_idle(p, bytes, now);
    }
    return -1;
}

static void gives_up_on_drips(void **state UNUSED)
{
    struct patience p;
    patience_init(&p, 30000, 0);
    assert_int_equal(drip(&p, 1, 1000, 1000), PATIENCE_WINDOW_MS);
    assert_int_equal(patience_check(&p, PATIENCE_WINDOW_MS), PATIENCE_DRIPS);
}

static void gives_up_on_a_server_that_begins_to_drip(void **state UNUSED)
{
    struct patience p;
    patience_init(&p, 30000, 0);
    assert_int_equal(drip(&p, 10 * PATIENCE_BYTES, 1000, 10), -1);
    assert_int_equal(drip(&p, 1, 1000, 1000), 2 * PATIENCE_WINDOW_MS);
}

static void a_slow_line_is_no_drip(void **state UNUSED)
{
    struct patience p;
    patience_init(&p, 30000, 0);
    assert_int_equal(drip(&p, 1024, 1000, 10000), -1);
}

static void silence_is_counted_across_windows(void **state UNUSED)
{
    struct patience p;
    patience_init(&p, 200 * 1000, 0);
    patience_busy(&p, 1000);
    patience_idle(&p, PATIENCE_BYTES, 1000);
    assert_int_equal(patience_check(&p, 1000 + PATIENCE_WINDOW_MS), PATIENCE_GOES_ON);
    assert_int_equal(patience_check(&p, 200 * 1000), PATIENCE_GOES_ON);
    assert_int_equal(patience_check(&p, 201 * 1000), PATIENCE_SILENT);
}

static void zero_waits_indefinitely(void **state UNUSED)
{
    struct patience p;
    patience_init(&p, 0, 0);
    assert_int_equal(patience_check(&p, INT64_MAX), PATIENCE_GOES_ON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_up_on_silence),
        cmocka_unit_test(each_byte_restarts_the_wait),
        cmocka_unit_test(does_not_count_the_time_of_the_consumer),
        cmocka_unit_test(gives_up_on_drips),
        cmocka_unit_test(gives_up_on_a_server_that_begins_to_drip),
        cmocka_unit_test(a_slow_line_is_no_drip),
        cmocka_unit_test(silence_is_counted_across_windows),
        cmocka_unit_test(zero_waits_indefinitely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
