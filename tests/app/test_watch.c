/* SPDX-License-Identifier: Apache-2.0 */
/* Tests when changes are due. integration/test_watch.py tests the folder. */
#include "testing.h"

#include "app/watch.h"

static void changes_are_due_after_a_quiet_time(void **state UNUSED)
{
    struct watch_changes c = {0};
    assert_int_equal(watch_wait_ms(&c, 5000), -1);
    watch_changed(&c, 5000);
    assert_int_equal(watch_wait_ms(&c, 5000), WATCH_QUIET_MS);
    assert_int_equal(watch_wait_ms(&c, 5400), WATCH_QUIET_MS - 400);
    watch_changed(&c, 5900);
    assert_int_equal(watch_wait_ms(&c, 6000), WATCH_QUIET_MS - 100);
    assert_int_equal(watch_wait_ms(&c, 5900 + WATCH_QUIET_MS), 0);
    assert_int_equal(watch_wait_ms(&c, 60000), 0);
    assert_int_equal(c.count, 2);
}

static void changes_without_end_are_due_nevertheless(void **state UNUSED)
{
    struct watch_changes c = {0};
    int64_t now = 1000;
    while (watch_wait_ms(&c, now) != 0) {
        watch_changed(&c, now);
        now += WATCH_QUIET_MS / 2;
        assert_true(now <= 1000 + WATCH_MOST_MS + WATCH_QUIET_MS);
    }
    assert_true(now >= 1000 + WATCH_MOST_MS);
}

static void only_entries_matter(void **state UNUSED)
{
    assert_true(watch_is_entry("acme.conf"));
    assert_true(watch_is_entry("..data"));
    static const char *const others[] = {
        "", ".conf", ".acme.conf", "acme.conf~", "acme.conf.new", "acme.pending", "note.txt"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(watch_is_entry(others[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_due_after_a_quiet_time),
        cmocka_unit_test(changes_without_end_are_due_nevertheless),
        cmocka_unit_test(only_entries_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
