/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "example.h"

#include <stdio.h>

#define KEY_ARN "arn:aws:kms:eu-west-1:444455556666:key/1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"

/* The model with one value set refuses with `want`, which is a whole line; "": it accepts. */
static void assert_refuses(enum model_field f, const char *text, const char *want)
{
    OWNED(model) struct model *m = example_model();
    struct buf problems = BUF_INIT(4096);
    model_set(m, f, span_str(text));
    model_finish(m);
    assert_int_equal(model_check(m, &problems), want[0] == '\0');
    assert_span_equal(buf_span(&problems), span_str(want));
    buf_done(&problems);
}

static void the_example_is_accepted_and_its_role_is_derived(void **state UNUSED)
{
    OWNED(model) struct model *m = example_model();
    assert_refuses(MODEL_FORMAT, "JSONL", "");
    assert_string_equal(model_get(m, MODEL_ROLE),
                        "arn:aws:iam::444455556666:role/asymptote/asymptote-s3-read-01234567");
    assert_string_equal(model_get(m, MODEL_VIA), "s3");
    assert_string_equal(model_get(m, MODEL_VERSIONED), "false");
}

static void a_prefix_is_a_path_or_a_url_of_the_bucket(void **state UNUSED)
{
    static const char *const forms[] = {"asymptote/events",
                                        "/asymptote/events/",
                                        "s3://cust-bucket/asymptote/events/",
                                        "s3://cust-bucket/asymptote/events",
                                        "S3://cust-bucket/asymptote/events",
                                        "s3a://cust-bucket/asymptote/events/",
                                        "arn:aws:s3:::cust-bucket/asymptote/events"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        OWNED(model) struct model *m = example_model();
        model_set(m, MODEL_PREFIX, span_str(forms[i]));
        model_finish(m);
        assert_string_equal(model_get(m, MODEL_PREFIX), "asymptote/events");
        assert_string_equal(model_get(m, MODEL_BUCKET), "cust-bucket");
    }
    assert_refuses(MODEL_PREFIX, "s3://other/asymptote", "prefix: names another bucket\n");
}

static void a_bucket_is_a_name_or_an_address_without_a_path(void **state UNUSED)
{
    static const char *const forms[] = {"s3://cust-bucket", "s3://cust-bucket/",
                                        "arn:aws:s3:::cust-bucket"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        OWNED(model) struct model *m = example_model();
        model_set(m, MODEL_BUCKET, span_str(forms[i]));
        model_finish(m);
        assert_string_equal(model_get(m, MODEL_BUCKET), "cust-bucket");
    }
}

#define NO_PREFIX "is an address; give the path within the bucket, or s3://BUCKET/PATH"

static void prefixes_that_the_customers_side_cannot_have_are_refused(void **state UNUSED)
{
    static const struct {
        const char *prefix, *why;
    } cases[] = {
        {"a/*/b", "has a wildcard; a prefix is read as it is written"},
        {"a?", "has a wildcard; a prefix is read as it is written"},
        {"a/../b", "has '.' or '..' as a part, which clients of S3 remove from a path"},
        {"./a", "has '.' or '..' as a part, which clients of S3 remove from a path"},
        {"a\nb", "has a control character"},
        {"a\x7f", "has a control character"},
        {"\xe6\x97\xa5",
         "has a character that a policy of IAM cannot have (above U+00FF); choose a "
         "prefix without it"},
        {"a\xff", "is not UTF-8"},
        {"a//", "begins or ends with more than one slash, which would be part of the keys"},
        {"//a", "begins or ends with more than one slash, which would be part of the keys"},
        {"s3://cust-bucket/", "is missing"},
        {" asymptote/events", "begins or ends with a blank, which would be part of the keys"},
        {"asymptote%2Fevents",
         "is percent-encoded; write the characters themselves, as in \"a/b c\""},
        {"PREFIX/events", "begins with the placeholder PREFIX, which was not replaced"},
        {"YOUR-PREFIX",
         "the placeholder YOUR-PREFIX was not replaced. For example: asymptote/events"},
        {"<prefix>", "the placeholder <prefix> was not replaced. For example: asymptote/events"},
        {"https://cust-bucket.s3.eu-west-1.amazonaws.com/asymptote/events/", NO_PREFIX},
        {"HTTP://s3.amazonaws.com/cust-bucket/a", NO_PREFIX},
        {"https://eu-west-1.console.aws.amazon.com/s3/buckets/cust-bucket", NO_PREFIX},
        {"arn:aws:sqs:eu-west-1:444455556666:events", NO_PREFIX},
        {"gs://cust-bucket/asymptote", NO_PREFIX},
        {"s3:/cust-bucket/asymptote", NO_PREFIX},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char want[256];
        (void)snprintf(want, sizeof(want), "prefix: %s\n", cases[i].why);
        assert_refuses(MODEL_PREFIX, cases[i].prefix, want);
    }
    assert_refuses(MODEL_PREFIX, "it's $(a) ${b} \"c\" \xc3\xa9/..a/b.", "");
}

