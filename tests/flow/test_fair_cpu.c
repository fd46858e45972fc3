/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CPU time that customers get from lanes, inbox and turns together, on a clock that only work
 * advances. 50 of 1,000 customers are active and always have messages; their objects differ in
 * length. Jain's index of the time that each gets is 1 if all get the same, and 1/50 if one gets
 * all: R. Jain, D.-M. Chiu, W. Hawe, "A Quantitative Measure of Fairness and Discrimination for
 * Resource Allocation in Shared Computer Systems", DEC-TR-301, 1984.
 */
#include "testing.h"

#include "base/lock.h"
#include "base/rng.h"
#include "flow/inbox.h"
#include "flow/turns.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CUSTOMERS = 1000,
    ACTIVE = 50,
    MOST_LANES = 128,
    STEP_US = TURN_US,           /* of work between two yields */
    TOTAL_US = 60 * 1000 * 1000, /* of the clock */
    WAITING = 4,                 /* messages of each active customer */
};

static _Thread_local int64_t cpu_us;
static atomic_int_fast64_t passed_us; /* there is one core */

static int64_t mono_us(const struct clock *c UNUSED)
{
    return atomic_load(&passed_us);
}

static int64_t mono_ms(const struct clock *c)
{
    return mono_us(c) / 1000;
}

static int64_t thread_us(const struct clock *c UNUSED)
{
    return cpu_us;
}

static const struct clock worked = {mono_ms, mono_ms, mono_us, thread_us};

static struct {
    struct inbox *inbox;
    struct turns *turns;
    int64_t object_us[CUSTOMERS]; /* of one object of the customer */
    atomic_bool over;
    size_t lanes;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t settled;
        size_t there, moving; /* lanes that have begun, and that neither work nor wait */
    } shared;
} world;

static bool is_settled_locked(void)
{
    return world.shared.there == world.lanes && world.shared.moving == 0;
}

static void count(size_t there, int moving)
{
    mutex_lock(&world.shared.lock);
    world.shared.there += there;
    world.shared.moving += (size_t)moving;
    if (is_settled_locked()) {
        cond_broadcast(&world.shared.settled);
    }
    mutex_unlock(&world.shared.lock);
}

static void wait_settled(void)
{
    mutex_lock(&world.shared.lock);
    while (!is_settled_locked()) {
        cond_wait(&world.shared.settled, &world.shared.lock);
    }
    mutex_unlock(&world.shared.lock);
}

static void put_message(size_t customer)
{
    struct inflight *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    m->queue = m->sched_class = customer;
    m->body_bytes = 100;
    if (inbox_reserve(world.inbox, customer, customer, 1) == 0 ||
        !inbox_put(world.inbox, m, false)) {
        free(m);
    }
}

static void process(size_t customer, struct turn *turn)
{
    turns_start(world.turns, turn, customer);
    count(0, -1);
    for (int64_t left = world.object_us[customer]; left > 0; left -= STEP_US) {
        turns_begin(world.turns, turn);
        wait_settled(); /* time passes only while all others wait */
        cpu_us += STEP_US;
        (void)atomic_fetch_add(&passed_us, STEP_US);
        turns_yield(world.turns, turn);
        if (atomic_load(&passed_us) >= TOTAL_US) {
            atomic_store(&world.over, true);
            break;
        }
    }
    count(0, 1);
    turns_end(world.turns, turn);
}

static void *lane(void *arg UNUSED)
{
    struct turn turn;
    struct inbox_use use;
    struct inflight *m = NULL;
    turn_init(&turn, NULL);
    count(1, 0);
    while (!atomic_load(&world.over) && (m = inbox_take(world.inbox, &use)) != NULL) {
        count(0, 1);
        size_t customer = m->sched_class;
        int64_t began = mono_ms(&worked);
        free(m);
        put_message(customer); /* it always has some */
        process(customer, &turn);
        inbox_finished(world.inbox, &use, mono_ms(&worked) - began);
        count(0, -1);
    }
    inbox_stop(world.inbox);
    turn_done(&turn);
    return NULL;
}

/* 5 ms to 1 s, each order of magnitude equally often. */
static int64_t random_object_us(struct rng *rng)
{
    static const int64_t us[] = {5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000};
    return us[rng_below(rng, sizeof(us) / sizeof(us[0]))];
}

static double jain_of(const uint64_t *used, size_t count)
{
    double sum = 0;
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)used[i];
        squares += (double)used[i] * (double)used[i];
    }
    return sum * sum / ((double)count * squares);
}

static double index_with(size_t lanes, uint64_t seed)
{
    struct rng rng;
    size_t active[ACTIVE];
    uint64_t used[ACTIVE];
    pthread_t threads[MOST_LANES];
    rng_init(&rng, seed);
    atomic_store(&passed_us, 0);
    atomic_store(&world.over, false);
    mutex_init(&world.shared.lock);
    cond_init(&world.shared.settled);
    world.shared.there = world.shared.moving = 0;
    world.lanes = lanes;
    memset(world.object_us, 0, sizeof(world.object_us));
    world.turns = turns_new(1, &worked);
    world.inbox = inbox_new(&(struct inbox_settings){.slots = 2 * lanes,
                                                     .lanes = lanes,
                                                     .queues = CUSTOMERS,
                                                     .sched_classes = CUSTOMERS,
                                                     .bytes = 4 << 20});
    for (size_t i = 0; i < ACTIVE; i++) {
        do {
            active[i] = rng_below(&rng, CUSTOMERS);
        } while (world.object_us[active[i]] != 0);
        world.object_us[active[i]] = random_object_us(&rng);
        for (size_t k = 0; k < WAITING; k++) {
            put_message(active[i]);
        }
    }
    for (size_t i = 0; i < lanes; i++) {
        thread_start(&threads[i], "lane", lane, NULL);
    }
    for (size_t i = 0; i < lanes; i++) {
        thread_join(threads[i]);
    }
    for (size_t i = 0; i < ACTIVE; i++) {
        used[i] = turns_used_us(world.turns, active[i]);
    }
    for (struct inflight *m; (m = inbox_drain(world.inbox)) != NULL;) {
        free(m);
    }
    mutex_done(&world.shared.lock);
    cond_done(&world.shared.settled);
    inbox_free(world.inbox);
    turns_free(world.turns);
    return jain_of(used, ACTIVE);
}

static void fifty_active_customers_get_equal_time_from_many_lanes(void **state UNUSED)
{
    static const size_t lanes[] = {64, MOST_LANES};
    for (size_t i = 0; i < 2; i++) {
        for (uint64_t seed = 1; seed <= 2; seed++) {
            double index = index_with(lanes[i], seed);
            print_message("%zu lanes: index %.3f\n", lanes[i], index);
            assert_true(index >= 0.95);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc > 1) { /* another number of lanes, for docs/performance.md */
        (void)printf("%.3f\n", index_with(strtoul(argv[1], NULL, 10), 1));
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fifty_active_customers_get_equal_time_from_many_lanes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
