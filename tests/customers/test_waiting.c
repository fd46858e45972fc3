/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "customers/waiting.h"
#include "customers_priv.h"
#include "fakes/one_customer.h"

static struct one_customer w;

static int setup(void **state UNUSED)
{
    one_customer_init(&w);
    one_customer_add_second(&w);
    one_customer_start(&w);
    return 0;
}

static int teardown(void **state UNUSED)
{
    one_customer_done(&w);
    return 0;
}

/* An object whose lane has produced `records` so far. */
struct object {
    struct waiting waiting;
    atomic_uint_fast64_t pending;
};

static void add(struct customer *c, struct object *o, const char *name, unsigned records,
                int64_t now)
{
    atomic_init(&o->pending, records + 1);
    o->waiting = (struct waiting){.object = name, .pending = &o->pending};
    waiting_add(c, &o->waiting, now);
}

static void names_the_object_that_waits_longest(void **state UNUSED)
{
    struct object one;
    struct object two;
    struct object three;
    struct waiting_report r;
    add(w.c, &one, "s3://b/1", 1, 10);
    add(w.c, &two, "s3://b/2", 1, 20);
    add(w.c, &three, "s3://b/3", 1, 30);
    waiting_of_customer(w.c, &r);
    assert_int_equal(r.count, 3);
    assert_string_equal(r.object, "s3://b/1");
    assert_int_equal(r.since_ms, 10);
    waiting_remove(w.c, &one.waiting);
    waiting_remove(w.c, &three.waiting);
    waiting_remove(w.c, &three.waiting); /* not listed any more */
    waiting_of_customer(w.c, &r);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.object, "s3://b/2");
    waiting_remove(w.c, &two.waiting);
    waiting_of_customer(w.c, &r);
    assert_int_equal(r.count, 0);
    assert_string_equal(r.object, "");
}

static void an_object_that_is_being_read_waits_only_with_pending_records(void **state UNUSED)
{
    struct object read;
    struct object reading;
    struct waiting_report r;
    add(w.c, &reading, "s3://b/reading", 0, 10);
    add(w.c, &read, "s3://b/read", 0, 20);
    atomic_store(&read.waiting.read, true); /* and one record is not acknowledged */
    waiting_of_customer(w.c, &r);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.object, "s3://b/read");
    atomic_store(&reading.pending, 2);
    waiting_of_customer(w.c, &r);
    assert_string_equal(r.object, "s3://b/reading");
    waiting_remove(w.c, &read.waiting);
    waiting_remove(w.c, &reading.waiting);
}

static void names_the_oldest_of_all_customers(void **state UNUSED)
{
    struct object of_a;
    struct object of_b;
    struct waiting_report r;
    add(w.c, &of_a, "s3://b/a", 1, 20);
    add(w.second, &of_b, "s3://b/b", 1, 10);
    waiting_of_all(w.all, &r);
    assert_int_equal(r.count, 2);
    assert_string_equal(r.customer, "b");
    assert_string_equal(r.object, "s3://b/b");
    waiting_remove(w.c, &of_a.waiting);
    waiting_remove(w.second, &of_b.waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_the_object_that_waits_longest, setup, teardown),
        cmocka_unit_test_setup_teardown(
            an_object_that_is_being_read_waits_only_with_pending_records, setup, teardown),
        cmocka_unit_test_setup_teardown(names_the_oldest_of_all_customers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
