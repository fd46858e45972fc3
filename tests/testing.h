/* SPDX-License-Identifier: Apache-2.0 */
/* testing.h - included first by every cmocka program. */
#ifndef TESTS_TESTING_H
#define TESTS_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/span.h"

#include <stdlib.h>

/* TEST_FILTER=pattern runs only the tests with matching names; scripts/t sets it. */
__attribute__((constructor)) UNUSED static void take_test_filter(void)
{
    const char *pattern = getenv("TEST_FILTER"); /* NOLINT(concurrency-mt-unsafe): no thread yet */
    if (pattern != NULL) {
        cmocka_set_test_filter(pattern);
    }
}

#define assert_span_equal(got, want) assert_span_equal_((got), (want), __FILE__, __LINE__)

UNUSED static void assert_span_equal_(struct span got, struct span want, const char *file, int line)
{
    if (!span_eq(got, want)) {
        print_error("%s:%d:\n got [%.*s]\nwant [%.*s]\n", file, line, SPAN_FMT(got),
                    SPAN_FMT(want));
        _fail(file, line);
    }
}

#endif
