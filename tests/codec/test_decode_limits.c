/* SPDX-License-Identifier: Apache-2.0 */
/* The inputs that the decoder refuses, and its memory compared with decode_bytes_max. */
#include "packing.h"

#include <malloc.h>
#include <stdio.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTED_BY_GLIBC 0
#elif defined(__has_feature)
#define COUNTED_BY_GLIBC !(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define COUNTED_BY_GLIBC 1
#endif

enum { KIB = 1024, MIB = 1024 * KIB };

static const struct decode_limits no_limits;

static void refuses(struct span object, const struct decode_limits *limits, enum err_kind kind,
                    const char *text)
{
    struct unpacked u = UNPACKED_INIT;
    unpack_any(object, limits, &u);
    if (u.err.kind != kind || strstr(u.err.text, text) == NULL) {
        fail_msg("%s, not %s", u.err.text, text);
    }
    unpacked_done(&u);
}

static void names(struct span object, const char *words)
{
    struct unpacked u = UNPACKED_INIT;
    unpack_any(object, &no_limits, &u);
    assert_string_equal(u.words.p, words);
    assert_int_equal(u.err.kind, FAIL_FORMAT);
    assert_int_equal(u.text.n, 0);
    unpacked_done(&u);
}

/* ---- zstd ---- */

/* A frame header: a window of 2^log bytes plus this many eighths of it. */
static void window_header(struct buf *b, int log, int eighths)
{
    buf_add(b, SPAN("\x28\xb5\x2f\xfd\x00"));
    buf_add_byte(b, (char)((log - 10) << 3 | eighths));
}

/* A last block of one letter, n times. */
static void repeat_block(struct buf *b, size_t n)
{
    pack_number(b, 1 | 1 << 1 | n << 3, 3);
    buf_add_byte(b, 'x');
}

static void reads_windows_up_to_the_limit_and_names_larger_ones(void **state UNUSED)
{
    struct unpacked u = UNPACKED_INIT;
    struct buf b = BUF_INIT(PACK_MAX);
    window_header(&b, 23, 0);
    repeat_block(&b, 3);
    unpack_any(buf_span(&b), &no_limits, &u);
    assert_int_equal(u.err.kind, FAIL_NONE);
    assert_span_equal(buf_span(&u.text), SPAN("xxx"));

    b.p[5] = (char)((23 - 10) << 3 | 1);
    names(buf_span(&b), "zstd window of 9 MiB, limits.zstd_window is 8 MiB");
    b.p[5] = (char)((27 - 10) << 3);
    names(buf_span(&b), "zstd window of 128 MiB, limits.zstd_window is 8 MiB");
    b.p[5] = (char)0xff; /* the largest possible: 2^41 and 7 eighths */
    names(buf_span(&b), "zstd window of 3.8 TiB, limits.zstd_window is 8 MiB");

    struct decode_limits larger = {.zstd_window_bytes = 128 * MIB};
    b.p[5] = (char)((27 - 10) << 3);
    unpack_any(buf_span(&b), &larger, &u);
    assert_int_equal(u.err.kind, FAIL_NONE);
    assert_span_equal(buf_span(&u.text), SPAN("xxx"));
    unpacked_done(&u);
    buf_done(&b);
}

