/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/fault.h"

#include <stdio.h>

static struct fault read(int status, const char *head, const char *body)
{
    struct fault f;
    fault_read(&f, status, span_str(head), span_str(body));
    return f;
}

static void reads_errors_of_s3(void **state UNUSED)
{
    struct fault f = read(403, "x-amz-request-id: R\nx-amz-id-2: H\n",
                          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied"
                          "</Code><Message>no &lt;kms:Decrypt&gt;</Message><RequestId>other"
                          "</RequestId><HostId>other</HostId></Error>");
    assert_string_equal(f.code, "AccessDenied");
    assert_string_equal(f.message, "no <kms:Decrypt>");
    assert_string_equal(f.request_id, "R");
    assert_string_equal(f.host_id, "H");
    assert_true(f.kms);
}

static void reads_errors_of_sts(void **state UNUSED)
{
    struct fault f =
        read(403, "",
             "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>"
             "<Type>Sender</Type><Code>AccessDenied</Code><Message>User: x</Message>"
             "</Error><RequestId>R</RequestId></ErrorResponse>");
    assert_string_equal(f.code, "AccessDenied");
    assert_string_equal(f.message, "User: x");
    assert_string_equal(f.request_id, "R");
    f = read(403, "", "{\"Error\":{\"Code\":\"AccessDenied\",\"Message\":\"m\"}}");
    assert_string_equal(f.code, "AccessDenied");
    assert_string_equal(f.message, "m");
}

static void reads_errors_of_sqs(void **state UNUSED)
{
    struct fault f =
        read(400,
             "x-amzn-RequestId: R\n"
             "x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue;Sender\n",
             "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\",\"message\":\"gone\"}");
    assert_string_equal(f.code, "QueueDoesNotExist");
    assert_string_equal(f.query_code, "AWS.SimpleQueueService.NonExistentQueue");
    assert_string_equal(f.message, "gone");
    assert_string_equal(f.request_id, "R");
    f = read(400, "", "{\"__type\":\"a#B:http://x/\",\"Message\":\"m\"}");
    assert_string_equal(f.code, "B");
    assert_string_equal(f.message, "m");
    f = read(400, "X-Amzn-Errortype: x#ThrottlingException:\n", "not what it should be");
    assert_string_equal(f.code, "ThrottlingException");
    f = read(400, "x-amzn-query-error: OverLimit;Sender\n", "");
    assert_string_equal(f.code, "OverLimit");
}

static void survives_garbage(void **state UNUSED)
{
    const char *const bodies[] = {
        "",
        "<",
        "<html><body>502 Bad Gateway</body></html>",
        "{",
        "{}",
        "[1]",
        "{\"__type\":5}",
        "{\"Error\":[]}",
        "<Error/>",
        "null",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><Error><Code>&b;</Code></Error>"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct fault f = read(502, "", bodies[i]);
        assert_string_equal(f.code, "");
        assert_int_equal(fault_find(&f, NULL, 0)->kind, FAIL_AGAIN);
    }
    struct fault f = read(400, "", "{\"__type\":\"\\u0001\\n\\u0000x\",\"message\":\"a\\r\\nb\"}");
    assert_string_equal(f.code, "???x");
    assert_string_equal(f.message, "a??b");
}

static void keeps_the_text_of_a_page_that_is_not_of_aws(void **state UNUSED)
{
    struct fault f =
        read(502, "", "<html><head></head><body>\n 502 <b>Bad</b>\n Gateway</body></html>");
    assert_string_equal(f.message, "502 Bad Gateway");
    f = read(503, "", "upstream \x01 is down\r\ntry later\n");
    assert_string_equal(f.message, "upstream is down try later");
    f = read(502, "", "nicht verf\xc3\xbcgbar");
    assert_string_equal(f.message, "nicht verf\xc3\xbcgbar");
    f = read(502, "", "nicht verf\xfcgbar"); /* Latin-1 */
    assert_string_equal(f.message, "nicht verf?gbar");
    f = read(500, "", "[1]");
    assert_string_equal(f.message, "[1]");
    f = read(500, "", "<a<b<c");
    assert_string_equal(f.message, "");
    f = read(403, "", "<Error><Code>AccessDenied</Code></Error>");
    assert_string_equal(f.message, "");
}

static void takes_regions_only_if_they_can_be_ones(void **state UNUSED)
{
    struct fault f =
        read(301, "x-amz-bucket-region: eu-west-1\n", "<Error><Region>x</Region></Error>");
    assert_string_equal(f.region, "eu-west-1");
    f = read(400, "", "<Error><Region>eu-central-1</Region></Error>");
    assert_string_equal(f.region, "eu-central-1");
    f = read(400, "x-amz-bucket-region: evil.com/\n", "");
    assert_string_equal(f.region, "");
    f = read(400, "x-amz-bucket-region: a23456789012345678901234567890123\n", "");
    assert_string_equal(f.region, "");
}

