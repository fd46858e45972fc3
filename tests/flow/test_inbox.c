/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "flow/inbox.h"

#include <pthread.h>
#include <stdlib.h>

static struct inflight *letter(size_t queue, size_t sched_class)
{
    struct inflight *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    m->queue = queue;
    m->sched_class = sched_class;
    m->body_bytes = 100;
    return m;
}

static void put(struct inbox *i, size_t queue, size_t sched_class)
{
    assert_int_equal(inbox_reserve(i, queue, 1), 1);
    inbox_put(i, letter(queue, sched_class));
}

static size_t take_class(struct inbox *i)
{
    struct inflight *m = inbox_take(i);
    assert_non_null(m);
    size_t sched_class = m->sched_class;
    free(m);
    return sched_class;
}

static void takes_in_turns_whatever_the_backlogs(void **state UNUSED)
{
    struct inbox_settings s = {
        .batch = 10, .places = 100, .queues = 1, .sched_classes = 3, .bytes = 1 << 20};
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    for (int n = 0; n < 20; n++) {
        put(i, 0, 0);
    }
    put(i, 0, 2);
    put(i, 0, 2);
    size_t want[] = {0, 2, 0, 2, 0, 0};
    for (size_t n = 0; n < 6; n++) {
        assert_int_equal(take_class(i), want[n]);
    }
    struct inflight *m = NULL;
    while ((m = inbox_drain(i)) != NULL) {
        free(m);
    }
}

static void gives_a_class_no_more_lanes_than_its_limit(void **state UNUSED)
{
    unsigned limits[] = {2, 0};
    struct inbox_settings s = {.batch = 10,
                               .places = 100,
                               .queues = 1,
                               .sched_classes = 2,
                               .limits = limits,
                               .bytes = 1 << 20};
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    for (int n = 0; n < 5; n++) {
        put(i, 0, 0);
        put(i, 0, 1);
    }
    size_t zeros = 0;
    for (int n = 0; n < 7; n++) {
        zeros += take_class(i) == 0;
    }
    assert_int_equal(zeros, 2);
    inbox_finished(i, 0);
    assert_int_equal(take_class(i), 0);
    struct inflight *m = NULL;
    while ((m = inbox_drain(i)) != NULL) {
        free(m);
    }
}

static void keeps_a_slot_for_every_queue(void **state UNUSED)
{
    struct inbox_settings s = {
        .batch = 10, .places = 30, .queues = 3, .sched_classes = 1, .bytes = 1 << 20};
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    assert_int_equal(inbox_reserve(i, 0, 10), 10);
    assert_int_equal(inbox_reserve(i, 0, 10), 5); /* at most half of the slots */
    assert_int_equal(inbox_reserve(i, 0, 10), 0);
    assert_int_equal(inbox_reserve(i, 1, 10), 10);
    assert_int_equal(inbox_reserve(i, 1, 10), 4);
    assert_int_equal(inbox_reserve(i, 1, 10), 0);
    assert_int_equal(inbox_reserve(i, 2, 10), 1);
    assert_int_equal(inbox_reserve(i, 2, 10), 0);
    inbox_unreserve(i, 0, 15);
    assert_int_equal(inbox_reserve(i, 2, 10), 10);
}

static void never_reserves_more_slots_than_there_are(void **state UNUSED)
{
    struct inbox_settings s = {
        .batch = 10, .places = 17, .queues = 5, .sched_classes = 1, .bytes = 1 << 20};
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    struct rng rng;
    rng_init(&rng, 5);
    size_t held[5] = {0};
    for (int n = 0; n < 20000; n++) {
        size_t q = rng_below(&rng, 5);
        if (rng_below(&rng, 2) == 0) {
            held[q] += inbox_reserve(i, q, rng_below(&rng, 11));
        } else {
            size_t back = rng_below(&rng, held[q] + 1);
            inbox_unreserve(i, q, back);
            held[q] -= back;
        }
        size_t sum = 0;
        for (size_t k = 0; k < 5; k++) {
            sum += held[k] > 1 ? held[k] : 1;
        }
        assert_true(sum <= 17);
    }
}

