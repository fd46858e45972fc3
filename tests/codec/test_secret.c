/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "secret_priv.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * Texts that look like secrets are concatenated here, so that secret scanners do not report this
 * file.
 */
#define A16 "ABCDEFGHIJKLMNOP"
#define A20 "abcdefghij0123456789"
#define A36 A20 "abcdefghij012345"

struct pair {
    const char *in;
    const char *want; /* NULL: the text has no secret */
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

static void knows_values_of_names_in_damaged_json(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"{\"user\":\"a\",\"password\":tru \"Zq7Rk2Vw\"}",
         "{\"user\":\"a\",\"password\":[REDACTED]\"}"},
        {"{\"password\":,\"Zq7Rk2Vw\"}", "{\"password\":[REDACTED]\"}"},
        {"{\"password\":null \"Zq7Rk2Vw\"", "{\"password\":[REDACTED]\""},
        {"{\"password\":-\"Zq7Rk2Vw\"}", "{\"password\":[REDACTED]\"}"},
        {"{\"password\":/* it */ \"Zq7Rk2Vw\"}", "{\"password\":[REDACTED]\"}"},
        {"{\"password\":tru\n\"Zq7Rk2Vw\"}", "{\"password\":[REDACTED]\"}"},
        {"{\"password\":[,\"Zq7Rk2Vw\"]}", "{\"password\":[REDACTED]\"]}"},
        {"{\"password\":{\"Zq7Rk2Vw\"}}", "{\"password\":[REDACTED]\"}}"},
        {"{\\\"password\\\":tru \\\"Zq7Rk2Vw\\\"}", "{\\\"password\\\":[REDACTED]\\\"}"},
        {"{\"password\":tru \"Zq7Rk2Vw", "{\"password\":[REDACTED]"},
        {"{\"password\"::\"Zq7Rk2Vw\"}", "{\"password\"::\"[REDACTED]\"}"},
        {"{\"password\":=\"Zq7Rk2Vw\"}", "{\"password\":=\"[REDACTED]\"}"},
        {"{\"password\" \"Zq7Rk2Vw\"}", "{\"password\" \"[REDACTED]\"}"},
        {"{ \"DB_PASSWORD\";\"Zq7Rk2Vw\"}", "{ \"DB_PASSWORD\";\"[REDACTED]\"}"},
        {"{\"a\":1,\"password\"x:\"Zq7Rk2Vw\"}", "{\"a\":1,\"password\"x:\"[REDACTED]\"}"},
        {"{\"password\":tru,\"user\":\"ana\"}", "{\"password\":[REDACTED],\"user\":\"ana\"}"},
        {"{\"password\":null,\"user\":\"ana\"}", NULL},
        {"{\"password\":,\"user\":\"ana\"}", NULL},
        {"[{\"password\":null},\"text\"]", NULL},
        {"{\"password\":{\"type\":\"ana\"}}", NULL},
        {"{\"names\":[\"password\",\"user\"]}", NULL},
        {"{\"name\":\"password\" \"user\"}", NULL},
        {"the \"user\", \"password\" and \"host\" of it", NULL},
        {"grep \"password\" \"notes.txt\"", NULL},
        {"select 'password'::text", NULL},
        {"if (\"password\" == x)", NULL},
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

static void knows_a_key_behind_the_code_of_a_character(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"{\"out\":\"\\u2014ghp_" A36 "\"}", "{\"out\":\"\\u2014[REDACTED]\"}"},
        {"\\u000aghp_" A36, "\\u000a[REDACTED]"},
        {"\\\\u000AAKIA" A16, "\\\\u000A[REDACTED]"},
        {"\\x0aghp_" A36, "\\x0a[REDACTED]"},
        {"\\033ghp_" A36, "\\033[REDACTED]"},
        {"?t%3Dghp_" A36, "?t%3D[REDACTED]"},
        {"\033[1;31mghp_" A36 "\033[0m", "\033[1;31m[REDACTED]\033[0m"},
        {"\033[Kghp_" A36, "\033[K[REDACTED]"},
        {"\\u001b[31mghp_" A36, "\\u001b[31m[REDACTED]"},
        {"\\x1b[mghp_" A36, "\\x1b[m[REDACTED]"},
        {"[0mghp_" A36, "[0m[REDACTED]"},
        {"u2014ghp_" A36, NULL},
        {"\\u2x14ghp_" A36, NULL},
        {"31mghp_" A36, NULL},
        {"a[mghp_" A36, NULL},
    };
    CHECK(pairs);
}

