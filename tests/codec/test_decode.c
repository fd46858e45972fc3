/* SPDX-License-Identifier: Apache-2.0 */
/* Every format, alone and inside another, whole, cut, damaged and padded. */
#include "packing.h"

#include <stdio.h>

static const struct decode_limits no_limits;

static void check(struct span object, struct span text, enum err_kind end, const char *words)
{
    struct unpacked u = UNPACKED_INIT;
    unpack_any(object, &no_limits, &u);
    if (u.err.kind != end) {
        print_error("%s\n", u.err.text);
    }
    assert_int_equal(u.err.kind, end);
    assert_int_equal(u.text.n, text.n);
    assert_true(span_eq(buf_span(&u.text), text));
    assert_string_equal(u.words.p, words);
    unpacked_done(&u);
}

static const char *words_of(enum packing inner, enum packing outer, char *to, size_t cap)
{
    (void)snprintf(to, cap, outer == PACKINGS ? "UTF-8 in %s" : "UTF-8 in %s in %s",
                   packing_names[inner], outer == PACKINGS ? "" : packing_names[outer]);
    return to;
}

static void reads_every_format_of_every_length(void **state UNUSED)
{
    /* around the sizes of the head, a chunk, a block, a window, a block of zstd and of snappy */
    static const size_t lengths[] = {1,     2,     511,   512,   513,    4096,   16383,  16384,
                                     16385, 65535, 65536, 65537, 131071, 131072, 131073, 200001};
    for (int how = 0; how < PACKINGS; how++) {
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
            char words[64];
            struct buf text = BUF_INIT(PACK_MAX);
            struct buf object = BUF_INIT(PACK_MAX);
            text_make(&text, lengths[i], i);
            pack(&object, (enum packing)how, buf_span(&text));
            check(buf_span(&object), buf_span(&text), FAIL_NONE,
                  words_of((enum packing)how, PACKINGS, words, sizeof(words)));
            buf_done(&object);
            buf_done(&text);
        }
    }
}

static void reads_objects_of_nothing(void **state UNUSED)
{
    check(SPAN(""), SPAN(""), FAIL_NONE, "nothing");
    for (int how = 0; how < PACKINGS; how++) {
        char words[64];
        struct buf object = BUF_INIT(PACK_MAX);
        pack(&object, (enum packing)how, SPAN(""));
        (void)snprintf(words, sizeof(words), "nothing in %s", packing_names[how]);
        check(buf_span(&object), SPAN(""), FAIL_NONE, words);
        buf_done(&object);
    }
}

static void reads_any_two_layers_and_names_a_third(void **state UNUSED)
{
    struct buf text = BUF_INIT(PACK_MAX);
    text_make(&text, 70000, 5);
    for (int i = 0; i < PACKINGS * PACKINGS; i++) {
        enum packing inner = (enum packing)(i / PACKINGS);
        enum packing outer = (enum packing)(i % PACKINGS);
        char words[64];
        struct buf one = BUF_INIT(PACK_MAX);
        struct buf two = BUF_INIT(PACK_MAX);
        struct buf three = BUF_INIT(PACK_MAX);
        pack(&one, inner, buf_span(&text));
        pack(&two, outer, buf_span(&one));
        check(buf_span(&two), buf_span(&text), FAIL_NONE, words_of(inner, outer, words, 64));
        pack(&three, PACK_GZIP, buf_span(&two));
        (void)snprintf(words, sizeof(words), "%s in %s in gzip", packing_names[inner],
                       packing_names[outer]);
        check(buf_span(&three), SPAN(""), FAIL_FORMAT, words);
        buf_done(&three);
        buf_done(&two);
        buf_done(&one);
    }
    buf_done(&text);
}

