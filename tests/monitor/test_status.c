/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "monitor/status.h"
#include "monitor/status_text.h"

#include <stdio.h>

enum { PAGE_BYTES = 1024 * 1024, CUSTOMERS = 6 };

#define S(n) (INT64_C(1000) * (n))
#define NOW S(1790000000)

static struct {
    struct snapshot s;
    struct snapshot_customer customers[CUSTOMERS];
    struct buf page;
} w;

static const char *const ids[CUSTOMERS] = {"fine", "dead", "slow", "quiet", "acme-a", "acme-b"};

/* All were notified and delivered 10 s ago. */
static int set_up(void **state UNUSED)
{
    memset(&w, 0, sizeof(w));
    w.page = (struct buf)BUF_INIT(PAGE_BYTES);
    w.s.wall_ms = NOW;
    w.s.started_ms = NOW - S(100000);
    w.s.customers = w.customers;
    w.s.customer_count = CUSTOMERS;
    for (size_t i = 0; i < CUSTOMERS; i++) {
        struct snapshot_customer *c = &w.customers[i];
        c->id = span_str(ids[i]);
        c->visible = -1;
        c->received_ms = NOW - S(10);
        c->trouble.known_ms = S(100000);
        stats_set(&c->stats.notified_ms, (uint64_t)(NOW - S(10)));
        stats_set(&c->stats.delivered_ms, (uint64_t)(NOW - S(10)));
    }
    return 0;
}

static int tear_down(void **state UNUSED)
{
    buf_done(&w.page);
    return 0;
}

static void pause_customer(size_t i, int64_t for_ms)
{
    w.customers[i].state.paused = 1;
    w.customers[i].trouble.paused_ms = for_ms;
    w.customers[i].trouble.next_try_ms = 27000;
    (void)err_set(&w.customers[i].trouble.error, FAIL_DENIED, "sts: \"<b>\"");
    w.customers[i].state.outages = 1;
    w.customers[i].trouble.fails[CUSTOMER_ROLE] = true;
}

static void assert_state(size_t i, enum status_state want, int64_t want_since)
{
    int64_t since = 0;
    assert_int_equal(status_of(&w.s, &w.customers[i], &since), want);
    assert_int_equal(since, want_since);
}

/* "" : not given. */
static const char *answer(const char *state, const char *id, const char *offset, const char *limit)
{
    const char *const names[] = {"state", "customer", "offset", "limit"};
    const char *const values[] = {state, id, offset, limit};
    struct listener_parameter list[4];
    struct status_query q;
    size_t n = 0;
    for (size_t i = 0; i < 4; i++) {
        if (values[i][0] != '\0') {
            list[n++] = (struct listener_parameter){span_str(names[i]), span_str(values[i])};
        }
    }
    buf_clear(&w.page);
    assert_null(status_query_read(list, n, STATUS_VIEW_JSON, &q));
    status_write(&w.s, &q, &w.page);
    return w.page.p;
}

static void a_customer_that_was_delivered_is_fresh(void **state UNUSED)
{
    assert_state(0, STATUS_FRESH, NOW - S(10));
}

static void a_pause_is_worse_than_all_else(void **state UNUSED)
{
    pause_customer(1, S(60));
    stats_set(&w.customers[1].stats.undelivered_ms, (uint64_t)(NOW - S(999)));
    assert_state(1, STATUS_PAUSED, NOW - S(60));
}