static void a_value_ends_at_the_quote_that_began_it(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"{\"password\":\"a\\\"b\",\"x\":1}", "{\"password\":\"[REDACTED]\",\"x\":1}"},
        {"{\"password\":\"a\\\\\",\"x\":1}", "{\"password\":\"[REDACTED]\",\"x\":1}"},
        {"{\\\"password\\\":\\\"a\\\\\\\"b\\\",\\\"x\\\":1}",
         "{\\\"password\\\":\\\"[REDACTED]\\\",\\\"x\\\":1}"},
        {"\\\"password\\\":\\\"a b\"", "\\\"password\\\":\\\"[REDACTED]\""},
        {"{\"password\":\"a b", "{\"password\":\"[REDACTED]"},
        {"password: 'a b\nc", "password: '[REDACTED]\nc"},
        {"grep \"token:\" file", NULL},
        {"{\"password\":[\"a\"]}", "{\"password\":[\"[REDACTED]\"]}"},
        {"\"Authorization\": [\n \"Basic a\"\n]", "\"Authorization\": [\n \"Basic [REDACTED]\"\n]"},
        {"token[0] = 1", NULL},
    };
    CHECK(pairs);
}

static void knows_pairs_of_yaml_and_xml(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"- name: DB_PASSWORD\n  value: x\n", "- name: DB_PASSWORD\n  value: [REDACTED]\n"},
        {"- name: \"DB_PASSWORD\"\n  value: \"x y\"",
         "- name: \"DB_PASSWORD\"\n  value: \"[REDACTED]\""},
        {"- key: token\\n  value: x\\n", "- key: token\\n  value: [REDACTED]\\n"},
        {"the password\nvalue: 3", NULL},
        {"- name: DB_PASSWORD\n  valueFrom: x", NULL},
        {"<password>x y</password>", "<password>[REDACTED]</password>"},
        {"<ns:db.password>x</ns:db.password>", "<ns:db.password>[REDACTED]</ns:db.password>"},
        {"<password></password>", NULL},
        {"</password>x", NULL},
        {"a.password>x", NULL},
    };
    CHECK(pairs);
}

static void a_command_ends_where_the_shell_ends_it(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"curl -X POST \\\n  -u ana:x https://h", "curl -X POST \\\n  -u ana:[REDACTED] https://h"},
        {"curl -s \\\r\n -u ana:x h", "curl -s \\\r\n -u ana:[REDACTED] h"},
        {"curl 'h?a=1&b=2' -u ana:x", "curl 'h?a=1&b=2' -u ana:[REDACTED]"},
        {"curl -H \"A: b; c\" -u ana:x", "curl -H \"A: b; c\" -u ana:[REDACTED]"},
        {"curl -H'A: b; c' -u ana:x", "curl -H'A: b; c' -u ana:[REDACTED]"},
        {"curl -d '{\n\"a\": 1\n}' -u ana:x", "curl -d '{\n\"a\": 1\n}' -u ana:[REDACTED]"},
        {"curl -d \\\"a;b\\\" -u ana:x", "curl -d \\\"a;b\\\" -u ana:[REDACTED]"},
        {"curl -H 'password: x' -d 'a|b' -u ana:y",
         "curl -H 'password: [REDACTED]' -d 'a|b' -u ana:[REDACTED]"},
        {"curl --proxy-user 'a:b' -d 'a|b' -u c:d",
         "curl --proxy-user 'a:[REDACTED]' -d 'a|b' -u c:[REDACTED]"},
        {"[\"curl\",\"-H\",\"A: b; c\",\"-u\",\"ana:x\"]",
         "[\"curl\",\"-H\",\"A: b; c\",\"-u\",\"ana:[REDACTED]\"]"},
        {"mysql -u root\\n-p x", "mysql -u root\\n-p [REDACTED]"},
        {"run \\n--password x", "run \\n--password [REDACTED]"},
        {"mysql -u a; ssh -p 2222 h", NULL},
        {"mysql -e 'a;b' && ssh -p 2222 h", NULL},
        {"sh -c \"mysql -u a\" && ssh -p 2222 h", NULL},
        {"sh -c 'mysql -u a' -p 2222", NULL},
    };
    CHECK(pairs);
}

