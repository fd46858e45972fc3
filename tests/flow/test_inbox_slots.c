/* SPDX-License-Identifier: Apache-2.0 */
/* Polls of a queue with waiting messages request several messages, not one. */
#include "testing.h"

#include "flow/inbox.h"

#include <stdlib.h>

enum { BATCH = 10 };

static void told(void *ctx)
{
    (*(int *)ctx)++;
}

/* One class gets 20 of the shared slots, and the queue has one of its own. */
static struct inbox *new_inbox(int *calls)
{
    return inbox_new(&(struct inbox_settings){.slots = 40,
                                              .lanes = 64,
                                              .queues = 2,
                                              .sched_classes = 2,
                                              .bytes = 1 << 20,
                                              .freed = told,
                                              .ctx = calls});
}

static void put(struct inbox *i, size_t only, size_t sched_class, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        struct inflight *m = calloc(1, sizeof(*m));
        assert_non_null(m);
        m->sched_class = sched_class;
        m->body_bytes = 100;
        assert_int_equal(inbox_reserve(i, 0, only, 1), 1);
        assert_true(inbox_put(i, m, false));
    }
}

static void take_some(struct inbox *i, size_t count)
{
    struct inbox_use use;
    for (size_t k = 0; k < count; k++) {
        free(inbox_take(i, &use));
        inbox_finished(i, &use, 1);
    }
}

static void drain(struct inbox *i)
{
    struct inflight *m = NULL;
    while ((m = inbox_drain(i)) != NULL) {
        free(m);
    }
}

static void a_poll_waits_until_it_may_request_a_batch(void **state UNUSED)
{
    int calls = 0;
    OWNED(inbox) struct inbox *i = new_inbox(&calls);
    put(i, 0, 0, 16);
    assert_int_equal(inbox_reserve(i, 0, 0, BATCH), 0); /* 5 are free */
    take_some(i, 4);
    assert_int_equal(calls, 0);
    assert_int_equal(inbox_reserve(i, 0, 0, BATCH), 0);
    take_some(i, 1);
    assert_int_equal(calls, 1);
    assert_int_equal(inbox_reserve(i, 0, 0, BATCH), BATCH);
    drain(i);
}

/* Else the lanes would be idle while it is under way. */
static void a_poll_does_not_wait_for_more_than_the_queue_has_waiting(void **state UNUSED)
{
    int calls = 0;
    struct inbox_settings small = {
        .slots = 12, .lanes = 4, .queues = 1, .sched_classes = 1, .bytes = 1 << 20};
    small.freed = told;
    small.ctx = &calls;
    OWNED(inbox) struct inbox *i = inbox_new(&small);
    put(i, 0, 0, 6);
    assert_int_equal(inbox_reserve(i, 0, 0, BATCH), 0); /* one is free */
    take_some(i, 2);
    assert_int_equal(calls, 0);
    take_some(i, 1);
    assert_int_equal(calls, 1);
    assert_int_equal(inbox_reserve(i, 0, 0, BATCH), 4);
    drain(i);
}

/* Messages of a class without any may be next in the queue. */
static void a_poll_of_a_queue_of_several_classes_does_not_wait(void **state UNUSED)
{
    int calls = 0;
    OWNED(inbox) struct inbox *i = new_inbox(&calls);
    put(i, INBOX_MIXED, 0, 16);
    put(i, INBOX_MIXED, 1, 12); /* 27 of 40 shared slots are taken */
    assert_int_equal(inbox_reserve(i, 0, INBOX_MIXED, BATCH), 7);
    drain(i);
}

/* A poll that waits does not keep the slots of others, nor is another one told in its place. */
static void the_slots_that_a_poll_waits_for_are_free(void **state UNUSED)
{
    int calls = 0;
    OWNED(inbox) struct inbox *i = new_inbox(&calls);
    put(i, 0, 0, 16);
    assert_int_equal(inbox_reserve(i, 0, 0, BATCH), 0);
    assert_int_equal(inbox_reserve(i, 1, 1, BATCH), BATCH);
    assert_int_equal(inbox_reserve(i, 0, 0, BATCH), 0);
    inbox_unreserve(i, 1, BATCH);
    take_some(i, 5);
    assert_int_equal(calls, 1);
    assert_int_equal(inbox_reserve(i, 0, 0, BATCH), BATCH);
    drain(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_poll_waits_until_it_may_request_a_batch),
        cmocka_unit_test(a_poll_does_not_wait_for_more_than_the_queue_has_waiting),
        cmocka_unit_test(a_poll_of_a_queue_of_several_classes_does_not_wait),
        cmocka_unit_test(the_slots_that_a_poll_waits_for_are_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
