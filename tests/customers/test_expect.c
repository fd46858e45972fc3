/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "customers/expect.h"

#define S(n) (INT64_C(1000) * (n))
#define HOUR S(3600)
#define GB UINT64_C(1000000000)

static struct expect x;
static struct expect_facts facts;

static int set_up(void **state UNUSED)
{
    expect_init(&x, S(1000));
    facts = (struct expect_facts){.now_ms = S(1000), .cadence_ms = S(300), .volume = 2 * GB};
    return 0;
}

static unsigned look_at(int64_t ms)
{
    facts.now_ms = S(1000) + ms;
    return expect_look(&x, &facts);
}

static void is_silent_after_three_cadences_without_a_notification(void **state UNUSED)
{
    assert_int_equal(look_at(S(900)), 0);
    assert_false(x.silent);
    assert_int_equal(look_at(S(901)), EXPECT_SILENT);
    assert_true(x.silent);
    assert_int_equal(look_at(S(5000)), 0);
    facts.notified = 7;
    assert_int_equal(look_at(S(5001)), EXPECT_SILENT);
    assert_false(x.silent);
    assert_int_equal(look_at(S(5901)), 0);
    assert_int_equal(look_at(S(5902)), EXPECT_SILENT);
}

static void does_not_become_silent_while_it_could_not_be_heard(void **state UNUSED)
{
    facts.unheard = true;
    assert_int_equal(look_at(S(5000)), 0);
    facts.unheard = false;
    assert_int_equal(look_at(S(5900)), 0);
    assert_int_equal(look_at(S(5901)), EXPECT_SILENT);
    facts.unheard = true;
    assert_int_equal(look_at(S(5902)), 0);
    assert_true(x.silent); /* only a notification ends it */
}

static void is_far_above_from_three_volumes_of_a_day_to_two(void **state UNUSED)
{
    facts.cadence_ms = 0;
    facts.bytes = 6 * GB;
    assert_int_equal(look_at(HOUR), 0);
    facts.bytes = 6 * GB + 1;
    assert_int_equal(look_at(HOUR + 1), EXPECT_FAR_ABOVE);
    assert_true(x.far_above);
    assert_int_equal(x.day_bytes, 6 * GB + 1);
    assert_int_equal(look_at(23 * HOUR), 0); /* it is still of the last day */
    facts.bytes += 4 * GB;
    assert_int_equal(look_at(24 * HOUR), 0);
    facts.bytes += 1;
    assert_int_equal(look_at(25 * HOUR), 0); /* 4 GB and 1 byte */
    assert_true(x.far_above);
    assert_int_equal(look_at(49 * HOUR), EXPECT_FAR_ABOVE);
    assert_int_equal(x.day_bytes, 0);
}

static void an_ordinary_load_is_as_expected_for_weeks(void **state UNUSED)
{
    for (int64_t minute = 0; minute < 60 * 24 * 21; minute++) {
        facts.bytes += 3 * 2 * GB / 1441; /* nearly three volumes a day */
        facts.notified++;
        assert_int_equal(look_at(minute * S(60)), 0);
        assert_true(x.day_bytes < 6 * GB);
    }
    assert_true(x.day_bytes > 5 * GB);
}

static void a_look_after_days_counts_what_came_since(void **state UNUSED)
{
    facts.cadence_ms = 0;
    facts.bytes = GB;
    assert_int_equal(look_at(S(1)), 0);
    facts.bytes = 5 * GB;
    assert_int_equal(look_at(100 * HOUR), 0);
    facts.bytes = 6 * GB;
    assert_int_equal(look_at(100 * HOUR + 1), 0);
    assert_int_equal(x.day_bytes, GB);
}

static void nothing_is_expected_without_numbers(void **state UNUSED)
{
    facts.cadence_ms = 0;
    facts.volume = 0;
    facts.bytes = UINT64_MAX;
    assert_int_equal(look_at(1000 * HOUR), 0);
    facts.volume = UINT64_MAX; /* three times that is no number */
    assert_int_equal(look_at(1000 * HOUR + 1), 0);
    facts.volume = 2 * GB;
    facts.cadence_ms = S(300);
    assert_int_equal(look_at(1000 * HOUR + 2), EXPECT_SILENT);
    facts.cadence_ms = 0; /* a reload */
    assert_int_equal(look_at(1000 * HOUR + 3), EXPECT_SILENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(is_silent_after_three_cadences_without_a_notification),
        TEST(does_not_become_silent_while_it_could_not_be_heard),
        TEST(is_far_above_from_three_volumes_of_a_day_to_two),
        TEST(an_ordinary_load_is_as_expected_for_weeks),
        TEST(a_look_after_days_counts_what_came_since),
        TEST(nothing_is_expected_without_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
