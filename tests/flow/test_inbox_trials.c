/* SPDX-License-Identifier: Apache-2.0 */
/* The lanes of the inbox that may be taken back from an object: those of new and of short classes.
 */
#include "testing.h"

#include "cpu_time.h"
#include "flow/inbox.h"

#include <stdlib.h>

enum {
    LANES = 8, /* six for heavy objects, one more for trials, one for short classes */
    LONG_LANES = 7,
    TO_END = 3, /* half of the heavy lanes: a trial stays in them */
    HANGING = 100,
    SHORT = HANGING, /* the classes after those that hang */
    NEW,
    CLASSES
};

static struct inflight *message(size_t sched_class)
{
    struct inflight *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    m->sched_class = sched_class;
    m->body_bytes = 100;
    return m;
}

static void put(struct inbox *i, size_t sched_class)
{
    assert_int_equal(inbox_reserve(i, 0, INBOX_MIXED, 1), 1);
    assert_true(inbox_put(i, message(sched_class), false));
}

/* A lane with the message that it works on. */
struct busy {
    struct inbox_use use;
    struct inflight *m;
};

static size_t lane_takes(struct inbox *i, struct busy *b)
{
    b->m = inbox_take(i, &b->use);
    assert_non_null(b->m);
    return b->m->sched_class;
}

static void finish(struct inbox *i, struct busy *b, int64_t ms)
{
    inbox_finished(i, &b->use, ms);
    free(b->m);
    b->m = NULL;
}

static void make_short(struct inbox *i, size_t sched_class)
{
    struct busy b;
    put(i, sched_class);
    assert_int_equal(lane_takes(i, &b), sched_class);
    finish(i, &b, 10);
}

static void drop(struct inbox *i, struct busy *lanes, size_t count)
{
    struct inflight *m = NULL;
    for (size_t n = 0; n < count; n++) {
        free(lanes[n].m);
    }
    while ((m = inbox_drain(i)) != NULL) {
        free(m);
    }
}

static struct inbox *new_inbox(void)
{
    return inbox_new(&(struct inbox_settings){
        .slots = 1000, .lanes = LANES, .queues = 1, .sched_classes = CLASSES, .bytes = 1 << 20});
}

/* The lane puts its message back, and takes the next one. */
static size_t rotate(struct inbox *i, struct busy *b, int64_t ms)
{
    assert_true(inbox_wants_back(i, &b->use, ms));
    assert_true(inbox_put_back(i, b->m, &b->use, ms));
    return lane_takes(i, b);
}

/* Objects that do not end, of a hundred classes: all lanes that such may have are held. */
static void hang(struct inbox *i, struct busy lanes[LONG_LANES])
{
    for (size_t c = 0; c < HANGING; c++) {
        put(i, c);
    }
    for (size_t n = 0; n < LONG_LANES; n++) {
        assert_int_equal(lane_takes(i, &lanes[n]), n);
        assert_false(inbox_wants_back(i, &lanes[n].use, HEAVY_MS - 1));
    }
    for (size_t n = 0; n < TO_END; n++) {
        assert_false(inbox_wants_back(i, &lanes[n].use, HEAVY_MS));
    }
    for (size_t c = LONG_LANES; c < HANGING; c++) {
        struct busy *b = &lanes[TO_END + c % (LONG_LANES - TO_END)];
        assert_int_equal(rotate(i, b, HEAVY_MS), c);
    }
    for (size_t n = 0; n < LONG_LANES; n++) {
        assert_false(inbox_wants_back(i, &lanes[n].use, HEAVY_MS));
    }
}

static void a_new_class_waits_for_a_look_beside_classes_that_hang(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = new_inbox();
    struct busy lanes[LANES];
    size_t at = 0;
    size_t left = 0;
    make_short(i, SHORT);
    hang(i, lanes);
    put(i, NEW);
    put(i, SHORT);
    assert_int_equal(lane_takes(i, &lanes[LONG_LANES]), SHORT); /* the lane of the short classes */
    for (size_t n = 0; n < LONG_LANES; n++) {
        if (inbox_wants_back(i, &lanes[n].use, 60 * HEAVY_MS)) {
            at = n;
            left++;
            assert_int_equal(rotate(i, &lanes[n], 60 * HEAVY_MS), NEW);
        }
    }
    assert_int_equal(left, 1); /* the others are heavy, and work to their ends */
    finish(i, &lanes[at], 10);
    put(i, NEW);
    assert_int_equal(lane_takes(i, &lanes[at]), NEW); /* it is a short one now */
    drop(i, lanes, LANES);
}

