/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "customers/customers.h"
#include "fakes/captured_log.h"
#include "fakes/fake_sqs.h"
#include "settle/sqs/acker.h"
#include "settle/sqs/sqs_inflight.h"

#include <stdlib.h>

static struct acker_queue queues[1];
static const struct sqs_origin origin;

static struct acker *start_beating(int visibility_s, int heartbeat_s)
{
    fake_sqs_reset();
    queues[0] =
        (struct acker_queue){.name = "q", .visibility_s = visibility_s, .heartbeat_s = heartbeat_s};
    struct acker *a = acker_new(queues, 1, &clock_system);
    acker_start(a);
    return a;
}

static struct acker *start(int visibility_s)
{
    return start_beating(visibility_s, 0);
}

static void finish(struct acker *a, bool empty)
{
    assert_int_equal(acker_drain(a, empty ? 10000 : 1), empty);
    acker_stop(a);
    acker_free(a);
}

static struct inflight *receive(struct acker *a, const char *handle)
{
    struct sqs_inflight *m =
        sqs_inflight_new(fake_message(handle, "{}"), &origin, 0, clock_mono_ms(&clock_system));
    inflight_begin(&m->inflight, acker_settler(a));
    return &m->inflight;
}

static void release(struct inflight *m, enum err_kind kind)
{
    struct err e = {.kind = kind};
    if (inflight_release(m, &e)) {
        inflight_settle(m);
    }
}

static void deletes_only_when_the_last_record_is_acknowledged(void **state UNUSED)
{
    struct acker *a = start(120);
    struct inflight *m = receive(a, "h1");
    struct inflight *other = receive(a, "h2");
    inflight_hold(m);
    inflight_hold(m);
    release(m, FAIL_NONE); /* the lane has finished */
    release(m, FAIL_NONE);
    release(other, FAIL_NONE);
    assert_true(fake_sqs_wait(true, "h2", -1, 1));
    assert_int_equal(fake_sqs_asked(true, "h1", -1), 0);
    release(m, FAIL_NONE);
    assert_true(fake_sqs_wait(true, "h1", -1, 1));
    finish(a, true);
    assert_int_equal(fake_sqs.count, 2);
}

static void returns_a_message_with_one_bad_report(void **state UNUSED)
{
    struct acker *a = start(120);
    struct inflight *m = receive(a, "h1");
    inflight_hold(m);
    inflight_hold(m);
    release(m, FAIL_NONE);
    release(m, FAIL_CONFIG);
    release(m, FAIL_NONE);
    assert_true(fake_sqs_wait(false, "h1", -1, 1));
    finish(a, true);
    assert_int_equal(fake_sqs_asked(true, NULL, -1), 0);
    assert_in_range(fake_sqs.calls[0].visibility_s, 675, 900); /* a person must fix the topic */
}

static struct inflight *receive_id(struct acker *a, const char *handle, const char *id)
{
    struct sqs_message *message = fake_message(handle, "{}");
    free(message->id);
    message->id = strdup(id);
    message->receive_count = 2;
    struct sqs_inflight *m = sqs_inflight_new(message, &origin, 0, clock_mono_ms(&clock_system));
    inflight_begin(&m->inflight, acker_settler(a));
    return &m->inflight;
}

static void assert_why(const struct inflight *m, const char *want)
{
    char text[AGAIN_BYTES];
    again_write(&m->again, text);
    assert_string_equal(text, want);
}

static void warns_of_a_message_that_is_received_again_while_it_is_in_progress(void **state UNUSED)
{
    captured_log_begin(LOG_INFO);
    struct acker *a = start(120);
    struct inflight *first = receive(a, "h1");
    struct inflight *other = receive(a, "h2");
    assert_null(captured_log_line("received again"));
    struct inflight *again = receive_id(a, "h3", "h1");
    const char *line = captured_log_line("msg=\"message received again while in progress\"");
    assert_non_null(line);
    assert_non_null(strstr(line, "level=warn"));
    assert_non_null(strstr(line, "queue=q message_id=h1 receive_count=2 held_s=0"));
    assert_why(first, "");
    assert_why(again, "received while it was in progress");
    release(first, FAIL_NONE);
    release(other, FAIL_NONE);
    release(again, FAIL_NONE);
    finish(a, true);
    captured_log_end();
}

static void does_not_warn_of_a_message_that_was_returned_before(void **state UNUSED)
{
    captured_log_begin(LOG_INFO);
    struct acker *a = start(120);
    inflight_return(receive(a, "h1"));
    struct inflight *again = receive_id(a, "h2", "h1"); /* before or after SQS answered */
    release(again, FAIL_NONE);
    assert_true(fake_sqs_wait(true, "h2", -1, 1));
    finish(a, true);
    assert_null(captured_log_line("received again"));
    captured_log_end();
}

