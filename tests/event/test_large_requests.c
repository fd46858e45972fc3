/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OTLP requests above the limit of a line, which the framing divides: they give what the same
 * requests give below the limit. Each request is read twice, with a large and with a small limit.
 */
#include "testing.h"

#include "base/buf.h"
#include "codec/framing.h"
#include "codec/list_names.h"
#include "event/normalize.h"
#include "event/schema/rules.h"

#include <string.h>

enum {
    MIB = 1024 * 1024,
    OUT_BYTES = 64 * MIB,
    LARGE_LIMIT = 4 * MIB,
    SMALL_LIMIT = 6000,
    SAMPLE_BYTES = 100,
};

static const struct object_origin source = {
    .customer = SPAN_INIT("acme"),
    .object = SPAN_INIT("s3://bucket/key"),
    .version = SPAN_INIT("v1"),
};

/* ---- requests ---- */

/* The names of a kind of request, in one spelling; a record, which has a number in it. */
struct names {
    const char *resources, *scopes, *scope, *records, *before, *after;
};

static const struct names logs = {
    "resourceLogs",
    "scopeLogs",
    "scope",
    "logRecords",
    "{\"timeUnixNano\":\"17785380000",
    "\",\"body\":{\"stringValue\":\"claude_code.tool_result\"},"
    "\"attributes\":[{\"key\":\"tool_name\",\"value\":{\"stringValue\":\"Bash\"}}]}"};
static const struct names old_logs = {
    "resource_logs",
    "instrumentation_library_logs",
    "instrumentation_library",
    "log_records",
    "{\"time_unix_nano\":\"17785380000",
    "\",\"body\":{\"string_value\":\"[\\\"}\"},"
    "\"attributes\":[{\"key\":\"tool_name\",\"value\":{\"string_value\":\"\\u00fc Read\"}}]}"};
static const struct names spans = {
    "resourceSpans",
    "scopeSpans",
    "scope",
    "spans",
    "{\"traceId\":\"5b8e\",\"name\":\"chat\",\"startTimeUnixNano\":\"17785380000",
    "\","
    "\"attributes\":[{\"key\":\"gen_ai.request.model\",\"value\":{\"stringValue\":\"m\"}}]}"};
static const struct names metrics = {
    "resourceMetrics",
    "scopeMetrics",
    "scope",
    "metrics",
    "{\"name\":\"claude_code.token.usage\",\"sum\":{\"isMonotonic\":true,\"dataPoints\":["
    "{\"timeUnixNano\":\"17785380000",
    "\",\"asInt\":\"7\",\"attributes\":[]},"
    "{\"timeUnixNano\":\"1778538001000000000\",\"asDouble\":0.5}]}}"};

static void add_records(struct buf *out, const struct names *n, int count)
{
    static int number;
    for (int i = 0; i < count; i++) {
        buf_addf(out, "%s%s%08d%s", i > 0 ? "," : "", n->before, number++, n->after);
    }
}

/* One resource of two scopes. */
static void add_resource(struct buf *out, const struct names *n, int first, int second)
{
    static int number;
    buf_addf(out,
             "{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":"
             "\"claude-code\"}},{\"key\":\"host.name\",\"value\":{\"stringValue\":\"h%d\"}}]},"
             "\"%s\":[{\"%s\":{\"name\":\"a\"},\"%s\":[",
             number++, n->scopes, n->scope, n->records);
    add_records(out, n, first);
    buf_addf(out, "],\"schemaUrl\":\"u\"},{\"%s\":{\"name\":\"b\"},\"%s\":[", n->scope, n->records);
    add_records(out, n, second);
    buf_add(out, SPAN("]}],\"schemaUrl\":\"u\"}"));
}

