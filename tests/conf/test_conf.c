/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "conf/without_aws.h"

#include "conf/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A valid file. A test appends to it or replaces a part. */
#define AWS "aws = { region = \"eu-west-1\"; };\n"
#define KAFKA "kafka = { properties = ( \"bootstrap.servers=127.0.0.1:9092\" ); };\n"
#define QUEUES                                                                                     \
    "queues = ( { name = \"main\";"                                                                \
    " url = \"https://sqs.eu-central-1.amazonaws.com/111122223333/ingest\"; } );\n"
#define ACME_KEYS                                                                                  \
    "id = \"acme\"; queue = \"main\"; prefix = \"s3://acme-events/a/b/\";"                         \
    " account_id = \"444455556666\"; role_arn = \"arn:aws:iam::444455556666:role/read\";"          \
    " external_id = \"x-1\";"
#define CUSTOMERS "customers = ( { " ACME_KEYS " } );\n"
#define GOOD AWS KAFKA QUEUES CUSTOMERS

static struct conf *loaded(const char *text)
{
    struct conf_problems p = {0};
    struct conf *c = conf_load_text(text, "test.conf", &p);
    for (size_t i = 0; c == NULL && i < p.count; i++) {
        print_error("%s:%d: %s\n", p.list[i].file, p.list[i].line, p.list[i].text);
    }
    assert_non_null(c);
    conf_problems_done(&p);
    return c;
}

/* All problems as "line: text\n"; warnings begin with '?'. */
static void complaints(const char *text, char *out, size_t cap)
{
    struct conf_problems p = {0};
    OWNED(conf) struct conf *c = conf_load_text(text, "test.conf", &p);
    assert_true((c == NULL) == (p.errors > 0));
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < p.count && n < cap; i++) {
        n += (size_t)snprintf(out + n, cap - n, "%s%d: %s\n", p.list[i].warning ? "?" : "",
                              p.list[i].line, p.list[i].text);
    }
    conf_problems_done(&p);
}

static void assert_complaints(const char *text, const char *want)
{
    char got[8192];
    complaints(text, got, sizeof(got));
    assert_string_equal(got, want);
}

static void fills_in_defaults_and_what_is_derived(void **state UNUSED)
{
    OWNED(conf) struct conf *c = loaded(GOOD);
    assert_string_equal(c->kafka.topic, "asymptote-events");
    assert_string_equal(c->kafka.key, "{customer}");
    assert_int_equal(c->limits.line_bytes, 1048576);
    assert_true(c->limits.object_bytes == UINT64_C(53687091200));
    assert_int_equal(c->limits.ratio, 1000);
    assert_int_equal(c->limits.event_bytes, 0);
    assert_int_equal(c->limits.shutdown_grace_ms, 25000);
    assert_int_equal(c->rejects.sample_bytes, 4096);
    assert_true(c->verify.interval_ms == INT64_C(24) * 3600 * 1000);
    assert_true(c->limits.lanes >= 4 && c->limits.lanes % 4 == 0);
    assert_int_equal(c->log.level, LOG_INFO);
    assert_null(c->aws.endpoint_s3);

    assert_int_equal(c->queue_count, 1);
    assert_int_equal(c->queues[0].visibility_s, 120);
    assert_int_equal(c->queues[0].heartbeat_s, 40);
    assert_int_equal(c->queues[0].wait_s, 20);
    assert_string_equal(c->queues[0].region, "eu-central-1");

    const struct customer_conf *acme = conf_customer(c, SPAN("acme"));
    assert_non_null(acme);
    assert_ptr_equal(acme->queue, &c->queues[0]);
    assert_string_equal(acme->bucket, "acme-events");
    assert_string_equal(acme->prefix, "a/b");
    assert_string_equal(acme->region, "eu-west-1");
    assert_string_equal(acme->topic, "asymptote-events");
    assert_int_equal(acme->via, NOTIFICATION_S3);
    assert_int_equal(acme->gone, ABSENT_LEAVE);
    assert_null(conf_customer(c, SPAN("acm")));
}

static void reads_every_type_of_value(void **state UNUSED)
{
    OWNED(conf)
    struct conf *c =
        loaded(GOOD "limits = { lanes = 3; line_bytes = \"4 KiB\"; object_bytes = \"3TB\";"
                    " reject_share = 0.25; shutdown_grace = \"1m\"; idle_timeout = \"1500ms\"; };\n"
                    "log = { level = \"warn\"; format = \"json\"; };\n"
                    "rejects: { sample_bytes = \"0B\" };\n");
    assert_int_equal(c->limits.lanes, 3);
    assert_int_equal(c->limits.line_bytes, 4096);
    assert_true(c->limits.object_bytes == UINT64_C(3000000000000));
    assert_true(c->limits.reject_share == 0.25);
    assert_int_equal(c->limits.shutdown_grace_ms, 60000);
    assert_int_equal(c->limits.idle_timeout_ms, 1500);
    assert_int_equal(c->log.level, LOG_WARN);
    assert_int_equal(c->log.format, LOG_JSON);
    assert_int_equal(c->rejects.sample_bytes, 0);
}

static void listens_only_where_it_is_told(void **state UNUSED)
{
    OWNED(conf) struct conf *silent = loaded(GOOD);
    assert_null(silent->metrics.listen);
    assert_int_equal(silent->metrics.stalled_after_ms, 300000);
    assert_int_equal(silent->metrics.queue_interval_ms, 60000);
    OWNED(conf)
    struct conf *on =
        loaded(GOOD "metrics = { listen = \"[::1]:9464\"; queue_interval = \"5s\"; };\n"
                    "limits = { idle_timeout = \"1m\"; };\n");
    assert_string_equal(on->metrics.listen, "[::1]:9464");
    assert_int_equal(on->metrics.queue_interval_ms, 5000);
    assert_int_equal(on->metrics.stalled_after_ms, 600000); /* raised for a silent server */
    assert_complaints(
        GOOD "metrics = { listen = \"9464\"; };\n",
        "5: metrics.listen: 9464 is not HOST:PORT, [HOST]:PORT or :PORT with a port of 0 to "
        "65535\n");
}

