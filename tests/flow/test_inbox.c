/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "flow/inbox.h"

#include <pthread.h>
#include <stdlib.h>

static struct inflight *message(size_t queue, size_t sched_class, size_t bytes)
{
    struct inflight *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    m->queue = queue;
    m->sched_class = sched_class;
    m->body_bytes = bytes;
    return m;
}

/* True: it waits now. */
static bool put_bytes(struct inbox *i, size_t queue, size_t sched_class, size_t bytes)
{
    if (inbox_reserve(i, queue, INBOX_MIXED, 1) == 0) {
        return false;
    }
    struct inflight *m = message(queue, sched_class, bytes);
    bool taken = inbox_put(i, m, false);
    if (!taken) {
        free(m);
    }
    return taken;
}

static void put(struct inbox *i, size_t queue, size_t sched_class)
{
    assert_int_equal(inbox_reserve(i, queue, sched_class, 1), 1);
    assert_true(inbox_put(i, message(queue, sched_class, 100), false));
}

static size_t take_class(struct inbox *i)
{
    struct inflight *m = inbox_take(i);
    assert_non_null(m);
    size_t sched_class = m->sched_class;
    free(m);
    return sched_class;
}

/* Its objects are short. */
static void make_light(struct inbox *i, size_t sched_class)
{
    put(i, 0, sched_class);
    assert_int_equal(take_class(i), sched_class);
    inbox_finished(i, sched_class, 0);
}

static size_t drain(struct inbox *i)
{
    struct inflight *m = NULL;
    size_t count = 0;
    while ((m = inbox_drain(i)) != NULL) {
        free(m);
        count++;
    }
    return count;
}

static const struct inbox_settings roomy = {
    .slots = 1000, .lanes = 1000, .queues = 1, .sched_classes = 3, .bytes = 1 << 20};

static void takes_in_turns_whatever_the_backlogs(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = inbox_new(&roomy);
    for (int n = 0; n < 20; n++) {
        put(i, 0, 0);
    }
    put(i, 0, 2);
    put(i, 0, 2);
    size_t want[] = {0, 2, 0, 2, 0, 0};
    for (size_t n = 0; n < 6; n++) {
        assert_int_equal(take_class(i), want[n]);
    }
    assert_int_equal(drain(i), 16);
}

static void gives_a_class_no_more_lanes_than_its_limit(void **state UNUSED)
{
    unsigned limits[] = {2, 0};
    struct inbox_settings s = roomy;
    s.limits = limits;
    s.sched_classes = 2;
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
    inbox_finished(i, 0, 0);
    assert_int_equal(take_class(i), 0);
    assert_int_equal(drain(i), 2);
}

static void gives_a_class_no_more_lanes_than_its_share(void **state UNUSED)
{
    struct inbox_settings s = roomy;
    s.lanes = 8;
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    for (size_t c = 0; c < 3; c++) {
        make_light(i, c);
    }
    for (int n = 0; n < 8; n++) {
        put(i, 0, 0);
    }
    for (int n = 0; n < 4; n++) {
        assert_int_equal(take_class(i), 0); /* a half, though no other is there */
    }
    for (int n = 0; n < 8; n++) {
        put(i, 0, 1);
    }
    assert_int_equal(take_class(i), 1);
    assert_int_equal(take_class(i), 1);
    put(i, 0, 2);
    assert_int_equal(take_class(i), 2); /* neither 0 nor 1 may have one of the last two */
    inbox_finished(i, 0, 0);
    inbox_finished(i, 0, 0);
    inbox_finished(i, 2, 0);
    assert_int_equal(take_class(i), 0);
    assert_int_equal(inbox_at_work(i, 0), 3); /* of eight, where 1 has two: none may have more */
    put(i, 0, 2);
    assert_int_equal(take_class(i), 2);
    assert_int_equal(drain(i), 9);
}

/* Eight lanes, and three customers with objects of minutes. */
static void keeps_lanes_for_classes_with_short_objects(void **state UNUSED)
{
    struct inbox_settings s = roomy;
    s.lanes = 8;
    s.sched_classes = 6;
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    make_light(i, 4);
    make_light(i, 5);
    for (size_t c = 0; c < 4; c++) {
        for (int n = 0; n < 8; n++) {
            put(i, 0, c);
        }
    }
    for (size_t n = 0; n < 4; n++) {
        assert_int_equal(take_class(i),
                         n); /* a second one would be more than what is left of six */
    }
    put(i, 0, 4);
    put(i, 0, 5);
    assert_int_equal(take_class(i), 4);
    assert_int_equal(take_class(i), 5);
    inbox_finished(i, 5, 100);
    put(i, 0, 5);
    assert_int_equal(take_class(i), 5);
    inbox_finished(i, 5, 100000); /* a long one: it is as the others now */
    put(i, 0, 5);
    put(i, 0, 5);
    put(i, 0, 4);
    inbox_finished(i, 4, 10);
    assert_int_equal(take_class(i), 5);
    assert_int_equal(take_class(i), 4); /* a second one of 5 would be more than what is left */
    assert_int_equal(drain(i), 4 * 8 - 4 + 1);
}