static void nothing_delivered_so_far_is_not_fresh(void **state UNUSED)
{
    struct status_query q = {.limit = 10};
    struct status_list l;
    stats_set(&w.customers[4].stats.delivered_ms, 0);
    w.customers[4].trouble.known_ms = S(40);
    assert_state(4, STATUS_NOT_YET, NOW - S(40));
    assert_non_null(strstr(answer("not_yet", "", "", ""), "its first object is not delivered yet"));
    stats_set(&w.customers[4].stats.notified_ms, 0);
    const char *page = answer("not_yet", "", "", "");
    assert_non_null(strstr(page, "no notification of it came yet"));
    assert_non_null(strstr(page, "verify -c FILE acme-a\""));
    assert_non_null(strstr(page, "\"runbook\":\"docs/runbook.md#not_yet\""));
    status_select(&w.s, &q, &l);
    assert_int_equal(status_fresh(&l), CUSTOMERS - 1);
    assert_int_equal(status_bad(&l), 0);
    status_list_done(&l);
    buf_clear(&w.page);
    status_text_write(&w.s, &q, &w.page);
    assert_non_null(strstr(w.page.p, "fresh? Not known yet: 5 of 6 are, 1 not_yet.\n"));
    pause_customer(1, S(60));
    buf_clear(&w.page);
    status_text_write(&w.s, &q, &w.page);
    assert_non_null(strstr(w.page.p, "fresh? No: 4 of 6 are, 1 paused, 1 not_yet.\n"));
    stats_backfill(&w.customers[4].stats, NOW - S(1));
    assert_state(4, STATUS_BACKFILLING, NOW - S(1));
}

/* What is left out of a narrow terminal, and what never is. */
static void a_narrow_terminal_keeps_state_and_cause(void **state UNUSED)
{
    static const struct {
        size_t columns;
        const char *names;
    } cases[] = {
        {0, "CUSTOMER STATE SINCE NOTIFIED OWN DELIVERED LAG HELD QUEUED REJECTS LEFT CAUSE"},
        {200, "CUSTOMER STATE SINCE NOTIFIED OWN DELIVERED LAG HELD QUEUED REJECTS LEFT CAUSE"},
        {165, "CUSTOMER STATE SINCE NOTIFIED DELIVERED LAG HELD QUEUED REJECTS LEFT CAUSE"},
        {110, "CUSTOMER STATE SINCE DELIVERED CAUSE"},
        {80, "CUSTOMER STATE CAUSE"},
        {20, "CUSTOMER STATE CAUSE"},
    };
    pause_customer(1, S(60));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct status_query q = {.limit = 10, .columns = cases[i].columns};
        char names[256];
        size_t n = 0;
        buf_clear(&w.page);
        status_text_write(&w.s, &q, &w.page);
        for (const char *at = strstr(w.page.p, "CUSTOMER"); *at != '\n'; at++) {
            assert_true(n < sizeof(names) - 1);
            if (*at != ' ' || at[1] != ' ') { /* of several blanks the last one */
                names[n++] = *at;
            }
        }
        names[n] = '\0';
        assert_string_equal(names, cases[i].names);
        const char *row = strstr(w.page.p, "dead ");
        const char *cause = strstr(row, "  the role cannot be assumed\n");
        assert_non_null(cause);
        assert_true(cases[i].columns < 80 || (size_t)(cause - row) + 30 <= cases[i].columns ||
                    cases[i].columns == 0);
    }
}

/* Not where the column is left out. */
static void a_note_says_that_queued_is_of_a_shared_queue(void **state UNUSED)
{
    struct status_query q = {.limit = 2};
    const char *note =
        "4 more\nQUEUED is of the whole queue: customers of one queue all show it.\n";
    status_text_write(&w.s, &q, &w.page);
    assert_null(strstr(w.page.p, "QUEUED is"));
    w.s.queues_shared = true;
    buf_clear(&w.page);
    status_text_write(&w.s, &q, &w.page);
    assert_non_null(strstr(w.page.p, note));
    q.columns = 80;
    buf_clear(&w.page);
    status_text_write(&w.s, &q, &w.page);
    assert_null(strstr(w.page.p, "QUEUED"));
}

/* All that this worker saw is delivered, and others' messages are hidden. */
static void hidden_messages_of_others_are_no_yes(void **state UNUSED)
{
    struct status_query q = {.limit = 10};
    status_text_write(&w.s, &q, &w.page);
    assert_non_null(strstr(w.page.p, "fresh? Yes: 6 of 6 are.\nWorker"));
    assert_null(strstr(answer("", "", "", ""), "queue_not_held"));
    w.s.not_held = 16;
    w.customers[2].not_held = 16;
    buf_clear(&w.page);
    status_text_write(&w.s, &q, &w.page);
    assert_non_null(strstr(w.page.p,
                           "fresh? Not known yet: 6 of 6 are.\n16 messages are hidden in the "
                           "queues and not held by this worker: another worker has them, or"));
    const char *page = answer("", "", "", "");
    assert_non_null(strstr(page, "\"not_held\":16,"));
    assert_non_null(strstr(page, "\"queue_not_held\":16,"));
    buf_clear(&w.page);
    assert_true(status_text_one(&w.s, SPAN("slow"), &w.page));
    assert_non_null(strstr(w.page.p, "hidden there, not held    16\n"));
    pause_customer(1, S(60)); /* what it returned itself is hidden, too */
    buf_clear(&w.page);
    status_text_write(&w.s, &q, &w.page);
    assert_non_null(strstr(w.page.p, "fresh? No: 5 of 6 are, 1 paused.\nWorker"));
}