static void takes_the_length_of_a_single_segment_for_its_window(void **state UNUSED)
{
    static const struct {
        struct span header; /* magic, descriptor, length of the content */
        const char *words;  /* NULL: the frame is read */
    } rows[] = {
        {SPAN_INIT("\x28\xb5\x2f\xfd\x20\x03"), NULL},
        {SPAN_INIT("\x28\xb5\x2f\xfd\xa0\x03\x00\x00\x00"), NULL},
        {SPAN_INIT("\x28\xb5\x2f\xfd\xa0\x01\x00\x80\x00"),
         "zstd window of 8.0 MiB, limits.zstd_window is 8 MiB"},
        {SPAN_INIT("\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x00\x00\x01\x00\x00"),
         "zstd window of 1 TiB, limits.zstd_window is 8 MiB"},
        {SPAN_INIT("\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\xff"),
         "zstd window of 16.0 EiB, limits.zstd_window is 8 MiB"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf b = BUF_INIT(PACK_MAX);
        buf_add(&b, rows[i].header);
        repeat_block(&b, 3);
        if (rows[i].words != NULL) {
            names(buf_span(&b), rows[i].words);
        } else {
            struct unpacked u = UNPACKED_INIT;
            unpack_any(buf_span(&b), &no_limits, &u);
            assert_int_equal(u.err.kind, FAIL_NONE);
            assert_span_equal(buf_span(&u.text), SPAN("xxx"));
            unpacked_done(&u);
        }
        buf_done(&b);
    }
}

static void gives_the_frames_before_one_that_is_not_read(void **state UNUSED)
{
    struct unpacked u = UNPACKED_INIT;
    struct buf b = BUF_INIT(PACK_MAX);
    pack(&b, PACK_ZSTD, SPAN("good\n"));
    window_header(&b, 30, 0);
    repeat_block(&b, 3);
    unpack_any(buf_span(&b), &no_limits, &u);
    assert_int_equal(u.err.kind, FAIL_FORMAT);
    assert_span_equal(buf_span(&u.text), SPAN("good\n"));
    assert_string_equal(u.words.p, "zstd window of 1 GiB, limits.zstd_window is 8 MiB");
    unpacked_done(&u);
    buf_done(&b);
}

static void shares_the_memory_for_windows_between_two_layers(void **state UNUSED)
{
    static const struct {
        int outer, inner; /* logarithms of the windows */
        size_t limit;
        enum err_kind end;
    } rows[] = {{22, 22, 8 * MIB, FAIL_NONE},
                {23, 20, 8 * MIB, FAIL_FORMAT},
                {23, 20, 9 * MIB, FAIL_NONE},
                {20, 23, 8 * MIB, FAIL_FORMAT},
                {20, 20, 1 * MIB, FAIL_NONE}}; /* 4 MiB are always allowed */
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct decode_limits limits = {.zstd_window_bytes = rows[i].limit};
        struct unpacked u = UNPACKED_INIT;
        struct buf text = BUF_INIT(PACK_MAX);
        struct buf inner = BUF_INIT(PACK_MAX);
        struct buf outer = BUF_INIT(PACK_MAX);
        text_make(&text, 100000, 3);
        pack_zstd(&inner, buf_span(&text), rows[i].inner, false);
        pack_zstd(&outer, buf_span(&inner), rows[i].outer, false);
        unpack_any(buf_span(&outer), &limits, &u);
        assert_int_equal(u.err.kind, rows[i].end);
        assert_int_equal(strncmp(u.words.p, "zstd window of ", 15) == 0, u.err.kind != FAIL_NONE);
        buf_done(&outer);
        buf_done(&inner);
        buf_done(&text);
        unpacked_done(&u);
    }
}

static void names_what_needs_a_dictionary(void **state UNUSED)
{
    names(SPAN("\x28\xb5\x2f\xfd\x03\x58\x78\x56\x34\x12\x01\x00\x00"),
          "zstd with dictionary 305419896");
    names(SPAN("\x28\xb5\x2f\xfd\x21\x07\x03\x01\x00\x00"), "zstd with dictionary 7");
    names(SPAN("\x78\xbb\x12\x34\x56\x78\x03\x00"), "zlib with a dictionary");

    LZ4F_preferences_t lz4 = {.frameInfo = {.dictID = 305419896}};
    struct buf b = BUF_INIT(PACK_MAX);
    pack_lz4(&b, SPAN("text"), &lz4);
    names(buf_span(&b), "lz4 with dictionary 305419896");
    buf_done(&b);
}

/* ---- length of an empty text ---- */

