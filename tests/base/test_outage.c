/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/outage.h"
#include "fakes/captured_log.h"

#define S(n) (INT64_C(1000) * (n))

static struct outage o;

static void setup(enum outage_party party, const char *key)
{
    captured_log_begin(LOG_INFO);
    memset(&o, 0, sizeof(o));
    outage_init(&o, party, key, "one");
}

static void teardown(void)
{
    outage_done(&o);
    captured_log_end();
}

static void fails(unsigned call, enum err_kind kind, const char *code, const char *text,
                  int64_t now)
{
    struct err e = {.kind = kind, .status = code[0] != '\0' ? 400 : 0};
    err_copy(e.code, sizeof(e.code), span_str(code));
    err_copy(e.text, sizeof(e.text), span_str(text));
    outage_failed(&o, &(struct outage_failure){.err = &e, .call = call, .next = "retried"}, now);
}

static void assert_line(const char *with, const char *also)
{
    const char *line = captured_log_line(with);
    assert_non_null(line);
    if (strstr(line, also) == NULL) {
        print_error("[%s]\nis not in [%s]\n", also, line);
    }
    assert_non_null(strstr(line, also));
}

static void logs_begin_and_end_once_with_the_duration(void **state UNUSED)
{
    setup(OUTAGE_S3, "customer");
    outage_passed(&o, 0, S(1));
    assert_false(outage_is_open(&o));
    for (int i = 0; i < 5; i++) {
        fails(0, FAIL_AGAIN, "", "http: timed out", S(10 + i));
    }
    assert_true(outage_is_open(&o));
    assert_line("outage=begins",
                "level=error msg=\"S3 does not answer\" outage=begins customer=one");
    assert_line(
        "outage=begins",
        "detail=\"http: timed out\" outage_s=0 last_success_s=9 failed_reads=1 next=retried");
    assert_int_equal(captured_log_count("msg="), 1);
    outage_passed(&o, 0, S(32));
    outage_passed(&o, 0, S(33));
    assert_false(outage_is_open(&o));
    assert_line("outage=over", "level=info msg=\"S3 connected\" outage=over customer=one "
                               "causes=again outage_s=22 last_failure_s=18 "
                               "failed_reads=5");
    assert_int_equal(captured_log_count("msg="), 2);
    teardown();
}

static void its_lines_have_more_keys_until_it_is_over(void **state UNUSED)
{
    setup(OUTAGE_KAFKA, NULL);
    struct err e = {.kind = FAIL_AGAIN, .text = "no broker"};
    struct log_kv about[OUTAGE_ABOUT] = {KV_INT("unacked_bytes", 70), KV_INT("customers", 2)};
    struct outage_failure f = {.err = &e, .next = "n", .about = about, .about_count = 2};
    assert_true(outage_failed(&o, &f, S(1)));
    assert_line("outage=begins", "outage=begins unacked_bytes=70 customers=2 error=again");
    about[0] = KV_INT("unacked_bytes", 90);
    assert_true(outage_failed(&o, &f, S(40)));
    assert_line("outage=lasts", "outage=lasts unacked_bytes=90 customers=2 error=again");
    e.kind = FAIL_CONFIG;
    f.about_count = 1;
    assert_true(outage_failed(&o, &f, S(41)));
    assert_line("outage=changes", "outage=changes unacked_bytes=90 error=config");
    assert_false(outage_due(&o, S(99)));
    assert_true(outage_due(&o, S(100)));
    about[0] = KV_INT("unacked_bytes", 95);
    outage_tick(&o, about, 1, S(100));
    assert_line("outage_s=99", "outage=lasts unacked_bytes=95 error=config");
    outage_passed(&o, 0, S(101));
    assert_false(outage_due(&o, S(1000)));
    assert_null(strstr(captured_log_line("outage=over"), "unacked_bytes"));
    teardown();
}

