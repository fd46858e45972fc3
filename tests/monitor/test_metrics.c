/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the table. integration/test_monitoring.py tests the values of a running worker. */
#include "slurp.h"
#include "testing.h"

#include "metrics_priv.h"

#include "conf/sizes.h"

enum { PAGE_BYTES = 1024 * 1024 };

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static void names_follow_the_conventions(void **state UNUSED)
{
    size_t count = 0;
    const struct metric *table = metrics_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct exposition_family *f = &table[i].family;
        assert_int_equal(strspn(f->name, "abcdefghijklmnopqrstuvwxyz_"), strlen(f->name));
        assert_true(strncmp(f->name, "asymptote_ingest_", 17) == 0 ||
                    strncmp(f->name, "process_", 8) == 0);
        assert_int_equal(ends_in(f->name, "_total"), f->kind == EXPOSITION_COUNTER);
        assert_true(ends_in(f->text, "."));
        assert_null(strpbrk(f->text, "|\n"));
        assert_non_null(table[i].labels);
        assert_non_null(table[i].write);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(table[k].family.name, f->name);
        }
    }
}

static void labels_are_names_of_the_configuration_or_our_words(void **state UNUSED)
{
    static const char known[] = " customer queue outcome class reason result state call version "
                                "commit rules librdkafka party part ";
    size_t count = 0;
    const struct metric *table = metrics_table(&count);
    for (size_t i = 0; i < count; i++) {
        for (const char *p = table[i].labels; *p != '\0'; p += strspn(p, ", ")) {
            char word[32];
            size_t n = strcspn(p, ",");
            (void)snprintf(word, sizeof(word), " %.*s ", (int)n, p);
            assert_non_null(strstr(known, word));
            p += n;
        }
    }
}

static void the_table_in_the_documents_is_current(void **state UNUSED)
{
    struct buf want = BUF_INIT(PAGE_BYTES);
    struct buf page = BUF_INIT(PAGE_BYTES);
    metrics_reference(&want);
    slurp(PROJECT_SOURCE "/docs/monitoring.md", &page);
    if (strstr(page.p, want.p) == NULL) {
        fail_msg("the table of docs/monitoring.md is out of date: scripts/pages");
    }
    buf_done(&want);
    buf_done(&page);
}

static size_t count_of(const struct buf *page, const char *text);

/* The words of the log: docs/glossary.md. */
static void a_call_has_the_name_that_it_has_in_the_log(void **state UNUSED)
{
    static struct snapshot s;
    static struct snapshot_queue queue;
    struct buf page = BUF_INIT(PAGE_BYTES);
    queue.name = "q";
    queue.has_traffic = true;
    s.queues = &queue;
    s.queue_count = 1;
    metrics_write(&s, &page);
    assert_int_equal(count_of(&page, "calls_failed_total{queue=\"q\",call=\"heartbeat\"} 0"), 1);
    buf_done(&page);
}

/* Also those that nothing else shows, because they were short. */
static void outages_that_began_are_counted_by_their_party(void **state UNUSED)
{
    static struct snapshot s;
    static struct snapshot_queue queue;
    static struct snapshot_customer customers[2];
    struct buf page = BUF_INIT(PAGE_BYTES);
    queue = (struct snapshot_queue){.name = "q", .outages = 3};
    customers[0].id = SPAN("idle");
    customers[1].id = SPAN("acme");
    customers[1].state.outages_begun[CUSTOMER_S3] = 2;
    s.kafka.outages = 5;
    s.queues = &queue;
    s.queue_count = 1;
    s.customers = customers;
    s.customer_count = 2;
    metrics_write(&s, &page);
    assert_int_equal(count_of(&page, "\nasymptote_ingest_kafka_outages_begun_total 5\n"), 1);
    assert_int_equal(count_of(&page, "queue_outages_begun_total{queue=\"q\"} 3\n"), 1);
    assert_int_equal(count_of(&page, "outages_begun_total{customer=\"acme\",party=\"s3\"} 2\n"), 1);
    assert_int_equal(count_of(&page, "outages_begun_total{customer=\"acme\",party=\"role\"} 0\n"),
                     1);
    assert_int_equal(count_of(&page, "outages_begun_total{customer=\"acme\""), CUSTOMER_PARTIES);
    assert_int_equal(count_of(&page, "outages_begun_total{customer=\"idle\""), 0);
    buf_done(&page);
}

