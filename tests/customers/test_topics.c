/* SPDX-License-Identifier: Apache-2.0 */
/* Topics in which records would be lost without an error. */
#include "testing.h"

#include "customers_priv.h"
#include "fakes/captured_log.h"
#include "fakes/one_customer.h"

static const struct sink_topic_facts compacted = {.cleanup_policy = "compact,delete"};

static struct one_customer w;

static int setup(void **state UNUSED)
{
    one_customer_init(&w);
    fake_topic_facts = compacted;
    return 0;
}

static void start(void)
{
    one_customer_start(&w);
    captured_log_begin(LOG_INFO);
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

static void a_customer_of_a_compacted_topic_is_not_taken_until_it_is_repaired(void **state UNUSED)
{
    struct err why;
    start();
    customer_topic_is(w.c, "events", &compacted);
    customer_topic_is(w.c, "events", &compacted);
    assert_false(customer_allowed(w.c));
    assert_true(customers_queue_paused(w.all, 0));
    (void)customer_paused_why(w.c, &why);
    assert_string_equal(why.text, "a topic of the customer is compacted");
    assert_int_equal(captured_log_count("msg=\"topic is compacted\" customer=a topic=events "
                                        "cleanup_policy=compact,delete"),
                     1);
    pass(1000);
    fake_topic_facts = (struct sink_topic_facts){.cleanup_policy = "delete"};
    pass(1000);
    assert_false(customer_allowed(w.c)); /* it is asked once a minute */
    pass(60000);
    assert_true(customer_allowed(w.c));
    assert_int_equal(captured_log_count("msg=\"topic is not compacted any more\" customer=a"), 1);
}

static void a_compacted_topic_may_be_allowed(void **state UNUSED)
{
    w.customers[0].allow_compacted = true;
    start();
    customer_topic_is(w.c, "events", &compacted);
    assert_true(customer_allowed(w.c));
    assert_int_equal(captured_log_count("compacted"), 0);
}

static void a_reload_does_not_forget_it(void **state UNUSED)
{
    struct err e;
    start();
    customer_topic_is(w.c, "events", &compacted);
    assert_int_equal(customers_apply(w.all, &w.conf, &e), FAIL_NONE);
    customer_release(w.c);
    w.c = customers_next(w.all, NULL);
    assert_false(customer_allowed(w.c));
}

static void events_older_than_the_retention_are_warned_of_with_numbers(void **state UNUSED)
{
    start();
    stats_set(&w.c->stats->oldest_event_ms, 8 * 86400 * INT64_C(1000));
    pass(1000);
    assert_int_equal(captured_log_count("older than"), 0); /* the retention is not known */
    customer_topic_is(w.c, "events", &(struct sink_topic_facts){.retention_ms = -1});
    pass(1000);
    assert_int_equal(captured_log_count("older than"), 0);
    customer_topic_is(w.c, "events", &(struct sink_topic_facts){.retention_ms = 604800000});
    pass(1000);
    assert_int_equal(captured_log_count("msg=\"events are older than the topic keeps them\" "
                                        "customer=a oldest_event_s=691200 retention_s=604800"),
                     1);
    stats_set(&w.c->stats->oldest_event_ms, 9 * 86400 * INT64_C(1000));
    pass(1000);
    assert_int_equal(captured_log_count("older than"), 1); /* once an hour */
    pass(3600 * 1000);
    assert_int_equal(captured_log_count("older than"), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_customer_of_a_compacted_topic_is_not_taken_until_it_is_repaired),
        TEST(a_compacted_topic_may_be_allowed),
        TEST(a_reload_does_not_forget_it),
        TEST(events_older_than_the_retention_are_warned_of_with_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
