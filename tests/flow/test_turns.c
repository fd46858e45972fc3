/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/lock.h"
#include "flow/turns.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

static void a_free_core_is_had_at_once_and_kept(void **state UNUSED)
{
    struct clock_manual clock;
    clock_manual_init(&clock, 1000, 0);
    OWNED(turns) struct turns *t = turns_new(2, &clock.clock);
    struct turn a;
    struct turn b;
    turn_init(&a, NULL);
    turn_init(&b, NULL);
    turns_start(t, &a, 0);
    turns_begin(t, &a);
    clock.mono += 5;
    turns_pause(t, &a);
    turns_start(t, &b, 1);
    turns_begin(t, &b);
    turns_begin(t, &a);
    assert_int_equal(a.state, TURN_WORKING);
    clock.mono += 7;
    turns_end(t, &b);
    turns_end(t, &a);
    assert_int_equal(turns_used_us(t, 0), 12000);
    assert_int_equal(turns_used_us(t, 1), 7000);
    assert_int_equal(turns_used_us(t, 99), 0);
    turn_done(&a);
    turn_done(&b);
}

static void lanes_at_work_have_different_cores(void **state UNUSED)
{
    enum { CORES = 3 };
    struct clock_manual clock;
    clock_manual_init(&clock, 1000, 0);
    OWNED(turns) struct turns *t = turns_new(CORES, &clock.clock);
    struct turn lanes[CORES];
    bool had[CORES] = {false};
    for (size_t i = 0; i < CORES; i++) {
        turn_init(&lanes[i], NULL);
        turns_start(t, &lanes[i], i);
        turns_begin(t, &lanes[i]);
        assert_in_range(lanes[i].core, 0, CORES - 1);
        assert_false(had[lanes[i].core]);
        had[lanes[i].core] = true;
    }
    size_t before = lanes[1].core;
    turns_end(t, &lanes[1]);
    turns_start(t, &lanes[1], 1);
    turns_begin(t, &lanes[1]);
    assert_int_equal(lanes[1].core, before); /* its caches are warm */
    for (size_t i = 0; i < CORES; i++) {
        turns_end(t, &lanes[i]);
        turn_done(&lanes[i]);
    }
}

static void a_core_that_is_paused_for_long_is_given_to_another(void **state UNUSED)
{
    struct clock_manual clock;
    clock_manual_init(&clock, 1000, 0);
    OWNED(turns) struct turns *t = turns_new(1, &clock.clock);
    struct turn a;
    struct turn b;
    turn_init(&a, NULL);
    turn_init(&b, NULL);
    turns_start(t, &a, 0);
    turns_begin(t, &a);
    turns_pause(t, &a);
    clock.mono += 1;
    turns_start(t, &b, 0);
    turns_begin(t, &b); /* does not wait */
    assert_int_equal(a.state, TURN_NONE);
    assert_int_equal(b.state, TURN_WORKING);
    turns_end(t, &b);
    turns_begin(t, &a);
    turns_end(t, &a);
    turn_done(&a);
    turn_done(&b);
}

static void a_core_of_a_thread_that_waits_for_kafka_is_given_to_another(void **state UNUSED)
{
    struct clock_manual clock;
    clock_manual_init(&clock, 1000, 0);
    OWNED(turns) struct turns *t = turns_new(1, &clock.clock);
    struct pulse pulse = {.moved_ms = 0};
    struct turn a;
    struct turn b;
    turn_init(&a, &pulse);
    turn_init(&b, NULL);
    pulse_set(&pulse, PULSE_WORK, 1000);
    turns_start(t, &a, 0);
    turns_begin(t, &a);
    turns_pause(t, &a);
    pulse_set(&pulse, PULSE_WAIT, 1000);
    turns_start(t, &b, 1);
    turns_begin(t, &b); /* does not wait */
    assert_int_equal(a.state, TURN_NONE);
    pulse_set(&pulse, PULSE_WORK, 1000);
    turns_end(t, &b);
    turns_end(t, &a);
    turn_done(&a);
    turn_done(&b);
}

struct waits {
    struct turns *t;
    struct turn turn;
};

static void *wait_for_core(void *arg)
{
    struct waits *w = arg;
    turns_start(w->t, &w->turn, 1);
    turns_begin(w->t, &w->turn);
    turns_end(w->t, &w->turn);
    return NULL;
}

