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

/* What is compared of `struct otlp_missed`, and the number of records around which is more. */
struct missed {
    size_t others, unread, dropped;
};

static void check_all(const char *request, size_t count, const char *want, struct missed beside)
{
    struct doc d = read(request);
    struct buf text = BUF_INIT(1 << 16);
    struct buf all = BUF_INIT(1 << 16);
    struct otlp o;
    struct otlp_missed missed;
    size_t dropped = 0;
    struct record_index record_index;
    record_index_of(&names, &d, DOC_ROOT, &record_index);
    assert_int_equal(shape_of(&d, &record_index), SHAPE_OTLP);
    assert_int_equal(otlp_count(&d, DOC_ROOT, 0, &missed), count);
    otlp_start(&o, &d, DOC_ROOT, 0);
    while (otlp_next(&o, &text)) {
        buf_add(&all, buf_span(&text));
        buf_add_byte(&all, ' ');
        dropped += otlp_dropped(&o) ? 1 : 0;
    }
    assert_span_equal(buf_span(&all), span_str(want));
    assert_int_equal(missed.others, beside.others);
    assert_int_equal(missed.unread, beside.unread);
    assert_int_equal(dropped, beside.dropped);
    assert_int_equal(o.missed.others, missed.others);
    buf_done(&text);
    buf_done(&all);
}

/* Compare all records of a request, with a blank after each. It has nothing else. */
static void check(const char *request, size_t count, const char *want)
{
    check_all(request, count, want, (struct missed){0});
}

/* A request of which the records are {"a":1}, {"a":2} and so on, and what else it has. */
static void check_numbers(const char *request, const char *want, struct missed beside)
{
    struct doc d = read(request);
    struct buf text = BUF_INIT(1 << 16);
    struct buf all = BUF_INIT(1 << 16);
    struct otlp o;
    size_t dropped = 0;
    otlp_start(&o, &d, DOC_ROOT, 0);
    while (otlp_next(&o, &text)) {
        size_t a = doc_member(&d, o.record, SPAN("a"));
        buf_add(&all, a != 0 ? doc_source(&d, a) : SPAN("?"));
        dropped += otlp_dropped(&o) ? 1 : 0;
    }
    if (!span_eq(buf_span(&all), span_str(want)) || o.missed.others != beside.others ||
        o.missed.unread != beside.unread || dropped != beside.dropped) {
        fail_msg("%s: %.*s, others %zu, unread %zu, dropped %zu", request, SPAN_FMT(buf_span(&all)),
                 o.missed.others, o.missed.unread, dropped);
    }
    buf_done(&text);
    buf_done(&all);
}

