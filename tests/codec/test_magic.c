/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of the table; test_decode_vectors has real files. */
#include "packing.h"

#include <stdio.h>

#include "codec/magic.h"
#include "slurp.h"

static const char *name_of(struct span head, bool whole)
{
    const struct magic *m = magic_find(head, whole);
    return m != NULL ? m->name : "text";
}

static void is(struct span head, const char *name)
{
    assert_string_equal(name_of(head, true), name);
}

static void takes_a_cut_magic_for_what_it_begins(void **state UNUSED)
{
    is(SPAN("\x1f"), "gzip");
    is(SPAN("\x04"), "lz4");
    is(SPAN("\x04\x22\x4d"), "lz4");
    is(SPAN("\xff\x06\x00"), "snappy");
    is(SPAN("\x28"), "text");
    is(SPAN("\x28\xb5"), "zstd");
    is(SPAN("\x28\xb6"), "text");
    is(SPAN("\x1f\x8a"), "text");
    is(SPAN("\x04\x22\x4d\x19"), "text");
    assert_string_equal(name_of(SPAN("\x1f"), false), "text"); /* there are more bytes */
}

static void tells_zlib_from_text_by_what_follows(void **state UNUSED)
{
    is(SPAN("x"), "text");
    is(SPAN("x^"), "text");
    is(SPAN("x^2 + 1"), "text");
    is(SPAN("x^\x03\x00\x00\x00\x00\x01"), "zlib");
    is(SPAN("x\x9c"), "zlib");
    is(SPAN("x\x01"), "zlib");
    is(SPAN("x\xda\x03\x00"), "zlib");
    is(SPAN("x\x02"), "text"); /* the check of the header is wrong */
    is(SPAN("\x68\x81"), "text");
    /* the bytes far after it do not matter: only the first 64 are checked */
    char head[512];
    memset(head, 'x', sizeof(head));
    head[1] = '^';
    head[64] = '\x01';
    assert_string_equal(name_of(span_of(head, sizeof(head)), false), "text");
    head[63] = '\x01';
    assert_string_equal(name_of(span_of(head, sizeof(head)), false), "zlib");
}

/* zlib with a window of 2^bits bytes, level 0 to 9. */
static void pack_small(struct buf *out, struct span text, int bits, int level)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t cap = deflateBound(&z, text.n) + 64;
    z.next_in = (const Bytef *)text.p;
    z.avail_in = (uInt)text.n;
    z.next_out = (Bytef *)buf_room(out, cap);
    z.avail_out = (uInt)cap;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->n += cap - z.avail_out;
    (void)deflateEnd(&z);
}

static void knows_zlib_of_every_window_and_level(void **state UNUSED)
{
    static const size_t lengths[] = {0, 1, 20, 300, 5000, 100000};
    for (int i = 0; i < 10 * 7 * 6; i++) {
        int level = i / 42;
        int bits = 9 + i / 6 % 7;
        struct buf text = BUF_INIT(PACK_MAX);
        struct buf object = BUF_INIT(PACK_MAX);
        struct unpacked u = UNPACKED_INIT;
        text_make(&text, lengths[i % 6], (uint64_t)i);
        pack_small(&object, buf_span(&text), bits, level);
        is(buf_span(&object), "zlib");
        unpack_any(buf_span(&object), &(struct decode_limits){0}, &u);
        assert_int_equal(u.err.kind, FAIL_NONE);
        assert_span_equal(buf_span(&u.text), buf_span(&text));
        if (object.n > MAGIC_HEAD_BYTES) {
            struct span head = span_of(object.p, MAGIC_HEAD_BYTES);
            assert_string_equal(name_of(head, false), "zlib");
        }
        unpacked_done(&u);
        buf_done(&object);
        buf_done(&text);
    }
}