/* A line, and in the next one the request: the framing is that of lines with any limit. */
static void add_request(struct buf *out, const struct names *n)
{
    static const int counts[][2] = {{1, 1}, {2, 1}, {200, 300}, {1, 3}, {1, 90}, {90, 2}, {20, 1}};
    buf_addf(out, "{\"time\":\"2026-05-11T22:20:00Z\",\"user\":\"ana\"}\n{\"%s\":[", n->resources);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        buf_add(out, i > 0 ? SPAN(",") : SPAN(""));
        add_resource(out, n, counts[i][0], counts[i][1]);
    }
    buf_add(out, SPAN("]}\n{\"time\":\"2026-05-11T22:20:00Z\",\"user\":\"ben\"}\n"));
}

/* ---- outputs ---- */

struct outputs {
    struct buf text;
    size_t events, rejects, composed;
    size_t dropped; /* events around which members are dropped */
};

static void take_piece(struct framing *f, struct normalizer *n, const struct piece *piece,
                       struct outputs *out)
{
    struct output r;
    out->composed += piece->kind == PIECE_VALUE && piece->request_level > 0 ? 1 : 0;
    normalizer_piece(n, piece);
    while (normalizer_next(n, &r)) {
        out->events += r.kind == OUTPUT_EVENT ? 1 : 0;
        out->dropped += r.members_dropped ? 1 : 0;
        out->rejects += r.kind == OUTPUT_EVENT ? 0 : 1;
        buf_add(&out->text, r.value);
        buf_add_byte(&out->text, '\n');
    }
    out->dropped += (size_t)normalizer_dropped_behind(n);
    framing_answer(f, normalizer_answer(n));
}

static void read_with(size_t limit, struct span text, struct outputs *out)
{
    const struct normalize_options o = {
        .event_bytes = MIB, .line_bytes = limit, .sample_bytes = SAMPLE_BYTES};
    OWNED(rules) struct rules *rules = rules_new();
    OWNED(normalizer) struct normalizer *n = normalizer_new(&o);
    OWNED(framing) struct framing *f = framing_new(limit, SAMPLE_BYTES);
    struct piece piece;
    *out = (struct outputs){.text = BUF_INIT(OUT_BYTES)};
    normalizer_object(n, &source, rules);
    while (framing_next(f, &text, &piece)) {
        take_piece(f, n, &piece, out);
    }
    while (framing_last(f, &piece)) {
        take_piece(f, n, &piece, out);
    }
    assert_false(out->text.overflowed);
}

static void same_events(const struct names *names)
{
    struct buf text = BUF_INIT(OUT_BYTES);
    struct outputs whole;
    struct outputs divided;
    add_request(&text, names);
    assert_non_null(buf_room(&text, FRAMING_SLACK));
    read_with(LARGE_LIMIT, buf_span(&text), &whole);
    read_with(SMALL_LIMIT, buf_span(&text), &divided);
    assert_int_equal(whole.composed, 0);
    assert_in_range(divided.composed, 10, 200);
    assert_in_range(whole.events, 713 + 2, 2 * 713 + 2);
    assert_int_equal(whole.rejects, 0);
    assert_span_equal(buf_span(&divided.text), buf_span(&whole.text));
    assert_int_equal(divided.dropped, whole.dropped);
    assert_in_range(whole.dropped, 200, 2 * 713); /* schemaUrl is behind the lists */
    buf_done(&divided.text);
    buf_done(&whole.text);
    buf_done(&text);
}

static void a_divided_request_gives_the_events_of_a_whole_one(void **state UNUSED)
{
    same_events(&logs);
    same_events(&old_logs);
    same_events(&spans);
    same_events(&metrics);
}

/* ---- one table of names (codec/list_names.h) ---- */