static void the_head_names_brokers_that_are_not_reachable(void **state UNUSED)
{
    struct status_query q = {.limit = 10};
    w.s.kafka.reached = true;
    status_text_write(&w.s, &q, &w.page);
    assert_non_null(strstr(w.page.p, "Kafka reachable, up"));
    w.s.kafka.lost_brokers = 1;
    buf_clear(&w.page);
    status_text_write(&w.s, &q, &w.page);
    assert_non_null(strstr(w.page.p, "Kafka reachable but for 1 broker, up"));
    assert_non_null(strstr(answer("", "", "", ""), "\"kafka_brokers_unreachable\":1,"));
    w.s.kafka.reached = false;
    buf_clear(&w.page);
    status_text_write(&w.s, &q, &w.page);
    assert_non_null(strstr(w.page.p, "Kafka not reachable, up"));
}

/* With the file of the configuration and the customer, so that it can be copied. */
static void what_to_do_has_whole_commands(void **state UNUSED)
{
    static const char want[] = "verify -c /etc/x.conf slow --fix-hints; allow kms:Decrypt";
    w.customers[2].state.outages = 1;
    w.customers[2].trouble.fails[CUSTOMER_S3] = true;
    (void)err_set(&w.customers[2].trouble.error, FAIL_KMS, "s3: refused");
    w.s.file = "/etc/x.conf";
    assert_non_null(strstr(answer("late", "", "", ""), want));
    buf_clear(&w.page);
    assert_true(status_text_one(&w.s, SPAN("slow"), &w.page));
    assert_non_null(strstr(w.page.p, want));
    w.s.file = "/etc/it's $(mine).conf"; /* would have to be quoted */
    assert_non_null(strstr(answer("late", "", "", ""), "verify -c FILE slow --fix-hints"));
}

static void is_late_from_five_minutes_without_a_delivery_on(void **state UNUSED)
{
    stats_set(&w.customers[2].stats.undelivered_ms, (uint64_t)(NOW - S(300)));
    assert_state(2, STATUS_FRESH, NOW - S(10));
    stats_set(&w.customers[2].stats.undelivered_ms, (uint64_t)(NOW - S(301)));
    assert_state(2, STATUS_LATE, NOW - S(301));
}

static void is_late_while_it_reads_a_backlog(void **state UNUSED)
{
    stats_set(&w.customers[2].stats.lag_ms, 301000);
    assert_state(2, STATUS_LATE, NOW - S(10) - S(301));
    assert_non_null(strstr(answer("late", "", "", ""), "this worker holds none"));
    stats_set(&w.customers[2].stats.messages_in_flight, 1);
    assert_non_null(strstr(answer("late", "", "", ""), "a backlog is read"));
    stats_set(&w.customers[2].stats.delivered_ms, (uint64_t)(NOW - S(300)));
    assert_state(2, STATUS_FRESH, NOW - S(300)); /* that was long ago */
}

static void is_late_while_messages_wait_for_another_attempt(void **state UNUSED)
{
    assert_state(2, STATUS_FRESH, NOW - S(10));
    w.customers[2].state.back_off = 1;
    w.customers[2].trouble.back_off = (struct back_off_view){1, 10000, 20000, S(70)};
    assert_state(2, STATUS_LATE, NOW - S(70));
    stats_set(&w.customers[2].stats.undelivered_ms, (uint64_t)(NOW - S(80)));
    assert_state(2, STATUS_LATE, NOW - S(80));
    assert_non_null(strstr(answer("late", "", "", ""), "\"back_off\":1,\"back_off_first\":\""));
    assert_non_null(strstr(answer("late", "", "", ""), "wait for another attempt"));
}

