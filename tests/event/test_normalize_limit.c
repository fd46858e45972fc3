/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "base/buf.h"
#include "event/normalize.h"
#include "pieces.h"

#include <string.h>

static enum reject_reason reason_of(struct normalizer *n, struct span text)
{
    char padded[512] = {0};
    memcpy(padded, text.p, text.n);
    struct piece piece = line_piece(span_of(padded, text.n), 1);
    struct output out;
    normalizer_piece(n, &piece);
    assert_true(normalizer_next(n, &out));
    return out.kind == OUTPUT_REJECT ? out.reason : REJECT_REASONS;
}

static void rejects_what_one_topic_does_not_take_and_passes_it_for_another(void **state UNUSED)
{
    struct normalize_options o = {.event_bytes = 4096, .line_bytes = 4096};
    OWNED(normalizer) struct normalizer *n = normalizer_new(&o);
    struct object_origin s = {
        .customer = SPAN("acme"), .object = SPAN("s3://b/k"), .version = SPAN("v")};
    struct span event = SPAN(
        "{\"timestamp\":\"2026-05-11T22:20:00Z\",\"vendor\":\"asymptote\",\"product\":\"beacon\","
        "\"schema_version\":\"1.0\",\"event\":{\"kind\":\"event\",\"action\":\"tool.invoked\","
        "\"category\":\"tool\"},\"severity\":\"info\",\"endpoint\":{\"os\":\"linux\"},"
        "\"harness\":{\"name\":\"claude_code\"}}");
    normalizer_object(n, &s, NULL);
    assert_int_equal(reason_of(n, event), REJECT_REASONS);
    normalizer_object(n, &s, NULL);
    normalizer_limit(n, 300);
    assert_int_equal(reason_of(n, event), REJECT_EVENT_TOO_LARGE);
    normalizer_object(n, &s, NULL);
    normalizer_limit(n, SIZE_MAX); /* never above the limit of the options */
    assert_int_equal(reason_of(n, event), REJECT_REASONS);
}

enum { OTLP_LINE = 256 * 1024 };

/* A resource with `attributes` attributes of 30 bytes, and as many of the record as fit. */
static size_t otlp_request(struct buf *to, int attributes, struct span record)
{
    size_t count = 0;
    buf_add(to, SPAN("{\"resourceLogs\":[{\"resource\":{\"attributes\":[0"));
    for (int i = 0; i < attributes; i++) {
        buf_addf(to, ",{\"key\":\"k%06d\",\"value\":{\"stringValue\":\"0123456789abcdef\"}}", i);
    }
    buf_add(to, SPAN("]},\"scopeLogs\":[{\"logRecords\":[0"));
    for (; to->n + record.n < OTLP_LINE - 100; count++) {
        buf_add_byte(to, ',');
        buf_add(to, record);
    }
    buf_add(to, SPAN("]}]}]}"));
    assert_non_null(buf_room(to, FRAMING_SLACK));
    return count;
}

/* Number of events of a request; *rejects: number of rejects event_too_large. */
static size_t otlp_events(const struct buf *request, size_t *rejects)
{
    struct normalize_options o = {.event_bytes = 65536, .line_bytes = OTLP_LINE};
    OWNED(normalizer) struct normalizer *n = normalizer_new(&o);
    struct object_origin s = {
        .customer = SPAN("acme"), .object = SPAN("s3://b/k"), .version = SPAN("v")};
    struct piece piece = line_piece(buf_span(request), 1);
    struct output out;
    size_t events = 0;
    *rejects = 0;
    normalizer_object(n, &s, NULL);
    normalizer_piece(n, &piece);
    while (normalizer_next(n, &out)) {
        events += out.kind == OUTPUT_EVENT;
        *rejects += out.kind == OUTPUT_REJECT && out.reason == REJECT_EVENT_TOO_LARGE;
    }
    return events;
}

static void bounds_what_the_records_of_one_otlp_request_expand_to(void **state UNUSED)
{
    struct buf request = BUF_INIT(OTLP_LINE + FRAMING_SLACK);
    size_t rejects = 0;
    size_t count = otlp_request(&request, 1000, SPAN("{\"a\":1}"));
    assert_true(count > 10000);
    /* each repeats 30,000 bytes, and counts as more */
    assert_in_range(otlp_events(&request, &rejects), 1, (16 * OTLP_LINE + (1 << 20)) / 30000);
    assert_int_equal(rejects, 1);

    buf_clear(&request); /* records that cost, although nothing is repeated */
    (void)otlp_request(&request, 0, SPAN("{\"a\":1}"));
    assert_in_range(otlp_events(&request, &rejects), OTLP_LINE / 16, OTLP_LINE / 8);
    assert_int_equal(rejects, 1);
    buf_done(&request);
}

static void takes_a_request_of_many_ordinary_records_whole(void **state UNUSED)
{
    static const struct span record = SPAN_INIT(
        "{\"timeUnixNano\":\"1778538000000000000\",\"severityText\":\"INFO\",\"body\":{"
        "\"stringValue\":"
        "\"the tool has read the file src/main.c and changed two lines in it\"},\"attributes\":["
        "{\"key\":\"event.name\",\"value\":{\"stringValue\":\"tool_result\"}},{\"key\":\"tool_"
        "name\","
        "\"value\":{\"stringValue\":\"Read\"}}]}");
    struct buf request = BUF_INIT(OTLP_LINE + FRAMING_SLACK);
    size_t rejects = 0;
    size_t count = otlp_request(&request, 60, record); /* two KiB of a resource */
    assert_int_equal(otlp_events(&request, &rejects), count);
    assert_int_equal(rejects, 0);
    buf_done(&request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rejects_what_one_topic_does_not_take_and_passes_it_for_another),
        cmocka_unit_test(takes_a_request_of_many_ordinary_records_whole),
        cmocka_unit_test(bounds_what_the_records_of_one_otlp_request_expand_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