/* Spellings that are in no table. */
static const struct span others[] = {
    SPAN_INIT("resource-logs"),
    SPAN_INIT("ResourceLogs"),
    SPAN_INIT("resourceProfiles"),
    SPAN_INIT("scope-logs"),
    SPAN_INIT("ScopeLogs"),
    SPAN_INIT("instrumentationLogs"),
    SPAN_INIT("scope_profiles"),
    SPAN_INIT("scopeProfiles"),
    SPAN_INIT("LogRecords"),
    SPAN_INIT("resourcelogs"),
    SPAN_INIT("scopelogs"),
    SPAN_INIT("logrecords"),
    SPAN_INIT("resourceLog"),
    SPAN_INIT("scopeLog"),
    SPAN_INIT("logRecord"),
    SPAN_INIT("log-records"),
    SPAN_INIT("span"),
    SPAN_INIT("metric"),
    SPAN_INIT("profiles"),
    SPAN_INIT("resource_spans_"),
    SPAN_INIT("scopeLogRecords"),
    SPAN_INIT("record"),
    SPAN_INIT("RECORDS"),
    SPAN_INIT("Events"),
    SPAN_INIT("Items"),
    SPAN_INIT("Data"),
    SPAN_INIT("values"),
    SPAN_INIT("entry"),
    SPAN_INIT("log_events"),
    SPAN_INIT("Value"),
    SPAN_INIT("resource_profiles"),
};

/* The name of this number in the table, or after those one of `others`. */
static struct span name_at(const struct list_names *of, size_t i)
{
    return i < of->count ? of->names[i] : others[i - of->count];
}

static size_t count_names(const struct list_names *of)
{
    return of->count + sizeof(others) / sizeof(others[0]);
}

/* `known`: the elements of the list that `head` ends with are read. */
static void reads_elements(struct span head, struct span element, struct span tail, bool known)
{
    enum { COUNT = 80 };
    struct buf text = BUF_INIT(OUT_BYTES);
    struct outputs whole;
    struct outputs divided;
    buf_add(&text,
            SPAN("{\"time\":\"2026-05-11T22:20:00Z\",\"user\":\"ana\"}\n")); /* framing: lines */
    buf_add(&text, head);
    for (size_t i = 0; i < COUNT; i++) {
        buf_add(&text, i > 0 ? SPAN(",") : SPAN(""));
        buf_add(&text, element);
    }
    buf_add(&text, tail);
    assert_in_range(text.n, SMALL_LIMIT + 1, LARGE_LIMIT);
    assert_non_null(buf_room(&text, FRAMING_SLACK));
    read_with(LARGE_LIMIT, buf_span(&text), &whole);
    read_with(SMALL_LIMIT, buf_span(&text), &divided);
    if (whole.events != (known ? COUNT : 0) + 1 || divided.events != whole.events) {
        fail_msg("%.*s: %zu events, divided %zu", SPAN_FMT(head), whole.events, divided.events);
    }
    assert_int_equal(whole.rejects, known ? 0 : 1);
    assert_int_equal(divided.rejects, whole.rejects);
    if (known) {
        assert_span_equal(buf_span(&divided.text), buf_span(&whole.text));
    }
    buf_done(&divided.text);
    buf_done(&whole.text);
    buf_done(&text);
}

/* With the name of one level taken from all of them, and the others usual. */
static void reads_request(const struct span names[LIST_NAMES_OTLP_LEVELS], bool known)
{
    struct span record = span_str("{\"timeUnixNano\":\"1778538000000000000\",\"attributes\":["
                                  "{\"key\":\"tool_name\",\"value\":{\"stringValue\":\"B\"}}]}");
    struct span metric = span_str("{\"name\":\"a.b\",\"sum\":{\"dataPoints\":[{\"timeUnixNano\":"
                                  "\"1778538000000000000\",\"asInt\":\"7\"}]}}");
    struct buf head = BUF_INIT(1024);
    buf_addf(&head, "{\"%.*s\":[{\"%.*s\":[{\"%.*s\":[", SPAN_FMT(names[0]), SPAN_FMT(names[1]),
             SPAN_FMT(names[2]));
    reads_elements(buf_span(&head), span_eq(names[2], SPAN("metrics")) ? metric : record,
                   SPAN("]}]}]}"), known);
    buf_done(&head);
}

static void a_spelling_is_known_below_and_above_the_limit_or_to_neither(void **state UNUSED)
{
    for (size_t level = 0; level < LIST_NAMES_OTLP_LEVELS; level++) {
        const struct list_names *of = &list_names[level];
        for (size_t i = 0; i < count_names(of); i++) {
            struct span names[] = {SPAN("resourceLogs"), SPAN("scopeLogs"), SPAN("logRecords")};
            names[level] = name_at(of, i);
            reads_request(names, i < of->count);
        }
    }
}