static const char *section(size_t i)
{
    static struct status_row r;
    r.customer = &w.customers[i];
    r.state = status_of(&w.s, r.customer, &r.since_ms);
    return status_section(&r);
}

/* The third customer has messages that were returned by this. */
static const char *returned(enum customer_party party, enum err_kind kind, const char *code)
{
    struct customer_trouble *t = &w.customers[2].trouble;
    w.customers[2].state.back_off = 1;
    t->back_off = (struct back_off_view){1, 10000, 20000, S(70)};
    t->returned = true;
    t->returned_by = (uint8_t)party;
    (void)err_set(&t->error, kind, "the service's own words");
    err_copy(t->error.code, sizeof(t->error.code), span_str(code));
    return answer("late", "", "", "");
}

static void what_messages_were_returned_by_is_named(void **state UNUSED)
{
    const char *page = returned(CUSTOMER_S3, FAIL_DENIED, "AccessDenied");
    assert_non_null(strstr(page, "\"cause\":\"reading objects was denied, so"));
    assert_non_null(strstr(page, "\"error\":{\"class\":\"denied\",\"code\":\"AccessDenied\","
                                 "\"detail\":\"the service's own words\"}"));
    assert_non_null(strstr(page, "verify -c FILE slow --fix-hints; if that is over, nothing"));
    assert_string_equal(section(2), "denied");
    page = returned(CUSTOMER_S3, FAIL_KMS, "AccessDenied");
    assert_non_null(strstr(page, "the KMS key refused to decrypt, so"));
    page = returned(CUSTOMER_S3, FAIL_AGAIN, "InternalError");
    assert_non_null(strstr(page, "objects could not be read, so"));
    page = returned(CUSTOMER_TOPIC, FAIL_AGAIN, "");
    assert_non_null(strstr(page, "Kafka did not take records"));
    w.customers[2].left_lately = 1; /* what waits is more than what is left */
    assert_non_null(strstr(answer("late", "", "", ""), "Kafka did not take records"));
    w.customers[2].trouble.returned_held = true;
    page = answer("late", "", "", "");
    assert_non_null(strstr(page, "while an operator had paused it"));
    assert_null(strstr(page, "\"error\""));
    assert_string_equal(section(2), "late");
}

static void a_missing_bucket_and_objects_that_are_gone_are_named(void **state UNUSED)
{
    struct customer_trouble *t = &w.customers[2].trouble;
    w.customers[2].left_lately = 3;
    (void)err_set(&t->error, FAIL_GONE, "s3: HTTP 404");
    const char *page = answer("unreadable", "", "", "");
    assert_non_null(strstr(page, "objects do not exist any more"));
    assert_non_null(strstr(page, "verify -c FILE slow --fix-hints"));
    w.customers[2].state.outages = 1;
    t->fails[CUSTOMER_S3] = true;
    (void)err_set(&t->error, FAIL_CONFIG, "s3: HTTP 404");
    err_copy(t->error.code, sizeof(t->error.code), SPAN("NoSuchBucket"));
    page = answer("late", "", "", "");
    assert_non_null(strstr(page, "\"cause\":\"the bucket does not exist\""));
    assert_non_null(strstr(page, "verify -c FILE slow --fix-hints"));
}

static void is_late_while_a_party_fails(void **state UNUSED)
{
    w.customers[2].state.outages = 1;
    w.customers[2].trouble.fails[CUSTOMER_S3] = true;
    assert_state(2, STATUS_LATE, 0);
    assert_non_null(strstr(answer("late", "", "", ""), "S3 or the KMS key"));
}