static void knows_passwords_in_urls(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"git clone https://me:pw@host/a.git", "git clone https://me:[REDACTED]@host/a.git"},
        {"https://ghtoken@host/a", "https://[REDACTED]@host/a"},
        {"postgres://u:p@q@db/x", "postgres://u:[REDACTED]@db/x"},
        {"https://u:p@h/a https://v@w", "https://u:[REDACTED]@h/a https://[REDACTED]@w"},
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

/* UTF-16 that was read as UTF-8 has a NUL beside each ASCII character; [REDACTED] has none. */
static void knows_utf16_that_was_read_as_utf8(void **state)
{
    (void)state;
    static const char *const texts[] = {"a password=hunter2 b", "{\"db_pass\":\"hunter2\",\"a\":1}",
                                        "--token hunter2", ("AKIA" A16), "ok"};
    static const char *const want[] = {"a password=[REDACTED] b",
                                       "{\"db_pass\":\"[REDACTED]\",\"a\":1}", "--token [REDACTED]",
                                       "[REDACTED]", NULL};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (int form = 0; form < 4; form++) {
            static const char *const before[] = {"", "", "\\u0000", ""};
            static const char *const after[] = {"", "", "", "\\\\u0000"};
            struct buf text = BUF_INIT(4096);
            struct buf out = BUF_INIT(4096);
            for (const char *c = texts[i]; *c != '\0'; c++) {
                buf_add(&text, form == 0 ? span_of("", 1) : span_str(before[form]));
                buf_add_byte(&text, *c);
                buf_add(&text, form == 1 ? span_of("", 1) : span_str(after[form]));
            }
            bool any = secret_redact(buf_span(&text), &out);
            assert_int_equal(any, want[i] != NULL);
            struct buf plain = BUF_INIT(4096);
            for (size_t k = 0; k < out.n; k++) {
                if (out.p[k] == '\\' && form >= 2) {
                    k += form == 2 ? 5 : 6;
                    while (k < out.n && out.p[k] != '0') {
                        k++;
                    }
                } else if (out.p[k] != '\0') {
                    buf_add_byte(&plain, out.p[k]);
                }
            }
            if (any) {
                assert_span_equal(buf_span(&plain), span_str(want[i]));
            }
            buf_done(&plain);
            buf_done(&out);
            buf_done(&text);
        }
    }
}

/* ---- the tables ---- */

/* Length of the placeholder "{a20}" at the head of s; 0: there is none. */
static size_t take_placeholder(struct span s, char *kind, int *count)
{
    size_t n = 2;
    *count = 0;
    if (s.n < 4 || *s.p != '{' || (s.p[1] != 'a' && s.p[1] != 'A')) {
        return 0;
    }
    for (; n < s.n && n < 4 && ascii_is_digit(s.p[n]); n++) {
        *count = *count * 10 + (s.p[n] - '0');
    }
    *kind = s.p[1];
    return n > 2 && n < s.n && s.p[n] == '}' ? n + 1 : 0;
}

/* {a20} becomes 20 letters and digits, {A16} 16 capitals and digits. */
static void expand(struct span s, struct buf *out)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    buf_clear(out);
    while (s.n > 0) {
        char kind = 0;
        int count = 0;
        size_t n = take_placeholder(s, &kind, &count);
        for (int i = 0; n > 0 && i < count; i++) {
            char c = letters[i % 36];
            buf_add_byte(out, kind == 'A' && ascii_is_lower(c) ? (char)(c - 'a' + 'A') : c);
        }
        buf_add(out, span_of(s.p, n > 0 ? 0 : 1));
        s = span_from(s, n > 0 ? n : 1);
    }
}

enum { HEADS_MAX = 256 };

/* The features that the vectors must have texts with and without. */
struct covered {
    struct span head;
    bool with, without;
};

static size_t note(struct covered *c, size_t count, struct span head)
{
    for (size_t i = 0; i < count; i++) {
        if (span_eq(c[i].head, head)) {
            return i;
        }
    }
    assert_true(count < HEADS_MAX);
    c[count] = (struct covered){.head = head};
    return count;
}

static size_t note_forms(struct covered *c, size_t count, const struct secret_form *f)
{
    for (; f != NULL && f->head.n > 0; f++) {
        bool is_client = f->find == secret_find_client; /* its names are in the other table */
        count = is_client || note(c, count, f->head) < count ? count : count + 1;
    }
    return count;
}

