/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/sqs_json.h"

#include <stdio.h>

#define URL "https://sqs.eu-west-1.amazonaws.com/111122223333/ingest"

/* ---- Requests ---- */

static void asks_with_both_spellings_of_the_attribute_list(void **state UNUSED)
{
    struct buf b = BUF_INIT(SQS_REQUEST_BYTES);
    sqs_write_receive(&b, URL, &(struct sqs_receive){10, 20, 120});
    assert_span_equal(
        buf_span(&b),
        SPAN("{\"QueueUrl\":\"" URL "\",\"MaxNumberOfMessages\":10,\"WaitTimeSeconds\":20,"
             "\"VisibilityTimeout\":120,\"MessageSystemAttributeNames\":[\"ApproximateReceiveCount"
             "\",\"SentTimestamp\",\"ApproximateFirstReceiveTimestamp\"],\"AttributeNames\":["
             "\"ApproximateReceiveCount\",\"SentTimestamp\",\"ApproximateFirstReceiveTimestamp\"]"
             "}"));
    buf_done(&b);
}

static void names_batch_entries_by_their_index(void **state UNUSED)
{
    struct buf b = BUF_INIT(SQS_REQUEST_BYTES);
    struct sqs_entry entries[] = {{.receipt_handle = "A\"1", .visibility_s = 0},
                                  {.receipt_handle = "B2", .visibility_s = 300}};
    struct sqs_outgoing messages[] = {{.body = SPAN("{\"x\":1}")}};

    sqs_write_delete(&b, "u", entries, 2);
    assert_span_equal(buf_span(&b),
                      SPAN("{\"QueueUrl\":\"u\",\"Entries\":[{\"Id\":\"0\",\"ReceiptHandle\":"
                           "\"A\\\"1\"},{\"Id\":\"1\",\"ReceiptHandle\":\"B2\"}]}"));
    buf_clear(&b);
    sqs_write_visibility(&b, "u", entries, 2);
    assert_span_equal(buf_span(&b),
                      SPAN("{\"QueueUrl\":\"u\",\"Entries\":[{\"Id\":\"0\",\"VisibilityTimeout\":0,"
                           "\"ReceiptHandle\":\"A\\\"1\"},{\"Id\":\"1\",\"VisibilityTimeout\":300,"
                           "\"ReceiptHandle\":\"B2\"}]}"));
    buf_clear(&b);
    sqs_write_send(&b, "u", messages, 1);
    assert_span_equal(buf_span(&b),
                      SPAN("{\"QueueUrl\":\"u\",\"Entries\":[{\"Id\":\"0\",\"MessageBody\":"
                           "\"{\\\"x\\\":1}\"}]}"));
    buf_done(&b);
}

/* ---- Receive ---- */

static struct sqs_received receive(struct span answer)
{
    struct sqs_received got;
    struct err e = {0};
    assert_int_equal(sqs_read_receive(answer, &got, &e), FAIL_NONE);
    return got;
}

static void receive_done(struct sqs_received *got)
{
    for (size_t i = 0; i < got->count; i++) {
        sqs_message_free(got->messages[i]);
    }
}

