/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "event/reading.h"
#include "fakes/captured_log.h"
#include "fakes/fake_settler.h"
#include "fakes/fake_world.h"
#include "flow/lane.h"

#include <pthread.h>
#include <sched.h>

static struct {
    struct conf conf;
    struct queue_conf queue;
    struct customer_conf customers[2];
    struct clock_manual clock;
    struct stats stats;
    struct normalize_options normalize;
    struct s3_settings s3;
    struct sink_topic rejects;
    struct customers *all;
    struct lane *lane;
    struct turns *turns;
    struct places *places;
    struct inbox *inbox; /* NULL: messages are processed by lane_process */
    struct converter converter, *converters[1];
    struct ops ops;
} w;

enum { PLACES = 3, LONG_LINE = 100 * 1024 };

static char *text(const char *s)
{
    return (char *)(uintptr_t)s; /* the texts of the tests are never freed */
}

static void setup_conf(size_t customers, size_t queue_bytes)
{
    w.queue =
        (struct queue_conf){.name = text("q"), .visibility_s = 120, .customer_count = customers};
    w.customers[0] = (struct customer_conf){.id = text("acme"),
                                            .queue = &w.queue,
                                            .bucket = text("bucket"),
                                            .prefix = text("logs"),
                                            .region = text("eu-west-1"),
                                            .account_id = text("111122223333"),
                                            .topic = text("events.{stream}"),
                                            .versioned = true};
    w.customers[1] = w.customers[0];
    w.customers[1].id = text("beta");
    w.customers[1].prefix = text("beta");
    w.conf.kafka.key = text("{customer}/{session.id}");
    w.conf.kafka.queue_bytes = queue_bytes;
    w.conf.limits.line_bytes = 1000;
    w.conf.limits.ratio = 1000;
    w.conf.queues = &w.queue;
    w.conf.queue_count = 1;
    w.conf.customers = w.customers;
    w.conf.customer_count = customers;
}

static struct lane *new_lane(void)
{
    struct lane_parts parts = {.conf = &w.conf,
                               .inbox = w.inbox,
                               .turns = w.turns,
                               .places = w.places,
                               .customers = w.all,
                               .rejects = &w.rejects,
                               .s3 = &w.s3,
                               .normalize = &w.normalize,
                               .converters = w.converters,
                               .stats = &w.stats,
                               .clock = &w.clock.clock};
    return lane_new(&parts);
}

static void setup_with(size_t customers, size_t queue_bytes)
{
    memset(&w, 0, sizeof(w));
    fake_world_reset();
    setup_conf(customers, queue_bytes);
    clock_manual_init(&w.clock, 1000, 1000000);
    (void)snprintf(w.rejects.name, sizeof(w.rejects.name), "rejects");
    struct err e;
    w.all = customers_new(
        &(struct customers_parts){.conf = &w.conf, .ops = &w.ops, .clock = &w.clock.clock}, &e);
    assert_non_null(w.all);
    w.turns = turns_new(1, &w.clock.clock);
    w.places = places_new(PLACES);
    w.converters[0] = &w.converter;
    w.lane = new_lane();
}

static void setup_of(size_t customers)
{
    setup_with(customers, 1 << 20);
}

static void setup(void)
{
    setup_of(1);
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

static uint64_t unacked(uint32_t slot)
{
    struct customer_state s;
    customer_state(at(slot), &s);
    return s.unacked_bytes;
}

static void teardown(void)
{
    lane_free(w.lane);
    inbox_free(w.inbox);
    turns_free(w.turns);
    places_free(w.places);
    fake_settler_reset();
    customers_free(w.all);
    memset(&w, 0, sizeof(w));
}

/* Also after an assertion that failed. */
static int tear_down(void **state UNUSED)
{
    if (w.all != NULL) {
        teardown();
    }
    return 0;
}

#define OBJECT(key, size)                                                                          \
    "{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"awsRegion\":\"eu-west-1\","            \
    "\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"bucket\"},\"object\":{"    \
    "\"key\":\"" key "\",\"size\":" size ",\"eTag\":\"e\",\"versionId\":\"v0\"}}}"
#define NOTICE(records) "{\"Records\":[" records "]}"

enum { LAST_RECEIVE = 10 };

/* As the lanes do, whatever the classes of the records. */
static void carry_all(struct inflight *m)
{
    while (!lane_process(w.lane, m)) {
    }
}

static struct fake_message *receive(const char *body, unsigned receive_count)
{
    struct fake_message *f = fake_settler_message(body, receive_count);
    struct inflight *m = &f->inflight;
    f->last = receive_count >= LAST_RECEIVE;
    if (m->notification != NULL) {
        const struct notification_record *first = &m->notification->records[0];
        m->first.customer =
            customers_find(w.all, 0, first->bucket, first->key, m->notification->form);
    }
    inflight_begin(m, &fake_settler);
    return f;
}

static void answer(struct fake_answer a)
{
    fake_s3.answers[fake_s3.count++] = a;
}

static void acknowledge_all(void)
{
    while (fake_sink.reported < fake_sink.count) {
        fake_sink_report(lane_delivered, FAIL_NONE);
    }
}

/* Process a message and acknowledge its records. */
static struct fake_message *carry(const char *body, unsigned receive_count)
{
    struct fake_message *f = receive(body, receive_count);
    carry_all(&f->inflight);
    acknowledge_all();
    assert_int_equal(f->settled, 1);
    return f;
}

static void assert_done(const struct fake_message *f)
{
    assert_int_equal(f->settled, 1);
    assert_int_equal(f->settlement.outcome, OUTCOME_DONE);
}

static void assert_delayed(const struct fake_message *f, enum outcome outcome, int least_s,
                           int most_s)
{
    assert_int_equal(f->settled, 1);
    assert_int_equal(f->settlement.outcome, outcome);
    assert_in_range(f->settlement.delay_s, least_s, most_s);
}

static void assert_left(const struct fake_message *f)
{
    assert_delayed(f, OUTCOME_LEAVE, 675, 900);
}

static void assert_later(const struct fake_message *f, int least_s, int most_s)
{
    assert_delayed(f, OUTCOME_LATER, least_s, most_s);
}

static void assert_record(size_t at, const char *topic, const char *key, const char *value)
{
    assert_true(at < fake_sink.count);
    assert_string_equal(fake_sink.records[at].topic, topic);
    assert_string_equal(fake_sink.records[at].key, key);
    assert_string_equal(fake_sink.records[at].value, value);
}

static void brings_lines_to_topics_and_keys_and_then_deletes(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = SPAN("one\nbad line\n\ninventory\ntwo"), .piece = 3});
    struct fake_message *f = receive(NOTICE(OBJECT("logs/a+b%2F%C3%A9", "20")), 1);
    carry_all(&f->inflight);
    assert_int_equal(f->settled, 0);
    assert_string_equal(fake_s3.key, "logs/a b/\xc3\xa9");
    assert_string_equal(fake_s3.version, "v0");
    assert_int_equal(fake_sink.count, 5);
    assert_record(0, "events.runtime", "acme/session", "one");
    assert_record(1, "rejects", "acme", "bad line");
    assert_record(2, "events.inventory", "acme/session", "inventory");
    assert_record(3, "events.runtime", "acme/session", "two");
    assert_record(4, "events.runtime", "acme/session", "two");
    for (int i = 0; i < 4; i++) {
        fake_sink_report(lane_delivered, FAIL_NONE);
        assert_int_equal(f->settled, 0);
    }
    fake_sink_report(lane_delivered, FAIL_NONE);
    assert_done(f);
    struct stats *s = at(0)->stats;
    assert_int_equal(stats_get(&s->events), 4);
    assert_int_equal(stats_get(&s->times_from_object), 1);
    assert_int_equal(stats_get(&s->rejects[REJECT_BAD_JSON]), 1);
    assert_int_equal(stats_get(&s->records_acked), 5);
    assert_int_equal(unacked(0), 0);
}

static void counts_what_is_marked_in_events(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){
        .body =
            SPAN("replaced\nduplicate\nduplicate\nenveloped\nenveloped\nenveloped behind\none\n")});
    assert_done(carry(NOTICE(OBJECT("logs/1", "20")), 1));
    assert_int_equal(stats_get(&at(0)->stats->events), 7);
    assert_int_equal(stats_get(&at(0)->stats->texts_replaced), 1);
    assert_int_equal(stats_get(&at(0)->stats->names_duplicate), 2);
    assert_int_equal(stats_get(&at(0)->stats->members_dropped), 3);
}

static void an_object_of_records_that_hold_nothing_is_done(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = SPAN("nothing\nnothing\n")});
    captured_log_begin(LOG_INFO);
    assert_done(carry(NOTICE(OBJECT("logs/1", "20")), 1));
    size_t lines = captured_log_count("rejects=0 skipped=2 ");
    captured_log_end();
    assert_int_equal(lines, 1);
    assert_int_equal(stats_get(&at(0)->stats->records_skipped), 2);
    assert_int_equal(stats_get(&at(0)->stats->objects_done), 1);
    assert_int_equal(fake_sink.count, 0);
}

static void reads_elements_of_an_array_until_one_is_no_json(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = SPAN("[\n{\"a\":1},\n{\"a\":\n2}\n]\n"), .piece = 3});
    assert_done(carry(NOTICE(OBJECT("logs/1", "20")), 1));
    assert_int_equal(fake_sink.count, 2);
    assert_record(0, "events.runtime", "acme/session", "{\"a\":1}");
    assert_record(1, "events.runtime", "acme/session", "{\"a\": 2}");

    answer((struct fake_answer){.body = SPAN("[\n{\"a\":1},\n{bad},\n{\"a\":3}\n]\n"), .piece = 3});
    assert_done(carry(NOTICE(OBJECT("logs/2", "20")), 1));
    assert_int_equal(fake_sink.count, 5);
    assert_record(3, "events.runtime", "acme/session", "{bad}");
    assert_record(4, "rejects", "acme", "bad: unread");
}

static void processes_every_record_of_a_notification_and_takes_the_worst(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = SPAN("a\n")});
    answer((struct fake_answer){.kind = FAIL_GONE, .code = "NoSuchKey"});
    answer((struct fake_answer){.body = SPAN("c\n")});
    struct fake_message *f =
        carry(NOTICE(OBJECT("logs/1", "2") "," OBJECT("logs/2", "2") "," OBJECT("logs/3", "2")), 1);
    assert_int_equal(fake_s3.asked, 3);
    assert_int_equal(fake_sink.count, 2);
    assert_left(f);
}