static void is_unreadable_while_objects_were_left_lately(void **state UNUSED)
{
    w.customers[2].left_lately = 3;
    w.customers[2].left_since_ms = NOW - S(600);
    assert_state(2, STATUS_UNREADABLE, NOW - S(600));
    const char *page = answer("unreadable", "", "", "");
    assert_non_null(strstr(page, "\"objects_left_lately\":3,"));
    assert_non_null(strstr(page, "redrive"));
    stats_set(&w.customers[2].stats.undelivered_ms, (uint64_t)(NOW - S(900)));
    assert_state(2, STATUS_UNREADABLE, NOW - S(600)); /* only the object that was left waits */
    stats_set(&w.customers[2].stats.messages_in_flight, 1);
    assert_state(2, STATUS_LATE, NOW - S(900));
    stats_set(&w.customers[2].stats.messages_in_flight, 0);
    stats_set(&w.customers[2].stats.undelivered_ms, 0);
    w.customers[2].state.outages = 1; /* late is worse */
    assert_state(2, STATUS_LATE, 0);
}

static void is_silent_after_a_day_in_which_nothing_came(void **state UNUSED)
{
    struct stats *s = &w.customers[3].stats;
    stats_set(&s->notified_ms, (uint64_t)(NOW - S(86400)));
    assert_state(3, STATUS_FRESH, NOW - S(10));
    stats_set(&s->notified_ms, (uint64_t)(NOW - S(86401)));
    assert_state(3, STATUS_SILENT, NOW - S(86401));
    assert_non_null(strstr(answer("silent", "", "", ""), "but none of this customer"));
    stats_set(&s->notified_ms, 0);
    w.customers[3].received_ms = 0;
    w.customers[3].trouble.known_ms = S(86400); /* since a start, or a reload that added it */
    assert_state(3, STATUS_FRESH, NOW - S(10));
    w.customers[3].trouble.known_ms = S(86401);
    assert_state(3, STATUS_SILENT, NOW - S(86401));
    assert_non_null(strstr(answer("silent", "", "", ""), "brought no message"));
}

/* Its own cadence instead of a day, and a reason of its own for a volume. */
static void what_its_entry_expects_decides(void **state UNUSED)
{
    struct snapshot_customer *c = &w.customers[3];
    c->has_cadence = true;
    stats_set(&c->stats.notified_ms, (uint64_t)(NOW - S(200000)));
    assert_state(3, STATUS_FRESH, NOW - S(10)); /* it writes once a week */
    c->state.silent = 1;
    assert_state(3, STATUS_SILENT, NOW - S(200000));
    c->state.silent = 0;
    c->state.far_above = 1;
    c->trouble.far_above_ms = S(500);
    assert_state(3, STATUS_FAR_ABOVE, NOW - S(500));
    assert_non_null(strstr(answer("far_above", "", "", ""), "three times the daily_volume"));
}

static void missing_objects_are_a_state_until_they_are_delivered(void **state UNUSED)
{
    struct snapshot_customer *c = &w.customers[3];
    assert_null(strstr(answer("", "", "", ""), "\"missing\""));
    stats_set(&c->stats.reconciled_ms, (uint64_t)(NOW - S(20)));
    assert_state(3, STATUS_FRESH, NOW - S(10));
    assert_non_null(strstr(answer("", "", "", ""), "\"missing\":0"));
    c->state.missing = 7;
    c->trouble.missing_ms = S(500);
    c->state.silent = 1; /* the cause is named, not that nothing comes */
    assert_state(3, STATUS_INCOMPLETE, NOW - S(500));
    const char *page = answer("incomplete", "", "", "");
    assert_non_null(strstr(page, "\"missing\":7,\"cause\":"));
    assert_non_null(strstr(page, "reconcile -c FILE quiet --enqueue"));
    assert_null(strstr(page, "not_compared"));
    c->state.not_compared = 1; /* what was found before stays */
    assert_non_null(
        strstr(answer("incomplete", "", "", ""), "\"missing\":7,\"not_compared\":true"));
}

static void the_last_check_of_its_role_is_told(void **state UNUSED)
{
    assert_null(strstr(answer("", "", "", ""), "external_id_checked"));
    stats_set(&w.customers[3].stats.probed_ms, (uint64_t)NOW);
    assert_non_null(strstr(answer("", "", "", ""), "\"external_id_checked\":\""));
}

/* The order in which the ids are in the answer. */
static void assert_order(const char *page, const char *const *want, size_t count)
{
    const char *at = page;
    for (size_t i = 0; i < count; i++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "{\"customer\":\"%s\"", want[i]);
        at = strstr(at, text);
        if (at == NULL) {
            fail_msg("%s is not in its place in %s", want[i], page);
            return;
        }
    }
}