static void reports_all_mistakes_with_their_lines(void **state UNUSED)
{
    assert_complaints(
        GOOD "limits = { line_byte = \"1MiB\";\n"
             "  shutdown_grace = 25;\n"
             "  line_bytes = 1048576;\n"
             "  lanes = \"4\";\n"
             "  ratio = 1;\n"
             "  idle_timeout = \"30 sec\";\n"
             "  sample_bytes = \"1B\";\n"
             "};\n"
             "log = { level = \"warning\"; };\n"
             "lanes = 4;\n"
             "custmers = ();\n",
        "5: limits.line_byte: unknown key; did you mean line_bytes?\n"
        "6: limits.shutdown_grace: is a time and needs quotes and a unit, as in \"120s\"\n"
        "7: limits.line_bytes: is a size and needs quotes and a unit, as in \"64MiB\"\n"
        "8: limits.lanes: must be a number: write it without quotes\n"
        "9: limits.ratio: must be between 2 and 1000000\n"
        "10: limits.idle_timeout: is no time: write a whole number and one of ms, s, m, h, d, as "
        "in \"120s\"\n"
        "11: limits.sample_bytes: unknown key; it belongs to rejects\n"
        "13: log.level: must be \"debug\", \"info\", \"warn\" or \"error\"; did you mean "
        "\"warn\"?\n"
        "14: lanes: unknown key; it belongs to limits\n"
        "15: custmers: unknown key; did you mean customers?\n");
}

static void two_urls_of_one_queue_are_one_queue(void **state UNUSED)
{
    assert_complaints(
        AWS KAFKA "queues = (\n"
                  " { name = \"main\"; url = \"https://sqs.eu-central-1.amazonaws.com/1/q\"; },\n"
                  " { name = \"again\"; url = "
                  "\"https://SQS.eu-central-1.amazonaws.com:443/%31/q/\"; } );\n"
                  "customers = ();\n",
        "?0: customers: there is none; no queue is polled\n"
        "?4: queue main: no customer uses it; it is not polled\n"
        "5: queue again.url: is that of queue main too\n"
        "?5: queue again: no customer uses it; it is not polled\n");
}

static void reports_what_is_missing(void **state UNUSED)
{
    assert_complaints("aws = { region = \"eu-west-1\"; };\n",
                      "0: kafka.properties: is missing, as in properties = ( "
                      "\"bootstrap.servers=broker1:9092,broker2:9092\" );\n"
                      "0: queues: there is none\n"
                      "?0: customers: there is none; no queue is polled\n");
}

static void tokens_and_properties_must_fit_each_other(void **state UNUSED)
{
    OWNED(conf)
    struct conf *c = loaded(AWS "kafka = { properties = ( \"bootstrap.servers=k:9092\" ); auth = "
                                "\"aws-msk-iam\"; };\n" QUEUES CUSTOMERS);
    assert_int_equal(c->kafka.auth, KAFKA_AUTH_AWS_MSK_IAM);
    assert_complaints(AWS
                      "kafka = {\n"
                      "  properties = ( \"bootstrap.servers=k:9092\", \"sasl.mechanism=PLAIN\" );\n"
                      "  auth = \"aws-msk-iam\"; };\n" QUEUES CUSTOMERS,
                      "4: kafka.auth: kafka property sasl.mechanism: tokens need OAUTHBEARER\n");
}

static void a_syntax_error_has_its_line(void **state UNUSED)
{
    assert_complaints(AWS "kafka = { ;\n", "2: syntax error\n");
    assert_complaints(AWS "log = { level = \"info\"; level = \"warn\"; };\n",
                      "2: duplicate setting name\n");
}

static void prefixes_of_a_bucket_must_not_overlap(void **state UNUSED)
{
    static const struct {
        const char *prefix;
        bool overlaps;
    } cases[] = {
        {"a/b", true},   {"/a/b/", true}, {"a", true},  {"a/b/c", true},
        {"a/bc", false}, {"a/c", false},  {"b", false}, {"s3://acme-events/a/b/c", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[4096];
        (void)snprintf(text, sizeof(text),
                       AWS KAFKA QUEUES
                       "customers = ( { " ACME_KEYS " },\n"
                       "{ id = \"b\"; queue = \"main\"; bucket = \"acme-events\"; prefix = \"%s\";"
                       " account_id = \"444455556666\"; external_id = \"x-2\";"
                       " role_arn = \"arn:aws:iam::444455556666:role/read\"; } );\n",
                       cases[i].prefix);
        assert_complaints(text, cases[i].overlaps
                                    ? "5: customer b.prefix: overlaps that of customer acme in "
                                      "bucket acme-events\n"
                                    : "");
    }
}

static void an_empty_prefix_is_refused(void **state UNUSED)
{
    static const char *const empty[] = {"/", "//", "s3://acme-events", "s3://acme-events/"};
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        char text[4096];
        (void)snprintf(text, sizeof(text),
                       AWS KAFKA QUEUES
                       "customers = ( { id = \"b\"; queue = \"main\"; bucket = \"acme-events\";\n"
                       "prefix = \"%s\"; account_id = \"444455556666\"; external_id = \"x-2\";"
                       " role_arn = \"arn:aws:iam::444455556666:role/read\"; } );\n",
                       empty[i]);
        assert_complaints(text, "5: customer b.prefix: is empty; a whole bucket is never read\n");
    }
}

/* Read the prefix in a customer. Expects the resulting prefix, or a problem. */
static void assert_prefix(const char *prefix, const char *want, const char *complaint)
{
    char text[4096];
    (void)snprintf(text, sizeof(text),
                   AWS KAFKA QUEUES
                   "customers = ( { id = \"b\"; queue = \"main\"; bucket = \"acme-events\";\n"
                   "prefix = \"%s\"; account_id = \"444455556666\"; external_id = \"x-2\";"
                   " role_arn = \"arn:aws:iam::444455556666:role/read\"; } );\n",
                   prefix);
    if (want == NULL) {
        assert_complaints(text, complaint);
        return;
    }
    OWNED(conf) struct conf *c = loaded(text);
    assert_string_equal(c->customers[0].prefix, want);
}

static void one_slash_around_a_prefix_does_not_count_and_two_are_refused(void **state UNUSED)
{
    static const char two[] = "5: customer b.prefix: begins or ends with more than one slash, "
                              "which would be part of the keys\n";
    assert_prefix("/a/b", "a/b", NULL);
    assert_prefix("a/b/", "a/b", NULL);
    assert_prefix("s3://acme-events/a/b/", "a/b", NULL);
    assert_prefix("a//b", "a//b", NULL);
    assert_prefix("a/b//", NULL, two);
    assert_prefix("//a/b", NULL, two);
    assert_prefix("s3://acme-events//a", NULL, two);
}