static void reads_ten_thousand_records_of_one_notification(void **state UNUSED)
{
    enum { RECORDS = 10000 };
    setup();
    struct buf body = BUF_INIT(8 * 1024 * 1024);
    buf_add(&body, SPAN("{\"Records\":["));
    for (int i = 0; i < RECORDS; i++) {
        buf_addf(&body, "%s" OBJECT("logs/%05d", "2"), i > 0 ? "," : "", i);
    }
    buf_add(&body, SPAN("]}"));
    for (int i = 0; i < 3; i++) {
        answer((struct fake_answer){.body = SPAN("a\n")});
    }
    answer((struct fake_answer){.body = SPAN("")}); /* and so on */
    assert_done(carry(body.p, 1));
    assert_int_equal(fake_s3.asked, RECORDS);
    assert_string_equal(fake_s3.key, "logs/09999");
    assert_int_equal(fake_sink.count, 3);
    assert_int_equal(stats_get(&at(0)->stats->objects_done), RECORDS);
    buf_done(&body);
}

static void is_done_with_what_has_nothing_to_read(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = SPAN("")});
    assert_done(carry("{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\",\"Time\":\"2026\","
                      "\"Bucket\":\"bucket\"}",
                      1));
    assert_done(carry(NOTICE(OBJECT("logs/folder/", "0")), 1));
    assert_done(carry(NOTICE(OBJECT("logs/", "0")), 1));
    assert_done(carry(NOTICE(OBJECT("logs_$folder$", "0")), 1));
    assert_done(carry(NOTICE(OBJECT("logs/a_$folder$", "0")), 1));
    assert_int_equal(fake_s3.asked, 0);
    assert_int_equal(stats_get(&at(0)->stats->skipped[SKIP_FOLDER]), 4);
    assert_done(carry(NOTICE(OBJECT("logs/empty", "0")), 1));
    assert_int_equal(fake_s3.asked, 1);
    assert_int_equal(fake_sink.count, 0);
}

static void is_done_with_ignored_objects_without_a_request(void **state UNUSED)
{
    char *only[] = {text("*.jsonl"), NULL};
    char *ignore[] = {text("*/_temporary/*"), NULL};
    setup();
    w.customers[0].only = only;
    w.customers[0].ignore = ignore;
    answer((struct fake_answer){.body = SPAN("")});
    assert_done(carry(NOTICE(OBJECT("logs/README.md", "2")), 1));
    assert_done(carry(NOTICE(OBJECT("logs/_temporary/1.jsonl", "2")), 1));
    assert_done(carry(NOTICE(OBJECT("logs/sub%2F_temporary%2F1.jsonl", "2")), 1));
    struct err e = {.kind = FAIL_DENIED};
    customer_refused(
        at(0),
        &(struct customer_refusal){
            .party = CUSTOMER_ROLE, .mark = BREAKER_OPEN, .about = SPAN("x"), .next = "n"},
        &e); /* a paused customer's, too */
    assert_false(customer_allowed(at(0)));
    assert_done(carry(NOTICE(OBJECT("logs/README.md", "2")), 1));
    assert_int_equal(fake_s3.asked, 0);
    assert_int_equal(fake_sink.count, 0);
    assert_int_equal(stats_get(&at(0)->stats->skipped[SKIP_IGNORED]), 4);
    assert_int_equal(stats_get(&at(0)->stats->objects_done), 0);
}

static void reads_what_the_patterns_leave(void **state UNUSED)
{
    char *only[] = {text("*.jsonl"), NULL};
    setup();
    w.customers[0].only = only;
    answer((struct fake_answer){.body = SPAN("")});
    assert_done(carry(NOTICE(OBJECT("logs/a/1.md", "2") "," OBJECT("logs/a/1.jsonl", "2")), 1));
    assert_int_equal(fake_s3.asked, 1);
    assert_string_equal(fake_s3.key, "logs/a/1.jsonl");
    assert_int_equal(stats_get(&at(0)->stats->skipped[SKIP_IGNORED]), 1);
}

static void never_fetches_what_is_not_ours_and_says_so_at_the_last_receive(void **state UNUSED)
{
    setup();
    assert_left(carry(NOTICE(OBJECT("logs-old/x", "5")), 9));
    assert_int_equal(fake_sink.count, 0);
    assert_left(carry(NOTICE(OBJECT("logs-old/x", "5")), 10));
    assert_int_equal(fake_sink.count, 1);
    assert_string_equal(fake_sink.records[0].topic, "rejects");
    assert_string_equal(fake_sink.records[0].key, "_unknown");
    assert_int_equal(fake_s3.asked, 0);
    assert_int_equal(stats_get(&w.stats.not_ours[NOT_OURS_PREFIX]), 2);
    assert_non_null(strstr(fake_sink.records[0].value, "outside the prefixes"));
    assert_non_null(strstr(fake_sink.records[0].value, "acme has logs/"));
}

static void a_customers_record_has_a_time_also_if_it_is_not_read(void **state UNUSED)
{
    static char pattern[] = "*.jsonl";
    static char *only[] = {pattern, NULL};
    setup();
    w.customers[0].only = only;
    assert_left(carry(NOTICE(OBJECT("logs-old/x", "5")), 1));
    assert_int_equal(stats_get(&at(0)->stats->notified_ms), 0);
    assert_done(carry(NOTICE(OBJECT("logs/a/1.md", "2")), 1));
    assert_int_equal(stats_get(&at(0)->stats->notified_ms), (uint64_t)w.clock.wall);
}

static void gives_the_reason_why_an_object_is_not_ours(void **state UNUSED)
{
#define OF_BUCKET                                                                                  \
    "{\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":"          \
    "{\"name\":\"other\"},\"object\":{\"key\":\"logs/1\",\"size\":1}}}"
    setup_of(2);
    assert_left(carry(NOTICE(OF_BUCKET), 10));
    assert_non_null(strstr(fake_sink.records[0].value, "no customer has the bucket other"));
    assert_left(
        carry("{\"Type\":\"Notification\",\"TopicArn\":\"t\",\"Message\":\"{\\\"Records\\\":["
              "{\\\"eventName\\\":\\\"ObjectCreated:Put\\\",\\\"s3\\\":{\\\"bucket\\\":"
              "{\\\"name\\\":\\\"bucket\\\"},\\\"object\\\":{\\\"key\\\":\\\"logs/1\\\"}}}]}\"}",
              10));
    assert_non_null(strstr(fake_sink.records[1].value, "customer acme has this bucket and prefix"));
    assert_int_equal(stats_get(&w.stats.not_ours[NOT_OURS_BUCKET]), 1);
    assert_int_equal(stats_get(&w.stats.not_ours[NOT_OURS_FORM]), 1);
    assert_int_equal(fake_s3.asked, 0);
}

static void one_line_says_how_many_records_of_a_message_are_not_ours(void **state UNUSED)
{
    struct buf body = BUF_INIT(1 << 20);
    setup();
    captured_log_begin(LOG_DEBUG);
    buf_add(&body, SPAN("{\"Records\":["));
    for (int i = 0; i < 3000; i++) {
        buf_addf(&body, "%s" OBJECT("%s/%d", "5"), i > 0 ? "," : "", i == 0 ? "elsewhere" : "other",
                 i + 1);
    }
    buf_add(&body, SPAN("]}"));
    assert_left(carry(body.p, 9));
    const char *line = captured_log_line("msg=\"notification left\"");
    assert_non_null(line);
    assert_non_null(strstr(line, "object=s3://bucket/elsewhere/1 records=3000 receive_count=9 "));
    captured_log_end();
    assert_null(strstr(strstr(captured.text, "notification left") + 1, "notification left"));
    assert_int_equal(stats_get(&w.stats.not_ours[NOT_OURS_PREFIX]), 3000);
    buf_done(&body);
}

static void reads_an_object_once_that_a_message_names_twice(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = SPAN("a\n")});
    assert_done(carry(
        NOTICE(OBJECT("logs/1", "2") "," OBJECT("logs/2", "2") "," OBJECT("logs/1", "2")), 1));
    assert_int_equal(fake_s3.asked, 2);
    assert_int_equal(stats_get(&at(0)->stats->objects_done), 2);
    assert_int_equal(stats_get(&w.stats.skipped[SKIP_REPEATED]), 1);
}

static void lines_of_a_customer_are_limited_and_counted(void **state UNUSED)
{
    setup();
    captured_log_begin(LOG_INFO);
    for (int i = 0; i < LOG_RATE_BURST + 50; i++) {
        assert_done(carry(NOTICE(OBJECT("logs/sub/", "0")), 1));
    }
    customers_report_lines(w.all);
    assert_non_null(captured_log_line("msg=\"log lines left out\" customer=acme lines=50 "));
    captured_log_end();
}

#define SIZELESS(key)                                                                              \
    "{\"eventSource\":\"minio:s3\",\"eventName\":\"s3:ObjectCreated:Put\",\"s3\":{\"bucket\":{"    \
    "\"name\":"                                                                                    \
    "\"bucket\"},\"object\":{\"key\":\"" key "\",\"eTag\":\"e\"}}}"

static void looks_whether_a_folder_without_a_size_is_empty(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = SPAN("")});
    assert_done(carry(NOTICE(SIZELESS("logs/")), 1));
    assert_done(carry(NOTICE(SIZELESS("logs/sub/")), 1));
    assert_done(carry(NOTICE(SIZELESS("logs_$folder$")), 1));
    assert_int_equal(fake_s3.asked, 3);
    assert_int_equal(stats_get(&at(0)->stats->skipped[SKIP_FOLDER]), 3);
    assert_int_equal(stats_get(&at(0)->stats->objects_done), 0);
    assert_int_equal(fake_sink.count, 0);
}

static void a_folder_without_a_size_that_is_not_empty_is_an_object(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = SPAN("a\n")});
    assert_done(carry(NOTICE(SIZELESS("logs/sub/")), 1));
    assert_int_equal(fake_sink.count, 1);
    assert_left(carry(NOTICE(SIZELESS("logs/")), 10)); /* outside the prefix: not read */
    assert_int_equal(fake_s3.asked, 2);
    assert_int_equal(fake_sink.count, 2);
    assert_string_equal(fake_sink.records[1].key, "_unknown");
    assert_non_null(strstr(fake_sink.records[1].value, "not empty"));
    assert_int_equal(stats_get(&w.stats.not_ours[NOT_OURS_PREFIX]), 1);
}

static void a_folder_that_cannot_be_looked_at_has_the_outcome_of_an_object(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.kind = FAIL_DENIED, .code = "AccessDenied"});
    assert_later(carry(NOTICE(SIZELESS("logs/")), 1), 675, 900);
    fake_s3.count = fake_s3.asked = 0;
    answer((struct fake_answer){.kind = FAIL_GONE, .code = "NoSuchKey"});
    assert_left(carry(NOTICE(SIZELESS("logs/")), 1));
    assert_int_equal(stats_get(&at(0)->stats->objects_left), 1);
}

static void leaves_a_body_that_cannot_be_read(void **state UNUSED)
{
    setup();
    assert_left(carry("hello", 1));
    assert_left(carry("{\"Records\":[]}", 10));
    assert_int_equal(fake_sink.count, 0);
}

