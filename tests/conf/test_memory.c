/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/notification.h"
#include "conf/memory.h"
#include "conf/sizes.h"
#include "event/normalize.h"

static struct conf conf_of(int lanes, size_t line_bytes, size_t queue_bytes)
{
    struct conf c = {0};
    c.limits.lanes = lanes;
    c.limits.cores = 2;
    c.limits.line_bytes = line_bytes;
    c.kafka.queue_bytes = queue_bytes;
    c.queue_count = 1;
    c.customer_count = 1;
    return c;
}

enum { MIB = 1024 * 1024 };

static void adds_up_what_the_configuration_may_use(void **state UNUSED)
{
    struct memory_plan one;
    struct memory_plan two;
    struct conf c = conf_of(1, 1 * MIB, 64 * MIB);
    memory_plan(&c, &one);
    assert_int_equal(one.total_bytes, one.lanes_bytes + one.cores_bytes + one.large_bytes +
                                          one.long_bytes + one.inbox_bytes + one.kafka_bytes +
                                          one.base_bytes);
    assert_in_range(one.kafka_bytes, 102 * MIB, 103 * MIB);
    c.limits.lanes = 5;
    memory_plan(&c, &two);
    assert_int_equal(two.total_bytes - one.total_bytes, 4 * one.lane_bytes); /* 8 rooms for both */
    c.limits.cores = 6;
    memory_plan(&c, &one);
    assert_int_equal(one.total_bytes - two.total_bytes, 2 * two.cores_bytes);
}

static void plans_little_for_a_lane_and_large_objects_for_some_of_them(void **state UNUSED)
{
    struct memory_plan few;
    struct memory_plan many;
    struct conf c = conf_of(16, 1 * MIB, 64 * MIB);
    memory_plan(&c, &few);
    assert_in_range(few.lane_bytes - NOTIFICATION_MAX_BYTES, 1 * MIB, 4 * MIB);
    assert_int_equal(memory_large_objects(&c), 5);
    c.limits.lanes = 64;
    memory_plan(&c, &many);
    assert_int_equal(many.lane_bytes, few.lane_bytes);
    assert_int_equal(memory_large_objects(&c), 8);
    assert_int_equal(many.large_bytes / 8, few.large_bytes / 5);
    c.limits.zstd_window_bytes = 40 * MIB;
    memory_plan(&c, &few);
    assert_int_equal(few.lane_bytes, many.lane_bytes);
    assert_int_equal(few.large_bytes - many.large_bytes, 8 * (40 - 8) * (size_t)MIB);
}

static void plans_a_large_body_for_each_lane_and_a_small_one_for_each_queue(void **state UNUSED)
{
    struct memory_plan few;
    struct memory_plan many;
    struct conf c = conf_of(16, 1 * MIB, 64 * MIB);
    memory_plan(&c, &few);
    assert_int_equal(memory_rooms(&c), 16);
    c.limits.lanes = 64;
    memory_plan(&c, &many);
    assert_int_equal(memory_rooms(&c), 64);
    assert_int_equal(many.inbox_bytes - few.inbox_bytes,
                     48 * (NOTIFICATION_MAX_BYTES + 4 * INBOX_SMALL_BYTES));
    c.queue_count += 10;
    memory_plan(&c, &few);
    assert_in_range(few.inbox_bytes - many.inbox_bytes, 10 * INBOX_SMALL_BYTES, 2 * MIB);
}

static void plans_memory_for_long_lines_once_for_all_lanes(void **state UNUSED)
{
    struct memory_plan usual;
    struct memory_plan longer;
    struct conf c = conf_of(8, 64 * 1024, 16 * MIB);
    memory_plan(&c, &usual);
    assert_int_equal(usual.long_bytes, 0);
    c.limits.line_bytes = 4 * MIB;
    memory_plan(&c, &longer);
    assert_in_range(longer.long_bytes, 480 * (size_t)MIB, 490 * (size_t)MIB);
    assert_int_equal(longer.lane_bytes, usual.lane_bytes);
    assert_int_equal(longer.cores_bytes, usual.cores_bytes);
    /* a large object: its line, twice if it is an OTLP request that is divided, and copies of it */
    assert_int_equal((longer.large_bytes - usual.large_bytes) / memory_large_objects(&c),
                     2 * (4 * MIB - 64 * 1024) + normalizer_copies_bytes(4 * MIB) -
                         normalizer_copies_bytes(64 * 1024));
}

static void plans_memory_for_pages_only_with_a_listener(void **state UNUSED)
{
    struct memory_plan without;
    struct memory_plan with;
    struct conf c = conf_of(8, 64 * 1024, 16 * MIB);
    char listen[] = ":0";
    memory_plan(&c, &without);
    c.metrics.listen = listen;
    memory_plan(&c, &with);
    assert_int_equal(with.total_bytes - without.total_bytes,
                     4 * memory_page_bytes(&c) +
                         c.customer_count * (SNAPSHOT_CUSTOMER_BYTES + HISTORY_CUSTOMER_BYTES) +
                         c.queue_count * SNAPSHOT_QUEUE_BYTES);
}

static void refuses_a_limit_that_cannot_be_kept_and_says_why(void **state UNUSED)
{
    struct memory_plan plan;
    struct err e = {.kind = FAIL_NONE};
    struct conf c = conf_of(4, 1 * MIB, 64 * MIB);
    memory_plan(&c, &plan);
    assert_int_equal(memory_check(&c, &plan, &e), FAIL_NONE); /* 0: no limit */
    c.limits.memory = plan.total_bytes;
    assert_int_equal(memory_check(&c, &plan, &e), FAIL_NONE);
    c.limits.memory = plan.total_bytes - 1;
    assert_int_equal(memory_check(&c, &plan, &e), FAIL_CONFIG);
    assert_non_null(strstr(e.text, "limits.memory"));
    assert_non_null(strstr(e.text, "4 lanes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_up_what_the_configuration_may_use),
        cmocka_unit_test(plans_little_for_a_lane_and_large_objects_for_some_of_them),
        cmocka_unit_test(plans_a_large_body_for_each_lane_and_a_small_one_for_each_queue),
        cmocka_unit_test(plans_memory_for_long_lines_once_for_all_lanes),
        cmocka_unit_test(plans_memory_for_pages_only_with_a_listener),
        cmocka_unit_test(refuses_a_limit_that_cannot_be_kept_and_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
