/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/credentials.h"

static struct creds got;
static struct err err;

static enum err_kind read_text(struct span text, enum credentials_form form)
{
    err = (struct err){0};
    memset(&got, 'x', sizeof(got));
    return credentials_read(text, form, &got, &err);
}

static void reads_those_of_an_instance(void **state UNUSED)
{
    assert_int_equal(
        read_text(SPAN("{\"Code\":\"Success\",\"LastUpdated\":\"2026-11-22T10:00:00Z\",\"Type\":"
                       "\"AWS-HMAC\",\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"se/cr+et\","
                       "\"Token\":\"tok==\",\"Expiration\":\"2026-11-22T14:59:05Z\"}"),
                  CREDENTIALS_IMDS),
        FAIL_NONE);
    assert_string_equal(got.access_key_id, "ASIA1");
    assert_string_equal(got.secret_access_key, "se/cr+et");
    assert_string_equal(got.session_token, "tok==");
    assert_int_equal(got.expires_ms, 1795359545000);
}

static void reads_those_of_a_container_and_of_a_program(void **state UNUSED)
{
    assert_int_equal(read_text(SPAN("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\",\"Token\":"
                                    "\"T\",\"Expiration\":\"2026-11-22T14:59:05.5Z\",\"RoleArn\":"
                                    "\"r\",\"AccountId\":\"1\"}"),
                               CREDENTIALS_CONTAINER),
                     FAIL_NONE);
    assert_int_equal(got.expires_ms, 1795359545500);
    assert_int_equal(read_text(SPAN("{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":"
                                    "\"S\",\"SessionToken\":\"T\"}"),
                               CREDENTIALS_PROCESS),
                     FAIL_NONE);
    assert_string_equal(got.session_token, "T");
    assert_int_equal(got.expires_ms, INT64_MAX);
}

static void says_why_the_origin_refuses(void **state UNUSED)
{
    assert_int_equal(read_text(SPAN("{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":"
                                    "\"EC2 cannot assume the role x.\"}"),
                               CREDENTIALS_IMDS),
                     FAIL_DENIED);
    assert_string_equal(err.code, "AssumeRoleUnauthorizedAccess");
    assert_string_equal(err.text, "credentials: refused: EC2 cannot assume the role x.");
    assert_int_equal(
        read_text(SPAN("{\"code\":\"AccessDenied\",\"message\":\"no\"}"), CREDENTIALS_CONTAINER),
        FAIL_DENIED);
    assert_string_equal(err.code, "AccessDenied");
}

static void refuses_what_cannot_be_signed_with(void **state UNUSED)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"AccessKeyId\":\"A\"}",
        "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"\"}",
        "{\"SecretAccessKey\":\"S\"}",
        "{\"AccessKeyId\":\"A\\r\\nX: y\",\"SecretAccessKey\":\"S\"}",
        "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\",\"Token\":\"a b\"}",
        "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\",\"Expiration\":\"soon\"}",
        "not json",
        "",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(read_text(span_str(bad[i]), CREDENTIALS_CONTAINER), FAIL_AGAIN);
        assert_int_equal(err.kind, FAIL_AGAIN);
        assert_int_equal(read_text(span_str(bad[i]), CREDENTIALS_PROCESS), FAIL_CONFIG);
    }
    assert_int_equal(read_text(SPAN("{\"Version\":2,\"AccessKeyId\":\"A\",\"SecretAccessKey\":"
                                    "\"S\"}"),
                               CREDENTIALS_PROCESS),
                     FAIL_CONFIG);
}

static void a_failure_leaves_nothing_behind(void **state UNUSED)
{
    static const struct creds zero;
    struct credentials_text t = {SPAN("AKID"), SPAN("secret"), SPAN("bad token"), SPAN("")};
    assert_int_equal(credentials_set(&got, &t, &err), FAIL_CONFIG);
    assert_memory_equal(&got, &zero, sizeof(zero));
    assert_null(strstr(err.text, "secret\""));
}

static void takes_long_tokens_up_to_its_limit(void **state UNUSED)
{
    static char token[CREDS_TOKEN_BYTES];
    memset(token, 't', sizeof(token));
    struct credentials_text t = {SPAN("A"), SPAN("S"), span_of(token, sizeof(token) - 1), SPAN("")};
    assert_int_equal(credentials_set(&got, &t, &err), FAIL_NONE);
    assert_int_equal(strlen(got.session_token), CREDS_TOKEN_BYTES - 1);
    t.session_token.n++;
    assert_int_equal(credentials_set(&got, &t, &err), FAIL_CONFIG);
}

static void takes_one_line_of_a_token(void **state UNUSED)
{
    static const struct {
        const char *answer, *line;
    } rows[] = {
        {"AQAE==", "AQAE=="}, {"role\n", "role"}, {"role\nother\n", "role"}, {"", NULL},
        {"\n", NULL},         {"a b", NULL},      {"a\r\n", NULL},           {"a\tb", NULL},
        {"\x7f", NULL},       {"\xc3\xa9", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span line;
        assert_int_equal(credentials_line(span_str(rows[i].answer), &line), rows[i].line != NULL);
        if (rows[i].line != NULL) {
            assert_span_equal(line, span_str(rows[i].line));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_those_of_an_instance),
        cmocka_unit_test(reads_those_of_a_container_and_of_a_program),
        cmocka_unit_test(says_why_the_origin_refuses),
        cmocka_unit_test(refuses_what_cannot_be_signed_with),
        cmocka_unit_test(a_failure_leaves_nothing_behind),
        cmocka_unit_test(takes_long_tokens_up_to_its_limit),
        cmocka_unit_test(takes_one_line_of_a_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
