/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/utf8.h"

/*
 * Describe the parts of the bytes: 'c' for a character, 'x' for bytes that one U+FFFD replaces,
 * each with its length.
 */
static void parts(struct span s, char *out)
{
    while (s.n > 0) {
        bool good = false;
        size_t n = utf8_step(s, &good);
        *out++ = good ? 'c' : 'x';
        *out++ = (char)('0' + n);
        s = span_from(s, n);
    }
    *out = '\0';
}

/* The examples of the Unicode Standard, §3.9, tables 3-8 to 3-11. */
static void cuts_what_is_no_character_into_maximal_subparts(void **state UNUSED)
{
    static const struct {
        const char *bytes;
        const char *want;
    } rows[] = {
        {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", "x1x1x1x1x1x1x1x1c1"},
        {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", "x1x1x1x1x1x1x1x1c1"},
        {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", "x1x1x1x1x1c1x1x1c1"},
        {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", "x2x1x3x2c1"},
        {"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x80", "c1c2c3c4"},
        {"\xe2\x82", "x2"},
        {"\xf4\x8f\xbf\xbf\xf4\x90\x80\x80", "c4x1x1x1x1"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char got[64];
        parts(span_str(rows[i].bytes), got);
        assert_string_equal(got, rows[i].want);
    }
}

static void knows_valid_texts_of_any_length(void **state UNUSED)
{
    char text[40];
    for (size_t n = 1; n < sizeof(text); n++) {
        memset(text, 'a', sizeof(text));
        assert_true(utf8_valid(span_of(text, n)));
        for (size_t i = 0; i < n; i++) {
            text[i] = (char)0x80;
            assert_false(utf8_valid(span_of(text, n)));
            text[i] = 'a';
        }
    }
    assert_true(utf8_valid(SPAN("")));
}

static void cuts_where_a_character_ends(void **state UNUSED)
{
    struct span text = SPAN("a\xe2\x82\xac\xf0\x9f\x9a\x80z");
    static const size_t want[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 9, 9};
    for (size_t max = 0; max < sizeof(want) / sizeof(want[0]); max++) {
        assert_int_equal(utf8_cut(text, max).n, want[max]);
    }
}

static void tells_a_character_s_number(void **state UNUSED)
{
    struct span text = SPAN("z\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x80\xff");
    static const uint32_t want[] = {'z', 0xe9, 0x20ac, 0x1f680};
    uint32_t c = 0;
    for (size_t i = 0; i < 4; i++) {
        assert_true(utf8_next(&text, &c));
        assert_int_equal(c, want[i]);
    }
    assert_false(utf8_next(&text, &c));
    assert_int_equal(text.n, 1);
}

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
        for (size_t n = 1; n < rows[i].text.n; n++) { /* truncated */
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
        cmocka_unit_test(cuts_what_is_no_character_into_maximal_subparts),
        cmocka_unit_test(knows_valid_texts_of_any_length),
        cmocka_unit_test(cuts_where_a_character_ends),
        cmocka_unit_test(tells_a_character_s_number),
        cmocka_unit_test(accepts_the_ends_of_every_range),
        cmocka_unit_test(refuses_overlong_forms_surrogates_and_stray_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
