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
    assert_false(long_lines_take(l, &a, SPAN("a")));
    long_lines_release(l);
    assert_true(long_lines_take(l, &a, SPAN("a")));
    long_lines_release(l);
    assert_false(long_lines_take(l, &b, SPAN("b")));
    long_lines_release(l);
    assert_false(long_lines_take(l, &a, SPAN("a")));
    long_lines_release(l);
    assert_int_equal(long_lines_waiting(l), 0);
}

struct turn {
    struct long_lines *l;
    pthread_t thread;
    int *served;
    int place;
    char party;
};

static void *take_a_turn(void *arg)
{
    struct turn *t = arg;
    bool before = long_lines_take(t->l, t, span_of(&t->party, 1));
    assert_false(before);
    t->place = (*t->served)++;
    long_lines_release(t->l);
    return NULL;
}

/* parties: of the threads, in the order in which they ask. places: in which they are served. */
static void serve(const char *parties, const int *places)
{
    OWNED(long_lines) struct long_lines *l = long_lines_new(LINE_BYTES);
    struct turn turns[THREADS];
    int served = 0;
    assert_false(long_lines_take(l, &served, SPAN("x")));
    for (size_t i = 0; i < THREADS; i++) {
        turns[i] = (struct turn){.l = l, .served = &served, .party = parties[i]};
        thread_start(&turns[i].thread, "turn", take_a_turn, &turns[i]);
        while (long_lines_waiting(l) < i + 1) {
            (void)sched_yield();
        }
    }
    long_lines_release(l);
    for (size_t i = 0; i < THREADS; i++) {
        thread_join(turns[i].thread);
        assert_int_equal(turns[i].place, places[i]);
    }
}

static void serves_threads_of_one_party_in_the_order_in_which_they_ask(void **state UNUSED)
{
    static const int places[THREADS] = {0, 1, 2, 3, 4, 5, 6, 7};
    serve("aaaaaaaa", places);
}

static void a_party_waits_for_one_turn_of_each_other_party(void **state UNUSED)
{
    static const int places[THREADS] = {0, 3, 5, 6, 7, 1, 2, 4};
    serve("aaaaabcc", places);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_whether_another_used_the_readers),
        cmocka_unit_test(serves_threads_of_one_party_in_the_order_in_which_they_ask),
        cmocka_unit_test(a_party_waits_for_one_turn_of_each_other_party),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
