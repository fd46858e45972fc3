/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/sts_xml.h"

#include <stdio.h>

static struct creds creds;
static struct sts_identity who;
static struct err err;

static enum err_kind read_session(struct span answer)
{
    err = (struct err){0};
    return sts_read_credentials(answer, &creds, &who, &err);
}

#define CREDENTIALS                                                                                \
    "<Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>se/cr+et</SecretAccessKey>"     \
    "<SessionToken>FQoGZXIvYXdzE==</SessionToken><Expiration>2026-11-22T14:59:05Z</Expiration>"    \
    "</Credentials>"
#define USER                                                                                       \
    "<AssumedRoleUser><AssumedRoleId>AROA:d</AssumedRoleId><Arn>arn:aws:sts::444455556666:"        \
    "assumed-role/ingest/daemon@cust-42</Arn></AssumedRoleUser>"

static void reads_the_answer_of_assume_role(void **state UNUSED)
{
    assert_int_equal(
        read_session(SPAN("<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
                          "<AssumeRoleResult>" CREDENTIALS USER
                          "<PackedPolicySize>6</PackedPolicySize></AssumeRoleResult>"
                          "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
                          "</AssumeRoleResponse>")),
        FAIL_NONE);
    assert_string_equal(creds.access_key_id, "ASIA1");
    assert_string_equal(creds.secret_access_key, "se/cr+et");
    assert_string_equal(creds.session_token, "FQoGZXIvYXdzE==");
    assert_int_equal(creds.expires_ms, 1795359545000);
    assert_string_equal(who.account, "444455556666");
    assert_string_equal(who.arn, "arn:aws:sts::444455556666:assumed-role/ingest/daemon@cust-42");
}

static void reads_the_answer_of_assume_role_with_web_identity(void **state UNUSED)
{
    assert_int_equal(
        read_session(
            SPAN("<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>"
                 "<SubjectFromWebIdentityToken>s</SubjectFromWebIdentityToken>" USER CREDENTIALS
                 "</AssumeRoleWithWebIdentityResult>"
                 "</AssumeRoleWithWebIdentityResponse>")),
        FAIL_NONE);
    assert_string_equal(creds.access_key_id, "ASIA1");
}

static void an_answer_that_is_not_whole_is_worth_another_try(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        "not xml",
        "<html/>",
        "<AssumeRoleResponse/>",
        "<AssumeRoleResponse><AssumeRoleResult>" CREDENTIALS
        "</AssumeRoleResult></AssumeRoleResponse>",
        "<AssumeRoleResponse><AssumeRoleResult>" USER "</AssumeRoleResult></AssumeRoleResponse>",
        "<AssumeRoleResponse><AssumeRoleResult>" USER
        "<Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey></"
        "Credentials>"
        "</AssumeRoleResult></AssumeRoleResponse>",
        "<AssumeRoleResponse><AssumeRoleResult>" USER
        "<Credentials><AccessKeyId>A&#13;B</AccessKeyId><SecretAccessKey>S</SecretAccessKey>"
        "<SessionToken>t</SessionToken><Expiration>2026-11-22T14:59:05Z</Expiration></Credentials>"
        "</AssumeRoleResult></AssumeRoleResponse>",
        "<AssumeRoleResponse><AssumeRoleResult>" CREDENTIALS
        "<AssumedRoleUser><Arn>arn:aws:sts::12:assumed-role/x</Arn></AssumedRoleUser>"
        "</AssumeRoleResult></AssumeRoleResponse>",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(read_session(span_str(bad[i])), FAIL_AGAIN);
        assert_int_equal(err.kind, FAIL_AGAIN);
    }
}

static void a_session_without_a_name_has_no_account(void **state UNUSED)
{
    assert_int_equal(
        read_session(SPAN("<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn></Arn>"
                          "<AssumeRoleId></AssumeRoleId></AssumedRoleUser>" CREDENTIALS
                          "</AssumeRoleResult></AssumeRoleResponse>")),
        FAIL_NONE);
    assert_string_equal(creds.access_key_id, "ASIA1");
    assert_string_equal(who.arn, "");
    assert_string_equal(who.account, "");
}

static void reads_who_we_are(void **state UNUSED)
{
    assert_int_equal(
        sts_read_identity(SPAN("<GetCallerIdentityResponse xmlns=\"x\"><GetCallerIdentityResult>"
                               "<Arn>arn:aws:iam::123456789012:user/u</Arn><UserId>U</UserId>"
                               "<Account>123456789012</Account></GetCallerIdentityResult>"
                               "</GetCallerIdentityResponse>"),
                          &who, &err),
        FAIL_NONE);
    assert_string_equal(who.arn, "arn:aws:iam::123456789012:user/u");
    assert_string_equal(who.account, "123456789012");
    assert_int_equal(sts_read_identity(SPAN("<GetCallerIdentityResponse/>"), &who, &err),
                     FAIL_AGAIN);
    assert_int_equal(
        sts_read_identity(SPAN("<GetCallerIdentityResponse><GetCallerIdentityResult><Arn/>"
                               "</GetCallerIdentityResult></GetCallerIdentityResponse>"),
                          &who, &err),
        FAIL_AGAIN);
}

