/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "event/record/otlp.h"
#include "event/record/shape.h"

static struct json_reader *reader;
static struct pathset names;

static int set_up(void **state)
{
    (void)state;
    reader = json_reader_new(1 << 20);
    pathset_init(&names, 1);
    record_index_names(&names);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    json_reader_free(reader);
    pathset_done(&names);
    return 0;
}

static struct doc read(const char *text)
{
    struct doc d;
    struct span rest = span_str(text);
    assert_int_equal(json_scan(reader, &rest, &d, NULL), FAIL_NONE);
    return d;
}

/* Compare all records of a request, with a blank after each. */
static void check(const char *request, size_t count, const char *want)
{
    struct doc d = read(request);
    struct buf text = BUF_INIT(1 << 16);
    struct buf all = BUF_INIT(1 << 16);
    struct otlp o;
    size_t others = 0;
    struct record_index record_index;
    record_index_of(&names, &d, DOC_ROOT, &record_index);
    assert_int_equal(shape_of(&d, &record_index), SHAPE_OTLP);
    assert_int_equal(otlp_count(&d, DOC_ROOT, &others), count);
    otlp_start(&o, &d, DOC_ROOT);
    while (otlp_next(&o, &text)) {
        buf_add(&all, buf_span(&text));
        buf_add_byte(&all, ' ');
    }
    assert_span_equal(buf_span(&all), span_str(want));
    buf_done(&text);
    buf_done(&all);
}

static void one_record_per_log_with_its_resource_and_scope(void **state)
{
    (void)state;
    check("{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{"
          "\"stringValue\":\"x\"}}]},\"scopeLogs\":[{\"scope\":{\"name\":\"s\"},\"logRecords\":["
          "{\"timeUnixNano\":\"1\",\"body\":{\"stringValue\":\"b\"},\"attributes\":[]},"
          "{\"severityNumber\":9}]},{\"logRecords\":[{\"body\":{}}]}]}]}",
          3,
          "{\"resource\":{\"attributes\":{\"service.name\":\"x\"}},\"scope\":{\"name\":\"s\"},"
          "\"timeUnixNano\":\"1\",\"body\":\"b\",\"attributes\":{}} "
          "{\"resource\":{\"attributes\":{\"service.name\":\"x\"}},\"scope\":{\"name\":\"s\"},"
          "\"severityNumber\":9} "
          "{\"resource\":{\"attributes\":{\"service.name\":\"x\"}},\"body\":null} ");
}

static void every_any_value_becomes_its_value(void **state)
{
    (void)state;
    check("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"attributes\":["
          "{\"key\":\"s\",\"value\":{\"stringValue\":\"\\u0041\"}},"
          "{\"key\":\"i\",\"value\":{\"intValue\":\"-9223372036854775808\"}},"
          "{\"key\":\"j\",\"value\":{\"intValue\":7}},"
          "{\"key\":\"k\",\"value\":{\"intValue\":\"07\"}},"
          "{\"key\":\"d\",\"value\":{\"doubleValue\":1.50}},"
          "{\"key\":\"n\",\"value\":{\"doubleValue\":\"NaN\"}},"
          "{\"key\":\"b\",\"value\":{\"boolValue\":false}},"
          "{\"key\":\"y\",\"value\":{\"bytesValue\":\"AQI=\"}},"
          "{\"key\":\"a\",\"value\":{\"arrayValue\":{\"values\":[{\"intValue\":\"1\"},{}]}}},"
          "{\"key\":\"e\",\"value\":{\"arrayValue\":{}}},"
          "{\"key\":\"m\",\"value\":{\"kvlistValue\":{\"values\":[{\"key\":\"x\",\"value\":{"
          "\"stringValue\":\"y\"}}]}}},"
          "{\"key\":\"v\"},{\"value\":{\"intValue\":1}},5]}]}]}]}",
          1,
          "{\"resource\":{\"attributes\":{}},\"attributes\":{\"s\":\"\\u0041\","
          "\"i\":-9223372036854775808,\"j\":7,\"k\":\"07\",\"d\":1.50,\"n\":\"NaN\",\"b\":false,"
          "\"y\":\"AQI=\",\"a\":[1,null],\"e\":[],\"m\":{\"x\":\"y\"},\"v\":null,"
          "\"#12\":{\"value\":{\"intValue\":1}},\"#13\":5}} ");
}