static void addresses_of_a_prefix_are_split_or_refused_never_taken_as_paths(void **state UNUSED)
{
    static const char address[] = "5: customer b.prefix: is an address; give the path within the "
                                  "bucket, or s3://BUCKET/PATH\n";
    static const char blank[] =
        "5: customer b.prefix: begins or ends with a blank, which would be part of the keys\n";
    assert_prefix("s3a://acme-events/a/b/", "a/b", NULL);
    assert_prefix("S3://acme-events/a/b", "a/b", NULL);
    assert_prefix("arn:aws:s3:::acme-events/a/b/", "a/b", NULL);
    assert_prefix("arn:aws-cn:s3:::acme-events/a/b", "a/b", NULL);
    assert_prefix("arn:aws:s3:::other/a", NULL,
                  "5: customer b.prefix: names another bucket than acme-events\n");
    assert_prefix("arn:aws:sqs:eu-west-1:444455556666:a", NULL, address);
    assert_prefix("https://acme-events.s3.amazonaws.com/a/", NULL, address);
    assert_prefix("https://eu-west-1.console.aws.amazon.com/s3/buckets/acme-events?prefix=a/", NULL,
                  address);
    assert_prefix("gs://acme-events/a", NULL, address);
    assert_prefix("  asymptote/events ", NULL, blank);
    assert_prefix("s3://acme-events/ a", NULL, blank);
    assert_prefix("PREFIX/events", NULL,
                  "5: customer b.prefix: begins with the placeholder PREFIX, which was not "
                  "replaced\n");
    assert_prefix("a/../b", NULL,
                  "5: customer b.prefix: has '.' or '..' as a part, which clients of S3 remove "
                  "from a path\n");
    assert_prefix("a b/c:d/PREFIX", "a b/c:d/PREFIX", NULL);
}

/* A path that may be meant is taken, with a warning. */
static void a_doubtful_prefix_is_a_warning(void **state UNUSED)
{
    static const char *const doubtful[] = {"a/*", "a?", "a%2Fb", "\xe6\x97\xa5", "acme-events/a"};
    for (size_t i = 0; i < sizeof(doubtful) / sizeof(doubtful[0]); i++) {
        struct conf_problems p = {0};
        char text[4096];
        (void)snprintf(text, sizeof(text),
                       AWS KAFKA QUEUES
                       "customers = ( { id = \"b\"; queue = \"main\"; bucket = \"acme-events\";\n"
                       "prefix = \"%s\"; account_id = \"444455556666\"; external_id = \"x-2\";"
                       " role_arn = \"arn:aws:iam::444455556666:role/read\"; } );\n",
                       doubtful[i]);
        OWNED(conf) struct conf *c = conf_load_text(text, "test.conf", &p);
        assert_non_null(c);
        assert_string_equal(c->customers[0].prefix, doubtful[i]);
        assert_int_equal(p.count, 1);
        assert_true(p.list[0].warning);
        assert_non_null(strstr(p.list[0].text, "customer b.prefix: "));
        conf_problems_done(&p);
    }
}

static void a_placeholder_is_told_with_its_line_and_what_to_put(void **state UNUSED)
{
    assert_complaints(
        AWS "kafka = { properties = ( \"bootstrap.servers=127.0.0.1:9092\",\n"
            "\"client.id=YOUR_CLIENT\" ); };\n"
            "queues = ( { name = \"main\";"
            " url = \"https://sqs.eu-central-1.amazonaws.com/111122223333/QUEUE_NAME\"; } );\n"
            "customers = ( { id = \"acme\"; queue = \"main\"; prefix = \"s3://acme-events/a/b/\";\n"
            "account_id = \"ACCOUNT_ID\"; role_arn = \"arn:aws:iam::444455556666:role/read\";\n"
            "external_id = \"EXTERNAL_ID\"; } );\n",
        "3: kafka.properties: client.id: the placeholder YOUR_CLIENT was not replaced\n"
        "4: queue main.url: the placeholder QUEUE_NAME was not replaced. What to put: The queue's "
        "URL. "
        "For example "
        "\"https://sqs.eu-west-1.amazonaws.com/111122223333/asymptote-ingest\".\n"
        "6: customer acme.account_id: the placeholder ACCOUNT_ID was not replaced. What to put: "
        "The "
        "customer's AWS account; sent as the expected bucket owner with every request. For example "
        "\"444455556666\".\n"
        "7: customer acme.external_id: the placeholder EXTERNAL_ID was not replaced. What to put: "
        "External id that the role's trust policy requires: random, chosen by the operator, one "
        "for each customer "
        "(uuidgen makes one). For example \"3f0c6b0e-8d5a-4f7e-9c51-0d3e6a2b7f14\".\n");
}

static void a_secret_that_is_more_than_a_placeholder_is_left_alone(void **state UNUSED)
{
    assert_complaints(AWS "kafka = { properties = ( \"bootstrap.servers=127.0.0.1:9092\",\n"
                          "\"ssl.key.password=CHANGEME\" ); };\n" QUEUES CUSTOMERS,
                      "3: kafka.properties: ssl.key.password: the placeholder CHANGEME was not "
                      "replaced\n");
    assert_complaints(AWS "kafka = { properties = ( \"bootstrap.servers=127.0.0.1:9092\",\n"
                          "\"ssl.key.password=a<b>$CD-CHANGEME\" ); };\n" QUEUES CUSTOMERS,
                      "");
}

static void the_external_id_of_the_sample_is_refused(void **state UNUSED)
{
    assert_complaints(
        AWS KAFKA QUEUES "customers = ( { id = \"acme\"; queue = \"main\";"
                         " prefix = \"s3://acme-events/a/b/\"; account_id = \"444455556666\";"
                         " role_arn = \"arn:aws:iam::444455556666:role/read\";\n"
                         "external_id = \"3f0c6b0e-8d5a-4f7e-9c51-0d3e6a2b7f14\"; } );\n",
        "5: customer acme.external_id: is that of the sample file. What to put: External id that "
        "the role's trust policy requires: random, chosen by the operator, one for each customer "
        "(uuidgen makes "
        "one).\n");
}

#define KEY_ARN "kms_key_arn = \"arn:aws:kms:eu-west-1:444455556666:key/k-1\";"

static void assert_session_policy(const char *more, enum session_policy want)
{
    char text[2048];
    (void)snprintf(text, sizeof(text), "%s%s%scustomers = ( { %s %s } );\n", AWS, KAFKA, QUEUES,
                   ACME_KEYS, more);
    OWNED(conf) struct conf *c = loaded(text);
    assert_int_equal(c->customers[0].session_policy, want);
}