static void says_that_a_message_is_received_before_its_delay_ended(void **state UNUSED)
{
    captured_log_begin(LOG_INFO);
    struct acker *a = start(120);
    struct inflight *first = receive(a, "h1");
    int64_t first_ms = first->received_ms;
    release(first, FAIL_CONFIG);       /* for at least 675 s */
    inflight_return(receive(a, "h2")); /* immediately */
    assert_true(acker_drain(a, 10000));
    struct inflight *again = receive_id(a, "h3", "h1");
    struct inflight *in_time = receive_id(a, "h4", "h2");
    assert_why(again, "records not delivered, error=config");
    assert_why(in_time, "worker stopped");
    assert_int_equal(again->again.first_ms, first_ms);
    const char *line = captured_log_line("msg=\"message received before its delay ended\"");
    assert_non_null(line);
    assert_non_null(strstr(line, "level=info"));
    const char *early = strstr(line, "queue=q message_id=h1 receive_count=2 early_s=");
    assert_non_null(early);
    assert_in_range(atoi(strrchr(early, '=') + 1), 670, 900);
    assert_int_equal(captured_log_count("before its delay"), 1);
    release(again, FAIL_NONE);
    release(in_time, FAIL_NONE);
    finish(a, true);
    captured_log_end();
}

static void takes_the_worst_of_the_objects(void **state UNUSED)
{
    struct acker *a = start(120);
    struct inflight *m = receive(a, "h1");
    inflight_worsen(m, OUTCOME_LEAVE, 800);
    inflight_worsen(m, OUTCOME_LATER, 20);
    inflight_worsen(m, OUTCOME_LEAVE, 900);
    inflight_worsen(m, OUTCOME_DONE, 0);
    release(m, FAIL_NONE);
    finish(a, true);
    assert_int_equal(fake_sqs_asked(false, "h1", 20), 1);
    assert_int_equal(fake_sqs.count, 1);
}

static void returns_immediately_what_no_lane_has_seen(void **state UNUSED)
{
    struct acker *a = start(120);
    inflight_return(receive(a, "h1"));
    finish(a, true);
    assert_int_equal(fake_sqs_asked(false, "h1", 0), 1);
}

static void holds_by_heartbeats_and_flags_what_is_lost(void **state UNUSED)
{
    struct acker *a = start_beating(300, 1);
    struct inflight *m = receive(a, "h1");
    assert_true(fake_sqs_wait(false, "h1", 300, 2));
    assert_null(inflight_lost(m));
    fake_sqs_answer(FAIL_NONE, FAIL_LOST);
    assert_true(fake_sqs_wait(false, "h1", 300, 3));
    while (inflight_lost(m) == NULL) {
    }
    assert_non_null(strstr(inflight_lost(m), "lease"));
    assert_int_equal(stats_get(&acker_stats(a, 0)->lost), 1);
    inflight_worsen(m, OUTCOME_LATER, 10);
    release(m, FAIL_NONE);
    fake_sqs_answer(FAIL_NONE, FAIL_NONE);
    struct inflight *again = receive_id(a, "h2", "h1");
    assert_why(again, "lease lost");
    release(again, FAIL_NONE);
    finish(a, true);
    assert_int_equal(fake_sqs_asked(false, "h1", 10), 0); /* lost: it has no heartbeat any more */
}

static void tries_a_failed_delete_again(void **state UNUSED)
{
    struct acker *a = start(120);
    fake_sqs_answer(FAIL_AGAIN, FAIL_AGAIN);
    release(receive(a, "h1"), FAIL_NONE);
    assert_true(fake_sqs_wait(true, "h1", -1, 2));
    fake_sqs_answer(FAIL_NONE, FAIL_NONE);
    finish(a, true);
}

static void gives_up_what_is_pending_and_frees_it_with_the_last_report(void **state UNUSED)
{
    struct acker *a = start(120);
    struct inflight *m = receive(a, "h1");
    inflight_hold(m);
    release(m, FAIL_NONE);
    assert_int_equal(acker_give_up(a), 1);
    assert_true(fake_sqs_wait(false, "h1", RETURN_STARTED_S, 1));
    assert_true(acker_drain(a, 10000));
    release(m, FAIL_STOPPED); /* frees it, which AddressSanitizer checks */
    finish(a, true);
    assert_int_equal(fake_sqs.count, 1);
}

