/* SPDX-License-Identifier: Apache-2.0 */
/* Each origin of credentials, separately and in the order of the chain; with a manual clock. */
#include "net/aws.h"

#include "net/creds_origins.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { HOUR_MS = 3600 * 1000, MINUTE_MS = 60 * 1000 };

struct fixture {
    struct aws aws;
    struct creds_settings settings;
    struct creds_source *source;
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
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    creds_source_free(f->source);
    aws_done(&f->aws);
    free(f);
    return 0;
}

static void set(const char *name, const char *value)
{
    assert_int_equal(setenv(name, value, 1), 0);
}

static void pass(struct fixture *f, int64_t ms)
{
    f->aws.now.wall += ms;
    f->aws.now.mono += ms;
}

/* The name of the source that the default chain chooses; "" and an error: none. */
static const char *chosen(struct fixture *f)
{
    creds_source_free(f->source);
    err_clear(&f->err);
    f->source = creds_source_default(&f->settings, &f->err);
    return f->source != NULL ? creds_source_name(f->source) : "";
}

static enum err_kind get(struct fixture *f)
{
    err_clear(&f->err);
    return creds_get(f->source, &f->creds, &f->err);
}

#define assert_gets(f, id)                                                                         \
    do {                                                                                           \
        assert_int_equal(get(f), FAIL_NONE);                                                       \
        assert_string_equal((f)->creds.access_key_id, (id));                                       \
    } while (0)

static void assert_no_source(struct fixture *f, const char *why)
{
    assert_string_equal(chosen(f), "");
    assert_int_equal(f->err.kind, FAIL_CONFIG);
    if (strstr(f->err.text, why) == NULL) {
        print_error("got [%s]\nwant [%s]\n", f->err.text, why);
    }
    assert_non_null(strstr(f->err.text, why));
}

/* ---- Environment ---- */

static void set_keys(void)
{
    set("AWS_ACCESS_KEY_ID", "AKIDENV");
    set("AWS_SECRET_ACCESS_KEY", "envsecret");
}

static void environment_gives_keys_and_token(void **state)
{
    struct fixture *f = *state;
    set_keys();
    set("AWS_SECURITY_TOKEN", "old");
    assert_string_equal(chosen(f), "environment");
    assert_gets(f, "AKIDENV");
    assert_string_equal(f->creds.secret_access_key, "envsecret");
    assert_string_equal(f->creds.session_token, "old");
    assert_int_equal(f->creds.expires_ms, INT64_MAX);
    set("AWS_SESSION_TOKEN", "new");
    set("AWS_CREDENTIAL_EXPIRATION", "2026-11-22T14:59:05Z");
    assert_string_equal(chosen(f), "environment");
    assert_gets(f, "AKIDENV");
    assert_string_equal(f->creds.session_token, "new");
    assert_int_equal(f->creds.expires_ms, AWS_NOW_MS + HOUR_MS);
}

static void an_environment_that_expires_is_read_again(void **state)
{
    struct fixture *f = *state;
    set_keys();
    set("AWS_CREDENTIAL_EXPIRATION", "2026-11-22T14:59:05Z");
    assert_string_equal(chosen(f), "environment");
    assert_gets(f, "AKIDENV");
    set("AWS_ACCESS_KEY_ID", "AKIDNEXT");
    set("AWS_CREDENTIAL_EXPIRATION", "2026-11-22T15:59:05Z");
    pass(f, HOUR_MS * 4 / 10);
    assert_gets(f, "AKIDENV");
    pass(f, HOUR_MS * 4 / 10);
    assert_gets(f, "AKIDNEXT");
}

static void a_key_without_a_secret_is_an_error(void **state)
{
    struct fixture *f = *state;
    set("AWS_ACCESS_KEY_ID", "AKIDENV");
    assert_string_equal(chosen(f), "environment");
    assert_int_equal(get(f), FAIL_CONFIG);
    assert_string_equal(f->err.text,
                        "environment: credentials: an access key id without a secret access key");
}

/* ---- Profiles ---- */

