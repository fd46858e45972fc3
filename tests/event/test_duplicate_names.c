/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/buf.h"
#include "base/rng.h"
#include "cpu_time.h"
#include "event/record/duplicate_names.h"

#include <stdlib.h>

enum { TEXT_BYTES = 8 << 20 };

static struct json_reader *reader;
static struct duplicate_names names;

static struct doc scan(struct span text)
{
    struct doc d;
    assert_int_equal(json_scan(reader, &text, &d, NULL), FAIL_NONE);
    return d;
}

/* Compare each name with each later one, which is slow and obvious. */
static size_t compare_all(const struct doc *d, size_t at)
{
    size_t shadowed = 0;
    char tag = doc_tag(d, at);
    if (tag != '{' && tag != '[') {
        return 0;
    }
    size_t name = tag == '{' ? 1 : 0;
    for (size_t i = doc_first(d, at); !doc_at_end(d, i); i = doc_next(d, i + name)) {
        bool again = false;
        for (size_t j = doc_next(d, i + name); name == 1 && !doc_at_end(d, j);
             j = doc_next(d, j + 1)) {
            again = again || span_eq(doc_string(d, i), doc_string(d, j));
        }
        assert_int_equal(name == 1 && duplicate_names_shadowed(&names, i), again);
        shadowed += again + compare_all(d, i + name);
    }
    return shadowed;
}

static void check(const char *text, bool unique)
{
    struct doc d = scan(span_str(text));
    assert_int_equal(duplicate_names_absent(&names, &d, DOC_ROOT), unique);
    assert_int_equal(compare_all(&d, DOC_ROOT) == 0, unique);
}

static void finds_names_that_stand_twice(void **state UNUSED)
{
    check("{}", true);
    check("[]", true);
    check("1", true);
    check("{\"a\":1,\"b\":2}", true);
    check("{\"a\":{\"a\":{\"a\":1}}}", true);
    check("[{\"a\":1},{\"a\":1}]", true);
    check("{\"a\":1,\"a\":2}", false);
    check("{\"a\":1,\"b\":{\"c\":1,\"c\":2},\"d\":[{\"e\":1,\"e\":1}]}", false);
    check("{\"\":1,\"\":2}", false);
    check("{\"\\u0061\":1,\"a\":2}", false);
    check("{\"a\":1,\"a\\u0000\":2}", true);
    check("{\"a\":1,\"a\":2,\"a\":3,\"a\":4}", false);
    check("{\"a\":1}", true); /* the state of the previous object is cleared */
}

static void agrees_with_comparing_all_for_any_number_of_members(void **state UNUSED)
{
    struct rng rng;
    rng_init(&rng, 11);
    for (size_t count = 1; count < 300; count += 7) {
        struct buf text = BUF_INIT(TEXT_BYTES);
        buf_add_byte(&text, '{');
        for (size_t i = 0; i < count; i++) {
            buf_addf(&text, "%s\"%0*d\":{\"x\":1,\"%s\":2}", i > 0 ? "," : "",
                     (int)rng_below(&rng, 30), (int)rng_below(&rng, (uint64_t)count * 4),
                     rng_below(&rng, 50) == 0 ? "x" : "y");
        }
        buf_add_byte(&text, '}');
        struct doc d = scan(buf_span(&text));
        bool unique = duplicate_names_absent(&names, &d, DOC_ROOT);
        assert_int_equal(compare_all(&d, DOC_ROOT) == 0, unique);
        buf_done(&text);
    }
}

static void takes_no_quadratic_time_for_many_members(void **state UNUSED)
{
    struct buf text = BUF_INIT(TEXT_BYTES);
    buf_add_byte(&text, '{');
    for (int i = 0; i < 200000; i++) {
        buf_addf(&text, "%s\"member%d\":0", i > 0 ? "," : "", i / 2);
    }
    buf_add_byte(&text, '}');
    struct doc d = scan(buf_span(&text));
    double before = cpu_seconds();
    assert_false(duplicate_names_absent(&names, &d, DOC_ROOT));
    assert_true(cpu_seconds() - before < 3);
    size_t shadowed = 0;
    for (size_t i = doc_first(&d, DOC_ROOT); !doc_at_end(&d, i); i = doc_next(&d, i + 1)) {
        shadowed += duplicate_names_shadowed(&names, i);
    }
    assert_int_equal(shadowed, 100000);
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_names_that_stand_twice),
        cmocka_unit_test(agrees_with_comparing_all_for_any_number_of_members),
        cmocka_unit_test(takes_no_quadratic_time_for_many_members),
    };
    reader = json_reader_new(TEXT_BYTES);
    duplicate_names_init(&names);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    duplicate_names_done(&names);
    json_reader_free(reader);
    return failed;
}
