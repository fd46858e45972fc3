/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "event/map/convert.h"

#include <stdio.h>

/* An integer gives the same result as its digits. */
static void an_integer_is_as_its_digits(void **state)
{
    (void)state;
    struct arena arena = ARENA_INIT;
    char digits[24];
    uint64_t v = 1;
    for (int i = 0; i < 4000; i++) {
        v = v * 6364136223846793005U + 1442695040888963407U;
        int64_t n = (int64_t)(v >> v % 64) * (i % 2 == 0 ? 1 : -1);
        n = n == INT64_MIN ? INT64_MAX : n;
        (void)snprintf(digits, sizeof(digits), "%lld", (long long)n);
        for (int64_t per = 1; per <= 1000000; per *= 1000000) {
            struct span text;
            arena_clear(&arena);
            assert_true(convert_whole(&arena, span_str(digits), per, &text));
            assert_span_equal(convert_integer(&arena, n, per), text);
        }
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_integer_is_as_its_digits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