static void tries_again_at_once_while_nothing_was_produced(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.kind = FAIL_AGAIN});
    answer((struct fake_answer){.body = SPAN("a\n")});
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_int_equal(fake_s3.asked, 2);
    assert_int_equal(fake_sink.count, 1);
}

/* 400 lines: more than the decoder collects before it returns text. */
static struct span long_body(void)
{
    static char body[400000];
    memset(body, 'x', sizeof(body));
    for (size_t i = 999; i < sizeof(body); i += 1000) {
        body[i] = '\n';
    }
    return span_of(body, sizeof(body));
}

static void reads_later_what_broke_in_the_middle(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = long_body(), .kind = FAIL_AGAIN});
    assert_later(carry(NOTICE(OBJECT("logs/1", "2")), 3), 30, 40);
    assert_int_equal(fake_s3.asked, 1);
    assert_true(fake_sink.count > 0);
}

static void starts_all_over_when_the_version_was_replaced(void **state UNUSED)
{
    setup();
    struct span old = long_body();
    answer((struct fake_answer){.replaced = span_of(old.p, old.n - 5), .body = SPAN("new\n")});
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_in_range(fake_sink.count, 2, 400);
    assert_string_equal(fake_sink.records[fake_sink.count - 1].value, "new");
    assert_int_not_equal(fake_sink.records[fake_sink.count - 2].value[0], 'n');
    assert_int_equal(fake_normalizer_objects, 2);
}

/* A gzip member of "one\ntwo\n", then bytes that are none. */
static const char damaged_gzip[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\xcf\x4b\xe5\x2a"
                                   "\x29\xcf\xe7\x02\x00\xe6\x0b\xba\x12"
                                   "\x08\x00\x00\x00garbage";

static void rejects_the_damaged_tail_and_is_done(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = {damaged_gzip, sizeof(damaged_gzip) - 1}});
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_true(fake_sink.count >= 2);
    const struct fake_record *last = &fake_sink.records[fake_sink.count - 1];
    assert_string_equal(last->topic, "rejects");
    char want[32];
    (void)snprintf(want, sizeof(want), "reject %d ", REJECT_TRUNCATED_OBJECT);
    assert_memory_equal(last->value, want, strlen(want));
}

static void reads_the_line_in_which_a_damaged_object_ends(void **state UNUSED)
{
    /* "one\ninventory" without the trailer of the gzip member */
    static const char torn[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\xcf\x4b\xe5\xca\xcc"
                               "\x2b\x4b\xcd\x2b\xc9\x2f\xaa\x04\x00";
    setup();
    answer((struct fake_answer){.body = {torn, sizeof(torn) - 1}});
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_int_equal(fake_sink.count, 3);
    assert_record(0, "events.runtime", "acme/session", "one");
    assert_record(1, "events.inventory", "acme/session", "inventory");
    assert_string_equal(fake_sink.records[2].topic, "rejects");
}

static void leaves_a_damaged_object_that_gives_no_event(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = {damaged_gzip, 11}});
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_int_equal(fake_sink.count, 0);
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 10));
    assert_int_equal(fake_sink.count, 1);
    assert_non_null(strstr(fake_sink.records[0].value, "; write the object again"));
}

static void does_not_call_a_broken_transfer_a_damaged_object(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = {damaged_gzip, 11}, .kind = FAIL_AGAIN});
    assert_later(carry(NOTICE(OBJECT("logs/1", "2")), 4), 60, 80);
    for (size_t i = 0; i < fake_sink.count; i++) {
        assert_string_not_equal(fake_sink.records[i].topic, "rejects");
    }
}

static void set_object_bytes(uint64_t bytes)
{
    lane_free(w.lane);
    w.conf.limits.object_bytes = bytes;
    w.lane = new_lane();
}

static void *carry_in_a_thread(void *message)
{
    carry_all(message);
    return NULL;
}

/*
 * There is one core with one converter. The first lane waits in the middle of an object for its
 * share of the Kafka queue.
 */
static void a_lane_that_waits_for_kafka_has_neither_core_nor_converter(void **state UNUSED)
{
    setup_with(2, 100); /* bytes: four of its records are more than its share */
    pthread_t thread;
    OWNED(lane) struct lane *other = new_lane();
    answer((struct fake_answer){.body = SPAN("two\nlarge-1\nlarge-2\n")});
    answer((struct fake_answer){.body = SPAN("x\n")});
    struct fake_message *waits = receive(NOTICE(OBJECT("logs/1", "2")), 1);
    struct fake_message *passes = receive(NOTICE(OBJECT("beta/1", "2")), 1);
    assert_int_equal(pthread_create(&thread, NULL, carry_in_a_thread, &waits->inflight), 0);
    while (pulse_state(lane_pulse(w.lane)) != PULSE_WAIT) {
        (void)sched_yield();
    }
    size_t before = fake_sink.count;
    assert_true(lane_process(other, &passes->inflight));
    assert_int_equal(fake_sink.count, before + 1);
    fake_sink_report(lane_delivered, FAIL_NONE);
    fake_sink_report(lane_delivered, FAIL_NONE); /* its last record has room now */
    assert_int_equal(pthread_join(thread, NULL), 0);
    acknowledge_all();
    assert_done(waits);
    assert_done(passes);
    assert_int_equal(fake_sink.count, 5);
}

/* Another customer's lane, which needs the only core for a moment. */
static struct {
    pthread_t thread;
    struct turn turn;
    size_t seen; /* records produced when it got the core */
    bool started;
} neighbour;

static void *get_core(void *arg UNUSED)
{
    turns_start(w.turns, &neighbour.turn, 50);
    turns_begin(w.turns, &neighbour.turn);
    neighbour.seen = fake_sink.count;
    turns_end(w.turns, &neighbour.turn);
    return NULL;
}

/* The lane's turn is over, and its neighbour begins. False: it has begun before. */
static bool start_neighbour(void)
{
    if (neighbour.started) {
        return false;
    }
    neighbour.started = true;
    w.clock.mono += TURN_US / 1000;
    assert_int_equal(pthread_create(&neighbour.thread, NULL, get_core, NULL), 0);
    return true;
}

/* ... and waits for the core. */
static void let_neighbour_wait_once(void)
{
    if (start_neighbour()) {
        while (!turns_contended(w.turns)) {
            (void)sched_yield();
        }
    }
}

static void setup_neighbour(void)
{
    setup();
    w.conf.limits.line_bytes = LONG_LINE;
    lane_free(w.lane);
    w.lane = new_lane();
    memset(&neighbour, 0, sizeof(neighbour));
    turn_init(&neighbour.turn, NULL);
}

static void join_neighbour(void)
{
    struct timespec end;
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &end), 0);
    end.tv_sec += 10;
    assert_int_equal(pthread_timedjoin_np(neighbour.thread, NULL, &end), 0);
    turn_done(&neighbour.turn);
}

static void yields_its_core_within_a_text(void **state UNUSED)
{
    enum { LINES = 1000 };
    static char lines[2 * LINES];
    setup_neighbour();
    for (size_t i = 0; i < LINES; i++) {
        memcpy(&lines[2 * i], "x\n", 2);
    }
    answer((struct fake_answer){.body = {lines, sizeof(lines)}});
    fake_normalizer_during = let_neighbour_wait_once;
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    join_neighbour();
    assert_int_equal(fake_sink.count, LINES);
    assert_in_range(neighbour.seen, 1, 100);
}

static struct span long_line(void)
{
    static char line[LONG_LINE];
    memset(line, 'x', sizeof(line));
    line[LONG_LINE - 1] = '\n';
    return span_of(line, sizeof(line));
}

static void yields_its_core_within_a_long_line(void **state UNUSED)
{
    setup_neighbour();
    answer((struct fake_answer){.body = long_line()});
    fake_normalizer_during = let_neighbour_wait_once;
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    join_neighbour();
    assert_int_equal(fake_normalizer_steps, 3);
    assert_int_equal(fake_sink.count, 1);
    assert_int_equal(neighbour.seen, 0); /* the line had no output yet */
}

static void run_neighbour(void)
{
    if (start_neighbour()) {
        join_neighbour();
    }
}

static void a_lane_that_waits_for_the_readers_of_long_lines_has_no_core(void **state UNUSED)
{
    setup_neighbour();
    answer((struct fake_answer){.body = long_line()});
    fake_normalizer_waiting = run_neighbour;
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_true(neighbour.started);
    assert_int_equal(fake_sink.count, 1);
}

/* All places are held, as by lanes that wait for a topic: two by the customer, one by another. */
static void hold_all_places(struct place *held)
{
    for (size_t i = 0; i < PLACES; i++) {
        place_init(&held[i]);
        assert_true(places_take(w.places, &held[i], 50 + i, 0));
    }
}

static void release_places(struct place *held)
{
    for (size_t i = 0; i < PLACES; i++) {
        places_release(w.places, &held[i]);
        place_done(&held[i]);
    }
}

/* A line above 64 KiB, in pieces as a transfer has them; and zstd. */
static void a_large_object_waits_for_a_place_and_gives_it_back(void **state UNUSED)
{
    static char line[200000];
    static const char zstd[] = "\x28\xb5\x2f\xfd\x24\x02\x11\x00\x00\x78\x0a\xae\xfd\xe9\x22";
    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\n';
    const struct span bodies[] = {span_of(line, sizeof(line)), span_of(zstd, sizeof(zstd) - 1)};
    for (size_t i = 0; i < 2; i++) {
        pthread_t thread;
        struct place held[PLACES];
        setup();
        w.conf.limits.line_bytes = 1 << 20;
        lane_free(w.lane);
        w.lane = new_lane();
        hold_all_places(held);
        answer((struct fake_answer){.body = bodies[i], .piece = 16384});
        answer((struct fake_answer){.body = SPAN("y\n")});
        struct fake_message *f = receive(NOTICE(OBJECT("logs/1", "2")), 1);
        assert_int_equal(pthread_create(&thread, NULL, carry_in_a_thread, &f->inflight), 0);
        while (places_waiting(w.places) == 0) {
            (void)sched_yield();
        }
        assert_int_equal(fake_sink.count, 0);
        {
            OWNED(lane) struct lane *other = new_lane(); /* a small object needs none, but a core */
            struct fake_message *small = receive(NOTICE(OBJECT("logs/2", "2")), 1);
            assert_true(lane_process(other, &small->inflight));
        }
        assert_int_equal(fake_sink.count, 1);
        release_places(held);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(places_held(w.places, 1), 0); /* the class of its customer */
        assert_int_equal(places_waiting(w.places), 0);
        acknowledge_all();
        assert_done(f);
        assert_int_equal(fake_sink.count, 2);
        teardown();
    }
}