static void counts_the_outages_that_began(void **state UNUSED)
{
    setup(OUTAGE_QUEUE, "queue");
    fails(OUTAGE_RECEIVE, FAIL_AGAIN, "", "cut", S(1)); /* one failure is none */
    assert_int_equal(outage_begun(&o), 0);
    fails(OUTAGE_RECEIVE, FAIL_AGAIN, "", "cut", S(2));
    fails(OUTAGE_RECEIVE, FAIL_DENIED, "", "no", S(3));
    assert_int_equal(outage_begun(&o), 1);
    outage_passed(&o, OUTAGE_RECEIVE, S(4));
    fails(OUTAGE_DELETE, FAIL_DENIED, "", "no", S(5));
    assert_int_equal(outage_begun(&o), 2);
    teardown();
}

static void names_the_customers_of_a_queue(void **state UNUSED)
{
    setup(OUTAGE_QUEUE, "queue");
    outage_set_customers(&o, 7, "acme edge ...");
    fails(OUTAGE_RECEIVE, FAIL_AGAIN, "", "cut", S(1));
    assert_line("queue call failed",
                "msg=\"queue call failed\" queue=one customers=7 customer_ids=\"acme edge ...\"");
    fails(OUTAGE_RECEIVE, FAIL_AGAIN, "", "cut", S(2));
    assert_line("outage=begins", "queue=one customers=7 customer_ids=\"acme edge ...\" call=");
    outage_set_customers(&o, 1, "acme");
    outage_passed(&o, OUTAGE_RECEIVE, S(4));
    assert_line("outage=over",
                "queue=one customers=1 customer_ids=acme calls=receive causes=again");
    teardown();
}

static void a_call_that_begins_to_fail_is_a_change_and_heartbeats_are_counted(void **state UNUSED)
{
    setup(OUTAGE_QUEUE, "queue");
    fails(OUTAGE_RECEIVE, FAIL_AGAIN, "", "cut", S(1));
    fails(OUTAGE_RECEIVE, FAIL_AGAIN, "", "cut", S(2));
    assert_null(strstr(captured_log_line("outage=begins"), "failed_heartbeats"));
    fails(OUTAGE_HEARTBEAT, FAIL_AGAIN, "", "cut", S(3));
    assert_line("outage=changes", "call=heartbeat");
    assert_line("outage=changes", "failed_calls=3 failed_heartbeats=1 next=");
    fails(OUTAGE_HEARTBEAT, FAIL_AGAIN, "", "cut", S(4));
    assert_int_equal(captured_log_count("outage=changes"), 1);
    outage_tick(&o, NULL, 0, S(40));
    assert_line("outage=lasts", "failed_calls=4 failed_heartbeats=2");
    outage_passed(&o, OUTAGE_RECEIVE, S(41));
    outage_passed(&o, OUTAGE_HEARTBEAT, S(42));
    assert_line("outage=over", "failed_calls=4 failed_heartbeats=2");
    fails(OUTAGE_RECEIVE, FAIL_DENIED, "", "no", S(50));
    assert_line("outage_s=0 last_success_s=9 failed_calls=1 next", "outage=begins");
    teardown();
}

static void says_once(enum err_kind kind, int status, const char *code, const char *want)
{
    struct err e = {.kind = kind, .status = status};
    err_copy(e.code, sizeof(e.code), span_str(code));
    setup(OUTAGE_QUEUE, "queue");
    outage_failed(
        &o, &(struct outage_failure){.err = &e, .call = OUTAGE_RECEIVE, .next = "retried"}, S(1));
    assert_line("call=receive", want);
    teardown();
}

