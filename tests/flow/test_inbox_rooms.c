/* SPDX-License-Identifier: Apache-2.0 */
/* Large bodies that wait or are at work have rooms. */
#include "testing.h"

#include "flow/inbox.h"

#include <stdlib.h>

enum { SMALL = 16, ROOM = 1000, ROOMS = 8, QUEUES = 100 };

static const struct inbox_settings settings = {
    .slots = 1000,
    .lanes = 1000,
    .queues = QUEUES,
    .sched_classes = QUEUES,
    .bytes = 2 * ROOM,
    .rooms = ROOMS,
    .room_bytes = ROOM,
    .small_bytes = SMALL,
};

static struct inflight *message(size_t queue, size_t sched_class, size_t bytes)
{
    struct inflight *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    m->queue = queue;
    m->sched_class = sched_class;
    m->body_bytes = bytes;
    return m;
}

enum got { NOT_POLLED, TAKEN, REFUSED };

/* A poll of the queue, whose customer is of the class of the same number, finds this message. */
static enum got poll_of(struct inbox *i, size_t queue, size_t sched_class, size_t bytes, bool last)
{
    if (inbox_reserve(i, queue, queue, 1) == 0) {
        return NOT_POLLED;
    }
    struct inflight *m = message(queue, sched_class, bytes);
    if (inbox_put(i, m, last)) {
        return TAKEN;
    }
    free(m);
    return REFUSED;
}

static enum got poll(struct inbox *i, size_t queue, size_t bytes)
{
    return poll_of(i, queue, queue, bytes, false);
}

