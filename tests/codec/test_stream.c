/* SPDX-License-Identifier: Apache-2.0 */
/* The stages of a lane: decode, then framing, fed in pieces of every size. */
#include "testing.h"

#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/buf.h"
#include "codec/decode.h"
#include "codec/framing.h"

static const struct decode_limits no_limits;

struct got {
    struct buf text; /* "[line]" for each; "<head>" if too long */
    enum err_kind end;
};

static void got_piece(struct got *g, const struct piece *piece)
{
    bool too_long = piece->kind == PIECE_TOO_LONG;
    buf_add_byte(&g->text, too_long ? '<' : '[');
    buf_add(&g->text, piece->text);
    buf_add_byte(&g->text, too_long ? '>' : ']');
}

static void got_text(struct got *g, struct framing *f, struct span text)
{
    struct piece piece;
    while (framing_next(f, &text, &piece)) {
        got_piece(g, &piece);
    }
}

/*
 * Process an object in pieces of `piece` bytes, each in its own allocation, so that
 * AddressSanitizer detects reads beyond it.
 */
static void run(struct span object, size_t piece, const struct decode_limits *limits, struct got *g)
{
    OWNED(decode) struct decode *d = decode_new(limits);
    OWNED(framing) struct framing *f = framing_new(16, 4);
    struct piece last;
    struct err e = {0};

    while (object.n > 0 && e.kind == FAIL_NONE) {
        struct span in = span_take(&object, piece < object.n ? piece : object.n);
        char *own = malloc(in.n);
        assert_non_null(own);
        memcpy(own, in.p, in.n);
        in.p = own;

        struct span text;
        while (decode_next(d, &in, &text, &e)) {
            got_text(g, f, text);
        }
        free(own);
    }
    struct span text;
    while (decode_last(d, &text, &e)) {
        got_text(g, f, text);
    }
    while (framing_last(f, &last)) {
        got_piece(g, &last);
    }
    g->end = e.kind;
}

static void check(struct span object, const char *want, enum err_kind end)
{
    for (size_t piece = 1; piece <= object.n + 1; piece++) {
        struct got g = {.text = BUF_INIT(1 << 20)};
        buf_add(&g.text, SPAN("")); /* an empty result is also NUL-terminated */
        run(object, piece, &no_limits, &g);
        assert_span_equal(buf_span(&g.text), span_str(want));
        assert_int_equal(g.end, end);
        buf_done(&g.text);
    }
}

static struct span gzip_to(struct span s, char *out, size_t cap)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (const Bytef *)s.p;
    z.avail_in = (uInt)s.n;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)cap;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    (void)deflateEnd(&z);
    return span_of(out, cap - z.avail_out);
}

static void cuts_lines_in_any_pieces(void **state UNUSED)
{
    check(SPAN("a\n\nbb\nccc"), "[a][bb][ccc]", FAIL_NONE);
    check(SPAN("a\n"), "[a]", FAIL_NONE);
    check(SPAN("\n"), "", FAIL_NONE);
    check(SPAN(""), "", FAIL_NONE);
}

static void drops_one_carriage_return_and_a_bom(void **state UNUSED)
{
    check(SPAN("\xef\xbb\xbf{}\r\n\xef\xbb\xbf\r\nx\r\r"), "[{}][x\r]", FAIL_NONE);
}

static void skips_lines_of_blanks_tabs_and_nuls(void **state UNUSED)
{
    check(SPAN(" \t\n\0\0\0\n \0\r\n .\n"), "[ .]", FAIL_NONE);
}

static void keeps_lines_up_to_the_limit_and_the_head_of_longer_ones(void **state UNUSED)
{
    check(SPAN("0123456789abcdef\n"), "[0123456789abcdef]", FAIL_NONE);
    check(SPAN("\xef\xbb\xbf"
               "0123456789abcdef\r\nx"),
          "[0123456789abcdef][x]", FAIL_NONE);
    check(SPAN("0123456789abcde\n0123456789abcdefg\nz\n"), "[0123456789abcde]<0123>[z]", FAIL_NONE);
    check(SPAN("0123456789abcdefghijklmnopqrstuvwxyz0123456789"), "<0123>", FAIL_NONE);
}

static void inflates_all_members_in_any_pieces(void **state UNUSED)
{
    char z[512];
    struct span one = gzip_to(SPAN("a\nb"), z, sizeof(z));
    struct span empty = gzip_to(SPAN(""), z + one.n, sizeof(z) - one.n);
    struct span two = gzip_to(SPAN("b\nc\n"), z + one.n + empty.n, sizeof(z) - one.n - empty.n);
    check(span_of(z, one.n + empty.n + two.n), "[a][bb][c]", FAIL_NONE);
}

