/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/utf8.h"

static void accepts_the_ends_of_every_range(void **state UNUSED)
{
    static const struct {
        struct span text;
        uint32_t character;
    } rows[] = {
        {{"\0", 1}, 0},
        {{"\x7f", 1}, 0x7f},
        {{"\xc2\x80", 2}, 0x80},
        {{"\xdf\xbf", 2}, 0x7ff},
        {{"\xe0\xa0\x80", 3}, 0x800},
        {{"\xed\x9f\xbf", 3}, 0xd7ff},
        {{"\xee\x80\x80", 3}, 0xe000},
        {{"\xef\xbf\xbf", 3}, 0xffff},
        {{"\xf0\x90\x80\x80", 4}, 0x10000},
        {{"\xf4\x8f\xbf\xbf", 4}, 0x10ffff},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span s = rows[i].text;
        uint32_t c = 0;
        assert_true(utf8_next(&s, &c));
        assert_int_equal(c, rows[i].character);
        assert_int_equal(s.n, 0);
        for (size_t n = 1; n < rows[i].text.n; n++) { /* cut short */
            assert_false(utf8_valid(span_of(rows[i].text.p, n)));
        }
    }
    assert_true(utf8_valid(SPAN("")));
}

static void refuses_overlong_forms_surrogates_and_stray_bytes(void **state UNUSED)
{
    static const char *const bad[] = {
        "\x80",         "\xbf",         "\xc0\xaf",         "\xc1\xbf",         "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xff",         "a\xc3(",       "\xe2\x82(",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(utf8_valid(span_str(bad[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_the_ends_of_every_range),
        cmocka_unit_test(refuses_overlong_forms_surrogates_and_stray_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
