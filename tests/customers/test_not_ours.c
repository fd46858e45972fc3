/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "cpu_time.h"
#include "customers/not_ours.h"
#include "customers_priv.h"
#include "fakes/fake_world.h"

#include <stdio.h>

static struct {
    struct conf conf;
    struct queue_conf queues[2];
    struct customer_conf customers[7];
    struct clock_manual clock;
    struct customers *all;
    struct buf why;
} w;

static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

static void add_customer(const char *id, size_t queue, const char *bucket, const char *prefix)
{
    w.customers[w.conf.customer_count++] = (struct customer_conf){.id = text(id),
                                                                  .queue = &w.queues[queue],
                                                                  .bucket = text(bucket),
                                                                  .prefix = text(prefix),
                                                                  .region = text("eu-west-1"),
                                                                  .topic = text("events")};
    w.queues[queue].customer_count++;
}

static void setup(void)
{
    memset(&w, 0, sizeof(w));
    fake_world_reset();
    clock_manual_init(&w.clock, 1000, 1000000);
    w.why = (struct buf)BUF_INIT(NOT_OURS_BYTES);
    w.queues[0].name = text("main");
    w.queues[1].name = text("spare");
    add_customer("acme", 0, "one", "asymptote/events");
    add_customer("beta", 0, "two", "logs");
    add_customer("gamma", 1, "three", "logs");
    w.conf.kafka.key = text("{customer}");
    w.conf.kafka.queue_bytes = 4000;
    w.conf.queues = w.queues;
    w.conf.queue_count = 2;
    w.conf.customers = w.customers;
}

static void start(void)
{
    struct err e;
    w.all = customers_new(&(struct customers_parts){.conf = &w.conf, .clock = &w.clock.clock}, &e);
    assert_non_null(w.all);
}

static void teardown(void)
{
    buf_done(&w.why);
    customers_free(w.all);
}

static void assert_why(struct object_place o, enum not_ours reason, const char *why)
{
    assert_null(customers_find(w.all, o.queue, o.bucket, o.key, o.form));
    buf_clear(&w.why);
    assert_int_equal(customers_not_ours(w.all, &o, &w.why), reason);
    assert_string_equal(w.why.p, why);
}

static void names_the_bucket_that_no_customer_has(void **state UNUSED)
{
    setup();
    start();
    assert_why((struct object_place){0, SPAN("none"), SPAN("logs/x"), NOTIFICATION_S3},
               NOT_OURS_BUCKET, "no customer has the bucket none");
    teardown();
}

static void names_the_queue_of_the_customer_with_the_bucket(void **state UNUSED)
{
    setup();
    start();
    assert_why((struct object_place){0, SPAN("three"), SPAN("logs/x"), NOTIFICATION_S3},
               NOT_OURS_QUEUE,
               "customer gamma has this bucket, but on queue spare; this notification came from "
               "main");
    teardown();
}

static void names_the_prefixes_of_the_bucket(void **state UNUSED)
{
    setup();
    start();
    const char *why = "the key is outside the prefixes of this bucket and queue: acme has "
                      "asymptote/events/";
    static const char *const keys[] = {"asymptote/events-old/x",
                                       "asymptote/events",
                                       "/asymptote/events/x",
                                       "asymptote/Events/x",
                                       "x",
                                       "/"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        assert_why((struct object_place){0, SPAN("one"), span_str(keys[i]), NOTIFICATION_S3},
                   NOT_OURS_PREFIX, why);
    }
    teardown();
}

static void says_that_the_folder_of_a_prefix_is_not_empty(void **state UNUSED)
{
    setup();
    start();
    assert_why((struct object_place){0, SPAN("two"), SPAN("logs/"), NOTIFICATION_S3},
               NOT_OURS_PREFIX,
               "the key is that of the folder logs/ of customer beta, but the object is not empty");
    teardown();
}

static void names_three_of_many_prefixes(void **state UNUSED)
{
    setup();
    add_customer("delta", 0, "two", "d");
    add_customer("epsilon", 0, "two", "e");
    add_customer("zeta", 0, "two", "z");
    add_customer("eta", 1, "two", "h");
    start();
    assert_why((struct object_place){0, SPAN("two"), SPAN("logsx/y"), NOTIFICATION_S3},
               NOT_OURS_PREFIX,
               "the key is outside the prefixes of this bucket and queue: beta has logs/, delta "
               "has d/, epsilon has e/ and 1 more");
    teardown();
}