static void gives_up_also_what_is_being_extended_just_now(void **state UNUSED)
{
    struct acker *a = start_beating(300, 1);
    struct inflight *m = receive(a, "h1");
    inflight_hold(m);
    release(m, FAIL_NONE);
    fake_sqs_silent(true);
    assert_true(fake_sqs_wait(false, "h1", 300, 1));
    assert_int_equal(acker_give_up(a), 0);
    fake_sqs_silent(false);
    bool given = fake_sqs_wait(false, "h1", RETURN_STARTED_S, 1);
    bool empty = acker_drain(a, 10000);
    release(m, FAIL_STOPPED);
    finish(a, true);
    assert_true(given);
    assert_true(empty);
}

static void frees_what_SQS_could_not_be_told(void **state UNUSED)
{
    struct acker *a = start(120);
    fake_sqs_answer(FAIL_AGAIN, FAIL_AGAIN);
    release(receive(a, "h1"), FAIL_NONE);
    inflight_return(receive(a, "h2"));
    finish(a, false);
}

enum { THREADS = 3, MANY = 300, PENDING = 30 };

static void *release_all(void *arg)
{
    struct inflight **all = arg;
    for (size_t n = 0; n < PENDING / THREADS; n++) {
        for (size_t i = 0; i < MANY; i++) {
            release(all[i], FAIL_NONE);
        }
    }
    return NULL;
}

static void settles_each_once_however_the_reports_race(void **state UNUSED)
{
    static struct inflight *all[MANY];
    struct acker *a = start(120);
    char handle[16];
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(handle, sizeof(handle), "h%d", i);
        all[i] = receive(a, handle);
        for (int n = 1; n < PENDING; n++) {
            inflight_hold(all[i]);
        }
    }
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, release_all, all), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    finish(a, true);
    assert_int_equal(fake_sqs.count, MANY);
    assert_int_equal(fake_sqs_asked(true, NULL, -1), MANY);
}

static void counts_its_calls_and_how_long_the_delivery_took(void **state UNUSED)
{
    static struct stats stats;
    static struct back_off_book back_off;
    static struct customer c = {.stats = &stats, .back_off = &back_off};
    struct back_off_view back;
    back_off_book_init(&back_off, &clock_system);
    struct acker *a = start_beating(300, 1);
    struct inflight *m = receive(a, "h1");
    m->first.customer = customer_hold(&c);
    m->sent_ms = clock_wall_ms(&clock_system) - 400;
    struct inflight *later = receive(a, "h2");
    later->first.customer = customer_hold(&c);
    later->sent_ms = m->sent_ms;
    inflight_worsen(later, OUTCOME_LATER, 20);
    assert_int_equal(acker_held(a), 2);
    assert_int_equal(acker_queue_held(a, 0), 2);
    const struct lease_stats *s = acker_stats(a, 0);
    assert_true(fake_sqs_wait(false, "h1", 300, 1));
    fake_sqs_answer(FAIL_AGAIN, FAIL_AGAIN);
    release(m, FAIL_NONE);
    release(later, FAIL_NONE);
    assert_true(fake_sqs_wait(true, "h1", -1, 1));
    fake_sqs_answer(FAIL_NONE, FAIL_NONE);
    assert_int_equal(acker_drain(a, 10000), true);
    acker_stop(a);
    assert_int_equal(acker_queue_held(a, 0), 0);
    assert_true(stats_get(&s->extended) >= 1);
    assert_int_equal(stats_get(&s->deleted), 1);
    assert_int_equal(stats_get(&s->returned), 1);
    assert_true(stats_get(&s->delete_failed) >= 1);
    assert_int_equal(stats_get(&s->lost), 0);
    uint64_t times = 0;
    for (size_t i = 0; i <= LAG_BOUNDS; i++) {
        times += stats_get(&stats.lag.counts[i]);
    }
    back_off_book_get(&back_off, &back);
    assert_int_equal(back.count, 1);
    assert_in_range(back.last_in_ms, 1, 20000);
    back_off_book_done(&back_off);
    assert_int_equal(times, 1); /* what is received again is not delivered */
    assert_in_range(stats_get(&stats.lag.sum_ms), 400, 60000);
    assert_true(stats_get(&stats.delivered_ms) != 0);
    for (size_t i = 0; i < ACKER_THREADS; i++) {
        assert_int_equal(pulse_state(acker_pulse(a, i)), PULSE_IDLE);
    }
    acker_free(a);
}