static void a_lane_that_stops_waits_for_no_place(void **state UNUSED)
{
    static const char zstd[] = "\x28\xb5\x2f\xfd\x24\x02\x11\x00\x00\x78\x0a\xae\xfd\xe9\x22";
    struct place held[PLACES];
    setup();
    hold_all_places(held);
    answer((struct fake_answer){.body = span_of(zstd, sizeof(zstd) - 1)});
    lane_stop(w.lane);
    struct fake_message *f = receive(NOTICE(OBJECT("logs/1", "2")), 1);
    carry_all(&f->inflight);
    assert_int_equal(f->settled, 1);
    assert_int_equal(f->settlement.outcome, OUTCOME_LATER);
    assert_int_equal(places_waiting(w.places), 0);
    release_places(held);
}

static void leaves_a_bomb_with_one_reject(void **state UNUSED)
{
    setup();
    set_object_bytes(10);
    answer((struct fake_answer){.body = SPAN("0123\n4567\n89\n"), .piece = 4});
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 10));
    size_t rejects = 0;
    for (size_t i = 0; i < fake_sink.count; i++) {
        rejects += strcmp(fake_sink.records[i].topic, "rejects") == 0;
    }
    assert_int_equal(rejects, 1);
    char want[32];
    (void)snprintf(want, sizeof(want), "reject %d ", REJECT_BOMB);
    assert_memory_equal(fake_sink.records[fake_sink.count - 1].value, want, strlen(want));
}

static void stops_at_a_record_of_another_class(void **state UNUSED)
{
    setup_of(2);
    answer((struct fake_answer){.body = SPAN("a\n")});
    answer((struct fake_answer){.body = SPAN("b\n")});
    answer((struct fake_answer){.body = SPAN("c\n")});
    struct fake_message *f = receive(
        NOTICE(OBJECT("logs/1", "2") "," OBJECT("logs/2", "2") "," OBJECT("beta/1", "2")), 1);
    struct inflight *m = &f->inflight;
    m->sched_class = at(0)->sched_class;
    assert_false(lane_process(w.lane, m));
    assert_int_equal(fake_s3.asked, 2);
    assert_int_equal(m->sched_class, at(1)->sched_class);
    assert_int_equal(f->settled, 0);
    assert_null(lane_customer(w.lane));
    assert_true(lane_process(w.lane, m));
    acknowledge_all();
    assert_int_equal(f->settled, 1);
    assert_int_equal(fake_sink.count, 3);
}

/* What no lane works on any more, with a record on its way to Kafka: settled by its report. */
static void returns_a_message_between_two_records(void **state UNUSED)
{
    setup_of(2);
    answer((struct fake_answer){.body = SPAN("a\n")});
    struct fake_message *f = receive(NOTICE(OBJECT("logs/1", "2") "," OBJECT("beta/1", "2")), 1);
    f->inflight.sched_class = at(0)->sched_class;
    assert_false(lane_process(w.lane, &f->inflight));
    inflight_return(&f->inflight);
    assert_int_equal(f->settled, 0);
    acknowledge_all();
    assert_later(f, 1, RETURN_STARTED_S);
}

/* The configuration without its first customer; as long as the test. */
static void remove_first_customer(void)
{
    static struct conf other;
    struct err e;
    other = w.conf;
    other.refs = (struct refs){.more = 0};
    other.customers = &w.customers[1];
    other.customer_count = 1;
    other.limits.reject_share = 0;
    assert_int_equal(customers_apply(w.all, &other, &e), FAIL_NONE);
}

static void finishes_a_message_whose_customer_is_removed_meanwhile(void **state UNUSED)
{
    setup_of(2);
    answer((struct fake_answer){.body = SPAN("a\n")});
    answer((struct fake_answer){.body = SPAN("b\n")});
    struct fake_message *f = receive(NOTICE(OBJECT("logs/1", "2") "," OBJECT("logs/2", "2")), 1);
    remove_first_customer();
    carry_all(&f->inflight);
    acknowledge_all();
    assert_done(f);
    assert_int_equal(fake_sink.count, 2);
    f = receive(NOTICE(OBJECT("logs/3", "2")), 1); /* it was received after that */
    carry_all(&f->inflight);
    assert_int_not_equal(f->settlement.outcome, OUTCOME_DONE);
    assert_int_equal(stats_get(&w.stats.not_ours[NOT_OURS_PREFIX]), 1);
}

static void an_object_has_the_limits_of_its_customers_configuration(void **state UNUSED)
{
    setup_of(2);
    w.conf.limits.reject_share = 0.5;
    static char many[4 * 2000];
    for (size_t i = 0; i < sizeof(many); i += 4) {
        memcpy(many + i, i == 0 ? "one\n" : "bad\n", 4);
    }
    answer((struct fake_answer){.body = span_of(many, sizeof(many))});
    struct fake_message *before = receive(NOTICE(OBJECT("logs/1", "8000")), 1);
    remove_first_customer(); /* and there is no limit of rejects any more */
    struct fake_message *after = receive(NOTICE(OBJECT("beta/1", "8000")), 1);
    carry_all(&before->inflight);
    carry_all(&after->inflight);
    acknowledge_all();
    assert_int_not_equal(before->settlement.outcome, OUTCOME_DONE);
    assert_done(after);
}

static void says_at_the_last_receive_why_an_object_was_not_read(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.kind = FAIL_DENIED, .code = "AccessDenied"});
    assert_later(carry(NOTICE(OBJECT("logs/1", "2")), 9), 675, 900);
    assert_int_equal(fake_sink.count, 0);
    assert_later(carry(NOTICE(OBJECT("logs/1", "2")), 10), 675, 900);
    assert_int_equal(fake_sink.count, 1);
    assert_string_equal(fake_sink.records[0].key, "acme");
    assert_non_null(strstr(fake_sink.records[0].value, "denied AccessDenied"));
}

static void says_that_the_reject_of_a_last_receive_was_not_produced(void **state UNUSED)
{
    setup();
    captured_log_begin(LOG_INFO);
    fake_sink.fail = FAIL_STOPPED;
    answer((struct fake_answer){.kind = FAIL_DENIED, .code = "AccessDenied"});
    (void)carry(NOTICE(OBJECT("logs/1", "2")), LAST_RECEIVE);
    const char *line = captured_log_line("msg=\"reject not produced\"");
    assert_non_null(line);
    assert_non_null(strstr(line, "level=warn"));
    assert_non_null(strstr(line, "object=s3://bucket/logs/1 error=stopped"));
    captured_log_end();
}

static void says_that_the_rejects_of_an_unreadable_object_were_not_produced(void **state UNUSED)
{
    setup();
    captured_log_begin(LOG_INFO);
    fake_sink.fail = FAIL_STOPPED;
    answer((struct fake_answer){.body = SPAN("bad one\nbad two\n")});
    (void)carry(NOTICE(OBJECT("logs/1", "2")), LAST_RECEIVE);
    const char *line = captured_log_line("msg=\"rejects not produced\"");
    assert_non_null(line);
    assert_non_null(strstr(line, "level=warn"));
    assert_non_null(strstr(line, "object=s3://bucket/logs/1 error=stopped"));
    captured_log_end();
}

static void says_that_a_denied_bucket_may_be_of_another_account(void **state UNUSED)
{
#define OF_ACCOUNT(account)                                                                        \
    "{\"source\":\"aws.s3\",\"detail-type\":\"Object Created\",\"account\":\"" account             \
    "\",\"detail\":{"                                                                              \
    "\"bucket\":{\"name\":\"bucket\"},\"object\":{\"key\":\"logs/1\",\"size\":2}}}"
    setup();
    answer((struct fake_answer){.kind = FAIL_DENIED, .code = "AccessDenied"});
    assert_later(carry(OF_ACCOUNT("999999999999"), 10), 675, 900);
    assert_non_null(strstr(fake_sink.records[0].value, "999999999999"));
    assert_later(carry(OF_ACCOUNT("111122223333"), 10), 675, 900);
    assert_null(strstr(fake_sink.records[1].value, "111122223333"));
}

static void leaves_an_object_of_a_format_that_is_not_read_and_names_it(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = SPAN("PAR1\x15\x04\x15\x10 pages"), .piece = 3});
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_int_equal(fake_sink.count, 0);
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 10));
    assert_int_equal(fake_sink.count, 1);
    assert_string_equal(fake_sink.records[0].topic, "rejects");
    assert_non_null(
        strstr(fake_sink.records[0].value, "format: Parquet is not read; write JSON Lines"));
    assert_int_equal(stats_get(&at(0)->stats->errors[FAIL_FORMAT]), 2);
    assert_int_equal(stats_get(&at(0)->stats->objects_left), 2);
}

static void a_role_that_is_denied_when_s3_ended_its_session_pauses_at_once(void **state UNUSED)
{
    setup();
    fake_creds.lost = true;
    answer((struct fake_answer){.kind = FAIL_DENIED, .code = "AccessDenied"});
    assert_later(carry(NOTICE(OBJECT("logs/1", "2")), 1), 675, 900);
    assert_true(customers_queue_paused(w.all, 0));
}

static void pauses_the_customer_whose_role_is_denied(void **state UNUSED)
{
    setup();
    fake_creds.kind = FAIL_DENIED;
    answer((struct fake_answer){.body = SPAN("a\n")});
    assert_later(carry(NOTICE(OBJECT("logs/1", "2")), 1), 675, 900);
    assert_true(customers_queue_paused(w.all, 0));
    fake_creds.kind = FAIL_NONE;
    assert_later(carry(NOTICE(OBJECT("logs/2", "2")), 1), 675, 900);
    assert_int_equal(fake_s3.asked, 0);
    assert_int_equal(fake_sink.count, 0);
    assert_later(carry(NOTICE(OBJECT("logs/2", "2")), 10), 675, 900);
    assert_int_equal(fake_sink.count, 1); /* the last receive: a reject has the reason */
    assert_non_null(strstr(fake_sink.records[0].value, "paused: denied: sts: as the test says"));
    w.clock.mono += BREAKER_FIRST_MS;
    assert_false(customers_queue_paused(w.all, 0));
    assert_done(carry(NOTICE(OBJECT("logs/3", "2")), 1)); /* the probe */
    assert_done(carry(NOTICE(OBJECT("logs/4", "2")), 1));
}

