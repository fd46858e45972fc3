/* SPDX-License-Identifier: Apache-2.0 */
/* Live and lower messages: which of them lanes take, and how many lanes. */
#include "testing.h"

#include "flow/inbox.h"

#include <stdlib.h>

enum { LANES = 40, LOWER_LANES = 10, MOST = 1000 };

struct fixture {
    struct inbox *i;
    struct inbox_use uses[LANES];
    size_t busy;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->i = inbox_new(&(struct inbox_settings){.slots = MOST,
                                              .lanes = LANES,
                                              .queues = 1,
                                              .sched_classes = 30,
                                              .bytes = 1 << 30,
                                              .lower_lanes = LOWER_LANES});
    for (size_t c = 0; c < 30; c++) { /* classes with short objects */
        struct inbox_use use;
        struct inflight *m = calloc(1, sizeof(*m));
        m->sched_class = c;
        assert_true(inbox_offer(f->i, m, true));
        free(inbox_take(f->i, &use));
        inbox_finished(f->i, &use, 0);
    }
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    struct inflight *m = NULL;
    while ((m = inbox_drain(f->i)) != NULL) {
        free(m);
    }
    inbox_free(f->i);
    free(f);
    return 0;
}

static void put(struct fixture *f, size_t sched_class, bool lower, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        struct inflight *m = calloc(1, sizeof(*m));
        assert_non_null(m);
        m->sched_class = sched_class;
        m->lower = lower;
        m->body_bytes = 10;
        assert_true(inbox_offer(f->i, m, true));
    }
}

/* Take a message; true: a lower one. The lane stays at work. */
static bool take_lower(struct fixture *f)
{
    assert_true(f->busy < LANES);
    struct inflight *m = inbox_take(f->i, &f->uses[f->busy++]);
    assert_non_null(m);
    bool lower = m->lower;
    free(m);
    return lower;
}

static void finish_all(struct fixture *f)
{
    while (f->busy > 0) {
        inbox_finished(f->i, &f->uses[--f->busy], 0);
    }
}

static void lower_messages_have_a_part_of_the_lanes_while_live_ones_wait(void **state)
{
    struct fixture *f = *state;
    for (size_t c = 0; c < 15; c++) {
        put(f, c, false, 20);
        put(f, 15 + c, true, 20);
    }
    size_t lower = 0;
    for (size_t n = 0; n < 30; n++) {
        lower += take_lower(f);
    }
    assert_in_range(lower, 1, LOWER_LANES);
    assert_true(lower >= 30 / 4 - 1); /* and they progress */
}

/* Take messages; live ones end at once, lower ones stay at work. Returns the number of these. */
static size_t take_slow_lower(struct fixture *f, size_t count)
{
    size_t lower = 0;
    for (size_t n = 0; n < count; n++) {
        if (take_lower(f)) {
            lower++;
        } else {
            inbox_finished(f->i, &f->uses[--f->busy], 0);
        }
    }
    return lower;
}

/* Anyone who may send to a queue can mark messages as of a backfill, and let their objects drip. */
static void one_class_leaves_others_lanes_for_their_lower_messages(void **state)
{
    struct fixture *f = *state;
    put(f, 0, false, 200);
    put(f, 1, true, 100);
    assert_int_equal(take_slow_lower(f, 80), LOWER_LANES / 2);
    put(f, 2, true, 100);
    assert_in_range(take_slow_lower(f, 80), 1, LOWER_LANES / 2 - 1);
}

static void without_live_messages_they_have_what_the_shares_allow(void **state)
{
    struct fixture *f = *state;
    for (size_t c = 0; c < 15; c++) {
        put(f, c, true, 20);
    }
    for (size_t n = 0; n < 30; n++) {
        assert_true(take_lower(f));
    }
}

/* The class of a customer has both: a long backfill does not delay its own live messages. */
static void live_messages_overtake_the_lower_ones_of_their_class(void **state)
{
    struct fixture *f = *state;
    put(f, 0, true, 200);
    put(f, 0, false, 3);
    size_t live = 0;
    for (size_t n = 0; n < 5; n++) {
        live += !take_lower(f);
    }
    assert_int_equal(live, 3);
}

static void a_lane_that_finished_lower_work_frees_its_part(void **state)
{
    struct fixture *f = *state;
    for (int round = 0; round < 50; round++) {
        put(f, 1, true, 20);
        put(f, 2, false, 20);
        size_t lower = 0;
        for (size_t n = 0; n < 16; n++) {
            lower += take_lower(f);
        }
        assert_in_range(lower, 1, LOWER_LANES);
        finish_all(f);
    }
    assert_int_equal(inbox_at_work(f->i, 1) + inbox_at_work(f->i, 2), 0);
}

static void every_message_is_taken_or_drained_once(void **state)
{
    struct fixture *f = *state;
    put(f, 3, true, 30);
    put(f, 4, false, 30);
    put(f, 3, false, 30);
    size_t lower = 0;
    for (size_t n = 0; n < 60; n++) {
        lower += take_lower(f);
        finish_all(f);
    }
    struct inflight *m = NULL;
    size_t drained = 0;
    while ((m = inbox_drain(f->i)) != NULL) {
        lower += m->lower;
        free(m);
        drained++;
    }
    assert_int_equal(drained, 30);
    assert_int_equal(lower, 30);
    assert_int_equal(inbox_waiting(f->i), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            lower_messages_have_a_part_of_the_lanes_while_live_ones_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(one_class_leaves_others_lanes_for_their_lower_messages,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(without_live_messages_they_have_what_the_shares_allow,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(live_messages_overtake_the_lower_ones_of_their_class, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_lane_that_finished_lower_work_frees_its_part, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(every_message_is_taken_or_drained_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