static void skips_a_frame_of_four_gigabytes_without_room_for_it(void **state UNUSED)
{
    struct unpacked u = UNPACKED_INIT;
    struct buf b = BUF_INIT(PACK_MAX);
    buf_add(&b, SPAN("\x5a\x2a\x4d\x18\xff\xff\xff\xff only this"));
    refuses(buf_span(&b), &no_limits, FAIL_DATA, "the data end inside a frame");

    /* all of it, and a frame after it, in gzip in gzip: 4 GiB of zeros are 20 KB */
    static char zeros[64 * KIB];
    OWNED(decode) struct decode *d = decode_new(&no_limits);
    struct span head = SPAN("\x50\x2a\x4d\x18\x00\x00\x00\x08");
    unpack_piece(d, head, &u);
    for (size_t i = 0; i < 128 * (size_t)MIB / sizeof(zeros); i++) {
        unpack_piece(d, span_of(zeros, sizeof(zeros)), &u);
        assert_int_equal(u.err.kind, FAIL_NONE);
    }
    buf_clear(&b);
    pack(&b, PACK_ZSTD, SPAN("behind"));
    unpack_piece(d, buf_span(&b), &u);
    struct span text;
    assert_true(decode_last(d, &text, &u.err));
    assert_span_equal(text, SPAN("behind"));
    unpacked_done(&u);
    buf_done(&b);
}

static void reads_frames_without_end_for_as_long_as_they_come(void **state UNUSED)
{
    for (int how = 0; how < PACKINGS; how++) {
        struct unpacked u = UNPACKED_INIT;
        struct buf empty = BUF_INIT(PACK_MAX);
        struct buf many = BUF_INIT(PACK_MAX);
        pack(&empty, (enum packing)how, SPAN(""));
        while (many.n < MIB) {
            buf_add(&many, buf_span(&empty));
        }
        unpack_by(buf_span(&many), 10000, &no_limits, &u);
        assert_int_equal(u.err.kind, FAIL_NONE);
        assert_int_equal(u.text.n, 0);
        buf_done(&many);
        buf_done(&empty);
        unpacked_done(&u);
    }
}

/* ---- bombs ---- */

static void nested_make(struct buf *out, enum packing inner, enum packing outer, struct span text)
{
    struct buf b = BUF_INIT(PACK_MAX);
    pack(&b, inner, text);
    pack(out, outer, buf_span(&b));
    buf_done(&b);
}

static void counts_a_bomb_over_all_layers(void **state UNUSED)
{
    enum { ZEROS = 32 * MIB };
    char *zeros = calloc(1, ZEROS);
    assert_non_null(zeros);
    memset(zeros, 'x', ZEROS);
    static const enum packing packings[] = {PACK_GZIP, PACK_ZLIB, PACK_ZSTD, PACK_LZ4};
    struct decode_limits ratio = {.ratio = 1000, .ratio_from = MIB};
    struct decode_limits size = {.object_bytes = 8 * MIB};
    for (size_t i = 0; i < 4 * 4; i++) {
        struct buf b = BUF_INIT(PACK_MAX);
        nested_make(&b, packings[i % 4], packings[i / 4], span_of(zeros, ZEROS));
        struct unpacked u = UNPACKED_INIT;
        unpack_by(buf_span(&b), b.n, &size, &u);
        assert_int_equal(u.err.kind, FAIL_LIMIT);
        assert_in_range(u.text.n, 7 * MIB, 8 * MIB);
        unpack_by(buf_span(&b), b.n, &ratio, &u);
        assert_int_equal(u.err.kind, ZEROS / b.n > 1000 ? FAIL_LIMIT : FAIL_NONE);
        unpack_by(buf_span(&b), b.n, &no_limits, &u);
        assert_int_equal(u.err.kind, FAIL_NONE);
        assert_int_equal(u.text.n, ZEROS);
        unpacked_done(&u);
        buf_done(&b);
    }
    free(zeros);
}