static void the_list_of_an_envelope_is_known_below_and_above_the_limit(void **state UNUSED)
{
    const struct list_names *of = &list_names[LIST_NAMES_ENVELOPE];
    struct span plain = span_str("{\"time\":\"2026-05-11T22:20:00Z\",\"user\":\"ana\","
                                 "\"command\":\"make check in a folder\"}");
    struct span log_event =
        span_str("{\"id\":\"1\",\"timestamp\":1778538000000,\"message\":\"{\\\"time\\\":"
                 "\\\"2026-05-11T22:20:00Z\\\",\\\"user\\\":\\\"ana\\\"}\"}");
    for (size_t i = 0; i < count_names(of); i++) {
        struct buf head = BUF_INIT(1024);
        struct span name = name_at(of, i);
        buf_addf(&head, "{\"%.*s\":[", SPAN_FMT(name));
        reads_elements(buf_span(&head), span_eq(name, SPAN("logEvents")) ? log_event : plain,
                       SPAN("]}"), i < of->count);
        buf_done(&head);
    }
}

/* ---- what is not a record ---- */

/* `head`, 200 records of logs, `tail`, with the small limit. */
static void read_around(const char *head, const char *tail, struct outputs *out)
{
    struct buf text = BUF_INIT(OUT_BYTES);
    buf_add(&text, span_str(head));
    add_records(&text, &logs, 200);
    buf_add(&text, span_str(tail));
    assert_non_null(buf_room(&text, FRAMING_SLACK));
    read_with(SMALL_LIMIT, buf_span(&text), out);
    assert_in_range(out->composed, 1, 100);
    assert_non_null(buf_room(&out->text, 1));
    buf_add_byte(&out->text, '\0');
    buf_done(&text);
}

#define HEAD "{\"resourceLogs\":[{\"resource\":{},\"scopeLogs\":[{\"scope\":{},\"logRecords\":["

static void members_after_a_list_are_a_reject_if_records_need_them(void **state UNUSED)
{
    static const struct {
        const char *tail;
        size_t rejects;
    } tails[] = {
        {"],\"schemaUrl\":\"u\"}],\"schema_url\":\"u\"}],\"x\":1}", 0},
        {"],\"scope\":{}}]}]}", 1},
        {"]}],\"resource\":{}}]}", 1},
        {"],\"log_records\":[{\"a\":1}]}],\"scope_logs\":[{}]}],\"resourceSpans\":[{}]}", 3},
        {"],\"x\":[1]}],\"logRecords\":[{}]}],\"Records\":[{\"time\":1,\"user\":\"ana\"}]}", 3},
        {"],\"x\":[]}],\"logRecords\":[]}],\"Records\":[]}", 0},
        {"]}]}],\"time\":1,\"user\":\"ana\",\"command\":\"ls\"}", 1},
        {"]}]}],\"message\":\"{\\\"user\\\":\\\"ana\\\",\\\"command\\\":\\\"ls\\\"}\"}", 1},
    };
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        struct outputs out;
        read_around(HEAD, tails[i].tail, &out);
        assert_int_equal(out.events, 200);
        assert_int_equal(out.rejects, tails[i].rejects);
        assert_true((strstr(out.text.p, "members after a list of an OTLP request") != NULL) ==
                    (tails[i].rejects > 0));
        buf_done(&out.text);
    }
}

static void elements_that_are_no_objects_are_counted(void **state UNUSED)
{
    struct outputs out;
    read_around(HEAD "{\"body\":{\"stringValue\":\"x\"},\"timeUnixNano\":\"1\"},1,\"x\",",
                ",[2]]}]}]}", &out);
    assert_int_equal(out.rejects, 2); /* of the first part and of the last */
    assert_non_null(strstr(out.text.p, "2 elements of the OTLP request without a record"));
    assert_non_null(strstr(out.text.p, "1 elements of the OTLP request without a record"));
    assert_int_equal(out.events, 201);
    buf_done(&out.text);
}

