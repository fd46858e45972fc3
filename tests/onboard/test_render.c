/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "conf/load.h"
#include "example.h"
#include "onboard/render.h"
#include "slurp.h"

#include <stdio.h>

/* The file of a render. *out is empty if there is none of this name. */
static void file_of(const struct model *m, const struct conf *conf, const char *path,
                    struct buf *out)
{
    OWNED(render) struct render *r = render_new(m, conf);
    struct render_file file;
    buf_clear(out);
    while (render_next(r, &file)) {
        if (strcmp(file.path, path) == 0) {
            buf_add(out, file.text);
        }
    }
}

static struct json_object *json_of(const struct model *m, const char *path)
{
    struct buf text = BUF_INIT(1 << 20);
    file_of(m, NULL, path, &text);
    struct json_object *t = json_tokener_parse(text.n > 0 ? text.p : "");
    assert_non_null(t);
    buf_done(&text);
    return t;
}

/* A file of etc/aws/ with the values of the example in it. */
static struct json_object *of_the_page(const char *name)
{
    static const char *const values[][2] = {
        {"${CUSTOMER}", "acme"},
        {"${BUCKET}", "cust-bucket"},
        {"${PREFIX}", "asymptote/events"},
        {"${EXTERNAL_ID}", "0123456789abcdef0123456789abcdef"},
        {"${CUSTOMER_ACCOUNT}", "444455556666"},
        {"${QUEUE_ARN}", "arn:aws:sqs:eu-west-1:111122223333:ingest"},
        {"${DEAD_LETTER_QUEUE_ARN}", "arn:aws:sqs:eu-west-1:111122223333:ingest-dead"},
        {"${WORKER_ROLE_ARN}", "arn:aws:iam::111122223333:role/ingest-worker"},
        {"${CUSTOMER_ROLE_ARN}",
         "arn:aws:iam::444455556666:role/asymptote/asymptote-s3-read-01234567"},
    };
    char path[512];
    (void)snprintf(path, sizeof(path), PROJECT_SOURCE "/etc/aws/%s", name);
    struct buf text = BUF_INIT(1 << 16);
    struct buf filled = BUF_INIT(1 << 16);
    slurp(path, &text);
    for (const char *p = text.p; p < text.p + text.n;) {
        size_t v = 0;
        while (v < sizeof(values) / sizeof(values[0]) &&
               strncmp(p, values[v][0], strlen(values[v][0])) != 0) {
            v++;
        }
        bool found = v < sizeof(values) / sizeof(values[0]);
        buf_add(&filled, found ? span_str(values[v][1]) : span_of(p, 1));
        p += found ? strlen(values[v][0]) : 1;
    }
    struct json_object *t = json_tokener_parse(filled.p);
    assert_non_null(t);
    buf_done(&filled);
    buf_done(&text);
    return t;
}

static void the_policies_are_those_of_the_page(void **state UNUSED)
{
    static const char *const pairs[][2] = {
        {"customer/trust-policy.json", "trust-policy.json"},
        {"customer/role-policy.json", "role-policy.json"},
        {"customer/notification.json", "notification.json"},
        {"operator/queue-policy.json", "queue-policy.json"},
        {"operator/worker-policy.json", "worker-policy.json"},
    };
    OWNED(model) struct model *m = example_model();
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        OWNED(tree) struct json_object *got = json_of(m, pairs[i][0]);
        OWNED(tree) struct json_object *want = of_the_page(pairs[i][1]);
        assert_string_equal(json_object_to_json_string(got), json_object_to_json_string(want));
    }
}

static struct json_object *statement(struct json_object *policy, const char *sid)
{
    struct json_object *list = json_object_object_get(policy, "Statement");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *s = json_object_array_get_idx(list, i);
        if (strcmp(json_object_get_string(json_object_object_get(s, "Sid")), sid) == 0) {
            return s;
        }
    }
    return NULL;
}

static void the_role_gets_a_statement_for_versions_and_one_for_the_key(void **state UNUSED)
{
    OWNED(model) struct model *m = example_model();
    model_set(m, MODEL_VERSIONED, SPAN("true"));
    model_set(m, MODEL_KMS_KEY, SPAN("arn:aws:kms:eu-west-1:444455556666:key/k"));
    OWNED(tree) struct json_object *policy = json_of(m, "customer/role-policy.json");
    assert_int_equal(json_object_array_length(json_object_object_get(policy, "Statement")), 4);
    assert_non_null(statement(policy, "ReadEventVersions"));
    struct json_object *kms = statement(policy, "DecryptEventObjects");
    assert_string_equal(json_object_get_string(json_object_object_get(kms, "Resource")),
                        "arn:aws:kms:eu-west-1:444455556666:key/k");
}

