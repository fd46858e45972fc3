/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/fake_aws.h"

#include "slurp.h"
#include "verify/verify.h"

enum { MANY = 200 };

#define KEY "arn:aws:kms:eu-west-1:444455556666:key/k"

static struct customer_conf customers[MANY];
static const struct customer_conf *list[MANY];
static struct conf conf;
static struct queue_conf queue;
static struct creds_source own = {FAKE_OWN};
static const struct s3_entry newest = {.key = SPAN_INIT("logs/b"), .size = 3, .modified_ns = 7};
static char ids[MANY][16];

static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

#define QUEUE_ARN "arn:aws:sqs:eu-west-1:111122223333:q"
#define STATEMENT(who, condition)                                                                  \
    "{'Effect':'Allow','Principal':" who ",'Action':'sqs:SendMessage','Resource':'" QUEUE_ARN      \
    "','Condition':{" condition "}}"
#define S3 "{'Service':'s3.amazonaws.com'}"
#define OF_BUCKET "'ArnLike':{'aws:SourceArn':'arn:aws:s3:*:*:bucket'}"
#define OF_ACCOUNT "'StringEquals':{'aws:SourceAccount':'444455556666'}"
#define S3_STATEMENT STATEMENT(S3, OF_BUCKET "," OF_ACCOUNT)

/* Set the policy of the queue to these statements, with ' in place of ". */
static void set_policy(const char *statements)
{
    char *p = aws.queue.policy;
    (void)snprintf(p, sizeof(aws.queue.policy), "{'Statement':[%s]}", statements);
    for (; *p != '\0'; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
}

static bool no_sink;
static enum verify_state sample_state; /* what fake_sample returns */

static int set_up(void **state UNUSED)
{
    aws = (struct fake_aws){.entries = &newest,
                            .entry_count = 1,
                            .queue = {.arn = QUEUE_ARN,
                                      .visibility_s = 30,
                                      .max_receive_count = 20,
                                      .retention_s = 1209600},
                            .topic = {.max_bytes = 1048588, .cleanup_policy = "delete"}};
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(ids[i], sizeof(ids[i]), "cust-%zu", i);
        customers[i] = (struct customer_conf){
            .id = ids[i],
            .bucket = text("bucket"),
            .prefix = text("logs"),
            .region = text("eu-west-1"),
            .account_id = text("444455556666"),
            .role_arn = text("arn:aws:iam::444455556666:role/r"),
            .external_id = ids[i],
            .queue = &queue,
            .topic = text("events-{customer}"),
        };
        list[i] = &customers[i];
    }
    conf.customers = customers;
    conf.customer_count = 2;
    conf.kafka.rejects_topic = text("rejects");
    conf.limits.event_bytes = 0;
    set_policy(S3_STATEMENT);
    sample_state = VERIFY_OK;
    no_sink = false;
    return 0;
}

static int tear_down(void **state UNUSED)
{
    assert_int_equal(atomic_load(&fake_sources), 0);
    return 0;
}

static atomic_bool sample_cut;

static enum verify_state fake_sample(const struct verify_sample *in, char found[VERIFY_FOUND_BYTES])
{
    assert_true(span_eq(in->bytes, SPAN("{}\n")));
    assert_ptr_equal(in->conf, &conf);
    sample_cut = in->cut;
    (void)snprintf(found, VERIFY_FOUND_BYTES, "%.*s", SPAN_FMT(in->object));
    return sample_state;
}

static struct verify *start(size_t count)
{
    static const struct err none = {.kind = FAIL_CONFIG, .text = "none"};
    static char any;
    struct sink *sink = no_sink ? NULL : (struct sink *)(void *)&any;
    return verify_new(&(struct verify_parts){&conf, NULL, &own, &none, NULL, NULL, fake_sample,
                                             sink, &none, NULL, NULL},
                      list, count);
}

/* The states of the first customer, "name=state " for each that is not ok; then the worker's. */
static const char *states(void)
{
    static char all[1024];
    struct buf out = BUF_INIT(sizeof(all) - 1);
    OWNED(verify) struct verify *v = start(1);
    struct verify_report r;
    while (verify_next(v, &r)) {
        for (size_t i = 0; i < r.count; i++) {
            bool of_worker =
                strcmp(r.lines[i].check->name, "notification.seen") == 0; /* none runs */
            if (r.lines[i].state != VERIFY_OK && !of_worker) {
                buf_addf(&out, "%s=%s ", r.lines[i].check->name,
                         verify_state_name(r.lines[i].state));
            }
        }
    }
    (void)snprintf(all, sizeof(all), "%s", out.n > 0 ? out.p : "");
    buf_done(&out);
    return all;
}

