/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "onboard/expected.h"

#define S(n) (INT64_C(1000) * (n))

static void a_cadence_is_read_as_people_say_it(void **state UNUSED)
{
    static const struct {
        const char *text;
        int64_t want;
    } cases[] = {
        {"every 5 minutes", S(300)},
        {"5m", S(300)},
        {"5 min", S(300)},
        {"Every Hour", S(3600)},
        {"hourly", S(3600)},
        {"daily", S(86400)},
        {"every day", S(86400)},
        {"weekly", S(7 * 86400)},
        {" 1.5 hours ", S(5400)},
        {"1s", S(1)},
        {"31 days", S(31 * 86400)},
        {"", 0},
        {"every", 0},
        {"5", 0},
        {"0 minutes", 0},
        {"0.5s", 0},
        {"32 days", 0},
        {"1.h", 0},
        {"5 minutes each", 0},
        {"-5m", 0},
        {"9999999999h", 0},
        {"999999999 weeks", 0},
        {"5 minutess", 0},
        {"5 abcdefghijklmnopqrstuvwxyz", 0},
        {"every every 5m", 0},
        {"5m\n", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms = 0;
        bool good = expected_cadence(cases[i].text, &ms);
        if (good != (cases[i].want != 0) || (good && ms != cases[i].want)) {
            fail_msg("%s: %d, %lld", cases[i].text, good, (long long)ms);
        }
    }
}

static void a_volume_is_read_as_people_say_it(void **state UNUSED)
{
    static const struct {
        const char *text;
        int64_t want;
    } cases[] = {
        {"2 GB/day", 2000000000},
        {"2GB", 2000000000},
        {"2 GB per day", 2000000000},
        {"2 GB a day", 2000000000},
        {"1.5 GB/day", 1500000000},
        {"10 MB / hour", 240000000},
        {"80 MiB/h", INT64_C(24) * 80 * 1048576},
        {"500 bytes", 500},
        {"1 TB/d", 1000000000000},
        {"", 0},
        {"GB", 0},
        {"2", 0},
        {"2 GB/", 0},
        {"2 GB/week", 0},
        {"2 GB day", 0},
        {"2 GB/day or so", 0},
        {"0 GB", 0},
        {"999999999 TB", 0},
        {"900000 TB/hour", 0},
        {"2 XB", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t bytes = 0;
        bool good = expected_volume(cases[i].text, &bytes);
        if (good != (cases[i].want != 0) || (good && bytes != cases[i].want)) {
            fail_msg("%s: %d, %lld", cases[i].text, good, (long long)bytes);
        }
    }
}

static void assert_written(bool cadence, const char *text, const char *want)
{
    struct buf out = BUF_INIT(100);
    expected_write(cadence, text, &out);
    assert_string_equal(out.p, want);
    buf_done(&out);
}

static void an_entry_has_the_units_of_the_configuration(void **state UNUSED)
{
    assert_written(true, "every 5 minutes", "\"5m\"");
    assert_written(true, "1.5 hours", "\"90m\"");
    assert_written(false, "2 GB/day", "\"2GB\"");
    assert_written(false, "1.5 GB/day", "\"1500MB\"");
    assert_written(false, "80 MiB/h", "\"1920MiB\"");
    assert_written(false, "501 bytes", "\"501B\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cadence_is_read_as_people_say_it),
        cmocka_unit_test(a_volume_is_read_as_people_say_it),
        cmocka_unit_test(an_entry_has_the_units_of_the_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
