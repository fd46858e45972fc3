/* SPDX-License-Identifier: Apache-2.0 */
#include "packing.h"

#include <iconv.h>
#include <stdio.h>

static const struct decode_limits no_limits;

static void check(struct span object, struct span text, enum err_kind end, const char *words)
{
    struct unpacked u = UNPACKED_INIT;
    unpack_any(object, &no_limits, &u);
    assert_span_equal(buf_span(&u.text), text);
    assert_int_equal(u.err.kind, end);
    assert_string_equal(u.words.p, words);
    unpacked_done(&u);
}

static struct span convert(struct span s, const char *to, const char *from, char *out, size_t cap)
{
    iconv_t c = iconv_open(to, from);
    assert_true(c != (iconv_t)-1);
    char *in = (char *)(uintptr_t)s.p;
    char *p = out;
    size_t left = cap;
    assert_int_equal(iconv(c, &in, &s.n, &p, &left), 0);
    (void)iconv_close(c);
    return span_of(out, cap - left);
}

static const struct {
    const char *name; /* for iconv and for text_encoding */
    struct span mark;
} encodings[] = {{"UTF-16LE", SPAN_INIT("\xff\xfe")}, {"UTF-16BE", SPAN_INIT("\xfe\xff")}};

static void reads_utf16_with_and_without_a_mark(void **state UNUSED)
{
    static const char text[] = "{\"user\":\"anna\",\"host\":\"h1\",\"command\":\"echo\"}\n"
                               "{\"user\":\"\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80\"}\r\n";
    for (size_t i = 0; i < 2; i++) {
        char wide[512];
        struct span body = convert(span_str(text), encodings[i].name, "UTF-8", wide + 2, 510);
        check(body, span_str(text), FAIL_NONE, encodings[i].name);
        memcpy(wide, encodings[i].mark.p, 2);
        check(span_of(wide, body.n + 2), span_str(text), FAIL_NONE, encodings[i].name);
        check(span_of(wide, 2), SPAN(""), FAIL_NONE, encodings[i].name);

        char words[64];
        struct buf packed = BUF_INIT(PACK_MAX);
        pack(&packed, PACK_ZSTD, span_of(wide, body.n + 2));
        (void)snprintf(words, sizeof(words), "%s in zstd", encodings[i].name);
        check(buf_span(&packed), span_str(text), FAIL_NONE, words);
        buf_done(&packed);
    }
}

static void reads_every_character_as_iconv_does(void **state UNUSED)
{
    static char utf8[5 << 20];
    static char wide[5 << 20];
    static char back[5 << 20];
    size_t n = 0;
    for (uint32_t c = 1; c < 0x110000; c += c < 0x12000 ? 1 : 37) {
        if (c < 0xd800 || c > 0xdfff) {
            wide[n++] = (char)c;
            wide[n++] = (char)(c >> 8);
            wide[n++] = (char)(c >> 16);
            wide[n++] = 0;
        }
    }
    struct span text = convert(span_of(wide, n), "UTF-8", "UTF-32LE", utf8, sizeof(utf8));
    for (size_t i = 0; i < 2; i++) {
        memcpy(back, encodings[i].mark.p, 2);
        struct span body = convert(text, encodings[i].name, "UTF-8", back + 2, sizeof(back) - 2);
        struct unpacked u = UNPACKED_INIT;
        unpack_by(span_of(back, body.n + 2), 0, &no_limits, &u);
        assert_int_equal(u.err.kind, FAIL_NONE);
        assert_int_equal(u.text.n, text.n);
        assert_true(span_eq(buf_span(&u.text), text));
        unpacked_done(&u);
    }
}

static void finds_utf16_whatever_its_characters_are(void **state UNUSED)
{
    static const char *const texts[] = {
        "{\"user\":\"\xe6\xbc\xa2\",\"command\":\"make check\"}\n{\"user\":\"ben\"}\n",
        "{\"\xe6\xbc\xa2\xe5\xad\x97\":\"\xe6\xbc\xa2\xe5\xad\x97\"}\n",
        "[{\"user\":\"\xf0\x9f\x98\x80\"},{\"command\":\"\xe2\x80\x9cmake\xe2\x80\x9d\"}]",
        " \r\n\t{\n\"user\":\"\xc4\x80\"}",
        "# \xd0\x96\xd0\xb6\xd0\xb6\n{\"user\":\"ben\"}\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (size_t k = 0; k < 2; k++) {
            char wide[512];
            struct span text = span_str(texts[i]);
            struct span body = convert(text, encodings[k].name, "UTF-8", wide, sizeof(wide));
            check(body, text, FAIL_NONE, encodings[k].name);
        }
    }
}

