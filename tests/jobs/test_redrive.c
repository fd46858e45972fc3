/* SPDX-License-Identifier: Apache-2.0 */
#include "dead_letters.h"

static void groups_by_customer_class_and_code(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    add_of_each_kind();
    f->s.dry_run = true;
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(run(f, r, &e), REDRIVE_DONE);
    assert_string_equal(groups_of(r),
                        "acme:readable::15/0 acme:denied:AccessDenied:2/0 "
                        "bolt:denied:AccessDenied:1/0 acme:denied:AllAccessDisabled:1/0 "
                        "acme:kms:AccessDenied:1/0 bolt:readable::1/0 cord:readable::1/0 "
                        ":gone::1/0 :data::2/0");
    size_t count = 0;
    const struct redrive_group *g = redrive_groups(r, &count);
    assert_string_equal(g[0].example, "s3://acme-logs/p/0000");
    assert_string_equal(g[7].example, "s3://other-logs/p/0022");
    assert_true(g[8].example[0] != '\0');
    assert_int_equal(visible(), sqs.count);
    assert_int_equal(sqs.sends, 0);
    assert_false(redrive_cut(r));
}

static void a_customer_of_another_dead_letter_queue_is_none(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    (void)add("cord-logs");
    f->handles[1] = NULL;
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(run(f, r, &e), REDRIVE_DONE);
    assert_string_equal(groups_of(r), ":gone::1/0");
    assert_int_equal(sqs.probes, 0);
    assert_int_equal(visible(), 1);
}

static void sends_all_that_belong_to_a_customer_to_its_queue(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    add_of_each_kind();
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(run(f, r, &e), REDRIVE_DONE);
    assert_string_equal(groups_of(r),
                        "acme:readable::15/15 acme:denied:AccessDenied:2/2 "
                        "bolt:denied:AccessDenied:1/1 acme:denied:AllAccessDisabled:1/1 "
                        "acme:kms:AccessDenied:1/1 bolt:readable::1/1 cord:readable::1/1 "
                        ":gone::1/0 :data::2/0");
    assert_int_equal(visible(), 3);
    for (size_t i = 0; i < sqs.count; i++) {
        const char *b = sqs.list[i].bucket;
        int target = b[0] == 'c' ? 1 : b[0] == 'a' || b[0] == 'b' ? 0 : -1;
        assert_int_equal(sqs.list[i].target, target);
        assert_int_equal(sqs.list[i].deleted, target >= 0);
        assert_int_equal(sqs.list[i].sends, target >= 0);
    }
}

static void chooses_by_customer_and_class(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    add_of_each_kind();
    f->s.only_customer = "acme";
    f->s.only_class = "denied";
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(run(f, r, &e), REDRIVE_DONE);
    assert_string_equal(groups_of(r),
                        "acme:readable::15/0 acme:denied:AccessDenied:2/2 "
                        "bolt:denied:AccessDenied:1/0 acme:denied:AllAccessDisabled:1/1 "
                        "acme:kms:AccessDenied:1/0 bolt:readable::1/0 cord:readable::1/0 "
                        ":gone::1/0 :data::2/0");
    assert_int_equal(visible(), sqs.count - 3);
}

/* What is not chosen, and what the end of the job returns, is never deleted. */
static void a_message_without_a_customer_is_never_chosen(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    (void)add("other-logs");
    add_body("no notification");
    f->s.only_class = "gone";
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(run(f, r, &e), REDRIVE_DONE);
    assert_int_equal(sqs.sends, 0);
    assert_int_equal(visible(), 2);
}

/* ---- Confirmed first, then deleted ---- */

static void deletes_only_what_a_queue_has_confirmed(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    for (int i = 0; i < 10; i++) {
        (void)add("acme-logs");
    }
    sqs.refused_send = 4;
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(redrive_next(r, f->now_ms, &e), REDRIVE_MORE);
    assert_int_equal(redrive_next(r, f->now_ms, &e), REDRIVE_WAIT);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(sqs.list[i].deleted, i != 4);
    }
    f->now_ms += redrive_wait_ms(r);
    assert_int_equal(run(f, r, &e), REDRIVE_DONE);
    assert_string_equal(groups_of(r), "acme:readable::10/10");
    for (size_t i = 0; i < 10; i++) {
        assert_true(sqs.list[i].deleted);
        assert_int_equal(sqs.list[i].sends, 1);
    }
}