static void reads_a_message_and_checks_its_md5(void **state UNUSED)
{
    struct sqs_received got = receive(
        SPAN("{\"Messages\": [{\"MessageId\": \"b9e317bc-9fe0-42bf-99e6-712a31aae635\","
             "\"ReceiptHandle\": \"AQEB\", \"MD5OfBody\": \"1230efd85dff33ae4738ae1795f63c35\","
             "\"Body\": \"{\\\"hello\\\":\\\"w\\u00f6rld \\u00e9 \\ud83d\\ude00\\\"}\","
             "\"Attributes\": {\"SenderId\": \"AIDAIT2UOQQY3AUEKVGXU\", \"SentTimestamp\": "
             "\"1795355943904\", \"ApproximateReceiveCount\": \"3\","
             "\"ApproximateFirstReceiveTimestamp\": \"1795355943928\"},"
             "\"MD5OfMessageAttributes\": \"a512\", \"MessageAttributes\": {\"a\":"
             "{\"StringValue\": \"x\", \"DataType\": \"String\"}}}]}"));
    assert_int_equal(got.count, 1);
    assert_int_equal(got.damaged, 0);
    const struct sqs_message *m = got.messages[0];
    assert_string_equal(m->id, "b9e317bc-9fe0-42bf-99e6-712a31aae635");
    assert_string_equal(m->receipt_handle, "AQEB");
    assert_span_equal(m->body, SPAN("{\"hello\":\"w\xc3\xb6rld \xc3\xa9 \xf0\x9f\x98\x80\"}"));
    assert_int_equal(m->receive_count, 3);
    assert_int_equal(m->sent_ms, 1795355943904);
    assert_int_equal(m->first_receive_ms, 1795355943928);
    receive_done(&got);
}

static void a_message_it_cannot_trust_or_return_is_as_not_received(void **state UNUSED)
{
    struct sqs_received got =
        receive(SPAN("{\"Messages\":[{\"ReceiptHandle\":\"h1\",\"Body\":\"x\",\"MD5OfBody\":"
                     "\"1230efd85dff33ae4738ae1795f63c35\"},{\"Body\":\"no handle\"},"
                     "{\"ReceiptHandle\":\"\",\"Body\":\"x\"},{\"ReceiptHandle\":\"a\\u0000b\","
                     "\"Body\":\"x\"},{\"ReceiptHandle\":\"no body\"},null,"
                     "{\"ReceiptHandle\":\"h2\",\"Body\":\"good\"}]}"));
    assert_int_equal(got.count, 1);
    assert_int_equal(got.damaged, 6);
    assert_string_equal(got.messages[0]->receipt_handle, "h2");
    assert_string_equal(got.messages[0]->id, "");
    assert_int_equal(got.messages[0]->receive_count, 1);
    assert_int_equal(got.messages[0]->sent_ms, 0);
    receive_done(&got);
}

static void knows_the_many_ways_to_say_nothing(void **state UNUSED)
{
    static const char *const nothing[] = {
        "{}", "{\"Messages\":[]}", "{\"Messages\":null}", "", " \n", "{\"Messages\":5}", "[]"};
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        struct sqs_received got = receive(span_str(nothing[i]));
        assert_int_equal(got.count, 0);
        assert_int_equal(got.damaged, 0);
    }
}

static void takes_no_more_messages_than_it_may_have_asked_for(void **state UNUSED)
{
    struct buf b = BUF_INIT(10000);
    buf_add(&b, SPAN("{\"Messages\":["));
    for (int i = 0; i < 12; i++) {
        buf_addf(&b, "%s{\"ReceiptHandle\":\"h%d\",\"Body\":\"\"}", i > 0 ? "," : "", i);
    }
    buf_add(&b, SPAN("]}"));
    struct sqs_received got = receive(buf_span(&b));
    assert_int_equal(got.count, SQS_BATCH);
    assert_int_equal(got.damaged, 2);
    receive_done(&got);
    buf_done(&b);
}

static void an_answer_that_is_no_json_is_worth_another_try(void **state UNUSED)
{
    struct sqs_received got;
    struct err e = {0};
    assert_int_equal(sqs_read_receive(SPAN("<html>proxy</html>"), &got, &e), FAIL_AGAIN);
    assert_int_equal(sqs_read_receive(SPAN("{\"Messages\":[{\"Body\""), &got, &e), FAIL_AGAIN);
    assert_string_equal(e.text, "sqs: answer: JSON: ends too early");
}

/* ---- Batches ---- */