static void passed_over_classes_keep_their_turn(void **state UNUSED)
{
    unsigned limits[] = {1, 0, 0};
    struct inbox_settings s = roomy;
    s.limits = limits;
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    put(i, 0, 0);
    put(i, 0, 0);
    put(i, 0, 1);
    put(i, 0, 1);
    put(i, 0, 2);
    assert_int_equal(take_class(i), 0);
    assert_int_equal(take_class(i), 1);
    assert_int_equal(take_class(i), 2);
    inbox_finished(i, 0, 0);
    assert_int_equal(take_class(i), 0);
    assert_int_equal(take_class(i), 1);
}

static void keeps_a_slot_for_every_queue(void **state UNUSED)
{
    struct inbox_settings s = roomy;
    s.slots = 27;
    s.queues = 4;
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    assert_int_equal(inbox_reserve(i, 0, 10, 10), 10);
    assert_int_equal(inbox_reserve(i, 0, 10, 10), 4); /* 13 of 27, and its own */
    assert_int_equal(inbox_reserve(i, 0, 10, 10), 0);
    assert_int_equal(inbox_reserve(i, 1, 11, 100), 8); /* 7 of 14 */
    assert_int_equal(inbox_reserve(i, 2, 12, 100), 4); /* 3 of 7 */
    assert_int_equal(inbox_reserve(i, 3, 13, 100), 3);
    inbox_unreserve(i, 0, 14);
    assert_int_equal(inbox_reserve(i, 2, 12, 100), 6);
}

static void never_reserves_more_slots_than_there_are(void **state UNUSED)
{
    struct inbox_settings s = roomy;
    s.slots = 12;
    s.queues = 5;
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    struct rng rng;
    rng_init(&rng, 5);
    size_t held[5] = {0};
    for (int n = 0; n < 20000; n++) {
        size_t q = rng_below(&rng, 5);
        if (rng_below(&rng, 2) == 0) {
            held[q] += inbox_reserve(i, q, q == 0 ? INBOX_MIXED : q, rng_below(&rng, 11));
        } else {
            size_t back = rng_below(&rng, held[q] + 1);
            inbox_unreserve(i, q, back);
            held[q] -= back;
        }
        size_t sum = 0;
        for (size_t k = 0; k < 5; k++) {
            sum += held[k] > 1 ? held[k] - 1 : 0;
        }
        assert_true(sum <= 12);
    }
}

/* 100 messages of class 0 and one of class 1 on one queue: that one is received and taken. */
static void refuses_messages_of_a_class_over_its_share_on_a_queue_of_several(void **state UNUSED)
{
    struct inbox_settings s = roomy;
    s.slots = 16;
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    size_t taken = 0;
    for (int n = 0; n < 100; n++) {
        assert_int_equal(inbox_reserve(i, 0, INBOX_MIXED, 1), 1); /* it can always poll */
        struct inflight *m = message(0, 0, 100);
        if (inbox_put(i, m, false)) {
            taken++;
        } else {
            free(m);
        }
    }
    assert_in_range(taken, 8, 9);
    assert_true(put_bytes(i, 0, 1, 100));
    assert_int_equal(take_class(i), 0);
    assert_int_equal(take_class(i), 1);
    assert_int_equal(drain(i), taken - 1);
}

static void a_message_that_would_not_come_again_is_not_refused(void **state UNUSED)
{
    struct inbox_settings s = roomy;
    s.slots = 2;
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    while (put_bytes(i, 0, 0, 100)) {
    }
    assert_int_equal(inbox_reserve(i, 0, INBOX_MIXED, 1), 1);
    assert_true(inbox_put(i, message(0, 0, 100), true));
    (void)drain(i);
}

static void large_bodies_of_one_class_do_not_stop_others(void **state UNUSED)
{
    struct inbox_settings s = roomy;
    s.queues = 3;
    s.bytes = 1000;
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    size_t waiting = 0;
    for (int n = 0; n < 10; n++) {
        waiting += put_bytes(i, 0, 0, 400);
    }
    assert_int_equal(waiting, 1); /* two would be more than is free */
    assert_int_equal(inbox_reserve(i, 1, 1, 10), 10);
    inbox_unreserve(i, 1, 10);
    assert_true(put_bytes(i, 1, 1, 100));
    assert_true(put_bytes(i, 2, 2, 5000)); /* its first */
    assert_false(put_bytes(i, 1, 1, 1));
    assert_int_equal(take_class(i), 0);
    assert_true(put_bytes(i, 0, 0, 100));
    assert_int_equal(drain(i), 3);
}

static void told(void *ctx)
{
    (*(int *)ctx)++;
}

