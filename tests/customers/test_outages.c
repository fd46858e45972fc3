/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "customers/waiting.h"
#include "customers_priv.h"
#include "fakes/captured_log.h"
#include "fakes/one_customer.h"

static struct one_customer w;

static void setup(void)
{
    one_customer_init(&w);
    w.customers[0].id = text("acme");
    w.customers[0].prefix = text("logs");
    w.customers[0].role_arn = text("arn:aws:iam::1:role/r");
    w.customers[0].topic = text("events.{stream}");
    captured_log_begin(LOG_INFO);
    one_customer_start(&w);
}

static void teardown(void)
{
    one_customer_done(&w);
    captured_log_end();
}

static void refuse(enum customer_party party, enum err_kind kind, const char *key)
{
    struct err e = {.kind = kind, .text = "as the test says"};
    enum breaker_mark mark = kind == FAIL_DENIED ? BREAKER_COUNT : BREAKER_NONE;
    customer_refused(
        w.c,
        &(struct customer_refusal){
            .party = party, .mark = mark, .about = span_str(key), .next = "as the table says"},
        &e);
}

static uint64_t outages(void)
{
    struct customer_state s;
    customer_state(w.c, &s);
    return s.outages;
}

static void assert_line(const char *with, const char *also)
{
    const char *line = captured_log_line(with);
    if (line == NULL || strstr(line, also) == NULL) {
        print_error("[%s] is not in [%s] of\n%s\n", also, line != NULL ? line : "", captured_log());
    }
    assert_true(line != NULL && strstr(line, also) != NULL);
}

/* An answer with a status is an error, one without it is silence. */
static void answers(enum customer_party party, enum err_kind kind, int status, const char *msg,
                    const char *over)
{
    char begins[100];
    char ends[100];
    struct err e = {.kind = kind, .status = status, .text = "as the test says"};
    struct customer_refusal r = {
        .party = party, .mark = BREAKER_OPEN, .about = SPAN("logs/1"), .next = "n"};
    setup();
    customer_refused(w.c, &r, &e);
    (void)snprintf(begins, sizeof(begins), "level=error msg=\"%s\" outage=begins customer=acme",
                   msg);
    assert_line("outage=begins", begins);
    if (party == CUSTOMER_TOPIC) {
        customer_acknowledged(w.c);
    } else {
        customer_went_well(w.c);
    }
    (void)snprintf(ends, sizeof(ends), "level=info msg=\"%s\" outage=over customer=acme", over);
    assert_line("outage=over", ends);
    teardown();
}

static void each_party_of_a_customer_has_its_lines(void **state UNUSED)
{
    answers(CUSTOMER_ROLE, FAIL_AGAIN, 0, "STS does not answer", "role assumed");
    answers(CUSTOMER_ROLE, FAIL_DENIED, 403, "role denied", "role assumed");
    answers(CUSTOMER_ROLE, FAIL_CONFIG, 400, "role not assumed", "role assumed");
    answers(CUSTOMER_S3, FAIL_AGAIN, 0, "S3 does not answer", "S3 connected");
    answers(CUSTOMER_S3, FAIL_AGAIN, 503, "S3 requests fail", "S3 connected");
    answers(CUSTOMER_S3, FAIL_DENIED, 403, "S3 access denied", "S3 access restored");
    answers(CUSTOMER_S3, FAIL_KMS, 403, "KMS access denied", "KMS access restored");
    answers(CUSTOMER_TOPIC, FAIL_DENIED, 0, "topic access denied", "records acknowledged");
    answers(CUSTOMER_TOPIC, FAIL_CONFIG, 0, "topic cannot be used", "records acknowledged");
}

static void a_role_that_is_denied_and_assumed_again(void **state UNUSED)
{
    setup();
    refuse(CUSTOMER_ROLE, FAIL_DENIED, "");
    assert_line("outage=begins",
                "level=error msg=\"role denied\" outage=begins customer=acme "
                "role_arn=arn:aws:iam::1:role/r error=denied detail=\"as the test says\"");
    assert_line("outage=begins", "next=\"as the table says\"");
    assert_int_equal(outages(), 1);
    w.clock.mono += 45000;
    customers_watch(w.all);
    assert_line("outage=lasts", "msg=\"role denied\" outage=lasts customer=acme error=denied");
    customer_went_well(w.c);
    assert_line(
        "outage=over",
        "level=info msg=\"role assumed\" outage=over customer=acme causes=denied outage_s=45");
    assert_int_equal(outages(), 0);
    teardown();
}

