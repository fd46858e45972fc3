/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "jobs/reconcile.h"

#include <stdio.h>

static struct {
    struct customer_conf customer;
    struct delivered *d;
    struct reconcile r;
} w;

static char ignored[] = "*.tmp";
static char *ignore[] = {ignored, NULL};

static int set_up(void **state UNUSED)
{
    w.d = delivered_new(1000);
    w.customer = (struct customer_conf){
        .id = (char *)(uintptr_t) "acme", .prefix = (char *)(uintptr_t) "p", .ignore = ignore};
    w.r = (struct reconcile){.customer = &w.customer,
                             .range = {.below = SPAN("p/"), .from_ns = 1000, .to_ns = 2000},
                             .delivered = w.d,
                             .queue = {.waiting_ns = INT64_MAX}};
    return 0;
}

static int tear_down(void **state UNUSED)
{
    delivered_free(w.d);
    return 0;
}

static void add(const char *key, const char *etag, enum delivered_state s)
{
    struct delivered_object o = {SPAN("acme"), span_str(key), span_str(etag)};
    assert_true(delivered_add(w.d, &o, s));
}

static enum fate fate_at(const char *key, int64_t modified_ns, const char *class)
{
    struct s3_entry e = {.key = span_str(key),
                         .etag = SPAN("e1"),
                         .storage_class = span_str(class),
                         .size = 5,
                         .modified_ns = modified_ns};
    return reconcile_object(&w.r, &e);
}

static enum fate fate(const char *key)
{
    return fate_at(key, 1500, "STANDARD");
}

static void each_object_has_one_fate(void **state UNUSED)
{
    add("p/done", "e1", DELIVERED_DONE);
    add("p/other", "e0", DELIVERED_DONE);
    add("p/later", "", DELIVERED_LATER);
    add("p/left", "", DELIVERED_LEFT);
    add("p/dead", "", DELIVERED_DEAD);
    add("p/cold-done", "e1", DELIVERED_DONE);
    assert_int_equal(fate("p/done"), FATE_DELIVERED);
    assert_int_equal(fate("p/other"), FATE_OTHER_VERSION);
    assert_int_equal(fate("p/later"), FATE_IN_FLIGHT);
    assert_int_equal(fate("p/left"), FATE_DEAD_LETTER);
    assert_int_equal(fate("p/dead"), FATE_DEAD_LETTER);
    assert_int_equal(fate("p/x.tmp"), FATE_IGNORED);
    assert_int_equal(fate("p/none"), FATE_MISSING);
    assert_int_equal(fate("q/none"), FATE_ELSEWHERE);
    assert_int_equal(fate_at("p/none", 999, ""), FATE_ELSEWHERE);
    assert_int_equal(fate_at("p/none", 2000, ""), FATE_ELSEWHERE);
    assert_int_equal(fate_at("p/cold", 1500, "GLACIER"), FATE_ARCHIVED);
    assert_int_equal(fate_at("p/cold-done", 1500, "GLACIER"), FATE_DELIVERED);
    assert_int_equal(fate_at("p/later", 1500, "GLACIER"), FATE_IN_FLIGHT);
    assert_int_equal(w.r.objects[FATE_MISSING], 1);
    assert_int_equal(reconcile_compared(&w.r), 10);
}

static void an_empty_queue_has_no_message_in_flight(void **state UNUSED)
{
    add("p/later", "", DELIVERED_LATER);
    add("p/left", "", DELIVERED_LEFT);
    w.r.queue.empty = true;
    assert_int_equal(fate("p/later"), FATE_MISSING);
    assert_int_equal(fate("p/left"), FATE_DEAD_LETTER); /* that queue was not read */
    w.r.queue.dead_letters_read = true;
    assert_int_equal(fate("p/left"), FATE_MISSING);
    w.r.queue.empty = false;
    assert_int_equal(fate("p/left"), FATE_IN_FLIGHT);
}