static void assert_notes(const char *prefix, const char *want)
{
    OWNED(model) struct model *m = example_model();
    struct buf notes = BUF_INIT(4096);
    model_set(m, MODEL_PREFIX, span_str(prefix));
    model_finish(m);
    model_finish(m); /* again: what was written is still known */
    model_add_notes(m, &notes);
    assert_string_equal(notes.n != 0 ? notes.p : "", want);
    buf_done(&notes);
}

static void prefixes_that_may_not_be_what_was_meant_have_a_note(void **state UNUSED)
{
    assert_notes("asymptote/events/", "");
    assert_notes("s3://cust-bucket/asymptote/events/", "");
    assert_notes("s3://cust-bucket/cust-bucket/events", "");
    assert_notes("cust-bucket-2/events", "");
    assert_notes("/a/b", "prefix: the slash at its beginning was removed: keys begin with a/b/\n");
    assert_notes("cust-bucket/events",
                 "prefix: begins with the bucket's name, which is not a part of keys; if its keys "
                 "do begin so, give s3://cust-bucket/cust-bucket/events\n");
    assert_notes("s3://cust-bucket/a/b.JSONL",
                 "prefix: ends as the name of a file; it is read as a folder, and only keys below "
                 "a/b.JSONL/ are read; if it is a file, give its folder: a\n");
    assert_notes("b.gz", "prefix: ends as the name of a file; it is read as a folder, and only "
                         "keys below b.gz/ are read\n");
}