static void reads_members_one_behind_the_other_with_padding_between(void **state UNUSED)
{
    static const struct span paddings[] = {
        SPAN_INIT(""),     SPAN_INIT("\0"),       SPAN_INIT("\n"),
        SPAN_INIT("\r\n"), SPAN_INIT("\0\0\0\0"), SPAN_INIT(" \r\n\0\0\0\0\0\0\0\0\0\0\0\0\n")};
    for (int how = 0; how < PACKINGS; how++) {
        for (size_t i = 0; i < sizeof(paddings) / sizeof(paddings[0]); i++) {
            char words[64];
            struct buf object = BUF_INIT(PACK_MAX);
            pack(&object, (enum packing)how, SPAN("one\n"));
            buf_add(&object, paddings[i]);
            pack(&object, (enum packing)how, SPAN(""));
            buf_add(&object, paddings[i]);
            pack(&object, (enum packing)how, SPAN("two\n"));
            buf_add(&object, paddings[i]);
            check(buf_span(&object), SPAN("one\ntwo\n"), FAIL_NONE,
                  words_of((enum packing)how, PACKINGS, words, sizeof(words)));
            buf_done(&object);
        }
    }
}

static void calls_anything_else_behind_a_member_damage_and_says_where(void **state UNUSED)
{
    static const struct span rests[] = {SPAN_INIT("x"),
                                        SPAN_INIT("\n{\"a\":1}\n"),
                                        SPAN_INIT("\0\0\x1f\x8c"),
                                        SPAN_INIT("\0\x28\xb5\x2f\xfe"),
                                        SPAN_INIT("  \x04\x22\x4d\x19"),
                                        SPAN_INIT("\x02gar")};
    for (int how = 0; how < PACKINGS; how++) {
        for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
            char at[64];
            struct unpacked u = UNPACKED_INIT;
            struct buf object = BUF_INIT(PACK_MAX);
            pack(&object, (enum packing)how, SPAN("good\n"));
            size_t padding = strspn(rests[i].p, " \n");
            padding += rests[i].p[0] == '\0' ? (rests[i].p[1] == '\0' ? 2 : 1) : 0;
            (void)snprintf(at, sizeof(at), "at byte %zu of the object", object.n + padding);
            buf_add(&object, rests[i]);
            buf_add(&object, SPAN("more"));
            unpack_any(buf_span(&object), &no_limits, &u);
            assert_int_equal(u.err.kind, FAIL_DATA);
            assert_span_equal(buf_span(&u.text), SPAN("good\n"));
            /* a zero also begins a compressed chunk of snappy, here one with a wrong length */
            if (how != PACK_SNAPPY || rests[i].p[0] != '\0') {
                assert_non_null(strstr(u.err.text, "garbage behind a "));
                assert_non_null(strstr(u.err.text, at));
            }
            buf_done(&object);
            unpacked_done(&u);
        }
    }
}

static bool is_head(struct span head, struct span whole)
{
    return head.n <= whole.n && (head.n == 0 || memcmp(head.p, whole.p, head.n) == 0);
}

static void gives_the_text_before_a_cut_and_says_that_there_is_one(void **state UNUSED)
{
    struct buf text = BUF_INIT(PACK_MAX);
    text_make(&text, 3000, 9);
    for (int how = 0; how < PACKINGS; how++) {
        struct buf object = BUF_INIT(PACK_MAX);
        pack(&object, (enum packing)how, buf_span(&text));
        for (size_t n = 2; n < object.n; n++) {
            struct unpacked u = UNPACKED_INIT;
            unpack_by(span_of(object.p, n), 700, &no_limits, &u);
            assert_true(is_head(buf_span(&u.text), buf_span(&text)));
            /* a stream of snappy may end after its first chunk, and a zero there is padding */
            bool may_end = how == PACK_SNAPPY && (n == 10 || n == 11);
            assert_int_equal(u.err.kind, may_end ? FAIL_NONE : FAIL_DATA);
            unpacked_done(&u);
        }
        buf_done(&object);
    }
    buf_done(&text);
}

