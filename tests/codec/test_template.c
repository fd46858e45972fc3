/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/template.h"

static const struct span names[] = {SPAN_INIT("customer"), SPAN_INIT("event.category")};
static const struct span values[] = {SPAN_INIT("acme"), SPAN_INIT("file")};

static void expands_literals_and_placeholders(void **state UNUSED)
{
    static const struct {
        struct span text, want;
    } cases[] = {
        {SPAN_INIT("{customer}"), SPAN_INIT("acme")},
        {SPAN_INIT("events"), SPAN_INIT("events")},
        {SPAN_INIT("a.{customer}.b"), SPAN_INIT("a.acme.b")},
        {SPAN_INIT("{customer}/{event.category}"), SPAN_INIT("acme/file")},
        {SPAN_INIT("{customer}{customer}!"), SPAN_INIT("acmeacme!")},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err e = {0};
        OWNED(template) struct template *t = template_new(cases[i].text, names, 2, &e);
        assert_non_null(t);
        struct buf out = BUF_INIT(100);
        template_expand(t, values, &out);
        assert_span_equal(buf_span(&out), cases[i].want);
        buf_done(&out);
    }
}

static void refuses_with_a_reason(void **state UNUSED)
{
    static const struct {
        struct span text;
        const char *want;
    } cases[] = {
        {SPAN_INIT(""), "is empty"},
        {SPAN_INIT("a{"), "has a lone '{'"},
        {SPAN_INIT("a}b{customer}"), "has a lone '}'"},
        {SPAN_INIT("{custmer}"), "has an unknown placeholder {custmer}"},
        {SPAN_INIT("{}"), "has an unknown placeholder {}"},
        {SPAN_INIT("{{customer}}"), "has an unknown placeholder {{customer}"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err e = {0};
        assert_null(template_new(cases[i].text, names, 2, &e));
        assert_int_equal(e.kind, FAIL_CONFIG);
        assert_string_equal(e.text, cases[i].want);
    }
}

static void knows_which_placeholders_it_uses(void **state UNUSED)
{
    OWNED(template) struct template *t = template_new(SPAN("x{customer}"), names, 2, NULL);
    assert_non_null(t);
    assert_true(template_uses(t, 0));
    assert_false(template_uses(t, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expands_literals_and_placeholders),
        cmocka_unit_test(refuses_with_a_reason),
        cmocka_unit_test(knows_which_placeholders_it_uses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
