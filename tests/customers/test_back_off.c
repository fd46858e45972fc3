/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "customers/back_off.h"
#include "settle/outcome.h"

static void counts_messages_until_they_come_back(void **state UNUSED)
{
    struct back_off b = {0};
    struct back_off_view v;
    back_off_get(&b, 5000, &v);
    assert_int_equal(v.count, 0);
    back_off_add(&b, 5000, 10);
    back_off_add(&b, 6000, 900);
    back_off_add(&b, 7000, 100);
    back_off_get(&b, 7000, &v);
    assert_int_equal(v.count, 3);
    assert_int_equal(v.first_in_ms, 8000);
    assert_int_equal(v.last_in_ms, 899 * 1000);
    assert_int_equal(v.lasts_ms, 2000);
    back_off_get(&b, 15000, &v); /* the first one is visible */
    assert_int_equal(v.count, 2);
    assert_int_equal(v.first_in_ms, 92 * 1000);
    back_off_get(&b, 906 * 1000, &v);
    assert_int_equal(v.count, 0);
    assert_int_equal(v.first_in_ms + v.last_in_ms + v.lasts_ms, 0);
    back_off_add(&b, 950 * 1000, 10);
    back_off_get(&b, 951 * 1000, &v);
    assert_int_equal(v.lasts_ms, 1000);
}

static void the_longest_delay_has_a_slot_at_any_time(void **state UNUSED)
{
    struct back_off b = {0};
    struct back_off_view v;
    _Static_assert((BACK_OFF_SLOTS - 1) * BACK_OFF_SLOT_S > DELAY_MAX_S, "slots do not overlap");
    for (int64_t s = 0; s < 5000; s++) {
        back_off_add(&b, s * 1000, DELAY_MAX_S);
        back_off_get(&b, s * 1000, &v);
        uint64_t least = s < DELAY_MAX_S ? (uint64_t)s + 1 : DELAY_MAX_S;
        assert_in_range(v.count, least, least + BACK_OFF_SLOT_S);
        assert_int_equal(v.last_in_ms, DELAY_MAX_S * 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_messages_until_they_come_back),
        cmocka_unit_test(the_longest_delay_has_a_slot_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
