/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "customers/stats.h"

static void a_time_falls_into_the_first_bucket_that_holds_it(void **state UNUSED)
{
    struct lag lag = {0};
    lag_add(&lag, 0);
    lag_add(&lag, 250);
    lag_add(&lag, 251);
    lag_add(&lag, 86400 * 1000);
    lag_add(&lag, 86400 * 1000 + 1);
    assert_int_equal(stats_get(&lag.counts[0]), 2);
    assert_int_equal(stats_get(&lag.counts[1]), 1);
    assert_int_equal(stats_get(&lag.counts[LAG_BOUNDS - 1]), 1);
    assert_int_equal(stats_get(&lag.counts[LAG_BOUNDS]), 1);
    assert_int_equal(stats_get(&lag.sum_ms), 250 + 251 + 2 * 86400 * 1000 + 1);
    for (size_t i = 1; i < LAG_BOUNDS; i++) {
        assert_true(stats_lag_bounds_ms[i - 1] < stats_lag_bounds_ms[i]);
    }
}

static void the_last_message_of_a_queue_has_a_time(void **state UNUSED)
{
    struct poll_stats s = {0};
    struct poll_stats copy = {0};
    (void)poll_stats_add(&s, FAIL_NONE, 0, 0, 1000);
    (void)poll_stats_add(&s, FAIL_NONE, 0, 1, 1500); /* damaged: it is received again */
    assert_int_equal(stats_get(&s.received_ms), 0);
    (void)poll_stats_add(&s, FAIL_NONE, 2, 0, 2000);
    (void)poll_stats_add(&s, FAIL_NONE, 0, 0, 3000);
    (void)poll_stats_add(&s, FAIL_AGAIN, 0, 0, 4000);
    poll_stats_copy(&copy, &s);
    assert_int_equal(stats_get(&copy.received_ms), 2000);
}

static void a_receive_has_one_result(void **state UNUSED)
{
    struct poll_stats s = {0};
    (void)poll_stats_add(&s, FAIL_NONE, 7, 1, 1000);
    (void)poll_stats_add(&s, FAIL_NONE, 0, 0, 1000);
    (void)poll_stats_add(&s, FAIL_STOPPED, 0, 0, 1000);
    assert_true(atomic_load(&s.reached));
    (void)poll_stats_add(&s, FAIL_THROTTLED, 0, 0, 1000);
    (void)poll_stats_add(&s, FAIL_DENIED, 0, 0, 1000);
    assert_false(atomic_load(&s.reached));
    for (int r = 0; r < RECEIVE_RESULTS; r++) {
        assert_int_equal(stats_get(&s.receives[r]), 1);
    }
    assert_int_equal(stats_get(&s.messages), 7);
    assert_int_equal(stats_get(&s.damaged), 1);
    assert_int_equal(stats_get(&s.starved), 0);
}

static void an_empty_receive_of_a_queue_with_messages_is_starved(void **state UNUSED)
{
    struct poll_stats s = {0};
    stats_set(&s.visible, 5);
    (void)poll_stats_add(&s, FAIL_NONE, 0, 0,
                         1000); /* numbers of attributes that could not be read */
    assert_int_equal(stats_get(&s.starved), 0);
    atomic_store(&s.attributes_known, true);
    (void)poll_stats_add(&s, FAIL_NONE, 1, 0, 1000);
    (void)poll_stats_add(&s, FAIL_NONE, 0, 1, 1000); /* a message was received */
    (void)poll_stats_add(&s, FAIL_AGAIN, 0, 0, 1000);
    assert_int_equal(stats_get(&s.starved), 0);
    (void)poll_stats_add(&s, FAIL_NONE, 0, 0, 1000);
    assert_int_equal(stats_get(&s.starved), 1);
    stats_set(&s.visible, 0);
    (void)poll_stats_add(&s, FAIL_NONE, 0, 0, 1000);
    assert_int_equal(stats_get(&s.starved), 1);
}

/* A receive without messages says that nothing waits, unless it is an error or the queue has some.
 */
static void an_empty_receive_says_that_the_queue_is_empty(void **state UNUSED)
{
    struct poll_stats s = {0};
    struct poll_stats copy = {0};
    assert_true(poll_stats_add(&s, FAIL_NONE, 0, 0, 1000));
    assert_false(poll_stats_add(&s, FAIL_NONE, 3, 0, 1000));
    assert_false(poll_stats_add(&s, FAIL_NONE, 0, 1, 1000)); /* a damaged one, which waits again */
    assert_false(poll_stats_add(&s, FAIL_AGAIN, 0, 0, 1000));
    assert_false(poll_stats_add(&s, FAIL_STOPPED, 0, 0, 1000));
    stats_set(&s.visible, 5);
    atomic_store(&s.attributes_known, true);
    assert_false(poll_stats_add(&s, FAIL_NONE, 0, 0, 1000)); /* starved */
    poll_stats_head(&s, 900);
    atomic_store(&s.blocked, true);
    poll_stats_copy(&copy, &s);
    assert_int_equal(stats_get(&copy.head_ms), 900);
    assert_true(atomic_load(&copy.blocked));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_falls_into_the_first_bucket_that_holds_it),
        cmocka_unit_test(the_last_message_of_a_queue_has_a_time),
        cmocka_unit_test(a_receive_has_one_result),
        cmocka_unit_test(an_empty_receive_says_that_the_queue_is_empty),
        cmocka_unit_test(an_empty_receive_of_a_queue_with_messages_is_starved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