/* The text of the outer layer is large, and the inner layer makes no text of it. */
static void counts_a_bomb_that_gives_no_text(void **state UNUSED)
{
    struct decode_limits ratio = {.ratio = 100, .ratio_from = MIB};
    struct decode_limits size = {.object_bytes = MIB};
    for (int how = 0; how < PACKINGS; how++) {
        struct buf empty = BUF_INIT(PACK_MAX);
        struct buf many = BUF_INIT(PACK_MAX);
        struct buf b = BUF_INIT(PACK_MAX);
        pack(&empty, (enum packing)how, SPAN(""));
        while (many.n < 4 * MIB) {
            buf_add(&many, buf_span(&empty));
        }
        pack(&b, PACK_GZIP, buf_span(&many));
        refuses(buf_span(&b), &ratio, FAIL_LIMIT, "limits.ratio");
        refuses(buf_span(&b), &size, FAIL_LIMIT, "limits.object_bytes");
        buf_done(&b);
        buf_done(&many);
        buf_done(&empty);
    }
}

/* As a lane that has to offer its core: a chunk of the outer layer is 40,000 members of the inner.
 */
static void stops_after_some_steps_without_text(void **state UNUSED)
{
    struct decode_limits turns = {.ask_for_turns = true};
    for (int how = 0; how < PACKINGS; how++) {
        struct buf empty = BUF_INIT(PACK_MAX);
        struct buf many = BUF_INIT(PACK_MAX);
        struct buf b = BUF_INIT(PACK_MAX);
        size_t members = 0;
        pack(&empty, (enum packing)how, SPAN(""));
        for (; many.n < MIB; members++) {
            buf_add(&many, buf_span(&empty));
        }
        pack(&many, (enum packing)how, SPAN("text"));
        pack(&b, PACK_GZIP, buf_span(&many));
        OWNED(decode) struct decode *d = decode_new(&turns);
        struct span in = buf_span(&b);
        struct span out;
        struct err e = {.kind = FAIL_NONE};
        size_t stops = 0, n = 0;
        for (int last = 0; last < 2;) {
            bool text = last == 0 ? decode_next(d, &in, &out, &e) : decode_last(d, &out, &e);
            bool stopped = !text && decode_found(d)->worked_long;
            n += text ? out.n : 0;
            stops += stopped;
            last += !text && !stopped;
            assert_int_equal(e.kind, FAIL_NONE);
        }
        assert_int_equal(n, 4);
        /* snappy has no members: a step takes all of a block */
        assert_in_range(stops, how == PACK_SNAPPY ? 1 : members / DECODE_STEPS, members);
        buf_done(&b);
        buf_done(&many);
        buf_done(&empty);
    }
}

static void takes_wide_text_by_its_length_as_utf8(void **state UNUSED)
{
    struct decode_limits size = {.object_bytes = 10};
    struct unpacked u = UNPACKED_INIT;
    unpack_by(SPAN("\xff\xfe{\0\"\0a\0\"\0:\0\"\0\x3d\xd8\x00\xde"), 100, &size, &u);
    assert_int_equal(u.err.kind, FAIL_NONE); /* 6 bytes, and 4 bytes */
    unpack_by(SPAN("\xff\xfe{\0\"\0a\0\"\0:\0\"\0\x3d\xd8\x00\xde}\0"), 100, &size, &u);
    assert_int_equal(u.err.kind, FAIL_LIMIT);
    unpacked_done(&u);
}

/* ---- memory ---- */