static void use_files(const char *config, const char *credentials)
{
    if (config != NULL) {
        set("AWS_CONFIG_FILE", aws_write_file("config", config));
    }
    if (credentials != NULL) {
        set("AWS_SHARED_CREDENTIALS_FILE", aws_write_file("credentials", credentials));
    }
}

#define KEYS(id) "aws_access_key_id = " id "\naws_secret_access_key = secret\n"

static void static_keys_are_read_again_after_a_refusal(void **state)
{
    struct fixture *f = *state;
    use_files(NULL, "[default]\n" KEYS("AKIDOLD"));
    assert_string_equal(chosen(f), "profile default");
    assert_gets(f, "AKIDOLD");
    use_files(NULL, "[default]\n" KEYS("AKIDNEW"));
    assert_gets(f, "AKIDOLD");
    pass(f, MINUTE_MS);
    creds_reject(f->source, &f->creds);
    assert_gets(f, "AKIDNEW");
}

static void the_credentials_file_wins_over_the_config_file(void **state)
{
    struct fixture *f = *state;
    use_files("[default]\n" KEYS("AKIDCONF") "aws_session_token = tok\n",
              "[default]\n" KEYS("AKIDCRED"));
    assert_string_equal(chosen(f), "profile default");
    assert_gets(f, "AKIDCRED");
}

static void keys_and_token_are_of_one_file(void **state)
{
    struct fixture *f = *state;
    use_files("[default]\n" KEYS("AKIDCONF") "aws_session_token = tok\n",
              "[default]\n" KEYS("AKIDCRED"));
    assert_string_equal(chosen(f), "profile default");
    assert_gets(f, "AKIDCRED");
    assert_string_equal(f->creds.session_token, "");
    use_files("[default]\n" KEYS("AKIDCONF") "aws_session_token = tok\n",
              "[default]\naws_session_token = other\n");
    assert_string_equal(chosen(f), "profile default");
    assert_gets(f, "AKIDCONF");
    assert_string_equal(f->creds.session_token, "tok");
    use_files("[default]\n" KEYS("AKIDCONF"), "[default]\naws_access_key_id = AKIDCRED\n");
    assert_string_equal(chosen(f), "profile default");
    assert_int_equal(get(f), FAIL_CONFIG); /* a missing half is not taken from the other file */
}

static void a_profile_is_chosen_by_configuration_or_variable(void **state)
{
    struct fixture *f = *state;
    use_files(
        "[default]\n" KEYS("AKIDDEF") "[profile a]\n" KEYS("AKIDA") "[profile b]\n" KEYS("AKIDB"),
        NULL);
    set("AWS_PROFILE", "a");
    assert_string_equal(chosen(f), "profile a");
    assert_gets(f, "AKIDA");
    set_keys();
    assert_string_equal(chosen(f), "environment"); /* AWS_PROFILE has no priority over it */
    f->settings.profile = "b";
    assert_string_equal(chosen(f), "profile b"); /* the configuration has */
    assert_gets(f, "AKIDB");
    f->settings.profile = "c";
    assert_no_source(f, "there is no profile c");
}

static void a_role_stands_on_its_source_profile(void **state)
{
    struct fixture *f = *state;
    use_files("[profile own]\n" KEYS("AKIDOWN") "[profile role]\nrole_arn = " AWS_ROLE
                                                "\nsource_profile = own\nexternal_id = x-1\n"
                                                "duration_seconds = 1800\nrole_session_name = me\n",
              NULL);
    set("AWS_PROFILE", "role");
    assert_string_equal(chosen(f), "role " AWS_ROLE);
    aws_add_session(f->aws.server, "ASIA1", "444455556666", "2026-11-22T14:59:05Z");
    assert_gets(f, "ASIA1");
    assert_true(server_got(f->aws.server, 0, "Credential=AKIDOWN/"));
    assert_true(
        server_got(f->aws.server, 0, "RoleSessionName=me&DurationSeconds=1800&ExternalId=x-1"));
}