/* Messages of a customer in back-off after one was returned, for this rule if there is one. */
static uint64_t back_off_after(const struct outcome_rule *rule, enum err_kind kind)
{
    struct stats stats = {0};
    struct back_off_book book;
    struct customer c = {.stats = &stats, .back_off = &book};
    struct back_off_view view;
    back_off_book_init(&book, &clock_system);
    struct acker *a = start(120);
    struct inflight *m = receive(a, "h1");
    m->first.customer = customer_hold(&c);
    if (rule != NULL) {
        inflight_because(m, rule);
        inflight_worsen(m, OUTCOME_LATER, 60);
    }
    release(m, kind);
    finish(a, true);
    back_off_book_get(&book, &view);
    back_off_book_done(&book);
    return view.count;
}

static void what_waits_after_an_error_is_in_back_off_and_nothing_else(void **state UNUSED)
{
    assert_int_equal(back_off_after(NULL, FAIL_CONFIG), 1);
    assert_int_equal(back_off_after(NULL, FAIL_NONE), 0);
    assert_int_equal(back_off_after(NULL, FAIL_STOPPED), 0);
    assert_int_equal(back_off_after(outcome_rule(ABOUT_OBJECT, FAIL_AGAIN), FAIL_NONE), 1);
    assert_int_equal(back_off_after(outcome_rule(ABOUT_OBJECT, FAIL_STOPPED), FAIL_NONE), 0);
    assert_int_equal(back_off_after(outcome_rule(ABOUT_NOTIFICATION, FAIL_THROTTLED), FAIL_NONE),
                     0);
}

/* Wait until the log has such a line. */
static const char *await_line(const char *part)
{
    for (int i = 0; i < 1000 && captured_log_line(part) == NULL; i++) {
        (void)usleep(10000);
    }
    assert_non_null(captured_log_line(part));
    return captured_log_line(part);
}

static void a_queue_whose_deletes_fail_has_an_outage(void **state UNUSED)
{
    captured_log_begin(LOG_INFO);
    struct acker *a = start(120);
    fake_sqs_answer(FAIL_NONE, FAIL_DENIED); /* no call fails, but each of its messages */
    release(receive(a, "h1"), FAIL_NONE);
    const char *line = await_line("outage=begins");
    assert_non_null(strstr(line, "level=error msg=\"queue access denied\" outage=begins queue=q "
                                 "call=delete messages=1 messages_held=1 error=denied"));
    assert_true(outage_is_open(acker_outage(a, 0)));
    fake_sqs_answer(FAIL_CONFIG, FAIL_CONFIG);
    assert_non_null(strstr(await_line("outage=changes"), "msg=\"queue calls fail\""));
    fake_sqs_answer(FAIL_NONE, FAIL_NONE);
    assert_non_null(strstr(await_line("outage=over"), "msg=\"queue connected\" outage=over queue=q "
                                                      "calls=delete"));
    assert_false(outage_is_open(acker_outage(a, 0)));
    finish(a, true);
    captured_log_end();
}

static void what_is_held_of_a_queue_that_is_gone_is_counted(void **state UNUSED)
{
    captured_log_begin(LOG_INFO);
    struct acker *a = start(120);
    struct err e = {.kind = FAIL_CONFIG, .code = "QueueDoesNotExist", .text = "sqs: no queue"};
    struct inflight *done = receive(a, "h1");
    struct inflight *failed = receive(a, "h2");
    fake_sqs_answer(FAIL_NONE, FAIL_CONFIG); /* without the back-off of failed calls */
    outage_failed(acker_outage(a, 0),
                  &(struct outage_failure){
                      .err = &e, .call = OUTAGE_RECEIVE, .next = "n", .held = acker_held(a)},
                  0);
    release(done, FAIL_NONE);
    release(failed, FAIL_CONFIG);
    const char *line = await_line("msg=\"messages of a queue that does not exist\"");
    assert_non_null(strstr(line, "queue=q held_messages=2 done=0 done_not_deleted=1 "
                                 "not_done=1 still_held=0"));
    fake_sqs_answer(FAIL_NONE, FAIL_NONE);
    struct inflight *again[] = {receive_id(a, "h3", "h1"), receive_id(a, "h4", "h2"),
                                receive_id(a, "h5", "h5")};
    assert_why(again[0], "delivered, but not deleted");
    assert_why(again[1], "records not delivered, error=config");
    assert_why(again[2], "received before by another worker, or before this one started");
    for (size_t i = 0; i < 3; i++) {
        release(again[i], FAIL_NONE);
    }
    finish(a, true);
    captured_log_end();
}