static void a_session_policy_has_kms_only_with_a_key_or_by_request(void **state UNUSED)
{
    assert_session_policy("", SESSION_POLICY_NO_KMS);
    assert_session_policy(KEY_ARN, SESSION_POLICY_FULL);
    assert_session_policy("session_policy = \"full\";", SESSION_POLICY_FULL);
    assert_session_policy("session_policy = \"none\";", SESSION_POLICY_NONE);
    assert_session_policy(KEY_ARN "session_policy = \"none\";", SESSION_POLICY_NONE);
    assert_complaints(AWS KAFKA QUEUES "customers = ( { " ACME_KEYS "\n" KEY_ARN
                                       "\nsession_policy = \"no-kms\"; } );\n",
                      "6: customer acme.session_policy: \"no-kms\" cannot read objects under "
                      "kms_key_arn; use \"full\", or remove one of the two\n");
    assert_complaints(AWS KAFKA QUEUES "customers = ( { " ACME_KEYS
                                       "\nsession_policy = \"nokms\"; } );\n",
                      "5: customer acme.session_policy: must be \"full\", \"no-kms\" or \"none\"; "
                      "did you mean \"no-kms\"?\n");
}

#define FILTERS(text) AWS KAFKA QUEUES "customers = ( { " ACME_KEYS "\n" text "\n} );\n"

static void filters_are_lists_of_patterns(void **state UNUSED)
{
    struct conf_problems problems = {0};
    OWNED(conf)
    struct conf *c = conf_load_text(
        FILTERS("only = \"*.gz\"; ignore = [ \"*/_temporary/*\", \"*\\\\[1].md\" ];"), "t",
        &problems);
    assert_non_null(c);
    assert_string_equal(c->customers[0].only[0], "*.gz");
    assert_null(c->customers[0].only[1]);
    assert_string_equal(c->customers[0].ignore[0], "*/_temporary/*");
    assert_string_equal(c->customers[0].ignore[1], "*\\[1].md");
    assert_null(c->customers[0].ignore[2]);
    struct buf out = BUF_INIT(1 << 20);
    conf_print(c, &out);
    assert_non_null(strstr(out.p, "  only = [ \"*.gz\" ];\n"));
    assert_non_null(strstr(out.p, "  ignore = [ \"*/_temporary/*\", \"*\\\\[1].md\" ];\n"));
    buf_done(&out);
    conf_problems_done(&problems);
}

static void wrong_filters_are_refused(void **state UNUSED)
{
    assert_complaints(FILTERS("only = [ \"*.{json,gz}\" ];\nignore = [];"),
                      "5: customer acme.only: \"*.{json,gz}\" has braces, which are not supported: "
                      "write one pattern for each alternative (\\{ is the character)\n"
                      "6: customer acme.ignore: must be a list of 1 to 32 texts, as in "
                      "[ \"*/_temporary/*\", \"*_SUCCESS\", \"*.md\" ]\n");
    assert_complaints(FILTERS("only = true;\nignore = ( \"a\", 1 );"),
                      "5: customer acme.only: must be a list of 1 to 32 texts, as in [ "
                      "\"*.jsonl.gz\" ]\n"
                      "6: customer acme.ignore: has something in it that is no text in quotes\n");
    assert_complaints(
        FILTERS("only = \"a/b/*.gz\";\nignore = [ \"s3://b/x\", \"**\" ];"),
        "5: customer acme.only: \"a/b/*.gz\" has the prefix in it: "
        "patterns are for the key below the prefix\n"
        "6: customer acme.ignore: \"s3://b/x\" has the prefix in it: patterns are for "
        "the key below the prefix\n"
        "6: customer acme.ignore: \"**\" ignores every object\n");
}

static void identities_must_fit_together(void **state UNUSED)
{
    assert_complaints(
        AWS KAFKA QUEUES "customers = ( { id = \"b\"; queue = \"man\"; bucket = \"other\"; prefix "
                         "= \"s3://x-y/p\";\n"
                         "account_id = \"44445555666\";\n"
                         "role_arn = \"arn:aws:iam::444455556666:user/read\";\n"
                         "kms_key_arn = \"arn:aws:kms:us-east-1:444455556666:key/1\"; } );\n",
        "?3: queue main: no customer uses it; it is not polled\n"
        "4: customer b.prefix: names another bucket than other\n"
        "4: customer b.queue: no queue is named man\n"
        "4: customer b.external_id: is missing (without one only with "
        "accept_role_without_external_id = true;)\n"
        "5: customer b.account_id: 44445555666 is not an account id (12 digits)\n"
        "6: customer b.role_arn: arn:aws:iam::444455556666:user/read is not a role's ARN "
        "(arn:aws:iam::ACCOUNT:role/NAME)\n");
}

static void a_role_of_another_account_is_refused(void **state UNUSED)
{
    assert_complaints(AWS KAFKA QUEUES
                      "customers = ( { id = \"b\"; queue = \"main\"; prefix = \"s3://x-y/p\";\n"
                      "account_id = \"444455556667\"; accept_role_without_external_id = true;\n"
                      "role_arn = \"arn:aws:iam::444455556666:role/read\"; } );\n",
                      "6: customer b.role_arn: is not of the account 444455556667\n");
}

static void shared_queues_take_only_the_direct_form(void **state UNUSED)
{
    assert_complaints(AWS KAFKA QUEUES
                      "customers = ( { " ACME_KEYS " },\n"
                      "{ id = \"b\"; queue = \"main\"; prefix = \"s3://b-events/p\"; via = \"sns\";"
                      " account_id = \"444455556666\"; external_id = \"x-2\";"
                      " role_arn = \"arn:aws:iam::444455556666:role/read\"; } );\n",
                      "5: customer b.via: through SNS or EventBridge only with a queue of their "
                      "own; main has 2 customers\n");
    OWNED(conf)
    struct conf *alone =
        loaded(AWS KAFKA QUEUES "customers = ( { " ACME_KEYS " via = \"eventbridge\"; } );\n");
    assert_int_equal(alone->customers[0].via, NOTIFICATION_EVENTBRIDGE);
}

#define KAFKA_WITH(keys)                                                                           \
    "kafka = { properties = ( \"bootstrap.servers=127.0.0.1:9092\" ); " keys " };\n"

static void no_customer_can_write_under_another_key(void **state UNUSED)
{
    static const char refused[] =
        "2: kafka.key: must begin with {customer}, and a separator that no id holds, unless "
        "kafka.topic holds {customer}\n";
    assert_complaints(AWS KAFKA_WITH("key = \"{session.id}\";") QUEUES CUSTOMERS, refused);
    assert_complaints(AWS KAFKA_WITH("key = \"x{customer}\";") QUEUES CUSTOMERS, refused);
    assert_complaints(AWS KAFKA_WITH("key = \"{customer}{session.id}\";") QUEUES CUSTOMERS,
                      refused);
    assert_complaints(AWS KAFKA_WITH("key = \"{customer}-{session.id}\";") QUEUES CUSTOMERS,
                      refused);
    assert_complaints(AWS KAFKA_WITH("key = \"{customer}/{session.id}\";") QUEUES CUSTOMERS, "");
    assert_complaints(
        AWS KAFKA_WITH("key = \"{session.id}\"; topic = \"e.{customer}\";") QUEUES CUSTOMERS, "");
}