static void roles_may_stand_on_roles(void **state)
{
    struct fixture *f = *state;
    use_files("[default]\n" KEYS(
                  "AKIDOWN") "[profile one]\nrole_arn = " AWS_ROLE
                             "1\nsource_profile = default\n[profile two]\nrole_arn = " AWS_ROLE
                             "2\nsource_profile = one\n",
              NULL);
    set("AWS_PROFILE", "two");
    assert_string_equal(chosen(f), "role " AWS_ROLE "2");
    aws_add_session(f->aws.server, "ASIA1", "444455556666", "2026-11-22T14:59:05Z");
    aws_add_session(f->aws.server, "ASIA2", "444455556666", "2026-11-22T14:59:05Z");
    assert_gets(f, "ASIA2");
    assert_true(server_got(f->aws.server, 0, "Credential=AKIDOWN/"));
    assert_true(server_got(f->aws.server, 1, "Credential=ASIA1/"));
    assert_true(server_got(f->aws.server, 1, "X-Amz-Security-Token: tokenASIA1\r\n"));
}

static void a_chained_role_asks_for_an_hour_at_most(void **state)
{
    struct fixture *f = *state;
    use_files("[default]\n" KEYS("AKIDOWN") "[profile one]\nrole_arn = " AWS_ROLE
                                            "1\nsource_profile = default\n"
                                            "duration_seconds = 7200\n"
                                            "[profile two]\nrole_arn = " AWS_ROLE
                                            "2\nsource_profile = one\n"
                                            "duration_seconds = 7200\n"
                                            "[profile three]\nrole_arn = " AWS_ROLE
                                            "3\ncredential_source = Environment\n"
                                            "duration_seconds = 1800\n",
              NULL);
    set("AWS_PROFILE", "two");
    assert_string_equal(chosen(f), "role " AWS_ROLE "2");
    aws_add_session(f->aws.server, "ASIA1", "444455556666", "2026-11-22T15:59:05Z");
    aws_add_session(f->aws.server, "ASIA2", "444455556666", "2026-11-22T14:59:05Z");
    assert_gets(f, "ASIA2");
    assert_true(server_got(f->aws.server, 0, "&DurationSeconds=7200"));
    assert_true(server_got(f->aws.server, 1, "&DurationSeconds=3600"));
    set_keys();
    f->settings.profile = "three";
    assert_string_equal(chosen(f), "role " AWS_ROLE "3");
    aws_add_session(f->aws.server, "ASIA3", "444455556666", "2026-11-22T14:59:05Z");
    assert_gets(f, "ASIA3");
    assert_true(server_got(f->aws.server, 2, "&DurationSeconds=1800"));
}

static void a_profile_may_be_its_own_source_if_it_has_keys(void **state)
{
    struct fixture *f = *state;
    use_files("[default]\nrole_arn = " AWS_ROLE "\nsource_profile = default\n" KEYS("AKIDSELF"),
              NULL);
    assert_string_equal(chosen(f), "role " AWS_ROLE);
    aws_add_session(f->aws.server, "ASIA1", "444455556666", "2026-11-22T14:59:05Z");
    assert_gets(f, "ASIA1");
    assert_true(server_got(f->aws.server, 0, "Credential=AKIDSELF/"));
}

static void credential_source_names_the_environment(void **state)
{
    struct fixture *f = *state;
    use_files("[profile r]\nrole_arn = " AWS_ROLE "\ncredential_source = Environment\n", NULL);
    f->settings.profile = "r";
    set_keys();
    assert_string_equal(chosen(f), "role " AWS_ROLE);
    aws_add_session(f->aws.server, "ASIA1", "444455556666", "2026-11-22T14:59:05Z");
    assert_gets(f, "ASIA1");
    assert_true(server_got(f->aws.server, 0, "Credential=AKIDENV/"));
}

