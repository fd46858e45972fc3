/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "event/record/own_id.h"

static void check(const char *id, bool unique)
{
    if (own_id_is_unique(span_str(id)) != unique) {
        fail_msg("\"%s\" is %s", id, unique ? "not unique" : "unique");
    }
}

static void takes_uuids_of_any_version_and_case(void **state UNUSED)
{
    check("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", true);
    check("F81D4FAE-7DEC-41D0-8765-00A0C91E6BF6", true);
    check("01963e0c-5a2d-7c3e-b1f2-0123456789ab", true);
    check("12345678-1234-4234-8234-123456789012", true); /* all digits */
    check("12345678-1234-8234-9234-123456789012", true);
}

static void takes_no_uuid_without_a_version(void **state UNUSED)
{
    check("00000000-0000-0000-0000-000000000000", false);
    check("ffffffff-ffff-ffff-ffff-ffffffffffff", false);
    check("00000000-0000-0000-0000-000000000007", false);
    check("12345678-1234-9234-8234-123456789012", false); /* undefined version */
    check("12345678-1234-4234-7234-123456789012", false); /* another variant */
    check("12345678-12344-234-8234-123456789012", false); /* a hyphen at another place */
    check("123456781234-4234-8234-1234567890123", false);
}

static void takes_ulids_of_this_century(void **state UNUSED)
{
    check("01ARZ3NDEKTSV4RRFFQ69G5FAV", true);
    check("01arz3ndektsv4rrffq69g5fav", true);
    check("01234567890123456789012345", true);  /* all digits, of 2007 */
    check("00000000000000000000000001", false); /* a counter, padded */
    check("00000000001234567890123456", false);
    check("20260511222000123456000001", false); /* a local time and a counter: of the year 4223 */
    check("0123456789012345678901234", false);
    check("012345678901234567890123456", false);
}

static void takes_sixteen_characters_with_digits_and_letters(void **state UNUSED)
{
    check("0123456789abcdef", true);
    check("f81d4fae7dec11d0a76500a0c91e6bf6", true);
    check("toolu_01A09q90qw90", true);
    check("abcdefghijklmno1", true);
    check("123456789012345z", true);
    check("0123456789abcde", false); /* 15 characters */
    check("abcdefghijklmnopqrstuvwxyz", false);
    check("12345678901234567890", false);
    check("1.2.3.4:5678-9012/3456", false);
    check("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
          "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
          "1a",
          true);
    check("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
          "1a",
          false); /* 10 characters of 18 bytes */
}

static void takes_nothing_short(void **state UNUSED)
{
    check("", false);
    check("1", false);
    check("evt-7", false);
    check("unknown", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_uuids_of_any_version_and_case),
        cmocka_unit_test(takes_no_uuid_without_a_version),
        cmocka_unit_test(takes_ulids_of_this_century),
        cmocka_unit_test(takes_sixteen_characters_with_digits_and_letters),
        cmocka_unit_test(takes_nothing_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