static void reserves_no_slots_when_the_bodies_are_too_large(void **state UNUSED)
{
    struct inbox_settings s = {
        .batch = 10, .places = 30, .queues = 1, .sched_classes = 1, .bytes = 150};
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    put(i, 0, 0);
    put(i, 0, 0);
    assert_int_equal(inbox_reserve(i, 0, 1), 0);
    free(inbox_take(i));
    assert_int_equal(inbox_reserve(i, 0, 1), 1);
    free(inbox_take(i));
}

static void told(void *ctx)
{
    (*(int *)ctx)++;
}

static void reports_when_a_refused_slot_is_free(void **state UNUSED)
{
    int calls = 0;
    struct inbox_settings s = {.batch = 10,
                               .places = 2,
                               .queues = 1,
                               .sched_classes = 1,
                               .bytes = 1 << 20,
                               .freed = told,
                               .ctx = &calls};
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    put(i, 0, 0);
    put(i, 0, 0);
    assert_int_equal(inbox_reserve(i, 0, 1), 0);
    free(inbox_take(i));
    assert_int_equal(calls, 1);
    free(inbox_take(i));
    assert_int_equal(calls, 1); /* no poll was refused since then */
}

static void *taker(void *ctx)
{
    struct inbox *i = ctx;
    struct inflight *m = NULL;
    size_t n = 0;
    while ((m = inbox_take(i)) != NULL) {
        size_t sched_class = m->sched_class;
        free(m);
        inbox_finished(i, sched_class);
        n++;
    }
    return (void *)n;
}

static void hands_each_to_one_of_many_lanes_and_ends_their_wait_on_stop(void **state UNUSED)
{
    unsigned limits[] = {1, 1, 0};
    struct inbox_settings s = {.batch = 10,
                               .places = 8,
                               .queues = 1,
                               .sched_classes = 3,
                               .limits = limits,
                               .bytes = 1 << 20};
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    pthread_t lanes[4];
    for (size_t n = 0; n < 4; n++) {
        assert_int_equal(pthread_create(&lanes[n], NULL, taker, i), 0);
    }
    for (size_t n = 0; n < 3000; n++) {
        while (inbox_reserve(i, 0, 1) == 0) {
        }
        inbox_put(i, letter(0, n % 3));
    }
    while (inbox_waiting(i) != 0) {
    }
    inbox_stop(i);
    size_t sum = 0;
    for (size_t n = 0; n < 4; n++) {
        void *count = NULL;
        assert_int_equal(pthread_join(lanes[n], &count), 0);
        sum += (size_t)count;
    }
    assert_int_equal(sum, 3000);
}

static void a_class_may_come_later_and_limits_may_change(void **state UNUSED)
{
    unsigned limits[] = {1};
    struct inbox_settings s = {
        .places = 500, .queues = 1, .sched_classes = 1, .limits = limits, .bytes = 1 << 20};
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    assert_int_equal(inbox_at_work(i, 200), 0);
    put(i, 0, 0);
    put(i, 0, 0);
    put(i, 0, 1);
    put(i, 0, 200);
    put(i, 0, 1);
    assert_int_equal(take_class(i), 0);
    assert_int_equal(take_class(i), 1);
    assert_int_equal(take_class(i), 200);
    assert_int_equal(inbox_at_work(i, 200), 1);
    assert_int_equal(take_class(i), 1); /* class 0 has no further lanes ... */
    inbox_set_limit(i, 0, 2);
    assert_int_equal(take_class(i), 0); /* ... until now */
    inbox_set_limit(i, 300, 1);
    put(i, 0, 300);
    put(i, 0, 300);
    put(i, 0, 1);
    assert_int_equal(take_class(i), 1);
    assert_int_equal(take_class(i), 300);
    put(i, 0, 1);
    assert_int_equal(take_class(i), 1);
    inbox_finished(i, 300);
    assert_int_equal(take_class(i), 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_in_turns_whatever_the_backlogs),
        cmocka_unit_test(gives_a_class_no_more_lanes_than_its_limit),
        cmocka_unit_test(keeps_a_slot_for_every_queue),
        cmocka_unit_test(never_reserves_more_slots_than_there_are),
        cmocka_unit_test(reserves_no_slots_when_the_bodies_are_too_large),
        cmocka_unit_test(reports_when_a_refused_slot_is_free),
        cmocka_unit_test(a_class_may_come_later_and_limits_may_change),
        cmocka_unit_test(hands_each_to_one_of_many_lanes_and_ends_their_wait_on_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