static void counts_the_time_that_a_lane_waits_for_a_core(void **state UNUSED)
{
    struct clock_manual clock;
    clock_manual_init(&clock, 1000, 0);
    OWNED(turns) struct turns *t = turns_new(1, &clock.clock);
    struct waits other = {.t = t};
    struct turn mine;
    pthread_t thread;
    turn_init(&mine, NULL);
    turn_init(&other.turn, NULL);
    turns_start(t, &mine, 0);
    turns_begin(t, &mine);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_core, &other), 0);
    while (!turns_contended(t)) {
        (void)sched_yield();
    }
    clock.mono += 70;
    turns_end(t, &mine);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(turn_waited_us(&mine), 0);
    assert_int_equal(turn_waited_us(&other.turn), 70000);
    turn_done(&mine);
    turn_done(&other.turn);
}

/* ---- lanes that always have work ---- */

/*
 * A clock that only work advances: a lane adds the CPU time that it "uses" while it has a core, and
 * the monotonic time is that of all lanes together. So the time that the kernel gives to the
 * threads of the test has no influence.
 */
static _Thread_local int64_t cpu_us;
static atomic_int_fast64_t passed_us;

static int64_t worked_mono_us(const struct clock *c UNUSED)
{
    return atomic_load(&passed_us);
}

static int64_t worked_mono_ms(const struct clock *c UNUSED)
{
    return atomic_load(&passed_us) / 1000;
}

static int64_t worked_thread_us(const struct clock *c UNUSED)
{
    return cpu_us;
}

static const struct clock worked = {worked_mono_ms, worked_mono_ms, worked_mono_us,
                                    worked_thread_us};

enum { MOST_LANES = 40, MOST_CLASSES = 4, STEP_US = 200 };

struct lanes {
    struct turns *turns;
    size_t cores, classes, lanes[MOST_CLASSES]; /* number of lanes of each class */
    uint64_t first_us; /* the classes but the first begin when it has used so much */
    bool leaves;       /* it has nothing to do then, until the other class has the core */
    uint64_t total_us; /* to be used by all classes, counted from when all lanes are there */
    size_t count;
    atomic_size_t there;
    atomic_bool left, came, stop;
    atomic_size_t at_work, most_at_work;
    bool began;
    uint64_t before_us[MOST_CLASSES], used_us[MOST_CLASSES];
};

struct busy_lane {
    struct lanes *all;
    size_t sched_class;
    pthread_t thread;
};

/* Called by the lane that has the only core. */
static void observe(struct lanes *all)
{
    uint64_t sum = 0;
    for (size_t c = 0; c < all->classes; c++) {
        all->used_us[c] = turns_used_us(all->turns, c) - all->before_us[c];
        sum += all->used_us[c];
    }
    if (all->began && sum >= all->total_us) {
        atomic_store(&all->stop, true);
    } else if (!all->began && atomic_load(&all->there) == all->count) {
        all->began = true;
        memcpy(all->before_us, all->used_us, sizeof(all->before_us));
    }
}

/* With `leaves`, the second class uses no time until the first one is there again. */
static void use_core(struct lanes *all, size_t sched_class)
{
    size_t now = atomic_fetch_add(&all->at_work, 1) + 1;
    size_t most = atomic_load(&all->most_at_work);
    while (now > most && !atomic_compare_exchange_weak(&all->most_at_work, &most, now)) {
    }
    cpu_us += all->leaves && sched_class == 1 && atomic_load(&all->there) == 0 ? 0 : STEP_US;
    (void)atomic_fetch_add(&passed_us, STEP_US);
    if (all->cores != 1) {
        (void)sched_yield(); /* so that lanes are at work at the same time */
    } else if (!atomic_load(&all->stop)) {
        observe(all);
    }
    (void)atomic_fetch_sub(&all->at_work, 1);
}

/*
 * turns_yield counts nothing while no lane waits, and turns_pause would let the lane be without a
 * core and not wait for one. The latter is used only until all lanes are there.
 */
static void yield(struct lanes *all, struct turn *mine, bool *counted)
{
    int64_t before = mine->counted_us;
    turns_yield(all->turns, mine);
    if (mine->counted_us == before) {
        turns_pause(all->turns, mine);
        turns_begin(all->turns, mine);
    } else if (!*counted) {
        *counted = true;
        (void)atomic_fetch_add(&all->there, 1);
    }
}

static void wait_until_used(struct turns *t, size_t sched_class, uint64_t us)
{
    while (turns_used_us(t, sched_class) < us) {
        (void)sched_yield();
    }
}