static void finds_every_flipped_bit_or_gives_the_text_all_the_same(void **state UNUSED)
{
    struct buf text = BUF_INIT(PACK_MAX);
    text_make(&text, 900, 11);
    for (int how = 0; how < PACKINGS; how++) {
        struct buf object = BUF_INIT(PACK_MAX);
        pack(&object, (enum packing)how, buf_span(&text));
        for (size_t i = 10; i < object.n; i++) { /* after all magics */
            struct unpacked u = UNPACKED_INIT;
            object.p[i] = (char)(object.p[i] ^ 1 << (i % 8));
            unpack_by(buf_span(&object), object.n, &no_limits, &u);
            if (u.err.kind == FAIL_NONE) {
                assert_span_equal(buf_span(&u.text), buf_span(&text));
            }
            unpacked_done(&u);
            object.p[i] = (char)(object.p[i] ^ 1 << (i % 8));
        }
        buf_done(&object);
    }
    buf_done(&text);
}

/* Blocks of text, then a damaged block: the text of the blocks before it is returned. */
static void loses_of_damaged_data_only_what_is_behind_it(void **state UNUSED)
{
    struct buf text = BUF_INIT(PACK_MAX);
    text_make(&text, 1000000, 13);
    for (int how = 0; how < PACKINGS; how++) {
        struct unpacked u = UNPACKED_INIT;
        struct buf object = BUF_INIT(PACK_MAX);
        if (how == PACK_LZ4) { /* by default a block is 4 MiB */
            pack_lz4(&object, buf_span(&text),
                     &(LZ4F_preferences_t){.frameInfo = {.blockSizeID = LZ4F_max64KB}});
        } else {
            pack(&object, (enum packing)how, buf_span(&text));
        }
        memset(object.p + object.n - object.n / 4, 0x55, 100);
        unpack_any(buf_span(&object), &no_limits, &u);
        assert_int_equal(u.err.kind, FAIL_DATA);
        size_t same = 0;
        while (same < u.text.n && u.text.p[same] == text.p[same]) {
            same++;
        }
        assert_true(same > 500000);
        buf_done(&object);
        unpacked_done(&u);
    }
    buf_done(&text);
}

/* Bits of deflate: numbers with the low bit first, codes with the high bit first. */
struct bits {
    struct buf *out;
    unsigned n;
};

static void put_bit(struct bits *b, unsigned bit)
{
    if (b->n % 8 == 0) {
        buf_add_byte(b->out, '\0');
    }
    b->out->p[b->out->n - 1] = (char)(b->out->p[b->out->n - 1] | (char)(bit << b->n % 8));
    b->n++;
}

static void put_code(struct bits *b, unsigned code, unsigned n)
{
    for (unsigned i = n; i > 0; i--) {
        put_bit(b, code >> (i - 1) & 1);
    }
}

/* A block of fixed codes: letters, then a copy of 258 bytes from before the beginning. */
static void copy_from_nowhere(struct buf *object, size_t letters, unsigned distance_code)
{
    struct bits b = {.out = object};
    buf_add(object, SPAN("\x1f\x8b\x08\0\0\0\0\0\0\xff"));
    put_bit(&b, 1);
    put_bit(&b, 1);
    put_bit(&b, 0);
    for (size_t i = 0; i < letters; i++) {
        put_code(&b, 0x30 + 'a', 8);
    }
    put_code(&b, 0xc5, 8);
    put_code(&b, distance_code, 5);
    for (int i = 0; i < 13; i++) {
        put_bit(&b, 1);
    }
    for (int i = 0; i < 100; i++) {
        put_code(&b, 0x30 + 'b', 8);
    }
}

