/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "customers/waiting.h"
#include "customers_priv.h"
#include "fakes/fake_world.h"

static struct {
    struct conf conf;
    struct queue_conf queue;
    struct customer_conf customers[2];
    struct clock_manual clock;
    struct customers *all;
    struct customer *a, *b; /* borrowed */
} w;

static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

static int setup(void **state UNUSED)
{
    memset(&w, 0, sizeof(w));
    fake_world_reset();
    clock_manual_init(&w.clock, 1000, 1000000);
    w.queue = (struct queue_conf){.name = text("q"), .customer_count = 2};
    for (size_t i = 0; i < 2; i++) {
        w.customers[i] = (struct customer_conf){.id = text(i == 0 ? "a" : "b"),
                                                .queue = &w.queue,
                                                .bucket = text("bucket"),
                                                .prefix = text(i == 0 ? "pa" : "pb"),
                                                .region = text("eu-west-1"),
                                                .topic = text("events")};
    }
    w.conf.kafka.key = text("{customer}");
    w.conf.kafka.queue_bytes = 1 << 20;
    w.conf.queues = &w.queue;
    w.conf.queue_count = 1;
    w.conf.customers = w.customers;
    w.conf.customer_count = 2;
    struct err e;
    w.all = customers_new(&(struct customers_parts){.conf = &w.conf, .clock = &w.clock.clock}, &e);
    assert_non_null(w.all);
    w.a = customers_next(w.all, NULL);
    w.b = customers_next(w.all, w.a);
    customer_release(w.b);
    return 0;
}

static int teardown(void **state UNUSED)
{
    customers_free(w.all);
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
    add(w.a, &one, "s3://b/1", 1, 10);
    add(w.a, &two, "s3://b/2", 1, 20);
    add(w.a, &three, "s3://b/3", 1, 30);
    waiting_of_customer(w.a, &r);
    assert_int_equal(r.count, 3);
    assert_string_equal(r.object, "s3://b/1");
    assert_int_equal(r.since_ms, 10);
    waiting_remove(w.a, &one.waiting);
    waiting_remove(w.a, &three.waiting);
    waiting_remove(w.a, &three.waiting); /* not listed any more */
    waiting_of_customer(w.a, &r);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.object, "s3://b/2");
    waiting_remove(w.a, &two.waiting);
    waiting_of_customer(w.a, &r);
    assert_int_equal(r.count, 0);
    assert_string_equal(r.object, "");
}

static void an_object_that_is_being_read_waits_only_with_pending_records(void **state UNUSED)
{
    struct object read;
    struct object reading;
    struct waiting_report r;
    add(w.a, &reading, "s3://b/reading", 0, 10);
    add(w.a, &read, "s3://b/read", 0, 20);
    atomic_store(&read.waiting.read, true); /* and one record is not acknowledged */
    waiting_of_customer(w.a, &r);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.object, "s3://b/read");
    atomic_store(&reading.pending, 2);
    waiting_of_customer(w.a, &r);
    assert_string_equal(r.object, "s3://b/reading");
    waiting_remove(w.a, &read.waiting);
    waiting_remove(w.a, &reading.waiting);
}

static void names_the_oldest_of_all_customers(void **state UNUSED)
{
    struct object of_a;
    struct object of_b;
    struct waiting_report r;
    add(w.a, &of_a, "s3://b/a", 1, 20);
    add(w.b, &of_b, "s3://b/b", 1, 10);
    waiting_of_all(w.all, &r);
    assert_int_equal(r.count, 2);
    assert_string_equal(r.customer, "b");
    assert_string_equal(r.object, "s3://b/b");
    waiting_remove(w.a, &of_a.waiting);
    waiting_remove(w.b, &of_b.waiting);
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
