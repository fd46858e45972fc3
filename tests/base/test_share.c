/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/rng.h"
#include "base/share.h"

static void a_party_alone_gets_a_half(void **state UNUSED)
{
    uint64_t has = 0;
    while (share_allows(64, has, has, 1)) {
        has++;
    }
    assert_int_equal(has, 32);
}

static void n_parties_get_an_nth_plus_one_each_and_as_much_stays_free(void **state UNUSED)
{
    for (size_t n = 1; n <= 50; n++) {
        uint64_t has[50] = {0};
        uint64_t used = 0;
        bool taken = true;
        while (taken) {
            taken = false;
            for (size_t p = 0; p < n; p++) {
                if (share_allows(10200, used, has[p], 1)) {
                    has[p]++;
                    used++;
                    taken = true;
                }
            }
        }
        for (size_t p = 0; p < n; p++) {
            assert_in_range(has[p], 10200 / (n + 1) - 1, 10200 / (n + 1) + 1);
        }
        assert_in_range(10200 - used, 10200 / (n + 1) - 51, 10200 / (n + 1) + 51);
    }
}

static void the_first_unit_is_had_while_anything_is_free(void **state UNUSED)
{
    assert_true(share_allows(8, 7, 0, 1));
    assert_false(share_allows(8, 8, 0, 1));
    assert_true(share_allows(8, 7, 0, 1000)); /* more than the whole capacity */
    assert_true(share_allows(8, 0, 0, 1000));
    assert_false(share_allows(8, 1, 1, 1000));
    assert_false(share_allows(0, 0, 0, 1));
}

static void the_first_unit_is_kept_if_it_was_free(void **state UNUSED)
{
    assert_true(share_keeps(8, 8, 1));
    assert_false(share_keeps(8, 9, 1));
    for (uint64_t used = 1; used <= 8; used++) {
        for (uint64_t has = 1; has <= used; has++) {
            assert_int_equal(share_keeps(8, used, has), share_allows(8, used - 1, has - 1, 1));
        }
    }
    assert_false(share_keeps(8, 7, 2)); /* the second unit leaves one free, as many as ... */
    assert_true(share_keeps(8, 6, 2));  /* ... it needs two */
}

static void room_is_the_most_that_is_allowed(void **state UNUSED)
{
    for (uint64_t used = 0; used <= 20; used++) {
        for (uint64_t has = 1; has <= used; has++) {
            uint64_t most = 0;
            while (most < 10 && share_allows(20, used, has, most + 1)) {
                most++;
            }
            assert_int_equal(share_room(20, used, has, 10), most);
        }
    }
    assert_int_equal(share_room(20, 10, 0, 10), 5); /* and as much stays free */
    assert_int_equal(share_room(20, 19, 0, 10), 1);
    assert_int_equal(share_room(20, 20, 0, 10), 0);
    assert_int_equal(share_room(20, 21, 0, 10), 0);
    assert_int_equal(share_room(20, 0, 0, 0), 0);
}

static void sums_do_not_overflow(void **state UNUSED)
{
    assert_false(share_allows(UINT64_MAX, 1, 1, UINT64_MAX));
    assert_false(share_allows(UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - 1, 2));
    assert_false(share_allows(10, UINT64_MAX, 1, 1));
    assert_true(share_allows(UINT64_MAX, 1, 1, UINT64_MAX / 2 - 2));
}

/*
 * Whatever the parties took before, a new party without any share finds something free, unless the
 * capacity is only a few units.
 */
static void takers_leave_something_for_one_that_comes(void **state UNUSED)
{
    struct rng rng;
    rng_init(&rng, 7);
    enum { PARTIES = 12, CAPACITY = 1 << 20 };
    uint64_t has[PARTIES] = {0};
    uint64_t used = 0;
    for (size_t step = 0; step < 200000; step++) {
        size_t p = rng_below(&rng, PARTIES);
        if (rng_below(&rng, 3) == 0) {
            uint64_t back = rng_below(&rng, has[p] + 1);
            has[p] -= back;
            used -= back;
        } else {
            uint64_t amount = 1 + rng_below(&rng, 1000);
            if (share_allows(CAPACITY, used, has[p], amount) && has[p] + amount <= CAPACITY) {
                has[p] += amount;
                used += amount;
                assert_true(has[p] <= CAPACITY / 2 + 1000);
            }
        }
        assert_true(used < CAPACITY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_party_alone_gets_a_half),
        cmocka_unit_test(n_parties_get_an_nth_plus_one_each_and_as_much_stays_free),
        cmocka_unit_test(the_first_unit_is_had_while_anything_is_free),
        cmocka_unit_test(the_first_unit_is_kept_if_it_was_free),
        cmocka_unit_test(room_is_the_most_that_is_allowed),
        cmocka_unit_test(sums_do_not_overflow),
        cmocka_unit_test(takers_leave_something_for_one_that_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