static void says_of_a_probe_that_it_is_one_and_what_came_of_it(void **state UNUSED)
{
    setup();
    captured_log_begin(LOG_INFO);
    fake_creds.kind = FAIL_DENIED;
    answer((struct fake_answer){.body = SPAN("a\n")});
    assert_later(carry(NOTICE(OBJECT("logs/1", "2")), 1), 675, 900);
    w.clock.mono += 20000;
    assert_later(carry(NOTICE(OBJECT("logs/2", "2")), 1), 675, 900);
    assert_int_equal(captured_log_count("object later"), 2);
    const char *waits = captured_log_line("reason=paused");
    assert_non_null(waits);
    assert_non_null(strstr(waits, "object=s3://bucket/logs/2 reason=paused"));
    const char *probe = strstr(waits, " not_tried_s=20 next_probe_s=");
    assert_non_null(probe);
    assert_in_range(atoi(strstr(probe, "next_probe_s=") + strlen("next_probe_s=")), 2, 10);
    w.clock.mono += BREAKER_FIRST_MS;
    assert_later(carry(NOTICE(OBJECT("logs/3", "2")), 1), 675, 900);
    const char *failed = captured_log_line("object=s3://bucket/logs/3");
    assert_non_null(failed);
    assert_non_null(strstr(failed, "probe=\"failed, the customer stays paused\""));
    probe = strstr(failed, " next_probe_s=");
    assert_non_null(probe);
    assert_in_range(atoi(probe + strlen(" next_probe_s=")), 45, 60);
    fake_creds.kind = FAIL_NONE;
    w.clock.mono += 2 * (int64_t)BREAKER_FIRST_MS;
    assert_done(carry(NOTICE(OBJECT("logs/4", "2")), 1));
    assert_non_null(captured_log_line("object=s3://bucket/logs/4"));
    assert_non_null(strstr(captured_log_line("object=s3://bucket/logs/4"), "probe=succeeded"));
    assert_done(carry(NOTICE(OBJECT("logs/5", "2")), 1));
    assert_null(strstr(captured_log_line("object=s3://bucket/logs/5"), "probe="));
    captured_log_end();
}

static void says_why_an_object_is_read_again(void **state UNUSED)
{
    setup();
    captured_log_begin(LOG_INFO);
    answer((struct fake_answer){.body = SPAN("a\n")});
    struct fake_message *f = receive(NOTICE(OBJECT("logs/1", "2")), 2);
    f->inflight.again =
        (struct again){.cause = AGAIN_SETTLED, .rule = outcome_rule(ABOUT_OBJECT, FAIL_THROTTLED)};
    carry_all(&f->inflight);
    acknowledge_all();
    assert_done(f);
    const char *line = captured_log_line("object done");
    assert_non_null(line);
    assert_non_null(
        strstr(line, "receive_count=2 again_because=\"object not read, error=throttled\""));
    captured_log_end();
}

static void counts_the_attempts_of_a_receive(void **state UNUSED)
{
    setup();
    captured_log_begin(LOG_INFO);
    answer((struct fake_answer){.kind = FAIL_AGAIN});
    assert_later(carry(NOTICE(OBJECT("logs/1", "2")), 1), 7, 10);
    assert_non_null(captured_log_line("object later"));
    assert_non_null(strstr(captured_log_line("object later"), "attempts=3 receive_count=1"));
    captured_log_end();
}

static void reads_nothing_by_a_role_that_asks_for_no_external_id(void **state UNUSED)
{
    setup();
    fake_creds.unguarded = FAIL_CONFIG;
    answer((struct fake_answer){.body = SPAN("a\n")});
    assert_later(carry(NOTICE(OBJECT("logs/1", "2")), 1), 675, 900);
    assert_int_equal(fake_s3.asked, 0);
    assert_true(customers_queue_paused(w.all, 0));
    w.customers[0].accept_role_without_external_id = true;
    w.clock.mono += BREAKER_FIRST_MS;
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_int_equal(fake_creds.probes, 1);
}

static void looks_once_whether_the_role_asks_for_its_external_id(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = SPAN("a\n")});
    for (int i = 0; i < 3; i++) {
        assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    }
    assert_int_equal(fake_creds.probes, 1);
}

static void pauses_after_five_denied_keys_in_a_row(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.kind = FAIL_DENIED, .code = "AccessDenied"});
    for (int i = 0; i < 8; i++) {
        assert_later(carry(NOTICE(OBJECT("logs/same", "2")), 1), 675, 900);
    }
    assert_int_equal(fake_s3.asked, 8);
    assert_later(carry(NOTICE(OBJECT("logs/2", "2")), 1), 675, 900);
    assert_later(carry(NOTICE(OBJECT("logs/3", "2")), 1), 675, 900);
    assert_later(carry(NOTICE(OBJECT("logs/4", "2")), 1), 675, 900);
    assert_false(customers_queue_paused(w.all, 0));
    assert_later(carry(NOTICE(OBJECT("logs/5", "2")), 1), 675, 900);
    assert_true(customers_queue_paused(w.all, 0));
}

static int64_t moved_at;
static const struct customer *whose; /* only compared */

static void look_at_pulse(void)
{
    moved_at = atomic_load(&lane_pulse(w.lane)->moved_ms);
    struct customer *c = lane_customer(w.lane);
    whose = c;
    customer_release(c);
    w.clock.mono += 10;
}

static void its_pulse_beats_with_the_bytes_that_come(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = SPAN("a\nb\nc\n"), .piece = 2});
    fake_s3.during = look_at_pulse;
    assert_done(carry(NOTICE(OBJECT("logs/1", "6")), 1));
    assert_int_equal(moved_at, 1020); /* seen before the third piece: the time of the second */
    assert_int_equal(atomic_load(&lane_pulse(w.lane)->moved_ms), 1030);
    assert_ptr_equal(whose, at(0));
}

static void work_for_20_ms(void)
{
    w.clock.mono += 20;
}

static void counts_the_cpu_time_of_a_customer(void **state UNUSED)
{
    setup_of(2);
    answer((struct fake_answer){.body = SPAN("1\n2\n")});
    fake_normalizer_during = work_for_20_ms;
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_int_equal(stats_get(&at(0)->stats->cpu_us), 2 * 20000);
    assert_int_equal(stats_get(&at(1)->stats->cpu_us), 0);
}

static struct fake_message *losing;
static size_t produced_by_then;

static void lose(void)
{
    if (fake_sink.count != 0 && inflight_lost(&losing->inflight) == NULL) {
        inflight_lose(&losing->inflight, "as the test says");
        produced_by_then = fake_sink.count;
    }
}

static void stops_producing_when_the_lease_is_lost(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = long_body(), .piece = 1000});
    fake_s3.during = lose;
    losing = receive(NOTICE(OBJECT("logs/1", "2")), 1);
    carry_all(&losing->inflight);
    assert_in_range(produced_by_then, 1, 200);
    assert_int_equal(fake_sink.count, produced_by_then);
    acknowledge_all();
    assert_later(losing, 7, 10);
}

static void lose_at_once(void)
{
    inflight_lose(&losing->inflight, "as the test says");
}

static void stops_within_a_long_line_when_the_lease_is_lost(void **state UNUSED)
{
    setup_neighbour();
    answer((struct fake_answer){.body = long_line()});
    fake_normalizer_during = lose_at_once;
    losing = receive(NOTICE(OBJECT("logs/1", "2")), 1);
    carry_all(&losing->inflight);
    assert_int_equal(fake_normalizer_steps, 1);
    assert_int_equal(fake_sink.count, 0);
    assert_later(losing, 7, 10);
}

/* ---- A lane that is taken back ---- */

static void wait_for_lane(struct fake_message *f, size_t sched_class)
{
    f->inflight.sched_class = sched_class;
    assert_int_equal(inbox_reserve(w.inbox, 0, INBOX_MIXED, 1), 1);
    assert_true(inbox_put(w.inbox, &f->inflight, false));
}

static struct fake_message *newcomer;

/* Before each piece. The lane ends with the last of the messages. */
static void take_long_until_another_comes(void)
{
    uint64_t put_back = stats_get(&at(0)->stats->objects_put_back);
    w.clock.mono += HEAVY_MS;
    if (newcomer != NULL) {
        wait_for_lane(newcomer, at(1)->sched_class);
        newcomer = NULL;
    }
    if (fake_s3.asked == 2 + put_back) {
        inbox_stop(w.inbox);
    }
}

static void start_one_lane(void)
{
    lane_free(w.lane);
    w.inbox =
        inbox_new(&(struct inbox_settings){.slots = 10, .lanes = 1, .queues = 1, .bytes = 1 << 20});
    w.lane = new_lane();
}

static struct fake_message *slow;

/* probe: it is the first one after a pause of its customer. All but the records' reports. */
static void begin_long_object(bool probe)
{
    setup_of(2);
    if (probe) {
        struct err e = {.kind = FAIL_DENIED};
        customer_refused(
            at(0),
            &(struct customer_refusal){
                .party = CUSTOMER_ROLE, .mark = BREAKER_OPEN, .about = SPAN("x"), .next = "n"},
            &e);
        w.clock.mono += BREAKER_FIRST_MS;
    }
    start_one_lane();
    answer((struct fake_answer){.body = long_body(), .piece = 1000});
    answer((struct fake_answer){.body = SPAN("b\n")});
    answer((struct fake_answer){.body = long_body(), .piece = 1000});
    fake_s3.during = take_long_until_another_comes;
    slow = receive(NOTICE(OBJECT("logs/1", "400000")), 1);
    newcomer = receive(NOTICE(OBJECT("beta/1", "2")), 1);
    wait_for_lane(slow, at(0)->sched_class);
    captured_log_begin(LOG_INFO);
    lane_start(w.lane);
    lane_join(w.lane);
    assert_non_null(
        captured_log_line("msg=\"object put back\" customer=acme object=s3://bucket/logs/1 "));
}

static void read_long_object(bool probe)
{
    begin_long_object(probe);
    captured_log_end();
    acknowledge_all();
    assert_done(slow);
    assert_int_equal(fake_s3.asked, 3);
    struct stats *s = at(0)->stats;
    size_t before = 0; /* it was not read to its end at first */
    while (fake_sink.records[before].value[0] != 'b') {
        assert_true(++before < fake_sink.count);
    }
    assert_in_range(before, 1, stats_get(&s->lines) - 1);
    assert_int_equal(fake_sink.count, before + 1 + stats_get(&s->lines));
    assert_int_equal(stats_get(&s->objects_put_back), 1);
    assert_int_equal(stats_get(&s->objects_done), 1);
    assert_int_equal(stats_get(&at(1)->stats->objects_put_back), 0);
}

static void an_object_that_takes_long_gives_its_lane_to_a_new_customer(void **state UNUSED)
{
    read_long_object(false);
}

/* Of what was read before the lane was taken back. The whole object was delivered. */
static void names_the_object_read_in_part_whose_record_is_not_delivered(void **state UNUSED)
{
    begin_long_object(false);
    fake_sink_report(lane_delivered, FAIL_DENIED);
    acknowledge_all();
    const char *line = captured_log_line("msg=\"object later\" customer=acme");
    assert_non_null(line);
    assert_non_null(strstr(line, "read=\"in part, before its lane was taken back\""));
    assert_non_null(strstr(line, "error=denied"));
    assert_null(captured_log_line("msg=\"reject not delivered\""));
    assert_int_equal(captured_log_count("msg=\"object done\" customer=acme"), 1);
    captured_log_end();
    assert_later(slow, 675, 900);
    assert_int_equal(stats_get(&at(0)->stats->objects_later), 1);
    assert_int_equal(stats_get(&at(0)->stats->errors[FAIL_DENIED]), 1);
}

static void wait_while_another_comes(void)
{
    w.clock.mono += 2 * HEAVY_MS;
    if (newcomer != NULL) {
        wait_for_lane(newcomer, at(1)->sched_class);
        newcomer = NULL;
    }
}