static void an_object_that_is_begun_tries_the_parties_that_fail(void **state UNUSED)
{
    setup();
    refuse(CUSTOMER_S3, FAIL_AGAIN, "logs/1");
    w.clock.mono += 29000;
    assert_true(customer_allowed(w.c));
    w.clock.mono += 2000;
    customers_watch(w.all);
    assert_line("outage=lasts", "outage_s=31 not_tried_s=2 failed_reads=1");
    teardown();
}

static void a_paused_customer_says_when_it_may_be_tried(void **state UNUSED)
{
    setup();
    struct err e = {.kind = FAIL_DENIED, .text = "as the test says"};
    struct customer_refusal r = {.party = CUSTOMER_ROLE, .mark = BREAKER_OPEN, .next = "n"};
    assert_int_equal(customer_probe_in_ms(w.c), -1);
    customer_refused(w.c, &r, &e);
    assert_in_range(customer_probe_in_ms(w.c), BREAKER_FIRST_MS * 3 / 4, BREAKER_FIRST_MS);
    w.clock.mono += BREAKER_FIRST_MS;
    assert_int_equal(customer_probe_in_ms(w.c), 0);
    customers_watch(w.all);
    assert_line("outage=lasts", "customer=acme next_probe_s=0 error=denied");
    assert_true(customer_allowed(w.c));
    assert_int_equal(customer_probe_in_ms(w.c), -1); /* it is being tried */
    customer_went_well(w.c);
    assert_int_equal(customer_probe_in_ms(w.c), -1);
    teardown();
}

static void s3_that_does_not_answer_and_answers_again_even_by_an_error(void **state UNUSED)
{
    setup();
    refuse(CUSTOMER_S3, FAIL_AGAIN, "logs/1");
    refuse(CUSTOMER_S3, FAIL_AGAIN, "logs/2");
    assert_line("outage=begins",
                "msg=\"S3 does not answer\" outage=begins customer=acme bucket=bucket key=logs/1");
    refuse(CUSTOMER_S3, FAIL_STOPPED, "logs/2");
    assert_int_equal(outages(), 1);
    refuse(CUSTOMER_S3, FAIL_GONE, "logs/3");
    assert_line(
        "outage=over",
        "msg=\"S3 connected\" outage=over customer=acme causes=again outage_s=0 last_failure_s=0 "
        "failed_reads=2");
    teardown();
}

static void a_key_that_is_denied_is_no_outage_and_five_are(void **state UNUSED)
{
    setup();
    static const char *const keys[] = {"logs/1", "logs/2", "logs/3", "logs/4", "logs/5"};
    for (size_t i = 0; i < 4; i++) {
        refuse(CUSTOMER_S3, FAIL_DENIED, keys[i]);
        assert_int_equal(outages(), 0);
    }
    refuse(CUSTOMER_S3, FAIL_DENIED, keys[4]);
    assert_line("outage=begins",
                "msg=\"S3 access denied\" outage=begins customer=acme bucket=bucket key=logs/5");
    assert_line("customer paused", "error=denied detail="); /* there is no code to find it by */
    assert_line("customer paused", "the next message that is visible is read as a probe");
    teardown();
}

static void a_text_with_a_code_stands_in_one_line(void **state UNUSED)
{
    setup();
    struct err e = {.kind = FAIL_DENIED, .code = "AccessDenied", .text = "as the test says"};
    struct customer_refusal r = {
        .party = CUSTOMER_ROLE, .mark = BREAKER_OPEN, .about = SPAN("logs/1"), .next = "n"};
    assert_true(customer_refused(w.c, &r, &e));
    assert_line("outage=begins", "code=AccessDenied detail=\"as the test says\"");
    assert_line("customer paused", "error=denied code=AccessDenied pause_s=");
    assert_false(customer_refused(w.c, &r, &e)); /* no line has it */
    teardown();
}