static void customers_of_one_topic_need_keys_of_their_own(void **state UNUSED)
{
    assert_complaints(
        AWS KAFKA_WITH("key = \"{session.id}\"; topic = \"e.{customer}\";") QUEUES
        "customers = ( { " ACME_KEYS " },\n"
        "{ id = \"b\"; queue = \"main\"; prefix = \"s3://b-events/p\"; topic = \"e.acme\";"
        " account_id = \"444455556666\"; external_id = \"x-2\";"
        " role_arn = \"arn:aws:iam::444455556666:role/read\"; } );\n",
        "5: customer b: shares topic e.acme with customer acme, so kafka.key must begin with "
        "{customer} and a separator that no id holds\n");
}

static void topics_must_be_names_and_templates(void **state UNUSED)
{
    assert_complaints(AWS KAFKA_WITH("topic = \"{customer}{stream}\";") QUEUES CUSTOMERS,
                      "2: kafka.topic: needs a text between two placeholders\n");
    assert_complaints(AWS KAFKA_WITH("topic = \"{user.name}\";") QUEUES CUSTOMERS,
                      "2: kafka.topic: has an unknown placeholder {user.name}; a topic may hold "
                      "{customer} and {stream}\n");
    assert_complaints(AWS KAFKA_WITH("topic = \"a b\";") QUEUES CUSTOMERS,
                      "4: customer acme: topic a b is not a topic's name (1 to 249 letters, "
                      "digits, '.', '_', '-')\n");
    assert_complaints(AWS KAFKA_WITH("topic = \"asymptote-rejects\";") QUEUES CUSTOMERS,
                      "4: customer acme: topic asymptote-rejects is the rejects' topic\n");
}

static void properties_are_tried_on_librdkafka(void **state UNUSED)
{
    char got[4096];
    complaints(AWS "kafka = { properties = ( \"bootstrap.servers=x\",\n"
                   "\"sasl.passwort=geheim\",\n"
                   "\"acks=1\",\n"
                   "\"linger.ms=5\", \"linger.ms=6\",\n"
                   "\"nonsense\" ); };\n" QUEUES CUSTOMERS,
               got, sizeof(got));
    assert_non_null(strstr(got, "3: kafka.properties: kafka property sasl.passwort: unknown"));
    assert_non_null(strstr(got, "4: kafka.properties: kafka property acks: must be all"));
    assert_non_null(strstr(got, "5: kafka.properties: linger.ms: is given twice"));
    assert_non_null(strstr(got, "6: kafka.properties: must be texts \"name=value\""));
    assert_non_null(strstr(got, "; did you mean sasl.password?\n"));
    assert_null(strstr(got, "geheim"));
    assert_complaints(AWS "kafka = { properties = ( \"linger.ms=5\" ); };\n" QUEUES CUSTOMERS,
                      "2: kafka.properties: bootstrap.servers is missing\n");
}

/* A directory of files that the teardown removes; it also restores the environment. */
struct folder {
    char path[64];
    char file[128];
    void *environment;
};