static void reads_a_batch_entry_by_entry(void **state UNUSED)
{
    struct err e = {0};
    struct sqs_entry entries[5] = {{.receipt_handle = "a"}};
    assert_int_equal(
        sqs_read_batch(
            SPAN("{\"Successful\":[{\"Id\":\"0\"}],\"Failed\":["
                 "{\"Id\":\"1\",\"SenderFault\":true,\"Code\":\"ReceiptHandleIsInvalid\","
                 "\"Message\":\"The input receipt handle is invalid.\"},"
                 "{\"Id\":\"2\",\"SenderFault\":false,\"Code\":\"InternalError\"},"
                 "{\"Id\":\"3\",\"SenderFault\":true,\"Code\":\"Unheard.Of\"},"
                 "{\"Id\":\"9\",\"Code\":\"x\"},{\"Id\":\"x\"},{}]}"),
            entries, 5, &e),
        FAIL_NONE);
    assert_int_equal(entries[0].kind, FAIL_NONE);
    assert_int_equal(entries[1].kind, FAIL_LOST);
    assert_int_equal(entries[2].kind, FAIL_AGAIN);
    assert_int_equal(entries[3].kind, FAIL_AGAIN);
    assert_int_equal(entries[4].kind, FAIL_AGAIN); /* not named: unknown result */
    assert_string_equal(e.code, "ReceiptHandleIsInvalid");
    assert_string_equal(e.text, "sqs: The input receipt handle is invalid.");
}

static void failed_wins_over_successful(void **state UNUSED)
{
    struct err e = {0};
    struct sqs_outgoing messages[1] = {{.body = SPAN("x")}};
    assert_int_equal(sqs_read_send(SPAN("{\"Failed\":[{\"Id\":\"0\",\"Code\":\"OverLimit\"}],"
                                        "\"Successful\":[{\"Id\":\"0\"}]}"),
                                   messages, 1, &e),
                     FAIL_NONE);
    assert_int_equal(messages[0].kind, FAIL_THROTTLED);
}

/* ---- Attributes ---- */

static void reads_attributes_and_the_redrive_policy_within(void **state UNUSED)
{
    struct err e = {0};
    struct sqs_attributes a;
    assert_int_equal(
        sqs_read_attributes(
            SPAN("{\"Attributes\":{\"QueueArn\":\"arn:aws:sqs:x\",\"VisibilityTimeout\":\"30\","
                 "\"CreatedTimestamp\":\"1795355943\","
                 "\"MaximumMessageSize\":\"1048576\",\"MessageRetentionPeriod\":\"345600\","
                 "\"ApproximateNumberOfMessages\":\"7\",\"Policy\":\"{\\\"Statement\\\":\\n[]}\","
                 "\"ApproximateNumberOfMessagesNotVisible\":\"3\",\"RedrivePolicy\":"
                 "\"{\\\"deadLetterTargetArn\\\":\\\"arn:aws:sqs:eu:1:dlq\\\","
                 "\\\"maxReceiveCount\\\":5}\"}}"),
            &a, &e),
        FAIL_NONE);
    assert_int_equal(a.visibility_s, 30);
    assert_int_equal(a.retention_s, 345600);
    assert_int_equal(a.created_s, 1795355943);
    assert_int_equal(a.visible, 7);
    assert_int_equal(a.in_flight, 3);
    assert_int_equal(a.max_receive_count, 5);
    assert_string_equal(a.dead_letter_arn, "arn:aws:sqs:eu:1:dlq");
    assert_string_equal(a.arn, "arn:aws:sqs:x");
    assert_string_equal(a.policy, "{\"Statement\":\n[]}");

    assert_int_equal(sqs_read_attributes(SPAN("{\"Attributes\":{\"RedrivePolicy\":\"{"
                                              "\\\"maxReceiveCount\\\":\\\"9\\\"}\"}}"),
                                         &a, &e),
                     FAIL_NONE);
    assert_int_equal(a.max_receive_count, 9);
    assert_int_equal(a.retention_s, -1);
    assert_int_equal(a.visible, -1);
    assert_int_equal(a.in_flight, -1);
    assert_int_equal(sqs_read_attributes(SPAN("{\"Attributes\":{\"RedrivePolicy\":\"{{\","
                                              "\"VisibilityTimeout\":\"99999999999\"}}"),
                                         &a, &e),
                     FAIL_NONE);
    assert_int_equal(a.max_receive_count, -1); /* there is a policy, but which? */
    assert_int_equal(a.visibility_s, -1);
}

