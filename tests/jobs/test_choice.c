/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "jobs/choice.h"

static char *const ignore[] = {(char *)(uintptr_t) "*.tmp", NULL};

static const struct customer_conf acme = {
    .id = (char *)(uintptr_t) "acme",
    .bucket = (char *)(uintptr_t) "acme-logs",
    .prefix = (char *)(uintptr_t) "a/b",
    .ignore = (char **)(uintptr_t)ignore,
};

static const struct range whole = {.below = SPAN_INIT("a/b/")};

static struct s3_entry entry_of(const char *key)
{
    return (struct s3_entry){.key = span_str(key),
                             .etag = SPAN("e"),
                             .storage_class = SPAN("STANDARD"),
                             .size = 10,
                             .modified_ns = 1000};
}

static enum choice choose_key(const char *key)
{
    struct s3_entry entry = entry_of(key);
    return choose(&acme, &whole, &entry);
}

static void takes_keys_below_the_prefix_only(void **state UNUSED)
{
    assert_int_equal(choose_key("a/b/c"), CHOICE_TAKEN);
    assert_int_equal(choose_key("a/b/../../x"), CHOICE_TAKEN); /* S3 has no folders */
    assert_int_equal(choose_key("a/b"), CHOICE_OUTSIDE);
    assert_int_equal(choose_key("a/b/"), CHOICE_OUTSIDE);
    assert_int_equal(choose_key("a/bc/d"), CHOICE_OUTSIDE);
    assert_int_equal(choose_key("/a/b/c"), CHOICE_OUTSIDE);
    assert_int_equal(choose_key(""), CHOICE_OUTSIDE);
}

static void a_range_below_the_prefix_takes_no_other_keys(void **state UNUSED)
{
    struct range r = {.below = SPAN("a/b/2026/")};
    struct s3_entry in = entry_of("a/b/2026/x");
    struct s3_entry out = entry_of("a/b/2025/x");
    assert_int_equal(choose(&acme, &r, &in), CHOICE_TAKEN);
    assert_int_equal(choose(&acme, &r, &out), CHOICE_OUTSIDE);
}

static void a_range_of_time_has_its_begin_and_not_its_end(void **state UNUSED)
{
    struct range r = {.below = SPAN("a/b/"), .from_ns = 1000, .to_ns = 2000};
    struct s3_entry entry = entry_of("a/b/x");
    static const struct {
        int64_t ns;
        enum choice c;
    } cases[] = {{999, CHOICE_RANGE},
                 {1000, CHOICE_TAKEN},
                 {1999, CHOICE_TAKEN},
                 {2000, CHOICE_RANGE},
                 {0, CHOICE_RANGE}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        entry.modified_ns = cases[i].ns;
        assert_int_equal(choose(&acme, &r, &entry), cases[i].c);
    }
}

static void skips_what_the_worker_would_not_read(void **state UNUSED)
{
    assert_int_equal(choose_key("a/b/x.tmp"), CHOICE_IGNORED);
    struct s3_entry entry = entry_of("a/b/x");
    entry.storage_class = SPAN("DEEP_ARCHIVE");
    assert_int_equal(choose(&acme, &whole, &entry), CHOICE_ARCHIVED);
    entry.storage_class = SPAN("GLACIER");
    assert_int_equal(choose(&acme, &whole, &entry), CHOICE_ARCHIVED);
    entry.storage_class = SPAN("GLACIER_IR"); /* readable at once */
    assert_int_equal(choose(&acme, &whole, &entry), CHOICE_TAKEN);
    entry = entry_of("a/b/folder/");
    entry.size = 0;
    assert_int_equal(choose(&acme, &whole, &entry), CHOICE_FOLDER);
    entry.key = whole.below;
    assert_int_equal(choose(&acme, &whole, &entry), CHOICE_FOLDER);
}

static void refuses_keys_that_no_notification_can_name(void **state UNUSED)
{
    char key[1100] = "a/b/";
    memset(key + 4, 'x', 1021);
    assert_int_equal(choose_key(key), CHOICE_UNREADABLE);
    assert_int_equal(choose_key("a/b/\xff"), CHOICE_UNREADABLE);
}

static void counts_requests_and_dollars(void **state UNUSED)
{
    struct tally t = {.bytes = 0};
    struct s3_entry entry = entry_of("a/b/x");
    for (int i = 0; i < 25; i++) {
        tally_add(&t, CHOICE_TAKEN, &entry);
    }
    tally_add(&t, CHOICE_IGNORED, &entry);
    assert_int_equal(t.bytes, 250);
    assert_int_equal(tally_all(&t), 26);
    struct estimate e = estimate_of(&t, true);
    assert_int_equal(e.lists, 2);
    assert_int_equal(e.sends, 3);
    assert_int_equal(e.asks, 3);
    assert_int_equal(e.gets, 25);
    assert_int_equal(estimate_of(&t, false).lists, 0);
    t = (struct tally){.objects[CHOICE_TAKEN] = 1000000};
    e = estimate_of(&t, true);
    assert_true(e.dollars > 0.56 && e.dollars < 0.58);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_keys_below_the_prefix_only),
        cmocka_unit_test(a_range_below_the_prefix_takes_no_other_keys),
        cmocka_unit_test(a_range_of_time_has_its_begin_and_not_its_end),
        cmocka_unit_test(skips_what_the_worker_would_not_read),
        cmocka_unit_test(refuses_keys_that_no_notification_can_name),
        cmocka_unit_test(counts_requests_and_dollars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
