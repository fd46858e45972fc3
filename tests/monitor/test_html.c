/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "monitor/html.h"

static struct buf out;

static int set_up(void **state UNUSED)
{
    out = (struct buf)BUF_INIT(4096);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    buf_done(&out);
    return 0;
}

static const char *text(struct span in)
{
    buf_clear(&out);
    html_text(&out, in);
    return out.n != 0 ? out.p : "";
}

static void markup_becomes_references(void **state UNUSED)
{
    assert_string_equal(text(SPAN("<b a=\"1\" c='2'>&amp;")),
                        "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;");
    assert_string_equal(text(SPAN("")), "");
    assert_string_equal(text(SPAN("gr\xc3\xbc\xc3\x9f")), "gr\xc3\xbc\xc3\x9f");
}

static void what_is_no_text_is_replaced(void **state UNUSED)
{
    assert_string_equal(text(SPAN("a\x1b[31m\0\xff"
                                  "b")),
                        "a\xef\xbf\xbd[31m\xef\xbf\xbd\xef\xbf\xbd"
                        "b");
    assert_string_equal(text(SPAN("\xe2\x80\xae"
                                  "gpj")),
                        "\xef\xbf\xbdgpj"); /* U+202E */
}

static void a_query_has_only_unreserved_characters(void **state UNUSED)
{
    html_query(&out, SPAN("a-B_9.~ &=<\xc3\xbc"));
    assert_string_equal(out.p, "a-B_9.~%20%26%3D%3C%C3%BC");
}

static const char *duration(int64_t ms)
{
    buf_clear(&out);
    html_duration(&out, ms);
    return out.p;
}

static void durations_have_two_units_at_most(void **state UNUSED)
{
    assert_string_equal(duration(-5), "0 s");
    assert_string_equal(duration(119999), "119 s");
    assert_string_equal(duration(120000), "2 min");
    assert_string_equal(duration(3600000 + 5 * 60000), "1 h 5 min");
    assert_string_equal(duration(INT64_C(86400000) * 4 + 3600000 * 3), "4 d 3 h");
}

static const char *count(uint64_t n)
{
    buf_clear(&out);
    html_count(&out, n);
    return out.p;
}

static void counts_are_scaled(void **state UNUSED)
{
    assert_string_equal(count(0), "0");
    assert_string_equal(count(999), "999");
    assert_string_equal(count(4100), "4.1 k");
    assert_string_equal(count(UINT64_MAX), "18446744.1 T");
    buf_clear(&out);
    html_bytes(&out, 3 * 1024 * 1024);
    assert_string_equal(out.p, "3.0 MiB");
}

static void an_age_has_its_moment(void **state UNUSED)
{
    html_age(&out, INT64_C(1790000000000), INT64_C(1790000030000));
    assert_string_equal(out.p, "<time datetime=\"2026-09-21T14:13:20Z\" "
                               "title=\"2026-09-21T14:13:20Z\">30 s</time>");
    buf_clear(&out);
    html_age(&out, 0, 1);
    assert_string_equal(out.p, "-");
    buf_clear(&out);
    html_age(&out, INT64_MAX, 1); /* a year that no calendar has */
    assert_true(out.n > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(markup_becomes_references, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_text_is_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_query_has_only_unreserved_characters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(durations_have_two_units_at_most, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_are_scaled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_age_has_its_moment, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