static void an_object_whose_message_may_wait_is_in_flight(void **state UNUSED)
{
    add("p/other", "e0", DELIVERED_DONE);
    add("p/done", "e1", DELIVERED_DONE);
    w.r.queue.waiting_ns = 1600;
    assert_int_equal(fate_at("p/none", 1599, ""), FATE_MISSING);
    assert_int_equal(fate_at("p/none", 1600, ""), FATE_IN_FLIGHT);
    assert_int_equal(fate_at("p/other", 1599, ""), FATE_OTHER_VERSION);
    assert_int_equal(fate_at("p/other", 1600, ""), FATE_IN_FLIGHT);
    assert_int_equal(fate_at("p/done", 1600, ""), FATE_DELIVERED);
}

static void other_versions_are_missing_if_that_is_wanted(void **state UNUSED)
{
    struct s3_entry e = {
        .key = SPAN("p/other"), .etag = SPAN("e1"), .size = 1, .modified_ns = 1500};
    add("p/other", "e0", DELIVERED_DONE);
    assert_false(reconcile_wants(&w.r, &e));
    w.r.other_versions = true;
    assert_true(reconcile_wants(&w.r, &e));
}

static struct reconcile_queue judge(int64_t visible, int64_t in_flight, int64_t lag_ms)
{
    return reconcile_judge_queue(&(struct reconcile_waiting){
        .visible = visible, .in_flight = in_flight, .lag_ms = lag_ms, .recent_ms = 1000000});
}

/* recent_ms is 15 minutes ago, clocks differ by 5 minutes at most. */
static void what_waits_is_judged_by_how_late_deliveries_are(void **state UNUSED)
{
    struct reconcile_queue q = judge(0, 0, -1);
    assert_true(q.empty && q.waiting_ns == INT64_MAX);
    q = judge(0, 3, -1); /* received, and not delivered: these have events, or will have */
    assert_true(!q.empty && q.waiting_ns == INT64_MAX);
    q = judge(1, 0, -1); /* nothing is delivered: anything may wait */
    assert_true(!q.empty && q.waiting_ns == 0);
    q = judge(1, 0, 2000);
    assert_int_equal(q.waiting_ns, (1000000 + 900000 - 2000 - 300000) * INT64_C(1000000));
    q = judge(-1, -1, 2000); /* not known: as if messages were visible */
    assert_int_equal(q.waiting_ns, (1000000 + 900000 - 2000 - 300000) * INT64_C(1000000));
    assert_false(q.empty);
}

static void what_has_no_events_is_not_compared(void **state UNUSED)
{
    const int64_t ms = 1000000;
    struct range range = {.from_ns = 100 * ms, .to_ns = 200 * ms};
    assert_false(reconcile_limit(&range, 100));
    assert_int_equal(range.from_ns, 100 * ms);
    assert_true(reconcile_limit(&range, 150));
    assert_int_equal(range.from_ns, 150 * ms);
    assert_true(reconcile_limit(&range, INT64_MAX)); /* there is no event */
    assert_int_equal(range.from_ns, range.to_ns);
}

static void the_first_missing_keys_are_kept(void **state UNUSED)
{
    struct missing_keys m = MISSING_KEYS_INIT;
    struct span keys[MISSING_KEYS];
    assert_int_equal(missing_keys_list(&m, keys), 0);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MISSING_KEYS + 5; i++) {
            char key[16];
            (void)snprintf(key, sizeof(key), "%d-%d", round, i);
            missing_keys_add(&m, span_str(key));
        }
        assert_int_equal(missing_keys_list(&m, keys), MISSING_KEYS);
        assert_true(span_eq(keys[0], span_str(round == 0 ? "0-0" : "1-0")));
        assert_true(span_eq(keys[19], span_str(round == 0 ? "0-19" : "1-19")));
        missing_keys_clear(&m);
        assert_int_equal(missing_keys_list(&m, keys), 0);
    }
    missing_keys_done(&m);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(each_object_has_one_fate),
        TEST(an_empty_queue_has_no_message_in_flight),
        TEST(an_object_whose_message_may_wait_is_in_flight),
        TEST(other_versions_are_missing_if_that_is_wanted),
        TEST(what_waits_is_judged_by_how_late_deliveries_are),
        TEST(what_has_no_events_is_not_compared),
        TEST(the_first_missing_keys_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