static int folder_setup(void **state)
{
    struct folder *f = calloc(1, sizeof(*f));
    (void)snprintf(f->path, sizeof(f->path), "/tmp/conf-test-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    *state = f;
    return forget_aws(&f->environment);
}

static const char *folder_put(struct folder *f, const char *name, const char *text)
{
    (void)snprintf(f->file, sizeof(f->file), "%s/%s", f->path, name);
    FILE *out = fopen(f->file, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    return f->file;
}

static int folder_teardown(void **state)
{
    struct folder *f = *state;
    (void)restore_environment(&f->environment);
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", f->path);
    free(f);
    return system(command);
}

/* The worker sets AWS_CA_BUNDLE from its file; a reload must see that the file no longer has it. */
static void a_variable_that_the_worker_sets_itself_is_not_read(void **state UNUSED)
{
    assert_int_equal(setenv("AWS_CA_BUNDLE", "/etc/ssl/proxy.pem", 1), 0);
    OWNED(conf) struct conf *before = loaded(AWS KAFKA QUEUES CUSTOMERS);
    assert_string_equal(before->aws.ca_bundle, "/etc/ssl/proxy.pem");
    conf_hide_env("AWS_CA_BUNDLE");
    OWNED(conf) struct conf *after = loaded(AWS KAFKA QUEUES CUSTOMERS);
    conf_hide_env(NULL);
    assert_null(after->aws.ca_bundle);
}

/* A refused value may be a secret: the log of a worker has the error. */
static void errors_do_not_show_what_may_be_secret(void **state UNUSED)
{
    static const char *const planted[] = {
        AWS KAFKA "metrics = { runbook = \"https:/wiki/r?token=PLANTED\"; };\n" QUEUES CUSTOMERS,
        AWS KAFKA "metrics = { runbook = \"https://u:p@h h/r?a=b PLANTED\"; };\n" QUEUES CUSTOMERS,
        "aws = { region = \"eu-west-1\"; endpoint_sts = \"https://h/?PLANTED\"; };\n" KAFKA QUEUES
            CUSTOMERS,
        AWS KAFKA QUEUES "customers = ( { id = \"acme\"; queue = \"q\"; bucket = \"acme-bucket\";"
                         " account_id = \"444455556666\"; external_id = \"PLANTED !\"; } );\n",
        /* in lists */
        AWS KAFKA QUEUES "customers = ( { id = \"acme\"; queue = \"q\"; bucket = \"acme-bucket\";"
                         " account_id = \"444455556666\"; external_id = [ \"PLANTED\" ]; } );\n",
        AWS KAFKA QUEUES
        "customers = ( { id = \"acme\"; queue = \"q\"; bucket = \"acme-bucket\";"
        " account_id = \"444455556666\"; only = [ \"!https://h/f?token=PLANTED x\" ]; } );\n",
        AWS KAFKA QUEUES
        "customers = ( { id = \"acme\"; queue = \"q\"; bucket = \"acme-bucket\";"
        " account_id = \"444455556666\"; only = \"s3://b/f?token=PLANTED\"; } );\n",
        AWS "kafka = { properties = ( \"bootstrap.servers=b:9092\", \"sasl.password PLANTED\" ); "
            "};\n" QUEUES CUSTOMERS,
        AWS "kafka = { properties = ( \"bootstrap.servers=b:9092\", \"sasl.password: PLANTED==\" "
            "); };\n" QUEUES CUSTOMERS,
        AWS "kafka = { properties = ( \"bootstrap.servers=b:9092\", \"sasl.passwort=PLANTED\" ); "
            "};\n" QUEUES CUSTOMERS,
        AWS "kafka = { properties = ( \"bootstrap.servers=b:9092\", ( \"sasl.password=PLANTED\" ) "
            "); };\n" QUEUES CUSTOMERS,
        AWS "kafka = { properties = ( \"bootstrap.servers=b:9092\", \"sasl.password=PLANTED\","
            " \"sasl.password=PLANTED\" ); };\n" QUEUES CUSTOMERS,
    };
    for (size_t i = 0; i < sizeof(planted) / sizeof(planted[0]); i++) {
        char got[8192];
        complaints(planted[i], got, sizeof(got));
        assert_true(strlen(got) != 0);
        assert_null(strstr(got, "PLANTED"));
    }
    char got[8192];
    complaints(planted[0], got, sizeof(got));
    assert_non_null(strstr(got, "metrics.runbook: https:/wiki/r?******** is not a URL"));
    complaints(planted[3], got, sizeof(got));
    assert_non_null(strstr(got, "acme.external_id: must be 2 to 1224 letters"));
    complaints(planted[5], got, sizeof(got));
    assert_non_null(strstr(got, "acme.only: \"!https://h/f?********\" begins with '!'"));
    complaints(planted[8], got, sizeof(got));
    assert_non_null(strstr(got, "kafka.properties: must be texts \"name=value\""));
}

static void secrets_come_from_files_and_the_environment(void **state)
{
    struct folder *f = *state;
    (void)folder_put(f, "pw", "from a file\n");
    char text[4096];
    (void)snprintf(text, sizeof(text),
                   AWS "kafka = { properties = ( \"bootstrap.servers=x\", "
                       "\"sasl.password=file:%s\", \"ssl.key.password_file=%s\", "
                       "\"sasl.username=env:CONF_TEST_USER\" ); };\n" QUEUES CUSTOMERS,
                   f->file, f->file);
    assert_int_equal(chmod(f->file, 0600), 0);
    assert_int_equal(setenv("CONF_TEST_USER", "from the environment", 1), 0);
    OWNED(conf) struct conf *c = loaded(text);
    assert_string_equal(c->kafka.properties[1], "sasl.password=from a file");
    assert_string_equal(c->kafka.properties[2], "ssl.key.password=from a file");
    assert_string_equal(c->kafka.properties[3], "sasl.username=from the environment");
    assert_null(c->kafka.properties[4]);

    assert_int_equal(unsetenv("CONF_TEST_USER"), 0);
    char got[4096];
    complaints(text, got, sizeof(got));
    assert_string_equal(got, "2: kafka.properties: sasl.username: the environment has no "
                             "CONF_TEST_USER\n");
}

static void warns_of_secrets_that_others_may_read(void **state)
{
    struct folder *f = *state;
    const char *path = folder_put(f, "main.conf",
                                  AWS "kafka = { properties = ( \"bootstrap.servers=x\",\n"
                                      "\"sasl.password=inline\" ); };\n" QUEUES CUSTOMERS);
    assert_int_equal(chmod(path, 0640), 0);
    struct conf_problems p = {0};
    OWNED(conf) struct conf *c = conf_load(path, &p);
    assert_non_null(c);
    assert_int_equal(p.count, 1);
    assert_true(p.list[0].warning);
    assert_int_equal(p.list[0].line, 3);
    assert_non_null(strstr(p.list[0].text, "others may read"));
    assert_null(strstr(p.list[0].text, "inline"));
    conf_problems_done(&p);

    assert_int_equal(chmod(path, 0600), 0);
    OWNED(conf) struct conf *quiet = conf_load(path, &p);
    assert_non_null(quiet);
    assert_int_equal(p.count, 0);
    conf_problems_done(&p);

    char text[4096];
    const char *secret = folder_put(f, "pw", "inline\n");
    assert_int_equal(chmod(secret, 0640), 0);
    (void)snprintf(text, sizeof(text),
                   AWS
                   "kafka = { properties = ( \"bootstrap.servers=x\", \"client.rack=file:%s\",\n"
                   "\"sasl.password=file:%s\" ); };\n" QUEUES CUSTOMERS,
                   secret, secret);
    OWNED(conf) struct conf *in_file = conf_load_text(text, "test.conf", &p);
    assert_non_null(in_file);
    assert_int_equal(p.count, 1);
    assert_true(p.list[0].warning);
    assert_int_equal(p.list[0].line, 3);
    assert_non_null(strstr(p.list[0].text, "sasl.password: others may read the file /"));
    conf_problems_done(&p);
}

static void included_files_are_looked_at_as_the_main_one(void **state)
{
    struct folder *f = *state;
    (void)folder_put(f, "limits.conf", "limits = { lanes = 4294967300; };\n");
    assert_int_equal(chmod(folder_put(f, "kafka.conf",
                                      "kafka = { properties = ( \"bootstrap.servers=x\",\n"
                                      "\"sasl.password=inline\" ); };\n"),
                           0640),
                     0);
    const char *path = folder_put(
        f, "main.conf", AWS "@include \"kafka.conf\"\n@include \"limits.conf\"\n" QUEUES CUSTOMERS);
    struct conf_problems p = {0};
    assert_null(conf_load(path, &p));
    assert_int_equal(p.count, 2);
    assert_int_equal(p.errors, 1);
    for (size_t i = 0; i < p.count; i++) {
        const char *want = p.list[i].warning ? "others may read" : "limits.lanes";
        assert_non_null(strstr(p.list[i].text, want));
    }
    conf_problems_done(&p);
}

static void assert_first_problem(const char *path, const char *file, const char *what)
{
    struct conf_problems p = {0};
    assert_null(conf_load(path, &p));
    assert_true(p.count > 0);
    assert_non_null(strstr(p.list[0].file, file));
    assert_non_null(strstr(p.list[0].text, what));
    conf_problems_done(&p);
}

static void only_regular_files_are_opened(void **state)
{
    struct folder *f = *state;
    char pipe[128];
    (void)snprintf(pipe, sizeof(pipe), "%s/pipe.conf", f->path);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_first_problem(pipe, "pipe.conf", "is no regular file");
    assert_first_problem("/dev/null", "/dev/null", "is no regular file");
    assert_first_problem(f->path, f->path, "is a directory");
    assert_first_problem(folder_put(f, "a.conf", " @include \"pipe.conf\"\n"), "a.conf",
                         "pipe.conf is no regular file");
    assert_first_problem(folder_put(f, "b.conf", "@include \".\"\n"), "b.conf", "is a directory");
    (void)folder_put(f, "one.conf", "\n@include \"pipe.conf\"\n");
    assert_first_problem(folder_put(f, "c.conf", "@include \"one.conf\"\n"), "one.conf",
                         "pipe.conf is no regular file");
    assert_first_problem(folder_put(f, "d.conf", "@include \"not-there\"\n"), "d.conf",
                         "cannot open include file");
}

static void a_customers_file_is_named_in_what_is_wrong_with_it(void **state)
{
    struct folder *f = *state;
    char folder[128];
    (void)snprintf(folder, sizeof(folder), "%s/customers.d", f->path);
    assert_int_equal(mkdir(folder, 0700), 0);
    (void)folder_put(f, "customers.d/a.conf", "# nothing yet\n");
    const char *main = folder_put(f, "main.conf", AWS KAFKA QUEUES);
    assert_first_problem(main, "customers.d/a.conf", "is empty; the keys of one customer");
    (void)folder_put(f, "customers.d/a.conf", "queue = \"main\";\n");
    main = folder_put(f, "main.conf", AWS KAFKA QUEUES);
    assert_first_problem(main, "customers.d/a.conf", "customer.id: is missing");
}

static void a_link_stays_in_the_folder(void **state)
{
    struct folder *f = *state;
    char folder[128];
    char link[256];
    (void)snprintf(folder, sizeof(folder), "%s/customers.d", f->path);
    (void)snprintf(link, sizeof(link), "%s/customers.d/acme.conf", f->path);
    assert_int_equal(mkdir(folder, 0700), 0);
    (void)folder_put(f, "outside.conf", ACME_KEYS);
    (void)folder_put(f, "customers.d/inside", ACME_KEYS);
    const char *main = folder_put(f, "main.conf", AWS KAFKA QUEUES);
    assert_int_equal(symlink("../outside.conf", link), 0);
    assert_first_problem(main, "customers.d/acme.conf", "is a symbolic link out of customers.d");
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink("../customers.d/inside", link), 0);
    struct conf_problems p = {0};
    OWNED(conf) struct conf *c = conf_load(main, &p);
    assert_non_null(c);
    assert_int_equal(c->customer_count, 1);
    conf_problems_done(&p);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink("gone", link), 0);
    assert_first_problem(main, "customers.d/acme.conf", "there is no such file");
}