static void members_before_a_list_are_one_reject_for_all_its_parts(void **state UNUSED)
{
    static const struct {
        const char *head;
        size_t rejects;
    } heads[] = {
        {"{\"resourceLogs\":[{\"scopeLogs\":[{\"x\":1,\"logRecords\":[", 0},
        {"{\"resourceLogs\":[{\"scopeLogs\":[{\"x\":[1],\"logRecords\":[", 1},
        {"{\"resourceLogs\":[{\"x\":{\"y\":1},\"scopeLogs\":[{\"x\":[1],\"logRecords\":[", 2},
    };
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        struct outputs out;
        read_around(heads[i].head, "]}]}]}", &out);
        assert_int_equal(out.events, 200);
        assert_int_equal(out.rejects, heads[i].rejects);
        assert_true((strstr(out.text.p, "members before a list of an OTLP request") != NULL) ==
                    (heads[i].rejects > 0));
        buf_done(&out.text);
    }
}

static void elements_without_records_are_counted_in_each_part(void **state UNUSED)
{
    struct outputs out;
    read_around("{\"resourceLogs\":[{\"scopeLogs\":[]},{\"scopeLogs\":[{\"logRecords\":[",
                "]}]},{\"scopeLogs\":[]}]}", &out);
    assert_int_equal(out.events, 200);
    assert_int_equal(out.rejects, 2); /* before the list of records and after it */
    buf_done(&out.text);
}

static void counts_the_events_around_which_members_are_dropped(void **state UNUSED)
{
    static const struct {
        const char *head, *tail;
        size_t dropped;
    } cases[] = {
        {HEAD, "]}]}]}", 0},
        {"{\"resourceLogs\":[{\"schemaUrl\":\"u\",\"scopeLogs\":[{\"logRecords\":[", "]}]}]}", 200},
        {HEAD, "],\"schemaUrl\":\"u\"}]}]}", 200},
        {HEAD, "],\"schemaUrl\":\"u\"}],\"schemaUrl\":\"u\"}],\"x\":1}", 200},
        {HEAD, "]}]},{\"scopeLogs\":[{\"logRecords\":[{\"flags\":1}]}],\"x\":1}]}", 1},
        {HEAD, "]}]},{\"scopeLogs\":[{\"logRecords\":[{\"flags\":1}]}],\"x\":1}],\"x\":1}", 201},
        {"{\"resourceLogs\":[{\"resource\":{\"x\":1},\"scopeLogs\":[{\"logRecords\":[",
         "]}]},{\"scopeLogs\":[{\"logRecords\":[{\"flags\":1}]}]}],\"x\":1}", 201},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct outputs out;
        read_around(cases[i].head, cases[i].tail, &out);
        assert_int_equal(out.rejects, 0);
        assert_int_equal(out.dropped, cases[i].dropped);
        buf_done(&out.text);
    }
}

static void damage_costs_what_follows_it(void **state UNUSED)
{
    struct outputs out;
    read_around(HEAD, ",{\"body\":tru},{\"body\":{}}]}]}]}", &out);
    assert_int_equal(out.events, 200);
    assert_int_equal(out.rejects, 2);
    assert_non_null(strstr(out.text.p, "the rest of the line was not read"));
    assert_non_null(strstr(out.text.p, "\"detail\":\"17 bytes after damaged JSON"));
    buf_done(&out.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_divided_request_gives_the_events_of_a_whole_one),
        cmocka_unit_test(a_spelling_is_known_below_and_above_the_limit_or_to_neither),
        cmocka_unit_test(the_list_of_an_envelope_is_known_below_and_above_the_limit),
        cmocka_unit_test(members_after_a_list_are_a_reject_if_records_need_them),
        cmocka_unit_test(elements_that_are_no_objects_are_counted),
        cmocka_unit_test(members_before_a_list_are_one_reject_for_all_its_parts),
        cmocka_unit_test(elements_without_records_are_counted_in_each_part),
        cmocka_unit_test(counts_the_events_around_which_members_are_dropped),
        cmocka_unit_test(damage_costs_what_follows_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
