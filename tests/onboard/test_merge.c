/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "onboard/merge.h"
#include "onboard/tree.h"

#define ENTRY(id, queue, prefix)                                                                   \
    "{\"Id\": \"" id "\", \"QueueArn\": \"" queue "\", \"Events\": [\"s3:ObjectCreated:*\"], "     \
    "\"Filter\": {\"Key\": {\"FilterRules\": [{\"Name\": \"prefix\", \"Value\": \"" prefix         \
    "\"}]}}}"

#define OURS ENTRY("asymptote-ingest-acme", "arn:q", "events/")
static const char ours[] = "{\"QueueConfigurations\": [" OURS "]}";

/* The merge of a document with an entry; both as JSON. */
static void assert_merged(const char *current, const char *add, const char *want)
{
    struct buf out = BUF_INIT(1 << 16);
    struct err e = {0};
    OWNED(tree) struct json_object *entry = json_tokener_parse(add);
    assert_int_equal(
        merge_notifications(span_str(current), entry, SPAN("asymptote-ingest-acme"), &out, &e),
        FAIL_NONE);
    OWNED(tree) struct json_object *got = json_tokener_parse(out.p);
    OWNED(tree) struct json_object *wanted = json_tokener_parse(want);
    assert_string_equal(json_object_to_json_string(got), json_object_to_json_string(wanted));
    buf_done(&out);
}

static void assert_refused(const char *current, enum err_kind kind, const char *part)
{
    struct buf out = BUF_INIT(1 << 16);
    struct err e = {0};
    OWNED(tree) struct json_object *entry = json_tokener_parse(ours);
    assert_int_equal(
        merge_notifications(span_str(current), entry, SPAN("asymptote-ingest-acme"), &out, &e),
        kind);
    if (strstr(e.text, part) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", part, e.text);
    }
    assert_int_equal(out.n, 0);
    buf_done(&out);
}

static void a_bucket_without_notifications_gets_the_one_entry(void **state UNUSED)
{
    assert_merged("", ours, ours);
    assert_merged(" \n", ours, ours);
    assert_merged("{}", ours, ours);
}

static void all_others_stay_and_an_older_one_is_replaced(void **state UNUSED)
{
    assert_merged(
        "{\"ResponseMetadata\": {\"x\": 1}, \"EventBridgeConfiguration\": {},"
        " \"QueueConfigurations\": [" ENTRY("asymptote-ingest-acme", "arn:old", "old/") ", " ENTRY(
            "other", "arn:o", "logs/") "],"
                                       " \"TopicConfigurations\": [" ENTRY("t", "arn:t",
                                                                           "eventsource/") "]}",
        ours,
        "{\"EventBridgeConfiguration\": {},"
        " \"QueueConfigurations\": [" ENTRY(
            "other", "arn:o", "logs/") ", " OURS "],"
                                       " \"TopicConfigurations\": [" ENTRY("t", "arn:t",
                                                                           "eventsource/") "]}");
}

static void an_entry_moves_when_the_way_changes(void **state UNUSED)
{
    assert_merged("{\"QueueConfigurations\": [" OURS "]}", "{\"TopicConfigurations\": [" OURS "]}",
                  "{\"QueueConfigurations\": [], \"TopicConfigurations\": [" OURS "]}");
    assert_merged("{\"QueueConfigurations\": [" ENTRY("o", "arn:o", "") ", " OURS "]}",
                  "{\"EventBridgeConfiguration\": {}}",
                  "{\"QueueConfigurations\": [" ENTRY("o", "arn:o",
                                                      "") "], \"EventBridgeConfiguration\": {}}");
}

static void an_overlap_names_the_rule(void **state UNUSED)
{
    assert_refused("{\"QueueConfigurations\": [" ENTRY("all", "arn:o", "") "]}", FAIL_CONFIG,
                   "the rule all of QueueConfigurations (prefix \"\") overlaps");
    assert_refused("{\"TopicConfigurations\": [" ENTRY("deep", "arn:o", "events/2026/") "]}",
                   FAIL_CONFIG, "the rule deep of TopicConfigurations");
    assert_refused("{\"LambdaFunctionConfigurations\": [{\"Events\": [\"s3:ObjectCreated:Put\"]}]}",
                   FAIL_CONFIG, "the rule (without an id) of LambdaFunctionConfigurations");
}

static void rules_of_other_objects_or_events_do_not_overlap(void **state UNUSED)
{
    static const char *const others[] = {
        "{\"QueueConfigurations\": [" ENTRY("x", "arn:o", "events-old/") "]}",
        "{\"QueueConfigurations\": [{\"Id\": \"d\", \"Events\": [\"s3:ObjectRemoved:*\"]}]}",
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct buf out = BUF_INIT(1 << 16);
        struct err e = {0};
        OWNED(tree) struct json_object *entry = json_tokener_parse(ours);
        assert_int_equal(merge_notifications(span_str(others[i]), entry,
                                             SPAN("asymptote-ingest-acme"), &out, &e),
                         FAIL_NONE);
        buf_done(&out);
    }
}

static void what_s3_did_not_answer_is_refused(void **state UNUSED)
{
    assert_refused("[]", FAIL_DATA, "is not the answer");
    assert_refused("{\"QueueConfigurations\": {}}", FAIL_DATA, "is not the answer");
    assert_refused("{\"QueueConfigurations\": [", FAIL_DATA, "ends too early");
    assert_refused("<xml/>", FAIL_DATA, "JSON");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_without_notifications_gets_the_one_entry),
        cmocka_unit_test(all_others_stay_and_an_older_one_is_replaced),
        cmocka_unit_test(an_entry_moves_when_the_way_changes),
        cmocka_unit_test(an_overlap_names_the_rule),
        cmocka_unit_test(rules_of_other_objects_or_events_do_not_overlap),
        cmocka_unit_test(what_s3_did_not_answer_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