static void one_failed_call_says_what_to_do_by_its_code(void **state UNUSED)
{
    says_once(FAIL_AGAIN, 0, "", "next=\"retried; if it lasts, check the network");
    says_once(FAIL_AGAIN, 503, "ServiceUnavailable", "next=\"retried; the fault is in SQS");
    says_once(FAIL_THROTTLED, 400, "RequestThrottled", "next=\"retried; requests are limited");
    says_once(FAIL_THROTTLED, 403, "OverLimit", "next=\"retried; too many messages are in flight");
    says_once(FAIL_KMS, 400, "KmsDisabled", "next=\"retried; the queue is encrypted");
    says_once(FAIL_DENIED, 403, "AccessDenied", "next=\"retried; allow the call");
    says_once(FAIL_SKEW, 403, "RequestExpired", "next=\"retried; correct this host's clock");
    says_once(FAIL_CONFIG, 400, "InvalidAddress", "next=\"retried; if it lasts, do what the error");
}

static void logs_another_cause_immediately_and_each_once(void **state UNUSED)
{
    setup(OUTAGE_S3, "customer");
    fails(0, FAIL_AGAIN, "", "http: timed out after 5001 ms", S(1));
    fails(0, FAIL_AGAIN, "", "http: timed out after 4999 ms", S(2));
    assert_int_equal(captured_log_count("outage="), 1);
    fails(0, FAIL_AGAIN, "", "http: connection refused", S(3));
    fails(0, FAIL_KMS, "AccessDenied", "kms", S(4));
    assert_line("connection refused", "outage=changes");
    assert_line("msg=\"KMS access denied\"", "outage=changes");
    fails(0, FAIL_AGAIN, "", "http: timed out after 1 ms", S(5));
    fails(0, FAIL_KMS, "AccessDenied", "kms, in other words", S(6));
    assert_int_equal(captured_log_count("outage="), 3);
    fails(0, FAIL_AGAIN, "", "http: timed out after 1 ms", S(6));
    assert_int_equal(captured_log_count("outage="), 3);
    for (int i = 0; i < 26; i++) {
        char text[2] = {(char)('a' + i), '\0'};
        fails(0, FAIL_AGAIN, "", text, S(7));
    }
    assert_int_equal(captured_log_count("outage="), OUTAGE_CAUSES);
    outage_passed(&o, 0, S(8));
    fails(0, FAIL_AGAIN, "", "http: timed out", S(9)); /* another outage */
    assert_int_equal(captured_log_count("outage=begins"), 2);
    teardown();
}

static void a_text_that_is_cut_elsewhere_is_the_same_cause(void **state UNUSED)
{
    setup(OUTAGE_KAFKA, NULL);
    char text[320];
    memset(text, 'x', sizeof(text));
    text[310] = '\0';
    fails(0, FAIL_DENIED, "", text, S(1));
    text[308] = '\0';
    fails(0, FAIL_DENIED, "", text, S(2));
    assert_int_equal(captured_log_count("outage="), 1);
    assert_non_null(captured_log_line("msg=\"kafka authentication failed\""));
    teardown();
}

static void another_text_of_the_same_code_is_no_change(void **state UNUSED)
{
    setup(OUTAGE_KAFKA, NULL);
    fails(0, FAIL_AGAIN, "_ALL_BROKERS_DOWN", "no broker answers", S(1));
    fails(0, FAIL_AGAIN, "_ALL_BROKERS_DOWN", "request timed out: disconnect", S(2));
    assert_int_equal(captured_log_count("outage="), 1);
    fails(0, FAIL_AGAIN, "_TRANSPORT", "request timed out: disconnect", S(3));
    assert_line("outage=changes", "code=_TRANSPORT");
    teardown();
}

