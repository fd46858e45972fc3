/* SPDX-License-Identifier: Apache-2.0 */
/* No memory that is freed after the use of a secret contains it: requests, responses, files. */
#include "net/aws.h"

#include "net/creds.h"
#include "net/signed.h"
#include "net/sts.h"
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>

#define SECRET "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY" /* gitleaks:allow */
#define LONG_NAME "0123456789012345678901234567890123456789012345678901234567890123456789"

struct fixture {
    struct aws aws;
    struct creds_settings settings;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    aws_init(&f->aws);
    f->settings = (struct creds_settings){
        .region = "eu-west-1", .endpoint_sts = f->aws.endpoint, .clock = &f->aws.now.clock};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    aws_done(&f->aws);
    free(f);
    return 0;
}

/* Create and free the default chain and its credentials. */
static void assert_leaves_nothing(struct fixture *f)
{
    static struct creds c;
    struct err e = {0};
    watch_begin(SECRET);
    struct creds_source *s = creds_source_default(&f->settings, &e);
    enum err_kind kind = s != NULL ? creds_get(s, &c, &e) : e.kind;
    creds_source_free(s);
    size_t seen = watch_end();
    assert_int_equal(kind, FAIL_NONE);
    assert_true(strstr(c.secret_access_key, SECRET) != NULL ||
                strstr(c.session_token, SECRET) != NULL);
    assert_int_equal(seen, 0);
}

static void set(const char *name, const char *value)
{
    assert_int_equal(setenv(name, value, 1), 0);
}

static void files_leave_nothing(void **state)
{
    struct fixture *f = *state;
    set("AWS_SHARED_CREDENTIALS_FILE",
        aws_write_file("credentials", "[default]\naws_access_key_id = A\n"
                                      "aws_secret_access_key = " SECRET "\n"));
    assert_leaves_nothing(f);
}

#define SET_JSON(token)                                                                            \
    "{\"Version\":1,\"Code\":\"Success\",\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"" SECRET      \
    "\",\"" token "\":\"" SECRET LONG_NAME LONG_NAME LONG_NAME "\"}"

static void programs_leave_nothing(void **state)
{
    struct fixture *f = *state;
    char config[512];
    (void)snprintf(config, sizeof(config), "[default]\ncredential_process = /bin/cat %s\n",
                   aws_write_file("told", SET_JSON("SessionToken")));
    set("AWS_CONFIG_FILE", aws_write_file("config", config));
    assert_leaves_nothing(f);
}

static void containers_leave_nothing(void **state)
{
    struct fixture *f = *state;
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", f->aws.endpoint);
    server_add_answer(f->aws.server, "200 OK", "", SPAN(SET_JSON("Token")));
    assert_leaves_nothing(f);
}

static void instances_leave_nothing(void **state)
{
    struct fixture *f = *state;
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", f->aws.endpoint);
    server_add_answer(f->aws.server, "200 OK", "", SPAN(SECRET)); /* the token is a secret too */
    server_add_answer(f->aws.server, "200 OK", "", SPAN("role"));
    server_add_answer(f->aws.server, "200 OK", "", SPAN(SET_JSON("Token")));
    assert_leaves_nothing(f);
}

static void web_identities_leave_nothing(void **state)
{
    struct fixture *f = *state;
    set("AWS_ROLE_ARN", AWS_ROLE);
    set("AWS_WEB_IDENTITY_TOKEN_FILE", aws_write_file("token", SECRET LONG_NAME));
    server_add_answer(
        f->aws.server, "200 OK", "Content-Type: text/xml\r\n",
        SPAN("<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
             "<AccessKeyId>A</AccessKeyId><SecretAccessKey>" SECRET "</SecretAccessKey>"
             "<SessionToken>" SECRET LONG_NAME "&amp;" LONG_NAME "</SessionToken>"
             "<Expiration>2026-11-22T14:59:05Z</Expiration></Credentials><AssumedRoleUser>"
             "<Arn>arn:aws:sts::444455556666:assumed-role/ingest/x</Arn></AssumedRoleUser>"
             "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"));
    assert_leaves_nothing(f);
}

static void signed_requests_leave_nothing(void **state)
{
    struct fixture *f = *state;
    struct skew skew = {.offset_ms = 0};
    struct http_answer answer;
    set("AWS_ACCESS_KEY_ID", "A");
    set("AWS_SECRET_ACCESS_KEY", SECRET);
    set("AWS_SESSION_TOKEN", SECRET LONG_NAME LONG_NAME);
    OWNED(creds_source) struct creds_source *own = creds_source_default(&f->settings, &f->err);
    assert_non_null(own);
    struct signer signer = {.clock = &f->aws.now.clock,
                            .skew = &skew,
                            .creds = own,
                            .service = "s3",
                            .region = "eu-west-1"};
    struct http_request r = {.method = "GET", .url = span_str(f->aws.endpoint)};
    struct http *h = http_new(NULL);
    http_answer_init(&answer, 100);
    server_add_answer(f->aws.server, "200 OK", "", SPAN("x"));
    server_add(f->aws.server, (struct reply){.text = SPAN("HTTP/1.1 2"), .end = REPLY_RESET});
    watch_begin(SECRET);
    enum err_kind good = signed_call(&signer, h, &r, &answer, NULL, &f->err);
    enum err_kind cut = signed_call(&signer, h, &r, &answer, NULL, &f->err);
    sigv4_cache_wipe(&signer.cache);
    http_free(h);
    http_answer_done(&answer);
    size_t seen = watch_end();
    assert_int_equal(good, FAIL_NONE);
    assert_int_equal(cut, FAIL_AGAIN);
    assert_true(server_got(f->aws.server, 0, "\r\nX-Amz-Security-Token: " SECRET));
    assert_int_equal(seen, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_leave_nothing),          TEST(programs_leave_nothing),
        TEST(containers_leave_nothing),     TEST(instances_leave_nothing),
        TEST(web_identities_leave_nothing), TEST(signed_requests_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