static void knows_small_zlib_that_is_cut_or_damaged_by_its_text(void **state UNUSED)
{
    struct buf text = BUF_INIT(PACK_MAX);
    struct buf object = BUF_INIT(PACK_MAX);
    text_make(&text, 300, 3);
    pack_small(&object, buf_span(&text), 14, 6);
    is(span_of(object.p, object.n - 1), "zlib");
    is(span_of(object.p, object.n - 20), "zlib");
    is(span_of(object.p, 2), "text"); /* as yet nothing is known */
    object.p[object.n - 1] ^= 1;      /* the checksum */
    is(buf_span(&object), "zlib");
    memset(object.p + 2, 0xff, 8);
    is(buf_span(&object), "text");
    buf_done(&object);
    buf_done(&text);
}

/*
 * Texts that begin with the header of zlib, with bytes among the first 64 that no UTF-8 text has.
 * What follows the header decides.
 */
static void never_takes_text_for_small_zlib(void **state UNUSED)
{
    static const char *const rests[] = {
        "{\"user\":\"J\xf6rg\"}\n", "\xe4\xf6\xfc\n{\"user\":\"ana\"}\n",
        " \x01\n[{\"user\":\"ana\"}]\n", "\xe9\n", "\x02\x03\x04\x05\x06\x07\x08"};
    static const char windows[] = {0x08, 0x18, '(', '8', 'H', 'X', 'h'};
    struct rng rng;
    rng_init(&rng, 37);
    for (size_t i = 0; i < sizeof(windows) * 256; i++) {
        for (size_t k = 0; k < sizeof(rests) / sizeof(rests[0]) + 20; k++) {
            char head[2048];
            head[0] = windows[i / 256];
            head[1] = (char)(i % 256);
            const char *rest = rests[k % 5];
            int n = snprintf(head + 2, sizeof(head) - 2, "%s", rest) + 2;
            for (; k >= 5 && n < (int)sizeof(head); n++) {
                head[n] = (char)(' ' + rng_below(&rng, 95));
            }
            size_t most = k < 5 ? (size_t)n : 20 + rng_below(&rng, (uint64_t)n - 20);
            assert_false(magic_small_zlib(span_of(head, most), true));
            assert_false(magic_small_zlib(span_of(head, (size_t)n), k < 5));
        }
    }
}

static void knows_tar_by_its_checksum_alone(void **state UNUSED)
{
    struct buf b = BUF_INIT(1 << 20);
    slurp(TEST_VECTORS "/decode/tar-v7/in", &b);
    is(span_of(b.p, 512), "tar");
    is(span_of(b.p, 511), "text");
    b.p[0] ^= 1;
    is(span_of(b.p, 512), "text");
    b.p[0] ^= 1;
    b.p[148] = '8';
    is(span_of(b.p, 512), "text");
    memset(b.p, 0, 512);
    is(span_of(b.p, 512), "text");
    buf_done(&b);
}

static void wants_all_of_the_magic_of_bzip2(void **state UNUSED)
{
    is(SPAN("BZh9\x31\x41\x59\x26\x53\x59"), "bzip2");
    is(SPAN("BZh1\x17\x72\x45\x38\x50\x90"), "bzip2");
    is(SPAN("BZh0\x31\x41\x59\x26\x53\x59"), "text");
    is(SPAN("BZh9\x31\x41\x59\x26\x53\x58"), "text");
    is(SPAN("BZh9\x31\x41\x59\x26\x53"), "text");
    is(SPAN("BZh"), "text");
}

