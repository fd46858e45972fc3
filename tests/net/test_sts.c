/* SPDX-License-Identifier: Apache-2.0 */
/* A scripted server plays STS. */
#include "net/aws.h"

#include "net/sts.h"

#include <stdio.h>
#include <stdlib.h>

enum { HOUR_MS = 3600 * 1000 };

struct fixture {
    struct aws aws;
    struct creds_settings settings;
    struct creds_source *own;
    struct sts *sts;
    struct creds creds;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    aws_init(&f->aws);
    f->settings = (struct creds_settings){
        .region = "eu-west-1",
        .endpoint_sts = f->aws.endpoint,
        .clock = &f->aws.now.clock,
        .jitter_seed = 1,
    };
    assert_int_equal(setenv("AWS_ACCESS_KEY_ID", "AKIDOWN", 1), 0);
    assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "ownsecret", 1), 0);
    f->own = creds_source_default(&f->settings, &f->err);
    assert_non_null(f->own);
    f->sts = creds_source_sts(f->own);
    assert_non_null(f->sts);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    creds_source_free(f->own);
    aws_done(&f->aws);
    free(f);
    return 0;
}

static const struct role_request ingest = {.role_arn = AWS_ROLE, .external_id = "cust-42"};

static enum err_kind assume(struct fixture *f, const struct role_request *r)
{
    err_clear(&f->err);
    return sts_assume_role(f->sts, f->own, r, &f->creds, &f->err);
}

static void assumes_a_role_with_a_signed_form(void **state)
{
    struct fixture *f = *state;
    struct role_request r = {
        .role_arn = AWS_ROLE,
        .external_id = "cust-42",
        .session_name = "asymptote@acme",
        .policy = "{}",
    };
    aws_add_session(f->aws.server, "ASIA1", "444455556666", "2026-11-22T14:59:05Z");
    assert_int_equal(assume(f, &r), FAIL_NONE);
    assert_string_equal(f->creds.access_key_id, "ASIA1");
    assert_string_equal(f->creds.session_token, "tokenASIA1");
    assert_int_equal(f->creds.expires_ms, AWS_NOW_MS + HOUR_MS);

    assert_true(server_got(f->aws.server, 0, "POST / HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 0,
                           "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"));
    assert_true(server_got(f->aws.server, 0,
                           "Credential=AKIDOWN/20261122/eu-west-1/sts/aws4_request, "
                           "SignedHeaders=content-type;host;x-amz-date, Signature="));
    assert_true(server_got(f->aws.server, 0,
                           "RoleSessionName=asymptote%40acme&Policy=%7B%7D&DurationSeconds=3600&"
                           "ExternalId=cust-42"));
    assert_false(server_got(f->aws.server, 0, "ownsecret"));
}

static void refuses_a_session_of_another_account(void **state)
{
    struct fixture *f = *state;
    static const struct creds zero;
    aws_add_session(f->aws.server, "ASIA1", "999999999999", "2026-11-22T14:59:05Z");
    assert_int_equal(assume(f, &ingest), FAIL_CONFIG);
    assert_string_equal(f->err.text,
                        "sts: the session is of account 999999999999, not of 444455556666");
    assert_memory_equal(&f->creds, &zero, sizeof(zero));

    struct role_request r = ingest;
    r.account = "111122223333";
    aws_add_session(f->aws.server, "ASIA1", "444455556666", "2026-11-22T14:59:05Z");
    assert_int_equal(assume(f, &r), FAIL_CONFIG);
}

/* A response like MinIO's. */
static void add_session_without_a_name(struct fixture *f)
{
    server_add_answer(
        f->aws.server, "200 OK", "",
        SPAN("<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
             "<AssumeRoleResult><AssumedRoleUser><Arn></Arn></AssumedRoleUser><Credentials>"
             "<AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t"
             "</SessionToken><Expiration>2026-11-22T14:59:05Z</Expiration></Credentials>"
             "</AssumeRoleResult></AssumeRoleResponse>"));
}