static void reports_when_a_refused_slot_is_free(void **state UNUSED)
{
    int calls = 0;
    struct inbox_settings s = roomy;
    s.slots = 2;
    s.freed = told;
    s.ctx = &calls;
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    put(i, 0, 0);
    put(i, 0, 0);
    assert_int_equal(inbox_reserve(i, 0, 0, 1), 0);
    free(inbox_take(i));
    assert_int_equal(calls, 1);
    free(inbox_take(i));
    assert_int_equal(calls, 1); /* no poll was refused since */
}

static void a_message_waits_again_in_the_class_of_its_next_record(void **state UNUSED)
{
    unsigned limits[] = {0, 1, 0};
    struct inbox_settings s = roomy;
    s.limits = limits;
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    put(i, 0, 1);
    assert_int_equal(take_class(i), 1);
    put(i, 0, 0);
    struct inflight *m = inbox_take(i);
    assert_int_equal(m->sched_class, 0);
    m->sched_class = 1;
    assert_true(inbox_put_back(i, m, 0, 0));
    assert_int_equal(inbox_waiting(i), 1);
    put(i, 0, 2);
    assert_int_equal(take_class(i), 2); /* class 1 has its one lane */
    inbox_finished(i, 1, 0);
    m = inbox_take(i);
    assert_int_equal(m->sched_class, 1);
    inbox_stop(i);
    assert_false(inbox_put_back(i, m, 1, 0)); /* its lane goes on with it */
    free(m);
    inbox_finished(i, 1, 0);
    assert_int_equal(inbox_at_work(i, 1), 0);
}

static void *taker(void *ctx)
{
    struct inbox *i = ctx;
    struct inflight *m = NULL;
    size_t n = 0;
    while ((m = inbox_take(i)) != NULL) {
        size_t sched_class = m->sched_class;
        if (m->receive_count++ == 0) { /* a second record, of another class */
            m->sched_class = (sched_class + 1) % 3;
            assert_true(inbox_put_back(i, m, sched_class, 0));
            continue;
        }
        free(m);
        inbox_finished(i, sched_class, 0);
        n++;
    }
    return (void *)n;
}

static void hands_each_to_one_of_many_lanes_and_ends_their_wait_on_stop(void **state UNUSED)
{
    unsigned limits[] = {1, 1, 0};
    struct inbox_settings s = roomy;
    s.slots = 8;
    s.lanes = 4;
    s.limits = limits;
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    pthread_t lanes[4];
    for (size_t n = 0; n < 4; n++) {
        assert_int_equal(pthread_create(&lanes[n], NULL, taker, i), 0);
    }
    for (size_t n = 0; n < 3000; n++) {
        while (!put_bytes(i, 0, n % 3, 100)) {
        }
    }
    while (inbox_waiting(i) != 0 ||
           inbox_at_work(i, 0) + inbox_at_work(i, 1) + inbox_at_work(i, 2)) {
    }
    inbox_stop(i);
    size_t sum = 0;
    for (size_t n = 0; n < 4; n++) {
        void *count = NULL;
        assert_int_equal(pthread_join(lanes[n], &count), 0);
        sum += (size_t)count;
    }
    (void)drain(i);
    assert_int_equal(sum, 3000);
}

static void a_class_may_come_later_and_limits_may_change(void **state UNUSED)
{
    unsigned limits[] = {1};
    struct inbox_settings s = roomy;
    s.limits = limits;
    s.sched_classes = 1;
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
    assert_int_equal(take_class(i), 1); /* 0 has no more lanes ... */
    inbox_set_limit(i, 0, 2);
    assert_int_equal(take_class(i), 0); /* ... until now */
    inbox_set_limit(i, 300, 1);
    put(i, 0, 300);
    put(i, 0, 300);
    put(i, 0, 1);
    assert_int_equal(take_class(i), 300);
    assert_int_equal(take_class(i), 1);
    put(i, 0, 1);
    assert_int_equal(take_class(i), 1);
    inbox_finished(i, 300, 0);
    assert_int_equal(take_class(i), 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_in_turns_whatever_the_backlogs),
        cmocka_unit_test(gives_a_class_no_more_lanes_than_its_limit),
        cmocka_unit_test(gives_a_class_no_more_lanes_than_its_share),
        cmocka_unit_test(keeps_lanes_for_classes_with_short_objects),
        cmocka_unit_test(passed_over_classes_keep_their_turn),
        cmocka_unit_test(keeps_a_slot_for_every_queue),
        cmocka_unit_test(never_reserves_more_slots_than_there_are),
        cmocka_unit_test(refuses_messages_of_a_class_over_its_share_on_a_queue_of_several),
        cmocka_unit_test(a_message_that_would_not_come_again_is_not_refused),
        cmocka_unit_test(large_bodies_of_one_class_do_not_stop_others),
        cmocka_unit_test(reports_when_a_refused_slot_is_free),
        cmocka_unit_test(a_message_waits_again_in_the_class_of_its_next_record),
        cmocka_unit_test(a_class_may_come_later_and_limits_may_change),
        cmocka_unit_test(hands_each_to_one_of_many_lanes_and_ends_their_wait_on_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