static void mistakes_in_profiles_are_told(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *config, *why;
    } rows[] = {
        {"role_arn = " AWS_ROLE "\n", "exactly one of source_profile and credential_source"},
        {"role_arn = " AWS_ROLE "\nsource_profile = x\ncredential_source = Environment\n",
         "exactly one of"},
        {"role_arn = " AWS_ROLE "\nsource_profile = default\n", "its source_profile is itself"},
        {"role_arn = " AWS_ROLE "\nsource_profile = missing\n",
         "profile missing: there is no such profile"},
        {"role_arn = " AWS_ROLE "\ncredential_source = Ec2\n", "credential_source is not"},
        {"role_arn = nonsense\nsource_profile = x\n", "not the ARN of a role"},
        {"role_arn = arn:aws-cn:iam::444455556666:role/x\nsource_profile = x\n",
         "role of partition aws-cn"},
        {"role_arn = " AWS_ROLE "\nsource_profile = x\nmfa_serial = m\n", "mfa_serial"},
        {"role_arn = " AWS_ROLE "\nsource_profile = x\nduration_seconds = 60\n",
         "duration_seconds is not"},
        {"role_arn = " AWS_ROLE "\nsource_profile = a\n[profile a]\nrole_arn = " AWS_ROLE
         "\nsource_profile = b\n[profile b]\nrole_arn = " AWS_ROLE "\nsource_profile = a\n",
         "leads back to itself"},
        {"credential_process = 'open\n", "a quote does not end"},
        {"sso_session = s\nx", "line 3"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char config[1024];
        (void)snprintf(config, sizeof(config), "[default]\n%s", rows[i].config);
        use_files(config, NULL);
        assert_no_source(f, rows[i].why);
    }
    use_files("[default]\nsso_session = s\n[sso-session s]\nsso_region = x\n", NULL);
    assert_no_source(f, "SSO needs a person"); /* never passed over */
    use_files("[default]\nlogin_session = arn:aws:iam::444455556666:user/ana\n", NULL);
    assert_no_source(f, "profile default: a login session (aws login) needs a person");
    use_files("[profile s]\nsso_session = s\n", NULL);
    f->settings.profile = "s";
    assert_no_source(f, "SSO needs a person");
}

static void a_program_gives_credentials_and_no_shell_is_asked(void **state)
{
    struct fixture *f = *state;
    use_files("[default]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"AKIDPROC\","
              "\"SecretAccessKey\":\"$HOME;`x`\",\"Expiration\":\"2026-11-22T14:59:05Z\"}'\n",
              NULL);
    assert_string_equal(chosen(f), "credential_process");
    assert_gets(f, "AKIDPROC");
    assert_string_equal(f->creds.secret_access_key, "$HOME;`x`");
    assert_int_equal(f->creds.expires_ms, AWS_NOW_MS + HOUR_MS);
}

static void tell_program(const char *id, const char *expiration)
{
    char text[256];
    (void)snprintf(text, sizeof(text),
                   "{\"Version\":1,\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\","
                   "\"Expiration\":\"%s\"}",
                   id, expiration);
    (void)aws_write_file("told", text);
}

static void a_program_is_run_again_before_its_credentials_end(void **state)
{
    struct fixture *f = *state;
    char config[512];
    tell_program("AKID1", "2026-11-22T14:59:05Z");
    (void)snprintf(config, sizeof(config), "[default]\ncredential_process = cat %s\n",
                   aws_write_file("told", ""));
    use_files(config, NULL);
    tell_program("AKID1", "2026-11-22T14:59:05Z");
    assert_string_equal(chosen(f), "credential_process");
    assert_gets(f, "AKID1");
    tell_program("AKID2", "2026-11-22T15:59:05Z");
    pass(f, HOUR_MS * 4 / 10);
    assert_gets(f, "AKID1");
    pass(f, HOUR_MS * 4 / 10);
    assert_gets(f, "AKID2");
}