static void follows_raw_snappy_through_its_head(void **state UNUSED)
{
    struct buf text = BUF_INIT(1 << 20);
    char packed[20000];
    size_t n = sizeof(packed);
    text_make(&text, 10000, 3);
    memcpy(text.p, "{", 1);
    assert_int_equal(snappy_compress(text.p, text.n, packed, &n), SNAPPY_OK);
    is(span_of(packed, n), "raw snappy");
    assert_string_equal(name_of(span_of(packed, 512), false), "raw snappy");
    is(span_of(packed, n - 1), "text"); /* stated as whole, but cut */
    packed[0] ^= 1;                     /* another length than stated */
    is(span_of(packed, n), "text");
    buf_done(&text);

    is(SPAN("\x07\x18{\"a\":1}"), "raw snappy");
    is(SPAN("\x06\x18{\"a\":1}"), "text"); /* longer than stated */
    is(SPAN("\x08\x18{\"a\":1}"), "text"); /* shorter than stated */
    is(SPAN("\x07\x18x\"a\":1}"), "text"); /* not JSON */
    is(SPAN("\x0b\x18{\"a\":1}\x01\x07"), "raw snappy");
    is(SPAN("\x0b\x18{\"a\":1}\x01\x08"), "text"); /* a copy from before the beginning */
    is(SPAN("\x0b\x18{\"a\":1}\x01\x00"), "text"); /* a copy of itself */
    is(SPAN("\x08\x18{\"a\":1}\x02\x07\x00"), "raw snappy");
    is(SPAN("\x08\x18{\"a\":1}\x03\x07\x00\x00\x00"), "raw snappy");
    is(SPAN("\x80\x80\x80\x80\x80\x01\x18{\"a\":1}"), "text"); /* a length beyond 32 bits */
}

static void never_takes_text_for_raw_snappy(void **state UNUSED)
{
    static const struct span texts[] = {
        SPAN_INIT("{ \"name\":\"J\xf6rg\"}\n"), SPAN_INIT("[ {\"a\":\"\xe9\"} ]"),
        SPAN_INIT("x  {\"a\":\"\xe9\"}"),       SPAN_INIT("{\0\"\0a\0\"\0:\0001\0}\0"),
        SPAN_INIT("\0{\0\"\0a\0\"\0:\0001\0}"),
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        is(texts[i], "text");
    }
}

static void knows_hadoop_by_both_its_lengths(void **state UNUSED)
{
    is(SPAN("\0\0\0\x07\0\0\0\x09\x07\x18{\"a\":1}"), "Hadoop-snappy");
    is(SPAN("\0\0\0\x00\0\0\0\x09\x07\x18{\"a\":1}"), "text");
    is(SPAN("\0\0\0\x07\0\0\0\x00\x07\x18{\"a\":1}"), "text");
    is(SPAN("\0\0\0\x07\0\0\xff\x09\x07\x18{\"a\":1}"), "text");
    is(SPAN("\x10\0\0\x07\0\0\0\x09\x07\x18{\"a\":1}"), "text");
    assert_string_equal(name_of(SPAN("\r,\r\r\r\r\r 0  \r  \r\r["), false), "text");
}

static void tells_messages_of_openpgp_from_text(void **state UNUSED)
{
    is(SPAN("\x85\x02\x0c\x03keyid"), "OpenPGP"); /* RSA, 4096 bits */
    is(SPAN("\x84\x5e\x03keyid\x12"), "OpenPGP"); /* ECDH */
    is(SPAN("\x8c\x0d\x04\x09\x03\x02"), "OpenPGP");
    is(SPAN("\xc1\xc0\x4e\x03keyid"), "OpenPGP");
    is(SPAN("\xc3\x0d\x04\x09\x03"), "OpenPGP");
    is(SPAN("\xd2\xff\x00\x00\x10\x00\x01"), "OpenPGP");
    is(SPAN("\x85\x02\x0c\x04keyid"), "text"); /* an unknown version */
    is(SPAN("\x87\x02\x0c\x03keyid"), "text"); /* of unknown length */
    is(SPAN("\x99\x01\x0d\x04keys."), "text"); /* a key instead of a message */
    is(SPAN("\xc3\xa4\xc3\xb6 text"), "text");
    is(SPAN("\x85 Windows text\x03"), "text");
    is(SPAN("\xc3\x0d"), "text");
}