static void stop_at_the_last(void)
{
    if (fake_s3.asked == 2) {
        inbox_stop(w.inbox);
    }
}

/* The customer's object takes no time of its own. */
static void read_beside_another(struct span body)
{
    answer((struct fake_answer){.body = body, .piece = body.n / 2});
    answer((struct fake_answer){.body = SPAN("b\n")});
    fake_s3.during = stop_at_the_last;
    struct fake_message *first = receive(NOTICE(OBJECT("logs/1", "2")), 1);
    struct fake_message *second = newcomer = receive(NOTICE(OBJECT("beta/1", "2")), 1);
    wait_for_lane(first, at(0)->sched_class);
    lane_start(w.lane);
    lane_join(w.lane);
    assert_null(newcomer);
    acknowledge_all();
    assert_done(first);
    assert_done(second);
    assert_int_equal(stats_get(&at(0)->stats->objects_put_back), 0);
    assert_int_equal(fake_s3.asked, 2);
}

static void waits_for_kafka_are_no_time_of_the_object(void **state UNUSED)
{
    setup_of(2);
    start_one_lane();
    fake_sink.waiting = wait_while_another_comes;
    read_beside_another(SPAN("a\nb\nc\nd\n"));
}

static void waits_for_readers_are_no_time_of_the_object(void **state UNUSED)
{
    setup_of(2);
    w.conf.limits.line_bytes = LONG_LINE;
    start_one_lane();
    fake_normalizer_waiting = wait_while_another_comes;
    read_beside_another(long_line());
}

static void a_probe_that_gives_its_lane_has_a_result(void **state UNUSED)
{
    read_long_object(true);
}

static void returns_a_message_when_the_sink_is_stopped(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = SPAN("1\n2\n3\n")});
    fake_sink.fail = FAIL_STOPPED;
    fake_sink.fail_at = 1;
    struct fake_message *f = carry(NOTICE(OBJECT("logs/1", "2")), 1);
    assert_later(f, 1, RETURN_STARTED_S);
    assert_int_equal(unacked(0), 0);
}

static void reads_later_when_a_report_is_bad(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = SPAN("1\n2\n3\n")});
    struct fake_message *f = receive(NOTICE(OBJECT("logs/1", "2")), 1);
    carry_all(&f->inflight);
    fake_sink_report(lane_delivered, FAIL_NONE);
    fake_sink_report(lane_delivered, FAIL_AGAIN);
    assert_int_equal(f->settled, 0);
    fake_sink_report(lane_delivered, FAIL_NONE);
    assert_int_equal(f->settled, 1);
    assert_later(f, 7, 10);
    assert_int_equal(stats_get(&at(0)->stats->records_failed), 1);
}

static void reports_count_on_the_customer_of_their_own_record(void **state UNUSED)
{
    setup_of(2);
    answer((struct fake_answer){.body = SPAN("1\n")});
    answer((struct fake_answer){.body = SPAN("2\n")});
    struct fake_message *f = receive(NOTICE(OBJECT("logs/1", "2") "," OBJECT("beta/2", "2")), 1);
    carry_all(&f->inflight);
    struct customer *acme = at(0);
    struct customer *beta = at(1);
    assert_record(1, "events.runtime", "beta/session", "2");
    assert_int_equal(unacked(0), fake_sink.records[0].bytes);
    assert_int_equal(unacked(1), fake_sink.records[1].bytes);
    fake_sink_report(lane_delivered, FAIL_NONE);
    fake_sink_report(lane_delivered, FAIL_CONFIG);
    assert_int_equal(stats_get(&acme->stats->records_failed), 0);
    assert_int_equal(stats_get(&beta->stats->records_failed), 1);
    assert_true(customer_allowed(acme));
    assert_false(customer_allowed(beta));
    assert_int_equal(unacked(0) + unacked(1), 0);
    assert_later(f, 675, 900);
}

static void lowers_the_limit_of_a_topic_that_takes_less(void **state UNUSED)
{
    setup();
    static char line[20000];
    memset(line, 'x', sizeof(line));
    answer((struct fake_answer){.body = {line, sizeof(line)}});
    struct fake_message *f = receive(NOTICE(OBJECT("logs/1", "2")), 1);
    carry_all(&f->inflight);
    assert_int_equal(fake_normalizer_limit, 1000000 - 1024);
    fake_sink.records[0].bytes = 20000; /* the fake normalizer keeps only the beginning of a line */
    struct err e;
    assert_int_equal(customer_reserve(at(0), 20000, NULL, &e), FAIL_NONE);
    fake_sink_report(lane_delivered, FAIL_LIMIT);
    assert_later(f, 7, 10);
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 2));
    assert_in_range(fake_normalizer_limit, 1, 19999);
}

/* `bad` lines that are no events, then `good` ones that are. */
static void answer_lines(size_t bad, size_t good)
{
    static char body[20000 * 4];
    assert_true(bad + good <= sizeof(body) / 4);
    for (size_t i = 0; i < bad + good; i++) {
        memcpy(body + 4 * i, i < bad ? "bad\n" : "one\n", 4);
    }
    answer((struct fake_answer){.body = {body, 4 * (bad + good)}});
}

static void leaves_an_object_without_events_and_rejects_it_once(void **state UNUSED)
{
    setup();
    answer_lines(3, 0);
    for (unsigned receive = 1; receive < LAST_RECEIVE; receive++) {
        assert_left(carry(NOTICE(OBJECT("logs/1", "2")), receive));
    }
    assert_int_equal(fake_sink.count, 0);
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), LAST_RECEIVE));
    assert_int_equal(fake_sink.count, 4);
    assert_record(0, "rejects", "acme", "bad");
    assert_record(2, "rejects", "acme", "bad");
    assert_non_null(strstr(fake_sink.records[3].value, "format: logfmt or plain text: no event in "
                                                       "3 records; write one JSON object"));
    assert_int_equal(stats_get(&at(0)->stats->errors[FAIL_FORMAT]), LAST_RECEIVE);
    assert_int_equal(stats_get(&at(0)->stats->objects_left), LAST_RECEIVE);
    assert_int_equal(stats_get(&at(0)->stats->objects_done), 0);
    assert_int_equal(stats_get(&at(0)->stats->delivered_ms), 0);
}

static void reads_no_further_than_ten_thousand_records_without_an_event(void **state UNUSED)
{
    setup();
    answer_lines(READING_RECORDS, 10);
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), LAST_RECEIVE));
    assert_int_equal(fake_sink.count, READING_HELD + 2);
    assert_int_equal(stats_get(&at(0)->stats->lines), READING_RECORDS);
    assert_non_null(
        strstr(fake_sink.records[READING_HELD].value, "of 9984 more at 64, 39935 bytes"));
}

static void reads_on_what_begins_with_garbage(void **state UNUSED)
{
    setup();
    w.conf.limits.reject_share = 0.5; /* what is before the first event does not count */
    answer_lines(READING_RECORDS - 1, 2000);
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_int_equal(fake_sink.count, 2000 + READING_HELD + 1);
    assert_record(0, "events.runtime", "acme/session", "one");
    assert_record(1, "rejects", "acme", "bad");
    assert_record(READING_HELD + 1, "events.runtime", "acme/session", "one");
    assert_non_null(strstr(fake_sink.records[2000 + READING_HELD].value, "of 9983 more"));
    assert_int_equal(stats_get(&at(0)->stats->rejects[REJECT_BAD_JSON]), READING_RECORDS - 1);
}

static void produces_no_more_than_the_customer_may_for_its_text(void **state UNUSED)
{
    setup();
    w.customers[0].output_record_bytes = 80; /* "one\n" has 4 */
    answer_lines(0, 10000);
    captured_log_begin(LOG_DEBUG);
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), LAST_RECEIVE));
    assert_non_null(captured_log_line("output_record_bytes do not allow"));
    captured_log_end();
    size_t events = fake_sink.count - 1;
    assert_true(events >= READING_FREE_RECORDS);
    assert_true(events <= READING_FREE_RECORDS + 10000 * 4 / 80);
    assert_non_null(strstr(fake_sink.records[events].value, "data: more than"));
}

static void is_done_with_an_unreadable_object_where_the_customer_says_so(void **state UNUSED)
{
    setup();
    w.customers[0].unreadable = ABSENT_ACCEPT;
    answer_lines(3, 0);
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_int_equal(fake_sink.count, 1);
    assert_non_null(strstr(fake_sink.records[0].value, "format: logfmt or plain text"));
    assert_int_equal(stats_get(&at(0)->stats->errors[FAIL_FORMAT]), 1);
    assert_int_equal(stats_get(&at(0)->stats->objects_accepted), 1);
}

/* A zstd frame with an event and 20 lines that are none, then one with a window of 128 MiB. */
static void of_an_object_that_it_accepts_no_reject_is_lost(void **state UNUSED)
{
    setup();
    w.customers[0].unreadable = ABSENT_ACCEPT;
    answer((struct fake_answer){.body = SPAN("\x28\xb5\x2f\xfd\x00\x58\xa1\x02\x00one\n"
                                             "bad\nbad\nbad\nbad\nbad\nbad\nbad\nbad\nbad\nbad\n"
                                             "bad\nbad\nbad\nbad\nbad\nbad\nbad\nbad\nbad\nbad\n"
                                             "\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00")});
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_int_equal(fake_sink.count, 1 + READING_SINGLE + 1 + 1);
    assert_non_null(strstr(fake_sink.records[1 + READING_SINGLE].value, "of 4 more"));
    assert_non_null(
        strstr(fake_sink.records[2 + READING_SINGLE].value, "format: zstd window of 1"));
    assert_int_equal(stats_get(&at(0)->stats->rejects[REJECT_BAD_JSON]), 20);
}

static void leaves_what_is_mostly_no_event_with_one_reject_at_the_last_receive(void **state UNUSED)
{
    static char body[1600 * 4];
    for (size_t i = 0; i < 1600; i++) {
        memcpy(body + 4 * i, i == 0 ? "one\n" : "bad\n", 4);
    }
    setup();
    w.conf.limits.reject_share = 0.5;
    answer((struct fake_answer){.body = {body, sizeof(body)}});
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_int_equal(fake_sink.count, 1 + READING_SINGLE + 1);
    assert_int_equal(stats_get(&at(0)->stats->rejects[REJECT_BAD_JSON]), 999);
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 10));
    assert_int_equal(fake_sink.count,
                     1 + READING_SINGLE + 2); /* what was produced is not produced again */
    assert_non_null(strstr(fake_sink.records[2 + READING_SINGLE].value,
                           "data: 999 of 1000 records are rejects"));
}

/* ---- what can never succeed is not done again ---- */