static void makes_a_lone_surrogate_a_byte_that_is_no_utf8(void **state UNUSED)
{
    check(SPAN("\xff\xfe"
               "a\0\x3d\xd8"
               "b\0"),
          SPAN("a\xff"
               "b"),
          FAIL_NONE, "UTF-16LE"); /* high surrogate without a low one */
    check(SPAN("\xff\xfe"
               "a\0\x00\xde"
               "b\0"),
          SPAN("a\xff"
               "b"),
          FAIL_NONE, "UTF-16LE"); /* lone low surrogate */
    check(SPAN("\xfe\xff\xd8\x3d\xd8\x3d\xde\x00"), SPAN("\xff\xf0\x9f\x98\x80"), FAIL_NONE,
          "UTF-16BE"); /* high surrogate, then a pair */
    check(SPAN("\xfe\xff\0a\xd8\x3d"), SPAN("a\xff"), FAIL_NONE, "UTF-16BE"); /* at the end */
    check(SPAN("\xfe\xff\xde\x00\xd8\x3d"), SPAN("\xff\xff"), FAIL_NONE, "UTF-16BE");
}

static void calls_an_odd_length_damage_behind_the_text(void **state UNUSED)
{
    check(SPAN("\xff\xfe{\0}\0\n\0x"), SPAN("{}\n"), FAIL_DATA, "UTF-16LE");
    check(SPAN("\xff\xfe{\0\x3d\xd8x"), SPAN("{\xff"), FAIL_DATA, "UTF-16LE");
    check(SPAN("\xff\xfex"), SPAN(""), FAIL_DATA, "UTF-16LE");
}

static void names_utf32(void **state UNUSED)
{
    check(SPAN("\xff\xfe\0\0{\0\0\0"), SPAN(""), FAIL_FORMAT, "UTF-32LE");
    check(SPAN("\0\0\xfe\xff\0\0\0{"), SPAN(""), FAIL_FORMAT, "UTF-32BE");
    check(SPAN("{\0\0\0}\0\0\0"), SPAN(""), FAIL_FORMAT, "UTF-32LE");
    check(SPAN("\0\0\0{\0\0\0}"), SPAN(""), FAIL_FORMAT, "UTF-32BE");
    struct buf packed = BUF_INIT(PACK_MAX);
    pack(&packed, PACK_GZIP, SPAN("{\0\0\0}\0\0\0"));
    check(buf_span(&packed), SPAN(""), FAIL_FORMAT, "UTF-32LE in gzip");
    buf_done(&packed);
}

