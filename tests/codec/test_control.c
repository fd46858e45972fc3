/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/control.h"

static const struct control_limits limits = {1000, 100};

static void gives_members_texts_and_numbers(void **state UNUSED)
{
    struct err e = {0};
    struct span s;
    int64_t n = 0;
    OWNED(control)
    struct control *c = control_read(
        SPAN(" {\"a\":\"x\\u0000y\",\"n\":-5,\"d\":\"007\",\"l\":[1,\"z\"],\"null\":null} \n"),
        &limits, &e);
    assert_non_null(c);
    struct json_object *root = control_root(c);
    assert_true(control_text(control_at(root, "a"), &s));
    assert_span_equal(s, SPAN("x\0y"));
    assert_true(control_int(control_at(root, "n"), &n) && n == -5);
    assert_true(control_int(control_at(root, "d"), &n) && n == 7);
    assert_int_equal(control_count(control_at(root, "l")), 2);
    assert_true(control_text(control_item(control_at(root, "l"), 1), &s));
    assert_span_equal(s, SPAN("z"));

    assert_null(control_at(root, "null"));
    assert_null(control_at(root, "absent"));
    assert_null(control_at(NULL, "a"));
    assert_null(control_item(control_at(root, "l"), 2));
    assert_int_equal(control_count(root), 0);
    assert_false(control_text(root, &s));
    assert_int_equal(s.n, 0);
    assert_false(control_int(control_at(root, "a"), &n));
    assert_false(control_int(NULL, &n));
}

static void refuse(struct span text, const char *why)
{
    struct err e = {0};
    assert_null(control_read(text, &limits, &e));
    assert_int_equal(e.kind, FAIL_DATA);
    assert_string_equal(e.text, why);
}

static void refuses_what_is_no_single_bounded_document(void **state UNUSED)
{
    char long_text[1001];
    memset(long_text, ' ', sizeof(long_text));
    long_text[0] = '[';
    refuse(SPAN(""), "JSON: no object or list");
    refuse(SPAN("  "), "JSON: no object or list");
    refuse(SPAN("[1,"), "JSON: ends too early");
    refuse(SPAN("{}{}"), "JSON: bytes after its end");
    refuse(SPAN("{}\0"), "JSON: bytes after its end");
    refuse(SPAN("null"), "JSON: no object or list");
    refuse(SPAN("{a:1}"), "JSON: malformed");
    refuse(SPAN("{\"a\":\"\xff\"}"), "JSON: not UTF-8");
    refuse(SPAN("[\"\xed\xa0\x80\"]"), "JSON: not UTF-8");
    refuse(SPAN("[\"\\\xc3\xa9\"]"), "JSON: malformed");
    refuse(SPAN("[\xc3\xa9]"), "JSON: malformed");
    refuse(SPAN("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["), "JSON: nested too deeply");
    refuse(span_of(long_text, sizeof(long_text)), "JSON: 1001 bytes are too many");
}

static void reads_utf8_behind_an_escape(void **state UNUSED)
{
    struct err e = {0};
    OWNED(control)
    struct control *doc = control_read(
        SPAN("{\"key\":\"a\\u000a\xc3\xa9\\\"\xf0\x9f\x98\x80\\\\\xe2\x82\xac\"}"), &limits, &e);
    assert_non_null(doc);
    struct span key;
    assert_true(control_text(control_at(control_root(doc), "key"), &key));
    assert_span_equal(key, SPAN("a\n\xc3\xa9\"\xf0\x9f\x98\x80\\\xe2\x82\xac"));
}

static void quotes_what_json_must_escape(void **state UNUSED)
{
    struct buf b = BUF_INIT(100);
    control_quote(&b, SPAN("a\"b\\c\n\x01\xc3\xa9"));
    assert_span_equal(buf_span(&b), SPAN("\"a\\\"b\\\\c\\u000a\\u0001\xc3\xa9\""));
    buf_clear(&b);
    control_quote(&b, SPAN(""));
    assert_span_equal(buf_span(&b), SPAN("\"\""));
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_members_texts_and_numbers),
        cmocka_unit_test(refuses_what_is_no_single_bounded_document),
        cmocka_unit_test(reads_utf8_behind_an_escape),
        cmocka_unit_test(quotes_what_json_must_escape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
