/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/lock.h"
#include "event/record/long_lines.h"

#include <sched.h>

enum { LINE_BYTES = 1 << 17, THREADS = 8 };

static void says_whether_another_used_the_readers(void **state UNUSED)
{
    OWNED(long_lines) struct long_lines *l = long_lines_new(LINE_BYTES);
    int a = 0;
    int b = 0;
    assert_false(long_lines_take(l, &a));
    long_lines_release(l);
    assert_true(long_lines_take(l, &a));
    long_lines_release(l);
    assert_false(long_lines_take(l, &b));
    long_lines_release(l);
    assert_false(long_lines_take(l, &a));
    long_lines_release(l);
    assert_int_equal(long_lines_waiting(l), 0);
}

struct turn {
    struct long_lines *l;
    pthread_t thread;
    int *served;
    int place;
};

static void *take_a_turn(void *arg)
{
    struct turn *t = arg;
    bool before = long_lines_take(t->l, t);
    assert_false(before);
    t->place = (*t->served)++;
    long_lines_release(t->l);
    return NULL;
}

static void serves_threads_in_the_order_in_which_they_ask(void **state UNUSED)
{
    OWNED(long_lines) struct long_lines *l = long_lines_new(LINE_BYTES);
    struct turn turns[THREADS];
    int served = 0;
    assert_false(long_lines_take(l, &served));
    for (size_t i = 0; i < THREADS; i++) {
        turns[i] = (struct turn){.l = l, .served = &served};
        thread_start(&turns[i].thread, "turn", take_a_turn, &turns[i]);
        while (long_lines_waiting(l) < i + 1) {
            (void)sched_yield();
        }
    }
    long_lines_release(l);
    assert_false(
        long_lines_take(l, &served)); /* after all waiting threads, although they are free */
    assert_int_equal(served, THREADS);
    long_lines_release(l);
    for (size_t i = 0; i < THREADS; i++) {
        thread_join(turns[i].thread);
        assert_int_equal(turns[i].place, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_whether_another_used_the_readers),
        cmocka_unit_test(serves_threads_in_the_order_in_which_they_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