static void reports_before_the_start_what_would_fail_then(void **state UNUSED)
{
    assert_complaints(
        AWS "kafka = { properties = ( \"bootstrap.servers=x\", \"max.in.flight=100\" ); };\n" QUEUES
            CUSTOMERS,
        "2: kafka.properties: `max.in.flight` must be set <= 5 when `enable.idempotence` is "
        "true\n");
    assert_complaints(
        AWS
        "kafka = { properties = ( \"bootstrap.servers=x\", \"retries=0\" ); };\n" QUEUES CUSTOMERS,
        "2: kafka.properties: `retries` must be set >= 1 when `enable.idempotence` is true\n");
    assert_complaints(
        AWS KAFKA
        "queues = ( { name = \"main\"; region = \"us-east-1\";\n"
        "url = \"https://sqs.eu-central-1.amazonaws.com/111122223333/ingest\"; } );\n" CUSTOMERS,
        "3: queue main: sqs: the queue's URL is of region eu-central-1, not us-east-1\n");
}

static void customers_have_files_of_their_own(void **state)
{
    struct folder *f = *state;
    char folder[128];
    (void)snprintf(folder, sizeof(folder), "%s/customers.d", f->path);
    assert_int_equal(mkdir(folder, 0700), 0);
    (void)folder_put(f, "customers.d/acme.conf", ACME_KEYS);
    (void)folder_put(f, "customers.d/note.txt", "not read");
    (void)folder_put(f, "customers.d/b.conf",
                     "id = \"b\"; queue = \"main\"; prefix = \"s3://b-events/p\";\n"
                     "account_id = \"444455556666\"; external_id = \"x-2\"; bukket = \"x\";\n"
                     "role_arn = \"arn:aws:iam::444455556666:role/read\";\n");
    (void)folder_put(f, "kafka.conf", KAFKA);
    const char *path = folder_put(f, "main.conf", AWS "@include \"kafka.conf\"\n" QUEUES);

    struct conf_problems p = {0};
    assert_null(conf_load(path, &p));
    assert_int_equal(p.count, 1);
    assert_non_null(strstr(p.list[0].file, "customers.d/b.conf"));
    assert_int_equal(p.list[0].line, 2);
    assert_string_equal(p.list[0].text, "customer b.bukket: unknown key; did you mean bucket?");
    conf_problems_done(&p);

    assert_int_equal(unlink(folder_put(f, "customers.d/b.conf", "")), 0);
    (void)snprintf(f->file, sizeof(f->file), "%s/main.conf", f->path);
    OWNED(conf) struct conf *c = conf_load(f->file, &p);
    assert_non_null(c);
    assert_int_equal(c->customer_count, 1);
    assert_string_equal(c->customers[0].id, "acme");
    conf_problems_done(&p);
}

static void numbers_that_libconfig_cuts_are_refused(void **state)
{
    struct folder *f = *state;
    const char *path = folder_put(f, "main.conf", GOOD "limits = { lanes = 4294967300; };\n");
    struct conf_problems p = {0};
    assert_null(conf_load(path, &p));
    assert_int_equal(p.count, 1);
    assert_string_equal(p.list[0].text, "limits.lanes: is too large a number");
    conf_problems_done(&p);
}

static void a_missing_file_is_reported(void **state UNUSED)
{
    struct conf_problems p = {0};
    assert_null(conf_load("/nowhere/x.conf", &p));
    assert_int_equal(p.errors, 1);
    assert_string_equal(p.list[0].text, "there is no such file");
    conf_problems_done(&p);
}

static void memory_that_cannot_be_kept_is_refused(void **state UNUSED)
{
    char got[4096];
    complaints(GOOD "limits = { lanes = 64;\nmemory = \"32MiB\"; };\n", got, sizeof(got));
    assert_memory_equal(got, "6: limits.memory", 16);
    complaints(GOOD "limits = { lanes = 1; memory = \"10GiB\"; };\n", got, sizeof(got));
    assert_string_equal(got, "");
}