static void a_correct_customer_passes(void **state UNUSED)
{
    assert_string_equal(states(), "object.version=skip ");
    aws.version = "v1";
    customers[0].versioned = true;
    customers[0].kms_key_arn = text(KEY);
    aws.encryption = "aws:kms";
    aws.kms_key = KEY;
    assert_string_equal(states(), "");
}

#define WITHOUT_TOPIC "topic.leader=skip topic.size=skip topic.policy=skip "
#define WITHOUT_QUEUE                                                                              \
    "queue.redrive=skip queue.retention=skip queue.visibility=skip queue.policy=skip "
#define WITHOUT_KEY "object.read=skip object.kms=skip object.version=skip "

static void each_answer_has_its_line(void **state UNUSED)
{
    static const struct {
        enum fake_call call;
        int answer;
        const char *want;
    } cases[] = {
        {CALL_OWN_IDENTITY, FAIL_DENIED, "worker.identity=FAIL object.version=skip "},
        {CALL_NO_ID, DONE, "role.no_id=FAIL object.version=skip "},
        {CALL_NO_ID, FAIL_THROTTLED, "role.no_id=FAIL object.version=skip "},
        {CALL_WRONG_ID, DONE, "role.wrong_id=FAIL object.version=skip "},
        {CALL_OTHER_ID, DONE, "role.other_id=FAIL object.version=skip "},
        {CALL_SESSION_IDENTITY, FAIL_AGAIN, "role.account=FAIL object.version=skip "},
        {CALL_LIST, FAIL_DENIED,
         "prefix.list=FAIL " WITHOUT_KEY "object.public=skip format.sample=skip "},
        {CALL_READ, FAIL_DENIED,
         "object.read=FAIL object.kms=skip object.version=skip format.sample=skip "},
        {CALL_READ, FAIL_KMS, "object.kms=FAIL object.version=skip format.sample=skip "},
        {CALL_READ, FAIL_GONE,
         "object.read=warn object.kms=skip object.version=skip format.sample=skip "},
        {CALL_SAMPLE, FAIL_GONE, "object.version=skip format.sample=warn "},
        {CALL_SAMPLE, FAIL_DENIED, "object.version=skip format.sample=FAIL "},
        {CALL_OUTSIDE_LIST, DONE, "object.version=skip outside.list=FAIL "},
        {CALL_OUTSIDE_LIST, FAIL_AGAIN, "object.version=skip outside.list=FAIL "},
        {CALL_OUTSIDE_READ, DONE, "object.version=skip outside.read=FAIL "},
        {CALL_OUTSIDE_READ, FAIL_GONE, "object.version=skip outside.read=FAIL "},
        {CALL_OUTSIDE_READ, FAIL_THROTTLED, "object.version=skip outside.read=FAIL "},
        {CALL_QUEUE, FAIL_DENIED, "object.version=skip queue.exists=FAIL " WITHOUT_QUEUE},
        {CALL_TOPIC, FAIL_CONFIG, "object.version=skip topic.exists=FAIL " WITHOUT_TOPIC},
        {CALL_TOPIC, FAIL_AGAIN, "object.version=skip topic.exists=FAIL " WITHOUT_TOPIC},
        {CALL_EXPLAIN, FAIL_AGAIN, "object.version=skip topic.leader=FAIL "},
        {CALL_DESCRIBE, FAIL_DENIED, "object.version=skip topic.size=warn topic.policy=warn "},
        {CALL_ANONYMOUS, DONE, "object.version=skip object.public=FAIL "},
        {CALL_ANONYMOUS, FAIL_CONFIG, "object.version=skip object.public=FAIL "},
        {CALL_ANONYMOUS, FAIL_AGAIN, "object.version=skip object.public=FAIL "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(aws.answers, 0, sizeof(aws.answers));
        aws.answers[cases[i].call] = cases[i].answer;
        assert_string_equal(states(), cases[i].want);
    }
}

static void without_credentials_all_else_is_skipped(void **state UNUSED)
{
    aws.answers[CALL_OWN_CREDS] = FAIL_AGAIN;
    assert_string_equal(states(),
                        "worker.identity=FAIL role.assume=skip role.no_id=skip role.wrong_id=skip "
                        "role.other_id=skip role.account=skip prefix.list=skip " WITHOUT_KEY
                        "outside.list=skip outside.read=skip object.public=skip "
                        "queue.exists=skip " WITHOUT_QUEUE "format.sample=skip ");
}

static void denials_of_a_role_that_cannot_be_assumed_prove_nothing(void **state UNUSED)
{
    aws.answers[CALL_SESSION] = FAIL_DENIED;
    aws.answers[CALL_WRONG_ID] = DONE; /* but being let in is proof */
    assert_string_equal(
        states(), "role.assume=FAIL role.no_id=skip role.wrong_id=FAIL "
                  "role.other_id=skip role.account=skip prefix.list=skip " WITHOUT_KEY
                  "outside.list=skip outside.read=skip object.public=skip format.sample=skip ");
}

static void a_role_that_may_accept_any_external_id_is_a_warning(void **state UNUSED)
{
    customers[0].accept_role_without_external_id = true;
    aws.answers[CALL_NO_ID] = DONE;
    aws.answers[CALL_WRONG_ID] = DONE;
    assert_string_equal(states(), "role.no_id=warn role.wrong_id=warn object.version=skip ");
}

/* Whether the first customer is proved, and the check that was disproved: "" for none. */
static bool is_proved(const char **disproved)
{
    const struct verify_check *check = NULL;
    struct verify_report r;
    OWNED(verify) struct verify *v = start(1);
    assert_true(verify_next(v, &r));
    assert_false(verify_proved(&r, &check)); /* the worker is no customer */
    assert_true(verify_next(v, &r));
    bool proved = verify_proved(&r, &check);
    *disproved = check != NULL ? check->name : "";
    return proved;
}

static void only_denials_are_a_proof(void **state UNUSED)
{
    static const struct {
        enum fake_call call;
        int answer;
        bool proved;
        const char *disproved;
    } cases[] = {
        {CALL_QUEUE, FAIL_DENIED, true, ""}, /* it is not about denials */
        {CALL_NO_ID, DONE, false, "role.no_id"},
        {CALL_WRONG_ID, DONE, false, "role.wrong_id"},
        {CALL_OTHER_ID, DONE, false, "role.other_id"},
        {CALL_OUTSIDE_LIST, DONE, false, "outside.list"},
        {CALL_OUTSIDE_READ, DONE, false, "outside.read"},
        {CALL_OUTSIDE_READ, FAIL_GONE, false, "outside.read"},
        {CALL_ANONYMOUS, DONE, false, "object.public"},
        {CALL_ANONYMOUS, FAIL_DATA, false, "object.public"},
        {CALL_NO_ID, FAIL_THROTTLED, false,
         ""}, /* what is not known is no proof, and disproves none */
        {CALL_OUTSIDE_LIST, FAIL_AGAIN, false, ""},
        {CALL_ANONYMOUS, FAIL_AGAIN, false, ""},
        {CALL_LIST, FAIL_DENIED, false, ""},
        {CALL_SESSION, FAIL_DENIED, false, ""},
    };
    const char *disproved = NULL;
    assert_true(is_proved(&disproved));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(aws.answers, 0, sizeof(aws.answers));
        aws.answers[cases[i].call] = cases[i].answer;
        assert_int_equal(is_proved(&disproved), cases[i].proved);
        assert_string_equal(disproved, cases[i].disproved);
    }
}