static void a_denied_send_keeps_its_message_and_deletes_the_confirmed_ones(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    for (int i = 0; i < 10; i++) {
        (void)add("acme-logs");
    }
    sqs.refused_send = 4;
    sqs.refused_kind = FAIL_DENIED;
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(run(f, r, &e), REDRIVE_FAILED);
    assert_int_equal(e.kind, FAIL_DENIED);
    assert_string_equal(groups_of(r), "acme:readable::10/9");
    assert_false(sqs.list[4].deleted);
    assert_int_equal(visible(), 1); /* at once */
}

static void a_send_that_fails_deletes_nothing(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    for (int i = 0; i < 12; i++) {
        (void)add("acme-logs");
    }
    sqs.whole = FAIL_DENIED;
    sqs.whole_calls = 1;
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(run(f, r, &e), REDRIVE_FAILED);
    assert_int_equal(e.kind, FAIL_DENIED);
    assert_int_equal(visible(), 12);
}

static void throttling_is_waited_for(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    (void)add("acme-logs");
    (void)add("cord-logs");
    sqs.whole = FAIL_THROTTLED;
    sqs.whole_calls = 5;
    int64_t before_ms = f->now_ms;
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(run(f, r, &e), REDRIVE_DONE);
    assert_string_equal(groups_of(r), "acme:readable::1/1 cord:readable::1/1");
    assert_int_equal(sqs.list[0].sends + sqs.list[1].sends, 2);
    assert_true(f->now_ms - before_ms > 5000);
}

static void a_delete_is_repeated_without_the_send(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    for (int i = 0; i < 10; i++) {
        (void)add("acme-logs");
    }
    sqs.refused_delete = 7;
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(run(f, r, &e), REDRIVE_DONE);
    assert_string_equal(groups_of(r), "acme:readable::10/10");
    assert_int_equal(sqs.list[7].sends, 1);
    assert_true(sqs.list[7].deleted);
}

/* Its message was visible again: another command, or a later one, sends it again. */
static void a_lost_handle_ends_its_message(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    (void)add("acme-logs");
    sqs.refused_delete = 0;
    sqs.refused_kind = FAIL_LOST;
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(run(f, r, &e), REDRIVE_DONE);
    assert_int_equal(sqs.list[0].sends, 1);
    assert_false(sqs.list[0].deleted);
    size_t count = 0;
    const struct redrive_group *g = redrive_groups(r, &count);
    assert_true(g[0].messages == 1 && g[0].sent == 1 && g[0].lost == 1);
    assert_int_equal(redrive_lost(r), 1);
}

/* SQS is throttled until the first messages are visible again. */
static void what_is_visible_again_is_not_sent(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    (void)add("acme-logs");
    (void)add("bolt-logs");
    sqs.whole = FAIL_THROTTLED;
    sqs.whole_calls = 1;
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(redrive_next(r, 1000, &e), REDRIVE_MORE); /* received */
    assert_int_equal(redrive_next(r, 1000, &e), REDRIVE_WAIT); /* throttled */
    int64_t end_ms = 1000 + REDRIVE_HIDDEN_S * 1000 - REDRIVE_MARGIN_MS;
    sqs.whole_calls = 1;
    assert_int_equal(redrive_next(r, end_ms - 1, &e), REDRIVE_WAIT);
    assert_int_equal(sqs.sends, 2); /* tried a millisecond before */
    assert_int_equal(redrive_next(r, end_ms, &e), REDRIVE_MORE);
    assert_int_equal(redrive_next(r, end_ms, &e), REDRIVE_DONE);
    redrive_end(r);
    assert_int_equal(sqs.sends, 2);
    assert_string_equal(groups_of(r), "acme:readable::1/0 bolt:readable::1/0");
    assert_int_equal(redrive_lost(r), 2);
    assert_true(redrive_cut(r));
}

