/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "onboard/difference.h"
#include "onboard/outputs.h"

#define LIST                                                                                       \
    "[{\"OutputKey\": \"Other\", \"OutputValue\": \"x\"},"                                         \
    " {\"OutputKey\": \"RoleArn\", \"OutputValue\": \"arn:r\"},"                                   \
    " {\"OutputKey\": \"ExternalId\", \"OutputValue\": \"id\"}]"

static const char only_the_list[] = LIST;

static void the_outputs_of_both_tools_are_read(void **state UNUSED)
{
    static const char *const forms[] = {
        "{\"Stacks\": [{\"StackName\": \"s\", \"Outputs\": " LIST "}]}",
        "{\"Outputs\": " LIST "}",
        only_the_list,
        "{\"RoleArn\": {\"sensitive\": false, \"type\": \"string\", \"value\": \"arn:r\"},"
        " \"ExternalId\": {\"value\": \"id\"}}",
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct outputs out;
        struct err e = {0};
        assert_int_equal(outputs_read(span_str(forms[i]), &out, &e), FAIL_NONE);
        assert_string_equal(out.role_arn, "arn:r");
        assert_string_equal(out.external_id, "id");
    }
}

static void what_has_no_role_is_refused(void **state UNUSED)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"{}", "has no output RoleArn"},
        {"{\"RoleArn\": {\"value\": 7}}", "has no output RoleArn"},
        {"{\"RoleArn\": \"arn:r\"}", "has no output RoleArn"},
        {"{\"Stacks\": [{}, {}]}", "has several stacks"},
        {"RoleArn = x", "JSON"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct outputs out;
        struct err e = {0};
        assert_int_equal(outputs_read(span_str(cases[i].text), &out, &e), FAIL_DATA);
        assert_non_null(strstr(e.text, cases[i].part));
    }
}

static void assert_difference(const char *before, const char *after, const char *want)
{
    struct buf out = BUF_INIT(1 << 16);
    difference_add(&out, span_str(before), span_str(after));
    assert_span_equal(buf_span(&out), span_str(want));
    buf_done(&out);
}

static void a_difference_has_the_lines_that_only_one_text_has(void **state UNUSED)
{
    assert_difference("a\nb\nc\n", "a\nb\nc\n", "");
    assert_difference("a\nb\nc\n", "a\nx\nc\nd\n", "- b\n+ x\n+ d\n");
    assert_difference("", "a", "+ a\n");
    assert_difference("a\n", "", "- a\n");
    assert_difference("a\n\x1b[31m\n", "a\n", "- ?[31m\n");
}

static void a_long_text_is_compared_to_its_end(void **state UNUSED)
{
    struct buf a = BUF_INIT(1 << 16);
    struct buf b = BUF_INIT(1 << 16);
    struct buf out = BUF_INIT(1 << 17);
    for (int i = 0; i < 2 * DIFFERENCE_LINES; i++) {
        buf_add(&a, SPAN("x\n"));
        buf_add(&b, SPAN("x\n"));
    }
    buf_add(&b, SPAN("y\n"));
    difference_add(&out, buf_span(&a), buf_span(&b));
    assert_true(out.n > 0);
    buf_done(&a);
    buf_done(&b);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_outputs_of_both_tools_are_read),
        cmocka_unit_test(what_has_no_role_is_refused),
        cmocka_unit_test(a_difference_has_the_lines_that_only_one_text_has),
        cmocka_unit_test(a_long_text_is_compared_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
