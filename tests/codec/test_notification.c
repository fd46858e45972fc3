/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies are files: tests/vectors/notification/<case>/in, with the expected records in want. */
#include "slurp.h"

#include "codec/notification.h"

static void add_record(struct buf *out, const struct notification_record *r)
{
    static const char *const what[] = {"created", "other", "test"};
    buf_addf(out, "%s bucket=[%.*s] key=[%.*s] version=[%.*s] etag=[%.*s] ", what[r->what],
             SPAN_FMT(r->bucket), SPAN_FMT(r->key), SPAN_FMT(r->version_id), SPAN_FMT(r->etag));
    buf_addf(out, "region=[%.*s] sequencer=[%.*s] account=[%.*s] size=%lld time=%lld\n",
             SPAN_FMT(r->region), SPAN_FMT(r->sequencer), SPAN_FMT(r->account), (long long)r->size,
             (long long)r->event_ms);
}

static void check_case(const char *name, struct span in, struct span want)
{
    static const char *const forms[] = {"s3", "sns", "eventbridge"};
    struct buf got = BUF_INIT(SLURP_MAX_BYTES);
    struct err e = {0};
    OWNED(notification) struct notification *n = notification_read(in, &e);
    if (n == NULL) {
        assert_int_equal(e.kind, FAIL_DATA);
        buf_addf(&got, "error %s\n", e.text);
    } else {
        buf_addf(&got, "form=%s stray=%zu\n", forms[n->form], n->stray_percents);
        for (size_t i = 0; i < n->count; i++) {
            add_record(&got, &n->records[i]);
        }
    }
    if (!span_eq(buf_span(&got), want)) {
        print_error("case %s\n", name);
    }
    assert_span_equal(buf_span(&got), want);
    buf_done(&got);
}

static void reads_every_form_and_refuses_the_rest(void **state UNUSED)
{
    slurp_cases(TEST_VECTORS "/notification", check_case);
}

static void add_shortest_records(struct buf *body, int count)
{
    buf_add(body, SPAN("{\"Records\":["));
    for (int i = 0; i < count; i++) {
        buf_addf(body,
                 "%s{\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"b\"}"
                 ",\"object\":{\"key\":\"%d\"}}}",
                 i > 0 ? "," : "", i);
    }
    buf_add(body, SPAN("]}"));
}

static void reads_ten_thousand_records(void **state UNUSED)
{
    struct err e = {0};
    struct buf body = BUF_INIT(NOTIFICATION_BODY_BYTES);
    add_shortest_records(&body, 10000);
    assert_false(body.overflowed);
    OWNED(notification) struct notification *n = notification_read(buf_span(&body), &e);
    assert_non_null(n);
    assert_int_equal(n->count, 10000);
    assert_span_equal(n->records[9999].key, SPAN("9999"));
    buf_done(&body);
}

/* Records that name no object are shorter. What a notification takes is bounded. */
static void refuses_more_records_than_may_name_objects(void **state UNUSED)
{
    struct err e = {0};
    struct buf body = BUF_INIT(NOTIFICATION_BODY_BYTES);
    buf_add(&body, SPAN("{\"Records\":["));
    for (int i = 0; i < NOTIFICATION_RECORDS; i++) {
        buf_addf(&body, "%s{\"eventName\":\"\"}", i > 0 ? "," : "");
    }
    size_t most = body.n;
    buf_add(&body, SPAN("]}"));
    OWNED(notification) struct notification *n = notification_read(buf_span(&body), &e);
    assert_non_null(n);
    assert_int_equal(n->count, NOTIFICATION_RECORDS);
    assert_in_range(notification_bytes(n), body.n + n->count * sizeof(*n->records),
                    NOTIFICATION_MAX_BYTES);
    body.n = most;
    buf_add(&body, SPAN(",{\"eventName\":\"\"}]}"));
    assert_null(notification_read(buf_span(&body), &e));
    assert_non_null(strstr(e.text, "more than 12500 records"));
    buf_done(&body);
}