static void finds_utf16_by_the_nuls_of_its_head_alone(void **state UNUSED)
{
    static const struct {
        struct span head;
        enum text_encoding encoding;
        size_t bom;
    } rows[] = {
        {SPAN_INIT(""), TEXT_UTF8, 0},
        {SPAN_INIT("{}"), TEXT_UTF8, 0},
        {SPAN_INIT("\xef\xbb\xbf{}"), TEXT_UTF8, 3},
        {SPAN_INIT("\xef\xbb"), TEXT_UTF8, 0},
        {SPAN_INIT("{\0"), TEXT_UTF8, 0}, /* too short to determine */
        {SPAN_INIT("{\0}\0"), TEXT_UTF16LE, 0},
        {SPAN_INIT("{\0}\0\n"), TEXT_UTF16LE, 0},
        {SPAN_INIT("\0{\0}"), TEXT_UTF16BE, 0},
        {SPAN_INIT("{\0}\0\0\0"), TEXT_UTF8, 0},
        {SPAN_INIT("{\0}x"), TEXT_UTF8, 0},
        {SPAN_INIT("\0\0\0\0\0\0"), TEXT_UTF8, 0},
        {SPAN_INIT("\xff\xfe"), TEXT_UTF16LE, 2},
        {SPAN_INIT("\xfe\xff"), TEXT_UTF16BE, 2},
        {SPAN_INIT("\xff\xfe\0"), TEXT_UTF16LE, 2},
        {SPAN_INIT("\xff\xfe\0\0"), TEXT_UTF32LE, 4},
        {SPAN_INIT("\xff\xff"), TEXT_UTF8, 0},
        {SPAN_INIT("{\0\"\0\x22\x6f"), TEXT_UTF16LE, 0}, /* a character above U+00FF */
        {SPAN_INIT("\0{\0\"\x6f\x22"), TEXT_UTF16BE, 0},
        {SPAN_INIT("\n\0 \0[\0\"\0\x1c\x20"), TEXT_UTF16LE, 0},
        {SPAN_INIT("\0\n\0 \0[\0\"\x20\x1c"), TEXT_UTF16BE, 0},
        {SPAN_INIT("{\0\"\0\x3d\xd8\0\xde"), TEXT_UTF16LE, 0}, /* a pair */
        {SPAN_INIT("{\0\"\0\x3d\xd8\"\0"), TEXT_UTF16LE, 0},   /* half of one */
        {SPAN_INIT("\xe9\0;\0\xe8\0"), TEXT_UTF16LE, 0},
        {SPAN_INIT("\xe9\0;\0\x22\x6f"), TEXT_UTF8, 0}, /* not behind ASCII alone */
        {SPAN_INIT("{\0\x22\x6f"), TEXT_UTF8, 0},
        {SPAN_INIT("{\0\"\0\0\0\x22\x6f"), TEXT_UTF8, 0},
        {SPAN_INIT("{\0\"\0\x01\0\x22\x6f"), TEXT_UTF8, 0},
        {SPAN_INIT("\x01\0\x02\0\x22\x6f"), TEXT_UTF8, 0},
        {SPAN_INIT("\n\0\n\0{\"user\":1}"), TEXT_UTF8, 0}, /* NULs among the blanks */
        {SPAN_INIT("{\0\0\0\"\0\0\0\x22\x6f\0\0"), TEXT_UTF32LE, 0},
        {SPAN_INIT("\0\0\0{\0\0\0\"\0\0\x6f\x22"), TEXT_UTF32BE, 0},
        {SPAN_INIT("{\0\0\0\"\0\0\0\x22\x6f\x11\0"), TEXT_UTF8, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t bom = 99;
        assert_int_equal(text_encoding_find(rows[i].head, &bom), rows[i].encoding);
        assert_int_equal(bom, rows[i].bom);
    }
    /* the bytes after the first 64 do not count */
    char head[66];
    size_t bom = 0;
    for (size_t i = 0; i < sizeof(head); i++) {
        head[i] = i % 2 == 0 ? 'x' : '\0';
    }
    head[65] = 'x';
    assert_int_equal(text_encoding_find(span_of(head, 66), &bom), TEXT_UTF16LE);
    head[62] = '\0';
    assert_int_equal(text_encoding_find(span_of(head, 66), &bom), TEXT_UTF8);
}

static void leaves_the_mark_of_utf8_in_the_text(void **state UNUSED)
{
    check(SPAN("\xef\xbb\xbf{}\n"), SPAN("\xef\xbb\xbf{}\n"), FAIL_NONE, "UTF-8");
}

static void calls_text_with_control_bytes_binary(void **state UNUSED)
{
    check(SPAN("{\"a\":\"\x01\"}"), SPAN("{\"a\":\"\x01\"}"), FAIL_NONE, "binary data");
    check(SPAN("a\tb\r\n\x1b[0m\x1e{}\0\0\n"), SPAN("a\tb\r\n\x1b[0m\x1e{}\0\0\n"), FAIL_NONE,
          "UTF-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_utf16_with_and_without_a_mark),
        cmocka_unit_test(reads_every_character_as_iconv_does),
        cmocka_unit_test(finds_utf16_whatever_its_characters_are),
        cmocka_unit_test(makes_a_lone_surrogate_a_byte_that_is_no_utf8),
        cmocka_unit_test(calls_an_odd_length_damage_behind_the_text),
        cmocka_unit_test(names_utf32),
        cmocka_unit_test(finds_utf16_by_the_nuls_of_its_head_alone),
        cmocka_unit_test(leaves_the_mark_of_utf8_in_the_text),
        cmocka_unit_test(calls_text_with_control_bytes_binary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