static void
knows_a_queue_without_a_redrive_policy_from_an_answer_without_attributes(void **state UNUSED)
{
    struct err e = {0};
    struct sqs_attributes a;
    assert_int_equal(
        sqs_read_attributes(SPAN("{\"Attributes\":{\"VisibilityTimeout\":\"0\"}}"), &a, &e),
        FAIL_NONE);
    assert_int_equal(a.max_receive_count, 0);
    assert_int_equal(a.visibility_s, 0);
    static const struct span empty[] = {SPAN_INIT("{}"), SPAN_INIT("{\"Attributes\":{}}"),
                                        SPAN_INIT("")};
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        assert_int_equal(sqs_read_attributes(empty[i], &a, &e), FAIL_NONE);
        assert_int_equal(a.max_receive_count, -1);
        assert_int_equal(a.retention_s, -1);
    }
}

/* ---- Errors ---- */

struct error_row {
    int status;
    const char *body, *head;
    enum err_kind kind;
    const char *code;
};

static const struct error_row errors[] = {
    {400,
     "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\",\"message\":\"The specified queue does "
     "not exist.\"}",
     "x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue;Sender\n", FAIL_CONFIG,
     "QueueDoesNotExist"},
    {400, "{}", "x-amzn-query-error: AWS.SimpleQueueService.NonExistentQueue;Sender\n", FAIL_CONFIG,
     "AWS.SimpleQueueService.NonExistentQueue"},
    {400, "{\"__type\":\"NeverSeen\"}", "x-amzn-query-error: OverLimit;Sender\n", FAIL_THROTTLED,
     "NeverSeen"},
    {400, "{\"Message\":\"x\"}", "x-amzn-errortype: ReceiptHandleIsInvalid:http://internal/\n",
     FAIL_LOST, "ReceiptHandleIsInvalid"},
    {400, "{\"__type\":\"MessageNotInflight\"}", "", FAIL_LOST, "MessageNotInflight"},
    {400,
     "{\"__type\":\"InvalidParameterValue\",\"Message\":\"Value x for parameter ReceiptHandle is "
     "invalid. Reason: The receipt handle has expired.\"}",
     "", FAIL_LOST, "InvalidParameterValue"},
    {400,
     "{\"__type\":\"InvalidParameterValue\",\"Message\":\"Value x for parameter ReceiptHandle is "
     "invalid. Reason: Message does not exist or is not available for visibility timeout "
     "change.\"}",
     "", FAIL_LOST, "InvalidParameterValue"},
    {400,
     "{\"__type\":\"InvalidParameterValueException\",\"message\":\"Value 43200 for parameter "
     "VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the "
     "limit [43200 seconds].\"}",
     "", FAIL_LIMIT, "InvalidParameterValueException"},
    {400, "{\"__type\":\"InvalidParameterValue\",\"message\":\"Must be >= 0 and <= 20\"}", "",
     FAIL_CONFIG, "InvalidParameterValue"},
    {403, "{\"__type\":\"OverLimit\"}", "", FAIL_THROTTLED, "OverLimit"},
    {403, "{\"__type\":\"AWS.SimpleQueueService.OverLimit\"}", "", FAIL_THROTTLED,
     "AWS.SimpleQueueService.OverLimit"},
    {400, "{\"__type\":\"RequestThrottled\"}", "", FAIL_THROTTLED, "RequestThrottled"},
    {400, "{\"__type\":\"com.amazon.coral.availability#ThrottlingException\"}", "", FAIL_THROTTLED,
     "ThrottlingException"},
    {400, "{\"__type\":\"KmsAccessDenied\"}",
     "x-amzn-query-error: KMS.AccessDeniedException;Sender\n", FAIL_KMS, "KmsAccessDenied"},
    {403, "{\"__type\":\"KmsOptInRequired\"}", "", FAIL_KMS, "KmsOptInRequired"},
    {400, "", "x-amzn-query-error: KMS.DisabledException;Sender\n", FAIL_KMS,
     "KMS.DisabledException"},
    {400, "{\"__type\":\"KmsThrottled\"}", "", FAIL_THROTTLED, "KmsThrottled"},
    {403, "{\"__type\":\"ExpiredTokenException\"}", "", FAIL_AGAIN, "ExpiredTokenException"},
    {403,
     "<?xml version=\"1.0\"?><ErrorResponse><Error><Code>AccessDenied</Code><Message>no &amp; "
     "no</Message></Error></ErrorResponse>",
     "", FAIL_DENIED, "AccessDenied"},
    {503, "<Error><Code>ServiceUnavailable</Code></Error>", "", FAIL_AGAIN, "ServiceUnavailable"},
    {400, "{\"__type\":\"RequestExpired\"}", "", FAIL_SKEW, "RequestExpired"},
    {400, "{\"__type\":\"InvalidSecurity\"}", "", FAIL_CONFIG, "InvalidSecurity"},
    {500, "garbage", "", FAIL_AGAIN, ""},
    {502, "<html>not closed", "", FAIL_AGAIN, ""},
    {429, "", "", FAIL_THROTTLED, ""},
    {403, "[]", "", FAIL_DENIED, ""},
    {404, "{\"__type\":5}", "", FAIL_CONFIG, ""},
    {301, "", "", FAIL_CONFIG, ""},
};

