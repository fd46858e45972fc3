/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "customers/route.h"

#include <stdio.h>

static struct routes *table(void)
{
    struct routes *r = routes_new();
    routes_add(r, 0, SPAN("shared"), SPAN("cust10"), 10);
    routes_add(r, 0, SPAN("shared"), SPAN("cust1"), 1);
    routes_add(r, 0, SPAN("shared"), SPAN("cust1.old"), 11);
    routes_add(r, 0, SPAN("shared"), SPAN("a/b/c"), 2);
    routes_add(r, 1, SPAN("shared"), SPAN("cust1"), 3);
    routes_add(r, 1, SPAN("other"), SPAN("cust1"), 4);
    routes_seal(r);
    return r;
}

static void finds_the_customer_of_queue_bucket_and_prefix(void **state UNUSED)
{
    OWNED(routes) struct routes *r = table();
    assert_int_equal(routes_find(r, 0, SPAN("shared"), SPAN("cust1/x")), 1);
    assert_int_equal(routes_find(r, 0, SPAN("shared"), SPAN("cust1/y/z/")), 1);
    assert_int_equal(routes_find(r, 0, SPAN("shared"), SPAN("cust10/x")), 10);
    assert_int_equal(routes_find(r, 0, SPAN("shared"), SPAN("cust1.old/x")), 11);
    assert_int_equal(routes_find(r, 0, SPAN("shared"), SPAN("a/b/c/d")), 2);
    assert_int_equal(routes_find(r, 1, SPAN("shared"), SPAN("cust1/x")), 3);
    assert_int_equal(routes_find(r, 1, SPAN("other"), SPAN("cust1/x")), 4);
}

static void ends_a_prefix_at_a_slash_with_something_behind(void **state UNUSED)
{
    OWNED(routes) struct routes *r = table();
    const char *nobodys[] = {"cust1",   "cust1/",   "cust100/x", "cust",    "/cust1/x",
                             "cust1-x", "a/b/cc/d", "a/b/x",     "a/b",     "",
                             "/",       "//",       "Cust1/x",   "cust1 /x"};
    for (size_t i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++) {
        assert_int_equal(routes_find(r, 0, SPAN("shared"), span_str(nobodys[i])), ROUTE_NONE);
    }
}

static void knows_no_other_bucket_and_no_other_queue(void **state UNUSED)
{
    OWNED(routes) struct routes *r = table();
    assert_int_equal(routes_find(r, 0, SPAN("other"), SPAN("cust1/x")), ROUTE_NONE);
    assert_int_equal(routes_find(r, 2, SPAN("shared"), SPAN("cust1/x")), ROUTE_NONE);
    assert_int_equal(routes_find(r, 0, SPAN("share"), SPAN("cust1/x")), ROUTE_NONE);
    OWNED(routes) struct routes *none = routes_new();
    routes_seal(none);
    assert_int_equal(routes_find(none, 0, SPAN("shared"), SPAN("cust1/x")), ROUTE_NONE);
}

enum { MANY = 5000 };

/* Prefixes that differ in one byte, of several lengths, in a table that has grown. */
static void finds_each_of_many_and_nothing_between_them(void **state UNUSED)
{
    static char prefixes[MANY][32];
    OWNED(routes) struct routes *r = routes_new();
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(prefixes[i], sizeof(prefixes[i]), "a/%s%zu", i % 3 == 0 ? "b/" : "", i);
        routes_add(r, i % 4, SPAN("shared"), span_str(prefixes[i]), i);
    }
    routes_seal(r);
    for (size_t i = 0; i < MANY; i++) {
        char key[64];
        (void)snprintf(key, sizeof(key), "%.31s/2026/x", prefixes[i]);
        assert_int_equal(routes_find(r, i % 4, SPAN("shared"), span_str(key)), i);
        assert_int_equal(routes_find(r, (i + 1) % 4, SPAN("shared"), span_str(key)), ROUTE_NONE);
        (void)snprintf(key, sizeof(key), "%.31s.x/2026/x", prefixes[i]);
        assert_int_equal(routes_find(r, i % 4, SPAN("shared"), span_str(key)), ROUTE_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_customer_of_queue_bucket_and_prefix),
        cmocka_unit_test(ends_a_prefix_at_a_slash_with_something_behind),
        cmocka_unit_test(knows_no_other_bucket_and_no_other_queue),
        cmocka_unit_test(finds_each_of_many_and_nothing_between_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