static void a_backlog_is_shown_of_each_queue_where_it_is_known(void **state UNUSED)
{
    static struct snapshot s;
    static struct snapshot_queue queues[2];
    struct buf page = BUF_INIT(PAGE_BYTES);
    queues[0] = (struct snapshot_queue){.name = "a", .backlog = {10, 2, 1, 90500}};
    queues[1] = (struct snapshot_queue){.name = "b", .backlog = {-1, 3, 0, -1}};
    s.backlog = (struct backlog){10, 5, 1, 90500};
    s.queues = queues;
    s.queue_count = 2;
    s.kafka.lost_brokers = 2;
    metrics_write(&s, &page);
    assert_int_equal(
        count_of(&page, "\nasymptote_ingest_backlog{queue=\"a\",part=\"visible\"} 10\n"), 1);
    assert_int_equal(count_of(&page, "backlog_age_seconds{queue=\"a\"} 90.500\n"), 1);
    assert_int_equal(count_of(&page, "backlog{queue=\"b\",part=\"visible\"}"), 0);
    assert_int_equal(count_of(&page, "backlog{queue=\"b\",part=\"inbox\"} 3\n"), 1);
    assert_int_equal(count_of(&page, "backlog{queue=\"a\",part=\"over_share\"} 1\n"), 1);
    assert_int_equal(count_of(&page, "backlog_age_seconds{queue=\"b\"}"), 0);
    assert_int_equal(count_of(&page, "\nasymptote_ingest_total_backlog{part=\"inbox\"} 5\n"), 1);
    assert_int_equal(count_of(&page, "\nasymptote_ingest_max_backlog_age_seconds 90.500\n"), 1);
    assert_int_equal(count_of(&page, "\nasymptote_ingest_kafka_brokers_unreachable 2\n"), 1);
    buf_done(&page);
}

static size_t count_of(const struct buf *page, const char *text)
{
    size_t n = 0;
    for (const char *at = page->p; (at = strstr(at, text)) != NULL; at++) {
        n++;
    }
    return n;
}

/* Ten thousand customers of which ten have traffic must not cost ten thousand times as much. */
static void a_customer_without_traffic_has_no_series(void **state UNUSED)
{
    static struct snapshot s;
    static struct snapshot_customer customers[4];
    struct buf page = BUF_INIT(PAGE_BYTES);
    customers[0].id = SPAN("idle");
    customers[1].id = SPAN("failing");
    customers[2].id = SPAN("busy");
    customers[3].id = SPAN("paused");
    stats_add(&customers[1].stats.objects_later, 1);
    stats_add(&customers[1].stats.errors[FAIL_DENIED], 1);
    stats_add(&customers[2].stats.rejects[REJECT_BAD_JSON],
              1); /* its first object is not finished */
    lag_add(&customers[2].stats.lag, 10);
    customers[3].state.paused = 1;
    for (size_t i = 0; i < 4; i++) {
        customers[i].has_traffic = snapshot_has_traffic(&customers[i]);
    }
    s.customers = customers;
    s.customer_count = 4;
    metrics_write(&s, &page);
    assert_int_equal(count_of(&page, "customer=\"idle\""), 0);
    assert_int_equal(count_of(&page, "asymptote_ingest_customers 4\n"), 1);
    assert_int_equal(count_of(&page, "delivery_lag_seconds_bucket{customer=\"failing\""), 0);
    assert_int_equal(count_of(&page, "object_errors_total{customer=\"failing\""), FAIL_KINDS - 1);
    assert_int_equal(count_of(&page, "rejects_total{customer=\"failing\""), REJECT_REASONS);
    assert_int_equal(count_of(&page, "delivery_lag_seconds_bucket{customer=\"busy\""),
                     LAG_BOUNDS + 1);
    assert_int_equal(count_of(&page, "rejects_total{customer=\"busy\""), REJECT_REASONS);
    assert_int_equal(count_of(&page, "paused{customer=\"paused\"} 1\n"), 1);
    assert_int_equal(count_of(&page, "objects_total{customer=\"paused\""), 4);
    assert_int_equal(count_of(&page, "rejects_total{customer=\"paused\""), 0);
    buf_done(&page);
}

static void each_counter_and_each_state_is_traffic_but_not_a_probe(void **state UNUSED)
{
    struct snapshot_customer c;
    for (size_t at = 0; at < sizeof(c.stats); at += sizeof(stats_count)) {
        memset(&c, 0, sizeof(c));
        assert_false(snapshot_has_traffic(&c));
        stats_add((stats_count *)(void *)((char *)&c.stats + at), 1);
        bool idle =
            at == offsetof(struct stats, probed_ms) || at == offsetof(struct stats, reconciled_ms);
        assert_int_equal(snapshot_has_traffic(&c), !idle);
    }
    for (size_t at = 0; at < sizeof(c.state); at += sizeof(uint64_t)) {
        memset(&c, 0, sizeof(c));
        *(uint64_t *)(void *)((char *)&c.state + at) = 1;
        assert_true(snapshot_has_traffic(&c));
    }
}