static void gives_nothing_of_the_object_before(void **state UNUSED)
{
    OWNED(decode) struct decode *d = decode_new(&no_limits);
    struct buf text = BUF_INIT(PACK_MAX);
    struct buf other = BUF_INIT(PACK_MAX);
    while (text.n < 300000) {
        buf_add(&text, SPAN("{\"secret\":\"of another\"}\n"));
    }
    pack(&other, PACK_GZIP, buf_span(&text));
    static const size_t letters[] = {0, 1, 12, 300, 1000};
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        for (unsigned code = 29; code < 32; code++) { /* too far; and two undefined ones */
            struct unpacked u = UNPACKED_INIT;
            struct buf object = BUF_INIT(PACK_MAX);
            copy_from_nowhere(&object, letters[i], code);
            unpack_with(d, buf_span(&other), 100000, &u);
            assert_int_equal(u.err.kind, FAIL_NONE);
            unpack_with(d, buf_span(&object), 100000, &u);
            assert_int_equal(u.err.kind, FAIL_DATA);
            assert_in_range(u.text.n, letters[i] < 258 ? 0 : letters[i] - 258, letters[i]);
            for (size_t k = 0; k < u.text.n; k++) {
                assert_int_equal(u.text.p[k], 'a');
            }
            buf_done(&object);
            unpacked_done(&u);
        }
    }
    buf_done(&other);
    buf_done(&text);
}

static void tells_of_damage_in_the_inner_layer_where_it_is(void **state UNUSED)
{
    struct buf inner = BUF_INIT(PACK_MAX);
    struct buf object = BUF_INIT(PACK_MAX);
    struct unpacked u = UNPACKED_INIT;
    pack(&inner, PACK_GZIP, SPAN("good\n"));
    size_t at = inner.n;
    buf_add(&inner, SPAN("garbage"));
    pack(&object, PACK_ZSTD, buf_span(&inner));
    unpack_any(buf_span(&object), &no_limits, &u);
    char want[128];
    (void)snprintf(want, sizeof(want),
                   "gzip: garbage behind a member at byte %zu of what is in zstd", at);
    assert_string_equal(u.err.text, want);
    assert_span_equal(buf_span(&u.text), SPAN("good\n"));
    /* the cut is in the outer one, so the error names the outer one */
    unpack_any(span_of(object.p, object.n - 1), &no_limits, &u);
    assert_int_equal(u.err.kind, FAIL_DATA);
    assert_non_null(strstr(u.err.text, "zstd: the data end inside a frame"));
    unpacked_done(&u);
    buf_done(&object);
    buf_done(&inner);
}

static void finds_a_wrong_length_of_a_frame(void **state UNUSED)
{
    /* 243 bytes are stated, and the only block is empty; none is stated; 3 are, and there are 2 */
    check(SPAN("\x28\xb5\x2f\xfd\x20\xf3\x01\x00\x00"), SPAN(""), FAIL_DATA, "nothing in zstd");
    check(SPAN("\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00"), SPAN(""), FAIL_NONE, "nothing in zstd");
    check(SPAN("\x28\xb5\x2f\xfd\x20\x03\x11\x00\x00xy"), SPAN(""), FAIL_DATA, "nothing in zstd");
    for (size_t n = 4; n <= 6; n++) {
        LZ4F_preferences_t how = {.frameInfo = {.contentSize = 5}};
        struct unpacked u = UNPACKED_INIT;
        struct buf one = BUF_INIT(PACK_MAX);
        struct buf other = BUF_INIT(PACK_MAX);
        pack_lz4(&one, SPAN("12345"), &how);
        how.frameInfo.contentSize = n;
        pack_lz4(&other, span_of("123456", n), &how);
        memcpy(one.p, other.p, 15); /* its header */
        unpack_any(buf_span(&one), &no_limits, &u);
        assert_int_equal(u.err.kind, n == 5 ? FAIL_NONE : FAIL_DATA);
        buf_done(&one);
        buf_done(&other);
        unpacked_done(&u);
    }
}