static void the_file_wins_over_the_environment(void **state UNUSED)
{
    assert_int_equal(setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2", 1), 0);
    assert_int_equal(setenv("AWS_REGION", "us-east-1", 1), 0);
    OWNED(conf)
    struct conf *c =
        loaded("aws = { endpoint_sts = \"http://127.0.0.1:3\"; };\n" KAFKA QUEUES CUSTOMERS);
    assert_string_equal(c->aws.region, "us-east-1");
    assert_string_equal(c->aws.endpoint_sqs, "http://127.0.0.1:1");
    assert_string_equal(c->aws.endpoint_s3, "http://127.0.0.1:2");
    assert_string_equal(c->aws.endpoint_sts, "http://127.0.0.1:3");

    /*
     * With a configured endpoint the host of a queue's URL is not contacted, so the URL may use
     * http.
     */
    OWNED(conf)
    struct conf *d =
        loaded(AWS KAFKA "queues = ( { name = \"main\"; url = "
                         "\"http://sqs.example:4566/000000000000/q\"; } );\n" CUSTOMERS);
    assert_string_equal(d->queues[0].url, "http://sqs.example:4566/000000000000/q");

    assert_int_equal(setenv("AWS_ENDPOINT_URL_S3", "http://example.com", 1), 0);
    assert_complaints(GOOD, "1: aws.endpoint_s3: plain http to another host only with "
                            "aws.allow_http = true;\n");
}

static void customers_bring_their_own_names(void **state UNUSED)
{
    OWNED(conf)
    struct conf *c = loaded(
        AWS KAFKA QUEUES
        "customers = ( { " ACME_KEYS " redact = \"secrets\";\n"
        "unwrap = [ \"jsonPayload\", \"payload.after\" ];\n"
        "mapping = ( { field = \"repository\"; from = [ \"project.git.url\", \"repo\" ]; },\n"
        "            { field = \"harness.name\"; value = \"acme_bot\"; } );\n"
        "actions = ( { word = \"RunTool\"; action = \"tool.invoked\"; } ); } );\n");
    const struct customer_conf *acme = &c->customers[0];
    assert_true(acme->redact_secrets);
    assert_string_equal(acme->unwrap[1], "payload.after");
    assert_null(acme->unwrap[2]);
    assert_int_equal(acme->mapping_count, 2);
    assert_string_equal(acme->mapping[0].from[1], "repo");
    assert_null(acme->mapping[0].from[2]);
    assert_string_equal(acme->mapping[1].value, "acme_bot");
    assert_int_equal(acme->action_count, 1);
    assert_string_equal(acme->actions[0].action, "tool.invoked");
    assert_non_null(acme->rules);
}

static void own_names_must_be_known_fields(void **state UNUSED)
{
    char got[4096];
    complaints(AWS KAFKA QUEUES
               "customers = ( { " ACME_KEYS "\n"
               "mapping = ( { field = \"repository\"; from = \"repo\"; },\n"
               "            { field = \"no.such.field\"; from = [ \"x\" ]; },\n"
               "            { field = \"repository\"; from = [ \"a\" ]; value = \"b\"; } );\n"
               "actions = ( { word = \"RunTool\"; action = \"Not An Action\"; },\n"
               "            { wort = \"x\"; } );\n"
               "unwrap = \"a..b\"; } );\n",
               got, sizeof(got));
    assert_null(strstr(got, "5: "));
    assert_non_null(strstr(got, "6: mapping: "));
    assert_non_null(strstr(got, "no.such.field"));
    assert_non_null(strstr(got, "7: mapping: an entry has either from"));
    assert_non_null(strstr(got, "8: actions: "));
    assert_non_null(strstr(got, "10: unwrap: \"a..b\" is no member path"));
    assert_non_null(strstr(got, "9: actions.wort: unknown key; did you mean word?"));
}

#define WITH_FOLDER(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_in_defaults_and_what_is_derived),
        cmocka_unit_test(reads_every_type_of_value),
        cmocka_unit_test(listens_only_where_it_is_told),
        cmocka_unit_test(reports_all_mistakes_with_their_lines),
        cmocka_unit_test(two_urls_of_one_queue_are_one_queue),
        cmocka_unit_test(reports_what_is_missing),
        cmocka_unit_test(tokens_and_properties_must_fit_each_other),
        cmocka_unit_test(a_syntax_error_has_its_line),
        cmocka_unit_test(prefixes_of_a_bucket_must_not_overlap),
        cmocka_unit_test(an_empty_prefix_is_refused),
        cmocka_unit_test(one_slash_around_a_prefix_does_not_count_and_two_are_refused),
        cmocka_unit_test(addresses_of_a_prefix_are_split_or_refused_never_taken_as_paths),
        cmocka_unit_test(a_doubtful_prefix_is_a_warning),
        cmocka_unit_test(a_placeholder_is_told_with_its_line_and_what_to_put),
        cmocka_unit_test(a_secret_that_is_more_than_a_placeholder_is_left_alone),
        cmocka_unit_test(the_external_id_of_the_sample_is_refused),
        cmocka_unit_test(errors_do_not_show_what_may_be_secret),
        cmocka_unit_test(a_session_policy_has_kms_only_with_a_key_or_by_request),
        cmocka_unit_test(identities_must_fit_together),
        cmocka_unit_test(a_role_of_another_account_is_refused),
        cmocka_unit_test(shared_queues_take_only_the_direct_form),
        cmocka_unit_test(filters_are_lists_of_patterns),
        cmocka_unit_test(wrong_filters_are_refused),
        cmocka_unit_test(no_customer_can_write_under_another_key),
        cmocka_unit_test(customers_of_one_topic_need_keys_of_their_own),
        cmocka_unit_test(topics_must_be_names_and_templates),
        cmocka_unit_test(properties_are_tried_on_librdkafka),
        WITH_FOLDER(a_variable_that_the_worker_sets_itself_is_not_read),
        WITH_FOLDER(secrets_come_from_files_and_the_environment),
        WITH_FOLDER(warns_of_secrets_that_others_may_read),
        WITH_FOLDER(included_files_are_looked_at_as_the_main_one),
        WITH_FOLDER(only_regular_files_are_opened),
        WITH_FOLDER(a_customers_file_is_named_in_what_is_wrong_with_it),
        WITH_FOLDER(a_link_stays_in_the_folder),
        cmocka_unit_test(reports_before_the_start_what_would_fail_then),
        WITH_FOLDER(customers_have_files_of_their_own),
        WITH_FOLDER(numbers_that_libconfig_cuts_are_refused),
        cmocka_unit_test(a_missing_file_is_reported),
        cmocka_unit_test(memory_that_cannot_be_kept_is_refused),
        cmocka_unit_test_setup_teardown(the_file_wins_over_the_environment, forget_aws,
                                        restore_environment),
        cmocka_unit_test(customers_bring_their_own_names),
        cmocka_unit_test(own_names_must_be_known_fields),
    };
    return cmocka_run_group_tests(tests, forget_aws, restore_environment);
}