static void a_denied_delete_ends_the_job(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    for (int i = 0; i < 30; i++) {
        (void)add("acme-logs");
    }
    sqs.deletes = FAIL_DENIED;
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(run(f, r, &e), REDRIVE_FAILED);
    assert_int_equal(e.kind, FAIL_DENIED);
    assert_int_equal(sqs.sends, 1); /* ten are there twice, not all */
}

/* ---- Limits ---- */

static void a_send_is_within_a_request_of_sqs(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    for (int i = 0; i < 10; i++) {
        add("acme-logs")->padding = LARGE_BYTES;
    }
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(run(f, r, &e), REDRIVE_DONE);
    assert_string_equal(groups_of(r), "acme:readable::10/10");
    assert_in_range(sqs.largest, 3 * LARGE_BYTES, SEND_BYTES);
}

/* The last group has messages of several customers: each goes to the queue of its own. */
static void more_groups_than_there_is_room_for_do_not_mix_queues(void **state)
{
    static char codes[MOST][16];
    struct err e = {0};
    struct fixture *f = *state;
    for (size_t i = 0; i < REDRIVE_GROUPS + 50; i++) {
        (void)snprintf(codes[i], sizeof(codes[i]), "Code%zu", i);
        add_failing(i % 3 == 0 ? "acme-logs" : "cord-logs", FAIL_DENIED, codes[i]);
    }
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(run(f, r, &e), REDRIVE_DONE);
    size_t count = 0;
    const struct redrive_group *g = redrive_groups(r, &count);
    assert_int_equal(count, REDRIVE_GROUPS);
    assert_int_equal(g[count - 1].messages, 51);
    assert_int_equal(g[count - 1].sent, 51);
    for (size_t i = 0; i < sqs.count; i++) {
        assert_int_equal(sqs.list[i].target, i % 3 == 0 ? 0 : 1);
        assert_true(sqs.list[i].deleted);
    }
}

static void keeps_the_rate(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    for (int i = 0; i < 1000; i++) {
        (void)add("acme-logs");
    }
    f->s.per_s = 100;
    int64_t before_ms = f->now_ms;
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(run(f, r, &e), REDRIVE_DONE);
    assert_in_range(f->now_ms - before_ms, 9800, 10100);
}

static void ends_before_the_first_messages_are_visible_again(void **state)
{
    struct err e = {0};
    struct fixture *f = *state;
    for (int i = 0; i < 1000; i++) {
        (void)add("acme-logs");
    }
    f->s.per_s = 1;
    OWNED(redrive) struct redrive *r = redrive_new(&f->s);
    assert_int_equal(run(f, r, &e), REDRIVE_DONE);
    assert_true(redrive_cut(r));
    assert_in_range(f->now_ms, REDRIVE_RUN_MS, REDRIVE_HIDDEN_S * 1000);
    size_t count = 0;
    const struct redrive_group *g = redrive_groups(r, &count);
    assert_int_equal(g[0].sent, g[0].messages);
    assert_int_equal(visible(), 1000 - g[0].sent);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(groups_by_customer_class_and_code),
        TEST(a_customer_of_another_dead_letter_queue_is_none),
        TEST(sends_all_that_belong_to_a_customer_to_its_queue),
        TEST(chooses_by_customer_and_class),
        TEST(a_message_without_a_customer_is_never_chosen),
        TEST(deletes_only_what_a_queue_has_confirmed),
        TEST(a_denied_send_keeps_its_message_and_deletes_the_confirmed_ones),
        TEST(a_send_that_fails_deletes_nothing),
        TEST(throttling_is_waited_for),
        TEST(a_delete_is_repeated_without_the_send),
        TEST(a_lost_handle_ends_its_message),
        TEST(what_is_visible_again_is_not_sent),
        TEST(a_denied_delete_ends_the_job),
        TEST(a_send_is_within_a_request_of_sqs),
        TEST(more_groups_than_there_is_room_for_do_not_mix_queues),
        TEST(keeps_the_rate),
        TEST(ends_before_the_first_messages_are_visible_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
