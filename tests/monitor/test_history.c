/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "monitor/history.h"

enum { CUSTOMERS = 3 };

#define MINUTE INT64_C(60000)
#define WALL INT64_C(1790000000000)

static struct {
    struct snapshot s;
    struct snapshot_customer customers[CUSTOMERS];
    struct customer of[CUSTOMERS];
    struct history *h;
} w;

static int set_up(void **state UNUSED)
{
    memset(&w, 0, sizeof(w));
    w.h = history_new();
    w.s.wall_ms = WALL;
    w.s.customers = w.customers;
    w.s.customer_count = CUSTOMERS;
    for (uint32_t i = 0; i < CUSTOMERS; i++) {
        w.of[i].slot = 2 * i;
        w.customers[i].customer = &w.of[i];
    }
    return 0;
}

static int tear_down(void **state UNUSED)
{
    history_free(w.h);
    return 0;
}

static void a_minute_passes(void)
{
    history_sample(w.h, &w.s);
    w.s.now_ms += MINUTE;
    w.s.wall_ms += MINUTE;
}

static void a_sample_is_due_each_minute(void **state UNUSED)
{
    assert_true(history_due(w.h, 0));
    history_sample(w.h, &w.s);
    assert_false(history_due(w.h, MINUTE - 1));
    assert_true(history_due(w.h, MINUTE));
}

static void points_are_what_was_counted_in_a_minute(void **state UNUSED)
{
    struct history_line line;
    history_events(w.h, &w.of[1], &line);
    assert_int_equal(line.count, 0);
    stats_set(&w.customers[1].stats.events, 10);
    a_minute_passes();
    stats_set(&w.customers[1].stats.events, 17);
    stats_set(&w.customers[2].stats.events, 5);
    a_minute_passes();
    history_events(w.h, &w.of[1], &line);
    assert_int_equal(line.count, 2);
    assert_int_equal(line.points[0], 10);
    assert_int_equal(line.points[1], 7);
    history_events_of_all(w.h, &line);
    assert_int_equal(line.points[1], 12);
}

static void an_hour_is_kept(void **state UNUSED)
{
    struct history_line line;
    for (uint64_t i = 1; i <= 100; i++) {
        stats_add(&w.customers[0].stats.events, i);
        a_minute_passes();
    }
    history_events(w.h, &w.of[0], &line);
    assert_int_equal(line.count, HISTORY_POINTS);
    assert_int_equal(line.points[0], 41);
    assert_int_equal(line.points[HISTORY_POINTS - 1], 100);
}

static void an_object_left_counts_at_once_and_for_an_hour(void **state UNUSED)
{
    w.customers[0].trouble.known_ms = (int64_t)2 * HISTORY_POINTS * MINUTE;
    a_minute_passes();
    stats_set(&w.customers[0].stats.objects_left, 2);
    history_fill(w.h, &w.s);
    assert_int_equal(w.customers[0].left_lately, 2);
    int64_t begin = w.s.wall_ms - MINUTE; /* of the point, which stays the same */
    assert_int_equal(w.customers[0].left_since_ms, begin);
    for (int i = 0; i < HISTORY_POINTS; i++) {
        a_minute_passes();
        history_fill(w.h, &w.s);
        assert_int_equal(w.customers[0].left_lately, 2);
        assert_int_equal(w.customers[0].left_since_ms, begin);
    }
    a_minute_passes();
    history_fill(w.h, &w.s);
    assert_int_equal(w.customers[0].left_lately, 0);
    assert_int_equal(w.customers[0].left_since_ms, 0);
}

static void another_customer_of_the_slot_begins_again(void **state UNUSED)
{
    struct history_line line;
    stats_set(&w.customers[2].stats.events, 1000);
    stats_set(&w.customers[2].stats.objects_left, 3);
    a_minute_passes();
    w.of[2].generation = 7;
    stats_set(&w.customers[2].stats.events, 4);
    stats_set(&w.customers[2].stats.objects_left, 0);
    history_fill(w.h, &w.s);
    assert_int_equal(w.customers[2].left_lately, 0);
    history_events(w.h, &w.of[2], &line);
    assert_int_equal(line.count, 0);
    a_minute_passes();
    history_events(w.h, &w.of[2], &line);
    assert_int_equal(line.points[line.count - 1], 4);
    assert_int_equal(line.points[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sample_is_due_each_minute, set_up, tear_down),
        cmocka_unit_test_setup_teardown(points_are_what_was_counted_in_a_minute, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_hour_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_object_left_counts_at_once_and_for_an_hour, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(another_customer_of_the_slot_begins_again, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
