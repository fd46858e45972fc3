/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "customers/filter.h"

static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

static void check(const struct customer_conf *c, const char *key, bool ignored)
{
    if (filter_ignores(c, span_str(key)) != ignored) {
        fail_msg("%s is %s", key, ignored ? "read" : "ignored");
    }
}

static void reads_all_objects_without_patterns(void **state UNUSED)
{
    const struct customer_conf c = {.prefix = text("a/b")};
    check(&c, "a/b/c", false);
    check(&c, "a/b/_temporary/c.md", false);
}

static void reads_only_what_matches_a_pattern_of_only(void **state UNUSED)
{
    char *only[] = {text("*.jsonl.gz"), text("*.json"), NULL};
    const struct customer_conf c = {.prefix = text("a/b"), .only = only};
    check(&c, "a/b/x.jsonl.gz", false);
    check(&c, "a/b/dt=2026/x.json", false);
    check(&c, "a/b/x.jsonl", true);
    check(&c, "a/b/x.jsonl.gz.tmp", true);
}

static void does_not_read_what_matches_a_pattern_of_ignore(void **state UNUSED)
{
    char *ignore[] = {text("*/_temporary/*"), text("*_SUCCESS"), text("*.md"), NULL};
    const struct customer_conf c = {.prefix = text("a/b"), .ignore = ignore};
    check(&c, "a/b/x.json", false);
    check(&c, "a/b/README.md", true);
    check(&c, "a/b/c/d/README.md", true);
    check(&c, "a/b/c/_temporary/0/x", true);
    check(&c, "a/b/_temporary/x", true); /* below the prefix itself, too */
    check(&c, "a/b/my_temporary/x", false);
    check(&c, "a/b/_SUCCESS", true);
}

static void ignores_also_what_matches_only(void **state UNUSED)
{
    char *only[] = {text("*.json"), NULL};
    char *ignore[] = {text("old/*"), text("*/tmp/*"), NULL};
    const struct customer_conf c = {.prefix = text("a"), .only = only, .ignore = ignore};
    check(&c, "a/x.json", false);
    check(&c, "a/old/x.json", true);
    check(&c, "a/new/old/x.json", false); /* a pattern begins below the prefix */
    check(&c, "a/tmp/x.json", true);
}

static void says_which_key_leaves_an_object_out(void **state UNUSED)
{
    char *only[] = {text("*.json"), NULL};
    char *ignore[] = {text("old/*"), NULL};
    const struct customer_conf c = {.prefix = text("a"), .only = only, .ignore = ignore};
    assert_null(filter_key(&c, SPAN("/x.json")));
    assert_string_equal(filter_key(&c, SPAN("/x.md")), "only");
    assert_string_equal(filter_key(&c, SPAN("/old/x.json")), "ignore");
}

static void patterns_begin_below_the_prefix_with_or_without_a_slash(void **state UNUSED)
{
    char *only[] = {text("events-*"), text("/logs-*"), NULL};
    const struct customer_conf c = {.prefix = text("a/events-1"), .only = only};
    check(&c, "a/events-1/events-2", false);
    check(&c, "a/events-1/logs-2", false);
    check(&c, "a/events-1/x/events-2", true);
    check(&c, "a/events-1/x", true);        /* the prefix is not compared with the pattern */
    check(&c, "a/events-1//logs-2", false); /* a name that begins with a slash itself */
}

static void says_nothing_of_keys_outside_the_prefix(void **state UNUSED)
{
    char *only[] = {text("*.json"), NULL};
    const struct customer_conf c = {.prefix = text("a/b"), .only = only};
    check(&c, "a/b", false);
    check(&c, "a/bc/x.md", false);
    check(&c, "x.md", false);
    check(&c, "a/b/", true); /* a folder's name matches no pattern */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_which_key_leaves_an_object_out),
        cmocka_unit_test(reads_all_objects_without_patterns),
        cmocka_unit_test(reads_only_what_matches_a_pattern_of_only),
        cmocka_unit_test(does_not_read_what_matches_a_pattern_of_ignore),
        cmocka_unit_test(ignores_also_what_matches_only),
        cmocka_unit_test(patterns_begin_below_the_prefix_with_or_without_a_slash),
        cmocka_unit_test(says_nothing_of_keys_outside_the_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