static void a_prefix_has_the_form_of_each_document(void **state UNUSED)
{
    OWNED(model) struct model *m = example_model();
    struct buf text = BUF_INIT(1 << 20);
    model_set(m, MODEL_PREFIX, SPAN("a b/${c}\"\xc3\xa9+"));
    model_set(m, MODEL_VIA, SPAN("eventbridge"));
    OWNED(tree) struct json_object *policy = json_of(m, "customer/role-policy.json");
    struct json_object *read = statement(policy, "ReadEventObjects");
    assert_string_equal(json_object_get_string(json_object_object_get(read, "Resource")),
                        "arn:aws:s3:::cust-bucket/a b/${$}{c}\"\xc3\xa9+/*");
    file_of(m, NULL, "customer/event-pattern.json", &text);
    assert_non_null(strstr(text.p, "\"a b/${c}\\\"\xc3\xa9+/\""));
    model_set(m, MODEL_VIA, SPAN("s3"));
    file_of(m, NULL, "customer/notification.json", &text);
    assert_non_null(strstr(text.p, "\"a+b/%24%7Bc%7D%22%C3%A9%2B/\""));
    buf_done(&text);
}

static void arns_have_the_partition_of_the_region(void **state UNUSED)
{
    OWNED(model) struct model *m = example_model();
    model_set(m, MODEL_REGION, SPAN("cn-north-1"));
    OWNED(tree) struct json_object *policy = json_of(m, "customer/role-policy.json");
    struct json_object *list = statement(policy, "ListEventPrefix");
    assert_string_equal(json_object_get_string(json_object_object_get(list, "Resource")),
                        "arn:aws-cn:s3:::cust-bucket");
}

static void through_an_access_point_the_bucket_alone_allows_nothing(void **state UNUSED)
{
    static const char point[] = "arn:aws:s3:eu-west-1:444455556666:accesspoint/events";
    OWNED(model) struct model *m = example_model();
    model_set(m, MODEL_ACCESS_POINT, span_str(point));
    OWNED(tree) struct json_object *policy = json_of(m, "customer/role-policy.json");
    struct json_object *list = json_object_object_get(policy, "Statement");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *s = json_object_array_get_idx(list, i);
        const char *resource = json_object_get_string(json_object_object_get(s, "Resource"));
        struct json_object *condition = json_object_object_get(s, "Condition");
        struct json_object *equals = json_object_object_get(condition, "StringEquals");
        bool of_point = strncmp(resource, point, sizeof(point) - 1) == 0;
        assert_true(of_point || strcmp(json_object_get_string(
                                           json_object_object_get(equals, "s3:DataAccessPointArn")),
                                       point) == 0);
    }
    assert_null(statement(policy, "ReadEventVersions"));
}

static const char two_on_a_queue[] =
    "aws = { region = \"eu-west-1\"; };\n"
    "kafka = { properties = (\"bootstrap.servers=b:9092\"); topic = \"t\"; rejects_topic = \"r\"; "
    "};\n"
    "queues = ( { name = \"main\"; url = "
    "\"https://sqs.eu-west-1.amazonaws.com/111122223333/ingest\""
    "; } );\n"
    "customers = ( { id = \"acme\"; queue = \"main\"; bucket = \"old-bucket\"; prefix = \"p\";"
    " account_id = \"444455556666\"; role_arn = \"arn:aws:iam::444455556666:role/r\";"
    " external_id = \"first-id\"; },"
    " { id = \"globex\"; queue = \"main\"; bucket = \"other-bucket\"; prefix = \"p\";"
    " account_id = \"777788889999\"; role_arn = \"arn:aws:iam::777788889999:role/r\";"
    " external_id = \"second-id\"; } );\n";

