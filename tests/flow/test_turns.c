/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/lock.h"
#include "flow/turns.h"

#include <stdatomic.h>

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
    pulse_set(&pulse, PULSE_WAIT, 1000);
    turns_start(t, &b, 1);
    turns_begin(t, &b); /* does not wait */
    pulse_set(&pulse, PULSE_WORK, 1000);
    turns_yield(t, &a);
    turns_pause(t, &a);
    assert_int_equal(a.state, TURN_NONE);
    turns_end(t, &b);
    turns_end(t, &a);
    turn_done(&a);
    turn_done(&b);
}

/* ---- lanes that always have work ---- */

enum { MOST_LANES = 40 };

struct busy_lane {
    struct turns *turns;
    size_t sched_class;
    atomic_size_t *at_work, *most_at_work;
    atomic_bool *stop;
    pthread_t thread;
};

static void burn(int64_t us)
{
    int64_t end = clock_thread_us(&clock_system) + us;
    while (clock_thread_us(&clock_system) < end) {
    }
}

static void *work(void *arg)
{
    struct busy_lane *l = arg;
    struct turn mine;
    turn_init(&mine, NULL);
    while (!atomic_load(l->stop)) {
        turns_start(l->turns, &mine, l->sched_class);
        for (size_t buffer = 0; buffer < 20 && !atomic_load(l->stop); buffer++) {
            turns_begin(l->turns, &mine);
            size_t now = atomic_fetch_add(l->at_work, 1) + 1;
            size_t most = atomic_load(l->most_at_work);
            while (now > most && !atomic_compare_exchange_weak(l->most_at_work, &most, now)) {
            }
            burn(200);
            (void)atomic_fetch_sub(l->at_work, 1);
            turns_yield(l->turns, &mine);
            (void)atomic_fetch_add(l->at_work, 1);
            burn(200);
            (void)atomic_fetch_sub(l->at_work, 1);
            turns_pause(l->turns, &mine);
        }
        turns_end(l->turns, &mine);
    }
    turn_done(&mine);
    return NULL;
}

/* Run until all classes together have had total_us. lanes: the number of lanes of each class. */
static void run(size_t cores, const size_t *lanes, size_t classes, uint64_t total_us,
                uint64_t *used_us)
{
    OWNED(turns) struct turns *t = turns_new(cores, &clock_system);
    struct busy_lane list[MOST_LANES];
    atomic_size_t at_work = 0;
    atomic_size_t most = 0;
    atomic_bool stop = false;
    size_t count = 0;
    for (size_t c = 0; c < classes; c++) {
        for (size_t n = 0; n < lanes[c]; n++) {
            list[count] = (struct busy_lane){t, c, &at_work, &most, &stop, 0};
            thread_start(&list[count].thread, "lane", work, &list[count]);
            count++;
        }
    }
    uint64_t sum = 0;
    while (sum < total_us) {
        sum = 0;
        for (size_t c = 0; c < classes; c++) {
            used_us[c] = turns_used_us(t, c);
            sum += used_us[c];
        }
    }
    atomic_store(&stop, true);
    for (size_t n = 0; n < count; n++) {
        thread_join(list[n].thread);
    }
    assert_in_range(atomic_load(&most), 1, cores);
}

static void classes_get_equal_time_whatever_the_number_of_their_lanes(void **state UNUSED)
{
    const size_t lanes[] = {30, 1, 3, 1};
    uint64_t used_us[4];
    run(1, lanes, 4, 400000, used_us);
    for (size_t c = 0; c < 4; c++) {
        assert_in_range(used_us[c], 80000, 120000);
    }
}

static void a_class_alone_gets_all_cores(void **state UNUSED)
{
    const size_t lanes[] = {5};
    uint64_t used_us[1];
    run(3, lanes, 1, 100000, used_us);
}

static uint64_t wait_until_used(struct turns *t, size_t sched_class, uint64_t us)
{
    uint64_t used = 0;
    while ((used = turns_used_us(t, sched_class)) < us) {
    }
    return used;
}

static void a_class_that_was_idle_has_saved_nothing_up(void **state UNUSED)
{
    OWNED(turns) struct turns *t = turns_new(1, &clock_system);
    atomic_size_t at_work = 0;
    atomic_size_t most = 0;
    atomic_bool stop = false;
    struct busy_lane a = {t, 0, &at_work, &most, &stop, 0};
    struct busy_lane b = {t, 1, &at_work, &most, &stop, 0};
    thread_start(&a.thread, "lane", work, &a);
    uint64_t alone = wait_until_used(t, 0, 100000);
    thread_start(&b.thread, "lane", work, &b);
    (void)wait_until_used(t, 1, 40000);
    uint64_t beside = turns_used_us(t, 0) - alone;
    atomic_store(&stop, true);
    thread_join(a.thread);
    thread_join(b.thread);
    assert_true(beside >= 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_free_core_is_had_at_once_and_kept),
        cmocka_unit_test(a_core_that_is_paused_for_long_is_given_to_another),
        cmocka_unit_test(a_core_of_a_thread_that_waits_for_kafka_is_given_to_another),
        cmocka_unit_test(classes_get_equal_time_whatever_the_number_of_their_lanes),
        cmocka_unit_test(a_class_alone_gets_all_cores),
        cmocka_unit_test(a_class_that_was_idle_has_saved_nothing_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
