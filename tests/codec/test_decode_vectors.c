/* SPDX-License-Identifier: Apache-2.0 */
/* Objects made by the usual writers (tests/tools/make_decode_vectors.py). */
#include "packing.h"

#include <stdio.h>

#include "slurp.h"

static struct span line_take(struct span *s)
{
    struct span line = span_of(s->p, 0);
    while (s->n > 0 && *s->p != '\n') {
        line.n += span_take(s, 1).n;
    }
    assert_true(s->n > 0);
    *s = span_from(*s, 1);
    return line;
}

static void check(const char *name, struct span in, struct span want)
{
    struct unpacked u = UNPACKED_INIT;
    if (want.p == NULL) {
        fail_msg("%s: want is empty", name);
        return;
    }
    struct span kind = line_take(&want);
    struct span words = line_take(&want);
    unpack_any(in, &(struct decode_limits){0}, &u);
    bool right = span_eq(buf_span(&u.text), want) && span_eq(buf_span(&u.words), words) &&
                 span_eq(span_str(err_kind_name(u.err.kind)), kind);
    if (!right) {
        fail_msg("%s: %zu bytes of text, %s, %s (%s)", name, u.text.n, err_kind_name(u.err.kind),
                 u.words.p, u.err.text);
    }
    /* the error of a format that is not read also contains its words */
    assert_true(u.err.kind != FAIL_FORMAT || strncmp(u.err.text, u.words.p, u.words.n) == 0);
    unpacked_done(&u);
}

static void reads_or_names_what_writers_write(void **state UNUSED)
{
    slurp_cases(TEST_VECTORS "/decode", check);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_or_names_what_writers_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