static void no_more_lanes_are_taken_back_than_classes_wait(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = new_inbox();
    struct busy lanes[LONG_LANES];
    for (size_t c = 0; c <= LONG_LANES; c++) {
        put(i, c);
    }
    for (size_t n = 0; n < LONG_LANES; n++) {
        assert_int_equal(lane_takes(i, &lanes[n]), n);
    }
    for (size_t n = 0; n < TO_END; n++) { /* half of the heavy lanes end what they have begun */
        assert_false(inbox_wants_back(i, &lanes[n].use, HEAVY_MS));
        assert_false(lanes[n].use.trial);
    }
    struct busy *left = &lanes[TO_END];
    assert_true(inbox_wants_back(i, &left->use, HEAVY_MS));
    assert_true(inbox_wants_back(i, &left->use, HEAVY_MS)); /* it may be asked again */
    assert_false(inbox_wants_back(i, &lanes[TO_END + 1].use, HEAVY_MS));
    finish(i, left, HEAVY_MS); /* its object has ended meanwhile */
    assert_int_equal(lane_takes(i, left), LONG_LANES);
    put(i, LONG_LANES + 1);
    assert_true(inbox_wants_back(i, &lanes[TO_END + 2].use, HEAVY_MS));
    drop(i, lanes, LONG_LANES);
}

static void a_new_class_has_one_lane_on_trial(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = new_inbox();
    struct busy lanes[LANES];
    put(i, 0);
    put(i, 0);
    for (size_t n = 0; n < 2; n++) {
        assert_int_equal(lane_takes(i, &lanes[n]), 0);
        assert_int_equal(lanes[n].use.trial, n == 0);
        assert_true(lanes[n].use.heavy);
    }
    for (size_t n = 2; n < LONG_LANES; n++) {
        put(i, n);
        assert_int_equal(lane_takes(i, &lanes[n]), n);
        assert_true(lanes[n].use.trial);
    }
    put(i, NEW);
    for (size_t n = 1; n <= TO_END; n++) {
        assert_false(inbox_wants_back(i, &lanes[n].use, 100 * HEAVY_MS));
    }
    assert_int_equal(rotate(i, &lanes[0], HEAVY_MS), NEW);
    drop(i, lanes, LONG_LANES);
}

/* What is put back is read as a heavy one, to its end, also if its class has become a short one. */
static void an_object_is_put_back_once(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = new_inbox();
    struct busy lanes[LANES];
    put(i, 0);
    put(i, 0);
    assert_int_equal(lane_takes(i, &lanes[0]), 0);
    assert_int_equal(lane_takes(i, &lanes[1]), 0);
    for (size_t n = 2; n < LONG_LANES; n++) {
        put(i, n);
        assert_int_equal(lane_takes(i, &lanes[n]), n);
    }
    put(i, NEW);
    for (size_t n = 2; n <= TO_END; n++) {
        assert_false(inbox_wants_back(i, &lanes[n].use, HEAVY_MS));
    }
    assert_int_equal(rotate(i, &lanes[0], HEAVY_MS), NEW);
    finish(i, &lanes[1], 10); /* class 0 is a short one, and six heavy lanes are at work */
    make_short(i, SHORT);
    finish(i, &lanes[2], 10);
    assert_int_equal(lane_takes(i, &lanes[1]), 0);
    assert_true(lanes[1].use.heavy && !lanes[1].use.trial);
    for (size_t n = 0; n < HANGING; n++) {
        put(i, n);
    }
    assert_false(inbox_wants_back(i, &lanes[1].use, 100 * HEAVY_MS));
    drop(i, lanes, LONG_LANES);
}

/* Customers whose first objects were short, and the next ones do not end. */
static void short_classes_whose_objects_hang_leave_lanes_to_others(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = new_inbox();
    struct busy lanes[LANES];
    for (size_t c = 0; c < 20; c++) {
        make_short(i, c);
    }
    make_short(i, SHORT);
    for (size_t c = 0; c < 20; c++) {
        put(i, c);
    }
    for (size_t n = 0; n < LANES; n++) {
        assert_int_equal(lane_takes(i, &lanes[n]), n);
    }
    size_t heavy = 0;
    for (size_t n = 0; n < LANES - 2; n++) { /* they have the lanes for heavy objects now */
        assert_false(inbox_wants_back(i, &lanes[n].use, HEAVY_MS));
        heavy += lanes[n].use.heavy;
    }
    assert_int_equal(heavy, LANES - 2);
    put(i, SHORT);
    for (size_t c = LANES; c < 20; c++) {
        assert_int_equal(rotate(i, &lanes[LANES - 1 - c % 2], HEAVY_MS), c);
    }
    assert_int_equal(rotate(i, &lanes[LANES - 1], HEAVY_MS), SHORT);
    for (size_t n = 0; n < LANES - 2; n++) {
        assert_false(inbox_wants_back(i, &lanes[n].use, 100 * HEAVY_MS));
    }
    drop(i, lanes, LANES);
}

