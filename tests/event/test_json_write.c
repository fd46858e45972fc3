/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "event/record/json_write.h"

enum { LONGEST = 70 }; /* several times the block size */

static const struct {
    const char *one; /* a text that must be escaped */
    const char *as;
} specials[] = {{"\"", "\\\""}, {"\\", "\\\\"},           {"\x1f", "\\u001f"},
                {"\n", "\\n"},  {"\xc3\xa4", "\xc3\xa4"}, {"\xff", "\xef\xbf\xbd"}};

/*
 * Write the text `one` after `before` letters and before `behind` letters, and compare the result.
 */
static void check(size_t before, size_t behind, const char *one, const char *as)
{
    char letters[LONGEST];
    struct buf text = BUF_INIT(256);
    struct buf want = BUF_INIT(256);
    struct buf out = BUF_INIT(256);
    memset(letters, 'a', sizeof(letters));
    buf_add(&text, span_of(letters, before));
    buf_add(&text, span_str(one));
    buf_add(&text, span_of(letters, behind));
    buf_add_byte(&want, '"');
    buf_add(&want, span_of(letters, before));
    buf_add(&want, span_str(as));
    buf_add(&want, span_of(letters, behind));
    buf_add_byte(&want, '"');
    for (int round = 0; round < 2; round++) { /* first without room, then with it */
        buf_clear(&out);
        json_write_string(&out, buf_span(&text));
        assert_span_equal(buf_span(&out), buf_span(&want));
    }
    buf_done(&text);
    buf_done(&want);
    buf_done(&out);
}

static void a_byte_is_escaped_wherever_it_stands(void **state UNUSED)
{
    for (size_t n = 0; n < LONGEST; n++) {
        check(n, 0, "", "");
        for (size_t before = 0; before <= n; before++) {
            for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
                check(before, n - before, specials[i].one, specials[i].as);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_byte_is_escaped_wherever_it_stands)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