static void a_queue_without_messages_has_few_series(void **state UNUSED)
{
    enum { IDLE_SERIES = 12 };
    static struct snapshot s;
    static struct snapshot_queue queues[2];
    struct buf page = BUF_INIT(PAGE_BYTES);
    queues[0].name = "idle";
    queues[1].name = "busy";
    stats_add(&queues[0].polls.receives[RECEIVE_EMPTY], 5);
    queues[1].has_traffic = true;
    s.queues = queues;
    s.queue_count = 2;
    metrics_write(&s, &page);
    assert_int_equal(count_of(&page, "{queue=\"idle\""), IDLE_SERIES);
    assert_int_equal(count_of(&page, "receives_total{queue=\"idle\",result=\"empty\"} 5\n"), 1);
    assert_in_range(count_of(&page, "{queue=\"busy\""), IDLE_SERIES + 1, 24);
    buf_done(&page);
}

/* A time of 1970 would be an alert. */
static void a_time_is_absent_until_there_is_one(void **state UNUSED)
{
    static struct snapshot s;
    static struct snapshot_customer customers[2];
    static struct snapshot_queue queues[2];
    struct buf page = BUF_INIT(PAGE_BYTES);
    customers[0].id = SPAN("idle");
    customers[1].id = SPAN("busy");
    queues[0].name = "q-idle";
    queues[1].name = "q-busy";
    stats_set(&customers[1].stats.notified_ms, 1500);
    stats_set(&customers[1].stats.delivered_ms, 2500);
    stats_set(&queues[1].polls.received_ms, 3500);
    customers[1].has_traffic = snapshot_has_traffic(&customers[1]);
    s.customers = customers;
    s.queues = queues;
    s.customer_count = s.queue_count = 2;
    metrics_write(&s, &page);
    assert_int_equal(count_of(&page, "_timestamp_seconds{customer=\"idle\""), 0);
    assert_int_equal(count_of(&page, "_timestamp_seconds{queue=\"q-idle\""), 0);
    assert_int_equal(
        count_of(&page, "last_own_notification_timestamp_seconds{customer=\"busy\"} 1.5"), 1);
    assert_int_equal(count_of(&page, "last_delivery_timestamp_seconds{customer=\"busy\"} 2.5"), 1);
    assert_int_equal(count_of(&page, "last_notification_timestamp_seconds{queue=\"q-busy\"} 3.5"),
                     1);
    buf_done(&page);
}

/* The numbers of docs/monitoring.md, and of the memory plan. */
static void a_customer_has_no_more_series_and_bytes_than_planned(void **state UNUSED)
{
    enum { SERIES_MAX = 83 };
    static struct snapshot s;
    static struct snapshot_customer customer;
    struct buf page = BUF_INIT(PAGE_BYTES);
    s.customers = &customer;
    s.customer_count = 1;
    customer.id = SPAN("a-customer-whose-id-has-forty-characters");
    memset(&customer.stats, 0x7f, sizeof(customer.stats));
    memset(&customer.state, 0x7f, sizeof(customer.state));
    metrics_write(&s, &page);
    size_t before = page.n;
    buf_clear(&page);
    customer.has_traffic = true;
    metrics_write(&s, &page);
    assert_in_range(count_of(&page, "{customer=\"a-customer"), SERIES_MAX / 2, SERIES_MAX);
    assert_in_range(page.n - before, 1, PAGE_CUSTOMER_BYTES);
    buf_done(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_follow_the_conventions),
        cmocka_unit_test(labels_are_names_of_the_configuration_or_our_words),
        cmocka_unit_test(the_table_in_the_documents_is_current),
        cmocka_unit_test(a_time_is_absent_until_there_is_one),
        cmocka_unit_test(a_customer_has_no_more_series_and_bytes_than_planned),
        cmocka_unit_test(a_call_has_the_name_that_it_has_in_the_log),
        cmocka_unit_test(outages_that_began_are_counted_by_their_party),
        cmocka_unit_test(a_customer_without_traffic_has_no_series),
        cmocka_unit_test(a_backlog_is_shown_of_each_queue_where_it_is_known),
        cmocka_unit_test(each_counter_and_each_state_is_traffic_but_not_a_probe),
        cmocka_unit_test(a_queue_without_messages_has_few_series),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
