/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/rng.h"
#include "codec/checksum.h"
#include "codec/crc64.h"
#include "codec/crc64_table.h"

#include <stdio.h>

/* The checksums of "123456789" (check values of the CRC catalogue; FIPS 180-4), in base64. */
static const struct {
    const char *header;
    enum checksum_kind kind;
} checks[] = {
    {"x-amz-checksum-crc64nvme: rosUhgp5mIg=\n", CHECKSUM_CRC64NVME},
    {"x-amz-checksum-crc32c: 4waSgw==\n", CHECKSUM_CRC32C},
    {"x-amz-checksum-crc32: y/Q5Jg==\n", CHECKSUM_CRC32},
    {"x-amz-checksum-sha256: FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=\n", CHECKSUM_SHA256},
    {"x-amz-checksum-sha1: 98O8HYCOBHMq32eZZczDTKeuNEE=\n", CHECKSUM_SHA1},
};
enum { CHECKS = sizeof(checks) / sizeof(checks[0]) };

static void knows_the_published_check_values(void **state UNUSED)
{
    struct checksum c = {0};
    for (size_t i = 0; i < CHECKS; i++) {
        struct checksum_want want;
        checksum_find(&want, span_str(checks[i].header));
        assert_int_equal(want.kind, checks[i].kind);
        checksum_start(&c, want.kind);
        checksum_add(&c, SPAN("123456789"));
        assert_true(checksum_matches(&c, &want));
        checksum_start(&c, want.kind);
        checksum_add(&c, SPAN("123456788"));
        assert_false(checksum_matches(&c, &want));
    }
    checksum_done(&c);
}

static void gives_the_same_sum_for_any_pieces(void **state UNUSED)
{
    char text[4096];
    struct rng rng;
    struct checksum whole = {0};
    struct checksum cut = {0};
    rng_init(&rng, 9);
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (char)(unsigned char)rng_next(&rng);
    }
    for (int round = 0; round < 200; round++) {
        struct checksum_want want = {0};
        size_t n = rng_below(&rng, sizeof(text) + 1);
        checksum_find(&want, span_str(checks[round % CHECKS].header));
        checksum_start(&whole, want.kind);
        checksum_start(&cut, want.kind);
        checksum_add(&whole, span_of(text, n));
        struct span rest = span_of(text, n);
        while (rest.n > 0) {
            checksum_add(&cut, span_take(&rest, 1 + rng_below(&rng, rest.n)));
        }
        assert_int_equal(whole.crc, cut.crc);
        assert_int_equal(checksum_matches(&whole, &want), checksum_matches(&cut, &want));
    }
    checksum_done(&whole);
    checksum_done(&cut);
}

static void each_table_entry_is_a_division_bit_by_bit(void **state UNUSED)
{
    for (size_t k = 0; k < 8; k++) {
        for (size_t i = 0; i < 256; i++) {
            uint64_t crc = i;
            for (size_t bit = 0; bit < 8 * (k + 1); bit++) {
                crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x9A6C9329AC4BC9B5U : 0);
            }
            assert_true(crc64_table[k][i] == crc);
        }
    }
}

static void folding_gives_what_the_tables_give(void **state UNUSED)
{
    char text[2048];
    struct rng rng;
    rng_init(&rng, 11);
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (char)(unsigned char)rng_next(&rng);
    }
    for (size_t n = 0; n < 600; n++) {
        struct span s = span_of(text + rng_below(&rng, 1000), n);
        uint64_t crc = rng_next(&rng);
        assert_true(crc64_nvme(crc, s) == crc64_nvme_by_table(crc, s));
    }
}

static void takes_nothing_that_is_not_of_the_full_object(void **state UNUSED)
{
    const char *const none[] = {
        "",
        "x-amz-checksum-crc32: y/Q5Jg==\nx-amz-checksum-type: COMPOSITE\n",
        "x-amz-checksum-crc32: y/Q5Jg==-3\n",
        "x-amz-checksum-crc32: y/Q5Jg\n",
        "x-amz-checksum-crc32: y/Q5JgAA\n",
        "x-amz-checksum-crc32: y/Q5J===\n",
        "x-amz-checksum-crc32: !/Q5Jg==\n",
        "x-amz-checksum-crc32: \n",
        "x-amz-checksum-md5: JfnnlDI7RTiF9RgfGz2MkA==\n",
    };
    struct checksum_want want;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        checksum_find(&want, span_str(none[i]));
        assert_int_equal(want.kind, CHECKSUM_NONE);
    }
    checksum_find(&want, SPAN("x-amz-checksum-crc32: bad\nx-amz-checksum-sha1: "
                              "98O8HYCOBHMq32eZZczDTKeuNEE=\nx-amz-checksum-type: FULL_OBJECT\n"));
    assert_int_equal(want.kind, CHECKSUM_SHA1);
}

static void without_a_checksum_everything_matches(void **state UNUSED)
{
    struct checksum c = {0};
    struct checksum_want want = {.kind = CHECKSUM_NONE};
    checksum_start(&c, want.kind);
    checksum_add(&c, SPAN("x"));
    assert_true(checksum_matches(&c, &want));
    assert_string_equal(checksum_name(CHECKSUM_CRC64NVME), "CRC64NVME");
    checksum_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_published_check_values),
        cmocka_unit_test(gives_the_same_sum_for_any_pieces),
        cmocka_unit_test(each_table_entry_is_a_division_bit_by_bit),
        cmocka_unit_test(folding_gives_what_the_tables_give),
        cmocka_unit_test(takes_nothing_that_is_not_of_the_full_object),
        cmocka_unit_test(without_a_checksum_everything_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