static size_t allocated(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

/* As a lane that has to wait before it takes the memory. */
static void asks_before_it_takes_memory_for_windows(void **state UNUSED)
{
    struct decode_limits limits = {.ask_for_windows = true};
    struct buf text = BUF_INIT(PACK_MAX);
    text_make(&text, 200000, 8);
    size_t before = allocated();
    OWNED(decode) struct decode *d = decode_new(&limits);
    for (int k = 0; k < PACKINGS * PACKINGS; k++) {
        struct buf object = BUF_INIT(PACK_MAX);
        struct buf one = BUF_INIT(PACK_MAX);
        bool large = k % PACKINGS == PACK_ZSTD || k % PACKINGS == PACK_LZ4 ||
                     k / PACKINGS == PACK_ZSTD || k / PACKINGS == PACK_LZ4;
        pack(&one, (enum packing)(k % PACKINGS), buf_span(&text));
        pack(&object, (enum packing)(k / PACKINGS), buf_span(&one));
        size_t texts = text.cap + one.cap + object.cap;
        struct span in = buf_span(&object);
        struct span out;
        struct err e;
        size_t n = 0;
        decode_reset(d);
        while (decode_next(d, &in, &out, &e) || decode_last(d, &out, &e)) {
            n += out.n;
        }
        assert_int_equal(decode_found(d)->wants_windows, large);
        assert_int_equal(e.kind, FAIL_NONE);
        assert_true(!large || n == 0);
        size_t most = before + decode_bytes_without_windows() + texts + 4096;
        assert_true(allocated() < most || !COUNTED_BY_GLIBC);
        decode_allow_windows(d);
        while (decode_next(d, &in, &out, &e) || decode_last(d, &out, &e)) {
            n += out.n;
        }
        assert_int_equal(n, text.n);
        decode_trim(d);
        buf_done(&one);
        buf_done(&object);
    }
    buf_done(&text);
}

static void takes_no_more_memory_than_it_says(void **state UNUSED)
{
    static const size_t limits_of[] = {1 * MIB, 4 * MIB, 8 * MIB, 32 * MIB};
    struct buf text = BUF_INIT(PACK_MAX);
    text_make(&text, 200000, 8);
    for (size_t i = 0; COUNTED_BY_GLIBC && i < sizeof(limits_of) / sizeof(limits_of[0]); i++) {
        struct decode_limits limits = {.zstd_window_bytes = limits_of[i]};
        size_t before = allocated();
        size_t most = 0;
        OWNED(decode) struct decode *d = decode_new(&limits);
        for (int k = 0; k < PACKINGS * PACKINGS * 2; k++) {
            size_t kept = allocated() - before;
            struct buf object = BUF_INIT(PACK_MAX);
            struct buf one = BUF_INIT(PACK_MAX);
            struct span s = span_of(text.p, 200000);
            int log = 20;
            while (k % 2 != 0 && (size_t)2 << log <= limits_of[i]) {
                log++;
            }
            if (k / 2 % PACKINGS == PACK_ZSTD) {
                pack_zstd(&one, s, log, false);
            } else {
                pack(&one, (enum packing)(k / 2 % PACKINGS), s);
            }
            if (k / 2 / PACKINGS == PACK_ZSTD) {
                pack_zstd(&object, buf_span(&one), log, false);
            } else {
                pack(&object, (enum packing)(k / 2 / PACKINGS), buf_span(&one));
            }
            size_t without = allocated();
            struct unpacked u = UNPACKED_INIT;
            decode_reset(d);
            struct span in = buf_span(&object);
            struct span text_piece;
            while (decode_next(d, &in, &text_piece, &u.err)) {
                size_t now = kept + allocated() - without;
                most = now > most ? now : most;
            }
            buf_done(&one);
            buf_done(&object);
            unpacked_done(&u);
        }
        assert_in_range(most, decode_bytes_max(&limits) / 2, decode_bytes_max(&limits));
    }
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_windows_up_to_the_limit_and_names_larger_ones),
        cmocka_unit_test(takes_the_length_of_a_single_segment_for_its_window),
        cmocka_unit_test(gives_the_frames_before_one_that_is_not_read),
        cmocka_unit_test(shares_the_memory_for_windows_between_two_layers),
        cmocka_unit_test(names_what_needs_a_dictionary),
        cmocka_unit_test(skips_a_frame_of_four_gigabytes_without_room_for_it),
        cmocka_unit_test(reads_frames_without_end_for_as_long_as_they_come),
        cmocka_unit_test(counts_a_bomb_over_all_layers),
        cmocka_unit_test(counts_a_bomb_that_gives_no_text),
        cmocka_unit_test(stops_after_some_steps_without_text),
        cmocka_unit_test(takes_wide_text_by_its_length_as_utf8),
        cmocka_unit_test(asks_before_it_takes_memory_for_windows),
        cmocka_unit_test(takes_no_more_memory_than_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