static void names_the_form_that_a_shared_queue_does_not_take(void **state UNUSED)
{
    setup();
    start();
    assert_why((struct object_place){0, SPAN("two"), SPAN("logs/x"), NOTIFICATION_SNS},
               NOT_OURS_FORM,
               "customer beta has this bucket and prefix, but several customers share queue main: "
               "there only S3's own notifications are accepted, and this one came through SNS");
    assert_why(
        (struct object_place){0, SPAN("one"), SPAN("asymptote/events/x"), NOTIFICATION_EVENTBRIDGE},
        NOT_OURS_FORM,
        "customer acme has this bucket and prefix, but several customers share queue main: "
        "there only S3's own notifications are accepted, and this one came through "
        "EventBridge");
    teardown();
}

static void a_long_prefix_does_not_hide_the_reason(void **state UNUSED)
{
    static char prefix[1000];
    memset(prefix, 'p', sizeof(prefix) - 1);
    setup();
    w.customers[0].prefix = prefix;
    start();
    buf_clear(&w.why);
    struct object_place o = {0, SPAN("one"), SPAN("x"), NOTIFICATION_S3};
    assert_int_equal(customers_not_ours(w.all, &o, &w.why), NOT_OURS_PREFIX);
    assert_non_null(strstr(w.why.p, "acme has pppp"));
    teardown();
}

static void each_reason_has_its_word_and_its_advice(void **state UNUSED)
{
    for (int r = 0; r < NOT_OURS_REASONS; r++) {
        assert_true(strlen(not_ours_name((enum not_ours)r)) > 0);
        assert_true(strlen(not_ours_advice((enum not_ours)r)) > 0);
        for (int other = 0; other < r; other++) {
            assert_string_not_equal(not_ours_name((enum not_ours)r),
                                    not_ours_name((enum not_ours)other));
        }
    }
}

/* The reasons for 1,000 records whose buckets no customer has, or one of another queue. */
static void give_reasons(void *arg UNUSED)
{
    for (int n = 0; n < 1000; n++) {
        char bucket[20];
        (void)snprintf(bucket, sizeof(bucket), n % 2 != 0 ? "x-%d" : "bucket-%d", n);
        struct object_place o = {1, span_str(bucket), SPAN("logs/"), NOTIFICATION_S3};
        buf_clear(&w.why);
        (void)customers_not_ours(w.all, &o, &w.why);
    }
}

/* A sender to its own queue may name 10,000 buckets in a message. */
static void the_reason_costs_the_same_with_many_customers(void **state UNUSED)
{
    enum { MANY = 10000, NAME_BYTES = 24 };
    static struct customer_conf many[MANY];
    static char ids[MANY][NAME_BYTES], buckets[MANY][NAME_BYTES];
    setup();
    start();
    int64_t few_us = cpu_least_us(give_reasons, NULL);
    teardown();
    setup();
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(ids[i], NAME_BYTES, "customer-%zu", i);
        (void)snprintf(buckets[i], NAME_BYTES, "bucket-%zu", i);
        many[i] = w.customers[0];
        many[i].id = ids[i];
        many[i].bucket = buckets[i];
    }
    w.conf.customers = many;
    w.conf.customer_count = MANY;
    start();
    int64_t many_us = cpu_least_us(give_reasons, NULL);
    print_message("1,000 reasons: %lld us of 3 customers, %lld us of %d\n", (long long)few_us,
                  (long long)many_us, (int)MANY);
    assert_true(many_us < 20 * few_us + 5000);
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_bucket_that_no_customer_has),
        cmocka_unit_test(names_the_queue_of_the_customer_with_the_bucket),
        cmocka_unit_test(names_the_prefixes_of_the_bucket),
        cmocka_unit_test(says_that_the_folder_of_a_prefix_is_not_empty),
        cmocka_unit_test(names_three_of_many_prefixes),
        cmocka_unit_test(names_the_form_that_a_shared_queue_does_not_take),
        cmocka_unit_test(a_long_prefix_does_not_hide_the_reason),
        cmocka_unit_test(each_reason_has_its_word_and_its_advice),
        cmocka_unit_test(the_reason_costs_the_same_with_many_customers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