static void one_record_per_log_with_its_resource_and_scope(void **state)
{
    (void)state;
    check("{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{"
          "\"stringValue\":\"x\"}}]},\"scopeLogs\":[{\"scope\":{\"name\":\"s\"},\"logRecords\":["
          "{\"timeUnixNano\":\"1\",\"body\":{\"stringValue\":\"b\"},\"attributes\":[]},"
          "{\"severityNumber\":9}]},{\"logRecords\":[{\"body\":{},\"flags\":1}]}]}]}",
          3,
          "{\"resource\":{\"attributes\":{\"service.name\":\"x\"}},\"scope\":{\"name\":\"s\"},"
          "\"timeUnixNano\":\"1\",\"body\":\"b\",\"attributes\":{}} "
          "{\"resource\":{\"attributes\":{\"service.name\":\"x\"}},\"scope\":{\"name\":\"s\"},"
          "\"severityNumber\":9} "
          "{\"resource\":{\"attributes\":{\"service.name\":\"x\"}},\"body\":null,\"flags\":1} ");
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

/* Keys that look like the number of an element without a key: none of both is lost. */
static void numbers_of_attributes_are_no_keys_of_others(void **state)
{
    (void)state;
    check("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"attributes\":["
          "{\"value\":1},{\"value\":2},{\"key\":\"#1\",\"value\":3},{\"key\":\"##1x\",\"value\":4}]"
          "}]}]}]}",
          1,
          "{\"resource\":{\"attributes\":{}},\"attributes\":{\"##0\":{\"value\":1},"
          "\"##1\":{\"value\":2},\"#1\":3,\"##1x\":4}} ");
    check(
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"attributes\":["
        "{\"key\":\"\\u0023#7\",\"value\":3},{\"value\":1},{\"key\":\"#0\",\"value\":4,\"x\":5}]}]}"
        "]}]}",
        1,
        "{\"resource\":{\"attributes\":{}},\"attributes\":{\"\\u0023#7\":3,\"###1\":{\"value\":1},"
        "\"#0\":4,\"###2\":{\"key\":\"#0\",\"value\":4,\"x\":5}}} ");
    check("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"attributes\":["
          "{\"key\":\"##0\",\"value\":3},{\"key\":\"#\",\"value\":4},{\"value\":1}]}]}]}]}",
          1,
          "{\"resource\":{\"attributes\":{}},\"attributes\":{\"##0\":3,\"#\":4,"
          "\"#2\":{\"value\":1}}} ");
}

static void one_record_per_data_point_with_its_metric(void **state)
{
    (void)state;
    check_all(
        "{\"resourceMetrics\":[{\"resource\":{},\"scopeMetrics\":[{\"metrics\":["
        "{\"name\":\"m\",\"unit\":\"1\",\"sum\":{\"dataPoints\":[{\"asInt\":\"3\"},{\"asInt\":4}],"
        "\"aggregationTemporality\":1,\"isMonotonic\":true}},"
        "{\"name\":\"empty\"},{\"name\":\"no points\",\"sum\":{\"dataPoints\":[]}},"
        "{\"name\":\"g\",\"description\":\"d\",\"gauge\":{\"dataPoints\":[{\"asDouble\":0.5}]}}"
        "]}]}]}",
        3,
        "{\"resource\":{\"attributes\":{}},\"metric\":{\"type\":\"sum\",\"name\":\"m\",\"unit\":"
        "\"1\",\"aggregationTemporality\":1,\"isMonotonic\":true},\"asInt\":\"3\"} "
        "{\"resource\":{\"attributes\":{}},\"metric\":{\"type\":\"sum\",\"name\":\"m\",\"unit\":"
        "\"1\",\"aggregationTemporality\":1,\"isMonotonic\":true},\"asInt\":4} "
        "{\"resource\":{\"attributes\":{}},\"metric\":{\"type\":\"gauge\",\"name\":\"g\","
        "\"description\":\"d\"},\"asDouble\":0.5} ",
        (struct missed){.others = 2});
}

static void a_metric_with_two_types_gives_the_points_of_each(void **state)
{
    (void)state;
    check("{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\",\"sum\":{"
          "\"dataPoints\":"
          "[{\"asInt\":1}]},\"gauge\":{\"dataPoints\":[{\"asInt\":2},{\"asInt\":3}]}}]}]}]}",
          3,
          "{\"resource\":{\"attributes\":{}},\"metric\":{\"type\":\"sum\",\"name\":\"m\"},"
          "\"asInt\":1} "
          "{\"resource\":{\"attributes\":{}},\"metric\":{\"type\":\"gauge\",\"name\":\"m\"},"
          "\"asInt\":2} "
          "{\"resource\":{\"attributes\":{}},\"metric\":{\"type\":\"gauge\",\"name\":\"m\"},"
          "\"asInt\":3} ");
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

static void odd_requests_give_no_records(void **state UNUSED)
{
    check("{\"resourceLogs\":[]}", 0, "");
    check_all("{\"resourceLogs\":[null,5,{\"scopeLogs\":5},{\"scopeLogs\":[{\"logRecords\":{}}]}]}",
              0, "", (struct missed){.others = 3, .unread = 1});
    check_all("{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"sum\":[]},5]}]}]}", 0, "",
              (struct missed){.others = 2});
}

#define LOGS(members) "{\"resourceLogs\":[{\"scopeLogs\":[{" members "}]}]}"
#define METRICS(members)                                                                           \
    "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{" members "}]}]}]}"

static void reads_the_lists_of_all_spellings_in_their_order(void **state UNUSED)
{
    static const char *const requests[] = {
        LOGS("\"logRecords\":[{\"a\":1}],\"log_records\":[{\"a\":2}],\"logs\":[{\"a\":3}]"),
        LOGS("\"logs\":[{\"a\":1}],\"logRecords\":[{\"a\":2},{\"a\":3}]"),
        LOGS("\"spans\":[{\"a\":1}],\"logRecords\":[{\"a\":2}],\"metrics\":[{\"gauge\":{"
             "\"dataPoints\":[{\"a\":3}]}}]"),
        METRICS("\"sum\":{\"dataPoints\":[{\"a\":1}],\"data_points\":[{\"a\":2}]},\"exponential_"
                "histogram\":{\"data_points\":[{\"a\":3}]}"),
        ("{\"resourceLogs\":[{\"scopeSpans\":[{\"spans\":[{\"a\":1}]}],"
         "\"instrumentationLibraryLogs\":["
         "{\"logs\":[{\"a\":2}]}],\"scopeLogs\":[{\"logRecords\":[{\"a\":3}]}]}]}"),
        ("{\"resource_spans\":[{\"scope_spans\":[{\"spans\":[{\"a\":1}]}]}],\"resourceSpans\":[{"
         "\"scopeSpans\":[{\"spans\":[{\"a\":2}]}]}],\"resourceLogs\":[{\"scopeLogs\":[{"
         "\"logRecords\":[{\"a\":3}]}]}]}"),
    };
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        check_numbers(requests[i], "123", (struct missed){0});
    }
}

static void counts_lists_that_are_not_where_they_belong(void **state UNUSED)
{
    static const char *const requests[] = {
        LOGS("\"logRecords\":[{\"a\":1}],\"log_records\":{\"a\":2}"),
        LOGS("\"logRecords\":[{\"a\":1}],\"logs\":\"text\""),
        LOGS("\"logRecords\":[{\"a\":1}],\"records\":[{\"a\":2}]"),
        LOGS("\"logRecords\":[{\"a\":1}],\"scopeLogs\":[{\"logRecords\":[{\"a\":2}]}]"),
        LOGS("\"logRecords\":[{\"a\":1}],\"scope\":{\"name\":\"s\"},\"instrumentationLibrary\":{"
             "\"name\":\"l\"}"),
        METRICS("\"gauge\":{\"dataPoints\":[{\"a\":1}]},\"intGauge\":{\"dataPoints\":[{\"a\":2}]}"),
        METRICS("\"gauge\":{\"dataPoints\":[{\"a\":1}]},\"sum\":[{\"a\":2}]"),
        METRICS("\"gauge\":{\"dataPoints\":[{\"a\":1}],\"points\":[{\"a\":2}]}"),
        METRICS("\"gauge\":{\"dataPoints\":[{\"a\":1}],\"data_points\":{\"a\":2}}"),
        ("{\"resourceLogs\":[{\"logRecords\":[{\"a\":2}]},{\"scopeLogs\":[{\"logRecords\":[{\"a\":"
         "1}"
         "]"
         "}]}]}"),
        ("{\"resourceLogs\":[{\"scopeLogs\":{\"logRecords\":[{\"a\":2}]}},{\"scopeLogs\":[{"
         "\"logRecords\":[{\"a\":1}]}]}]}"),
        ("{\"resourceLogs\":[{\"resource\":[{\"a\":2}],\"scopeLogs\":[{\"logRecords\":[{\"a\":1}]}]"
         "}"
         "]}"),
        ("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"a\":1}]}]}],\"resourceSpans\":{"
         "\"a\":"
         "2}}"),
        ("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"a\":1}]}]}],\"resourceProfiles\":["
         "{"
         "\"a\":2}]}"),
        ("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"a\":1}]}]}],\"scopeLogs\":[{\"a\":"
         "2}]"
         "}"),
    };
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        check_numbers(requests[i], "1", (struct missed){.unread = 1});
    }
}

