/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "flow/folder.h"

static void knows_the_names_of_folder_markers(void **state UNUSED)
{
    assert_true(folder_named(SPAN("logs/")));
    assert_true(folder_named(SPAN("a/b/")));
    assert_true(folder_named(SPAN("a/b_$folder$")));
    assert_true(folder_named(SPAN("/")));
    assert_false(folder_named(SPAN("logs")));
    assert_false(folder_named(SPAN("a/b_$folder$x")));
    assert_false(folder_named(SPAN("_$folder$")));
    assert_false(folder_named(SPAN("")));
}

static void assert_inside(const char *key, const char *inside)
{
    struct folder_room room;
    struct span s = folder_inside(span_str(key), &room);
    assert_int_equal(s.n, strlen(inside));
    assert_memory_equal(s.p, inside, s.n);
}

static void names_a_key_within_the_folder(void **state UNUSED)
{
    assert_inside("logs/", "logs/x");
    assert_inside("a//", "a//x");
    assert_inside("/", "/x");
    assert_inside("a/b_$folder$", "a/b/x");
}

static void takes_the_longest_key(void **state UNUSED)
{
    struct folder_room room;
    char key[NOTIFICATION_KEY_BYTES];
    memset(key, 'k', sizeof(key));
    key[sizeof(key) - 1] = '/';
    struct span s = folder_inside(span_of(key, sizeof(key)), &room);
    assert_int_equal(s.n, sizeof(key) + 1);
    assert_memory_equal(s.p, key, sizeof(key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_names_of_folder_markers),
        cmocka_unit_test(names_a_key_within_the_folder),
        cmocka_unit_test(takes_the_longest_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
