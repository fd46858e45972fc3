/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "event/reject.h"
#include "event/schema/rules.h"

#include <string.h>

/* A token that is cut is not known by its form. It is concatenated for secret scanners. */
#define HALF "abcdefghij0123456789"
#define CUT_TOKEN "ghp_" HALF "abcdef"
#define TOKEN "ghp_" HALF "abcdefghij012345"

enum { SAMPLE_BYTES = 64 };

/* The sample of a reject of a piece with the text, of which `bytes` are in the object. */
static void check_span(struct span text, enum piece_kind kind, size_t bytes, struct span want)
{
    OWNED(rules) struct rules *rules = rules_new();
    struct reject_sample sample = {.text = BUF_INIT(SAMPLE_BYTES)};
    struct piece piece = {.kind = kind, .text = text, .line = 1, .bytes = bytes};
    struct reject r = {.reason = REJECT_BAD_JSON,
                       .piece = &piece,
                       .sample_bytes = SAMPLE_BYTES,
                       .sample = &sample,
                       .rules = rules};
    struct object_origin origin = {.customer = SPAN("acme"), .object = SPAN("s3://b/k")};
    struct buf out = BUF_INIT(4096);
    rules_set_redact(rules, true);
    reject_write(&out, &origin, &r);
    assert_null(memmem(out.p, out.n, "ghp_", 4));
    assert_span_equal(buf_span(&sample.text), want);
    buf_done(&out);
    buf_done(&sample.text);
}

static void check(const char *text, enum piece_kind kind, size_t bytes, const char *want)
{
    check_span(span_str(text), kind, bytes, span_str(want));
}

static void a_sample_has_no_beginning_of_a_secret(void **state UNUSED)
{
    check("a " CUT_TOKEN, PIECE_TOO_LONG, 1 << 20, "a ");
    check("{\"a\":\"" CUT_TOKEN, PIECE_TOO_LONG, 1 << 20, "{\"a\":\"");
    check("a " CUT_TOKEN, PIECE_DAMAGE, 1 << 20, "a ");
    check("a " TOKEN " b c", PIECE_TOO_LONG, 1 << 20, "a [REDACTED] b ");
    check("a " TOKEN, PIECE_TOO_LONG, 42, "a [REDACTED]");
    check("a b", PIECE_LINE, 3, "a b");
    check("a b", PIECE_TOO_LONG, 4, "a b"); /* its '\r' does not count */
}

/* A UTF-16 text that follows a UTF-8 one: its bytes are read as UTF-8. */
static void a_sample_has_no_secret_of_another_encoding(void **state UNUSED)
{
    static const char little[] = "p\0a\0s\0s\0w\0o\0r\0d\0=\0h\0u\0n\0t\0e\0r\0002\0 \0a\0";
    static const char big[] = "\0p\0w\0d\0=\0h\0u\0n\0t\0e\0r\0002\0 \0a";
    static const char other[] = "p\0a\0s\0s\0=\0h\0\xfc\0n\0";
    check_span(span_of(little, sizeof(little) - 1), PIECE_LINE, sizeof(little) - 1,
               SPAN("p\0a\0s\0s\0w\0o\0r\0d\0=\0[REDACTED] \0a\0"));
    check_span(span_of(big, sizeof(big) - 1), PIECE_LINE, sizeof(big) - 1,
               SPAN("\0p\0w\0d\0=\0[REDACTED] \0a"));
    check_span(span_of(other, sizeof(other) - 1), PIECE_LINE, sizeof(other) - 1, SPAN(""));
    check("%22db_pass%22%3A%22hunter2%22", PIECE_LINE, 29, "%22db_pass%22%3A%22[REDACTED]%22");
}

/* The samples of the rejects of lines one after another. */
static void check_lines(const char *const *lines, const char *const *wants)
{
    OWNED(rules) struct rules *rules = rules_new();
    struct reject_sample sample = {.text = BUF_INIT(SAMPLE_BYTES),
                                   .before = BUF_INIT(REJECT_BEFORE_BYTES),
                                   .after = BUF_INIT(REJECT_BEFORE_BYTES)};
    struct object_origin origin = {.customer = SPAN("acme"), .object = SPAN("s3://b/k")};
    rules_set_redact(rules, true);
    for (int i = 0; lines[i] != NULL; i++) {
        struct piece piece = {
            .kind = PIECE_LINE, .text = span_str(lines[i]), .line = 1, .bytes = 9};
        struct reject r = {.reason = REJECT_BAD_JSON,
                           .piece = &piece,
                           .sample_bytes = SAMPLE_BYTES,
                           .sample = &sample,
                           .rules = rules};
        struct buf out = BUF_INIT(4096);
        reject_sample_next(&sample);
        if (wants[i] != NULL) { /* else an event */
            reject_write(&out, &origin, &r);
            assert_span_equal(buf_span(&sample.text), span_str(wants[i]));
        }
        buf_done(&out);
    }
    buf_done(&sample.text);
    buf_done(&sample.before);
    buf_done(&sample.after);
}
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void a_sample_has_no_value_of_a_name_on_the_line_before(void **state UNUSED)
{
    check_lines(LIST("{\"DB_PASSWORD\":", "\"Zq7Rk2Vw9Xp4Lm8T\",", "\"b\":1}"),
                LIST("{\"DB_PASSWORD\":", "\"[REDACTED]\",", "\"b\":1}"));
    check_lines(LIST("{\"DB_PASSWORD\"", ":", "\"Zq7Rk2Vw9Xp4Lm8T\",\"a\":\"Zq7Rk2Vw9Xp4Lm8T\"}"),
                LIST("{\"DB_PASSWORD\"", ":", "\"[REDACTED]\",\"a\":\"[REDACTED]\"}"));
    check_lines(LIST("{\"password\":tru", "\"Zq7Rk2Vw9Xp4Lm8T\"}"),
                LIST("{\"password\":[REDACTED]", "[REDACTED]\"}"));
    check_lines(LIST("{\"name\":\"API_KEY\",", "\"value\":\"Zq7Rk2Vw9Xp4Lm8T\"}"),
                LIST("{\"name\":\"API_KEY\",", "\"value\":\"[REDACTED]\"}"));
    /* an event between them */
    check_lines(LIST("{\"DB_PASSWORD\":", "{\"user\":\"ana\"}", "\"Zq7\","),
                LIST("{\"DB_PASSWORD\":", NULL, "\"Zq7\","));
    check_lines(LIST("{\"user\":", "\"ana\","), LIST("{\"user\":", "\"ana\","));
}