static void counts_elements_without_a_record(void **state UNUSED)
{
    static const char *const requests[] = {
        LOGS("\"logRecords\":[{\"a\":1},{}]"),
        LOGS("\"logRecords\":[{\"a\":1},{\"attributes\":[],\"body\":{\"stringValue\":\"\"},\"b\":[{"
             "},"
             "null]}]"),
        LOGS("\"logRecords\":[{\"a\":1},7]"),
        LOGS("\"logRecords\":[{\"a\":1}]},{\"scope\":{\"name\":\"s\"}"),
        LOGS("\"logRecords\":[{\"a\":1}]},{\"logRecords\":[]"),
        LOGS("\"logRecords\":[{\"a\":1}]}]},{\"resource\":{},\"scopeLogs\":[{"),
        METRICS("\"gauge\":{\"dataPoints\":[{\"a\":1}]}},{\"name\":\"m\""),
        METRICS("\"gauge\":{\"dataPoints\":[{\"a\":1}]}},{\"sum\":{}"),
        METRICS("\"gauge\":{\"dataPoints\":[{\"a\":1}]},\"sum\":{\"dataPoints\":[]}"),
        METRICS("\"gauge\":{\"dataPoints\":[{\"a\":1},{\"attributes\":[]}]}"),
        ("{\"resourceLogs\":[{\"resource\":{\"x\":1}},{\"scopeLogs\":[{\"logRecords\":[{\"a\":1}]}]"
         "}"
         "]}"),
    };
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        check_numbers(requests[i], "1", (struct missed){.others = 1});
    }
}