static size_t all_rows(struct covered *c)
{
    size_t count = 0;
    for (size_t i = 0; i < SECRET_GROUPS; i++) {
        count = note_forms(c, count, secret_groups[i].begins);
        count = note_forms(c, count, secret_groups[i].anywhere);
    }
    for (size_t i = 0; i < secret_clients_count; i++) {
        count = note(c, count, secret_clients[i].name) < count ? count : count + 1;
    }
    return count;
}

static void every_row_has_texts_with_and_without_a_secret(void **state)
{
    (void)state;
    struct covered covered[HEADS_MAX];
    size_t count = all_rows(covered);
    struct buf text = BUF_INIT(65536);
    struct buf want = BUF_INIT(65536);
    struct buf got = BUF_INIT(65536);
    struct rows rows;
    struct row row;
    int wrong = 0;
    rows_open(&rows, TEST_VECTORS "/secret/forms.txt");
    while (rows_next(&rows, &row)) {
        expand(row.column[1], &text);
        expand(row.column[2], &want);
        buf_clear(&got);
        bool any = secret_redact(buf_span(&text), &got);
        struct span shown = any ? buf_span(&got) : SPAN("-");
        if (!span_eq(shown, buf_span(&want))) {
            print_error("line %zu: %s\n got %.*s\nwant %s\n", row.line, text.p, SPAN_FMT(shown),
                        want.p);
            wrong++;
        }
        size_t k = note(covered, count, row.column[0]);
        if (k == count) {
            fail_msg("line %zu: no such row", row.line);
        }
        covered[k].with |= any;
        covered[k].without |= !any;
    }
    for (size_t i = 0; i < count; i++) {
        if (!covered[i].with || !covered[i].without) {
            print_error("%.*s: %s\n", SPAN_FMT(covered[i].head),
                        covered[i].with ? "no text without one" : "no text with one");
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    rows_close(&rows);
    buf_done(&text);
    buf_done(&want);
    buf_done(&got);
}

static void names_say_what_is_a_secret(void **state)
{
    (void)state;
    static const char *const words[] = {"-", "counts", "pass", "pwd", "value"};
    bool with[64] = {false};
    bool without[64] = {false};
    struct rows rows;
    struct row row;
    rows_open(&rows, TEST_VECTORS "/secret/names.txt");
    while (rows_next(&rows, &row)) {
        enum secret_name is = secret_name(row.column[1]);
        if (!span_eq(span_str(words[is]), row.column[2])) {
            fail_msg("line %zu: %s", row.line, words[is]);
        }
        size_t k = 0;
        while (k < secret_names_count && !span_eq(secret_names[k], row.column[0])) {
            k++;
        }
        assert_true(k < secret_names_count && k < 64);
        (is != SECRET_NAME_NONE ? with : without)[k] = true;
    }
    for (size_t k = 0; k < secret_names_count; k++) {
        assert_true(with[k] && without[k]);
    }
    rows_close(&rows);
}

/* Each argument that is replaced is between [ and ], with its remaining part before it. */
static void arguments_behind_an_option_are_secrets(void **state)
{
    (void)state;
    static const char *const lists[][7] = {
        {"mysql", "--password", "[hunter 2]", "app"},
        {"mysql", "--password=[hunter 2]", "app"},
        {"mysql", "-p", "[x]", "-p[y]", "-P", "3306"},
        {"/usr/bin/mysqldump", "-p[x]"},
        {"sudo", "docker", "login", "-u", "ana", "-p", "[x]"},
        {"docker", "login", "-p[x]"},
        {"docker", "run", "-p", "80:80"},
        {"curl", "-u", "ana:[x y]", "-sSu", "ana:[x]", "-uana:[x]"},
        {"curl", "--user", "ana:[x]", "--proxy-user", "ana", "-u", "ana:"},
        {"run", "--token", "--api-key", "[k]", "--token-file", "f"},
        {"run", "--no-password", "x", "--password", "", "--password", "[REDACTED]"},
        {"DB_PASSWORD=[a b]", "PATH=/bin", "API_KEY=[x]", "TOKEN="},
        {"psql", "-p", "5432", "password", "x"},
        {"-", "--", "-p", "x"},
        {"--secret", "null", "--secret", "[none of this]"},
        {"aws", "configure", "set", "aws_secret_access_key", "[x y]", "--profile", "dev"},
        {"aws", "configure", "get", "aws_secret_access_key", "x"},
        {"setx", "DB_PASS", "[x]", "setx", "DB_HOST", "h"},
        {"set", "secret", "x", "config", "secret", "x"},
        {"PWD=/home/ana", "DB_PASS=[x]", "PASS=12", "MYSQL_PWD=[x]", "BYPASS=x"},
        {"keytool", "-storepass", "[x]", "--pass", "12", "--pass", "[x]"},
        {"zip", "-P", "[x]", "a.zip", "ssh-keygen", "-P", "[y]"},
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct secret_args args = {0};
        for (size_t k = 0; k < 7 && lists[i][k] != NULL; k++) {
            const char *want = lists[i][k];
            const char *open = strcmp(want, "[REDACTED]") == 0 ? NULL : strchr(want, '[');
            struct buf arg = BUF_INIT(256);
            size_t from = 0;
            buf_add(&arg, span_of(want, open != NULL ? (size_t)(open - want) : strlen(want)));
            size_t begin = arg.n;
            buf_add(&arg, open != NULL ? span_of(open + 1, strlen(open) - 2) : SPAN(""));
            bool is = secret_args_next(&args, buf_span(&arg), &from);
            if (is != (open != NULL) || (is && from != begin)) {
                fail_msg("list %zu, argument %zu: %d, from %zu", i, k, is, from);
            }
            buf_done(&arg);
        }
    }
}

/* A redacted text has nothing more to redact. */
static void redacting_again_changes_nothing(void **state)
{
    (void)state;
    struct buf text = BUF_INIT(65536);
    struct buf once = BUF_INIT(65536);
    struct buf twice = BUF_INIT(65536);
    struct rows rows;
    struct row row;
    rows_open(&rows, TEST_VECTORS "/secret/forms.txt");
    while (rows_next(&rows, &row)) {
        expand(row.column[1], &text);
        buf_clear(&once);
        if (secret_redact(buf_span(&text), &once) && secret_redact(buf_span(&once), &twice)) {
            fail_msg("line %zu: %s", row.line, once.p);
        }
    }
    rows_close(&rows);
    buf_done(&text);
    buf_done(&once);
    buf_done(&twice);
}

static void says_where_and_what(void **state)
{
    (void)state;
    struct secret_scan scan;
    struct secret s;
    secret_scan_start(&scan, SPAN("x password=abc y \\u0070asswor\\u0064=\\u0031\\u0032 z"));
    assert_true(secret_scan_next(&scan, &s));
    assert_int_equal(s.from, 11);
    assert_int_equal(s.to, 14);
    assert_string_equal(s.kind, "password, token or key");
    assert_true(secret_scan_next(&scan, &s));
    assert_int_equal(s.from, 36);
    assert_int_equal(s.to, 48);
    assert_false(secret_scan_next(&scan, &s));
    secret_scan_done(&scan);
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
                                         "\\neyJaaaaaaaaa.",
                                         "a://a@a@",
                                         "curl \"a\" ",
                                         "curl 'a; ",
                                         "password=\"\\\\\"",
                                         "\\\"token\\\":\\\"",
                                         "<password>",
                                         "<password>a ",
                                         "name: token\n",
                                         "token:[[[",
                                         "[0;0;0;0;0;0;0;0;0;0msk-",
                                         "\\u0aAAsk-",
                                         "a_a.pass ",
                                         "pass: ",
                                         "pass%3D",
                                         "pass%3D%3D",
                                         "%2525%22pwd%22 ",
                                         "setx setx key ",
                                         "env:key \"",
                                         "set set key x",
                                         "(\"key\","};
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
        cmocka_unit_test(knows_values_of_names_in_damaged_json),
        cmocka_unit_test(knows_the_key_formats_of_providers),
        cmocka_unit_test(knows_a_key_behind_an_escape_of_a_text_in_the_text),
        cmocka_unit_test(knows_a_key_behind_the_code_of_a_character),
        cmocka_unit_test(a_value_ends_at_the_quote_that_began_it),
        cmocka_unit_test(knows_pairs_of_yaml_and_xml),
        cmocka_unit_test(a_command_ends_where_the_shell_ends_it),
        cmocka_unit_test(knows_passwords_in_urls),
        cmocka_unit_test(leaves_what_is_no_secret),
        cmocka_unit_test(knows_utf16_that_was_read_as_utf8),
        cmocka_unit_test(every_row_has_texts_with_and_without_a_secret),
        cmocka_unit_test(names_say_what_is_a_secret),
        cmocka_unit_test(arguments_behind_an_option_are_secrets),
        cmocka_unit_test(redacting_again_changes_nothing),
        cmocka_unit_test(says_where_and_what),
        cmocka_unit_test(takes_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