static void what_the_configuration_accepts_is_no_obstacle_to_a_proof(void **state UNUSED)
{
    const char *disproved = NULL;
    customers[0].accept_role_without_external_id = true;
    aws.answers[CALL_NO_ID] = DONE;
    aws.answers[CALL_WRONG_ID] = DONE;
    assert_true(is_proved(&disproved));
    conf.customer_count = 1; /* no other external id can be tried */
    assert_true(is_proved(&disproved));
    aws.denied = "";
    assert_false(is_proved(&disproved)); /* a store whose answer names no permission: a warning */
    assert_string_equal(disproved, "");
}

static void the_only_customer_has_no_other_external_id(void **state UNUSED)
{
    conf.customer_count = 1;
    aws.answers[CALL_OTHER_ID] = DONE;
    assert_string_equal(states(), "role.other_id=skip object.version=skip ");
}

static void the_session_must_be_of_the_customers_account(void **state UNUSED)
{
    aws.account = "999999999999";
    assert_string_equal(states(), "role.account=FAIL object.version=skip ");
}

static void the_encryption_must_be_as_declared(void **state UNUSED)
{
    aws.encryption = "aws:kms";
    aws.kms_key = KEY;
    assert_string_equal(states(), "object.kms=warn object.version=skip ");
    customers[0].kms_key_arn = text("arn:aws:kms:eu-west-1:444455556666:key/other");
    assert_string_equal(states(), "object.kms=FAIL object.version=skip ");
    aws.encryption = "AES256";
    assert_string_equal(states(), "object.kms=FAIL object.version=skip ");
}