static struct inbox_use take_one(struct inbox *i)
{
    struct inbox_use use;
    free(inbox_take(i, &use));
    return use;
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

/* The last receive is no exception: the owner of a queue decides what that is. */
static void bodies_without_a_room_have_half_of_them(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = inbox_new(&settings);
    size_t taken = 0;
    for (size_t q = 0; q < QUEUES - 1; q++) {
        taken += poll_of(i, q, q, ROOM, q % 2 == 0) == TAKEN;
    }
    assert_int_equal(taken, ROOMS / 2);
    assert_int_equal(poll(i, QUEUES - 1, SMALL), TAKEN);
    assert_int_equal(drain(i), taken + 1);
}

static void a_refused_body_is_taken_when_it_comes_again(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = inbox_new(&settings);
    for (size_t q = 0; q < ROOMS / 2; q++) {
        assert_int_equal(poll(i, q, ROOM), TAKEN);
    }
    assert_int_equal(poll(i, 50, ROOM), REFUSED);
    assert_int_equal(poll(i, 50, ROOM), TAKEN);
    assert_int_equal(drain(i), ROOMS / 2 + 1);
}

static void a_body_at_work_has_its_room_until_the_end(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = inbox_new(&settings);
    struct inbox_use uses[ROOMS / 2];
    for (size_t q = 0; q < ROOMS / 2; q++) {
        assert_int_equal(poll(i, q, ROOM), TAKEN);
        uses[q] = take_one(i);
    }
    assert_int_equal(poll(i, 50, ROOM), REFUSED);
    assert_int_equal(poll(i, 51, SMALL), TAKEN);
    inbox_finished(i, &uses[0], 1);
    assert_int_equal(poll(i, 52, ROOM), TAKEN);
    assert_int_equal(drain(i), 2);
}

/* It is the room of the class of its next record then. */
static void a_body_that_is_put_back_has_one_room(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = inbox_new(&settings);
    struct inbox_use use;
    assert_int_equal(poll(i, 0, ROOM), TAKEN);
    for (size_t c = 1; c < 20; c++) {
        struct inflight *m = inbox_take(i, &use);
        m->sched_class = c;
        assert_true(inbox_put_back(i, m, &use, 1));
    }
    for (size_t q = 1; q < ROOMS / 2; q++) {
        assert_int_equal(poll(i, 50 + q, ROOM), TAKEN);
    }
    assert_int_equal(poll(i, 70, ROOM), REFUSED);
    assert_int_equal(drain(i), ROOMS / 2);
}

/* Its messages are of another class than that of its customer. */
static void a_queue_with_foreign_messages_has_a_share(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = inbox_new(&settings);
    size_t taken = 0;
    for (size_t n = 0; n < 4 * ROOMS; n++) {
        taken += poll_of(i, 0, QUEUES, ROOM, false) == TAKEN;
        if (inbox_waiting(i) != 0) {
            (void)take_one(i);
        }
    }
    assert_int_equal(taken, ROOMS / 2);
    for (size_t q = 1; q < ROOMS / 2; q++) {
        enum got first = poll(i, q, ROOM);
        assert_true(first == TAKEN || poll(i, q, ROOM) == TAKEN);
    }
    assert_int_equal(drain(i), ROOMS / 2 - 1);
}

static void an_empty_poll_returns_its_room_and_few_polls_need_one(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = inbox_new(&settings);
    for (size_t q = 0; q < ROOMS / 2; q++) {
        assert_int_equal(poll(i, q, ROOM), TAKEN);
    }
    assert_int_equal(poll(i, 50, ROOM), REFUSED);
    for (int n = 0; n < LIMITED_POLLS; n++) {
        assert_int_equal(inbox_reserve(i, 50, 50, 10), 1);
        assert_true(inbox_has_room(i, 50));
        inbox_unreserve(i, 50, 1);
        assert_false(inbox_has_room(i, 50));
    }
    assert_int_equal(inbox_reserve(i, 50, 50, 10), 10);
    assert_false(inbox_has_room(i, 50));
    inbox_unreserve(i, 50, 10);
    assert_int_equal(drain(i), ROOMS / 2);
}

/* A queue of several customers has small bodies: S3 alone may send to it. */
static void a_shared_queue_is_not_slowed(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = inbox_new(&settings);
    for (size_t q = 0; q < ROOMS / 2; q++) {
        assert_int_equal(poll(i, q, ROOM), TAKEN);
    }
    assert_int_equal(inbox_reserve(i, 50, INBOX_MIXED, 1), 1);
    struct inflight *m = message(50, 50, ROOM);
    assert_false(inbox_put(i, m, true));
    assert_false(inbox_offer(i, m, true));
    free(m);
    assert_int_equal(inbox_reserve(i, 50, INBOX_MIXED, 10), 10);
    inbox_unreserve(i, 50, 10);
    assert_int_equal(drain(i), ROOMS / 2);
}

/*
 * 99 queues always have large bodies, and one lane works on them. The last queue has one body: it
 * has its turn after at most one of each of them.
 */
static void a_queue_has_its_turn_among_many(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = inbox_new(&settings);
    size_t normal = QUEUES - 1;
    size_t ended = 0;
    bool taken = false;
    for (size_t q = 0; q < QUEUES; q++) {
        (void)poll(i, q, ROOM); /* it has polls with a room from now on, or a body */
    }
    for (; !taken && ended < 3 * QUEUES; ended++) {
        struct inbox_use use = take_one(i);
        inbox_finished(i, &use, 1);
        size_t first = inbox_pass(i);
        for (size_t n = 0; n < QUEUES; n++) {
            size_t q = (first + n) % QUEUES;
            taken = (poll(i, q, ROOM) == TAKEN && q == normal) || taken;
        }
    }
    assert_true(taken);
    assert_in_range(ended, 1, QUEUES);
    (void)drain(i);
}

/* The polls of a customer with many queues have at most a half of the rooms. */
static void a_customer_of_many_queues_has_a_share_of_the_rooms(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = inbox_new(&settings);
    for (size_t q = 0; q < ROOMS / 2; q++) {
        assert_int_equal(poll(i, q, ROOM), TAKEN);
    }
    for (size_t q = ROOMS; q < QUEUES; q++) {
        assert_int_equal(poll(i, q, ROOM), REFUSED);
    }
    assert_int_equal(drain(i), ROOMS / 2);
    size_t polls = 0;
    for (size_t q = ROOMS; q < QUEUES - 1; q++) {
        polls += inbox_reserve(i, q, 0, 1);
    }
    assert_int_equal(polls, ROOMS / 2);
    assert_int_equal(poll(i, QUEUES - 1, ROOM), TAKEN);
    assert_int_equal(drain(i), 1);
}

static void a_room_is_not_taken_again_while_another_queue_waits(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = inbox_new(&settings);
    for (size_t q = 0; q < ROOMS / 2; q++) {
        assert_int_equal(poll(i, q, ROOM), TAKEN);
    }
    for (size_t q = ROOMS; q < 2 * ROOMS; q++) {
        assert_int_equal(poll(i, q, ROOM), REFUSED);
    }
    for (size_t q = ROOMS; q < ROOMS + ROOMS / 2; q++) {
        assert_int_equal(inbox_reserve(i, q, q, 1), 1);
    }
    size_t waits = 2 * ROOMS - 1;
    assert_int_equal(inbox_reserve(i, waits, waits, 1), 0);
    inbox_unreserve(i, ROOMS, 1);
    assert_int_equal(inbox_reserve(i, ROOMS, ROOMS, 1), 0);
    assert_int_equal(inbox_pass(i), waits);
    assert_int_equal(inbox_reserve(i, waits, waits, 1), 1);
    assert_int_equal(inbox_reserve(i, ROOMS, ROOMS, 1), 0);
    assert_int_equal(drain(i), ROOMS / 2);
}

static void tell(void *ctx)
{
    (*(int *)ctx)++;
}

static void tells_polls_that_a_room_is_free(void **state UNUSED)
{
    int told = 0;
    struct inbox_settings s = settings;
    s.freed = tell;
    s.ctx = &told;
    OWNED(inbox) struct inbox *i = inbox_new(&s);
    struct inbox_use uses[ROOMS];
    for (size_t q = 0; q < ROOMS; q++) {
        assert_true(poll(i, q, ROOM) == TAKEN || poll(i, q, ROOM) == TAKEN);
        uses[q] = take_one(i);
    }
    assert_int_equal(poll(i, 50, ROOM), REFUSED);
    assert_int_equal(poll(i, 50, ROOM), NOT_POLLED);
    told = 0;
    inbox_finished(i, &uses[0], 1);
    assert_int_equal(told, 1);
    assert_int_equal(poll(i, 50, ROOM), TAKEN);
    assert_int_equal(drain(i), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_without_a_room_have_half_of_them),
        cmocka_unit_test(a_refused_body_is_taken_when_it_comes_again),
        cmocka_unit_test(a_body_at_work_has_its_room_until_the_end),
        cmocka_unit_test(a_body_that_is_put_back_has_one_room),
        cmocka_unit_test(a_queue_with_foreign_messages_has_a_share),
        cmocka_unit_test(an_empty_poll_returns_its_room_and_few_polls_need_one),
        cmocka_unit_test(a_shared_queue_is_not_slowed),
        cmocka_unit_test(a_queue_has_its_turn_among_many),
        cmocka_unit_test(a_customer_of_many_queues_has_a_share_of_the_rooms),
        cmocka_unit_test(a_room_is_not_taken_again_while_another_queue_waits),
        cmocka_unit_test(tells_polls_that_a_room_is_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