static void reads_an_unreadable_object_once_and_says_the_same_at_each_receive(void **state UNUSED)
{
    setup();
    captured_log_begin(LOG_INFO);
    answer_lines(3, 0);
    for (unsigned receive = 1; receive <= LAST_RECEIVE; receive++) {
        assert_left(carry(NOTICE(OBJECT("logs/1", "2")), receive));
    }
    assert_int_equal(fake_s3.asked, 1);
    assert_int_equal(fake_s3.heads, LAST_RECEIVE - 1);
    assert_int_equal(
        captured_log_count("msg=\"object left\" customer=acme object=s3://bucket/logs/1 "
                           "version=v1 lines=3 events=0 rejects=0 bytes=12"),
        LAST_RECEIVE - 1);
    assert_int_equal(captured_log_count("lines=3 events=0 rejects=4 bytes=12"), 1);
    assert_int_equal(
        captured_log_count("error=format detail=\"logfmt or plain text: no event in 3"),
        LAST_RECEIVE);
    assert_int_equal(captured_log_count("read=\"at an earlier receive\""), LAST_RECEIVE - 1);
    captured_log_end();
    assert_int_equal(stats_get(&at(0)->stats->lines), 3);
    assert_int_equal(stats_get(&at(0)->stats->object_bytes), 12);
    assert_int_equal(fake_sink.count, 4);
    /* After a redrive the same version is left again, and the lines have their rejects. */
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), LAST_RECEIVE));
    assert_int_equal(fake_s3.asked, 1);
    assert_int_equal(fake_sink.count, 5);
}

/* 1,000 lines of 40 bytes, of which limits.object_bytes allows half. */
static void answer_bomb(void)
{
    static char body[1000 * 40];
    set_object_bytes(sizeof(body) / 2);
    memset(body, 'x', sizeof(body));
    for (size_t i = 40; i <= sizeof(body); i += 40) {
        body[i - 1] = '\n';
    }
    answer((struct fake_answer){.body = {body, sizeof(body)}, .piece = 8000});
}

static void produces_the_events_of_a_bomb_once(void **state UNUSED)
{
    setup();
    answer_bomb();
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    size_t produced = fake_sink.count;
    assert_in_range(produced, 100, 501);
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 2));
    assert_int_equal(fake_sink.count, produced);
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), LAST_RECEIVE));
    assert_int_equal(fake_sink.count, produced + 1);
    assert_non_null(strstr(fake_sink.records[produced].value, "limit: "));
    assert_int_equal(fake_s3.asked, 1);
    assert_int_equal(stats_get(&at(0)->stats->errors[FAIL_LIMIT]), 3);
    assert_int_equal(stats_get(&at(0)->stats->objects_left), 3);
}

static void produces_the_events_of_a_bomb_again_if_they_were_not_delivered(void **state UNUSED)
{
    setup();
    answer_bomb();
    struct fake_message *f = receive(NOTICE(OBJECT("logs/1", "2")), 1);
    carry_all(&f->inflight);
    size_t produced = fake_sink.count;
    while (fake_sink.reported + 1 < produced) {
        fake_sink_report(lane_delivered, FAIL_NONE);
    }
    fake_sink_report(lane_delivered, FAIL_AGAIN);
    assert_later(f, 7, 10);
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 2));
    assert_int_equal(fake_sink.count, 2 * produced);
    assert_int_equal(fake_s3.asked, 2);
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 3));
    assert_int_equal(fake_s3.asked, 2);
}

static void reads_another_version_of_what_failed(void **state UNUSED)
{
    setup();
    answer_lines(3, 0);
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    fake_s3.current = "v2";
    answer_lines(0, 3);
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 2));
    assert_int_equal(fake_s3.asked, 2);
    assert_int_equal(fake_sink.count, 3);
}

static void reads_what_failed_if_its_version_is_not_known(void **state UNUSED)
{
    setup();
    answer_lines(3, 0);
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    fake_s3.head_fails = true;
    answer((struct fake_answer){.kind = FAIL_GONE, .code = "NoSuchKey"});
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 2));
    assert_int_equal(fake_s3.asked, 2);
    assert_int_equal(stats_get(&at(0)->stats->errors[FAIL_GONE]), 1);
}

static void reads_what_failed_under_another_configuration(void **state UNUSED)
{
    struct err e;
    setup();
    answer_lines(3, 0);
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_int_equal(customers_apply(w.all, &w.conf, &e), FAIL_NONE);
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 2));
    assert_int_equal(fake_s3.asked, 2);
    assert_int_equal(fake_s3.heads, 0);
}