static void a_code_may_have_words_of_its_own(void **state UNUSED)
{
    setup(OUTAGE_QUEUE, "queue");
    fails(OUTAGE_DELETE, FAIL_CONFIG, "QueueDoesNotExist", "gone", S(1));
    assert_line("msg=\"queue calls fail\"",
                "next=\"check whether the queue was deleted or the URL");
    teardown();
    setup(OUTAGE_QUEUE, "queue");
    fails(OUTAGE_DELETE, FAIL_AGAIN, "", "no answer", S(1));
    fails(OUTAGE_DELETE, FAIL_AGAIN, "", "no answer", S(1));
    assert_line("outage=begins", "next=\"retried; if it lasts, check the network, proxies and");
    fails(OUTAGE_DELETE, FAIL_DENIED, "AccessDenied", "no", S(2));
    assert_line("outage=changes", "next=\"retried; allow the call in the worker's policy");
    teardown();
    setup(OUTAGE_S3, "customer");
    fails(0, FAIL_KMS, "KMS.DisabledException", "disabled", S(1));
    assert_line("outage=begins", "msg=\"KMS key disabled\"");
    fails(0, FAIL_KMS, "AccessDenied", "kms", S(2));
    assert_line("outage=changes", "msg=\"KMS access denied\"");
    assert_line("outage=changes", "next=retried");
    outage_passed(&o, 0, S(4));
    assert_line("outage=over", "msg=\"KMS access restored\"");
    teardown();
}

static void the_first_line_bounds_the_begin_by_the_last_success(void **state UNUSED)
{
    setup(OUTAGE_S3, "customer");
    fails(0, FAIL_AGAIN, "", "down", S(5));
    assert_line("outage=begins", "outage_s=0 never_succeeded=true failed_reads=1");
    outage_passed(&o, 0, S(7));
    fails(0, FAIL_KMS, "AccessDenied", "no", S(20));
    assert_line("msg=\"KMS access denied\"", "outage_s=0 last_success_s=13 failed_reads=1");
    fails(0, FAIL_AGAIN, "", "down", S(21));
    assert_null(strstr(captured_log_line("outage=changes"), "_succe"));
    outage_passed(&o, 0, S(22));
    assert_null(strstr(captured_log_line("causes=\"AccessDenied again\""), "_succe"));
    teardown();
    setup(OUTAGE_QUEUE, "queue"); /* that it is received from says nothing of deletions */
    outage_passed(&o, OUTAGE_DELETE, S(1));
    outage_passed(&o, OUTAGE_RECEIVE, S(8));
    fails(OUTAGE_DELETE, FAIL_DENIED, "AccessDenied", "no", S(9));
    assert_line("outage=begins", "last_success_s=8");
    teardown();
    setup(OUTAGE_CREDENTIALS, "customer"); /* looked at, not used */
    outage_passed(&o, 0, S(1));
    fails(0, FAIL_AGAIN, "", "down", S(5));
    assert_null(strstr(captured_log_line("outage=begins"), "_succe"));
    teardown();
}

static void does_not_begin_before_the_last_success(void **state UNUSED)
{
    setup(OUTAGE_S3, "customer");
    struct err e = {.kind = FAIL_AGAIN, .text = "down"};
    struct outage_failure f = {.err = &e, .next = "n", .since_ms = S(10)};
    outage_worked(&o, 0, S(8));
    outage_failed(&o, &f, S(13));
    assert_line("outage=begins", "outage_s=3 last_success_s=5");
    outage_passed(&o, 0, S(14));
    outage_failed(&o, &f, S(16)); /* another thread succeeded meanwhile */
    assert_line("last_success_s=2", "outage_s=2");
    teardown();
}

