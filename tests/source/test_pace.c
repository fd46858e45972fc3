/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "settle/outcome.h"
#include "source/pace.h"

enum { START_MS = 1000, RECEIVED_MS = 1 /* between two messages of a backlog */ };

/* Return `count` messages while `taken_per_s` are taken; the delay of the last one. */
static int return_many(struct pace *p, int64_t *now_ms, int count, int taken_per_s)
{
    int delay_s = 0;
    for (int n = 0; n < count; n++) {
        *now_ms += RECEIVED_MS;
        if (taken_per_s != 0 && *now_ms % (1000 / taken_per_s) == 0) {
            pace_took(p);
        }
        delay_s = pace_delay_s(p, *now_ms);
    }
    return delay_s;
}

static void some_messages_have_no_delay_of_it(void **state UNUSED)
{
    struct pace p = {0};
    int64_t now_ms = START_MS;
    assert_int_equal(return_many(&p, &now_ms, 40, 0), 0);
}

/* 5,000 messages of which 100 are taken in a second are done after 50 s at the earliest. */
static void a_backlog_comes_back_at_the_rate_at_which_it_is_taken(void **state UNUSED)
{
    struct pace p = {0};
    int64_t now_ms = START_MS;
    int delay_s = return_many(&p, &now_ms, 5000, 100);
    assert_in_range(delay_s, 30, 50);
    now_ms += delay_s * 1000LL + PACE_WINDOW_MS;
    assert_int_equal(return_many(&p, &now_ms, 1, 100), 0); /* it is over */
}

static void counts_what_is_hidden_until_it_is_visible(void **state UNUSED)
{
    struct pace p = {0};
    pace_hid(&p, START_MS, 10);
    pace_hid(&p, START_MS, 100);
    assert_int_equal(pace_hidden(&p, START_MS), 2);
    assert_int_equal(pace_hidden(&p, START_MS + (10 + PACE_SLOT_S) * 1000), 1);
    assert_int_equal(pace_hidden(&p, START_MS + (100 + PACE_SLOT_S) * 1000), 0);
}

static void a_faster_customer_waits_less(void **state UNUSED)
{
    struct pace fast = {0}, slow = {0};
    int64_t fast_ms = START_MS, slow_ms = START_MS;
    int fast_s = return_many(&fast, &fast_ms, 20000, 500);
    int slow_s = return_many(&slow, &slow_ms, 20000, 50);
    assert_true(fast_s * 4 < slow_s);
}

static void no_delay_is_above_the_longest(void **state UNUSED)
{
    struct pace p = {0};
    int64_t now_ms = START_MS;
    assert_int_equal(return_many(&p, &now_ms, 200000, 1), DELAY_MAX_S);
}

/* ... and hide it. */
static void hide_many(struct pace *p, int64_t *now_ms, int count)
{
    for (int n = 0; n < count; n++) {
        int delay_s = return_many(p, now_ms, 1, 100);
        pace_hid(p, *now_ms, pace_is_full(p, *now_ms) ? PACE_FULL_DELAY_S : delay_s);
    }
}

static void a_backlog_does_not_use_up_what_a_queue_may_have_in_flight(void **state UNUSED)
{
    enum { LIMIT = 120000, RETURNED_PER_S = 1000 / RECEIVED_MS };
    struct pace p = {0};
    int64_t now_ms = START_MS;
    hide_many(&p, &now_ms, PACE_HIDDEN_MAX);
    assert_false(pace_is_full(&p, now_ms)); /* some are visible again */
    hide_many(&p, &now_ms, PACE_HIDDEN_MAX / 4);
    assert_true(pace_is_full(&p, now_ms));
    for (int second = 0; second < 2 * DELAY_MAX_S; second++) {
        hide_many(&p, &now_ms, RETURNED_PER_S);
        assert_true(p.hidden < LIMIT);
    }
    now_ms += (DELAY_MAX_S + PACE_SLOT_S) * 1000LL;
    assert_false(pace_is_full(&p, now_ms));
    assert_int_equal(p.hidden, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(some_messages_have_no_delay_of_it),
        cmocka_unit_test(a_backlog_comes_back_at_the_rate_at_which_it_is_taken),
        cmocka_unit_test(counts_what_is_hidden_until_it_is_visible),
        cmocka_unit_test(a_faster_customer_waits_less),
        cmocka_unit_test(no_delay_is_above_the_longest),
        cmocka_unit_test(a_backlog_does_not_use_up_what_a_queue_may_have_in_flight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
