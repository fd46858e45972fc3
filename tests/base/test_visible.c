/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/visible.h"

#include <stdio.h>

/* The code point in UTF-8, also for those that UTF-8 does not allow. */
static struct span encode(uint32_t c, char room[4])
{
    if (c < 0x80) {
        room[0] = (char)c;
        return span_of(room, 1);
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--) {
        room[i] = (char)(unsigned char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    room[0] = (char)(unsigned char)(leads[n] | c);
    return span_of(room, n);
}

/* From the Unicode Character Database: general categories Cc, Zl and Zp, and Bidi_Control. */
static bool must_not_be_shown(uint32_t c)
{
    bool control = c <= 0x1f || (c >= 0x7f && c <= 0x9f);
    bool separator = c == 0x2028 || c == 0x2029;
    bool mark = c == 0x61c || c == 0x200e || c == 0x200f;
    bool direction = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    return control || separator || mark || direction;
}

/* Further ones: without width, and deprecated formats. */
static bool may_be_hidden(uint32_t c)
{
    return (c >= 0x200b && c <= 0x200d) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb);
}

static void shows_every_code_point_except_controls(void **state UNUSED)
{
    struct buf out = BUF_INIT(64);
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char room[4];
        struct span text = encode(c, room);
        bool valid = c < 0xd800 || c > 0xdfff;
        buf_clear(&out);
        visible_add(&out, text);
        if (valid && !must_not_be_shown(c) && !may_be_hidden(c)) {
            assert_true(span_eq(buf_span(&out), text));
        } else {
            assert_true(span_eq(buf_span(&out), valid ? SPAN("?") : SPAN("???")));
        }
    }
    buf_done(&out);
}

static void escapes_every_control_in_json(void **state UNUSED)
{
    struct buf out = BUF_INIT(64);
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char room[4];
        char want[16];
        struct span text = encode(c, room);
        buf_clear(&out);
        visible_add_json(&out, text);
        if (c >= 0xd800 && c <= 0xdfff) {
            assert_int_equal(out.n, 9);
        } else if (c == '\n' || (!must_not_be_shown(c) && !may_be_hidden(c))) {
            assert_true(span_eq(buf_span(&out), text));
        } else {
            (void)snprintf(want, sizeof(want), "\\u%04x", (unsigned)c);
            assert_true(span_eq(buf_span(&out), span_str(want)));
        }
    }
    buf_done(&out);
}

static void takes_bytes_that_are_no_utf8_one_by_one(void **state UNUSED)
{
    struct buf out = BUF_INIT(64);
    visible_add(&out, span_of("a\x9b\xc2\xe2\x80\xc2\x9b\xf5z\xe2", 10));
    assert_string_equal(out.p, "a??????z?");
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_every_code_point_except_controls),
        cmocka_unit_test(escapes_every_control_in_json),
        cmocka_unit_test(takes_bytes_that_are_no_utf8_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