static void writes_forms_with_every_value_escaped(void **state UNUSED)
{
    struct buf b = BUF_INIT(STS_REQUEST_BYTES);
    struct sts_assume a = {
        .role_arn = SPAN("arn:aws:iam::444455556666:role/ingest"),
        .session_name = SPAN("daemon@cust-42"),
        .external_id = SPAN("cust:4=2&Action=x"),
        .policy = SPAN("{\"a\": \"b\"}"),
        .duration_s = 3600,
    };
    sts_write_assume_role(&b, &a);
    assert_span_equal(
        buf_span(&b),
        SPAN("Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A444455556666%3Arole"
             "%2Fingest&RoleSessionName=daemon%40cust-42&Policy=%7B%22a%22%3A%20%22b%22%7D"
             "&DurationSeconds=3600&ExternalId=cust%3A4%3D2%26Action%3Dx"));
    buf_clear(&b);
    a = (struct sts_assume){.role_arn = SPAN("r"),
                            .session_name = SPAN("s"),
                            .external_id = SPAN("never"),
                            .policy = SPAN(""),
                            .web_token = SPAN("a.b+c"),
                            .duration_s = 900};
    sts_write_web_identity(&b, &a);
    assert_span_equal(buf_span(&b),
                      SPAN("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=r&"
                           "RoleSessionName=s&DurationSeconds=900&WebIdentityToken=a.b%2Bc"));
    buf_clear(&b);
    sts_write_get_caller_identity(&b);
    assert_span_equal(buf_span(&b), SPAN("Action=GetCallerIdentity&Version=2011-06-15"));
    buf_done(&b);
}

static void takes_arns_to_pieces(void **state UNUSED)
{
    struct arn a;
    assert_true(arn_split(SPAN("arn:aws-cn:iam::444455556666:role/path/x:y"), &a));
    assert_span_equal(a.partition, SPAN("aws-cn"));
    assert_span_equal(a.service, SPAN("iam"));
    assert_span_equal(a.region, SPAN(""));
    assert_span_equal(a.account, SPAN("444455556666"));
    assert_span_equal(a.resource, SPAN("role/path/x:y"));
    static const char *const bad[] = {"",
                                      "arn",
                                      "arn:",
                                      "arn:aws:iam::1",
                                      "aws:aws:iam::1:role/x",
                                      "arn::iam::1:role/x",
                                      "arn:aws:::1:x",
                                      "arn:aws:iam::1:"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(arn_split(span_str(bad[i]), &a));
    }
}

static void every_error_of_sts_has_its_class(void **state UNUSED)
{
    static const struct {
        int status;
        const char *code;
        enum err_kind kind;
        unsigned flags;
    } rows[] = {
        {403, "AccessDenied", FAIL_DENIED, 0},
        {400, "ValidationError", FAIL_CONFIG, 0},
        {400, "InvalidParameterValue", FAIL_CONFIG, 0},
        {400, "MalformedPolicyDocument", FAIL_CONFIG, 0},
        {400, "PackedPolicyTooLarge", FAIL_CONFIG, 0},
        {403, "RegionDisabledException", FAIL_CONFIG, 0},
        {403, "ExpiredToken", FAIL_AGAIN, FAULT_CREDS},
        {400, "ExpiredTokenException", FAIL_DENIED, 0}, /* the web identity token has expired */
        {403, "InvalidClientTokenId", FAIL_DENIED, FAULT_CREDS},
        {400, "InvalidToken", FAIL_DENIED, FAULT_CREDS},
        {403, "InvalidTokenId", FAIL_DENIED, FAULT_CREDS}, /* MinIO's code */
        {403, "SignatureDoesNotMatch", FAIL_DENIED, FAULT_CREDS | FAULT_MAYBE_SKEW},
        {403, "IncompleteSignature", FAIL_CONFIG, 0},
        {403, "MissingAuthenticationToken", FAIL_CONFIG, 0},
        {400, "RequestExpired", FAIL_SKEW, FAULT_SKEW},
        {400, "Throttling", FAIL_THROTTLED, 0},
        {500, "InternalFailure", FAIL_AGAIN, 0},
        {503, "ServiceUnavailable", FAIL_AGAIN, 0},
        {400, "IDPCommunicationError", FAIL_AGAIN, 0},
        {403, "IDPRejectedClaim", FAIL_DENIED, 0},
        {400, "InvalidIdentityToken", FAIL_DENIED, 0},
        {503, "", FAIL_AGAIN, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char body[256];
        struct fault f;
        (void)snprintf(body, sizeof(body),
                       "<ErrorResponse><Error><Code>%s</Code></Error></ErrorResponse>",
                       rows[i].code);
        fault_read(&f, rows[i].status, SPAN(""), span_str(body));
        const struct fault_rule *r = fault_find(&f, sts_rules, sts_rule_count);
        if (r->kind != rows[i].kind || r->flags != rows[i].flags) {
            print_error("%s: %s\n", rows[i].code, err_kind_name(r->kind));
        }
        assert_int_equal(r->kind, rows[i].kind);
        assert_int_equal(r->flags, rows[i].flags);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_answer_of_assume_role),
        cmocka_unit_test(reads_the_answer_of_assume_role_with_web_identity),
        cmocka_unit_test(an_answer_that_is_not_whole_is_worth_another_try),
        cmocka_unit_test(a_session_without_a_name_has_no_account),
        cmocka_unit_test(reads_who_we_are),
        cmocka_unit_test(writes_forms_with_every_value_escaped),
        cmocka_unit_test(takes_arns_to_pieces),
        cmocka_unit_test(every_error_of_sts_has_its_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
