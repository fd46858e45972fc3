/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/profile.h"

static struct err err;

static struct profile_file *read_config(const char *text)
{
    err = (struct err){0};
    return profile_read(span_str(text), PROFILE_CONFIG, &err);
}

#define assert_value(f, profile, key, want)                                                        \
    assert_span_equal(profile_value((f), SPAN(profile), (key)), SPAN(want))

static void reads_the_config_file(void **state UNUSED)
{
    OWNED(profile_file)
    struct profile_file *f = read_config(
        "# comment\n\n[default]\nregion = eu-west-1\n[profile cust42]\n"
        "role_arn = arn:aws:iam::444455556666:role/ingest\r\nsource_profile=default\n"
        "EXTERNAL_ID =  cust-42   # ours\n; more\ns3 =\n    max_concurrent_requests = 20\n"
        "empty =\n[ profile  \"with blank\" ]\nx=a#b;c ; d\n[sso-session s]\nregion = us-east-1\n"
        "[profile cust42]\nduration_seconds = 3600\nregion = a\nregion = b");
    assert_non_null(f);
    assert_value(f, "default", "region", "eu-west-1");
    assert_value(f, "cust42", "role_arn", "arn:aws:iam::444455556666:role/ingest");
    assert_value(f, "cust42", "external_id", "cust-42");
    assert_value(f, "cust42", "duration_seconds", "3600");
    assert_value(f, "cust42", "region", "b");
    assert_value(f, "cust42", "max_concurrent_requests", "");
    assert_value(f, "cust42", "empty", "");
    assert_value(f, "with blank", "x", "a#b;c");
    assert_true(profile_exists(f, SPAN("with blank")));
    assert_false(profile_exists(f, SPAN("s")));
    assert_false(profile_exists(f, SPAN("sso-session s")));
    assert_false(profile_exists(NULL, SPAN("default")));
    assert_value(NULL, "default", "region", "");
}

static void reads_the_credentials_file(void **state UNUSED)
{
    static const char text[] =
        "[default]\naws_access_key_id = AKIA\naws_secret_access_key = a=b/c\n"
        "[cust42]\naws_session_token=t\n[profile odd]\nx=1\n";
    OWNED(profile_file)
    struct profile_file *f = profile_read(SPAN(text), PROFILE_CREDENTIALS, &err);
    assert_non_null(f);
    assert_value(f, "default", "aws_access_key_id", "AKIA");
    assert_value(f, "default", "aws_secret_access_key", "a=b/c");
    assert_value(f, "cust42", "aws_session_token", "t");
    assert_value(f, "profile odd", "x", "1");
}

static void profile_default_wins_over_default(void **state UNUSED)
{
    OWNED(profile_file)
    struct profile_file *f = read_config("[profile default]\na=1\n[default]\na=2\nb=2\n");
    assert_value(f, "default", "a", "1");
    assert_value(f, "default", "b", "");
}

static void names_the_line_it_cannot_read_but_not_its_content(void **state UNUSED)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"[default]\na=1\nsecretvalue\n", "profiles: line 3 is no section, key or comment"},
        {"a=1\n", "profiles: line 1 is no section, key or comment"},
        {"[default\n", "profiles: line 1 is no section, key or comment"},
        {"[default]\n=x\n", "profiles: line 2 is no section, key or comment"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_null(read_config(rows[i].text));
        assert_int_equal(err.kind, FAIL_CONFIG);
        assert_string_equal(err.text, rows[i].why);
    }
}

static void an_empty_file_has_no_profiles(void **state UNUSED)
{
    OWNED(profile_file) struct profile_file *f = read_config("");
    assert_non_null(f);
    assert_false(profile_exists(f, SPAN("default")));
}

static void split(const char *command, struct span want, size_t words)
{
    struct buf b = BUF_INIT(1000);
    err = (struct err){0};
    assert_int_equal(profile_split_command(&b, span_str(command), &err), words);
    assert_span_equal(buf_span(&b), want);
    buf_done(&b);
}

static void splits_a_command_as_a_shell_would_but_runs_none(void **state UNUSED)
{
    split("/usr/bin/get-creds --x", SPAN("/usr/bin/get-creds\0--x\0"), 2);
    split("  a\t'b c' \"d \\\"e\\\" \\n\" f\\ g h''i ''", SPAN("a\0b c\0d \"e\" \\n\0f g\0hi\0\0"),
          6);
    split("a; rm -rf $HOME `x` | y > z", SPAN("a;\0rm\0-rf\0$HOME\0`x`\0|\0y\0>\0z\0"), 9);
}

static void refuses_commands_it_cannot_split(void **state UNUSED)
{
    struct buf b = BUF_INIT(300);
    assert_int_equal(profile_split_command(&b, SPAN(" "), &err), 0);
    assert_int_equal(profile_split_command(&b, SPAN("a 'b"), &err), 0);
    assert_int_equal(err.kind, FAIL_CONFIG);
    buf_clear(&b);
    char many[2 * (PROFILE_WORDS + 1)];
    for (size_t i = 0; i < sizeof(many); i++) {
        many[i] = i % 2 == 0 ? 'x' : ' ';
    }
    assert_int_equal(profile_split_command(&b, span_of(many, sizeof(many)), &err), 0);
    buf_clear(&b);
    assert_int_equal(profile_split_command(&b, span_of(many, sizeof(many) - 2), &err),
                     PROFILE_WORDS);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_config_file),
        cmocka_unit_test(reads_the_credentials_file),
        cmocka_unit_test(profile_default_wins_over_default),
        cmocka_unit_test(names_the_line_it_cannot_read_but_not_its_content),
        cmocka_unit_test(an_empty_file_has_no_profiles),
        cmocka_unit_test(splits_a_command_as_a_shell_would_but_runs_none),
        cmocka_unit_test(refuses_commands_it_cannot_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
