/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "monitor/backlog.h"

static struct poll_stats queue_of(uint64_t visible, uint64_t hidden, uint64_t head_ms)
{
    struct poll_stats s = {0};
    stats_set(&s.visible, visible);
    stats_set(&s.in_flight, hidden);
    stats_set(&s.head_ms, head_ms);
    atomic_store(&s.attributes_known, true);
    return s;
}

static void assert_backlog(struct backlog b, int64_t messages, int64_t visible, int64_t age_ms)
{
    assert_int_equal(backlog_messages(&b), messages);
    assert_int_equal(b.visible, visible);
    assert_int_equal(b.age_ms, age_ms);
}

static void it_is_what_is_visible_and_what_waits_for_a_lane(void **state UNUSED)
{
    struct poll_stats s = queue_of(100, 0, 4000);
    assert_backlog(backlog_of(&s, 7, true, 9000), 107, 100, 5000);
}

/* In SQS's figures they are messages in flight, as are those in progress. */
static void messages_in_back_off_are_none(void **state UNUSED)
{
    struct poll_stats s = queue_of(0, 5000, 4000);
    assert_backlog(backlog_of(&s, 0, true, 9000), 0, 0, 0);
}

/* They are hidden, too, but another worker could start them. */
static void messages_over_a_share_are_some(void **state UNUSED)
{
    struct poll_stats s = queue_of(0, 5000, 4000);
    stats_set(&s.hidden, 3000);
    assert_backlog(backlog_of(&s, 2, true, 9000), 3002, 0, 5000);
}

static void what_no_worker_could_start_is_none(void **state UNUSED)
{
    struct poll_stats s = queue_of(100, 0, 4000);
    atomic_store(&s.stopped, true); /* this worker holds enough: another may take them */
    assert_backlog(backlog_of(&s, 0, true, 9000), 100, 100, 5000);
    atomic_store(&s.blocked, true);
    assert_backlog(backlog_of(&s, 2, true, 9000), 2, 0, 5000);
}

static void of_a_removed_queue_only_what_was_received_counts(void **state UNUSED)
{
    struct poll_stats s = queue_of(100, 0, 4000);
    assert_backlog(backlog_of(&s, 3, false, 9000), 3, 0, 5000);
}

static void it_is_unknown_without_attributes_and_its_age_before_a_receive(void **state UNUSED)
{
    struct poll_stats s = queue_of(100, 0, 0);
    assert_backlog(backlog_of(&s, 0, true, 9000), 100, 100, -1);
    atomic_store(&s.attributes_known, false);
    assert_backlog(backlog_of(&s, 3, true, 9000), 3, -1, -1);
}

static void a_clock_that_is_behind_gives_no_negative_age(void **state UNUSED)
{
    struct poll_stats s = queue_of(1, 0, 10000);
    assert_backlog(backlog_of(&s, 0, true, 9000), 1, 1, 0);
}

static void the_total_is_always_known(void **state UNUSED)
{
    struct backlog total = {0};
    struct poll_stats old = queue_of(10, 0, 1000);
    struct poll_stats new = queue_of(20, 0, 8000);
    struct poll_stats unknown = {0};
    struct backlog of_old = backlog_of(&old, 1, true, 9000);
    struct backlog of_new = backlog_of(&new, 0, true, 9000);
    struct backlog of_unknown = backlog_of(&unknown, 4, true, 9000);
    backlog_add(&total, &of_old);
    backlog_add(&total, &of_new);
    backlog_add(&total, &of_unknown);
    assert_backlog(total, 35, 30, 8000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_what_is_visible_and_what_waits_for_a_lane),
        cmocka_unit_test(messages_in_back_off_are_none),
        cmocka_unit_test(messages_over_a_share_are_some),
        cmocka_unit_test(what_no_worker_could_start_is_none),
        cmocka_unit_test(of_a_removed_queue_only_what_was_received_counts),
        cmocka_unit_test(it_is_unknown_without_attributes_and_its_age_before_a_receive),
        cmocka_unit_test(a_clock_that_is_behind_gives_no_negative_age),
        cmocka_unit_test(the_total_is_always_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