static void the_worst_come_first_and_of_these_the_oldest(void **state UNUSED)
{
    pause_customer(1, S(60));
    pause_customer(5, S(61));
    stats_set(&w.customers[2].stats.undelivered_ms, (uint64_t)(NOW - S(400)));
    stats_set(&w.customers[3].stats.notified_ms, 0);
    static const char *const want[] = {"acme-b", "dead", "slow", "quiet", "acme-a", "fine"};
    const char *page = answer("", "", "", "");
    assert_order(page, want, CUSTOMERS);
    assert_non_null(strstr(page, "\"counts\":{\"paused\":2,\"late\":1,\"unreadable\":0,"
                                 "\"incomplete\":0,\"silent\":1,\"far_above\":0,"
                                 "\"not_yet\":0,\"backfilling\":0,\"fresh\":2},\"found\":6,"));
}

static void says_why_it_is_paused_and_when_it_is_tried(void **state UNUSED)
{
    pause_customer(1, S(60));
    const char *page = answer("paused", "", "", "");
    assert_non_null(strstr(page, "\"cause\":\"the role cannot be assumed\",\"next_try_ms\":27000,"
                                 "\"error\":{\"class\":\"denied\",\"detail\":\"sts: "
                                 "\\\"<b>\\\"\"},\"what_to_do\":"));
    assert_null(strstr(page, "\"queue_visible\""));
}

/* What is new is delivered before objects of a backfill. */
static void a_customer_with_a_backfill_counts_as_fresh(void **state UNUSED)
{
    struct stats *s = &w.customers[0].stats;
    stats_backfill(s, NOW - S(500));
    stats_backfill(s, NOW - S(400));
    assert_state(0, STATUS_FRESH, NOW - S(10)); /* it has ended */
    stats_backfill(s, NOW - S(119));
    stats_backfill(s, NOW - S(1));
    assert_state(0, STATUS_BACKFILLING, NOW - S(119));
    struct status_query q = {.limit = 10};
    struct status_list l;
    status_select(&w.s, &q, &l);
    assert_int_equal(status_fresh(&l), CUSTOMERS);
    status_list_done(&l);
    const char *page = answer("backfilling", "", "", "");
    assert_non_null(strstr(page, "\"not_yet\":0,\"backfilling\":1,\"fresh\":5}"));
    assert_non_null(strstr(page, "\"last_backfill\":\""));
    assert_non_null(strstr(page, "\"runbook\":\"docs/runbook.md#backfilling\""));
    w.customers[0].state.silent = 1;
    w.customers[0].has_cadence = true;
    assert_state(0, STATUS_SILENT, NOW - S(10));
}

static void fail_s3(enum err_kind kind)
{
    w.customers[2].state.outages = 1;
    w.customers[2].trouble.fails[CUSTOMER_S3] = true;
    (void)err_set(&w.customers[2].trouble.error, kind, "s3: refused");
}

static void the_section_of_the_runbook_is_that_of_the_error(void **state UNUSED)
{
    assert_string_equal(section(0), "");
    pause_customer(1, S(60));
    assert_string_equal(section(1), "denied");
    w.customers[1].trouble.held = true;
    assert_string_equal(section(1), "paused");
    fail_s3(FAIL_KMS);
    assert_string_equal(section(2), "kms");
    const char *page = answer("late", "", "", "");
    assert_non_null(strstr(page, "\"cause\":\"the KMS key refuses to decrypt\""));
    assert_non_null(strstr(page, "\"detail\":\"s3: refused\""));
    assert_non_null(strstr(page, "\"runbook\":\"docs/runbook.md#kms\""));
    w.s.runbook = "https://wiki.example.com/a?b";
    page = answer("late", "", "", "");
    assert_non_null(strstr(page, "\"runbook\":\"https://wiki.example.com/a?b#kms\""));
    fail_s3(FAIL_DENIED);
    assert_non_null(strstr(answer("late", "", "", ""), "S3 or the KMS key refuses access"));
}