static void knows_which_records_have_dropped_members_around_them(void **state UNUSED)
{
    static const struct {
        const char *request;
        const char *records;
        size_t dropped;
    } cases[] = {
        {LOGS("\"schemaUrl\":\"\",\"logRecords\":[{\"a\":1}],\"x\":{},\"y\":null"), "1", 0},
        {LOGS("\"scope\":{\"name\":\"s\",\"x\":1},\"logRecords\":[{\"a\":1,\"x\":2}]"), "1", 0},
        {LOGS("\"logRecords\":[{\"a\":1}],\"schemaUrl\":\"u\"},{\"logRecords\":[{\"a\":2}]"), "12",
         1},
        {LOGS("\"logRecords\":[{\"a\":1}]},{\"x\":1,\"logRecords\":[{\"a\":2},{\"a\":3}]"), "123",
         2},
        {"{\"resourceLogs\":[{\"resource\":{\"droppedAttributesCount\":1},\"scopeLogs\":[{"
         "\"logRecords\":[{\"a\":1}]}]},{\"scopeLogs\":[{\"logRecords\":[{\"a\":2}]}]}]}",
         "12", 1},
        {"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"a\":1}]}],\"schemaUrl\":\"u\"},{"
         "\"scopeLogs\":[{\"logRecords\":[{\"a\":2}]}]}]}",
         "12", 1},
        {"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"a\":1}]}]},{\"scopeLogs\":[{"
         "\"logRecords\":[{\"a\":2}]}]}],\"x\":1}",
         "12", 2},
        {METRICS("\"gauge\":{\"dataPoints\":[{\"a\":1}]},\"metadata\":[{\"key\":\"k\"}]},{\"sum\":{"
                 "\"dataPoints\":[{\"a\":2}],\"isMonotonic\":true,\"is_monotonic\":false}"),
         "12", 2},
        {METRICS(
             "\"gauge\":{\"dataPoints\":[{\"a\":1}],\"x\":1},\"sum\":{\"dataPoints\":[{\"a\":2}]}"),
         "12", 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_numbers(cases[i].request, cases[i].records,
                      (struct missed){.dropped = cases[i].dropped});
    }
}

static void keeps_values_that_are_not_as_specified(void **state UNUSED)
{
    check(LOGS("\"logRecords\":[{\"attributes\":[{\"key\":\"a\",\"value\":{\"arrayValue\":[1]}},"
               "{\"key\":\"b\",\"value\":{\"kvlistValue\":{\"x\":1}}},"
               "{\"key\":\"c\",\"value\":{\"arrayValue\":{\"values\":{\"x\":1}}}},"
               "{\"key\":\"d\",\"value\":{\"arrayValue\":{\"values\":[],\"x\":1}}},"
               "{\"key\":\"e\",\"value\":{\"intValue\":1},\"x\":1},"
               "{\"key\":\"f\",\"value\":{\"intValue\":1},\"x\":null},"
               "{\"key\":\"g\",\"value\":{\"kvlistValue\":{\"values\":null}}}]}]"),
          1,
          "{\"resource\":{\"attributes\":{}},\"attributes\":{\"a\":{\"arrayValue\":[1]},"
          "\"b\":{\"kvlistValue\":{\"x\":1}},\"c\":{\"arrayValue\":{\"values\":{\"x\":1}}},"
          "\"d\":{\"arrayValue\":{\"values\":[],\"x\":1}},"
          "\"e\":1,\"#4\":{\"key\":\"e\",\"value\":{\"intValue\":1},\"x\":1},\"f\":1,\"g\":{}}} ");
}

static void does_not_count_again_what_the_parts_of_a_request_share(void **state UNUSED)
{
    struct doc d = read("{\"resourceLogs\":[{\"x\":[1],\"scopeLogs\":[{\"y\":[1],\"logRecords\":[{"
                        "\"a\":1},{}]}]}]}");
    static const size_t unread[] = {2, 2, 1, 0};
    struct otlp_missed missed;
    for (unsigned heads = 0; heads < 4; heads++) {
        assert_int_equal(otlp_count(&d, DOC_ROOT, heads, &missed), 1);
        assert_int_equal(missed.unread, unread[heads]);
        assert_int_equal(missed.others, 1);
    }
}

static void knows_what_is_beside_a_list(void **state UNUSED)
{
    static const struct {
        const char *object;
        enum otlp_level level;
        enum otlp_beside before, after;
    } cases[] = {
        {"{\"\":[]}", OTLP_SCOPE, OTLP_BESIDE_NOTHING, OTLP_BESIDE_NOTHING},
        {"{\"schemaUrl\":\"\",\"logs\":[]}", OTLP_SCOPE, OTLP_BESIDE_NOTHING, OTLP_BESIDE_NOTHING},
        {"{\"schemaUrl\":\"u\"}", OTLP_SCOPE, OTLP_BESIDE_DROPPED, OTLP_BESIDE_DROPPED},
        {"{\"scope\":{}}", OTLP_SCOPE, OTLP_BESIDE_NOTHING, OTLP_BESIDE_NEEDED},
        {"{\"resource\":{\"x\":1}}", OTLP_RESOURCE, OTLP_BESIDE_NOTHING, OTLP_BESIDE_NEEDED},
        {"{\"x\":1,\"logs\":[1]}", OTLP_SCOPE, OTLP_BESIDE_NEEDED, OTLP_BESIDE_NEEDED},
        {"{\"x\":[1]}", OTLP_SCOPE, OTLP_BESIDE_NEEDED, OTLP_BESIDE_NEEDED},
        {"{\"x\":[1]}", OTLP_REQUEST, OTLP_BESIDE_DROPPED, OTLP_BESIDE_DROPPED},
        {"{\"resourceX\":[1]}", OTLP_REQUEST, OTLP_BESIDE_NEEDED, OTLP_BESIDE_NEEDED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct doc d = read(cases[i].object);
        assert_int_equal(otlp_before_list(&d, DOC_ROOT, cases[i].level), cases[i].before);
        assert_int_equal(otlp_after_list(&d, DOC_ROOT, cases[i].level), cases[i].after);
    }
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
        cmocka_unit_test(numbers_of_attributes_are_no_keys_of_others),
        cmocka_unit_test(one_record_per_data_point_with_its_metric),
        cmocka_unit_test(a_metric_with_two_types_gives_the_points_of_each),
        cmocka_unit_test(keeps_the_order_of_the_document_over_all_signals),
        cmocka_unit_test(odd_requests_give_no_records),
        cmocka_unit_test(reads_the_lists_of_all_spellings_in_their_order),
        cmocka_unit_test(counts_lists_that_are_not_where_they_belong),
        cmocka_unit_test(counts_elements_without_a_record),
        cmocka_unit_test(knows_which_records_have_dropped_members_around_them),
        cmocka_unit_test(keeps_values_that_are_not_as_specified),
        cmocka_unit_test(does_not_count_again_what_the_parts_of_a_request_share),
        cmocka_unit_test(knows_what_is_beside_a_list),
        cmocka_unit_test(knows_how_a_request_begins),
        cmocka_unit_test(a_single_record_is_made_plain_only_if_it_must),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