static void a_sample_has_no_rest_of_a_value_of_the_line_before(void **state UNUSED)
{
    check_lines(LIST("{\"password\":\"Zq7Rk2Vw", "9Xp4 Lm8T\",\"a\":\"ana\"}", "\"b\":\"c\"}"),
                LIST("{\"password\":\"[REDACTED]", "[REDACTED]\",\"a\":\"ana\"}", "\"b\":\"c\"}"));
    check_lines(LIST("{\"password\":\"Zq7Rk2Vw", "9Xp4 Lm8T", "8T; more, of it\"}", "end 1"),
                LIST("{\"password\":\"[REDACTED]", "[REDACTED]", "[REDACTED]\"}", "end 1"));
    check_lines(LIST("{\"password\":", "\"Zq7Rk2Vw", "9Xp4 Lm8T\"}"),
                LIST("{\"password\":", "\"[REDACTED]", "[REDACTED]\"}"));
    check_lines(LIST("{\"c\":\"x \\\"password\\\":\\\"Zq7Rk2Vw", "9Xp4 Lm8T\\\",\\\"b\\\"\"}"),
                LIST("{\"c\":\"x \\\"password\\\":\\\"[REDACTED]", "[REDACTED]\\\",\\\"b\\\"\"}"));
    check_lines(LIST("password='Zq7\"Rk2Vw", "9Xp\"4 Lm8T' b"),
                LIST("password='[REDACTED]", "[REDACTED]' b"));
    check_lines(LIST("\"Authorization\": \"Bearer Zq7Rk2Vw", "9Xp4 Lm8T\" b"),
                LIST("\"Authorization\": \"Bearer [REDACTED]", "[REDACTED]\" b"));
    check_lines(LIST("{\"password\":tru \"Zq7Rk2Vw", "9Xp4 Lm8T\" b"),
                LIST("{\"password\":[REDACTED]", "[REDACTED]\" b"));
    check_lines(LIST("Cookie: \"id=Zq7Rk2Vw", "9Xp4 Lm8T\" b"),
                LIST("Cookie: \"[REDACTED]", "[REDACTED]\" b"));
    check_lines(LIST("curl -u \"ana:Zq7Rk2Vw", "9Xp4 Lm8T\" b"),
                LIST("curl -u \"ana:[REDACTED]", "[REDACTED]\" b"));
    /* an event between them; a value without a quote; one that is closed */
    check_lines(LIST("{\"password\":\"Zq7Rk2Vw", "{\"user\":\"ana\"}", "9Xp4"),
                LIST("{\"password\":\"[REDACTED]", NULL, "9Xp4"));
    check_lines(LIST("msg=\"login\" password=Zq7Rk2Vw", "level=\"x\" b"),
                LIST("msg=\"login\" password=[REDACTED]", "level=\"x\" b"));
    check_lines(LIST("password=Zq7Rk2Vw", "9Xp4 Lm8T\" b"),
                LIST("password=[REDACTED]", "9Xp4 Lm8T\" b"));
    check_lines(LIST("\"password\":\"Zq7Rk2Vw\"", "9Xp4 Lm8T\" b"),
                LIST("\"password\":\"[REDACTED]\"", "9Xp4 Lm8T\" b"));
}

static void a_sample_has_no_line_of_a_private_key(void **state UNUSED)
{
    static const char *const lines[] = {"-----BEGIN RSA PRIVATE " /* concatenated for scanners */
                                        "KEY-----",
                                        HALF HALF HALF,
                                        HALF HALF HALF,
                                        HALF HALF HALF,
                                        HALF HALF HALF,
                                        HALF HALF HALF,
                                        HALF "ab==",
                                        "-----END RSA PRIVATE KEY----- a",
                                        "the end",
                                        NULL};
    static const char *const wants[] = {"[REDACTED]", "[REDACTED]",   "[REDACTED]",
                                        "[REDACTED]", "[REDACTED]",   "[REDACTED]",
                                        "[REDACTED]", "[REDACTED] a", "the end"};
    check_lines(lines, wants);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_has_no_beginning_of_a_secret),
        cmocka_unit_test(a_sample_has_no_secret_of_another_encoding),
        cmocka_unit_test(a_sample_has_no_value_of_a_name_on_the_line_before),
        cmocka_unit_test(a_sample_has_no_rest_of_a_value_of_the_line_before),
        cmocka_unit_test(a_sample_has_no_line_of_a_private_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
