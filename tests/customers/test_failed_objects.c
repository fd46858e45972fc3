/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "conf/sizes.h"
#include "customers/failed_objects.h"
#include "fakes/one_customer.h"

static struct one_customer w;

static int setup(void **state UNUSED)
{
    one_customer_init(&w);
    one_customer_add_second(&w);
    w.customers[0].id = text("acme");
    w.customers[0].prefix = text("logs");
    w.customers[1].id = text("beta");
    w.customers[1].prefix = text("beta");
    one_customer_start(&w);
    return 0;
}

static int teardown(void **state UNUSED)
{
    one_customer_done(&w);
    return 0;
}

static struct span name_of(size_t number)
{
    static char name[64];
    int n = snprintf(name, sizeof(name), "s3://bucket/logs/%zu", number);
    return span_of(name, (size_t)n);
}

static void add(struct customer *c, size_t number, const char *version, size_t waiting)
{
    struct failed_read read = {
        .err = {.kind = FAIL_FORMAT}, .lines = 7, .waiting = BUF_INIT(SIZE_MAX - 1)};
    (void)err_set(&read.err, FAIL_FORMAT, "Parquet of %zu", number);
    if (waiting != 0) {
        char *p = buf_room(&read.waiting, waiting);
        memset(p, 'r', waiting);
        read.waiting.n = waiting;
    }
    failed_objects_add(c, name_of(number), span_str(version), &read);
    assert_null(read.waiting.p);
}

static bool knows(struct customer *c, size_t number)
{
    return failed_objects_know(c, name_of(number));
}

static void gives_the_result_of_the_same_version_to_its_customer(void **state UNUSED)
{
    struct failed_read out;
    add(w.c, 1, "v1", 0);
    assert_true(knows(w.c, 1));
    assert_false(knows(w.c, 2));
    assert_false(knows(w.second, 1));
    assert_false(failed_objects_recall(w.c, name_of(1), SPAN("v2"), false, &out));
    assert_false(failed_objects_recall(w.c, name_of(2), SPAN("v1"), false, &out));
    assert_true(failed_objects_recall(w.c, name_of(1), SPAN("v1"), false, &out));
    assert_int_equal(out.err.kind, FAIL_FORMAT);
    assert_string_equal(out.err.text, "Parquet of 1");
    assert_int_equal(out.lines, 7);
}

static void a_later_version_replaces_an_earlier_one(void **state UNUSED)
{
    struct failed_read out;
    add(w.c, 1, "v1", 10);
    add(w.c, 1, "v2", 0);
    assert_false(failed_objects_recall(w.c, name_of(1), SPAN("v1"), false, &out));
    assert_true(failed_objects_recall(w.c, name_of(1), SPAN("v2"), false, &out));
}

static void gives_waiting_rejects_once_at_the_last_receive(void **state UNUSED)
{
    struct failed_read out;
    add(w.c, 1, "v1", 10);
    assert_true(failed_objects_recall(w.c, name_of(1), SPAN("v1"), false, &out));
    assert_int_equal(out.waiting.n, 0);
    assert_true(failed_objects_recall(w.c, name_of(1), SPAN("v1"), true, &out));
    assert_int_equal(out.waiting.n, 10);
    assert_memory_equal(out.waiting.p, "rrrrrrrrrr", 10);
    buf_done(&out.waiting);
    assert_true(failed_objects_recall(w.c, name_of(1), SPAN("v1"), true, &out));
    assert_int_equal(out.waiting.n, 0);
}

static void forgets_the_oldest_one_above_a_number(void **state UNUSED)
{
    for (size_t i = 0; i <= FAILED_OBJECTS; i++) {
        add(w.c, i, "v1", 0);
    }
    assert_false(knows(w.c, 0));
    assert_true(knows(w.c, 1));
    assert_true(knows(w.c, FAILED_OBJECTS));
}

static size_t remembered(struct customer *c, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        n += knows(c, i);
    }
    return n;
}

static void a_customer_with_many_leaves_memory_for_the_next(void **state UNUSED)
{
    enum { WAITING = 128 * 1024, MANY = FAILED_OBJECTS_BYTES / WAITING };
    for (size_t i = 0; i < MANY; i++) {
        add(w.c, i, "v1", WAITING);
    }
    size_t alone = remembered(w.c, MANY);
    assert_in_range(alone, 4, MANY / 2);
    for (size_t i = 0; i < MANY; i++) {
        add(w.second, i, "v1", WAITING);
    }
    assert_in_range(remembered(w.second, MANY), 2, alone);
    assert_int_equal(remembered(w.c, MANY), alone);
    for (size_t i = 0; i < MANY; i++) {
        add(w.c, i, "v2", WAITING);
    }
    assert_in_range(remembered(w.c, MANY), 1, alone);
    assert_true(remembered(w.c, MANY) + remembered(w.second, MANY) < MANY);
}

static void remembers_nothing_under_another_configuration(void **state UNUSED)
{
    struct err e;
    add(w.c, 1, "v1", 100);
    assert_int_equal(customers_apply(w.all, &w.conf, &e), FAIL_NONE);
    customer_release(w.c);
    w.c = customers_next(w.all, NULL);
    assert_false(knows(w.c, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_the_result_of_the_same_version_to_its_customer, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_later_version_replaces_an_earlier_one, setup, teardown),
        cmocka_unit_test_setup_teardown(gives_waiting_rejects_once_at_the_last_receive, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(forgets_the_oldest_one_above_a_number, setup, teardown),
        cmocka_unit_test_setup_teardown(a_customer_with_many_leaves_memory_for_the_next, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(remembers_nothing_under_another_configuration, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
