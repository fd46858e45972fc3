/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/http_fields.h"

#include <time.h>

static void finds_fields_in_any_case(void **state UNUSED)
{
    struct span head =
        SPAN("ETag: \"a\"\nx-amz-id-2:\t b \r\nX-AMZ-ID: c\nEmpty:\nETag: d\nlast: e");
    assert_span_equal(http_fields_find(head, "etag"), SPAN("\"a\""));
    assert_span_equal(http_fields_find(head, "X-Amz-Id-2"), SPAN("b"));
    assert_span_equal(http_fields_find(head, "x-amz-id"), SPAN("c"));
    assert_span_equal(http_fields_find(head, "empty"), SPAN(""));
    assert_span_equal(http_fields_find(head, "last"), SPAN("e"));
    assert_span_equal(http_fields_find(head, "tag"), SPAN(""));
    assert_span_equal(http_fields_find(SPAN(""), "etag"), SPAN(""));
    assert_span_equal(http_fields_find(SPAN("\n\n:\n"), ""), SPAN(""));
}

static void reads_numbers_to_the_limit(void **state UNUSED)
{
    int64_t n = 0;
    assert_true(http_fields_number(SPAN("0"), &n) && n == 0);
    assert_true(http_fields_number(SPAN("9223372036854775807"), &n) && n == INT64_MAX);
    const char *const bad[] = {
        "", "-1", "+1", " 1", "1 ", "1a", "9223372036854775808", "99999999999999999999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(http_fields_number(span_str(bad[i]), &n));
    }
}

static void reads_the_date_that_it_wrote(void **state UNUSED)
{
    for (int64_t want = 0; want < 253402300800; want += 86400 * 13 + 3661) {
        char text[64];
        struct tm t;
        time_t at = (time_t)want;
        int64_t got = -1;
        assert_non_null(gmtime_r(&at, &t));
        assert_int_equal(strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &t), 29);
        assert_true(http_fields_date(span_str(text), &got));
        assert_int_equal(got, want);
    }
}

static void refuses_what_is_no_date(void **state UNUSED)
{
    const char *const bad[] = {"",
                               "Sun, 06 Nov 1994 08:49:37 UTC",
                               "Sun, 06 Nov 1994 24:49:37 GMT",
                               "Sun, 06 Nox 1994 08:49:37 GMT",
                               "Sun, 32 Nov 1994 08:49:37 GMT",
                               "Sun, 06-Nov-1994 08:49:37 GMT",
                               "Sun, 6 Nov 1994 08:49:37 GMT ",
                               "Sun, 06 Nov 1894 08:49:37 GMT",
                               "1994-11-06T08:49:37Z"};
    int64_t got = 0;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(http_fields_date(span_str(bad[i]), &got));
    }
}

static void reads_content_ranges(void **state UNUSED)
{
    struct content_range r;
    assert_true(http_fields_content_range(SPAN("bytes 5-9/10"), &r));
    assert_true(r.first == 5 && r.last == 9 && r.total == 10);
    assert_true(http_fields_content_range(SPAN("bytes 0-0/*"), &r));
    assert_true(r.first == 0 && r.last == 0 && r.total == -1);
    assert_true(http_fields_content_range(SPAN("bytes */10"), &r));
    assert_true(r.first == -1 && r.last == -1 && r.total == 10);
    const char *const bad[] = {"",
                               "bytes",
                               "bytes 5-9",
                               "bytes 5-4/10",
                               "bytes 5-10/10",
                               "bytes -5/10",
                               "bytes 5-/10",
                               "items 5-9/10",
                               "bytes 5-9/-1",
                               "bytes 5-9/99999999999999999999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(http_fields_content_range(span_str(bad[i]), &r));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_fields_in_any_case),
        cmocka_unit_test(reads_numbers_to_the_limit),
        cmocka_unit_test(reads_the_date_that_it_wrote),
        cmocka_unit_test(refuses_what_is_no_date),
        cmocka_unit_test(reads_content_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
