/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/control.h"
#include "codec/policy.h"
#include "codec/utf8.h"

static struct buf written = BUF_INIT(16 * 1024);

static struct span access_point; /* of the next policies */

static bool write_policy(const char *region, struct span prefix, bool kms)
{
    struct policy_scope scope = {.partition = partition_of(span_str(region)),
                                 .bucket = SPAN("cust-bucket"),
                                 .prefix = prefix,
                                 .access_point = access_point,
                                 .kms = kms};
    buf_clear(&written);
    return policy_write(&written, &scope);
}

#define GET_LOGS                                                                                   \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":["                \
    "\"s3:GetObject\",\"s3:GetObjectVersion\"],\"Resource\":"

static void allows_one_prefix_and_no_neighbour(void **state UNUSED)
{
    assert_true(write_policy("eu-west-1", SPAN("logs/a"), true));
    assert_span_equal(
        buf_span(&written),
        SPAN(GET_LOGS
             "\"arn:aws:s3:::cust-bucket/logs/a/*\"},{\"Effect\":\"Allow\",\"Action\":"
             "\"s3:ListBucket\",\"Resource\":\"arn:aws:s3:::cust-bucket\",\"Condition\":{"
             "\"StringLike\":{\"s3:prefix\":[\"logs/a\",\"logs/a/*\"]}}},{\"Effect\":\"Allow\","
             "\"Action\":\"kms:Decrypt\",\"Resource\":\"*\",\"Condition\":{\"StringLike\":{"
             "\"kms:ViaService\":\"s3.*.amazonaws.com\"}}}]}"));
}

static void through_an_access_point_it_allows_both(void **state UNUSED)
{
    access_point = SPAN("arn:aws:s3:eu-west-1:444455556666:accesspoint/events");
    assert_true(write_policy("eu-west-1", SPAN("logs/a"), false));
    access_point = SPAN("");
    assert_span_equal(
        buf_span(&written),
        SPAN(GET_LOGS "[\"arn:aws:s3:::cust-bucket/logs/a/*\","
                      "\"arn:aws:s3:eu-west-1:444455556666:accesspoint/events/object/logs/a/*\"]},"
                      "{\"Effect\":\"Allow\",\"Action\":\"s3:ListBucket\",\"Resource\":["
                      "\"arn:aws:s3:::cust-bucket\","
                      "\"arn:aws:s3:eu-west-1:444455556666:accesspoint/events\"],\"Condition\":{"
                      "\"StringLike\":{\"s3:prefix\":[\"logs/a\",\"logs/a/*\"]}}}]}"));
}

static void without_kms_only_that_statement_is_missing(void **state UNUSED)
{
    assert_true(write_policy("eu-west-1", SPAN("logs/a"), false));
    assert_span_equal(buf_span(&written),
                      SPAN(GET_LOGS "\"arn:aws:s3:::cust-bucket/logs/a/*\"},{\"Effect\":\"Allow\","
                                    "\"Action\":\"s3:ListBucket\",\"Resource\":"
                                    "\"arn:aws:s3:::cust-bucket\",\"Condition\":{\"StringLike\":{"
                                    "\"s3:prefix\":[\"logs/a\",\"logs/a/*\"]}}}]}"));
}

static void speaks_of_other_partitions(void **state UNUSED)
{
    assert_true(write_policy("cn-north-1", SPAN("p"), true));
    assert_non_null(strstr(written.p, "arn:aws-cn:s3:::cust-bucket/p/*"));
    assert_non_null(strstr(written.p, "s3.*.amazonaws.com.cn"));
    assert_true(write_policy("us-gov-west-1", SPAN("p"), false));
    assert_non_null(strstr(written.p, "arn:aws-us-gov:s3:::cust-bucket/p/*"));
    assert_null(strstr(written.p, "kms"));
}

static void wildcards_and_variables_in_a_prefix_are_plain_characters(void **state UNUSED)
{
    assert_true(write_policy("eu-west-1", SPAN("a*b?c${aws:username}\"\\\n\xc3\xa9"), false));
    assert_non_null(
        strstr(written.p, "/a${*}b${?}c${$}{aws:username}\\\"\\\\\\u000a\xc3\xa9/*\"}"));
    struct err e = {0};
    struct control_limits limits = {10000, 100};
    OWNED(control) struct control *doc = control_read(buf_span(&written), &limits, &e);
    assert_non_null(doc);
}

static void what_cannot_be_written_becomes_a_star_and_is_said(void **state UNUSED)
{
    static const char *const prefixes[] = {"a/\xe2\x82\xac/b", "a/\x01/b", "a/\xff", "a/\xc4\x80"};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        assert_false(write_policy("eu-west-1", span_str(prefixes[i]), false));
        assert_non_null(strstr(written.p, "arn:aws:s3:::cust-bucket/a/*\"}"));
        assert_non_null(strstr(written.p, "\"s3:prefix\":[\"a/*\"]"));
    }
}

static size_t count_characters(struct span s)
{
    size_t n = 0;
    uint32_t c = 0;
    while (utf8_next(&s, &c)) {
        n++;
    }
    return n;
}

static void never_passes_2048_characters_nor_wastes_them(void **state UNUSED)
{
    char prefix[2000];
    for (size_t n = 1; n < sizeof(prefix) / 2; n++) {
        for (size_t i = 0; i < n; i++) { /* one character of two bytes */
            prefix[2 * i] = '\xc3';
            prefix[2 * i + 1] = '\xa9';
        }
        bool exact = write_policy("eu-west-1", span_of(prefix, 2 * n), true);
        size_t characters = count_characters(buf_span(&written));
        assert_true(characters <= POLICY_CHARACTERS);
        size_t kept = (size_t)(strstr(written.p, "*\"}") - strchr(written.p, '\xc3')) / 2;
        assert_true(exact || kept == n - 1 || characters >= POLICY_CHARACTERS - 4);
        assert_true(exact || n > 400);
    }
}

static int drop(void **state UNUSED)
{
    buf_done(&written);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allows_one_prefix_and_no_neighbour),
        cmocka_unit_test(through_an_access_point_it_allows_both),
        cmocka_unit_test(without_kms_only_that_statement_is_missing),
        cmocka_unit_test(speaks_of_other_partitions),
        cmocka_unit_test(wildcards_and_variables_in_a_prefix_are_plain_characters),
        cmocka_unit_test(what_cannot_be_written_becomes_a_star_and_is_said),
        cmocka_unit_test(never_passes_2048_characters_nor_wastes_them),
    };
    return cmocka_run_group_tests(tests, NULL, drop);
}