static void *work(void *arg)
{
    struct busy_lane *l = arg;
    struct lanes *all = l->all;
    struct turn mine;
    turn_init(&mine, NULL);
    if (l->sched_class != 0) {
        wait_until_used(all->turns, 0, all->first_us);
        while (all->leaves && !atomic_load(&all->left)) {
            (void)sched_yield();
        }
    }
    turns_start(all->turns, &mine, l->sched_class);
    turns_begin(all->turns, &mine);
    if (l->sched_class == 1) {
        atomic_store(&all->came, true);
    }
    bool counted = false;
    while (!atomic_load(&all->stop)) {
        use_core(all, l->sched_class);
        if (all->leaves && l->sched_class == 0 && !atomic_load(&all->left) &&
            turns_used_us(all->turns, 0) >= all->first_us) {
            turns_end(all->turns, &mine);
            atomic_store(&all->left, true);
            while (!atomic_load(&all->came)) {
                (void)sched_yield();
            }
            turns_start(all->turns, &mine, l->sched_class);
            turns_begin(all->turns, &mine);
        }
        yield(all, &mine, &counted);
    }
    turns_end(all->turns, &mine);
    turn_done(&mine);
    return NULL;
}

static void start(struct lanes *all, struct busy_lane *list)
{
    for (size_t c = 0; c < all->classes; c++) {
        all->count += all->lanes[c];
    }
    size_t n = 0;
    for (size_t c = 0; c < all->classes; c++) {
        for (size_t last = n + all->lanes[c]; n < last; n++) {
            list[n] = (struct busy_lane){all, c, 0};
            thread_start(&list[n].thread, "lane", work, &list[n]);
        }
    }
}

static void join(const struct lanes *all, const struct busy_lane *list)
{
    for (size_t n = 0; n < all->count; n++) {
        thread_join(list[n].thread);
    }
    assert_in_range(atomic_load(&all->most_at_work), 1, all->cores);
}

static void run(struct lanes *all)
{
    struct busy_lane list[MOST_LANES];
    start(all, list);
    join(all, list);
}

static void classes_get_equal_time_whatever_the_number_of_their_lanes(void **state UNUSED)
{
    OWNED(turns) struct turns *t = turns_new(1, &worked);
    struct lanes all = {
        .turns = t, .cores = 1, .classes = 4, .lanes = {30, 1, 3, 1}, .total_us = 400000};
    run(&all);
    for (size_t c = 0; c < 4; c++) {
        assert_in_range(all.used_us[c], 90000, 110000);
    }
}

static void idle_then_busy(bool leaves)
{
    OWNED(turns) struct turns *t = turns_new(1, &worked);
    struct lanes all = {.turns = t,
                        .cores = 1,
                        .classes = 2,
                        .lanes = {1, 1},
                        .first_us = 100000,
                        .leaves = leaves,
                        .total_us = 80000};
    run(&all);
    assert_true(all.before_us[0] >= 100000);
    assert_in_range(all.used_us[0], 35000, 45000);
}

static void a_class_that_was_idle_has_saved_nothing_up(void **state UNUSED)
{
    idle_then_busy(false);
}

static void a_class_that_finds_all_cores_free_has_saved_nothing_up(void **state UNUSED)
{
    idle_then_busy(true);
}

static void a_class_alone_gets_all_cores(void **state UNUSED)
{
    OWNED(turns) struct turns *t = turns_new(3, &worked);
    struct lanes all = {.turns = t, .cores = 3, .classes = 1, .lanes = {5}};
    struct busy_lane list[MOST_LANES];
    start(&all, list);
    wait_until_used(t, 0, 100000);
    while (atomic_load(&all.most_at_work) < 3) {
        (void)sched_yield();
    }
    atomic_store(&all.stop, true);
    join(&all, list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_free_core_is_had_at_once_and_kept),
        cmocka_unit_test(lanes_at_work_have_different_cores),
        cmocka_unit_test(a_core_that_is_paused_for_long_is_given_to_another),
        cmocka_unit_test(counts_the_time_that_a_lane_waits_for_a_core),
        cmocka_unit_test(a_core_of_a_thread_that_waits_for_kafka_is_given_to_another),
        cmocka_unit_test(classes_get_equal_time_whatever_the_number_of_their_lanes),
        cmocka_unit_test(a_class_alone_gets_all_cores),
        cmocka_unit_test(a_class_that_was_idle_has_saved_nothing_up),
        cmocka_unit_test(a_class_that_finds_all_cores_free_has_saved_nothing_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
