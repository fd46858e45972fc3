/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/buf.h"

static void keeps_its_ceiling_and_remembers(void **state UNUSED)
{
    struct buf b = BUF_INIT(5);
    buf_add(&b, SPAN("abc"));
    buf_addf(&b, "%d", 123);
    buf_add(&b, SPAN("z"));
    assert_true(b.overflowed);
    assert_span_equal(buf_span(&b), SPAN("abc"));
    buf_done(&b);
}

static void never_allocates_far_beyond_its_ceiling(void **state UNUSED)
{
    struct buf b = BUF_INIT(100);
    for (int i = 0; i < 100; i++) {
        buf_add_byte(&b, 'x');
    }
    assert_false(b.overflowed);
    assert_true(b.cap <= 101);
    assert_int_equal(b.p[100], '\0');
    buf_done(&b);
}

static void adds_numbers_in_decimal(void **state UNUSED)
{
    struct buf b = BUF_INIT(100);
    static const uint64_t numbers[] = {0, 7, 10, 4294967296U, UINT64_MAX};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        buf_add_number(&b, numbers[i]);
        buf_add_byte(&b, ' ');
    }
    assert_span_equal(buf_span(&b), SPAN("0 7 10 4294967296 18446744073709551615 "));
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_its_ceiling_and_remembers),
        cmocka_unit_test(never_allocates_far_beyond_its_ceiling),
        cmocka_unit_test(adds_numbers_in_decimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
