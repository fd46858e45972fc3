/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "ops/ops_event.h"

static const struct ops_range ranges[] = {
    {.topic = "events", .partition = 3, .first = 120, .last = 190, .records = 60},
    {.topic = "rejects", .partition = 0, .first = 7, .last = 7, .records = 1},
};

static struct ops_object whole(void)
{
    return (struct ops_object){
        .customer = SPAN("acme"),
        .name = SPAN("s3://bucket/logs/a/b.gz"),
        .version = "3sL4kqtJlcpXroDTDmJ",
        .etag = "d41d8cd98f00b204e9800998ecf8427e",
        .bytes = 1000,
        .lines = 62,
        .events = 60,
        .rejects = 1,
        .records = 61,
        .ranges = ranges,
        .range_count = 2,
        .read_ms = 12,
        .total_ms = 30,
        .lag_ms = 400,
        .queue = "q",
        .message_id = "m-1",
        .receive_count = 1,
        .attempts = 1,
    };
}

static void assert_data(const struct ops_object *o, const char *want)
{
    struct buf out = BUF_INIT(OPS_EVENT_BYTES);
    ops_object_write(&out, o);
    assert_span_equal(buf_span(&out), span_str(want));
    buf_done(&out);
}

static void writes_a_cloud_event_around_its_data(void **state UNUSED)
{
    struct buf out = BUF_INIT(OPS_EVENT_BYTES);
    struct ops_stamp stamp = {.source = SPAN("urn:asymptote-ingest:worker:host-1"),
                              .started_ms = 1790000000123,
                              .number = 42,
                              .now_ms = 1790000001007};
    ops_event_write(&out, &stamp,
                    &(struct ops_event){.type = OPS_OBJECT_DONE,
                                        .customer = SPAN("acme"),
                                        .subject = SPAN("s3://bucket/a"),
                                        .data = SPAN("{\"x\":1}")});
    assert_span_equal(
        buf_span(&out),
        SPAN("{\"specversion\":\"1.0\",\"id\":\"1790000000123-42\","
             "\"source\":\"urn:asymptote-ingest:worker:host-1\","
             "\"type\":\"asymptote.ingest.object.done\",\"subject\":\"s3://bucket/a\","
             "\"time\":\"2026-09-21T14:13:21.007Z\",\"datacontenttype\":\"application/json\","
             "\"dataschema\":\"urn:asymptote-ingest:ops-events:1\",\"partitionkey\":\"acme\","
             "\"data\":{\"x\":1}}"));
    buf_done(&out);
}

static void an_event_of_the_worker_has_no_customer(void **state UNUSED)
{
    struct buf out = BUF_INIT(OPS_EVENT_BYTES);
    struct ops_stamp stamp = {.source = SPAN("s"), .started_ms = 1, .number = 1, .now_ms = 0};
    ops_event_write(&out, &stamp,
                    &(struct ops_event){.type = OPS_WORKER_STARTED, .data = SPAN("{}")});
    assert_null(strstr(out.p, "partitionkey"));
    assert_null(strstr(out.p, "subject"));
    buf_done(&out);
}

static void names_object_counts_and_offsets(void **state UNUSED)
{
    struct ops_object o = whole();
    assert_data(&o, "{\"customer\":\"acme\",\"result\":\"read\",\"bucket\":\"bucket\","
                    "\"key\":\"logs/a/b.gz\",\"version\":\"3sL4kqtJlcpXroDTDmJ\","
                    "\"etag\":\"d41d8cd98f00b204e9800998ecf8427e\",\"bytes\":1000,\"lines\":62,"
                    "\"events\":60,\"rejects\":1,\"records\":61,\"partitions\":["
                    "{\"topic\":\"events\",\"partition\":3,\"first_offset\":120,"
                    "\"last_offset\":190,\"records\":60},"
                    "{\"topic\":\"rejects\",\"partition\":0,\"first_offset\":7,"
                    "\"last_offset\":7,\"records\":1}],\"read_ms\":12,\"total_ms\":30,"
                    "\"lag_ms\":400,\"queue\":\"q\",\"message_id\":\"m-1\",\"receive_count\":1,"
                    "\"attempts\":1}");
}

