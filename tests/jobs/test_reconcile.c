/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "jobs/reconcile.h"

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(each_object_has_one_fate),
        TEST(an_empty_queue_has_no_message_in_flight),
        TEST(an_object_whose_message_may_wait_is_in_flight),
        TEST(other_versions_are_missing_if_that_is_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