static void a_session_without_a_name_is_taken_only_where_that_is_agreed(void **state)
{
    struct fixture *f = *state;
    static const struct creds zero;
    add_session_without_a_name(f);
    assert_int_equal(assume(f, &ingest), FAIL_CONFIG);
    assert_non_null(strstr(f->err.text, "does not name the account of the session"));
    assert_memory_equal(&f->creds, &zero, sizeof(zero));

    struct role_request r = ingest;
    r.accept_unnamed = true;
    add_session_without_a_name(f);
    assert_int_equal(assume(f, &r), FAIL_NONE);
    assert_string_equal(f->creds.access_key_id, "ASIA1");
    aws_add_session(f->aws.server, "ASIA1", "999999999999", "2026-11-22T14:59:05Z");
    assert_int_equal(assume(f, &r), FAIL_CONFIG);
}

static void tells_code_status_and_request_id_of_an_error(void **state)
{
    struct fixture *f = *state;
    aws_add_sts_error(f->aws.server, "403 Forbidden", "AccessDenied");
    assert_int_equal(assume(f, &ingest), FAIL_DENIED);
    assert_string_equal(f->err.code, "AccessDenied");
    assert_int_equal(f->err.status, 403);
    assert_string_equal(f->err.request_id, "rid-1");
    assert_string_equal(f->err.text, "sts: HTTP 403 AccessDenied; the service's text: because");
    aws_add_sts_error(f->aws.server, "400 Bad Request", "Throttling");
    assert_int_equal(assume(f, &ingest), FAIL_THROTTLED);
    server_add_answer(f->aws.server, "200 OK", "", SPAN("<html>proxy</html>"));
    assert_int_equal(assume(f, &ingest), FAIL_AGAIN);
    assert_int_equal(server_requests(f->aws.server), 3);
}

static void corrects_its_clock_by_the_answer_and_tries_once_more(void **state)
{
    struct fixture *f = *state;
    server_add_answer(f->aws.server, "403 Forbidden", "Date: Sun, 22 Nov 2026 14:59:05 GMT\r\n",
                      SPAN("<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code></Error>"
                           "</ErrorResponse>"));
    aws_add_session(f->aws.server, "ASIA1", "444455556666", "2026-11-22T15:59:05Z");
    assert_int_equal(assume(f, &ingest), FAIL_NONE);
    assert_true(server_got(f->aws.server, 0, "X-Amz-Date: 20261122T135905Z\r\n"));
    assert_true(server_got(f->aws.server, 1, "X-Amz-Date: 20261122T145905Z\r\n"));
}

static void renews_its_own_credentials_when_they_are_called_expired(void **state)
{
    struct fixture *f = *state;
    struct creds c;
    assert_int_equal(creds_get(f->own, &c, &f->err), FAIL_NONE);
    f->aws.now.mono += HOUR_MS;
    assert_int_equal(setenv("AWS_ACCESS_KEY_ID", "AKIDNEW", 1), 0);
    aws_add_sts_error(f->aws.server, "403 Forbidden", "ExpiredToken");
    aws_add_session(f->aws.server, "ASIA1", "444455556666", "2026-11-22T14:59:05Z");
    assert_int_equal(assume(f, &ingest), FAIL_NONE);
    assert_true(server_got(f->aws.server, 0, "Credential=AKIDOWN/"));
    assert_true(server_got(f->aws.server, 1, "Credential=AKIDNEW/"));
}

static void says_who_we_are(void **state)
{
    struct fixture *f = *state;
    struct sts_identity who;
    server_add_answer(f->aws.server, "200 OK", "",
                      SPAN("<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>"
                           "arn:aws:iam::123456789012:user/u</Arn></GetCallerIdentityResult>"
                           "</GetCallerIdentityResponse>"));
    assert_int_equal(sts_get_caller_identity(f->sts, f->own, &who, &f->err), FAIL_NONE);
    assert_string_equal(who.arn, "arn:aws:iam::123456789012:user/u");
}