static void a_call_that_fails_for_some_of_its_messages_is_no_outage(void **state UNUSED)
{
    captured_log_begin(LOG_INFO);
    struct acker *a = start(120);
    fake_sqs_refuse("h2");
    struct inflight *m[] = {receive(a, "h1"), receive(a, "h2"), receive(a, "h3")};
    for (size_t i = 0; i < 3; i++) {
        release(m[i], FAIL_NONE); /* they share a call */
    }
    const char *line = await_line("msg=\"some messages of a queue call failed\"");
    assert_non_null(strstr(line, "level=warn"));
    assert_non_null(strstr(line, "queue=q call=delete messages=3 failed=1"));
    assert_false(outage_is_open(acker_outage(a, 0)));
    fake_sqs_refuse(NULL);
    finish(a, true);
    assert_null(captured_log_line("outage="));
    captured_log_end();
}

static void heartbeats_that_fail_are_an_outage_as_well(void **state UNUSED)
{
    captured_log_begin(LOG_INFO);
    struct acker *a = start_beating(20, 1);
    fake_sqs_answer(FAIL_AGAIN, FAIL_AGAIN);
    struct inflight *m = receive(a, "h1");
    assert_non_null(strstr(await_line("queue call failed"), "level=warn"));
    assert_non_null(strstr(await_line("outage=begins"), "call=heartbeat"));
    fake_sqs_answer(FAIL_NONE, FAIL_NONE);
    release(m, FAIL_NONE);
    finish(a, true);
    captured_log_end();
}

static void counts_what_is_unfinished_when_it_stops(void **state UNUSED)
{
    captured_log_begin(LOG_INFO);
    struct acker *a = start(120);
    fake_sqs_answer(FAIL_DENIED, FAIL_DENIED);
    release(receive(a, "h1"), FAIL_NONE); /* delivered */
    release(receive(a, "h2"), FAIL_NONE);
    struct inflight *pending = receive(a, "h3");
    inflight_hold(pending);
    release(pending, FAIL_NONE);
    assert_int_equal(acker_give_up(a), 1);
    (void)!acker_drain(a, 200);
    acker_stop(a);
    struct acker_unfinished u = acker_unfinished(a, 0);
    assert_int_equal(u.deletes, 2);
    assert_int_equal(u.returns, 1);
    release(pending, FAIL_STOPPED);
    acker_free(a);
    captured_log_end();
}

static void counts_what_was_refused_too_often_while_it_stopped(void **state UNUSED)
{
    captured_log_begin(LOG_INFO);
    struct acker *a = start(120);
    fake_sqs_answer(FAIL_NONE, FAIL_DENIED);
    (void)acker_give_up(a);
    release(receive(a, "h1"), FAIL_NONE);
    assert_true(acker_drain(a, 20000)); /* its delete was refused LEASE_REFUSED_MAX times */
    acker_stop(a);
    assert_int_equal(acker_unfinished(a, 0).deletes, 1);
    assert_int_equal(acker_unfinished(a, 0).returns, 0);
    acker_free(a);
    captured_log_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deletes_only_when_the_last_record_is_acknowledged),
        cmocka_unit_test(returns_a_message_with_one_bad_report),
        cmocka_unit_test(warns_of_a_message_that_is_received_again_while_it_is_in_progress),
        cmocka_unit_test(does_not_warn_of_a_message_that_was_returned_before),
        cmocka_unit_test(says_that_a_message_is_received_before_its_delay_ended),
        cmocka_unit_test(takes_the_worst_of_the_objects),
        cmocka_unit_test(returns_immediately_what_no_lane_has_seen),
        cmocka_unit_test(holds_by_heartbeats_and_flags_what_is_lost),
        cmocka_unit_test(tries_a_failed_delete_again),
        cmocka_unit_test(gives_up_what_is_pending_and_frees_it_with_the_last_report),
        cmocka_unit_test(gives_up_also_what_is_being_extended_just_now),
        cmocka_unit_test(frees_what_SQS_could_not_be_told),
        cmocka_unit_test(counts_its_calls_and_how_long_the_delivery_took),
        cmocka_unit_test(what_waits_after_an_error_is_in_back_off_and_nothing_else),
        cmocka_unit_test(a_queue_whose_deletes_fail_has_an_outage),
        cmocka_unit_test(what_is_held_of_a_queue_that_is_gone_is_counted),
        cmocka_unit_test(a_call_that_fails_for_some_of_its_messages_is_no_outage),
        cmocka_unit_test(heartbeats_that_fail_are_an_outage_as_well),
        cmocka_unit_test(counts_what_is_unfinished_when_it_stops),
        cmocka_unit_test(counts_what_was_refused_too_often_while_it_stopped),
        cmocka_unit_test(settles_each_once_however_the_reports_race),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