static void a_kms_key_that_is_denied(void **state UNUSED)
{
    setup();
    refuse(CUSTOMER_S3, FAIL_KMS, "logs/1");
    assert_line("outage=begins",
                "msg=\"KMS access denied\" outage=begins customer=acme bucket=bucket key=logs/1 "
                "role_arn=arn:aws:iam::1:role/r error=kms");
    customer_went_well(w.c);
    assert_line("outage=over", "msg=\"KMS access restored\"");
    teardown();
}

static void a_topic_that_is_not_there_until_a_record_is_acknowledged(void **state UNUSED)
{
    setup();
    customer_acknowledged(w.c);
    refuse(CUSTOMER_TOPIC, FAIL_LIMIT, "");
    assert_int_equal(outages(), 0);
    refuse(CUSTOMER_TOPIC, FAIL_CONFIG, "");
    assert_line("outage=begins", "msg=\"topic cannot be used\" outage=begins customer=acme");
    customer_went_well(w.c); /* its objects can be read */
    assert_int_equal(outages(), 1);
    customer_acknowledged(w.c);
    assert_line("outage=over", "msg=\"records acknowledged\" outage=over customer=acme");
    teardown();
}

static void watch_for(int seconds)
{
    for (int i = 0; i < seconds; i += 5) {
        w.clock.mono += 5000;
        customers_watch(w.all);
    }
}

static void records_that_are_not_acknowledged_for_long(void **state UNUSED)
{
    setup();
    struct err e;
    fake_sink.leaderless = true;
    watch_for(60);
    assert_int_equal(customers_waiting(w.all), 0);
    assert_int_equal(customer_reserve(w.c, 700, NULL, &e), FAIL_NONE);
    assert_int_equal(customers_waiting(w.all), 1);
    watch_for(15);
    atomic_uint_fast64_t pending = 2;
    struct waiting object = {.object = "s3://bucket/logs/1", .pending = &pending};
    waiting_add(w.c, &object, w.clock.mono + 5000);
    stats_add(&w.c->stats->records_acked, 1); /* other records of it are acknowledged */
    watch_for(20);
    assert_int_equal(outages(), 0);
    watch_for(5);
    assert_line("outage=begins", "level=error msg=\"records not acknowledged\" outage=begins "
                                 "customer=acme oldest_object=s3://bucket/logs/1 waits_s=20 "
                                 "waiting_objects=1 unacked_bytes=700 error=again");
    assert_line("outage=begins", "topic events.runtime: partition 0 has no leader");
    assert_line("outage=begins", "outage_s=20");
    assert_int_equal(captured_log_count("msg=\"records not"), 1);
    assert_null(strstr(captured_log_line("outage=begins"), "failed_deliveries"));
    assert_int_equal(customer_reserve(w.c, 50, NULL, &e), FAIL_NONE);
    watch_for(30);
    assert_line("outage=lasts", "customer=acme oldest_object=s3://bucket/logs/1 waits_s=50 "
                                "waiting_objects=1 unacked_bytes=750 error=again");
    customer_unreserve(w.c, 50);
    customer_unreserve(w.c, 700);
    waiting_remove(w.c, &object);
    assert_int_equal(customers_waiting(w.all), 0);
    customer_acknowledged(w.c);
    assert_line("outage=over", "msg=\"records acknowledged\"");
    teardown();
}

/* The object waits for 3 s when the first look sees it; the look before saw no record. */
static void an_outage_of_records_begins_with_the_oldest_that_waits(void **state UNUSED)
{
    setup();
    struct err e;
    fake_sink.leaderless = true;
    watch_for(10);
    stats_add(&w.c->stats->records_acked, 1); /* up to 5 s before the next look */
    watch_for(10);
    w.clock.mono += 2000;
    assert_int_equal(customer_reserve(w.c, 700, NULL, &e), FAIL_NONE);
    atomic_uint_fast64_t pending = 2;
    struct waiting object = {.object = "s3://bucket/logs/1", .pending = &pending};
    waiting_add(w.c, &object, w.clock.mono);
    w.clock.mono += 3000;
    customers_watch(w.all);
    watch_for(20);
    assert_line("outage=begins", "waits_s=23");
    assert_line("outage=begins", "outage_s=23 last_success_s=35");
    assert_line("outage=begins", "next=\"the records wait, and their messages are held by "
                                 "heartbeats; look for 'kafka broker unreachable'");
    customer_unreserve(w.c, 700);
    waiting_remove(w.c, &object);
    teardown();
}