static void a_version_that_cannot_be_read_fails(void **state UNUSED)
{
    customers[0].versioned = true;
    assert_string_equal(states(), "object.version=warn "); /* no version id */
    aws.version = "v1";
    aws.answers[CALL_VERSION] = FAIL_DENIED;
    assert_string_equal(states(), "object.version=FAIL ");
}

static void the_named_permission_decides_about_a_key_that_does_not_exist(void **state UNUSED)
{
    aws.denied = "s3:ListBucket";
    assert_string_equal(states(), "object.version=skip outside.read=FAIL ");
    aws.denied = "";
    assert_string_equal(states(), "object.version=skip outside.read=warn ");
}

/* The line of a check of the first customer. */
static struct verify_line line_of(const char *name)
{
    struct verify_line found = {0};
    OWNED(verify) struct verify *v = start(1);
    struct verify_report r;
    while (verify_next(v, &r)) {
        for (size_t i = 0; i < r.count; i++) {
            found = strcmp(r.lines[i].check->name, name) == 0 ? r.lines[i] : found;
        }
    }
    assert_non_null(found.check);
    return found;
}

static void the_newest_object_with_content_is_read(void **state UNUSED)
{
    char *ignore[] = {text("*.tmp"), NULL};
    const struct s3_entry entries[] = {
        {.key = SPAN("logs/new"), .size = 3, .modified_ns = 7},
        {.key = SPAN("logs/old"), .size = 3, .modified_ns = 6},
        {.key = SPAN("logs/empty"), .size = 0, .modified_ns = 9},
        {.key = SPAN("logs/x.tmp"), .size = 3, .modified_ns = 9},
        {.key = SPAN("logs/z"), .size = 3, .modified_ns = 9, .storage_class = SPAN("GLACIER")},
    };
    aws.entries = entries;
    aws.entry_count = 5;
    customers[0].ignore = ignore;
    struct verify_line l = line_of("object.read");
    assert_string_equal(l.tried, "GET of one byte of s3://bucket/logs/new");
}

static void an_empty_prefix_warns(void **state UNUSED)
{
    aws.entry_count = 0;
    assert_string_equal(states(), "object.read=warn object.kms=skip object.version=skip "
                                  "object.public=skip format.sample=skip ");
    customers[0].kms_key_arn = text(KEY);
    assert_string_equal(states(), "object.read=warn object.kms=warn object.version=skip "
                                  "object.public=skip format.sample=skip ");
}

static void a_large_prefix_is_not_listed_to_its_end(void **state UNUSED)
{
    aws.repeat = 1000000;
    struct verify_line l = line_of("prefix.list");
    assert_string_equal(l.found, "10000 keys or more");
}

static void the_beginning_of_the_newest_object_is_sampled(void **state UNUSED)
{
    struct verify_line l = line_of("format.sample");
    assert_string_equal(l.tried, "GET of the first 64 KiB of s3://bucket/logs/b");
    assert_string_equal(l.found, "s3://bucket/logs/b");
    assert_false(sample_cut);
    const struct s3_entry longer = {.key = SPAN("logs/b"), .size = 4, .modified_ns = 7};
    aws.entries = &longer;
    sample_state = VERIFY_FAIL;
    assert_string_equal(states(), "object.version=skip format.sample=FAIL ");
    assert_true(sample_cut);
}

static void errors_have_code_and_request_id_and_denials_too(void **state UNUSED)
{
    struct verify_line l = line_of("role.no_id");
    assert_int_equal(l.state, VERIFY_OK);
    assert_string_equal(l.err.code, "Code3");
    assert_string_equal(l.err.request_id, "R3");
}

static void the_queue_must_be_sane(void **state UNUSED)
{
    aws.queue.max_receive_count = 19;
    assert_string_equal(states(), "object.version=skip queue.redrive=warn ");
    aws.queue.max_receive_count = 0;
    assert_string_equal(states(), "object.version=skip queue.redrive=FAIL ");
    aws.queue.max_receive_count = 20;
    aws.dead = FAIL_DENIED; /* everything else works without */
    assert_string_equal(states(), "object.version=skip queue.redrive=warn ");
    aws.dead = FAIL_NONE;
    aws.queue.retention_s = 86399;
    assert_string_equal(states(), "object.version=skip queue.retention=FAIL ");
    aws.queue.retention_s = 86400;
    aws.queue.visibility_s = 3601;
    assert_string_equal(states(), "object.version=skip queue.visibility=FAIL ");
    aws.queue.visibility_s = -1;
    assert_string_equal(states(), "object.version=skip queue.visibility=warn ");
}

