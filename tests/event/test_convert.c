/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "event/map/convert.h"

#include <stdio.h>

/* An integer gives the same result as its digits. */
static void an_integer_is_as_its_digits(void **state)
{
    (void)state;
    struct arena arena = ARENA_INIT;
    char digits[24];
    uint64_t v = 1;
    for (int i = 0; i < 4000; i++) {
        v = v * 6364136223846793005U + 1442695040888963407U;
        int64_t n = (int64_t)(v >> v % 64) * (i % 2 == 0 ? 1 : -1);
        (void)snprintf(digits, sizeof(digits), "%lld", (long long)n);
        for (int64_t per = 1; per <= 1000000; per *= 1000000) {
            struct span text;
            arena_clear(&arena);
            assert_true(convert_whole(&arena, span_str(digits), per, &text));
            assert_span_equal(convert_integer(&arena, n, per), text);
        }
    }
    arena_done(&arena);
}

/* A double has no integers above 2^53, and 0.49999999999999994 + 0.5 is 1. */
static void a_fraction_or_an_exponent_is_rounded_exactly(void **state)
{
    static const struct {
        const char *text, *want, *want_ms; /* "": no whole number */
    } cases[] = {
        {"9007199254740991.0", "9007199254740991", "9007199255"},
        {"4503599627370497.0", "4503599627370497", "4503599627"},
        {"-4503599627370497.0", "-4503599627370497", "-4503599627"},
        {"0.49999999999999994", "0", "0"},
        {"-0.49999999999999994", "0", "0"},
        {"0.5", "1", "0"},
        {"-0.5", "0", "0"},
        {"-0.50000000000000000000000001", "-1", "0"},
        {"-1.5", "-1", "0"},
        {"-2.51", "-3", "0"},
        {"2.5", "3", "0"},
        {"0.0", "0", "0"},
        {"0e99999999999999999999", "0", "0"},
        {"1e-99999999999999999999", "0", "0"},
        {"1e400", "", ""},
        {"9.007199254740993e15", "9007199254740993", "9007199255"},
        {"90071992547409930e-1", "9007199254740993", "9007199255"},
        {"123456e-3", "123", "0"},
        {"1500000.0", "1500000", "2"},
        {"499999.99999999999999999", "500000", "0"},
        {"500000.0", "500000", "1"},
        {"-500000.0", "-500000", "0"},
        {"-500000.1", "-500000", "-1"},
        {"5e5", "500000", "1"},
        {"9223372036854775807", "9223372036854775807", "9223372036855"},
        {"9223372036854775807.4", "9223372036854775807", "9223372036855"},
        {"9223372036854775807.5", "", "9223372036855"},
        {"9223372036854775808", "", "9223372036855"},
        {"18446744073709551615", "", "18446744073710"},
        {"-9223372036854775808", "-9223372036854775808", "-9223372036855"},
        {"-9223372036854775808.5", "-9223372036854775808", "-9223372036855"},
        {"-9223372036854775808.6", "", "-9223372036855"},
        {"-9223372036854775809", "", "-9223372036855"},
        {"9.2233720368547758e18", "9223372036854775800", "9223372036855"},
        {"9.3e18", "", "9300000000000"},
        {"1.", "", ""},
        {"0x10", "", ""},
    };
    (void)state;
    struct arena arena = ARENA_INIT;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int ms = 0; ms < 2; ms++) {
            struct span got = SPAN("");
            const char *want = ms ? cases[i].want_ms : cases[i].want;
            arena_clear(&arena);
            bool ok = convert_whole(&arena, span_str(cases[i].text), ms ? 1000000 : 1, &got);
            assert_int_equal(ok, *want != '\0');
            assert_span_equal(got, span_str(want));
        }
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_integer_is_as_its_digits),
        cmocka_unit_test(a_fraction_or_an_exponent_is_rounded_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