static void an_attempt_fails_since_its_first_request(void **state UNUSED)
{
    setup();
    struct err e = {.kind = FAIL_AGAIN, .text = "cut"};
    customer_went_well(w.c);
    w.clock.mono += 10000;
    struct customer_refusal r = {
        .party = CUSTOMER_S3, .about = SPAN("logs/1"), .next = "n", .since_ms = w.clock.mono};
    w.clock.mono += 3000;
    customer_refused(w.c, &r, &e);
    assert_line("outage=begins", "outage_s=3 last_success_s=13 failed_reads=1");
    teardown();
}

static void records_wait_since_they_were_seen_and_not_since_the_last_look(void **state UNUSED)
{
    setup();
    struct err e;
    fake_sink.leaderless = true;
    watch_for(60);
    w.clock.mono += 4000;
    assert_int_equal(customer_reserve(w.c, 700, NULL, &e), FAIL_NONE);
    watch_for(20);
    assert_int_equal(outages(), 0); /* seen for 15 s */
    watch_for(5);
    assert_line("outage=begins", "outage_s=20");
    customer_unreserve(w.c, 700);
    teardown();
}

static void an_unreachable_kafka_is_no_outage_of_each_customer(void **state UNUSED)
{
    setup();
    struct err e;
    atomic_store(&fake_sink.away, true);
    assert_int_equal(customer_reserve(w.c, 700, NULL, &e), FAIL_NONE);
    watch_for(600);
    assert_int_equal(outages(), 0);
    customer_unreserve(w.c, 700);
    teardown();
}

static void the_probe_of_the_external_id_has_its_result(void **state UNUSED)
{
    setup();
    struct err e;
    struct creds_source *creds = NULL;
    fake_creds.unguarded = FAIL_CONFIG;
    assert_int_equal(customer_creds(w.c, &creds, &e), FAIL_CONFIG);
    assert_non_null(strstr(e.text, "probe of the external id: "));
    assert_null(captured_log_line("external id probed"));
    fake_creds.unguarded = FAIL_NONE;
    assert_int_equal(customer_creds(w.c, &creds, &e), FAIL_NONE);
    assert_line("external id probed", "level=info msg=\"external id probed\" customer=acme "
                                      "role_arn=arn:aws:iam::1:role/r result=");
    assert_line("external id probed", "were denied, as required");
    teardown();
}

static void sessions_that_are_not_renewed(void **state UNUSED)
{
    setup();
    struct err e;
    struct creds_source *creds = NULL;
    assert_int_equal(customer_creds(w.c, &creds, &e), FAIL_NONE);
    fake_creds.renewal = FAIL_AGAIN;
    watch_for(20);
    assert_int_equal(captured_log_count("msg=\"credentials not renewed\" outage=begins"), 2);
    assert_line("outage=begins customer=acme", "level=warn msg=\"credentials not renewed\"");
    assert_line("outage=begins customer=acme", "source=fake");
    assert_int_equal(outages(), 1);
    fake_creds.renewal = FAIL_NONE;
    watch_for(5);
    assert_int_equal(captured_log_count("msg=\"credentials renewed\" outage=over"), 2);
    assert_int_equal(outages(), 0);
    teardown();
}

/* As an attempt does whose message is returned: its error stands until the message is visible. */
static void return_one(enum customer_party party, enum err_kind kind)
{
    struct err e = {.kind = kind, .text = "as the test says"};
    customer_returned(w.c, party, &e);
    back_off_book_add(w.c->back_off, 60);
}

static void messages_that_were_returned_have_their_error_until_they_come_back(void **state UNUSED)
{
    struct customer_trouble t;
    setup();
    struct err left = {.kind = FAIL_FORMAT, .text = "left"};
    customer_left(w.c, &left);
    return_one(CUSTOMER_S3, FAIL_DENIED);
    return_one(CUSTOMER_S3, FAIL_STOPPED); /* says nothing of the customer */
    customer_trouble(w.c, &t);
    assert_true(t.returned && !t.returned_held && t.returned_by == CUSTOMER_S3);
    assert_int_equal(t.error.kind, FAIL_DENIED);
    w.clock.mono += 61000;
    customer_trouble(w.c, &t);
    assert_false(t.returned);
    assert_int_equal(t.error.kind, FAIL_FORMAT);
    teardown();
}

