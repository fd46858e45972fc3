/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/text_index.h"

#include <stdio.h>

enum { MANY = 5000, NAME_BYTES = 16 };

static void finds_what_was_added_and_nothing_else(void **state UNUSED)
{
    static char names[MANY][NAME_BYTES];
    struct text_index x = TEXT_INDEX_INIT;
    assert_true(text_index_find(&x, SPAN("name-1")) == TEXT_INDEX_NONE);
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(names[i], NAME_BYTES, "name-%zu", i);
        assert_true(text_index_find(&x, span_str(names[i])) == TEXT_INDEX_NONE);
        text_index_add(&x, span_str(names[i]), i * 3);
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(text_index_find(&x, span_str(names[i])), i * 3);
    }
    assert_true(text_index_find(&x, SPAN("name-")) == TEXT_INDEX_NONE);
    assert_true(text_index_find(&x, SPAN("name-5000")) == TEXT_INDEX_NONE);
    assert_true(x.room <= 4 * MANY);
    text_index_done(&x);
}

static void an_empty_text_and_any_bytes_are_texts(void **state UNUSED)
{
    struct text_index x = TEXT_INDEX_INIT;
    text_index_add(&x, (struct span){NULL, 0}, 1);
    text_index_add(&x, span_of("a\0b", 3), 2);
    text_index_add(&x, span_of("a\0c", 3), 3);
    assert_int_equal(text_index_find(&x, SPAN("")), 1);
    assert_int_equal(text_index_find(&x, span_of("a\0c", 3)), 3);
    assert_true(text_index_find(&x, SPAN("a")) == TEXT_INDEX_NONE);
    text_index_done(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_added_and_nothing_else),
        cmocka_unit_test(an_empty_text_and_any_bytes_are_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
