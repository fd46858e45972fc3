/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "flow/inbox.h"

#include <stdlib.h>
#include <string.h>

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

/* Lanes at work in this test, in the order of their begin. */
static struct {
    struct inbox_use uses[32];
    size_t count;
} lanes_busy;

static struct inflight *take_any(struct inbox *i)
{
    assert_true(lanes_busy.count < 32);
    return inbox_take(i, &lanes_busy.uses[lanes_busy.count++]);
}

/* The first of them that works for this class; it is no longer one of them. */
static struct inbox_use *use_of(size_t sched_class)
{
    static struct inbox_use found;
    size_t at = 0;
    while (lanes_busy.uses[at].sched_class != sched_class) {
        assert_true(++at < lanes_busy.count);
    }
    found = lanes_busy.uses[at];
    lanes_busy.count--;
    memmove(&lanes_busy.uses[at], &lanes_busy.uses[at + 1],
            (lanes_busy.count - at) * sizeof(found));
    return &found;
}

static void finished(struct inbox *i, size_t sched_class, int64_t ms)
{
    inbox_finished(i, use_of(sched_class), ms);
}

static int no_lane_is_busy(void **state UNUSED)
{
    lanes_busy.count = 0;
    return 0;
}

static size_t take_class(struct inbox *i)
{
    struct inflight *m = take_any(i);
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
    finished(i, sched_class, 0);
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
    finished(i, 0, 0);
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
    finished(i, 0, 0);
    finished(i, 0, 0);
    finished(i, 2, 0);
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
    finished(i, 5, 100);
    put(i, 0, 5);
    assert_int_equal(take_class(i), 5);
    finished(i, 5, 100000); /* a long one: it is as the others now */
    put(i, 0, 5);
    put(i, 0, 5);
    put(i, 0, 4);
    finished(i, 4, 10);
    assert_int_equal(take_class(i), 5);
    assert_int_equal(take_class(i), 4); /* a second one of 5 would be more than what is left */
    assert_int_equal(drain(i), 4 * 8 - 4 + 1);
}

/* One long object among many short ones of its customer: the average is that of the short ones. */
static void a_long_object_counts_as_one_until_its_end(void **state UNUSED)
{
    struct inbox_settings s = roomy;
    s.lanes = 8;
    s.sched_classes = 8;
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    make_light(i, 7);
    put(i, 0, 6);
    assert_int_equal(take_class(i), 6);
    finished(i, 6, HEAVY_MS);
    put(i, 0, 0);
    assert_int_equal(take_class(i), 0);
    struct inbox_use of_the_long_one = *use_of(0);
    for (int n = 0; n < 4; n++) {
        make_light(i, 0);
    }
    for (size_t c = 1; c < 6; c++) {
        put(i, 0, c);
        assert_int_equal(take_class(i), c);
    }
    put(i, 0, 6); /* the seventh with long objects, and six lanes are for these */
    put(i, 0, 7);
    assert_int_equal(take_class(i), 7);
    inbox_finished(i, &of_the_long_one, 1000);
    assert_int_equal(take_class(i), 6);
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
    finished(i, 0, 0);
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

static bool offer(struct inbox *i, size_t sched_class, size_t bytes, bool must)
{
    struct inflight *m = message(0, sched_class, bytes);
    bool taken = inbox_offer(i, m, must);
    if (!taken) {
        free(m);
    }
    return taken;
}

/* Without a reserved slot: the same shares, and only a slot that is free. */
static void what_a_search_found_is_kept_if_a_slot_is_free(void **state UNUSED)
{
    struct inbox_settings s = roomy;
    s.slots = 4;
    s.bytes = 1000;
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    while (offer(i, 0, 100, false)) {
    }
    assert_in_range(inbox_waiting(i), 2, 3); /* a half, and the queue's own slot */
    assert_int_equal(inbox_queue_waiting(i, 0), inbox_waiting(i));
    assert_int_equal(inbox_queue_waiting(i, 99), 0);
    assert_true(offer(i, 0, 100, true)); /* it would not be received again */
    assert_true(offer(i, 1, 600, false));
    assert_true(offer(i, 2, 1, false));
    assert_false(offer(i, 3, 1, false)); /* no slot is free */
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
    free(take_any(i));
    assert_int_equal(calls, 1);
    free(take_any(i));
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
    struct inflight *m = take_any(i);
    assert_int_equal(m->sched_class, 0);
    m->sched_class = 1;
    assert_true(inbox_put_back(i, m, use_of(0), 0));
    assert_int_equal(inbox_waiting(i), 1);
    put(i, 0, 2);
    assert_int_equal(take_class(i), 2); /* class 1 has its one lane */
    finished(i, 1, 0);
    m = take_any(i);
    assert_int_equal(m->sched_class, 1);
    inbox_stop(i);
    struct inbox_use use = *use_of(1);
    assert_false(inbox_put_back(i, m, &use, 0)); /* its lane goes on with it */
    free(m);
    inbox_finished(i, &use, 0);
    assert_int_equal(inbox_at_work(i, 1), 0);
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
    finished(i, 300, 0);
    assert_int_equal(take_class(i), 300);
}

static void a_queue_that_is_added_has_a_slot_of_its_own(void **state UNUSED)
{
    struct inbox_settings s = {.slots = 2, .lanes = 4, .queues = 1, .bytes = 1 << 20};
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    assert_int_equal(inbox_reserve(i, 0, 0, 10), 2); /* its own and a half of the others */
    for (size_t q = 1; q < 50; q++) {
        inbox_add_queue(i);
        assert_true(inbox_reserve(i, q, q, 10) >= 1);
    }
    for (size_t q = 1; q < 50; q++) {
        assert_int_equal(inbox_reserve(i, q, q, 1), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queue_that_is_added_has_a_slot_of_its_own),
        cmocka_unit_test_setup(takes_in_turns_whatever_the_backlogs, no_lane_is_busy),
        cmocka_unit_test_setup(gives_a_class_no_more_lanes_than_its_limit, no_lane_is_busy),
        cmocka_unit_test_setup(gives_a_class_no_more_lanes_than_its_share, no_lane_is_busy),
        cmocka_unit_test_setup(keeps_lanes_for_classes_with_short_objects, no_lane_is_busy),
        cmocka_unit_test_setup(a_long_object_counts_as_one_until_its_end, no_lane_is_busy),
        cmocka_unit_test_setup(passed_over_classes_keep_their_turn, no_lane_is_busy),
        cmocka_unit_test_setup(keeps_a_slot_for_every_queue, no_lane_is_busy),
        cmocka_unit_test_setup(never_reserves_more_slots_than_there_are, no_lane_is_busy),
        cmocka_unit_test_setup(refuses_messages_of_a_class_over_its_share_on_a_queue_of_several,
                               no_lane_is_busy),
        cmocka_unit_test_setup(a_message_that_would_not_come_again_is_not_refused, no_lane_is_busy),
        cmocka_unit_test_setup(what_a_search_found_is_kept_if_a_slot_is_free, no_lane_is_busy),
        cmocka_unit_test_setup(large_bodies_of_one_class_do_not_stop_others, no_lane_is_busy),
        cmocka_unit_test_setup(reports_when_a_refused_slot_is_free, no_lane_is_busy),
        cmocka_unit_test_setup(a_message_waits_again_in_the_class_of_its_next_record,
                               no_lane_is_busy),
        cmocka_unit_test_setup(a_class_may_come_later_and_limits_may_change, no_lane_is_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