static void wants_more_than_two_letters_of_a_bitmap(void **state UNUSED)
{
    is(SPAN("BM\x46\0\0\0\0\0\0\0\x36\0\0\0"), "a BMP image");
    is(SPAN("BM\x46\0\0\0\0\0\1\0\x36\0\0\0"), "text");
    is(SPAN("BM\x46\0\0\0\0\0\0\0\x36\0\0"), "text");
    is(SPAN("RIFF\x24\0\0\0WAVE"), "text");
}

static void knows_a_stream_of_arrow_by_its_schema(void **state UNUSED)
{
    is(SPAN("\xff\xff\xff\xff\x78\0\0\0\x10\0\0\0"), "an Arrow stream");
    is(SPAN("\xff\xff\xff\xff\x79\0\0\0\x10\0\0\0"), "text");
    is(SPAN("\xff\xff\xff\xff\0\0\0\0\x10\0\0\0"), "text");
    is(SPAN("\xff\xff\xff\xff\x78\0\0\0\x78\0\0\0"), "text");
    is(SPAN("\xff\xff\xff\xff\x78\0\0\0\x10\0\0"), "text");
}

static void finds_nothing_in_nothing(void **state UNUSED)
{
    assert_null(magic_find(SPAN(""), true));
    assert_null(magic_find(SPAN(""), false));
    assert_false(magic_binary(SPAN("")));
    assert_false(magic_raw_snappy(SPAN(""), true));
}

static void tells_control_bytes_of_text_from_others(void **state UNUSED)
{
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        bool text = c == 0 || (c >= 9 && c <= 13) || c == 27 || c == 30 || c >= 32;
        assert_int_equal(magic_binary(span_of(&byte, 1)), !text);
    }
}

/* Blocks of 64 bytes are examined together: one byte counts wherever it is. */
static void finds_one_byte_anywhere_in_a_long_head(void **state UNUSED)
{
    static const char bytes[] = {'\x01', '\x1f', '\n', '\x7f', '\xff'};
    char text[300];
    for (size_t at = 0; at < sizeof(text); at++) {
        for (size_t i = 0; i < sizeof(bytes); i++) {
            memset(text, 'a', sizeof(text));
            memcpy(text, "ORC", 3);
            text[at] = bytes[i];
            bool control = bytes[i] == '\x01' || bytes[i] == '\x1f';
            assert_int_equal(magic_binary(span_of(text, sizeof(text))), control);
            bool text_still = !control && bytes[i] != '\xff';
            bool cut = bytes[i] == '\xff' && at == sizeof(text) - 1;
            is(span_of(text, sizeof(text)), text_still || at < 3 || cut ? "text" : "ORC");
        }
        text[at] = '\n';
        text[sizeof(text) - 1] = '\x02'; /* behind one that is text */
        assert_true(magic_binary(span_of(text, sizeof(text))));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_cut_magic_for_what_it_begins),
        cmocka_unit_test(tells_zlib_from_text_by_what_follows),
        cmocka_unit_test(knows_zlib_of_every_window_and_level),
        cmocka_unit_test(knows_small_zlib_that_is_cut_or_damaged_by_its_text),
        cmocka_unit_test(never_takes_text_for_small_zlib),
        cmocka_unit_test(knows_tar_by_its_checksum_alone),
        cmocka_unit_test(wants_all_of_the_magic_of_bzip2),
        cmocka_unit_test(follows_raw_snappy_through_its_head),
        cmocka_unit_test(never_takes_text_for_raw_snappy),
        cmocka_unit_test(knows_hadoop_by_both_its_lengths),
        cmocka_unit_test(tells_messages_of_openpgp_from_text),
        cmocka_unit_test(wants_more_than_two_letters_of_a_bitmap),
        cmocka_unit_test(knows_a_stream_of_arrow_by_its_schema),
        cmocka_unit_test(finds_nothing_in_nothing),
        cmocka_unit_test(tells_control_bytes_of_text_from_others),
        cmocka_unit_test(finds_one_byte_anywhere_in_a_long_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