static void messages_that_were_returned_unread_say_why(void **state UNUSED)
{
    struct customer_trouble t;
    struct err why = {.kind = FAIL_CONFIG, .text = "as the test says"};
    setup();
    back_off_book_add(w.c->back_off, 60);
    customer_returned_unread(w.c, &why); /* neither paused nor held: not verified */
    customer_trouble(w.c, &t);
    assert_true(t.returned && t.returned_by == CUSTOMER_PARTIES);
    assert_true(customers_set_held(w.all, SPAN("acme"), true));
    customer_returned_unread(w.c, &why);
    assert_true(customers_set_held(w.all, SPAN("acme"), false));
    customer_trouble(w.c, &t);
    assert_true(t.returned && t.returned_held);
    struct err e = {.kind = FAIL_DENIED, .text = "as the test says"};
    customer_refused(
        w.c, &(struct customer_refusal){.party = CUSTOMER_TOPIC, .mark = BREAKER_OPEN, .next = "n"},
        &e);
    customer_returned_unread(w.c, &e);
    customer_trouble(w.c, &t);
    assert_true(t.returned && !t.returned_held && t.returned_by == CUSTOMER_TOPIC);
    teardown();
}

static void a_pause_by_an_operator_has_its_ops_events(void **state UNUSED)
{
    setup();
    assert_true(customers_set_held(w.all, SPAN("acme"), false)); /* it is not paused */
    assert_int_equal(fake_ops.count, 0);
    assert_true(customers_set_held(w.all, SPAN("acme"), true));
    assert_string_equal(fake_ops.type, "asymptote.ingest.customer.paused");
    assert_string_equal(fake_ops.data,
                        "{\"customer\":\"acme\",\"error\":{\"class\":\"config\",\"detail\":"
                        "\"paused by an operator: asymptote-ingest control pause\"}}");
    assert_true(customers_set_held(w.all, SPAN("acme"), true)); /* still the first pause */
    assert_int_equal(fake_ops.count, 1);
    w.clock.mono += 5000;
    assert_true(customers_set_held(w.all, SPAN("acme"), false));
    assert_string_equal(fake_ops.type, "asymptote.ingest.customer.resumed");
    assert_string_equal(fake_ops.data, "{\"customer\":\"acme\",\"paused_ms\":5000}");
    assert_true(customers_set_held(w.all, SPAN("acme"), false));
    assert_int_equal(fake_ops.count, 2);
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_party_of_a_customer_has_its_lines),
        cmocka_unit_test(a_role_that_is_denied_and_assumed_again),
        cmocka_unit_test(a_paused_customer_says_when_it_may_be_tried),
        cmocka_unit_test(an_object_that_is_begun_tries_the_parties_that_fail),
        cmocka_unit_test(s3_that_does_not_answer_and_answers_again_even_by_an_error),
        cmocka_unit_test(a_key_that_is_denied_is_no_outage_and_five_are),
        cmocka_unit_test(a_text_with_a_code_stands_in_one_line),
        cmocka_unit_test(a_kms_key_that_is_denied),
        cmocka_unit_test(a_topic_that_is_not_there_until_a_record_is_acknowledged),
        cmocka_unit_test(records_that_are_not_acknowledged_for_long),
        cmocka_unit_test(an_outage_of_records_begins_with_the_oldest_that_waits),
        cmocka_unit_test(an_attempt_fails_since_its_first_request),
        cmocka_unit_test(records_wait_since_they_were_seen_and_not_since_the_last_look),
        cmocka_unit_test(an_unreachable_kafka_is_no_outage_of_each_customer),
        cmocka_unit_test(the_probe_of_the_external_id_has_its_result),
        cmocka_unit_test(sessions_that_are_not_renewed),
        cmocka_unit_test(messages_that_were_returned_have_their_error_until_they_come_back),
        cmocka_unit_test(messages_that_were_returned_unread_say_why),
        cmocka_unit_test(a_pause_by_an_operator_has_its_ops_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
