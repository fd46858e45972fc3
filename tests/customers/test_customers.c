/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "customers_priv.h"
#include "fakes/fake_world.h"

#include <time.h>

static struct {
    struct clock clock;
    atomic_int_fast64_t ms;
} moved;

static int64_t moved_ms(const struct clock *c UNUSED)
{
    return atomic_load(&moved.ms);
}

static struct {
    struct conf conf;
    struct queue_conf queue;
    struct customer_conf customers[2];
    struct customers *all;
} w;

static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

/* The customer in this slot; borrowed until its configuration changes. */
static struct customer *at(uint32_t slot)
{
    struct customer *c = NULL;
    do {
        c = customers_next(w.all, c);
        assert_non_null(c);
    } while (c->slot != slot);
    customer_release(c);
    return c;
}

/* Two customers: a quarter of 4,000 bytes each. */
static void setup_with(const char *key, size_t partition_bytes)
{
    memset(&w, 0, sizeof(w));
    fake_world_reset();
    fake_sink.partition_bytes = partition_bytes;
    moved.clock = (struct clock){.mono_ms = moved_ms, .wall_ms = moved_ms};
    atomic_store(&moved.ms, 1000);
    w.queue = (struct queue_conf){.name = text("q"), .customer_count = 2};
    for (size_t i = 0; i < 2; i++) {
        w.customers[i] = (struct customer_conf){.id = text(i == 0 ? "a" : "b"),
                                                .queue = &w.queue,
                                                .bucket = text("bucket"),
                                                .prefix = text(i == 0 ? "pa" : "pb"),
                                                .region = text("eu-west-1"),
                                                .topic = text("events-{customer}")};
    }
    w.conf.kafka.key = text(key);
    w.conf.kafka.queue_bytes = 4000;
    w.conf.queues = &w.queue;
    w.conf.queue_count = 1;
    w.conf.customers = w.customers;
    w.conf.customer_count = 2;
    struct err e;
    w.all = customers_new(&(struct customers_parts){.conf = &w.conf, .clock = &moved.clock}, &e);
    assert_non_null(w.all);
}

static void setup(void)
{
    setup_with("{customer}", 0);
}

/* Also after an assertion that failed. */
static int tear_down(void **state UNUSED)
{
    customers_free(w.all);
    w.all = NULL;
    return 0;
}

static void names_topics_by_their_template(void **state UNUSED)
{
    setup();
    assert_string_equal(at(1)->topic_names[STREAM_RUNTIME], "events-b");
}

static void finds_customers_of_a_shared_queue_by_the_direct_form_only(void **state UNUSED)
{
    setup();
    struct span bucket = SPAN("bucket");
    struct customer *a = customers_find(w.all, 0, bucket, SPAN("pa/x"), NOTIFICATION_S3);
    assert_ptr_equal(a, at(0));
    customer_release(a);
    assert_null(customers_find(w.all, 0, bucket, SPAN("pa/x"), NOTIFICATION_SNS));
    assert_null(customers_find(w.all, 0, bucket, SPAN("pc/x"), NOTIFICATION_S3));
}

static void lets_a_large_record_pass_when_nothing_else_is_on_its_way(void **state UNUSED)
{
    setup();
    struct err e;
    struct customer *a = at(0);
    assert_int_equal(customer_reserve(a, 100000, NULL, &e), FAIL_NONE);
    customer_unreserve(a, 100000);
    assert_int_equal(entry_of(a)->run->unacked, 0);
}

static void shares_no_more_than_its_partition_takes_where_there_is_but_one(void **state UNUSED)
{
    setup_with("{customer}", 600);
    assert_int_equal(entry_of(at(0))->partition_bytes, 600);
    customers_free(w.all);
    setup_with("{customer}/{session.id}", 600);
    assert_int_equal(entry_of(at(0))->partition_bytes, UINT64_MAX);
}

static void reports_the_state_of_a_customer(void **state UNUSED)
{
    setup();
    struct err e = {.kind = FAIL_DENIED};
    struct creds_source *creds = NULL;
    struct customer *a = at(0);
    static const struct customer_state idle;
    struct customer_state s;
    customer_state(a, &s);
    assert_memory_equal(&s, &idle, sizeof(s));
    fake_creds.expires_ms = 1234567;
    assert_int_equal(customer_creds(a, &creds, &e), FAIL_NONE);
    fake_creds.renewal = FAIL_AGAIN;
    assert_int_equal(customer_reserve(a, 700, NULL, &e), FAIL_NONE);
    customer_refused(
        a,
        &(struct customer_refusal){
            .party = CUSTOMER_ROLE, .mark = BREAKER_OPEN, .about = SPAN("k"), .next = "n"},
        &e);
    customer_state(a, &s);
    assert_int_equal(s.expires_ms, 1234567);
    assert_int_equal(s.paused, 1);
    assert_int_equal(s.renewal_failing, 1);
    assert_int_equal(s.unacked_bytes, 700);
    customer_state(at(1), &s);
    assert_int_equal(s.paused, 0);
}

struct waiter {
    struct pulse pulse;
    struct customer *c;
    enum err_kind kind;
    atomic_bool ended;
};

static void *owe_more(void *arg)
{
    struct waiter *x = arg;
    struct err e;
    x->kind = customer_reserve(x->c, 500, &x->pulse, &e);
    atomic_store(&x->ended, true);
    return NULL;
}

