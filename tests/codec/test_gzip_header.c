/* SPDX-License-Identifier: Apache-2.0 */
/* The header parser alone, and every header that zlib reads, divided in every way. */
#include "packing.h"

#include "codec/gzip_header.h"

enum { FTEXT = 1, FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, FLAGS = 32 };
enum { CHUNK = 16 * 1024 }; /* that of the decoder */

/* A header with these flags; each optional part has about `bytes` bytes. */
static void header_make(struct buf *out, unsigned flags, size_t bytes)
{
    size_t from = out->n;
    buf_add(out, SPAN("\x1f\x8b\x08"));
    buf_add_byte(out, (char)flags);
    buf_add(out, SPAN("\x01\x02\x03\x04\x02\xff"));
    if ((flags & FEXTRA) != 0) {
        pack_number(out, bytes + 1, 2);
        for (size_t i = 0; i <= bytes; i++) {
            buf_add_byte(out, (char)(i * 7));
        }
    }
    for (unsigned text = FNAME; text <= FCOMMENT; text *= 2) {
        for (size_t i = 0; (flags & text) != 0 && i <= bytes; i++) {
            buf_add_byte(out, i < bytes ? (char)('a' + i % 26) : '\0');
        }
    }
    if ((flags & FHCRC) != 0) {
        pack_number(out, crc32(0, (const Bytef *)out->p + from, (uInt)(out->n - from)) & 0xffff, 2);
    }
}

/* A whole member: this header, the text, the trailer. */
static void member_make(struct buf *out, unsigned flags, size_t bytes, struct span text)
{
    header_make(out, flags, bytes);
    pack_deflate(out, text, -15);
    pack_number(out, crc32(0, (const Bytef *)text.p, (uInt)text.n), 4);
    pack_number(out, text.n, 4);
}

static bool zlib_reads(struct span member, struct span text)
{
    static char got[4096];
    z_stream z = {.next_in = (const Bytef *)member.p,
                  .avail_in = (uInt)member.n,
                  .next_out = (Bytef *)got,
                  .avail_out = sizeof(got)};
    assert_int_equal(inflateInit2(&z, 31), Z_OK);
    int rc = inflate(&z, Z_FINISH);
    (void)inflateEnd(&z);
    return rc == Z_STREAM_END && z.avail_in == 0 &&
           span_eq(span_of(got, sizeof(got) - z.avail_out), text);
}

static enum gzip_header_state parse(struct span in, size_t piece, struct span *rest,
                                    const char **why)
{
    struct gzip_header h;
    enum gzip_header_state state = GZIP_HEADER_MORE;
    memset(&h, 0x5a, sizeof(h));
    gzip_header_init(&h);
    *rest = in;
    while (state == GZIP_HEADER_MORE && rest->n > 0) {
        struct span part = span_of(rest->p, piece < rest->n ? piece : rest->n);
        struct span left = part;
        state = gzip_header_next(&h, &left, why);
        (void)span_take(rest, part.n - left.n);
    }
    return state;
}

static void reads_every_combination_of_flags_in_any_pieces(void **state UNUSED)
{
    for (unsigned flags = 0; flags < FLAGS; flags++) {
        struct buf b = BUF_INIT(4096);
        header_make(&b, flags, 11);
        size_t header_n = b.n;
        buf_add(&b, SPAN("deflate"));
        for (size_t piece = 1; piece <= b.n; piece++) {
            struct span rest;
            const char *why = NULL;
            assert_int_equal(parse(buf_span(&b), piece, &rest, &why), GZIP_HEADER_DONE);
            assert_span_equal(rest, SPAN("deflate"));
            assert_int_equal(parse(span_of(b.p, header_n - 1), piece, &rest, &why),
                             GZIP_HEADER_MORE);
            assert_null(why);
        }
        buf_done(&b);
    }
}