static void one_record_per_data_point_with_its_metric(void **state)
{
    (void)state;
    check(
        "{\"resourceMetrics\":[{\"resource\":{},\"scopeMetrics\":[{\"metrics\":["
        "{\"name\":\"m\",\"unit\":\"1\",\"sum\":{\"dataPoints\":[{\"asInt\":\"3\"},{\"asInt\":4}],"
        "\"aggregationTemporality\":1,\"isMonotonic\":true}},"
        "{\"name\":\"empty\"},"
        "{\"name\":\"g\",\"description\":\"d\",\"gauge\":{\"dataPoints\":[{\"asDouble\":0.5}]}}"
        "]}]}]}",
        3,
        "{\"resource\":{\"attributes\":{}},\"metric\":{\"type\":\"sum\",\"name\":\"m\",\"unit\":"
        "\"1\",\"aggregationTemporality\":1,\"isMonotonic\":true},\"asInt\":\"3\"} "
        "{\"resource\":{\"attributes\":{}},\"metric\":{\"type\":\"sum\",\"name\":\"m\",\"unit\":"
        "\"1\",\"aggregationTemporality\":1,\"isMonotonic\":true},\"asInt\":4} "
        "{\"resource\":{\"attributes\":{}},\"metric\":{\"type\":\"gauge\",\"name\":\"g\","
        "\"description\":\"d\"},\"asDouble\":0.5} ");
}

static void a_metric_with_two_types_gives_the_points_of_each(void **state)
{
    (void)state;
    check("{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\",\"sum\":{"
          "\"dataPoints\":"
          "[{\"asInt\":1}]},\"gauge\":{\"dataPoints\":[{\"asInt\":2},{\"asInt\":3}]}}]}]}]}",
          3,
          "{\"resource\":{\"attributes\":{}},\"metric\":{\"type\":\"gauge\",\"name\":\"m\"},"
          "\"asInt\":2} "
          "{\"resource\":{\"attributes\":{}},\"metric\":{\"type\":\"gauge\",\"name\":\"m\"},"
          "\"asInt\":3} "
          "{\"resource\":{\"attributes\":{}},\"metric\":{\"type\":\"sum\",\"name\":\"m\"},"
          "\"asInt\":1} ");
}

static void keeps_the_order_of_the_document_over_all_signals(void **state)
{
    (void)state;
    check("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"1\"}]}]}],"
          "\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"gauge\":{\"dataPoints\":[{"
          "\"asInt\":2}]}}]}]}],"
          "\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":3}]}]}]}",
          3,
          "{\"resource\":{\"attributes\":{}},\"name\":\"1\"} "
          "{\"resource\":{\"attributes\":{}},\"metric\":{\"type\":\"gauge\"},\"asInt\":2} "
          "{\"resource\":{\"attributes\":{}},\"body\":3} ");
}

static void odd_requests_give_no_records(void **state)
{
    (void)state;
    check("{\"resourceLogs\":[]}", 0, "");
    check("{\"resourceLogs\":[null,5,{\"scopeLogs\":5},{\"scopeLogs\":[{\"logRecords\":{}}]}]}", 0,
          "");
    check("{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"sum\":[]},5]}]}]}", 0, "");
}

static void a_single_record_is_made_plain_only_if_it_must(void **state)
{
    (void)state;
    struct buf text = BUF_INIT(1 << 16);
    struct doc d =
        read("{\"attributes\":{\"a\":1},\"body\":\"b\",\"resource\":{\"attributes\":{}}}");
    assert_false(otlp_plain(&d, DOC_ROOT, &text));
    d = read("{\"attributes\":[{\"key\":\"a\",\"value\":{\"intValue\":\"1\"}}],\"body\":{"
             "\"stringValue\":\"b\"},\"resource\":{\"x\":1,\"attributes\":[]}}");
    assert_true(otlp_plain(&d, DOC_ROOT, &text));
    assert_span_equal(buf_span(&text),
                      SPAN("{\"attributes\":{\"a\":1},\"body\":\"b\",\"resource\":{"
                           "\"x\":1,\"attributes\":{}}}"));
    buf_done(&text);
}

static void knows_how_a_request_begins(void **state UNUSED)
{
    static const struct {
        const char *text;
        bool begins;
    } cases[] = {{"{\"resourceLogs\":[", true},
                 {" {\n \"resource_spans\" :", true},
                 {"{\"resourceMetrics\"", true},
                 {"{\"resourceLogs", false},
                 {"{\"resource\":", false},
                 {"[{\"resourceLogs\":", false},
                 {"{\"a\":\"resourceLogs\"", false},
                 {"{", false},
                 {"", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (otlp_begins(span_str(cases[i].text)) != cases[i].begins) {
            fail_msg("%s", cases[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_record_per_log_with_its_resource_and_scope),
        cmocka_unit_test(every_any_value_becomes_its_value),
        cmocka_unit_test(one_record_per_data_point_with_its_metric),
        cmocka_unit_test(a_metric_with_two_types_gives_the_points_of_each),
        cmocka_unit_test(keeps_the_order_of_the_document_over_all_signals),
        cmocka_unit_test(odd_requests_give_no_records),
        cmocka_unit_test(knows_how_a_request_begins),
        cmocka_unit_test(a_single_record_is_made_plain_only_if_it_must),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