static void the_last_line_names_the_causes_each_once(void **state UNUSED)
{
    setup(OUTAGE_QUEUE, "queue");
    fails(OUTAGE_RECEIVE, FAIL_AGAIN, "", "cut", S(1));
    fails(OUTAGE_DELETE, FAIL_AGAIN, "", "refused", S(2));
    fails(OUTAGE_DELETE, FAIL_CONFIG, "QueueDoesNotExist", "gone", S(3));
    fails(OUTAGE_DELETE, FAIL_CONFIG, "Queue", "a part of the other", S(4));
    for (int i = 0; i < 40; i++) {
        char code[] = {'S', 'o', 'm', 'e', 'C', 'o', 'd', 'e', (char)('0' + i), '\0'};
        fails(OUTAGE_DELETE, FAIL_CONFIG, code, "another", S(5));
    }
    outage_passed(&o, OUTAGE_RECEIVE, S(6));
    outage_passed(&o, OUTAGE_DELETE, S(6));
    assert_line("outage=over", "causes=\"again QueueDoesNotExist Queue SomeCode0 SomeCode1 ");
    assert_in_range(strlen(captured_log_line("outage=over")), 256, 256 + 400);
    fails(OUTAGE_DELETE, FAIL_DENIED, "AccessDenied", "no", S(10));
    outage_passed(&o, OUTAGE_DELETE, S(11));
    assert_line("outage_s=1 last", "causes=AccessDenied outage_s=1");
    teardown();
}

static void a_call_that_failed_before_the_begin_is_no_change(void **state UNUSED)
{
    setup(OUTAGE_QUEUE, "queue");
    struct err e = {.kind = FAIL_AGAIN, .text = "cut"};
    struct outage_failure f = {.err = &e, .call = OUTAGE_DELETE, .next = "n", .held = 1};
    fails(OUTAGE_RECEIVE, FAIL_AGAIN, "", "cut", S(1));
    outage_failed(&o, &f, S(2));
    assert_line("outage=begins",
                "call=delete calls=\"receive delete\" messages_held=1 error=again");
    fails(OUTAGE_RECEIVE, FAIL_AGAIN, "", "cut", S(3));
    assert_int_equal(captured_log_count("outage="), 1);
    outage_set_held(&o, 4);
    outage_tick(&o, NULL, 0, S(40));
    assert_line("outage=lasts", "call=receive calls=\"receive delete\" messages_held=4");
    teardown();
}

static void names_the_calls_that_fail(void **state UNUSED)
{
    char calls[OUTAGE_CALLS_BYTES];
    setup(OUTAGE_QUEUE, "queue");
    fails(OUTAGE_DELETE, FAIL_DENIED, "AccessDenied", "no", S(1));
    outage_failing_calls(&o, calls);
    assert_string_equal(calls, "delete");
    fails(OUTAGE_HEARTBEAT, FAIL_DENIED, "AccessDenied", "no", S(1));
    outage_failing_calls(&o, calls);
    assert_string_equal(calls, "heartbeat delete");
    fails(OUTAGE_RECEIVE, FAIL_DENIED, "AccessDenied", "no", S(1)); /* of no held message */
    outage_failing_calls(&o, calls);
    assert_string_equal(calls, "heartbeat delete");
    outage_passed(&o, OUTAGE_RECEIVE, S(2));
    outage_passed(&o, OUTAGE_DELETE, S(2));
    outage_passed(&o, OUTAGE_HEARTBEAT, S(2));
    outage_failing_calls(&o, calls);
    assert_string_equal(calls, "");
    teardown();
}

static void repeats_after_twice_as_long_each_time(void **state UNUSED)
{
    setup(OUTAGE_KAFKA, NULL);
    fails(0, FAIL_AGAIN, "", "down", 0);
    for (int64_t now = 0; now < S(24 * 3600); now += 500) {
        outage_tick(&o, NULL, 0, now);
    }
    /* at 30 s, 90 s, ... and then every half hour: six of them in the first hour */
    assert_in_range(captured_log_count("msg=\"kafka unreachable\" outage=lasts"), 48, 55);
    assert_line("outage=lasts", "outage_s=30 not_tried_s=30 failed_checks=1");
    assert_line("outage_s=90", "outage=lasts");
    outage_passed(&o, 0, S(24 * 3600));
    assert_line("kafka connected", "outage_s=86400");
    teardown();
}