static void takes_zeros_behind_the_last_member_as_padding(void **state UNUSED)
{
    char z[512] = {0};
    struct span one = gzip_to(SPAN("a\n"), z, sizeof(z));
    memset(z + one.n, 0, 7);
    check(span_of(z, one.n + 7), "[a]", FAIL_NONE);
    z[one.n + 7] = 'x';
    check(span_of(z, one.n + 8), "[a]", FAIL_DATA);
}

static void says_when_gzip_ends_in_the_middle(void **state UNUSED)
{
    char z[512];
    struct span whole = gzip_to(SPAN("hello\nworld\n"), z, sizeof(z));
    for (size_t n = 1; n < whole.n; n++) {
        struct got g = {.text = BUF_INIT(4096)};
        run(span_of(whole.p, n), n, &no_limits, &g);
        assert_int_equal(g.end, FAIL_DATA);
        buf_done(&g.text);
    }
}

static void hands_out_the_text_before_the_damage(void **state UNUSED)
{
    char z[512];
    struct span one = gzip_to(SPAN("good\n"), z, sizeof(z));
    struct span two = gzip_to(SPAN("bad\n"), z + one.n, sizeof(z) - one.n);
    z[one.n + two.n - 5] ^= 0x55; /* the CRC of the second gzip member */
    check(span_of(z, one.n + two.n), "[good][bad]", FAIL_DATA);
    check(SPAN("\x1f\x8b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "", FAIL_DATA);
}

static void takes_text_that_begins_like_half_a_magic_as_plain(void **state UNUSED)
{
    check(SPAN("\x1fz\n"), "[\x1fz]", FAIL_NONE);
}

static void stops_a_bomb_at_its_ratio_and_at_its_size(void **state UNUSED)
{
    enum { ZEROS = 4 << 20 };
    char *zeros = calloc(1, ZEROS);
    char *z = malloc(64 * 1024);
    assert_non_null(zeros);
    assert_non_null(z);
    struct span bomb = gzip_to(span_of(zeros, ZEROS), z, 64 * 1024);

    const struct decode_limits limits[] = {
        {.ratio = 100, .ratio_from = 1 << 20},
        {.object_bytes = 1 << 20},
        {.ratio = 100, .ratio_from = 8 << 20}, /* not checked yet */
    };
    const enum err_kind want[] = {FAIL_LIMIT, FAIL_LIMIT, FAIL_NONE};
    for (size_t i = 0; i < 3; i++) {
        struct got g = {.text = BUF_INIT(4096)};
        run(bomb, bomb.n, &limits[i], &g);
        assert_int_equal(g.end, want[i]);
        buf_done(&g.text);
    }
    free(zeros);
    free(z);
}

static void is_used_for_one_object_after_another(void **state UNUSED)
{
    OWNED(decode) struct decode *d = decode_new(&no_limits);
    struct err e = {0};
    struct span text;
    struct span bad = SPAN("\x1f\x8b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    assert_false(decode_next(d, &bad, &text, &e));
    assert_false(decode_last(d, &text, &e));
    assert_int_equal(e.kind, FAIL_DATA);

    decode_reset(d);
    struct span good = SPAN("plain");
    assert_false(decode_next(d, &good, &text, &e));
    assert_true(decode_last(d, &text, &e));
    assert_span_equal(text, SPAN("plain"));
    assert_int_equal(decode_bytes(d), 5);
    assert_false(decode_last(d, &text, &e));
    assert_int_equal(e.kind, FAIL_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_lines_in_any_pieces),
        cmocka_unit_test(drops_one_carriage_return_and_a_bom),
        cmocka_unit_test(skips_lines_of_blanks_tabs_and_nuls),
        cmocka_unit_test(keeps_lines_up_to_the_limit_and_the_head_of_longer_ones),
        cmocka_unit_test(inflates_all_members_in_any_pieces),
        cmocka_unit_test(takes_zeros_behind_the_last_member_as_padding),
        cmocka_unit_test(says_when_gzip_ends_in_the_middle),
        cmocka_unit_test(hands_out_the_text_before_the_damage),
        cmocka_unit_test(takes_text_that_begins_like_half_a_magic_as_plain),
        cmocka_unit_test(stops_a_bomb_at_its_ratio_and_at_its_size),
        cmocka_unit_test(is_used_for_one_object_after_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
