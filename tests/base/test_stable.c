/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/lock.h"
#include "base/stable.h"

enum { MANY = 5000 };

static void elements_never_move_and_begin_with_zeros(void **state UNUSED)
{
    struct stable s = STABLE_INIT(sizeof(size_t));
    size_t *at[MANY];
    for (size_t i = 0; i < MANY; i++) {
        at[i] = stable_prepare(&s);
        assert_int_equal(*at[i], 0);
        assert_ptr_equal(stable_prepare(&s), at[i]); /* until it is published */
        assert_int_equal(stable_count(&s), i);
        *at[i] = i + 1;
        stable_publish(&s);
    }
    assert_int_equal(stable_count(&s), MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_ptr_equal(stable_at(&s, i), at[i]);
        assert_int_equal(*at[i], i + 1);
    }
    stable_done(&s);
}

static void *read_all(void *arg)
{
    const struct stable *s = arg;
    size_t count = 0;
    while (count < MANY) {
        count = stable_count(s);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(*(size_t *)stable_at(s, i), i + 1);
        }
    }
    return NULL;
}

static void a_reader_sees_what_was_written_before_it_was_published(void **state UNUSED)
{
    struct stable s = STABLE_INIT(sizeof(size_t));
    pthread_t reader;
    thread_start(&reader, "reader", read_all, &s);
    for (size_t i = 0; i < MANY; i++) {
        *(size_t *)stable_prepare(&s) = i + 1;
        stable_publish(&s);
    }
    thread_join(reader);
    stable_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_never_move_and_begin_with_zeros),
        cmocka_unit_test(a_reader_sees_what_was_written_before_it_was_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
