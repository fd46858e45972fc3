/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/secret.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Texts that look like secrets are put together here, so that no scanner takes this for one. */
#define A16 "ABCDEFGHIJKLMNOP"
#define A20 "abcdefghij0123456789"
#define A36 A20 "abcdefghij012345"

struct pair {
    const char *in;
    const char *want; /* NULL: no secret in it */
};

static void check(const struct pair *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct buf out = BUF_INIT(4096);
        bool any = secret_redact(span_str(p[i].in), &out);
        if (any != (p[i].want != NULL)) {
            fail_msg("%s: %s", p[i].in, any ? "is no secret" : "is a secret");
        }
        if (any) {
            assert_span_equal(buf_span(&out), span_str(p[i].want));
        } else {
            assert_int_equal(out.n, 0);
        }
        buf_done(&out);
    }
}
#define CHECK(table) check(table, sizeof(table) / sizeof((table)[0]))

static void knows_the_patterns_of_beacon(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"Authorization: Bearer abc.def", "Authorization: Bearer [REDACTED]"},
        {"authorization=Basic dXNlcg", "authorization=Basic [REDACTED]"},
        {"api_key=xyz next", "api_key=[REDACTED] next"},
        {"API-KEY: xyz", "API-KEY: [REDACTED]"},
        {"apikey = 'xyz'", "apikey = '[REDACTED]'"},
        {"export GITHUB_TOKEN=abc", "export GITHUB_TOKEN=[REDACTED]"},
        {"client_secret:\"abc\"", "client_secret:\"[REDACTED]\""},
        {"{\"password\":\"hunter2\",\"a\":1}", "{\"password\":\"[REDACTED]\",\"a\":1}"},
        {"{\\\"token\\\": \\\"x\\\"}", "{\\\"token\\\": \\\"[REDACTED]\\\"}"},
        {"curl -H 'bearer abc~123'", "curl -H 'bearer [REDACTED]'"},
        {"sk-" A20, "[REDACTED]"},
        {"AWS_SECRET_ACCESS_KEY=abc/d+e", "AWS_SECRET_ACCESS_KEY=[REDACTED]"},
        {"\"SecretAccessKey\": \"abc\"", "\"SecretAccessKey\": \"[REDACTED]\""},
        {"MINIO_SECRET_KEY: abc", "MINIO_SECRET_KEY: [REDACTED]"},
        {"AccountName=x;AccountKey=abc==;", "AccountName=x;AccountKey=[REDACTED];"},
        {"password=longenough and again longenough.", "password=[REDACTED] and again [REDACTED]."},
    };
    CHECK(pairs);
}

static void knows_the_key_formats_of_providers(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"id AKIA" A16 " end", "id [REDACTED] end"},
        {"ASIA" A16, "[REDACTED]"},
        {"ghp_" A36, "[REDACTED]"},
        {"github_pat_" A36, "[REDACTED]"},
        {"glpat-" A20, "[REDACTED]"},
        {"xoxb-123-" A20, "[REDACTED]"},
        {"AIza" A20 "abcdefghij01234", "[REDACTED]"},
        {"sk_live_" A20, "[REDACTED]"},
        {"sk-ant-api03-" A20 "_x", "[REDACTED]"},
        {"sk-proj-" A20, "[REDACTED]"},
        {"npm_" A36, "[REDACTED]"},
        {"sk-or-v1-" A20, "[REDACTED]"},
        {"gsk_" A36, "[REDACTED]"},
        {"xai-" A36, "[REDACTED]"},
        {"pplx-" A36, "[REDACTED]"},
        {"nvapi-" A36, "[REDACTED]"},
        {"GOCSPX-" A20, "[REDACTED]"},
        {"rk_test_" A16, "[REDACTED]"},
        {"pypi-" A36 A20, "[REDACTED]"},
        {"dckr_pat_" A20, "[REDACTED]"},
        {"dop_v1_" A36 A20, "[REDACTED]"},
        {"x eyJhbGciOiJI." A20 "." A20 "-_ y", "x [REDACTED] y"},
        {"a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b",
         "a [REDACTED] b"},
        {"-----BEGIN PRIVATE KEY-----\nMIIE cut", "[REDACTED]"},
    };
    CHECK(pairs);
}

