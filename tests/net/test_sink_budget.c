/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/lock.h"
#include "net/sink_budget.h"

#include <sched.h>
#include <stdatomic.h>

enum { LIMIT = 100 };

static atomic_int verdict; /* result of `over`: an err_kind */

static enum err_kind over(const void *context, struct err *e)
{
    enum err_kind kind = (enum err_kind)atomic_load((const atomic_int *)context);
    return kind == FAIL_NONE ? FAIL_NONE : err_set(e, kind, "as the test says");
}

struct reservation {
    struct sink_budget *budget;
    uint64_t bytes;
    struct sink_wait wait;
    struct err err;
    enum err_kind kind;
    pthread_t thread;
};

static void *reserve(void *arg)
{
    struct reservation *r = arg;
    r->kind = sink_budget_reserve(r->budget, r->bytes, &r->wait, &r->err);
    return NULL;
}

static struct reservation reservation_of(struct sink_budget *b, uint64_t bytes)
{
    return (struct reservation){
        .budget = b, .bytes = bytes, .wait = {.over = over, .context = &verdict}};
}

/* Start a reservation that must wait. */
static void reserve_waiting(struct reservation *r)
{
    unsigned before = sink_budget_waiting(r->budget);
    assert_int_equal(pthread_create(&r->thread, NULL, reserve, r), 0);
    while (sink_budget_waiting(r->budget) == before) {
        (void)sched_yield();
    }
}

static void reserve_now(struct sink_budget *b, uint64_t bytes)
{
    struct reservation r = reservation_of(b, bytes);
    (void)reserve(&r);
    assert_int_equal(r.kind, FAIL_NONE);
}

static int setup(void **state)
{
    atomic_store(&verdict, FAIL_NONE);
    *state = sink_budget_new(LIMIT);
    return 0;
}

static int teardown(void **state)
{
    sink_budget_free(*state);
    return 0;
}

static void takes_what_fits_and_makes_the_next_wait_for_a_release(void **state)
{
    struct sink_budget *b = *state;
    reserve_now(b, 60);
    reserve_now(b, 40);
    assert_int_equal(sink_budget_used(b), LIMIT);
    struct reservation r = reservation_of(b, 30);
    reserve_waiting(&r);
    assert_int_equal(sink_budget_used(b), LIMIT);
    sink_budget_release(b, 40);
    (void)pthread_join(r.thread, NULL);
    assert_int_equal(r.kind, FAIL_NONE);
    assert_int_equal(sink_budget_used(b), 90);
    sink_budget_release(b, 90);
    assert_int_equal(sink_budget_used(b), 0);
    assert_int_equal(sink_budget_limit(b), LIMIT);
}

static void lets_in_one_that_is_larger_than_all_of_it_when_it_is_alone(void **state)
{
    struct sink_budget *b = *state;
    reserve_now(b, 1);
    struct reservation r = reservation_of(b, 10 * LIMIT);
    reserve_waiting(&r);
    sink_budget_release(b, 1);
    (void)pthread_join(r.thread, NULL);
    assert_int_equal(sink_budget_used(b), 10 * LIMIT);
    struct reservation small = reservation_of(b, 1);
    reserve_waiting(&small);
    sink_budget_release(b, 10 * LIMIT);
    (void)pthread_join(small.thread, NULL);
    assert_int_equal(sink_budget_used(b), 1);
    sink_budget_release(b, 1);
}

static void a_wait_ends_when_its_producer_says_so_and_reserves_nothing(void **state)
{
    struct sink_budget *b = *state;
    reserve_now(b, LIMIT);
    atomic_int stays = FAIL_NONE;
    struct reservation stopped = reservation_of(b, 10);
    struct reservation other = reservation_of(b, 10);
    other.wait.context = &stays;
    reserve_waiting(&stopped);
    reserve_waiting(&other);
    atomic_store(&verdict, FAIL_STOPPED);
    sink_budget_wake(b);
    (void)pthread_join(stopped.thread, NULL);
    assert_int_equal(stopped.kind, FAIL_STOPPED);
    assert_int_equal(sink_budget_used(b), LIMIT);
    assert_int_equal(sink_budget_waiting(b), 1); /* of another producer */
    sink_budget_release(b, LIMIT);
    (void)pthread_join(other.thread, NULL);
    assert_int_equal(sink_budget_used(b), 10);
    sink_budget_release(b, 10);
}

static void a_pulse_shows_the_wait(void **state)
{
    struct sink_budget *b = *state;
    struct pulse pulse;
    pulse_set(&pulse, PULSE_WORK, 0);
    reserve_now(b, LIMIT);
    struct reservation r = reservation_of(b, 10);
    r.wait.pulse = &pulse;
    reserve_waiting(&r);
    assert_int_equal(pulse_state(&pulse), PULSE_WAIT);
    sink_budget_release(b, LIMIT);
    (void)pthread_join(r.thread, NULL);
    assert_int_equal(pulse_state(&pulse), PULSE_WORK);
    sink_budget_release(b, 10);
}

enum { THREADS = 4, ROUNDS = 5000 };

static atomic_int_fast64_t inside;
static atomic_bool exceeded;

static void *reserve_and_release(void *arg)
{
    struct reservation r = reservation_of(arg, 0);
    for (int i = 0; i < ROUNDS; i++) {
        r.bytes = 1 + (uint64_t)(i % 60);
        (void)reserve(&r);
        int64_t now = atomic_fetch_add(&inside, (int64_t)r.bytes) + (int64_t)r.bytes;
        if (now > LIMIT) {
            atomic_store(&exceeded, true);
        }
        atomic_fetch_sub(&inside, (int64_t)r.bytes);
        sink_budget_release(r.budget, r.bytes);
    }
    return NULL;
}

static void is_never_exceeded_and_misses_no_wake_up(void **state)
{
    pthread_t threads[THREADS];
    atomic_store(&inside, 0);
    atomic_store(&exceeded, false);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, reserve_and_release, *state), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    assert_false(atomic_load(&exceeded));
    assert_int_equal(sink_budget_used(*state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(takes_what_fits_and_makes_the_next_wait_for_a_release,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(lets_in_one_that_is_larger_than_all_of_it_when_it_is_alone,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_wait_ends_when_its_producer_says_so_and_reserves_nothing,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_pulse_shows_the_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(is_never_exceeded_and_misses_no_wake_up, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
