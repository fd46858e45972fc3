/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/mask.h"

static void hides_the_user_information_of_urls_only(void **state UNUSED)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", ""},
        {"no URL, but ana@example.org", "no URL, but ana@example.org"},
        {"http://h/p", "http://h/p"},
        {"http://h:80/p@q", "http://h:80/p@q"},
        {"s3://bucket/a@b", "s3://bucket/a@b"},
        {"https://ana@h/", "https://********@h/"},
        {"https://ana:pw@h:1/p", "https://********@h:1/p"},
        {"https://ana:p@w@h/", "https://********@h/"},
        {"https://ana:p/w@h/", "https://********@h/"},
        {"https://ana:p#w@h", "https://********@h"},
        {"https://:pw@[::1]:3128/", "https://********@[::1]:3128/"},
        {"'http://a:b@h' and ftp://c:d@i is no URL",
         "'http://********@h' and ftp://********@i is no URL"},
        {"://", "://"},
        {"http://@h", "http://@h"},
        {"a:1,SSL://u:p@b:2", "a:1,SSL://********@b:2"},
    };
    struct buf out = BUF_INIT(1024);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        buf_clear(&out);
        mask_add(&out, span_str(cases[i].text));
        buf_add_byte(&out, '\0');
        assert_string_equal(out.p, cases[i].want);
    }
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hides_the_user_information_of_urls_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