static void refuses_what_zlib_refuses(void **state UNUSED)
{
    for (unsigned flags = 0; flags < FLAGS; flags++) {
        struct buf b = BUF_INIT(4096);
        member_make(&b, flags, 3, SPAN("text"));
        size_t header_n = 10 + ((flags & FEXTRA) ? 6U : 0U) + ((flags & FNAME) ? 4U : 0U) +
                          ((flags & FCOMMENT) ? 4U : 0U) + ((flags & FHCRC) ? 2U : 0U);
        assert_true(zlib_reads(buf_span(&b), SPAN("text")));
        for (size_t i = 0; i < header_n; i++) {
            for (int bit = 0; bit < 8; bit++) {
                struct unpacked u = UNPACKED_INIT;
                b.p[i] = (char)(b.p[i] ^ 1 << bit);
                unpack_by(buf_span(&b), 1, &(struct decode_limits){0}, &u);
                bool magic = i < 2; /* otherwise it is not gzip, and is read as text */
                assert_int_equal(!magic && u.err.kind == FAIL_NONE,
                                 zlib_reads(buf_span(&b), SPAN("text")));
                unpacked_done(&u);
                b.p[i] = (char)(b.p[i] ^ 1 << bit);
            }
        }
        buf_done(&b);
    }
}

static void says_what_is_wrong(void **state UNUSED)
{
    static const struct {
        struct span header;
        const char *why;
    } rows[] = {
        {SPAN_INIT("\x1e\x8b"), "no gzip member"},
        {SPAN_INIT("\x1f\x8c"), "no gzip member"},
        {SPAN_INIT("\x1f\x8b\x07"), "a compression method other than deflate"},
        {SPAN_INIT("\x1f\x8b\x08\x20"), "a reserved flag in the header of a member"},
        {SPAN_INIT("\x1f\x8b\x08\x02"
                   "timexs"
                   "\x00\x00"),
         "wrong checksum of the header of a member"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span rest;
        const char *why = NULL;
        assert_int_equal(parse(rows[i].header, 1, &rest, &why), GZIP_HEADER_BAD);
        assert_string_equal(why, rows[i].why);
    }
}

/*
 * Move the header so that the end of a chunk falls on each of its bytes: zeros before it, after a
 * member, are padding.
 */
static void reads_every_header_at_every_offset_of_a_chunk(void **state UNUSED)
{
    OWNED(decode) struct decode *d = decode_new(&(struct decode_limits){0});
    for (unsigned flags = 0; flags < FLAGS; flags++) {
        struct buf member = BUF_INIT(4096);
        member_make(&member, flags, 5, SPAN("second"));
        assert_true(zlib_reads(buf_span(&member), SPAN("second")));
        for (size_t before = 0; before <= member.n; before++) {
            struct buf b = BUF_INIT(1 << 20);
            struct unpacked u = UNPACKED_INIT;
            member_make(&b, 0, 0, SPAN("first "));
            while (b.n < CHUNK - before) {
                buf_add_byte(&b, '\0');
            }
            buf_add(&b, buf_span(&member));
            unpack_with(d, buf_span(&b), b.n, &u);
            assert_int_equal(u.err.kind, FAIL_NONE);
            assert_span_equal(buf_span(&u.text), SPAN("first second"));
            unpack_with(d, buf_span(&b), before % 3 == 0 ? 1 : 0, &u);
            assert_int_equal(u.err.kind, FAIL_NONE);
            assert_span_equal(buf_span(&u.text), SPAN("first second"));
            unpacked_done(&u);
            buf_done(&b);
        }
        buf_done(&member);
    }
}

static void reads_headers_of_any_length(void **state UNUSED)
{
    static const size_t lengths[] = {0, 1, 127, 16370, 16384, 65000, 65534};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        for (unsigned flags = 0; flags < FLAGS; flags += 2) {
            struct buf b = BUF_INIT(1 << 20);
            struct unpacked u = UNPACKED_INIT;
            member_make(&b, flags, lengths[i], SPAN("text"));
            assert_true(zlib_reads(buf_span(&b), SPAN("text")));
            unpack_by(buf_span(&b), 0, &(struct decode_limits){0}, &u);
            assert_int_equal(u.err.kind, FAIL_NONE);
            assert_span_equal(buf_span(&u.text), SPAN("text"));
            unpacked_done(&u);
            buf_done(&b);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_combination_of_flags_in_any_pieces),
        cmocka_unit_test(refuses_what_zlib_refuses),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(reads_every_header_at_every_offset_of_a_chunk),
        cmocka_unit_test(reads_headers_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