static void knows_a_key_behind_an_escape_of_a_text_in_the_text(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"{\"out\":\"a\\nghp_" A36 "\\n\"}", "{\"out\":\"a\\n[REDACTED]\\n\"}"},
        {"\\tAKIA" A16 "\\r", "\\t[REDACTED]\\r"},
        {"nghp_" A36, NULL},
        {"\\xghp_" A36, NULL},
    };
    CHECK(pairs);
}

static void knows_passwords_in_urls(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"git clone https://me:pw@host/a.git", "git clone https://me:[REDACTED]@host/a.git"},
        {"https://ghtoken@host/a", "https://[REDACTED]@host/a"},
        {"postgres://u:p@db:5432/x", "postgres://u:[REDACTED]@db:5432/x"},
        {"ssh://git@host/a.git", NULL},
        {"https://host/a@b", NULL},
        {"https://host:8080/", NULL},
        {"://u:p@h", NULL},
    };
    CHECK(pairs);
}

static void leaves_what_is_no_secret(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"", NULL},
        {"max_tokens: 4096", NULL},
        {"token", NULL},
        {"the token is here", NULL},
        {"if (token == NULL)", NULL},
        {"token := next()", NULL},
        {"secret::kind", NULL},
        {"\"token\":null", NULL},
        {"token=[REDACTED]", NULL},
        {"password: ***REDACTED***", NULL},
        {"AKIA" A16 "Q", NULL},
        {"task-" A20, NULL},
        {"xAKIA" A16, NULL},
        {"sk-short", NULL},
        {"eyJhbGciOiJI.abc", NULL},
        {"-----BEGIN CERTIFICATE-----", NULL},
        {"bearer", NULL},
        {"git@github.com:owner/name.git", NULL},
    };
    CHECK(pairs);
}

static void says_where_and_what(void **state)
{
    (void)state;
    struct secret s;
    assert_true(secret_find(SPAN("x password=abc y"), 0, &s));
    assert_int_equal(s.from, 11);
    assert_int_equal(s.to, 14);
    assert_string_equal(s.kind, "password, token or key");
    assert_false(secret_find(SPAN("x password=abc y"), s.to, &s));
}

static void takes_linear_time(void **state)
{
    (void)state;
    static const char *const pieces[] = {"eyJ",
                                         "-----BEGIN ",
                                         "://",
                                         "bearer ",
                                         "token=",
                                         "sk-ant-",
                                         "password: aaaaaaaa1 ",
                                         "eyJaaaaaaaaa.",
                                         "token ",
                                         "\\nsk-",
                                         "\\neyJaaaaaaaaa."};
    enum { BYTES = 1 << 20 };
    char *text = malloc(BYTES);
    assert_non_null(text);
    for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
        size_t n = strlen(pieces[k]);
        for (size_t i = 0; i < BYTES; i++) {
            text[i] = pieces[k][i % n];
        }
        struct buf out = BUF_INIT((size_t)BYTES * 4);
        clock_t before = clock();
        bool any = secret_redact(span_of(text, BYTES), &out);
        assert_true(any == (out.n > 0));
        assert_true(clock() - before < 5 * CLOCKS_PER_SEC);
        buf_done(&out);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_patterns_of_beacon),
        cmocka_unit_test(knows_the_key_formats_of_providers),
        cmocka_unit_test(knows_a_key_behind_an_escape_of_a_text_in_the_text),
        cmocka_unit_test(knows_passwords_in_urls),
        cmocka_unit_test(leaves_what_is_no_secret),
        cmocka_unit_test(says_where_and_what),
        cmocka_unit_test(takes_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