static void a_lane_is_not_taken_back_for_its_own_class_or_for_one_at_its_limit(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = new_inbox();
    struct busy lanes[LANES];
    inbox_set_limit(i, SHORT, 1);
    make_short(i, SHORT);
    for (size_t n = 0; n < LONG_LANES; n++) {
        put(i, n);
        assert_int_equal(lane_takes(i, &lanes[n]), n);
    }
    for (size_t n = 0; n < LONG_LANES; n++) {
        assert_false(inbox_wants_back(i, &lanes[n].use, HEAVY_MS));
    }
    struct busy *last = &lanes[LONG_LANES - 1];
    put(i, SHORT);
    assert_int_equal(lane_takes(i, &lanes[LONG_LANES]), SHORT);
    put(i, SHORT);
    put(i, LONG_LANES - 1);
    assert_true(last->use.trial);
    assert_false(inbox_wants_back(i, &last->use, 2 * HEAVY_MS));
    inbox_set_limit(i, NEW, 1);
    put(i, NEW);
    inbox_stop(i);
    assert_false(inbox_wants_back(i, &last->use, 2 * HEAVY_MS)); /* it could not be put back */
    drop(i, lanes, LANES);
}

/* Of a short class only the long object waits for a heavy lane. */
static void a_class_with_one_long_object_stays_short(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = new_inbox();
    struct busy lanes[LANES];
    make_short(i, SHORT);
    make_short(i, NEW);
    hang(i, lanes);
    struct busy *b = &lanes[LONG_LANES];
    put(i, SHORT);
    put(i, SHORT);
    assert_int_equal(lane_takes(i, b), SHORT);
    put(i, NEW);
    struct inflight *long_one = b->m;
    assert_int_equal(rotate(i, b, HEAVY_MS), SHORT); /* its next message, in its turn */
    assert_ptr_not_equal(b->m, long_one);
    finish(i, b, 10);
    assert_int_equal(lane_takes(i, b), NEW);
    finish(i, b, 10);
    put(i, SHORT);
    assert_int_equal(lane_takes(i, b), SHORT);
    assert_ptr_not_equal(b->m, long_one);
    finish(i, b, 10);
    finish(i, &lanes[LONG_LANES - 1], 150 * HEAVY_MS);
    finish(i, &lanes[0], 150 * HEAVY_MS);       /* a heavy lane is free */
    while (lane_takes(i, &lanes[0]) != SHORT) { /* in turn with the classes that hang */
        finish(i, &lanes[0], 150 * HEAVY_MS);
    }
    assert_ptr_equal(lanes[0].m, long_one);
    assert_true(lanes[0].use.heavy && lanes[0].use.marked);
    finish(i, &lanes[0], 150 * HEAVY_MS);
    put(i, 0);
    assert_int_equal(lane_takes(i, &lanes[0]), 0); /* all heavy lanes are used again */
    put(i, SHORT);
    assert_int_equal(lane_takes(i, b), SHORT);
    assert_false(b->use.heavy);
    drop(i, lanes, LANES);
}

/*
 * A customer whose topic was slow has no long objects. It does not wait for the ends of those that
 * others have, and while the topic stays slow it does not use the lanes of short classes.
 */
static void a_class_that_kafka_held_up_is_tried_again(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = new_inbox();
    struct busy lanes[LANES];
    size_t left = 0;
    make_short(i, SHORT);
    make_short(i, CLASSES);
    hang(i, lanes);
    struct busy *b = &lanes[LONG_LANES];
    struct busy *trial = NULL;
    put(i, SHORT);
    assert_int_equal(lane_takes(i, b), SHORT);
    b->use.kafka_ms = HEAVY_MS;
    finish(i, b, 10);
    put(i, SHORT);
    put(i, NEW);
    put(i, CLASSES);
    assert_int_equal(lane_takes(i, b), CLASSES); /* the lane of the short classes */
    for (size_t n = 0; n < LONG_LANES; n++) {
        if (inbox_wants_back(i, &lanes[n].use, HEAVY_MS)) {
            trial = &lanes[n];
            left++;
            assert_int_equal(rotate(i, trial, HEAVY_MS), NEW); /* first the new ones */
        }
    }
    assert_int_equal(left, 1);
    finish(i, trial, 10);
    assert_int_equal(lane_takes(i, trial), SHORT);
    assert_true(trial->use.trial);
    trial->use.kafka_ms = HEAVY_MS;
    finish(i, trial, 10); /* the topic is still slow */
    put(i, SHORT);
    assert_int_equal(lane_takes(i, trial), SHORT);
    assert_true(trial->use.trial);
    finish(i, trial, 10);
    finish(i, b, 10);
    put(i, SHORT);
    assert_int_equal(lane_takes(i, b), SHORT);
    assert_false(b->use.heavy); /* a short one as before */
    drop(i, lanes, LONG_LANES);
    free(b->m);
}