static void one_failure_of_a_queue_that_may_pass_is_no_outage(void **state UNUSED)
{
    setup(OUTAGE_QUEUE, "queue");
    fails(OUTAGE_RECEIVE, FAIL_AGAIN, "", "cut", S(1));
    assert_false(outage_is_open(&o));
    assert_line("queue call failed", "level=warn msg=\"queue call failed\" queue=one call=receive");
    outage_passed(&o, OUTAGE_RECEIVE, S(2));
    assert_int_equal(captured_log_count("msg="), 1);
    fails(OUTAGE_RECEIVE, FAIL_AGAIN, "", "cut", S(3));
    fails(OUTAGE_RECEIVE, FAIL_AGAIN, "", "cut", S(5));
    assert_line("outage=begins",
                "msg=\"queue does not answer\" outage=begins queue=one call=receive");
    assert_line("outage=begins", "outage_s=2 last_success_s=3 failed_calls=2");
    outage_passed(&o, OUTAGE_RECEIVE, S(6));
    fails(OUTAGE_RECEIVE, FAIL_CONFIG, "QueueDoesNotExist", "gone", S(7));
    assert_line("QueueDoesNotExist", "level=error msg=\"queue calls fail\" outage=begins");
    teardown();
}

static void is_over_when_every_call_that_failed_passes(void **state UNUSED)
{
    setup(OUTAGE_QUEUE, "queue");
    fails(OUTAGE_DELETE, FAIL_DENIED, "AccessDenied", "no", S(1));
    outage_passed(&o, OUTAGE_RECEIVE, S(2));
    assert_true(outage_is_open(&o));
    fails(OUTAGE_HEARTBEAT, FAIL_DENIED, "AccessDenied", "no", S(3));
    outage_passed(&o, OUTAGE_DELETE, S(4));
    assert_true(outage_is_open(&o));
    outage_passed(&o, OUTAGE_HEARTBEAT, S(5));
    assert_line("outage=over", "queue=one calls=\"heartbeat delete\" causes=AccessDenied "
                               "outage_s=4 last_failure_s=2 failed_calls=2");
    teardown();
}

static void does_not_wait_for_a_call_that_is_not_made_any_more(void **state UNUSED)
{
    setup(OUTAGE_QUEUE, "queue");
    fails(OUTAGE_DELETE, FAIL_DENIED, "AccessDenied", "no", S(1));
    outage_passed(&o, OUTAGE_RECEIVE, S(200));
    assert_true(outage_is_open(&o));
    outage_passed(&o, OUTAGE_RECEIVE, S(302));
    assert_false(outage_is_open(&o));
    teardown();
}

/* A heartbeat is not made again for a message that is not held. */
static void a_failed_heartbeat_does_not_outlast_the_messages(void **state UNUSED)
{
    setup(OUTAGE_QUEUE, "queue");
    struct err e = {.kind = FAIL_AGAIN, .text = "cut"};
    struct outage_failure f = {.err = &e, .call = OUTAGE_HEARTBEAT, .next = "n", .held = 1};
    outage_failed(&o, &f, S(1)); /* once */
    outage_passed(&o, OUTAGE_RECEIVE, S(2));
    assert_true(outage_is_failing(&o)); /* the message is held */
    outage_message_ended(&o, OUTAGE_DELETED, 0, S(3));
    outage_passed(&o, OUTAGE_RECEIVE, S(4));
    assert_false(outage_is_failing(&o));
    outage_failed(&o, &f, S(11));
    outage_failed(&o, &f, S(12));
    outage_message_ended(&o, OUTAGE_DELETED, 0, S(13));
    assert_true(outage_is_open(&o));
    outage_passed(&o, OUTAGE_DELETE, S(14));
    assert_line("outage=over", "calls=heartbeat causes=again outage_s=3");
    e.kind = FAIL_DENIED; /* the next message will be refused, too */
    outage_failed(&o, &f, S(21));
    outage_message_ended(&o, OUTAGE_DELETED, 0, S(22));
    outage_passed(&o, OUTAGE_RECEIVE, S(23));
    assert_true(outage_is_open(&o));
    teardown();
}