static void topics_must_take_events_and_keep_them(void **state UNUSED)
{
    struct verify_line l = line_of("topic.exists");
    assert_string_equal(l.found, "2 topics");
    aws.topic.max_bytes = 998975;
    assert_string_equal(states(), "object.version=skip topic.size=FAIL ");
    aws.topic.max_bytes = 998976;
    assert_string_equal(states(), "object.version=skip ");
    conf.limits.event_bytes = 998977; /* more than the producer takes */
    assert_string_equal(states(), "object.version=skip ");
    aws.topic.max_bytes = 1000;
    conf.limits.event_bytes = 1001;
    assert_string_equal(states(), "object.version=skip topic.size=FAIL ");
    conf.limits.event_bytes = 1000;
    (void)snprintf(aws.topic.cleanup_policy, sizeof(aws.topic.cleanup_policy), "compact,delete");
    assert_string_equal(states(), "object.version=skip topic.policy=FAIL ");
    no_sink = true;
    assert_string_equal(states(), "object.version=skip topic.exists=FAIL " WITHOUT_TOPIC);
}

static void a_replica_that_lags_is_a_warning(void **state UNUSED)
{
    aws.answers[CALL_EXPLAIN] = FAIL_AGAIN;
    aws.few_replicas = true;
    assert_string_equal(states(), "object.version=skip topic.leader=warn ");
}

static void a_topic_of_each_stream_is_checked(void **state UNUSED)
{
    customers[0].topic = text("events-{customer}.{stream}");
    struct verify_line l = line_of("topic.exists");
    assert_string_equal(l.found, "3 topics");
}

/* The state of queue.policy with these statements, and a part of its text. */
static void assert_policy(const char *statements, enum verify_state want, const char *found)
{
    set_policy(statements);
    struct verify_line l = line_of("queue.policy");
    if (l.state != want || strstr(l.found, found) == NULL) {
        fail_msg("%s: %s '%s', want '%s'", statements, verify_state_name(l.state), l.found, found);
    }
}

#define ANY_CONDITION "'StringEquals':{'aws:SourceOrgID':'o-1'}"
#define DENY(condition)                                                                            \
    "{'Effect':'Deny','Principal':'*','Action':'SQS:*','Resource':'*','Condition':{" condition "}" \
    "}"

