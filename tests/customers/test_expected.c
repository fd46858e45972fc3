/* SPDX-License-Identifier: Apache-2.0 */
/* The lines and the state of a customer that does not send as expected; test_expect.c has the rule.
 */
#include "testing.h"

#include "customers_priv.h"
#include "fakes/captured_log.h"
#include "fakes/one_customer.h"

static struct one_customer w;

static int setup(void **state UNUSED)
{
    one_customer_init(&w);
    w.customers[0].cadence_ms = 60000;
    w.customers[0].daily_volume = 1000;
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

static void pass(int64_t ms)
{
    w.clock.mono += ms;
    customers_watch(w.all);
}

static struct customer_state now(void)
{
    struct customer_state s;
    customer_state(w.c, &s);
    return s;
}

static void says_when_a_customer_is_silent_and_when_it_is_not(void **state UNUSED)
{
    pass(180000);
    assert_int_equal(now().silent, 0);
    pass(1000);
    pass(1000);
    assert_int_equal(now().silent, 1);
    assert_int_equal(captured_log_count("level=warn msg=\"customer silent\" customer=a "
                                        "silent_s=181 cadence_s=60 next="),
                     1);
    stats_set(&w.c->stats->notified_ms, 5);
    pass(1000);
    assert_int_equal(now().silent, 0);
    assert_int_equal(captured_log_count("msg=\"customer not silent any more\" customer=a "
                                        "silent_s=183"),
                     1);
}

static void is_not_silent_while_a_message_of_it_waits(void **state UNUSED)
{
    stats_set(&w.c->stats->messages_in_flight, 1);
    pass(1000000);
    stats_set(&w.c->stats->messages_in_flight, 0);
    pass(180000);
    assert_int_equal(now().silent, 0);
    pass(1000);
    assert_int_equal(now().silent, 1);
}

static void says_when_a_volume_is_far_above_and_when_it_is_not(void **state UNUSED)
{
    struct customer_trouble trouble;
    w.customers[0].cadence_ms = 0;
    stats_set(&w.c->stats->live_bytes, 3001);
    pass(1000);
    pass(2000);
    assert_int_equal(now().far_above, 1);
    customer_trouble(w.c, &trouble);
    assert_int_equal(trouble.far_above_ms, 2000);
    assert_int_equal(captured_log_count("level=warn msg=\"volume far above what is expected\" "
                                        "customer=a day_bytes=3001 daily_volume=1000 next="),
                     1);
    pass(INT64_C(25) * 3600 * 1000);
    assert_int_equal(now().far_above, 0);
    assert_int_equal(captured_log_count("msg=\"volume as expected again\" customer=a day_bytes=0 "
                                        "daily_volume=1000"),
                     1);
}

static void a_reload_that_takes_the_numbers_away_ends_it(void **state UNUSED)
{
    stats_set(&w.c->stats->live_bytes, 3001);
    pass(181000);
    assert_int_equal(now().silent + now().far_above, 2);
    w.customers[0].cadence_ms = 0;
    w.customers[0].daily_volume = 0;
    pass(1000);
    assert_int_equal(now().silent + now().far_above, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(says_when_a_customer_is_silent_and_when_it_is_not),
        TEST(is_not_silent_while_a_message_of_it_waits),
        TEST(says_when_a_volume_is_far_above_and_when_it_is_not),
        TEST(a_reload_that_takes_the_numbers_away_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
