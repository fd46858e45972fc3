/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/base64.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void decodes_texts_of_every_length(void **state UNUSED)
{
    static const struct {
        const char *text;
        struct span bytes;
    } cases[] = {/* RFC 4648 §10 */
                 {"", SPAN_INIT("")},
                 {"Zg==", SPAN_INIT("f")},
                 {"Zm8=", SPAN_INIT("fo")},
                 {"Zm9v", SPAN_INIT("foo")},
                 {"Zm9vYg==", SPAN_INIT("foob")},
                 {"Zm9vYmE=", SPAN_INIT("fooba")},
                 {"Zm9vYmFy", SPAN_INIT("foobar")},
                 {"Zm9vYg", SPAN_INIT("foob")},
                 {"Zm9v\r\nYmFy\n", SPAN_INIT("foobar")},
                 {" Zg = = ", SPAN_INIT("f")},
                 {"+/+/", SPAN_INIT("\xfb\xff\xbf")},
                 {"-_-_", SPAN_INIT("\xfb\xff\xbf")},
                 {"AAAA", SPAN_INIT("\0\0\0")}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out = BUF_INIT(64);
        assert_true(base64_decode(span_str(cases[i].text), &out));
        assert_span_equal(buf_span(&out), cases[i].bytes);
        buf_done(&out);
    }
}

static void refuses_what_is_no_base64(void **state UNUSED)
{
    static const char *const texts[] = {"Z",        "Zm9vY",     "Zh==",   "Zm9=",
                                        "Zg=",      "Zg===",     "Zm9v=",  "=",
                                        "Zg==Zg==", "{\"a\":1}", "Zm 9v!", "Zm9v\x80"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct buf out = BUF_INIT(64);
        if (base64_decode(span_str(texts[i]), &out)) {
            fail_msg("%s is decoded", texts[i]);
        }
        buf_done(&out);
    }
}

static void does_not_exceed_the_output(void **state UNUSED)
{
    struct buf out = BUF_INIT(5);
    assert_false(base64_decode(SPAN("Zm9vYmFy"), &out));
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_texts_of_every_length),
        cmocka_unit_test(refuses_what_is_no_base64),
        cmocka_unit_test(does_not_exceed_the_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