static void leaves_out_what_is_not_known(void **state UNUSED)
{
    struct err why = {.kind = FAIL_GONE, .code = "NoSuchKey", .text = "s3: HTTP 404"};
    struct ops_object o = {.customer = SPAN("acme"),
                           .name = SPAN("s3://bucket/a"),
                           .accepted = FAIL_GONE,
                           .version = "",
                           .read_ms = -1,
                           .total_ms = 0,
                           .lag_ms = -1,
                           .receive_count = 2,
                           .err = &why};
    assert_data(&o, "{\"customer\":\"acme\",\"result\":\"missing\",\"bucket\":\"bucket\","
                    "\"key\":\"a\",\"bytes\":0,\"lines\":0,\"events\":0,\"rejects\":0,"
                    "\"records\":0,\"partitions\":[],\"total_ms\":0,\"receive_count\":2,"
                    "\"attempts\":0,\"error\":{\"class\":\"gone\",\"code\":\"NoSuchKey\","
                    "\"detail\":\"s3: HTTP 404\"}}");
}

static void says_that_partitions_are_left_out(void **state UNUSED)
{
    struct ops_object o = whole();
    struct buf out = BUF_INIT(OPS_EVENT_BYTES);
    o.more_ranges = true;
    ops_object_write(&out, &o);
    assert_non_null(strstr(out.p, "\"records\":1}],\"more_partitions\":true,"));
    buf_done(&out);
}

static void escapes_names_from_outside(void **state UNUSED)
{
    struct ops_object o = whole();
    struct buf out = BUF_INIT(OPS_EVENT_BYTES);
    o.name = SPAN("s3://b/x\",\"key\":\"y\n\x01\xff<script>");
    o.message_id = "\\";
    ops_object_write(&out, &o);
    assert_non_null(
        strstr(out.p, "\"key\":\"x\\\",\\\"key\\\":\\\"y\\n\\u0001\xef\xbf\xbd<script>\","));
    assert_non_null(strstr(out.p, "\"message_id\":\"\\\\\","));
    buf_done(&out);
}

static void the_longest_names_fit(void **state UNUSED)
{
    char key[6 + 64 + 1025];
    char topic[250];
    struct ops_range many[8];
    memset(key, 1, sizeof(key));
    memcpy(key, "s3://b/", 7);
    memset(topic, 't', sizeof(topic) - 1);
    topic[sizeof(topic) - 1] = '\0';
    for (size_t i = 0; i < 8; i++) {
        many[i] = (struct ops_range){topic, INT32_MAX, INT64_MAX, INT64_MAX, UINT64_MAX};
    }
    struct ops_object o = whole();
    o.name = span_of(key, sizeof(key));
    o.ranges = many;
    o.range_count = 8;
    struct buf data = BUF_INIT(OPS_EVENT_BYTES);
    struct buf out = BUF_INIT(OPS_EVENT_BYTES);
    struct ops_stamp stamp = {.source = SPAN("s")};
    ops_object_write(&data, &o);
    ops_event_write(
        &out, &stamp,
        &(struct ops_event){.type = OPS_OBJECT_DONE, .subject = o.name, .data = buf_span(&data)});
    assert_false(data.overflowed);
    assert_false(out.overflowed);
    buf_done(&data);
    buf_done(&out);
}

static void says_why_a_customer_is_paused_and_for_how_long_it_was(void **state UNUSED)
{
    struct err why = {.kind = FAIL_DENIED, .code = "AccessDenied", .text = "sts: HTTP 403"};
    struct buf out = BUF_INIT(OPS_EVENT_BYTES);
    ops_paused_write(&out, SPAN("acme"), &why, 30000);
    assert_span_equal(buf_span(&out),
                      SPAN("{\"customer\":\"acme\",\"pause_ms\":30000,\"error\":{\"class\":"
                           "\"denied\",\"code\":\"AccessDenied\",\"detail\":\"sts: HTTP 403\"}}"));
    buf_clear(&out);
    ops_resumed_write(&out, SPAN("acme"), 61000);
    assert_span_equal(buf_span(&out), SPAN("{\"customer\":\"acme\",\"paused_ms\":61000}"));
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_cloud_event_around_its_data),
        cmocka_unit_test(an_event_of_the_worker_has_no_customer),
        cmocka_unit_test(names_object_counts_and_offsets),
        cmocka_unit_test(leaves_out_what_is_not_known),
        cmocka_unit_test(says_that_partitions_are_left_out),
        cmocka_unit_test(escapes_names_from_outside),
        cmocka_unit_test(the_longest_names_fit),
        cmocka_unit_test(says_why_a_customer_is_paused_and_for_how_long_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