/* ---- The external id ---- */

static enum err_kind probe(struct fixture *f)
{
    err_clear(&f->err);
    return sts_probe_external_id(f->sts, f->own, &ingest, &f->err);
}

static void a_role_that_demands_its_external_id_passes_the_probe(void **state)
{
    struct fixture *f = *state;
    aws_add_sts_error(f->aws.server, "403 Forbidden", "AccessDenied");
    aws_add_sts_error(f->aws.server, "403 Forbidden", "AccessDenied");
    assert_int_equal(probe(f), FAIL_NONE);
    assert_int_equal(server_requests(f->aws.server), 2);
    assert_false(server_got(f->aws.server, 0, "ExternalId"));
    assert_true(server_got(f->aws.server, 1, "ExternalId=not-the-external-id-"));
    for (size_t i = 0; i < 2; i++) { /* its session would have a policy that denies everything */
        assert_true(server_got(f->aws.server, i, "%22Deny%22"));
        assert_true(server_got(f->aws.server, i, "DurationSeconds=900"));
    }
}

static void a_role_that_needs_no_external_id_is_refused(void **state)
{
    struct fixture *f = *state;
    aws_add_session(f->aws.server, "ASIA1", "444455556666", "2026-11-22T14:59:05Z");
    assert_int_equal(probe(f), FAIL_CONFIG);
    assert_non_null(strstr(f->err.text, "without an external id"));
    assert_int_equal(server_requests(f->aws.server), 1);
}

static void a_role_that_takes_any_external_id_is_refused(void **state)
{
    struct fixture *f = *state;
    aws_add_sts_error(f->aws.server, "403 Forbidden", "AccessDenied");
    aws_add_session(f->aws.server, "ASIA1", "444455556666", "2026-11-22T14:59:05Z");
    assert_int_equal(probe(f), FAIL_CONFIG);
    assert_non_null(strstr(f->err.text, "with a wrong external id"));
}

static void a_probe_that_was_not_answered_proves_nothing(void **state)
{
    struct fixture *f = *state;
    aws_add_sts_error(f->aws.server, "403 Forbidden", "AccessDenied");
    aws_add_sts_error(f->aws.server, "400 Bad Request", "Throttling");
    assert_int_equal(probe(f), FAIL_THROTTLED);
    assert_int_equal(f->err.kind, FAIL_THROTTLED);

    /* denied, but not by the role */
    aws_add_sts_error(f->aws.server, "403 Forbidden", "RegionDisabledException");
    assert_int_equal(probe(f), FAIL_CONFIG);
    aws_add_sts_error(f->aws.server, "403 Forbidden", "InvalidClientTokenId");
    aws_add_sts_error(f->aws.server, "403 Forbidden", "InvalidClientTokenId");
    assert_int_equal(probe(f), FAIL_DENIED);
}

/* ---- Configuration ---- */

static void checks_the_role_before_it_asks(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {"",
                                      "role",
                                      "arn:aws:iam::444455556666:user/x",
                                      "arn:aws:s3::444455556666:role/x",
                                      "arn:aws:iam::4:role/x",
                                      "arn:aws-cn:iam::444455556666:role/x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct role_request r = {.role_arn = bad[i]};
        assert_null(creds_source_role(f->own, &f->settings, &r, &f->err));
        assert_int_equal(f->err.kind, FAIL_CONFIG);
    }
    struct span account;
    assert_int_equal(
        sts_check_role("arn:aws-cn:iam::444455556666:role/a/b", "cn-north-1", &account, &f->err),
        FAIL_NONE);
    assert_span_equal(account, SPAN("444455556666"));
}