static void a_program_that_fails_is_told(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *command, *why;
        enum err_kind kind;
    } rows[] = {
        {"false", "credential_process: exit status 1", FAIL_DENIED},
        {"/nonexistent/program", "cannot be started", FAIL_CONFIG},
        {"echo hello", "credential_process: credentials: not JSON", FAIL_CONFIG},
        {"echo '{\"Version\":2}'", "Version is not 1", FAIL_CONFIG},
        {"head -c 200000 /dev/zero", "prints too much", FAIL_CONFIG},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char config[256];
        (void)snprintf(config, sizeof(config), "[default]\ncredential_process = %s\n",
                       rows[i].command);
        use_files(config, NULL);
        assert_string_equal(chosen(f), "credential_process");
        assert_int_equal(get(f), rows[i].kind);
        assert_non_null(strstr(f->err.text, rows[i].why));
    }
}

static void a_program_that_goes_on_without_output_is_ended(void **state)
{
    struct fixture *f = *state;
    use_files("[default]\ncredential_process = sh -c 'exec sleep 300 >&-'\n", NULL);
    assert_string_equal(chosen(f), "credential_process");
    assert_int_equal(get(f), FAIL_AGAIN);
    assert_non_null(strstr(f->err.text, "not the program"));
}

static void *get_in_a_thread(void *arg)
{
    struct fixture *f = arg;
    (void)get(f);
    return NULL;
}

static void a_program_that_hangs_is_ended_by_a_stop(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;
    char config[512];
    const char *begun = aws_write_file("begun", "");
    (void)snprintf(config, sizeof(config),
                   "[default]\ncredential_process = sh -c 'echo >%s; exec sleep 300'\n", begun);
    use_files(config, NULL);
    assert_string_equal(chosen(f), "credential_process");
    int64_t began = clock_mono_ms(&clock_system);
    assert_int_equal(pthread_create(&thread, NULL, get_in_a_thread, f), 0);
    struct stat st = {0};
    while (st.st_size == 0) {
        assert_int_equal(stat(begun, &st), 0);
    }
    creds_source_stop(f->source);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(clock_mono_ms(&clock_system) - began < 20 * 1000); /* the program takes 30 s */
    assert_int_equal(f->err.kind, FAIL_STOPPED);
    assert_int_equal(get(f), FAIL_STOPPED); /* it is not started again */
}

/* ---- Web identity ---- */

static void a_web_identity_is_unsigned_and_its_token_read_each_time(void **state)
{
    struct fixture *f = *state;
    set("AWS_ROLE_ARN", AWS_ROLE);
    set("AWS_ROLE_SESSION_NAME", "pod-1");
    set("AWS_WEB_IDENTITY_TOKEN_FILE", aws_write_file("token", "header.one.sig\n"));
    assert_string_equal(chosen(f), "web identity " AWS_ROLE);
    aws_add_session(f->aws.server, "ASIA1", "444455556666", "2026-11-22T14:59:05Z");
    aws_add_session(f->aws.server, "ASIA2", "444455556666", "2026-11-22T15:59:05Z");
    assert_gets(f, "ASIA1");
    assert_true(server_got(f->aws.server, 0, "Action=AssumeRoleWithWebIdentity&"));
    assert_true(server_got(f->aws.server, 0, "RoleSessionName=pod-1&"));
    assert_true(server_got(f->aws.server, 0, "WebIdentityToken=header.one.sig"));
    assert_false(server_got(f->aws.server, 0, "Authorization:"));

    (void)aws_write_file("token", "header.two.sig");
    pass(f, HOUR_MS * 8 / 10);
    assert_gets(f, "ASIA2");
    assert_true(server_got(f->aws.server, 1, "WebIdentityToken=header.two.sig"));
}

static void a_web_identity_without_token_or_role_is_told(void **state)
{
    struct fixture *f = *state;
    set("AWS_WEB_IDENTITY_TOKEN_FILE", aws_write_file("token", "a\r\nb"));
    assert_no_source(f, "AWS_ROLE_ARN is not");
    set("AWS_ROLE_ARN", AWS_ROLE);
    assert_string_equal(chosen(f), "web identity " AWS_ROLE);
    assert_int_equal(get(f), FAIL_CONFIG);
    set("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token");
    assert_string_equal(chosen(f), "web identity " AWS_ROLE);
    assert_int_equal(get(f), FAIL_CONFIG);
    assert_int_equal(server_requests(f->aws.server), 0);
}

