/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "customers/breaker.h"

enum { SECOND = 1000 };

static struct rng rng;

static void opens_at_once_for_a_refused_role(void **state UNUSED)
{
    struct breaker b = {0};
    assert_true(breaker_allow(&b, 0));
    assert_true(breaker_refused(&b, BREAKER_OPEN, 1, 0, &rng));
    assert_false(breaker_allow(&b, 20 * SECOND));
}

static void opens_for_five_different_keys_in_a_row_only(void **state UNUSED)
{
    struct breaker b = {0};
    for (int i = 0; i < 50; i++) {
        assert_false(breaker_refused(&b, BREAKER_COUNT, 7, 0, &rng)); /* one deleted key */
    }
    for (uint64_t key = 1; key <= 3; key++) {
        assert_false(breaker_refused(&b, BREAKER_COUNT, key, 0, &rng));
    }
    (void)breaker_ok(&b, 0);
    for (uint64_t key = 1; key <= 4; key++) {
        assert_false(breaker_refused(&b, BREAKER_COUNT, key, 0, &rng));
        assert_true(breaker_allow(&b, 0));
    }
    assert_true(breaker_refused(&b, BREAKER_COUNT, 5, 0, &rng));
    assert_false(breaker_allow(&b, 0));
}

static void lets_one_probe_through_and_closes_when_it_goes_well(void **state UNUSED)
{
    struct breaker b = {0};
    (void)breaker_refused(&b, BREAKER_OPEN, 1, 0, &rng);
    assert_true(breaker_would_allow(&b, 30 * SECOND));
    assert_true(breaker_allow(&b, 30 * SECOND));
    assert_false(breaker_allow(&b, 30 * SECOND));
    assert_true(breaker_ok(&b, 31 * SECOND));
    assert_true(breaker_allow(&b, 31 * SECOND));
    assert_true(breaker_allow(&b, 31 * SECOND));
}

static void pauses_twice_as_long_after_each_failed_probe_up_to_a_quarter_hour(void **state UNUSED)
{
    struct breaker b = {0};
    int64_t now = 0;
    (void)breaker_refused(&b, BREAKER_OPEN, 1, now, &rng);
    int64_t most[] = {30, 60, 120, 240, 480, 900, 900, 900};
    for (size_t i = 0; i < 8; i++) {
        int64_t pause = b.until_ms - now;
        assert_in_range(pause, most[i] * SECOND * 3 / 4, most[i] * SECOND);
        now = b.until_ms;
        assert_true(breaker_allow(&b, now));
        assert_false(breaker_refused(&b, BREAKER_OPEN, 1, now, &rng));
    }
}

static void ignores_attempts_that_began_before_the_pause(void **state UNUSED)
{
    struct breaker b = {0};
    (void)breaker_refused(&b, BREAKER_OPEN, 1, 0, &rng);
    int64_t until = b.until_ms;
    assert_false(breaker_ok(&b, 5));
    assert_false(breaker_refused(&b, BREAKER_OPEN, 2, 6, &rng));
    assert_int_equal(b.until_ms, until);
    assert_false(breaker_allow(&b, 7));
}

static void gives_the_probe_to_another_when_one_says_nothing(void **state UNUSED)
{
    struct breaker b = {0};
    (void)breaker_refused(&b, BREAKER_OPEN, 1, 0, &rng);
    assert_true(breaker_allow(&b, 30 * SECOND));
    breaker_unsure(&b);
    assert_true(breaker_allow(&b, 31 * SECOND));
    assert_false(breaker_allow(&b, 32 * SECOND));
    assert_true(breaker_allow(&b, 32 * SECOND + BREAKER_PROBE_MS)); /* a probe without a result */
}

static void remembers_a_short_recovery(void **state UNUSED)
{
    struct breaker b = {0};
    (void)breaker_refused(&b, BREAKER_OPEN, 1, 0, &rng);
    assert_true(breaker_allow(&b, 30 * SECOND));
    (void)breaker_ok(&b, 30 * SECOND);
    (void)breaker_refused(&b, BREAKER_OPEN, 1, 31 * SECOND, &rng);
    assert_true(b.until_ms - 31 * SECOND > 44 * SECOND); /* the second pause */

    assert_true(breaker_allow(&b, 100 * SECOND));
    (void)breaker_ok(&b, 100 * SECOND);
    (void)breaker_ok(&b, 4000 * SECOND);
    (void)breaker_refused(&b, BREAKER_OPEN, 1, 4000 * SECOND, &rng);
    assert_true(b.until_ms <= 4030 * SECOND); /* without refusals for long: the first pause again */
}

int main(void)
{
    rng_init(&rng, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_at_once_for_a_refused_role),
        cmocka_unit_test(opens_for_five_different_keys_in_a_row_only),
        cmocka_unit_test(lets_one_probe_through_and_closes_when_it_goes_well),
        cmocka_unit_test(pauses_twice_as_long_after_each_failed_probe_up_to_a_quarter_hour),
        cmocka_unit_test(ignores_attempts_that_began_before_the_pause),
        cmocka_unit_test(gives_the_probe_to_another_when_one_says_nothing),
        cmocka_unit_test(remembers_a_short_recovery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
