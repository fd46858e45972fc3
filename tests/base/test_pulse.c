/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/pulse.h"

static void only_work_without_progress_counts_as_stalled(void **state UNUSED)
{
    struct pulse p = {0};
    assert_int_equal(pulse_still_ms(&p, 100000), 0); /* the thread has not started */
    pulse_set(&p, PULSE_WORK, 1000);
    assert_int_equal(pulse_still_ms(&p, 1000), 0);
    assert_int_equal(pulse_still_ms(&p, 4500), 3500);
    pulse_beat(&p, 4000);
    assert_int_equal(pulse_still_ms(&p, 4500), 500);
    assert_int_equal(pulse_still_ms(&p, 3900), 0); /* the reader took its time before the beat */
    pulse_set(&p, PULSE_IDLE, 5000);
    assert_int_equal(pulse_still_ms(&p, 900000), 0);
}

static void waiting_on_purpose_counts_from_its_end(void **state UNUSED)
{
    struct pulse p = {0};
    pulse_set(&p, PULSE_WORK, 1000);
    pulse_set(&p, PULSE_WAIT, 2000);
    assert_int_equal(pulse_still_ms(&p, 900000), 0);
    assert_int_equal(pulse_state(&p), PULSE_WAIT);
    pulse_set(&p, PULSE_WORK, 900000);
    assert_int_equal(pulse_still_ms(&p, 900700), 700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_work_without_progress_counts_as_stalled),
        cmocka_unit_test(waiting_on_purpose_counts_from_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