static void refuses_a_region_or_endpoint_that_cannot_be(void **state)
{
    struct fixture *f = *state;
    struct creds_settings s = f->settings;
    s.region = "eu west";
    assert_null(sts_new(&s, &f->err));
    assert_int_equal(f->err.kind, FAIL_CONFIG);
    s = f->settings;
    s.endpoint_sts = "ftp://x";
    assert_null(sts_new(&s, &f->err));
    assert_int_equal(f->err.kind, FAIL_CONFIG);
}

static void a_role_source_caches_and_renews_by_the_clock(void **state)
{
    struct fixture *f = *state;
    OWNED(creds_source)
    struct creds_source *role = creds_source_role(f->own, &f->settings, &ingest, &f->err);
    assert_non_null(role);
    assert_string_equal(creds_source_name(role), "role " AWS_ROLE);
    aws_add_session(f->aws.server, "ASIA1", "444455556666", "2026-11-22T14:59:05Z");
    aws_add_session(f->aws.server, "ASIA2", "444455556666", "2026-11-22T15:59:05Z");
    for (int i = 0; i < 30; i++) { /* one minute each */
        assert_int_equal(creds_get(role, &f->creds, &f->err), FAIL_NONE);
        assert_string_equal(f->creds.access_key_id, "ASIA1");
        f->aws.now.wall += HOUR_MS / 60;
        f->aws.now.mono += HOUR_MS / 60;
    }
    f->aws.now.wall += HOUR_MS / 4;
    assert_int_equal(creds_get(role, &f->creds, &f->err), FAIL_NONE);
    assert_string_equal(f->creds.access_key_id, "ASIA2");
    assert_int_equal(server_requests(f->aws.server), 2);
}

static void a_wrong_clock_does_not_change_the_life_of_a_session(void **state)
{
    struct fixture *f = *state;
    int64_t offset_ms = 0;
    OWNED(creds_source)
    struct creds_source *role = creds_source_role(f->own, &f->settings, &ingest, &f->err);
    f->aws.now.wall += 5 * HOUR_MS; /* this host's clock is 5 hours ahead */
    server_add_answer(f->aws.server, "400 Bad Request", "Date: Sun, 22 Nov 2026 13:59:05 GMT\r\n",
                      SPAN("<ErrorResponse><Error><Code>RequestExpired</Code></Error>"
                           "</ErrorResponse>"));
    aws_add_session(f->aws.server, "ASIA1", "444455556666", "2026-11-22T14:59:05Z");
    aws_add_session(f->aws.server, "ASIA2", "444455556666", "2026-11-22T15:59:05Z");
    assert_int_equal(creds_get(role, &f->creds, &f->err), FAIL_NONE);
    assert_true(sts_clock_news(f->sts, &offset_ms));
    assert_int_equal(offset_ms, -5 * HOUR_MS);
    f->aws.now.wall += HOUR_MS / 2 - 1;
    assert_int_equal(creds_get(role, &f->creds, &f->err), FAIL_NONE);
    assert_string_equal(f->creds.access_key_id, "ASIA1");
    f->aws.now.wall += HOUR_MS / 4 + 1;
    assert_int_equal(creds_get(role, &f->creds, &f->err), FAIL_NONE);
    assert_string_equal(f->creds.access_key_id, "ASIA2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(assumes_a_role_with_a_signed_form, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_a_session_of_another_account, setup, teardown),
        cmocka_unit_test_setup_teardown(a_session_without_a_name_is_taken_only_where_that_is_agreed,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(tells_code_status_and_request_id_of_an_error, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(corrects_its_clock_by_the_answer_and_tries_once_more, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(renews_its_own_credentials_when_they_are_called_expired,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(says_who_we_are, setup, teardown),
        cmocka_unit_test_setup_teardown(a_role_that_demands_its_external_id_passes_the_probe, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_role_that_needs_no_external_id_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_role_that_takes_any_external_id_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_probe_that_was_not_answered_proves_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(checks_the_role_before_it_asks, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_a_region_or_endpoint_that_cannot_be, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_role_source_caches_and_renews_by_the_clock, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_wrong_clock_does_not_change_the_life_of_a_session, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
