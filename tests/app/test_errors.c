/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "app/errors.h"
#include "codec/s3_answer.h"
#include "codec/sqs_json.h"
#include "codec/sts_xml.h"
#include "settle/outcome.h"
#include "slurp.h"

enum { TEXT_BYTES = 1024 * 1024 };

static void the_page_in_the_tree_is_current(void **state UNUSED)
{
    struct buf want = BUF_INIT(TEXT_BYTES);
    struct buf got = BUF_INIT(TEXT_BYTES);
    errors_text(&want, ERRORS_MARKDOWN);
    slurp(PROJECT_SOURCE "/docs/errors.md", &got);
    if (!span_eq(buf_span(&got), buf_span(&want))) {
        fail_msg("docs/errors.md is out of date: scripts/pages");
    }
    buf_done(&want);
    buf_done(&got);
}

static void the_manual_is_current(void **state UNUSED)
{
    struct buf want = BUF_INIT(TEXT_BYTES);
    struct buf got = BUF_INIT(TEXT_BYTES);
    errors_text(&want, ERRORS_MAN);
    slurp(PROJECT_SOURCE "/docs/asymptote-ingest.1", &got);
    if (memmem(got.p, got.n, want.p, want.n) == NULL) {
        fail_msg("docs/asymptote-ingest.1 is out of date: scripts/pages");
    }
    buf_done(&want);
    buf_done(&got);
}

static void every_row_is_a_line(void **state UNUSED)
{
    struct buf text = BUF_INIT(TEXT_BYTES);
    errors_text(&text, ERRORS_TEXT);
    size_t lines = 0;
    for (size_t i = 0; i < text.n; i++) {
        lines += text.p[i] == '\n' ? 1 : 0;
    }
    size_t rows = 0;
    size_t advised = 0;
    (void)outcome_rules(&rows);
    (void)outcome_codes(&advised);
    size_t codes =
        s3_rule_count + sts_rule_count + sqs_rule_count + fault_common_count + fault_status_count;
    assert_int_equal(lines, rows + 1 + advised + codes + 2);
    assert_non_null(strstr(text.p, "\nS3      NoSuchKey                          any   gone"));
    assert_non_null(strstr(text.p, "\nSTS     IDPRejectedClaim                   any   denied"));
    assert_non_null(strstr(text.p, "\nrole      denied      0     later  15m         paused"));
    assert_non_null(strstr(text.p, "KMS.DisabledException        read again after the delay; ena"));
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_in_the_tree_is_current),
        cmocka_unit_test(the_manual_is_current),
        cmocka_unit_test(every_row_is_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
