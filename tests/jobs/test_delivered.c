/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "jobs/delivered.h"

#include <stdio.h>

static struct delivered *d;

static int set_up(void **state UNUSED)
{
    d = delivered_new(100 * 1000);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    delivered_free(d);
    return 0;
}

static struct delivered_object object(const char *key, const char *etag)
{
    return (struct delivered_object){SPAN("acme"), span_str(key), span_str(etag)};
}

static void add(const char *key, const char *etag, enum delivered_state state)
{
    struct delivered_object o = object(key, etag);
    assert_true(delivered_add(d, &o, state));
}

static enum delivered_state find(const char *key, const char *etag)
{
    struct delivered_object o = object(key, etag);
    return delivered_find(d, &o);
}

static void an_object_is_done_by_customer_key_and_etag(void **state UNUSED)
{
    add("a", "e1", DELIVERED_DONE);
    assert_int_equal(find("a", "e1"), DELIVERED_DONE);
    assert_int_equal(find("a", "e2"), DELIVERED_OTHER);
    assert_int_equal(find("b", "e1"), DELIVERED_NOT);
    struct delivered_object other = {SPAN("bolt"), SPAN("a"), SPAN("e1")};
    assert_int_equal(delivered_find(d, &other), DELIVERED_NOT);
    struct delivered_object shifted = {SPAN("acm"), SPAN("ea"), SPAN("e1")};
    assert_int_equal(delivered_find(d, &shifted), DELIVERED_NOT);
}

static void the_last_event_says_where_its_message_is(void **state UNUSED)
{
    add("a", "", DELIVERED_LATER);
    assert_int_equal(find("a", "e1"), DELIVERED_LATER);
    add("a", "", DELIVERED_LEFT);
    assert_int_equal(find("a", "e1"), DELIVERED_LEFT);
    add("a", "e1", DELIVERED_DONE);
    assert_int_equal(find("a", "e1"), DELIVERED_DONE);
    assert_int_equal(find("a", "e2"), DELIVERED_OTHER);
    add("a", "", DELIVERED_LATER); /* another version of it */
    assert_int_equal(find("a", "e1"), DELIVERED_DONE);
    assert_int_equal(find("a", "e2"), DELIVERED_LATER);
    add("a", "", DELIVERED_DEAD);
    assert_int_equal(find("a", "e2"), DELIVERED_DEAD);
    assert_int_equal(delivered_count(d), 2);
}

static void a_key_that_is_written_for_ever_takes_few_entries(void **state UNUSED)
{
    char etag[32];
    for (int i = 0; i < 100000; i++) {
        (void)snprintf(etag, sizeof(etag), "e%d", i);
        add("a", etag, DELIVERED_DONE);
        assert_int_equal(find("a", etag), DELIVERED_DONE);
    }
    assert_int_equal(delivered_count(d), DELIVERED_VERSIONS);
}

static void many_objects_are_found_again(void **state UNUSED)
{
    char key[32];
    for (int i = 0; i < 50000; i++) {
        (void)snprintf(key, sizeof(key), "logs/%d", i);
        add(key, "e", i % 3 == 0 ? DELIVERED_LATER : DELIVERED_DONE);
    }
    for (int i = 0; i < 100000; i++) {
        (void)snprintf(key, sizeof(key), "logs/%d", i);
        enum delivered_state want = i >= 50000   ? DELIVERED_NOT
                                    : i % 3 == 0 ? DELIVERED_LATER
                                                 : DELIVERED_DONE;
        assert_int_equal(find(key, "e"), want);
    }
}

static void a_full_set_says_so(void **state UNUSED)
{
    OWNED(delivered) struct delivered *small = delivered_new(2);
    struct delivered_object a = object("a", "e"), b = object("b", "e"), c = object("c", "e");
    assert_true(delivered_add(small, &a, DELIVERED_DONE));
    assert_true(delivered_add(small, &b, DELIVERED_LEFT));
    assert_false(delivered_add(small, &c, DELIVERED_DONE));
    assert_true(delivered_add(small, &b, DELIVERED_LATER)); /* it is there */
    assert_int_equal(delivered_find(small, &a), DELIVERED_DONE);
    assert_int_equal(delivered_find(small, &c), DELIVERED_NOT);
}

static void a_set_fits_into_its_memory(void **state UNUSED)
{
    enum { MIB = 1024 * 1024 };
    assert_int_equal(delivered_max_of(64 * MIB), 3 * 512 * 1024); /* 2 Mi slots of 16 bytes */
    assert_int_equal(delivered_max_of(48 * MIB), 3 * 512 * 1024);
    assert_int_equal(delivered_max_of(48 * MIB - 1), 3 * 256 * 1024);
    assert_int_equal(delivered_max_of((size_t)384 * MIB), DELIVERED_MAX);
    assert_int_equal(delivered_max_of(1), 768);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_object_is_done_by_customer_key_and_etag),
        TEST(the_last_event_says_where_its_message_is),
        TEST(a_key_that_is_written_for_ever_takes_few_entries),
        TEST(many_objects_are_found_again),
        TEST(a_full_set_says_so),
        TEST(a_set_fits_into_its_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