/* ---- The cost of the choice ---- */

enum { MANY = 10000, OBJECTS = 2000, FEW = 20, HEAVY_LANES = LANES - 2 };

static void read_short_objects(void *arg)
{
    for (size_t n = 0; n < OBJECTS; n++) {
        make_short(arg, SHORT);
    }
}

/* CPU time of the objects of a short class while so many others wait for heavy lanes. */
static int64_t cost_beside(size_t others)
{
    struct inbox *i = inbox_new(&(struct inbox_settings){
        .slots = 2 * MANY, .lanes = LANES, .queues = 1, .bytes = (size_t)1 << 30});
    struct busy lanes[HEAVY_LANES];
    make_short(i, SHORT);
    for (size_t c = 0; c < others; c++) { /* their first objects are long */
        put(i, CLASSES + c);
        assert_int_equal(lane_takes(i, &lanes[0]), CLASSES + c);
        finish(i, &lanes[0], 10 * HEAVY_MS);
    }
    for (size_t c = 0; c < others; c++) {
        put(i, CLASSES + c);
    }
    for (size_t n = 0; n < HEAVY_LANES; n++) {
        (void)lane_takes(i, &lanes[n]);
    }
    int64_t us = cpu_least_us(read_short_objects, i);
    drop(i, lanes, HEAVY_LANES);
    inbox_free(i);
    return us;
}

static void the_choice_costs_the_same_beside_ten_thousand_heavy_classes(void **state UNUSED)
{
    int64_t few_us = cost_beside(FEW);
    int64_t many_us = cost_beside(MANY);
    assert_in_range(many_us, 1, 3 * few_us + 1000);
}

/* The short class's lane is no use to a new one. */
static void a_late_lane_is_not_left_for_a_class_that_may_not_take_it(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = new_inbox();
    struct busy lanes[LANES];
    make_short(i, SHORT);
    for (size_t n = 0; n < LONG_LANES; n++) {
        put(i, n);
        assert_int_equal(lane_takes(i, &lanes[n]), n);
    }
    put(i, SHORT);
    assert_int_equal(lane_takes(i, &lanes[LONG_LANES]), SHORT);
    put(i, NEW);
    assert_false(inbox_wants_back(i, &lanes[LONG_LANES].use, HEAVY_MS));
    drop(i, lanes, LANES);
}

static void after_a_stop_the_lane_reads_to_the_end(void **state UNUSED)
{
    OWNED(inbox) struct inbox *i = new_inbox();
    struct busy lanes[LONG_LANES];
    for (size_t n = 0; n < LONG_LANES; n++) {
        put(i, n);
        assert_int_equal(lane_takes(i, &lanes[n]), n);
    }
    put(i, NEW);
    for (size_t n = 0; n < TO_END; n++) {
        assert_false(inbox_wants_back(i, &lanes[n].use, HEAVY_MS));
    }
    struct busy *b = &lanes[TO_END];
    assert_true(inbox_wants_back(i, &b->use, HEAVY_MS));
    inbox_stop(i);
    assert_false(inbox_put_back(i, b->m, &b->use, HEAVY_MS));
    assert_false(inbox_wants_back(i, &b->use, 2 * HEAVY_MS));
    inbox_finished(i, &b->use, 2 * HEAVY_MS);
    free(b->m);
    b->m = NULL;
    drop(i, lanes, LONG_LANES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_class_waits_for_a_look_beside_classes_that_hang),
        cmocka_unit_test(no_more_lanes_are_taken_back_than_classes_wait),
        cmocka_unit_test(a_new_class_has_one_lane_on_trial),
        cmocka_unit_test(an_object_is_put_back_once),
        cmocka_unit_test(short_classes_whose_objects_hang_leave_lanes_to_others),
        cmocka_unit_test(a_lane_is_not_taken_back_for_its_own_class_or_for_one_at_its_limit),
        cmocka_unit_test(a_class_with_one_long_object_stays_short),
        cmocka_unit_test(a_class_that_kafka_held_up_is_tried_again),
        cmocka_unit_test(the_choice_costs_the_same_beside_ten_thousand_heavy_classes),
        cmocka_unit_test(a_late_lane_is_not_left_for_a_class_that_may_not_take_it),
        cmocka_unit_test(after_a_stop_the_lane_reads_to_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