static void asks_for_no_version_of_an_object_that_did_not_fail(void **state UNUSED)
{
    setup();
    answer((struct fake_answer){.body = SPAN("bad\n")});
    answer((struct fake_answer){.body = SPAN("one\n")});
    assert_left(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_done(carry(NOTICE(OBJECT("logs/2", "2")), 1));
    assert_int_equal(fake_s3.heads, 0);
}

static void accepts_gone_objects_where_the_customer_says_so(void **state UNUSED)
{
    setup();
    w.customers[0].gone = ABSENT_ACCEPT;
    answer((struct fake_answer){.kind = FAIL_GONE, .code = "NoSuchKey"});
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_int_equal(stats_get(&at(0)->stats->errors[FAIL_GONE]), 1);
}

/* ---- what is said of an object, and when ---- */

static void says_done_when_everything_is_acknowledged_and_where_it_is(void **state UNUSED)
{
    setup();
    captured_log_begin(LOG_DEBUG);
    answer((struct fake_answer){.body = SPAN("one\nbad line\nthree")});
    struct fake_message *f = receive(NOTICE(OBJECT("logs/1", "20")), 2);
    f->inflight.sent_ms = w.clock.wall - 7000;
    w.clock.mono += 5;
    carry_all(&f->inflight);
    const char *read = captured_log_line("msg=\"object read\"");
    assert_non_null(read);
    assert_non_null(strstr(read, "level=debug"));
    assert_non_null(strstr(read, "customer=acme object=s3://bucket/logs/1 version=v1"));
    assert_non_null(strstr(read, "lines=3 events=2 rejects=1 bytes=18"));
    struct stats *s = at(0)->stats;
    assert_int_equal(stats_get(&s->lines), 3);
    fake_sink_report(lane_delivered, FAIL_NONE);
    fake_sink_report(lane_delivered, FAIL_NONE);
    assert_int_equal(captured_log_count("object done"), 0);
    assert_int_equal(stats_get(&s->objects_done), 0);
    assert_int_equal(stats_get(&s->delivered_ms), 0);
    assert_int_equal(fake_ops.count, 0);
    w.clock.mono += 1000;
    fake_sink_report(lane_delivered, FAIL_NONE);
    const char *done = captured_log_line("msg=\"object done\"");
    assert_non_null(done);
    assert_non_null(strstr(done, "level=info"));
    assert_non_null(strstr(done, "customer=acme object=s3://bucket/logs/1 version=v1"));
    assert_non_null(strstr(done,
                           "lines=3 events=2 rejects=1 bytes=18 duration_ms=1000 receive_count=2 "
                           "lag_s=7"));
    assert_non_null(strstr(done, "records=3"));
    assert_non_null(strstr(done, "offsets=\"events.runtime/0:100..102 rejects/0:101\""));
    assert_int_equal(stats_get(&s->objects_done), 1);
    captured_log_end();
    assert_string_equal(fake_ops.type, OPS_OBJECT_DONE);
    assert_string_equal(fake_ops.data,
                        "{\"customer\":\"acme\",\"result\":\"read\",\"bucket\":\"bucket\","
                        "\"key\":\"logs/1\",\"version\":\"v1\",\"etag\":\"e1\","
                        "\"notified_version\":\"v0\",\"bytes\":18,\"lines\":3,"
                        "\"events\":2,\"rejects\":1,\"records\":3,\"partitions\":["
                        "{\"topic\":\"events.runtime\",\"partition\":0,\"first_offset\":100,"
                        "\"last_offset\":102,\"records\":2},{\"topic\":\"rejects\","
                        "\"partition\":0,\"first_offset\":101,\"last_offset\":101,"
                        "\"records\":1}],\"read_ms\":0,\"total_ms\":1000,\"lag_ms\":7000,"
                        "\"message_id\":\"id\",\"receive_count\":2,\"attempts\":1}");
    assert_int_equal(fake_ops.count, 1);
    assert_done(f);
}

static void names_the_least_lag_where_the_clock_of_this_host_is_behind(void **state UNUSED)
{
    setup();
    captured_log_begin(LOG_INFO);
    answer((struct fake_answer){.body = SPAN("one")});
    struct fake_message *f = receive(NOTICE(OBJECT("logs/1", "3")), 1);
    f->inflight.received_ms = w.clock.mono;
    f->inflight.sent_ms = w.clock.wall + 60000;
    carry_all(&f->inflight);
    w.clock.mono += 9000;
    acknowledge_all();
    assert_non_null(captured_log_line("msg=\"object done\""));
    assert_null(captured_log_line("lag_s="));
    assert_non_null(captured_log_line("lag_min_s=9 "));
    captured_log_end();
}

static void names_no_more_than_eight_partitions(void **state UNUSED)
{
    setup();
    captured_log_begin(LOG_INFO);
    answer((struct fake_answer){.body = SPAN("1\n2\n3\n4\n5\n6\n7\n8\n9\n1\n")});
    struct fake_message *f = receive(NOTICE(OBJECT("logs/1", "20")), 1);
    carry_all(&f->inflight);
    for (fake_sink.partition = 0; fake_sink.partition < 10; fake_sink.partition++) {
        fake_sink_report(lane_delivered, FAIL_NONE);
    }
    const char *done = captured_log_line("object done");
    assert_non_null(done);
    assert_non_null(strstr(done, "records=10"));
    assert_non_null(strstr(done, "events.runtime/7:107 ...\""));
    assert_null(strstr(done, "events.runtime/8"));
    assert_done(f);
    captured_log_end();
}

static void ends_each_object_of_a_message_by_itself(void **state UNUSED)
{
    setup_of(2);
    captured_log_begin(LOG_INFO);
    answer((struct fake_answer){.body = SPAN("1\n")});
    answer((struct fake_answer){.body = SPAN("2\n")});
    answer((struct fake_answer){.body = SPAN("")});
    struct fake_message *f = receive(
        NOTICE(OBJECT("logs/1", "2") "," OBJECT("beta/2", "2") "," OBJECT("beta/3", "0")), 1);
    carry_all(&f->inflight);
    assert_int_equal(
        captured_log_count("msg=\"object done\" customer=beta object=s3://bucket/beta/3"), 1);
    assert_int_equal(captured_log_count("object done"), 1);
    assert_int_equal(stats_get(&at(1)->stats->objects_empty), 1);
    fake_sink_report(lane_delivered, FAIL_NONE);
    assert_int_equal(captured_log_count("object done"), 2);
    assert_int_equal(f->settled, 0);
    fake_sink_report(lane_delivered, FAIL_CONFIG);
    assert_int_equal(captured_log_count("object done"), 2);
    const char *later = captured_log_line("object later");
    assert_non_null(later);
    assert_non_null(strstr(later, "level=warn"));
    assert_non_null(strstr(later, "customer=beta object=s3://bucket/beta/2"));
    assert_non_null(
        strstr(later, "error=config detail=\"kafka: as the test says\" retry_after_s="));
    assert_non_null(strstr(later, "next=\""));
    char again[32];
    (void)snprintf(again, sizeof(again), "retry_after_s=%d ", f->settlement.delay_s);
    assert_non_null(strstr(later, again));
    assert_int_equal(stats_get(&at(0)->stats->objects_done), 1);
    assert_int_equal(stats_get(&at(1)->stats->objects_done), 1);
    assert_int_equal(stats_get(&at(1)->stats->objects_later), 1);
    assert_int_equal(stats_get(&at(1)->stats->errors[FAIL_CONFIG]), 1);
    assert_later(f, 675, 900);
    captured_log_end();
}

static void names_the_cause_and_not_what_went_with_it(void **state UNUSED)
{
    setup();
    captured_log_begin(LOG_INFO);
    answer((struct fake_answer){.body = SPAN("1\n2\n3\n")});
    struct fake_message *f = receive(NOTICE(OBJECT("logs/1", "2")), 1);
    carry_all(&f->inflight);
    fake_sink_report(lane_delivered, FAIL_AGAIN);
    fake_sink_report(lane_delivered, FAIL_LIMIT);
    fake_sink_report(lane_delivered, FAIL_AGAIN);
    assert_non_null(strstr(captured_log_line("object later"), "error=limit"));
    assert_int_equal(f->settlement.failed, FAIL_LIMIT);
    captured_log_end();
}

static void says_that_a_missing_object_is_accepted(void **state UNUSED)
{
    setup();
    captured_log_begin(LOG_INFO);
    w.customers[0].gone = ABSENT_ACCEPT;
    w.customers[0].archived = ABSENT_ACCEPT;
    answer((struct fake_answer){.kind = FAIL_GONE, .code = "NoSuchKey"});
    answer((struct fake_answer){.kind = FAIL_ARCHIVED, .code = "InvalidObjectState"});
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    assert_done(carry(NOTICE(OBJECT("logs/2", "2")), 1));
    const char *line = captured_log_line("msg=\"object missing, accepted\"");
    assert_non_null(line);
    assert_non_null(strstr(line, "customer=acme object=s3://bucket/logs/1"));
    assert_non_null(strstr(line, "error=gone code=NoSuchKey"));
    assert_non_null(captured_log_line("msg=\"object archived, accepted\""));
    assert_null(captured_log_line("object done"));
    struct stats *s = at(0)->stats;
    assert_int_equal(stats_get(&s->objects_accepted), 2);
    assert_int_equal(stats_get(&s->objects_done) + stats_get(&s->objects_empty), 0);
    captured_log_end();
}

static void says_left_when_the_reject_is_acknowledged(void **state UNUSED)
{
    setup();
    captured_log_begin(LOG_INFO);
    answer((struct fake_answer){.kind = FAIL_GONE, .code = "NoSuchKey"});
    struct fake_message *f = receive(NOTICE(OBJECT("logs/1", "2")), LAST_RECEIVE);
    carry_all(&f->inflight);
    assert_null(captured_log_line("object left"));
    fake_sink_report(lane_delivered, FAIL_NONE);
    const char *left = captured_log_line("object left");
    assert_non_null(left);
    assert_non_null(strstr(left, "error=gone code=NoSuchKey"));
    assert_non_null(strstr(left, "next=\""));
    assert_int_equal(stats_get(&at(0)->stats->objects_left), 1);
    assert_left(f);
    captured_log_end();
}

static void says_that_another_version_was_read(void **state UNUSED)
{
    setup();
    captured_log_begin(LOG_INFO);
    struct span old = long_body();
    answer((struct fake_answer){.replaced = span_of(old.p, old.n - 5), .body = SPAN("new\n")});
    assert_done(carry(NOTICE(OBJECT("logs/1", "2")), 1));
    const char *line = captured_log_line("msg=\"current version read\"");
    assert_non_null(line);
    assert_non_null(strstr(line, "customer=acme object=s3://bucket/logs/1 notified_version=v0 "
                                 "version=v1"));
    assert_non_null(strstr(captured_log_line("object done"), "version=v1 notified_version=v0"));
    captured_log_end();
}

static void names_the_object_whose_reject_is_not_delivered(void **state UNUSED)
{
    setup();
    captured_log_begin(LOG_INFO);
    struct fake_message *f = receive(NOTICE(OBJECT("logs-old/x", "5")), LAST_RECEIVE);
    carry_all(&f->inflight);
    fake_sink_report(lane_delivered, FAIL_DENIED);
    const char *line = captured_log_line("msg=\"reject not delivered\"");
    assert_non_null(line);
    assert_non_null(strstr(line, "object=s3://bucket/logs-old/x"));
    assert_later(f, 675, 900);
    captured_log_end();
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

static const struct CMUnitTest tests[] = {
    TEST(brings_lines_to_topics_and_keys_and_then_deletes),
    TEST(counts_what_is_marked_in_events),
    TEST(an_object_of_records_that_hold_nothing_is_done),
    TEST(reads_elements_of_an_array_until_one_is_no_json),
    TEST(processes_every_record_of_a_notification_and_takes_the_worst),
    TEST(reads_ten_thousand_records_of_one_notification),
    TEST(is_done_with_what_has_nothing_to_read),
    TEST(is_done_with_ignored_objects_without_a_request),
    TEST(reads_what_the_patterns_leave),
    TEST(never_fetches_what_is_not_ours_and_says_so_at_the_last_receive),
    TEST(a_customers_record_has_a_time_also_if_it_is_not_read),
    TEST(gives_the_reason_why_an_object_is_not_ours),
    TEST(one_line_says_how_many_records_of_a_message_are_not_ours),
    TEST(reads_an_object_once_that_a_message_names_twice),
    TEST(lines_of_a_customer_are_limited_and_counted),
    TEST(looks_whether_a_folder_without_a_size_is_empty),
    TEST(a_folder_without_a_size_that_is_not_empty_is_an_object),
    TEST(a_folder_that_cannot_be_looked_at_has_the_outcome_of_an_object),
    TEST(leaves_a_body_that_cannot_be_read),
    TEST(tries_again_at_once_while_nothing_was_produced),
    TEST(reads_later_what_broke_in_the_middle),
    TEST(starts_all_over_when_the_version_was_replaced),
    TEST(rejects_the_damaged_tail_and_is_done),
    TEST(reads_the_line_in_which_a_damaged_object_ends),
    TEST(leaves_a_damaged_object_that_gives_no_event),
    TEST(does_not_call_a_broken_transfer_a_damaged_object),
    cmocka_unit_test_teardown(a_lane_that_waits_for_kafka_has_neither_core_nor_converter,
                              tear_down),
    TEST(yields_its_core_within_a_text),
    TEST(yields_its_core_within_a_long_line),
    TEST(a_lane_that_waits_for_the_readers_of_long_lines_has_no_core),
    TEST(counts_the_cpu_time_of_a_customer),
    TEST(stops_within_a_long_line_when_the_lease_is_lost),
    TEST(a_large_object_waits_for_a_place_and_gives_it_back),
    TEST(a_lane_that_stops_waits_for_no_place),
    TEST(leaves_a_bomb_with_one_reject),
    TEST(stops_at_a_record_of_another_class),
    TEST(returns_a_message_between_two_records),
    TEST(finishes_a_message_whose_customer_is_removed_meanwhile),
    TEST(an_object_has_the_limits_of_its_customers_configuration),
    TEST(says_at_the_last_receive_why_an_object_was_not_read),
    TEST(says_that_the_reject_of_a_last_receive_was_not_produced),
    TEST(says_that_the_rejects_of_an_unreadable_object_were_not_produced),
    TEST(says_that_a_denied_bucket_may_be_of_another_account),
    TEST(leaves_an_object_of_a_format_that_is_not_read_and_names_it),
    TEST(a_role_that_is_denied_when_s3_ended_its_session_pauses_at_once),
    TEST(pauses_the_customer_whose_role_is_denied),
    TEST(says_of_a_probe_that_it_is_one_and_what_came_of_it),
    TEST(says_why_an_object_is_read_again),
    TEST(counts_the_attempts_of_a_receive),
    TEST(reads_nothing_by_a_role_that_asks_for_no_external_id),
    TEST(looks_once_whether_the_role_asks_for_its_external_id),
    TEST(pauses_after_five_denied_keys_in_a_row),
    TEST(its_pulse_beats_with_the_bytes_that_come),
    TEST(stops_producing_when_the_lease_is_lost),
    TEST(an_object_that_takes_long_gives_its_lane_to_a_new_customer),
    TEST(a_probe_that_gives_its_lane_has_a_result),
    TEST(names_the_object_read_in_part_whose_record_is_not_delivered),
    TEST(waits_for_kafka_are_no_time_of_the_object),
    TEST(waits_for_readers_are_no_time_of_the_object),
    TEST(returns_a_message_when_the_sink_is_stopped),
    TEST(reads_later_when_a_report_is_bad),
    TEST(reports_count_on_the_customer_of_their_own_record),
    TEST(lowers_the_limit_of_a_topic_that_takes_less),
    TEST(leaves_an_object_without_events_and_rejects_it_once),
    TEST(produces_no_more_than_the_customer_may_for_its_text),
    TEST(reads_no_further_than_ten_thousand_records_without_an_event),
    TEST(reads_on_what_begins_with_garbage),
    TEST(is_done_with_an_unreadable_object_where_the_customer_says_so),
    TEST(of_an_object_that_it_accepts_no_reject_is_lost),
    TEST(leaves_what_is_mostly_no_event_with_one_reject_at_the_last_receive),
    TEST(reads_an_unreadable_object_once_and_says_the_same_at_each_receive),
    TEST(produces_the_events_of_a_bomb_once),
    TEST(produces_the_events_of_a_bomb_again_if_they_were_not_delivered),
    TEST(reads_another_version_of_what_failed),
    TEST(reads_what_failed_if_its_version_is_not_known),
    TEST(reads_what_failed_under_another_configuration),
    TEST(asks_for_no_version_of_an_object_that_did_not_fail),
    TEST(accepts_gone_objects_where_the_customer_says_so),
    TEST(says_done_when_everything_is_acknowledged_and_where_it_is),
    TEST(names_the_least_lag_where_the_clock_of_this_host_is_behind),
    TEST(names_no_more_than_eight_partitions),
    TEST(ends_each_object_of_a_message_by_itself),
    TEST(names_the_cause_and_not_what_went_with_it),
    TEST(says_that_a_missing_object_is_accepted),
    TEST(says_left_when_the_reject_is_acknowledged),
    TEST(says_that_another_version_was_read),
    TEST(names_the_object_whose_reject_is_not_delivered),
};

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
