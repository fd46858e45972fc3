/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "jobs/pace.h"

/* The number of messages within `ms`, ten at a time. */
static uint64_t messages_in(struct pace *p, int64_t from_ms, int64_t ms)
{
    uint64_t n = 0;
    int64_t now = from_ms;
    while (now < from_ms + ms) {
        int64_t wait = pace_wait_ms(p, now);
        if (wait > 0) {
            now += wait;
        } else {
            pace_spent(p, 10, now);
            n += 10;
        }
    }
    return n;
}

static void keeps_the_rate(void **state UNUSED)
{
    struct pace p;
    static const uint64_t rates[] = {3, 10, 1000, 33333};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        pace_init(&p, rates[i]);
        uint64_t n = messages_in(&p, 5000, 20 * 1000);
        assert_in_range(n, rates[i] * 20 * 99 / 100, rates[i] * 20 + 20 + rates[i] / 100);
    }
}

static void does_not_make_up_for_a_pause(void **state UNUSED)
{
    struct pace p;
    pace_init(&p, 1000);
    (void)messages_in(&p, 0, 1000);
    assert_in_range(messages_in(&p, 600 * 1000, 1000), 900, 1120);
}

static void without_a_rate_it_never_waits(void **state UNUSED)
{
    struct pace p;
    pace_init(&p, 0);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(pace_wait_ms(&p, 0), 0);
        pace_spent(&p, 10, 0);
    }
}

static void pauses_grow_and_end_after_ten_minutes(void **state UNUSED)
{
    struct retry r;
    struct err e = {.kind = FAIL_THROTTLED};
    int64_t now = 1000, pause = 0, longest = 0;
    retry_init(&r);
    pause = retry_pause_ms(&r, &e, now);
    assert_in_range(pause, 250, 500);
    int count = 0;
    while ((pause = retry_pause_ms(&r, &e, now)) > 0) {
        longest = pause > longest ? pause : longest;
        now += pause;
        count++;
    }
    assert_in_range(longest, 15000, 30000);
    assert_in_range(count, 20, 60);
    assert_in_range(now, RETRY_GIVE_UP_MS, RETRY_GIVE_UP_MS + 60 * 1000);
    retry_clear(&r);
    assert_in_range(retry_pause_ms(&r, &e, now), 250, 500);
}

static void an_error_that_does_not_pass_is_not_waited_for(void **state UNUSED)
{
    struct retry r;
    retry_init(&r);
    assert_int_equal(retry_pause_ms(&r, &(struct err){.kind = FAIL_DENIED}, 0), 0);
    assert_int_equal(retry_pause_ms(&r, &(struct err){.kind = FAIL_CONFIG}, 0), 0);
    assert_true(retry_pause_ms(&r, &(struct err){.kind = FAIL_AGAIN}, 0) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_rate),
        cmocka_unit_test(does_not_make_up_for_a_pause),
        cmocka_unit_test(without_a_rate_it_never_waits),
        cmocka_unit_test(pauses_grow_and_end_after_ten_minutes),
        cmocka_unit_test(an_error_that_does_not_pass_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
