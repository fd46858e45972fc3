/* SPDX-License-Identifier: Apache-2.0 */
/* testing.h - what every cmocka program includes first. */
#ifndef TESTS_TESTING_H
#define TESTS_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/span.h"

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