static void a_shared_queue_has_a_statement_for_each_of_its_customers(void **state UNUSED)
{
    OWNED(model) struct model *m = example_model();
    struct conf_problems problems = {0};
    OWNED(conf) struct conf *conf = conf_load_text(two_on_a_queue, "test", &problems);
    assert_non_null(conf);
    conf_problems_done(&problems);
    struct buf text = BUF_INIT(1 << 20);
    file_of(m, conf, "operator/queue-policy.json", &text);
    OWNED(tree) struct json_object *policy = json_tokener_parse(text.p);
    assert_int_equal(json_object_array_length(json_object_object_get(policy, "Statement")), 2);
    assert_non_null(statement(policy, "acme"));
    assert_non_null(statement(policy, "globex"));
    assert_null(strstr(text.p, "old-bucket")); /* the older entry of the same customer */
    file_of(m, conf, "operator/queue-attributes.json", &text);
    assert_int_equal(text.n, 0); /* it exists already */
    file_of(m, conf, "operator/commands.sh", &text);
    assert_non_null(strstr(text.p, "set-queue-attributes"));
    assert_null(strstr(text.p, "create-queue"));
    assert_int_equal(render_queue_customers(m, conf), 2);
    buf_done(&text);
}

static void no_value_is_left_out_of_any_file(void **state UNUSED)
{
    static const char *const ways[] = {"s3", "sns", "eventbridge"};
    for (size_t i = 0; i < 3; i++) {
        OWNED(model) struct model *m = example_model();
        model_set(m, MODEL_VIA, span_str(ways[i]));
        OWNED(render) struct render *r = render_new(m, NULL);
        struct render_file file;
        size_t count = 0;
        while (render_next(r, &file)) {
            struct buf text = BUF_INIT(1 << 20);
            buf_add(&text, file.text);
            assert_true(text.n > 0);
            assert_null(strstr(text.p, "${"));
            assert_null(strstr(text.p, "\n%"));
            assert_null(strstr(text.p, "$if"));
            buf_done(&text);
            count++;
        }
        assert_true(count >= 14);
    }
}

static void the_letter_says_what_is_never_done_and_how_to_revoke(void **state UNUSED)
{
    OWNED(model) struct model *m = example_model();
    struct buf text = BUF_INIT(1 << 20);
    file_of(m, NULL, "letter.md", &text);
    static const char *const wanted[] = {"never writes",
                                         "never deletes",
                                         "Block Public Access",
                                         "How to revoke",
                                         "## Step 6",
                                         "With SSE-S3",
                                         "SSE-KMS",
                                         "`cust-bucket`",
                                         "`asymptote/events`",
                                         "EventBridge",
                                         "AccessDenied",
                                         "`0123456789abcdef0123456789abcdef`",
                                         "asymptote-s3-read-01234567"};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        assert_non_null(strstr(text.p, wanted[i]));
    }
    buf_done(&text);
}

static void the_entry_keeps_lines_of_other_keys(void **state UNUSED)
{
    OWNED(model) struct model *m = example_model();
    struct buf first = BUF_INIT(8192);
    struct buf edited = BUF_INIT(8192);
    struct buf again = BUF_INIT(8192);
    render_entry(m, SPAN(""), &first);
    assert_non_null(strstr(first.p, "\nid = \"acme\";\n"));
    assert_null(strstr(first.p, "versioned")); /* a default */
    render_entry(m, buf_span(&first), &again);
    assert_span_equal(buf_span(&again), buf_span(&first));

    buf_addf(&edited, "%s# by hand\nredact = \"secrets\";\n  bucket  =  \"another\";\n", first.p);
    buf_clear(&again);
    model_set(m, MODEL_PREFIX, SPAN("q\"\\uote"));
    model_set(m, MODEL_VERSIONED, SPAN("true"));
    render_entry(m, buf_span(&edited), &again);
    assert_non_null(strstr(again.p, "# by hand\nredact = \"secrets\";\n"));
    assert_null(strstr(again.p, "another"));
    assert_non_null(strstr(again.p, "prefix = \"q\\\"\\\\uote\";\n"));
    assert_non_null(strstr(again.p, "versioned = true;\n"));
    buf_done(&first);
    buf_done(&edited);
    buf_done(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_policies_are_those_of_the_page),
        cmocka_unit_test(the_role_gets_a_statement_for_versions_and_one_for_the_key),
        cmocka_unit_test(a_prefix_has_the_form_of_each_document),
        cmocka_unit_test(arns_have_the_partition_of_the_region),
        cmocka_unit_test(through_an_access_point_the_bucket_alone_allows_nothing),
        cmocka_unit_test(a_shared_queue_has_a_statement_for_each_of_its_customers),
        cmocka_unit_test(no_value_is_left_out_of_any_file),
        cmocka_unit_test(the_letter_says_what_is_never_done_and_how_to_revoke),
        cmocka_unit_test(the_entry_keeps_lines_of_other_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