static void the_bucket_may_send_and_others_may_not(void **state UNUSED)
{
    static const struct {
        const char *statements;
        enum verify_state want;
        const char *found;
    } cases[] = {
        {S3_STATEMENT, VERIFY_OK, "arn:aws:s3:::bucket may send"},
        {STATEMENT("'*'", OF_BUCKET "," OF_ACCOUNT), VERIFY_OK, ""},
        {"{'Effect':'Allow','Principal':{'Service':['x','s3.amazonaws.com']},'Action':['SQS:Send*']"
         ","
         "'Resource':['*'],'Condition':{" OF_BUCKET "," OF_ACCOUNT "}}",
         VERIFY_OK, ""},
        {S3_STATEMENT "," DENY("'Bool':{'aws:SecureTransport':'false'}"), VERIFY_OK, ""},
        {S3_STATEMENT "," DENY("'Bool':{'aws:SecureTransport':false}"), VERIFY_OK, ""},
        {S3_STATEMENT "," DENY("'ArnNotLike':{'aws:SourceArn':'arn:aws:s3:::bucket'}"), VERIFY_OK,
         ""},
        {STATEMENT(S3, OF_BUCKET), VERIFY_WARN, "aws:SourceAccount is missing"},
        {STATEMENT(S3, OF_ACCOUNT), VERIFY_WARN, "aws:SourceArn is missing"},
        {STATEMENT(S3, OF_BUCKET "," OF_ACCOUNT "," ANY_CONDITION), VERIFY_WARN, "not proved"},
        {STATEMENT(S3, OF_BUCKET ",'StringEquals':[]"), VERIFY_WARN, "not proved"},
        {STATEMENT(S3, ""), VERIFY_FAIL, "any account may send"},
        {STATEMENT(S3, "'ArnLike':{'aws:SourceArn':'arn:aws:s3:::*'}"), VERIFY_FAIL, "any account"},
        {S3_STATEMENT "," STATEMENT("{'Service':'sns.amazonaws.com'}", ""), VERIFY_FAIL,
         "any acco"},
        {STATEMENT("'*'", ""), VERIFY_FAIL, "any party may send"},
        {S3_STATEMENT "," STATEMENT("{'AWS':'*'}", ""), VERIFY_FAIL, "any party may send"},
        {S3_STATEMENT "," DENY(""), VERIFY_FAIL, "not allowed for arn:aws:s3:::bucket"},
        {STATEMENT(S3, "'ArnLike':{'aws:SourceArn':'arn:aws:s3:::other'}"), VERIFY_FAIL, "not all"},
        {STATEMENT(S3, OF_BUCKET ",'StringEquals':{'aws:SourceAccount':'1'}"), VERIFY_FAIL,
         "not a"},
        {STATEMENT("{'Service':'sns.amazonaws.com'}", OF_BUCKET), VERIFY_FAIL, "not allowed"},
        {"", VERIFY_FAIL, "not allowed"},
        {"1", VERIFY_FAIL, "not allowed"},
        {"", VERIFY_FAIL, "not allowed"},
        {"{'Effect':'Allow','Principal':" S3 ",'Action':'sqs:ReceiveMessage','Resource':'*'}",
         VERIFY_FAIL, "not allowed"},
        {"{'Effect':'Allow','Principal':" S3 ",'Action':'sqs:*','Resource':'arn:aws:sqs:x:1:y'}",
         VERIFY_FAIL, "not allowed"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_policy(cases[i].statements, cases[i].want, cases[i].found);
    }
    aws.queue.policy[0] = '\0';
    assert_string_equal(states(), "object.version=skip queue.policy=FAIL ");
    aws.queue.policy[0] = '{';
    assert_string_equal(states(), "object.version=skip queue.policy=FAIL ");
}

static void a_topic_or_a_rule_may_send(void **state UNUSED)
{
#define SNS "{'Service':'sns.amazonaws.com'}"
#define OF_TOPIC(account) "'ArnEquals':{'aws:SourceArn':'arn:aws:sns:eu-west-1:" account ":t'}"
#define OF_ROLE(name) "'ArnEquals':{'aws:PrincipalArn':'arn:aws:iam::444455556666:role/" name "'}"
#define OF_RULE "'ArnEquals':{'aws:SourceArn':'arn:aws:events:eu-west-1:444455556666:rule/r'}"
#define ROLE "arn:aws:iam::444455556666:role/"
    customers[0].via = NOTIFICATION_SNS;
    customers[0].sender_arn = text("arn:aws:sns:eu-west-1:444455556666:t");
    assert_policy(STATEMENT(SNS, OF_TOPIC("444455556666")), VERIFY_OK, ":444455556666:t may send");
    assert_policy(STATEMENT(SNS, OF_TOPIC("999999999999")), VERIFY_FAIL, ":444455556666:t");
    assert_policy(STATEMENT(SNS, ""), VERIFY_FAIL, "any account");
    assert_policy(S3_STATEMENT, VERIFY_FAIL, "not allowed");
    customers[0].via = NOTIFICATION_EVENTBRIDGE;
    customers[0].sender_arn = text(ROLE "a/r");
    assert_policy(STATEMENT("{'AWS':'444455556666'}", OF_ROLE("a/r")), VERIFY_OK, "role/a/r may");
    assert_policy(STATEMENT("{'AWS':['arn:aws:iam::444455556666:root']}", ""), VERIFY_OK, "role/");
    assert_policy(STATEMENT("{'AWS':'" ROLE "r'}", ""), VERIFY_FAIL, "role/a/r");
    assert_policy(STATEMENT("{'AWS':'999999999999'}", ""), VERIFY_FAIL, "not allowed");
    customers[0].sender_arn = text("arn:aws:events:eu-west-1:444455556666:rule/r");
    assert_policy(STATEMENT("{'Service':'events.amazonaws.com'}", OF_RULE), VERIFY_OK,
                  "rule/r may");
    assert_policy(STATEMENT("{'Service':'events.amazonaws.com'}", ""), VERIFY_FAIL, "any account");
}

/* Not the first one that the policy names: a policy that allows the wrong one must not pass. */
static void a_sender_that_is_not_configured_has_the_name_that_onboard_gives(void **state UNUSED)
{
    customers[0].via = NOTIFICATION_SNS;
    assert_policy(STATEMENT(SNS, OF_TOPIC("444455556666")), VERIFY_FAIL,
                  "asymptote-events-cust-0 (sender_arn");
    assert_policy(STATEMENT(SNS, "'ArnEquals':{'aws:SourceArn':'arn:aws:sns:eu-west-1:444455556666:"
                                 "asymptote-events-cust-0'}"),
                  VERIFY_OK, "asymptote-events-cust-0 may send");
    customers[0].via = NOTIFICATION_EVENTBRIDGE;
    assert_policy(STATEMENT("{'AWS':'" ROLE "asymptote/asymptote-events-cust-0'}", ""), VERIFY_OK,
                  "role/asymptote/asymptote-events-cust-0 may");
    assert_policy(STATEMENT("{'AWS':'" ROLE "other'}", ""), VERIFY_FAIL, "not allowed");
}

static void a_service_that_does_not_answer_is_waited_for_in_one_check(void **state UNUSED)
{
    static const struct {
        enum fake_call call;
        const char *want;
    } cases[] = {
        {CALL_SESSION,
         "role.assume=FAIL role.no_id=skip role.wrong_id=skip role.other_id=skip role.account=skip "
         "prefix.list=skip " WITHOUT_KEY
         "outside.list=skip outside.read=skip object.public=skip format.sample=skip "},
        {CALL_NO_ID, "role.no_id=FAIL role.wrong_id=skip role.other_id=skip role.account=skip "
                     "object.version=skip "},
        {CALL_LIST, "prefix.list=FAIL " WITHOUT_KEY
                    "outside.list=skip outside.read=skip object.public=skip format.sample=skip "},
        {CALL_OUTSIDE_LIST, "object.version=skip outside.list=FAIL outside.read=skip "
                            "object.public=skip format.sample=skip "},
        {CALL_QUEUE, "object.version=skip queue.exists=FAIL " WITHOUT_QUEUE},
    };
    aws.silent = true;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(aws.answers, 0, sizeof(aws.answers));
        aws.answers[cases[i].call] = FAIL_AGAIN;
        assert_string_equal(states(), cases[i].want);
    }
}