static void a_call_that_began_is_a_try(void **state UNUSED)
{
    setup(OUTAGE_S3, "customer");
    outage_tried(&o, S(0)); /* no outage */
    fails(0, FAIL_AGAIN, "", "down", S(1));
    outage_tried(&o, S(29));
    outage_tick(&o, NULL, 0, S(31));
    assert_line("outage=lasts", "outage_s=30 not_tried_s=2 failed_reads=1");
    outage_passed(&o, 0, S(41));
    assert_line("outage=over", "outage_s=40 last_failure_s=40 failed_reads=1");
    teardown();
}

static void a_queue_that_was_gone_is_looked_at_once(void **state UNUSED)
{
    setup(OUTAGE_QUEUE, "queue");
    fails(OUTAGE_RECEIVE, FAIL_CONFIG, "QueueDoesNotExist", "gone", S(1));
    assert_false(outage_take_gone(&o));
    outage_passed(&o, OUTAGE_RECEIVE, S(2));
    assert_true(outage_take_gone(&o));
    assert_false(outage_take_gone(&o));
    fails(OUTAGE_RECEIVE, FAIL_DENIED, "AccessDenied", "no", S(3));
    outage_passed(&o, OUTAGE_RECEIVE, S(4));
    assert_false(outage_take_gone(&o));
    teardown();
}

static void a_state_that_is_seen_counts_no_failures(void **state UNUSED)
{
    setup(OUTAGE_TOPIC, "customer");
    struct err e = {.kind = FAIL_AGAIN, .text = "no leader"};
    outage_failed(&o, &(struct outage_failure){.err = &e, .next = "n", .state = true}, S(20));
    outage_tick(&o, NULL, 0, S(60));
    outage_passed(&o, 0, S(70));
    assert_int_equal(captured_log_count("msg="), 3);
    assert_line("outage=lasts", "detail=\"no leader\" outage_s=40 next=n");
    assert_line("outage=over", "outage=over customer=one causes=again outage_s=50");
    assert_null(strstr(captured_log_line("outage=over"), "_s=50 "));
    teardown();
}

/* Of three messages one is deleted, one is delivered and one is neither when the queue answers
 * again. */
static void says_what_became_of_messages_whose_queue_did_not_exist(void **state UNUSED)
{
    setup(OUTAGE_QUEUE, "queue");
    struct err e = {.kind = FAIL_CONFIG, .status = 400, .code = "QueueDoesNotExist"};
    struct outage_failure f = {.err = &e, .call = OUTAGE_DELETE, .next = "n", .held = 3};
    outage_message_ended(&o, OUTAGE_UNDELIVERED, 3, S(0)); /* no outage */
    outage_failed(&o, &f, S(1));
    outage_message_ended(&o, OUTAGE_DELIVERED, 2, S(2));
    outage_message_ended(&o, OUTAGE_DELETED, 1, S(3));
    outage_passed(&o, OUTAGE_DELETE, S(4));
    assert_line("outage=over", "level=warn msg=\"queue connected\" outage=over queue=one");
    assert_line("outage=over",
                "held_messages=3 done=1 done_not_deleted=1 not_done=0 "
                "still_held=1 next=\"held messages that are not deleted are received again");
    assert_null(captured_log_line("messages of a queue that does not exist"));
    fails(OUTAGE_RECEIVE, FAIL_DENIED, "AccessDenied", "no", S(5));
    outage_message_ended(&o, OUTAGE_UNDELIVERED, 0, S(6));
    outage_passed(&o, OUTAGE_RECEIVE, S(7));
    assert_line("outage_s=2", "level=info msg=\"queue connected\" outage=over queue=one");
    f.held = 1;
    outage_failed(&o, &f, S(10));
    outage_message_ended(&o, OUTAGE_DELETED, 0, S(13));
    outage_passed(&o, OUTAGE_DELETE, S(14));
    assert_line("outage_s=4", "held_messages=1 done=1 done_not_deleted=0 not_done=0 still_held=0 "
                              "next=\"no held message is lost");
    teardown();
}

