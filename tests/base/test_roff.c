/* SPDX-License-Identifier: Apache-2.0 */
#include "base/roff.h"

#include "testing.h"

static void assert_text(const char *text, const char *want)
{
    struct buf out = BUF_INIT(1000);
    roff_text(&out, text);
    assert_string_equal(out.p, want);
    buf_done(&out);
}

static void a_text_is_neither_request_nor_escape(void **state UNUSED)
{
    assert_text("plain", "plain\n");
    assert_text("a\\nb --all", "a\\enb \\-\\-all\n");
    assert_text(".TH x\n'y\nz.", "\\&.TH x\n\\&'y\nz.\n");
}

static void marks_become_bold(void **state UNUSED)
{
    assert_text("give `-c FILE`, **must** be", "give \\fB\\-c FILE\\fR, \\fBmust\\fR be\n");
}

static void an_empty_line_begins_a_paragraph(void **state UNUSED)
{
    assert_text("one\ntwo\n\n.three\n", "one\ntwo\n.PP\n\\&.three\n");
}

static void a_page_begins_with_its_name(void **state UNUSED)
{
    struct buf out = BUF_INIT(1000);
    roff_head(&out, "X", 5, "x-y", "what it is");
    assert_string_equal(out.p, ".TH X 5 \"\" \"asymptote-ingest\" \"asymptote-ingest\"\n"
                               ".SH NAME\nx\\-y \\- what it is\n");
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_neither_request_nor_escape),
        cmocka_unit_test(marks_become_bold),
        cmocka_unit_test(an_empty_line_begins_a_paragraph),
        cmocka_unit_test(a_page_begins_with_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
