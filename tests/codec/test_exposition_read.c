/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/exposition.h"
#include "codec/exposition_read.h"

static void reads_what_the_writer_writes(void **state UNUSED)
{
    struct buf page = BUF_INIT(4096);
    struct exposition_label one = {"customer", SPAN("acme")};
    struct exposition_label two[] = {{"customer", SPAN("acme")}, {"reason", SPAN("x")}};
    struct exposition_sample s;
    exposition_family(
        &page, &(struct exposition_family){"a_total", EXPOSITION_COUNTER, "Of {a=\"b\"} 1."});
    exposition_count(&page, "a_total", &one, 1, 42);
    exposition_count(&page, "none", NULL, 0, 7);
    exposition_count(&page, "two", two, 2, 7);
    exposition_seconds(&page, "at_seconds", &one, 1, 1700000000125);
    exposition_seconds(&page, "never_seconds", &one, 1, INT64_MAX);
    struct span rest = buf_span(&page);
    assert_true(exposition_next(&rest, &s));
    assert_true(span_eq(s.name, SPAN("a_total")) && span_eq(s.label, SPAN("customer")) &&
                span_eq(s.of, SPAN("acme")));
    assert_int_equal(s.thousandths, 42000);
    assert_true(exposition_next(&rest, &s));
    assert_true(span_eq(s.name, SPAN("none")) && s.label.n == 0 && s.of.n == 0);
    assert_int_equal(s.thousandths, 7000);
    assert_true(exposition_next(&rest, &s));
    assert_true(span_eq(s.name, SPAN("at_seconds")));
    assert_int_equal(s.thousandths, 1700000000125);
    assert_false(exposition_next(&rest, &s));
    buf_done(&page);
}

static void skips_what_is_no_plain_sample(void **state UNUSED)
{
    static const char *const lines[] = {
        "",
        "{a=\"b\"} 1",
        "x{=\"b\"} 1",
        "x{a=\"\"} 1",
        "x{a=\"b\"}",
        "x{a=\"b\"} ",
        "x{a=\"b\"} .5",
        "x{a=\"b\"} 5.",
        "x{a=\"b\"} 1e3",
        "x{a=\"b\"} -1",
        "x{a=\"b\"} 1.0005x",
        "x{a=\"b\"} 1234567890123456",
        "x{a=\"b\\\"c\"} 1",
        "# x{a=\"b\"} 1",
        "# x 1",
        "x",
        "x ",
        " 1",
        "x 1 2",
    };
    struct exposition_sample s;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct span page = span_str(lines[i]);
        if (exposition_next(&page, &s)) {
            fail_msg("%s", lines[i]);
        }
    }
    struct span page = SPAN("x{a=\"b\"} 1.9999");
    assert_true(exposition_next(&page, &s));
    assert_int_equal(s.thousandths, 1999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_the_writer_writes),
        cmocka_unit_test(skips_what_is_no_plain_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