static void what_is_not_tried_names_the_silent_host(void **state UNUSED)
{
    struct verify_report r;
    aws.silent = true;
    aws.answers[CALL_LIST] = FAIL_AGAIN;
    OWNED(verify) struct verify *v = start(1);
    const char *found = "";
    while (verify_next(v, &r)) {
        for (size_t i = 0; i < r.count; i++) {
            bool of_list = strcmp(r.lines[i].check->name, "outside.list") == 0;
            found = of_list ? r.lines[i].found : found;
        }
    }
    char want[64];
    (void)snprintf(want, sizeof(want), "not tried: host%d did not answer in prefix.list",
                   (int)CALL_LIST);
    assert_string_equal(found, want);
}

static void brokers_that_do_not_answer_are_not_waited_for_again(void **state UNUSED)
{
    struct verify_report r;
    aws.answers[CALL_TOPIC] = FAIL_AGAIN;
    OWNED(verify) struct verify *v = start(MANY);
    unsigned told = 0;
    while (verify_next(v, &r)) {
        for (size_t i = 0; i < r.count; i++) {
            bool of_topic = strcmp(r.lines[i].check->name, "topic.exists") == 0;
            assert_true(!of_topic || r.lines[i].state == VERIFY_FAIL);
            told += of_topic && strstr(r.lines[i].found, "another customer") != NULL;
        }
    }
    assert_in_range(told, MANY - VERIFY_THREADS, MANY - 1);
}

static void reports_come_in_order(void **state UNUSED)
{
    OWNED(verify) struct verify *v = start(MANY);
    struct verify_report r;
    assert_true(verify_next(v, &r));
    assert_null(r.customer);
    assert_int_equal(r.count, 1);
    for (size_t i = 0; i < MANY; i++) {
        assert_true(verify_next(v, &r));
        assert_ptr_equal(r.customer, list[i]);
        assert_int_equal(r.count, verify_check_count - 2); /* worker.identity, canary */
        assert_string_equal(r.lines[0].check->name, "role.assume");
        assert_int_equal(r.lines[0].state, VERIFY_OK);
    }
    assert_false(verify_next(v, &r));
}

static void it_can_be_freed_before_all_reports_are_taken(void **state UNUSED)
{
    struct verify_report r;
    OWNED(verify) struct verify *none = start(MANY);
    OWNED(verify) struct verify *v = start(MANY);
    assert_non_null(none);
    for (size_t i = 0; i < 3; i++) {
        assert_true(verify_next(v, &r));
    }
    OWNED(verify) struct verify *empty = start(0);
    assert_true(verify_next(empty, &r));
    assert_false(verify_next(empty, &r));
}

static void checks_have_names_of_their_own_and_advice(void **state UNUSED)
{
    for (size_t i = 0; i < verify_check_count; i++) {
        const struct verify_check *c = &verify_checks[i];
        assert_true(c->proves[0] != '\0' && c->change[0] != '\0' && c->run != NULL);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(c->name, verify_checks[k].name);
        }
    }
}