static pthread_t start_waiting(struct waiter *x)
{
    pthread_t thread;
    struct err e;
    assert_int_equal(customer_reserve(x->c, 1900, NULL, &e), FAIL_NONE);
    assert_int_equal(pthread_create(&thread, NULL, owe_more, x), 0);
    while (atomic_load(&entry_of(x->c)->run->waiting_lanes) == 0) {
    }
    return thread;
}

static void waits_above_its_share_until_something_is_acknowledged(void **state UNUSED)
{
    setup();
    struct waiter x = {.c = at(0)};
    pthread_t thread = start_waiting(&x);
    struct err e;
    assert_int_equal(customer_reserve(at(1), 900, NULL, &e), FAIL_NONE); /* its own share */
    assert_false(atomic_load(&x.ended));
    assert_int_equal(pulse_state(&x.pulse), PULSE_WAIT);
    customer_unreserve(x.c, 1900);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(x.kind, FAIL_NONE);
    assert_int_equal(pulse_state(&x.pulse), PULSE_WORK);
}

static void wakes_a_waiting_lane_when_a_third_of_the_share_is_free(void **state UNUSED)
{
    setup();
    struct err e;
    struct customer *a = at(0);
    assert_int_equal(customer_reserve(a, 2000, NULL, &e), FAIL_NONE);
    atomic_store(&entry_of(a)->run->asleep, true);
    customer_unreserve(a, 399); /* 1,601 of 2,399 that are free */
    assert_true(atomic_load(&entry_of(a)->run->asleep));
    customer_unreserve(a, 1);
    assert_false(atomic_load(&entry_of(a)->run->asleep));
}

static void stops_waiting_when_others_go_on_and_this_one_does_not(void **state UNUSED)
{
    setup();
    struct waiter x = {.c = at(0)};
    pthread_t thread = start_waiting(&x);
    atomic_store(&fake_sink.away, true);
    struct timespec looks = {.tv_nsec = 600 * 1000 * 1000};
    (void)nanosleep(&looks, NULL);
    atomic_fetch_add(&moved.ms, 10 * 60 * 1000); /* all customers wait */
    (void)nanosleep(&looks, NULL);
    assert_false(atomic_load(&x.ended));
    atomic_store(&fake_sink.away, false);
    while (!atomic_load(&x.ended)) {
        customer_unreserve(at(1), 0); /* others' records are acknowledged */
        atomic_fetch_add(&moved.ms, 200);
        (void)nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(x.kind, FAIL_AGAIN);
}

/*
 * The last acknowledgement before Kafka became unreachable belongs to another customer. It does not
 * count afterwards.
 */
static void waits_on_when_others_went_on_only_at_first(void **state UNUSED)
{
    setup();
    struct waiter x = {.c = at(0)};
    pthread_t thread = start_waiting(&x);
    struct timespec looks = {.tv_nsec = 600 * 1000 * 1000};
    customer_unreserve(at(1), 0);
    for (int i = 0; i < 3; i++) {
        (void)nanosleep(&looks, NULL);
        atomic_fetch_add(&moved.ms, 60 * 1000);
    }
    (void)nanosleep(&looks, NULL);
    assert_false(atomic_load(&x.ended));
    customer_unreserve(at(1), 0); /* the other customer's is first */
    (void)nanosleep(&looks, NULL);
    assert_false(atomic_load(&x.ended));
    customer_unreserve(x.c, 1900);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(x.kind, FAIL_NONE);
}

/* Customers with dead topics may occupy all lanes, so that no other customer gets one. */
static void
stops_waiting_after_longer_when_brokers_answer_and_acknowledge_nothing(void **state UNUSED)
{
    setup();
    struct waiter x = {.c = at(0)};
    pthread_t thread = start_waiting(&x);
    struct timespec looks = {.tv_nsec = 600 * 1000 * 1000};
    (void)nanosleep(&looks, NULL);
    atomic_fetch_add(&moved.ms, 4 * 60 * 1000);
    (void)nanosleep(&looks, NULL);
    assert_false(atomic_load(&x.ended));
    atomic_fetch_add(&moved.ms, 2 * 60 * 1000);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(x.kind, FAIL_AGAIN);
}

static void ends_the_wait_on_stop(void **state UNUSED)
{
    setup();
    struct waiter x = {.c = at(0)};
    pthread_t thread = start_waiting(&x);
    customers_stop(w.all);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(x.kind, FAIL_STOPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(names_topics_by_their_template, tear_down),
        cmocka_unit_test_teardown(finds_customers_of_a_shared_queue_by_the_direct_form_only,
                                  tear_down),
        cmocka_unit_test_teardown(lets_a_large_record_pass_when_nothing_else_is_on_its_way,
                                  tear_down),
        cmocka_unit_test_teardown(shares_no_more_than_its_partition_takes_where_there_is_but_one,
                                  tear_down),
        cmocka_unit_test_teardown(wakes_a_waiting_lane_when_a_third_of_the_share_is_free,
                                  tear_down),
        cmocka_unit_test_teardown(reports_the_state_of_a_customer, tear_down),
        cmocka_unit_test_teardown(waits_above_its_share_until_something_is_acknowledged, tear_down),
        cmocka_unit_test_teardown(stops_waiting_when_others_go_on_and_this_one_does_not, tear_down),
        cmocka_unit_test_teardown(waits_on_when_others_went_on_only_at_first, tear_down),
        cmocka_unit_test_teardown(
            stops_waiting_after_longer_when_brokers_answer_and_acknowledge_nothing, tear_down),
        cmocka_unit_test_teardown(ends_the_wait_on_stop, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