/* more: further members of the object. */
static void add_object(struct buf *body, const char *key, const char *more)
{
    buf_add(body, body->n == 0 ? SPAN("{\"Records\":[") : SPAN(","));
    buf_addf(body,
             "{\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"b\"},"
             "\"object\":{\"key\":\"%s\"%s}}}",
             key, more);
}

static void names_each_object_once(void **state UNUSED)
{
    struct err e = {0};
    struct buf body = BUF_INIT(4096);
    add_object(&body, "x", "");
    add_object(&body, "a", "");
    add_object(&body, "x", "");
    add_object(&body, "a", ",\"versionId\":\"1\",\"eTag\":\"e\"");
    add_object(&body, "a", ",\"versionId\":\"2\"");
    add_object(&body, "a", ",\"versionId\":\"1\"");
    add_object(&body, "a", ",\"eTag\":\"e\"");
    add_object(&body, "%61", "");
    buf_add(&body, SPAN("]}"));
    OWNED(notification) struct notification *n = notification_read(buf_span(&body), &e);
    buf_done(&body);
    assert_non_null(n);
    assert_int_equal(n->count, 5);
    assert_int_equal(n->repeats, 3);
    assert_span_equal(n->records[0].key, SPAN("x"));
    assert_span_equal(n->records[1].key, SPAN("a"));
    assert_span_equal(n->records[2].version_id, SPAN("1"));
    assert_span_equal(n->records[3].version_id, SPAN("2"));
    assert_span_equal(n->records[4].etag, SPAN("e"));
}

static void equal_records_of_other_events_stay(void **state UNUSED)
{
    struct err e = {0};
    OWNED(notification)
    struct notification *n =
        notification_read(SPAN("{\"Records\":[{\"eventName\":\"ObjectRemoved:Delete\"},{"
                               "\"eventName\":\"ObjectRemoved:Delete\"}]}"),
                          &e);
    assert_non_null(n);
    assert_int_equal(n->count, 2);
}

static void refuses_a_body_that_would_cost_too_much(void **state UNUSED)
{
    struct err e = {0};
    struct buf body = BUF_INIT(NOTIFICATION_BODY_BYTES + 1);
    for (int i = 0; i < 60000; i++) {
        buf_add(&body, i == 0 ? SPAN("[{}") : SPAN(",{}"));
    }
    buf_add_byte(&body, ']');
    assert_null(notification_read(buf_span(&body), &e));
    assert_string_equal(e.text, "notification: JSON: more than 50000 objects and lists");

    while (!body.overflowed) {
        buf_add_byte(&body, ' ');
    }
    assert_null(notification_read(buf_span(&body), &e));
    assert_int_equal(e.kind, FAIL_DATA);
    buf_done(&body);
}

static void brackets_within_texts_cost_nothing(void **state UNUSED)
{
    struct err e = {0};
    struct buf body = BUF_INIT(NOTIFICATION_BODY_BYTES);
    buf_add(&body, SPAN("{\"x\":\"\\\""));
    for (int i = 0; i < 60000; i++) {
        buf_add(&body, SPAN("[{"));
    }
    buf_add(&body, SPAN("\",\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{"
                        "\"name\":\"b\"},\"object\":{\"key\":\"k\"}}}]}"));
    OWNED(notification) struct notification *n = notification_read(buf_span(&body), &e);
    assert_non_null(n);
    buf_done(&body);
}

static void every_prefix_of_a_body_is_refused(void **state UNUSED)
{
    struct buf body = BUF_INIT(4096);
    add_shortest_records(&body, 3);
    for (size_t n = 0; n < body.n; n++) {
        struct err e = {0};
        assert_null(notification_read(span_of(body.p, n), &e));
        assert_int_equal(e.kind, FAIL_DATA);
    }
    buf_done(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_form_and_refuses_the_rest),
        cmocka_unit_test(reads_ten_thousand_records),
        cmocka_unit_test(refuses_more_records_than_may_name_objects),
        cmocka_unit_test(names_each_object_once),
        cmocka_unit_test(equal_records_of_other_events_stay),
        cmocka_unit_test(refuses_a_body_that_would_cost_too_much),
        cmocka_unit_test(brackets_within_texts_cost_nothing),
        cmocka_unit_test(every_prefix_of_a_body_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