/* The first statement of a check. */
static const char *advice(const char *name)
{
    static char all[2048];
    struct buf out = BUF_INIT(sizeof(all) - 1);
    OWNED(verify) struct verify *v = start(1);
    struct verify_report r;
    while (verify_next(v, &r)) {
        for (size_t i = 0; i < r.count; i++) {
            if (strcmp(r.lines[i].check->name, name) == 0) {
                bool has = verify_statement(v, &r, &r.lines[i], 0, &out);
                assert_int_equal(has, out.n > 0);
            }
        }
    }
    (void)snprintf(all, sizeof(all), "%s", out.n > 0 ? out.p : "");
    buf_done(&out);
    return all;
}

static void statements_have_the_customers_values(void **state UNUSED)
{
    customers[0].prefix = text("logs");
    assert_string_equal(
        advice("prefix.list"),
        "{\"Sid\":\"ListEventPrefix\",\"Effect\":\"Allow\",\"Action\":\"s3:ListBucket\","
        "\"Resource\":\"arn:aws:s3:::bucket\",\"Condition\":{\"StringLike\":{\"s3:prefix\":["
        "\"logs\",\"logs/*\"]}}}");
    assert_string_equal(
        advice("role.assume"),
        "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:role/worker\"},"
        "\"Action\":\"sts:AssumeRole\",\"Condition\":{\"StringEquals\":{\"sts:ExternalId\":"
        "\"cust-0\"}}}");
    assert_string_equal(
        advice("queue.policy"),
        "{\"Sid\":\"cust-0\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":"
        "\"s3.amazonaws.com\"},\"Action\":\"sqs:SendMessage\",\"Resource\":\"" QUEUE_ARN
        "\",\"Condition\":{\"ArnLike\":{\"aws:SourceArn\":\"arn:aws:s3:*:*:bucket\"},"
        "\"StringEquals\":{\"aws:SourceAccount\":\"444455556666\"}}}");
    customers[0].via = NOTIFICATION_SNS;
    assert_non_null(strstr(advice("queue.policy"), "sns:eu-west-1:444455556666:asymptote-events-"));
    customers[0].via = NOTIFICATION_EVENTBRIDGE;
    assert_non_null(strstr(advice("queue.policy"), "role/asymptote/asymptote-events-cust-0"));
    assert_string_equal(advice("worker.identity"), "");
    assert_string_equal(advice("object.public"), "");
}

static void the_page_has_the_table(void **state UNUSED)
{
    struct buf page = BUF_INIT(SLURP_MAX_BYTES);
    struct buf table = BUF_INIT(SLURP_MAX_BYTES);
    verify_table(&table);
    slurp(PROJECT_SOURCE "/docs/verify.md", &page);
    if (memmem(page.p, page.n, table.p, table.n) == NULL) {
        fail_msg("the table of docs/verify.md is out of date: scripts/pages");
    }
    buf_done(&page);
    buf_done(&table);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_correct_customer_passes),
        TEST(each_answer_has_its_line),
        TEST(without_credentials_all_else_is_skipped),
        TEST(denials_of_a_role_that_cannot_be_assumed_prove_nothing),
        TEST(a_role_that_may_accept_any_external_id_is_a_warning),
        TEST(the_only_customer_has_no_other_external_id),
        TEST(only_denials_are_a_proof),
        TEST(what_the_configuration_accepts_is_no_obstacle_to_a_proof),
        TEST(the_session_must_be_of_the_customers_account),
        TEST(the_encryption_must_be_as_declared),
        TEST(a_version_that_cannot_be_read_fails),
        TEST(the_named_permission_decides_about_a_key_that_does_not_exist),
        TEST(the_newest_object_with_content_is_read),
        TEST(an_empty_prefix_warns),
        TEST(a_large_prefix_is_not_listed_to_its_end),
        TEST(the_beginning_of_the_newest_object_is_sampled),
        TEST(errors_have_code_and_request_id_and_denials_too),
        TEST(the_queue_must_be_sane),
        TEST(topics_must_take_events_and_keep_them),
        TEST(a_replica_that_lags_is_a_warning),
        TEST(a_topic_of_each_stream_is_checked),
        TEST(the_bucket_may_send_and_others_may_not),
        TEST(a_topic_or_a_rule_may_send),
        TEST(a_sender_that_is_not_configured_has_the_name_that_onboard_gives),
        TEST(a_service_that_does_not_answer_is_waited_for_in_one_check),
        TEST(what_is_not_tried_names_the_silent_host),
        TEST(brokers_that_do_not_answer_are_not_waited_for_again),
        TEST(reports_come_in_order),
        TEST(it_can_be_freed_before_all_reports_are_taken),
        TEST(checks_have_names_of_their_own_and_advice),
        TEST(statements_have_the_customers_values),
        TEST(the_page_has_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