/* ---- Container ---- */

static void use_container(struct fixture *f)
{
    char url[128];
    (void)snprintf(url, sizeof(url), "%s/v1/credentials", f->aws.endpoint);
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    assert_string_equal(chosen(f), "container");
}

#define CONTAINER(id, end)                                                                         \
    SPAN("{\"AccessKeyId\":\"" id                                                                  \
         "\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"" end "\"}")

static void a_container_gives_credentials_for_its_token_read_each_time(void **state)
{
    struct fixture *f = *state;
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "not this one");
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", aws_write_file("token", "pod-token-1\n"));
    use_container(f);
    server_add_answer(f->aws.server, "200 OK", "", CONTAINER("ASIA1", "2026-11-22T14:59:05Z"));
    server_add_answer(f->aws.server, "200 OK", "", CONTAINER("ASIA2", "2026-11-22T15:59:05Z"));
    assert_gets(f, "ASIA1");
    assert_true(server_got(f->aws.server, 0, "GET /v1/credentials HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 0, "Authorization: pod-token-1\r\n"));
    assert_true(server_got(f->aws.server, 0, "Accept: application/json\r\n"));
    (void)aws_write_file("token", "pod-token-2");
    pass(f, HOUR_MS * 8 / 10);
    assert_gets(f, "ASIA2");
    assert_true(server_got(f->aws.server, 1, "Authorization: pod-token-2\r\n"));
}

static void a_container_token_with_a_line_end_is_not_sent(void **state)
{
    struct fixture *f = *state;
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\r\nX-Evil: 1");
    use_container(f);
    assert_int_equal(get(f), FAIL_CONFIG);
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", aws_write_file("token", "a\nX-Evil: 1\n"));
    use_container(f);
    assert_int_equal(get(f), FAIL_CONFIG);
    assert_int_equal(server_requests(f->aws.server), 0);
}

static void a_container_is_asked_again_after_5xx_but_not_after_4xx(void **state)
{
    struct fixture *f = *state;
    use_container(f);
    server_add_answer(f->aws.server, "500 Internal Server Error", "", SPAN(""));
    server_add_answer(f->aws.server, "503 Service Unavailable", "", SPAN(""));
    server_add_answer(f->aws.server, "200 OK", "", CONTAINER("ASIA1", "2026-11-22T14:59:05Z"));
    assert_gets(f, "ASIA1");
    use_container(f);
    server_add_answer(f->aws.server, "403 Forbidden", "",
                      SPAN("{\"code\":\"AccessDenied\",\"message\":\"no\"}"));
    assert_int_equal(get(f), FAIL_DENIED);
    assert_string_equal(f->err.code, "AccessDenied");
    assert_int_equal(server_requests(f->aws.server), 4);
}

static void a_container_url_must_be_near_or_https(void **state)
{
    struct fixture *f = *state;
    static const char *const good[] = {
        "https://example.com/x",    "http://localhost:8080/x",       "http://127.0.0.9/x",
        "http://169.254.170.2/x",   "http://169.254.170.23/v1/cred", "http://[::1]/x",
        "http://[fd00:ec2::23]/v1",
    };
    static const char *const bad[] = {
        "http://example.com/x",     "http://169.254.169.254/x", "http://10.0.0.1/", "file:///x",
        "http://169.254.170.2.a/x", "http://[fd00:ec2::24]/v1",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        set("AWS_CONTAINER_CREDENTIALS_FULL_URI", good[i]);
        assert_string_equal(chosen(f), "container");
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        set("AWS_CONTAINER_CREDENTIALS_FULL_URI", bad[i]);
        assert_no_source(f, "container credentials");
    }
    set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/uuid"); /* has priority */
    assert_string_equal(chosen(f), "container");
}

/* ---- Instance ---- */

static void use_instance(struct fixture *f)
{
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", f->aws.endpoint);
    assert_string_equal(chosen(f), "instance metadata");
}

#define INSTANCE(id, end)                                                                          \
    SPAN("{\"Code\":\"Success\",\"LastUpdated\":\"2026-11-22T13:00:00Z\",\"Type\":\"AWS-HMAC\","   \
         "\"AccessKeyId\":\"" id                                                                   \
         "\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"" end "\"}")

static void an_instance_is_asked_by_version_2(void **state)
{
    struct fixture *f = *state;
    use_instance(f);
    server_add_answer(f->aws.server, "200 OK", "", SPAN("tok-1"));
    server_add_answer(f->aws.server, "200 OK", "", SPAN("my-role\n"));
    server_add_answer(f->aws.server, "200 OK", "", INSTANCE("ASIA1", "2026-11-22T14:59:05Z"));
    assert_gets(f, "ASIA1");
    assert_true(server_got(f->aws.server, 0, "PUT /latest/api/token HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 0, "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n"));
    assert_true(server_got(f->aws.server, 1,
                           "GET /latest/meta-data/iam/security-credentials/ HTTP/1.1\r\n"));
    assert_true(server_got(f->aws.server, 1, "x-aws-ec2-metadata-token: tok-1\r\n"));
    assert_true(server_got(f->aws.server, 2,
                           "GET /latest/meta-data/iam/security-credentials/my-role HTTP/1.1\r\n"));

    /* The token is kept, and renewed after a 401. */
    server_add_answer(f->aws.server, "401 Unauthorized", "", SPAN(""));
    server_add_answer(f->aws.server, "200 OK", "", SPAN("tok-2"));
    server_add_answer(f->aws.server, "200 OK", "", SPAN("my-role"));
    server_add_answer(f->aws.server, "200 OK", "", INSTANCE("ASIA2", "2026-11-22T15:59:05Z"));
    pass(f, HOUR_MS * 8 / 10);
    assert_gets(f, "ASIA2");
    assert_true(server_got(f->aws.server, 3, "x-aws-ec2-metadata-token: tok-1\r\n"));
    assert_true(server_got(f->aws.server, 6, "x-aws-ec2-metadata-token: tok-2\r\n"));
    assert_int_equal(server_requests(f->aws.server), 7);
}

static void version_1_is_never_asked(void **state)
{
    struct fixture *f = *state;
    static const char *const refusals[] = {"403 Forbidden", "404 Not Found",
                                           "405 Method Not Allowed"};
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        use_instance(f);
        server_add_answer(f->aws.server, refusals[i], "", SPAN(""));
        assert_int_equal(get(f), FAIL_DENIED);
        assert_int_equal(server_requests(f->aws.server), i + 1);
    }
}

static void an_instance_without_role_or_right_is_told(void **state)
{
    struct fixture *f = *state;
    use_instance(f);
    server_add_answer(f->aws.server, "200 OK", "", SPAN("tok"));
    server_add_answer(f->aws.server, "404 Not Found", "", SPAN(""));
    assert_int_equal(get(f), FAIL_CONFIG);
    assert_string_equal(f->err.text, "instance metadata: the instance has no role");

    use_instance(f);
    server_add_answer(f->aws.server, "200 OK", "", SPAN("tok"));
    server_add_answer(f->aws.server, "200 OK", "", SPAN("role"));
    server_add_answer(f->aws.server, "200 OK", "",
                      SPAN("{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"trust\"}"));
    assert_int_equal(get(f), FAIL_DENIED);
    assert_string_equal(f->err.code, "AssumeRoleUnauthorizedAccess");

    use_instance(f);
    server_add_answer(f->aws.server, "200 OK", "", SPAN("tok\r\nX: y"));
    assert_int_equal(get(f), FAIL_AGAIN);
    assert_int_equal(server_requests(f->aws.server), 6);
}

static void an_instance_keeps_its_credentials_while_metadata_is_unreachable(void **state)
{
    struct fixture *f = *state;
    use_instance(f);
    server_add_answer(f->aws.server, "200 OK", "", SPAN("tok"));
    server_add_answer(f->aws.server, "200 OK", "", SPAN("role"));
    server_add_answer(f->aws.server, "200 OK", "", INSTANCE("ASIA1", "2026-11-22T14:59:05Z"));
    assert_gets(f, "ASIA1");
    server_add_answer(f->aws.server, "500 Internal Server Error", "", SPAN(""));
    pass(f, HOUR_MS + MINUTE_MS);
    assert_gets(f, "ASIA1");
    assert_int_equal(server_requests(f->aws.server), 4);
}

static void instance_metadata_may_be_disabled_or_misconfigured(void **state)
{
    struct fixture *f = *state;
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv5");
    assert_no_source(f, "is not IPv4 or IPv6");
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6");
    assert_string_equal(chosen(f), "instance metadata");
    set("AWS_EC2_METADATA_DISABLED", "true");
    assert_no_source(f, "no AWS credentials");
}

/* ---- Order ---- */

static void the_first_that_is_set_up_is_taken(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(chosen(f), "instance metadata");
    use_container(f);
    use_files("[default]\ncredential_process = x\n", NULL);
    assert_string_equal(chosen(f), "credential_process");
    use_files("[default]\ncredential_process = x\n" KEYS("AKID"), NULL);
    assert_string_equal(chosen(f), "profile default");
    set("AWS_ROLE_ARN", AWS_ROLE);
    set("AWS_WEB_IDENTITY_TOKEN_FILE", "/token");
    assert_string_equal(chosen(f), "web identity " AWS_ROLE);
    use_files("[default]\nrole_arn = " AWS_ROLE "\nsource_profile = default\n" KEYS("AKID"), NULL);
    assert_string_equal(chosen(f), "role " AWS_ROLE);
    set_keys();
    assert_string_equal(chosen(f), "environment");
    assert_int_equal(server_requests(f->aws.server), 0); /* choosing sends no request */
}

static void a_chosen_profile_without_credentials_leads_on_to_the_instance(void **state)
{
    struct fixture *f = *state;
    use_files("[profile only-region]\nregion = eu-west-1\n", NULL);
    set("AWS_PROFILE", "only-region");
    assert_string_equal(chosen(f), "instance metadata");
    set("AWS_PROFILE", "missing");
    assert_no_source(f, "there is no profile missing");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(environment_gives_keys_and_token),
        TEST(an_environment_that_expires_is_read_again),
        TEST(a_key_without_a_secret_is_an_error),
        TEST(static_keys_are_read_again_after_a_refusal),
        TEST(the_credentials_file_wins_over_the_config_file),
        TEST(keys_and_token_are_of_one_file),
        TEST(a_profile_is_chosen_by_configuration_or_variable),
        TEST(a_role_stands_on_its_source_profile),
        TEST(roles_may_stand_on_roles),
        TEST(a_chained_role_asks_for_an_hour_at_most),
        TEST(a_profile_may_be_its_own_source_if_it_has_keys),
        TEST(credential_source_names_the_environment),
        TEST(mistakes_in_profiles_are_told),
        TEST(a_program_gives_credentials_and_no_shell_is_asked),
        TEST(a_program_is_run_again_before_its_credentials_end),
        TEST(a_program_that_fails_is_told),
        TEST(a_program_that_goes_on_without_output_is_ended),
        TEST(a_program_that_hangs_is_ended_by_a_stop),
        TEST(a_web_identity_is_unsigned_and_its_token_read_each_time),
        TEST(a_web_identity_without_token_or_role_is_told),
        TEST(a_container_gives_credentials_for_its_token_read_each_time),
        TEST(a_container_token_with_a_line_end_is_not_sent),
        TEST(a_container_is_asked_again_after_5xx_but_not_after_4xx),
        TEST(a_container_url_must_be_near_or_https),
        TEST(an_instance_is_asked_by_version_2),
        TEST(version_1_is_never_asked),
        TEST(an_instance_without_role_or_right_is_told),
        TEST(an_instance_keeps_its_credentials_while_metadata_is_unreachable),
        TEST(instance_metadata_may_be_disabled_or_misconfigured),
        TEST(the_first_that_is_set_up_is_taken),
        TEST(a_chosen_profile_without_credentials_leads_on_to_the_instance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