static void a_partition_without_a_leader_is_named(void **state UNUSED)
{
    struct customer_trouble *t = &w.customers[2].trouble;
    w.customers[2].state.outages = 1;
    t->fails[CUSTOMER_TOPIC] = true;
    (void)err_set(&t->error, FAIL_AGAIN, "kafka: topic t: partition 0 has no leader");
    err_copy(t->error.code, sizeof(t->error.code), SPAN("LEADER_NOT_AVAILABLE"));
    assert_non_null(strstr(answer("late", "", "", ""), "has no leader\"}"));
    assert_string_equal(section(2), "ingestbrokerunreachable");
}

/* Of an object that was left; later it is not the reason any more. */
static void an_old_error_is_not_shown(void **state UNUSED)
{
    (void)err_set(&w.customers[2].trouble.error, FAIL_FORMAT, "zstd window of 128 MiB");
    assert_null(strstr(answer("", "slow", "", ""), "\"error\""));
    w.customers[2].left_lately = 1;
    assert_string_equal(section(2), "format");
    assert_non_null(strstr(answer("unreadable", "", "", ""), "zstd window of 128 MiB"));
    stats_set(&w.customers[2].stats.undelivered_ms, (uint64_t)(NOW - S(301)));
    stats_set(&w.customers[2].stats.messages_in_flight, 1);
    assert_non_null(strstr(answer("late", "", "", ""), "are left for the dead-letter queue"));
    w.customers[2].left_lately = 0;
    assert_string_equal(section(2), "late");
    assert_null(strstr(answer("late", "", "", ""), "zstd"));
}

static void finds_by_state_and_by_the_beginning_of_an_id(void **state UNUSED)
{
    pause_customer(5, S(1));
    assert_non_null(strstr(answer("", "acme", "", ""), "\"found\":2,"));
    assert_non_null(strstr(answer("paused", "acme", "", ""), "\"found\":1,"));
    assert_non_null(strstr(answer("", "acme-abc", "", ""), "\"found\":0,\"offset\":0,"
                                                           "\"customers\":[]}"));
}

static void an_answer_is_a_page_of_the_customers(void **state UNUSED)
{
    static const char *const second[] = {"dead", "fine"};
    const char *page = answer("", "", "2", "2");
    assert_order(page, second, 2);
    assert_null(strstr(page, "acme"));
    assert_non_null(strstr(page, "\"found\":6,\"offset\":2,"));
    assert_non_null(strstr(answer("", "", "999999999", ""), "\"customers\":[]"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_customer_that_was_delivered_is_fresh),
        TEST(a_pause_is_worse_than_all_else),
        TEST(nothing_delivered_so_far_is_not_fresh),
        TEST(a_narrow_terminal_keeps_state_and_cause),
        TEST(a_note_says_that_queued_is_of_a_shared_queue),
        TEST(hidden_messages_of_others_are_no_yes),
        TEST(the_head_names_brokers_that_are_not_reachable),
        TEST(what_to_do_has_whole_commands),
        TEST(is_late_from_five_minutes_without_a_delivery_on),
        TEST(is_late_while_it_reads_a_backlog),
        TEST(is_late_while_messages_wait_for_another_attempt),
        TEST(what_messages_were_returned_by_is_named),
        TEST(a_missing_bucket_and_objects_that_are_gone_are_named),
        TEST(is_late_while_a_party_fails),
        TEST(is_unreadable_while_objects_were_left_lately),
        TEST(is_silent_after_a_day_in_which_nothing_came),
        TEST(what_its_entry_expects_decides),
        TEST(missing_objects_are_a_state_until_they_are_delivered),
        TEST(the_last_check_of_its_role_is_told),
        TEST(the_worst_come_first_and_of_these_the_oldest),
        TEST(says_why_it_is_paused_and_when_it_is_tried),
        TEST(a_customer_with_a_backfill_counts_as_fresh),
        TEST(the_section_of_the_runbook_is_that_of_the_error),
        TEST(a_partition_without_a_leader_is_named),
        TEST(an_old_error_is_not_shown),
        TEST(finds_by_state_and_by_the_beginning_of_an_id),
        TEST(an_answer_is_a_page_of_the_customers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