static void every_error_has_its_class(void **state UNUSED)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        const struct error_row *r = &errors[i];
        struct fault f;
        fault_read(&f, r->status, span_str(r->head), span_str(r->body));
        enum err_kind kind = fault_find(&f, sqs_rules, sqs_rule_count)->kind;
        kind = sqs_refine(kind, f.code, f.message);
        if (kind != r->kind || strcmp(f.code, r->code) != 0) {
            print_error("row %zu: %s %s %s\n", i, err_kind_name(kind), f.code, f.message);
        }
        assert_int_equal(kind, r->kind);
        assert_string_equal(f.code, r->code);
    }
}

static void every_row_of_the_table_is_reached(void **state UNUSED)
{
    for (size_t i = 0; i < sqs_rule_count; i++) {
        const char *code = sqs_rules[i].code;
        size_t n = strlen(code);
        struct fault f = {.status = 400};
        err_copy(f.code, sizeof(f.code), span_of(code, n - (code[n - 1] == '*')));
        assert_ptr_equal(fault_find(&f, sqs_rules, sqs_rule_count), &sqs_rules[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_with_both_spellings_of_the_attribute_list),
        cmocka_unit_test(names_batch_entries_by_their_index),
        cmocka_unit_test(reads_a_message_and_checks_its_md5),
        cmocka_unit_test(a_message_it_cannot_trust_or_return_is_as_not_received),
        cmocka_unit_test(knows_the_many_ways_to_say_nothing),
        cmocka_unit_test(takes_no_more_messages_than_it_may_have_asked_for),
        cmocka_unit_test(an_answer_that_is_no_json_is_worth_another_try),
        cmocka_unit_test(reads_a_batch_entry_by_entry),
        cmocka_unit_test(failed_wins_over_successful),
        cmocka_unit_test(reads_attributes_and_the_redrive_policy_within),
        cmocka_unit_test(knows_a_queue_without_a_redrive_policy_from_an_answer_without_attributes),
        cmocka_unit_test(every_error_has_its_class),
        cmocka_unit_test(every_row_of_the_table_is_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