static void reads_lz4_of_every_kind_its_library_writes(void **state UNUSED)
{
    struct buf text = BUF_INIT(PACK_MAX);
    text_make(&text, 9 << 20, 17);
    for (unsigned i = 0; i < 4U * 2 * 2 * 2 * 2; i++) {
        LZ4F_preferences_t how = {
            .frameInfo = {.blockSizeID = (LZ4F_blockSizeID_t)(LZ4F_max64KB + i % 4),
                          .blockMode = i / 4 % 2 != 0 ? LZ4F_blockIndependent : LZ4F_blockLinked,
                          .contentChecksumFlag = (LZ4F_contentChecksum_t)(i / 8 % 2),
                          .blockChecksumFlag = (LZ4F_blockChecksum_t)(i / 16 % 2)}};
        struct span s = span_of(text.p, i % 4 == 3 ? text.n : 300000);
        how.frameInfo.contentSize = i / 32 % 2 != 0 ? s.n : 0;
        struct unpacked u = UNPACKED_INIT;
        struct buf object = BUF_INIT(PACK_MAX);
        pack_lz4(&object, s, &how);
        unpack_by(buf_span(&object), 50000, &no_limits, &u);
        assert_int_equal(u.err.kind, FAIL_NONE);
        assert_true(span_eq(buf_span(&u.text), s));
        unpacked_done(&u);
        buf_done(&object);
    }
    buf_done(&text);
}

/* Text that cannot be compressed is stored; text of one letter is compressed most. */
static void reads_what_hardly_and_what_best_compresses(void **state UNUSED)
{
    enum { BYTES = 5 << 20 };
    for (int kind = 0; kind < 3; kind++) {
        struct buf text = BUF_INIT(PACK_MAX);
        struct rng rng;
        rng_init(&rng, 23);
        while (text.n < BYTES) {
            uint64_t r = rng_below(&rng, 256);
            buf_add_byte(&text, kind == 0 ? (char)r : kind == 1 ? 'x' : (char)(r < 3 ? r : 'y'));
        }
        memcpy(text.p, "{\"\x01\"", 4); /* no known format */
        for (int how = 0; how < PACKINGS; how++) {
            struct unpacked u = UNPACKED_INIT;
            struct buf object = BUF_INIT(PACK_MAX);
            pack(&object, (enum packing)how, buf_span(&text));
            unpack_by(buf_span(&object), 100000, &no_limits, &u);
            assert_int_equal(u.err.kind, FAIL_NONE);
            assert_int_equal(u.text.n, text.n);
            assert_true(span_eq(buf_span(&u.text), buf_span(&text)));
            unpacked_done(&u);
            buf_done(&object);
        }
        buf_done(&text);
    }
}

static void reads_the_chunks_of_snappy_that_are_known_and_skips_the_rest(void **state UNUSED)
{
    struct buf b = BUF_INIT(PACK_MAX);
    pack_snappy(&b, SPAN("one\n"));
    buf_add(&b, SPAN("\xfe\x03\x00\x00pad"));
    pack_snappy_chunk(&b, SPAN("two\n"), false);
    buf_add(&b, SPAN("\x80\x05\x00\x00"
                     "skip!"));
    pack_snappy_chunk(&b, SPAN(""), false);
    buf_add(&b, SPAN("\xfd\x00\x00\x00"));
    pack_snappy(&b, SPAN("three\n"));
    check(buf_span(&b), SPAN("one\ntwo\nthree\n"), FAIL_NONE, "UTF-8 in snappy");
    buf_add(&b, SPAN("\x00\x03\x00\x00"
                     "abc"));
    check(buf_span(&b), SPAN("one\ntwo\nthree\n"), FAIL_DATA, "UTF-8 in snappy");
    buf_done(&b);
}