static void the_last_message_whose_queue_does_not_exist_has_a_line(void **state UNUSED)
{
    setup(OUTAGE_QUEUE, "queue");
    struct err e = {.kind = FAIL_CONFIG, .status = 400, .code = "QueueDoesNotExist"};
    struct outage_failure f = {.err = &e, .call = OUTAGE_DELETE, .next = "n", .held = 2};
    outage_failed(&o, &f, S(1));
    outage_message_ended(&o, OUTAGE_DELIVERED, 1, S(2));
    assert_null(captured_log_line("messages of a queue that does not exist"));
    outage_message_ended(&o, OUTAGE_UNDELIVERED, 0, S(3));
    assert_line("messages of a queue that does not exist",
                "level=warn msg=\"messages of a queue that does not exist\" queue=one "
                "held_messages=2 done=0 done_not_deleted=1 not_done=1 still_held=0 "
                "outage_s=2 next=\"if the queue was deleted");
    teardown();
}

static void has_words_for_every_party(void **state UNUSED)
{
    for (int p = 0; p < OUTAGE_PARTIES; p++) {
        setup((enum outage_party)p, p == OUTAGE_KAFKA ? NULL : "name");
        fails(0, FAIL_DENIED, "", "no", S(1));
        fails(0, FAIL_CONFIG, "Code", "no", S(2));
        fails(0, FAIL_AGAIN, "", "no", S(3));
        outage_passed(&o, 0, S(4));
        assert_int_equal(captured_log_count("msg="), 4);
        assert_null(captured_log_line("(null)"));
        teardown();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_begin_and_end_once_with_the_duration),
        cmocka_unit_test(its_lines_have_more_keys_until_it_is_over),
        cmocka_unit_test(counts_the_outages_that_began),
        cmocka_unit_test(names_the_customers_of_a_queue),
        cmocka_unit_test(a_call_that_begins_to_fail_is_a_change_and_heartbeats_are_counted),
        cmocka_unit_test(one_failed_call_says_what_to_do_by_its_code),
        cmocka_unit_test(logs_another_cause_immediately_and_each_once),
        cmocka_unit_test(a_text_that_is_cut_elsewhere_is_the_same_cause),
        cmocka_unit_test(another_text_of_the_same_code_is_no_change),
        cmocka_unit_test(a_code_may_have_words_of_its_own),
        cmocka_unit_test(names_the_calls_that_fail),
        cmocka_unit_test(the_first_line_bounds_the_begin_by_the_last_success),
        cmocka_unit_test(does_not_begin_before_the_last_success),
        cmocka_unit_test(the_last_line_names_the_causes_each_once),
        cmocka_unit_test(a_call_that_failed_before_the_begin_is_no_change),
        cmocka_unit_test(repeats_after_twice_as_long_each_time),
        cmocka_unit_test(one_failure_of_a_queue_that_may_pass_is_no_outage),
        cmocka_unit_test(is_over_when_every_call_that_failed_passes),
        cmocka_unit_test(does_not_wait_for_a_call_that_is_not_made_any_more),
        cmocka_unit_test(a_failed_heartbeat_does_not_outlast_the_messages),
        cmocka_unit_test(a_call_that_began_is_a_try),
        cmocka_unit_test(a_queue_that_was_gone_is_looked_at_once),
        cmocka_unit_test(a_state_that_is_seen_counts_no_failures),
        cmocka_unit_test(says_what_became_of_messages_whose_queue_did_not_exist),
        cmocka_unit_test(the_last_message_whose_queue_does_not_exist_has_a_line),
        cmocka_unit_test(has_words_for_every_party),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