static enum err_kind kind(int status, const char *code)
{
    static const struct fault_rule rules[] = {{"Special", 0, FAIL_ARCHIVED, 0},
                                              {"Only404", 404, FAIL_GONE, 0},
                                              {"KMS.*", 0, FAIL_KMS, 0},
                                              {NULL, 410, FAIL_GONE, 0}};
    struct fault f = {.status = status};
    err_copy(f.code, sizeof(f.code), span_str(code));
    return fault_find(&f, rules, 4)->kind;
}

static void looks_in_own_rules_then_common_ones_then_at_the_status(void **state UNUSED)
{
    assert_int_equal(kind(400, "Special"), FAIL_ARCHIVED);
    assert_int_equal(kind(400, "KMS.DisabledException"), FAIL_KMS);
    assert_int_equal(kind(404, "Only404"), FAIL_GONE);
    assert_int_equal(kind(403, "Only404"), FAIL_DENIED);
    assert_int_equal(kind(410, "AccessDenied"), FAIL_GONE);
    assert_int_equal(kind(400, "AccessDeniedException"), FAIL_DENIED);
    assert_int_equal(kind(400, "ThrottlingException"), FAIL_THROTTLED);
    assert_int_equal(kind(503, "SlowDown"), FAIL_THROTTLED);
    assert_int_equal(kind(400, "RequestTimeout"), FAIL_AGAIN);
    assert_int_equal(kind(403, "RequestTimeTooSkewed"), FAIL_SKEW);
    assert_int_equal(kind(403, ""), FAIL_DENIED);
    assert_int_equal(kind(429, ""), FAIL_THROTTLED);
    assert_int_equal(kind(500, ""), FAIL_AGAIN);
    assert_int_equal(kind(503, "Unheard"), FAIL_AGAIN);
    assert_int_equal(kind(400, "Unheard"), FAIL_CONFIG);
    assert_int_equal(kind(302, ""), FAIL_CONFIG);
    assert_int_equal(kind(0, ""), FAIL_AGAIN);
}

static void knows_the_old_spelling_too(void **state UNUSED)
{
    static const struct fault_rule rules[] = {
        {"AWS.SimpleQueueService.NonExistentQueue", 0, FAIL_GONE, 0}};
    struct fault f =
        read(400, "x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue;Sender\n",
             "{\"__type\":\"QueueDoesNotExist\"}");
    assert_int_equal(fault_find(&f, rules, 1)->kind, FAIL_GONE);
}

/* The action is at its end, and the worker's own words before it are long. */
static void the_service_s_text_is_not_cut_off(void **state UNUSED)
{
    static const char text[] =
        "User: arn:aws:sts::123456789012:assumed-role/asymptote-s3-read-f02961cf/"
        "asymptote-ingest-acme is not authorized to perform: kms:Decrypt on resource: "
        "arn:aws:kms:eu-west-1:123456789012:key/3446b189-3e0e-4e81-959c-f82228c94c5c because no "
        "resource-based policy allows the kms:Decrypt action";
    char body[1024];
    struct err e = {0};
    (void)snprintf(body, sizeof(body),
                   "<Error><Code>AccessDenied</Code><Message>%s</Message></Error>", text);
    struct fault f = read(403, "", body);
    (void)fault_set(&e, FAIL_KMS, &f);
    (void)err_wrap(&e,
                   "KMS key arn:aws:kms:eu-west-1:123456789012:key/"
                   "3446b189-3e0e-4e81-959c-f82228c94c5c refused; look at the key policy of that "
                   "key, and at kms:Decrypt in the policy of the customer's role");
    assert_non_null(strstr(e.text, text));
}

static void tells_it_in_one_line(void **state UNUSED)
{
    struct err e;
    struct fault f = read(403, "x-amz-request-id: R\nx-amz-id-2: H\n",
                          "<Error><Code>C</Code><Message>M</Message></Error>");
    assert_int_equal(fault_set(&e, FAIL_DENIED, &f), FAIL_DENIED);
    assert_string_equal(e.text, "HTTP 403 C; the service's text: M");
    assert_string_equal(e.code, "C");
    assert_string_equal(e.request_id, "R");
    assert_string_equal(e.host_id, "H");
    assert_int_equal(e.status, 403);
    f = read(502, "", "");
    assert_int_equal(fault_set(&e, FAIL_AGAIN, &f), FAIL_AGAIN);
    assert_string_equal(e.text, "HTTP 502");
    assert_string_equal(e.request_id, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_errors_of_s3),
        cmocka_unit_test(reads_errors_of_sts),
        cmocka_unit_test(reads_errors_of_sqs),
        cmocka_unit_test(survives_garbage),
        cmocka_unit_test(keeps_the_text_of_a_page_that_is_not_of_aws),
        cmocka_unit_test(takes_regions_only_if_they_can_be_ones),
        cmocka_unit_test(looks_in_own_rules_then_common_ones_then_at_the_status),
        cmocka_unit_test(knows_the_old_spelling_too),
        cmocka_unit_test(the_service_s_text_is_not_cut_off),
        cmocka_unit_test(tells_it_in_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