static void skips_frames_of_zstd_and_lz4(void **state UNUSED)
{
    static const struct span skip = SPAN_INIT("\x5f\x2a\x4d\x18\x04\x00\x00\x00text");
    static const struct span empty = SPAN_INIT("\x50\x2a\x4d\x18\x00\x00\x00\x00");
    static const enum packing types[] = {PACK_ZSTD, PACK_LZ4};
    for (size_t i = 0; i < 2; i++) {
        char words[64];
        struct buf b = BUF_INIT(PACK_MAX);
        buf_add(&b, empty);
        buf_add(&b, skip);
        pack(&b, types[i], SPAN("one\n"));
        buf_add(&b, skip);
        buf_add(&b, empty);
        pack(&b, types[i], SPAN("two\n"));
        buf_add(&b, empty);
        check(buf_span(&b), SPAN("one\ntwo\n"), FAIL_NONE,
              words_of(types[i], PACKINGS, words, sizeof(words)));
        check(span_of(b.p, b.n - 1), SPAN("one\ntwo\n"), FAIL_DATA, words);
        buf_done(&b);
    }
    check(skip, SPAN(""), FAIL_NONE, "nothing in skippable frames of zstd or lz4");
    check(SPAN("\x50\x2a\x4d\x18\x00\x00\x00\x00garbage"), SPAN(""), FAIL_DATA,
          "nothing in skippable frames of zstd or lz4");
}

static void is_used_for_one_object_after_another_of_any_format(void **state UNUSED)
{
    OWNED(decode) struct decode *d = decode_new(&no_limits);
    struct rng rng;
    rng_init(&rng, 31);
    for (int round = 0; round < 60; round++) {
        struct buf text = BUF_INIT(PACK_MAX);
        struct buf one = BUF_INIT(PACK_MAX);
        struct buf two = BUF_INIT(PACK_MAX);
        struct unpacked u = UNPACKED_INIT;
        text_make(&text, 1 + rng_below(&rng, 100000), (uint64_t)round);
        pack(&one, (enum packing)rng_below(&rng, PACKINGS), buf_span(&text));
        pack(&two, (enum packing)rng_below(&rng, PACKINGS), buf_span(&one));
        struct span object = round % 3 == 0   ? buf_span(&text)
                             : round % 3 == 1 ? buf_span(&one)
                                              : buf_span(&two);
        bool cut = rng_below(&rng, 3) == 0;
        unpack_with(d, span_of(object.p, cut ? object.n / 2 : object.n), 0, &u);
        if (!cut) {
            assert_int_equal(u.err.kind, FAIL_NONE);
            assert_true(span_eq(buf_span(&u.text), buf_span(&text)));
        }
        unpacked_done(&u);
        buf_done(&two);
        buf_done(&one);
        buf_done(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_format_of_every_length),
        cmocka_unit_test(reads_objects_of_nothing),
        cmocka_unit_test(reads_any_two_layers_and_names_a_third),
        cmocka_unit_test(reads_members_one_behind_the_other_with_padding_between),
        cmocka_unit_test(calls_anything_else_behind_a_member_damage_and_says_where),
        cmocka_unit_test(gives_the_text_before_a_cut_and_says_that_there_is_one),
        cmocka_unit_test(finds_every_flipped_bit_or_gives_the_text_all_the_same),
        cmocka_unit_test(loses_of_damaged_data_only_what_is_behind_it),
        cmocka_unit_test(gives_nothing_of_the_object_before),
        cmocka_unit_test(tells_of_damage_in_the_inner_layer_where_it_is),
        cmocka_unit_test(finds_a_wrong_length_of_a_frame),
        cmocka_unit_test(reads_lz4_of_every_kind_its_library_writes),
        cmocka_unit_test(reads_what_hardly_and_what_best_compresses),
        cmocka_unit_test(reads_the_chunks_of_snappy_that_are_known_and_skips_the_rest),
        cmocka_unit_test(skips_frames_of_zstd_and_lz4),
        cmocka_unit_test(is_used_for_one_object_after_another_of_any_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