static void values_that_cannot_work_together_are_refused(void **state UNUSED)
{
    static const struct {
        enum model_field field;
        const char *text, *want;
    } cases[] = {
        {MODEL_KMS_KEY, KEY_ARN, ""},
        {MODEL_KMS_KEY, "arn:aws:kms:us-east-1:444455556666:key/1",
         "kms_key_arn: is of region us-east-1, but region is eu-west-1\n"},
        {MODEL_KMS_KEY, "arn:aws-cn:kms:eu-west-1:444455556666:key/1",
         "kms_key_arn: is of partition aws-cn, but region eu-west-1 is in aws\n"},
        {MODEL_ROLE, "arn:aws:iam::999999999999:role/r",
         "role_arn: is of account 999999999999, but account_id is 444455556666\n"},
        {MODEL_QUEUE_ARN, "arn:aws:sqs:eu-west-2:111122223333:q",
         "queue: is of region eu-west-2, but region is eu-west-1\n"},
        {MODEL_QUEUE_ARN, "arn:aws:sqs:eu-west-1:111122223333:q.fifo",
         "queue_arn: is a FIFO queue, which S3 does not notify; use a standard queue\n"},
        {MODEL_ACCESS_POINT, "arn:aws:s3:eu-west-1:444455556666:accesspoint/events", ""},
        {MODEL_ACCESS_POINT, "arn:aws:s3:eu-west-1:999999999999:accesspoint/events",
         "access_point: is of account 999999999999, but account_id is 444455556666\n"},
        {MODEL_ACCESS_POINT, "arn:aws:s3::444455556666:accesspoint/m.mrap",
         "access_point: is a multi-region access point, which is not supported; name one of a "
         "region\n"},
        {MODEL_WORKER_ROLE, "arn:aws:iam::111122223333:root",
         "worker_role_arn: is not a role's ARN (arn:aws:iam::ACCOUNT:role/NAME)\n"},
        {MODEL_BUCKET, "b--euw1-az1--x-s3",
         "bucket: is a directory bucket, which sends no notifications; use a general purpose "
         "bucket\n"},
        {MODEL_VIA, "mail", "via: is not s3, sns or eventbridge\n"},
        {MODEL_VERSIONED, "yes", "versioned: is not true or false\n"},
        {MODEL_FORMAT, "a\nb", "format: has a control character\n"},
        {MODEL_CADENCE, "often", "cadence: is not a time such as every 5 minutes, 1h or daily\n"},
        {MODEL_VOLUME, "2 GB/week", "volume: is not a volume such as 2 GB/day or 50 MiB/hour\n"},
        {MODEL_ACCOUNT, "4444", "account_id: is not an account id (12 digits)\n"},
        {MODEL_REGION, "eu-west1", "region: is not a region of AWS (like eu-west-1)\n"},
        {MODEL_REGION, "EU", "region: is not a region of AWS (like eu-west-1)\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_refuses(cases[i].field, cases[i].text, cases[i].want);
    }
}

static void a_value_that_follows_from_a_wrong_one_is_not_a_problem_of_its_own(void **state UNUSED)
{
    OWNED(model) struct model *m = example_model();
    struct buf problems = BUF_INIT(4096);
    model_set(m, MODEL_ROLE, SPAN(""));
    model_set(m, MODEL_ACCOUNT, SPAN("1234-5678-9012"));
    model_finish(m);
    assert_false(model_check(m, &problems));
    assert_span_equal(buf_span(&problems), SPAN("account_id: is not an account id (12 digits)\n"));
    buf_done(&problems);
}

static void an_external_id_has_128_random_bits(void **state UNUSED)
{
    OWNED(model) struct model *a = model_new();
    OWNED(model) struct model *b = model_new();
    model_new_external_id(a);
    model_new_external_id(b);
    assert_int_equal(strlen(model_get(a, MODEL_EXTERNAL_ID)), 32);
    assert_string_not_equal(model_get(a, MODEL_EXTERNAL_ID), model_get(b, MODEL_EXTERNAL_ID));
    assert_int_equal(strspn(model_get(a, MODEL_EXTERNAL_ID), "0123456789abcdef"), 32);
}

static void the_file_of_a_customer_is_read_as_it_was_written(void **state UNUSED)
{
    OWNED(model) struct model *m = example_model();
    OWNED(model) struct model *again = model_new();
    struct buf first = BUF_INIT(8192);
    struct buf second = BUF_INIT(8192);
    struct err e = {0};
    model_set(m, MODEL_CADENCE, SPAN("\"every\" 5 \\ minutes \xc3\xa9"));
    model_write(m, &first);
    assert_int_equal(model_read(again, buf_span(&first), &e), FAIL_NONE);
    model_write(again, &second);
    assert_span_equal(buf_span(&second), buf_span(&first));
    buf_done(&first);
    buf_done(&second);
}

static void a_file_with_other_members_is_refused_by_their_name(void **state UNUSED)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"{\"id\": \"a\", \"bukket\": \"b\"}",
         "bukket: is not known; docs/onboard.md lists the members"},
        {"{\"id\": 7}", "id: is not a text"},
        {"{\"id\": \"a\\u0000b\"}", "id: is too long or has a NUL"},
        {"[]", "is not an object"},
        {"{\"id\": \"a\"", "JSON: ends too early"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        OWNED(model) struct model *m = model_new();
        struct err e = {0};
        assert_int_equal(model_read(m, span_str(cases[i].text), &e), FAIL_DATA);
        assert_string_equal(e.text, cases[i].why);
    }
    OWNED(model) struct model *m = model_new();
    struct err e = {0};
    assert_int_equal(model_read(m, SPAN("{\"versioned\": true}"), &e), FAIL_NONE);
    assert_string_equal(model_get(m, MODEL_VERSIONED), "true");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_accepted_and_its_role_is_derived),
        cmocka_unit_test(a_prefix_is_a_path_or_a_url_of_the_bucket),
        cmocka_unit_test(a_bucket_is_a_name_or_an_address_without_a_path),
        cmocka_unit_test(prefixes_that_the_customers_side_cannot_have_are_refused),
        cmocka_unit_test(prefixes_that_may_not_be_what_was_meant_have_a_note),
        cmocka_unit_test(values_that_cannot_work_together_are_refused),
        cmocka_unit_test(a_value_that_follows_from_a_wrong_one_is_not_a_problem_of_its_own),
        cmocka_unit_test(an_external_id_has_128_random_bits),
        cmocka_unit_test(the_file_of_a_customer_is_read_as_it_was_written),
        cmocka_unit_test(a_file_with_other_members_is_refused_by_their_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
