/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/lock.h"
#include "flow/places.h"

#include <sched.h>

enum { PLACES = 4, LANES = 12 };

static struct {
    struct places *places;
    struct place lanes[LANES];
} f;

static int start(void **state UNUSED)
{
    f.places = places_new(PLACES);
    for (size_t i = 0; i < LANES; i++) {
        place_init(&f.lanes[i]);
    }
    return 0;
}

static int stop(void **state UNUSED)
{
    for (size_t i = 0; i < LANES; i++) {
        places_release(f.places, &f.lanes[i]);
        place_done(&f.lanes[i]);
    }
    places_free(f.places);
    return 0;
}

static bool takes(size_t lane, size_t sched_class)
{
    return places_take(f.places, &f.lanes[lane], sched_class, 0);
}

/* As lanes do whose topic has no leader: they keep what they have. */
static void a_class_with_any_number_of_lanes_leaves_places_to_others(void **state UNUSED)
{
    size_t had = 0;
    for (size_t i = 0; i < 8; i++) {
        had += takes(i, 7) ? 1 : 0;
    }
    assert_int_equal(had, PLACES / 2);
    assert_int_equal(places_held(f.places, 7), had);
    assert_int_equal(places_waiting(f.places), 8 - had);
    assert_true(takes(8, 1));
    assert_true(takes(9, 2)); /* a first place, as long as there is any */
    assert_false(takes(10, 3));
}

static void a_place_is_taken_once_and_given_back_once(void **state UNUSED)
{
    assert_true(takes(0, 1));
    assert_true(takes(0, 1));
    assert_int_equal(places_held(f.places, 1), 1);
    places_release(f.places, &f.lanes[0]);
    places_release(f.places, &f.lanes[0]);
    assert_int_equal(places_held(f.places, 1), 0);
}

static void the_class_with_the_fewest_is_served_first(void **state UNUSED)
{
    for (size_t i = 0; i < PLACES; i++) {
        assert_true(takes(i, i < 2 ? 1 : i));
    }
    assert_false(takes(4, 1)); /* came first, but its class has two */
    assert_false(takes(5, 8));
    assert_false(takes(6, 9));
    places_release(f.places, &f.lanes[3]);
    assert_int_equal(f.lanes[4].state, PLACE_WAITING);
    assert_int_equal(f.lanes[5].state, PLACE_HELD);
    assert_int_equal(f.lanes[6].state, PLACE_WAITING);
    places_release(f.places, &f.lanes[6]); /* it waits no longer */
    places_release(f.places, &f.lanes[0]);
    places_release(f.places, &f.lanes[1]);
    assert_int_equal(f.lanes[4].state, PLACE_HELD);
    assert_int_equal(places_waiting(f.places), 0);
}

static void *take_in_a_thread(void *lane)
{
    while (!places_take(f.places, lane, 1, 1000)) {
    }
    return NULL;
}

static void a_lane_waits_until_a_place_is_given_back(void **state UNUSED)
{
    pthread_t thread;
    for (size_t i = 0; i < PLACES; i++) {
        assert_true(takes(i, 10 + i));
    }
    thread_start(&thread, "lane", take_in_a_thread, &f.lanes[4]);
    while (places_waiting(f.places) == 0) {
        (void)sched_yield();
    }
    places_release(f.places, &f.lanes[0]);
    thread_join(thread);
    assert_int_equal(places_held(f.places, 1), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_class_with_any_number_of_lanes_leaves_places_to_others),
        TEST(a_place_is_taken_once_and_given_back_once),
        TEST(the_class_with_the_fewest_is_served_first),
        TEST(a_lane_waits_until_a_place_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
