/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "conf/placeholder.h"

struct pair {
    const char *value;
    const char *found;
};

static void finds_what_was_left_of_an_example(void **state UNUSED)
{
    static const struct pair pairs[] = {
        {"EXTERNAL_ID", "EXTERNAL_ID"},
        {"YOUR_EXTERNAL_ID", "YOUR_EXTERNAL_ID"},
        {"your_external_id", "your_external_id"},
        {"YOUR-ID", "YOUR-ID"},
        {"your-bucket", "your-bucket"},
        {"your-bucket-name", "your-bucket-name"},
        {"s3://YOUR_BUCKET/a/b", "YOUR_BUCKET"},
        {"arn:aws:iam::444455556666:role/ROLE_NAME", "ROLE_NAME"},
        {"arn:aws:iam::ACCOUNT_ID:role/read", "ACCOUNT_ID"},
        {"https://sqs.eu-west-1.amazonaws.com/111122223333/QUEUE_NAME", "QUEUE_NAME"},
        {"broker1:9092,YOUR_BROKER:9092", "YOUR_BROKER"},
        {"<external id>", "<external id>"},
        {"arn:aws:iam::<account>:role/read", "<account>"},
        {"${EXTERNAL_ID}", "${EXTERNAL_ID}"},
        {"$BUCKET", "$BUCKET"},
        {"arn:aws:iam::$CUSTOMER_ACCOUNT:role/read", "$CUSTOMER_ACCOUNT"},
        {"CHANGEME", "CHANGEME"},
        {"change-me", "change-me"},
        {"Replace_Me", "Replace_Me"},
        {"XXX", "XXX"},
        {"XXXXXXXX", "XXXXXXXX"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_span_equal(conf_placeholder(span_str(pairs[i].value)), span_str(pairs[i].found));
    }
}

static void accepts_what_a_user_can_mean(void **state UNUSED)
{
    static const char *const values[] = {
        "",
        "bucket",
        "acme-bucket",
        "your-company-logs",
        "yours",
        "myYOUR_BUCKET",
        "BUCKET",
        "REGION",
        "logs/ACCOUNT/2026",
        "EXTERNAL_ID_7f14",
        "id-of-EXTERNAL",
        "123456789012",
        "111122223333",
        "arn:aws:iam::444455556666:role/asymptote-s3-read",
        "3f0c6b0e-8d5a-4f7e-9c51-0d3e6a2b7f14",
        "{customer}-events",
        "{customer}",
        "http://{bucket}.s3.localhost:9000",
        "a<b",
        "a>b<c",
        "<>",
        "a<1>",
        "$",
        "$5",
        "a$b",
        "logs/$year",
        "${",
        "${}",
        "XX",
        "xxx",
        "f\xc3\xbcnf/\xe6\x97\xa5",
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        assert_span_equal(conf_placeholder(span_str(values[i])), SPAN(""));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_left_of_an_example),
        cmocka_unit_test(accepts_what_a_user_can_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
