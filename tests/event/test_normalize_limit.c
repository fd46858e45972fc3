/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "event/normalize.h"

#include <stdio.h>
#include <string.h>

static enum reject_reason reason_of(struct normalizer *n, struct span text)
{
    char padded[512] = {0};
    memcpy(padded, text.p, text.n);
    struct line line = {.text = span_of(padded, text.n), .number = 1, .bytes = text.n};
    struct output out;
    normalizer_line(n, &line);
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
    normalizer_limit(n, SIZE_MAX); /* never above the options */
    assert_int_equal(reason_of(n, event), REJECT_REASONS);
}

/* One large resource over `count` empty log records. */
static struct span otlp_request(char *to, size_t cap, int count)
{
    int n = snprintf(to, cap,
                     "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"user.name\","
                     "\"value\":{\"stringValue\":\"%01000d\"}}]},"
                     "\"scopeLogs\":[{\"logRecords\":[{}",
                     7);
    for (int i = 1; i < count; i++) {
        n += snprintf(to + n, cap - (size_t)n, ",{}");
    }
    n += snprintf(to + n, cap - (size_t)n, "]}]}]}");
    return span_of(to, (size_t)n);
}

static void bounds_what_the_records_of_one_otlp_request_expand_to(void **state UNUSED)
{
    enum { LINE = 4096, RECORDS = 500 };
    static char text[LINE + LINES_SLACK];
    struct normalize_options o = {.event_bytes = 65536, .line_bytes = LINE};
    OWNED(normalizer) struct normalizer *n = normalizer_new(&o);
    struct object_origin s = {
        .customer = SPAN("acme"), .object = SPAN("s3://b/k"), .version = SPAN("v")};
    struct line line = {.text = otlp_request(text, LINE, RECORDS), .number = 1};
    struct output out;
    size_t events = 0;
    size_t rejects = 0;

    normalizer_object(n, &s, NULL);
    normalizer_line(n, &line);
    while (normalizer_next(n, &out)) {
        events += out.kind == OUTPUT_EVENT;
        rejects += out.kind == OUTPUT_REJECT && out.reason == REJECT_EVENT_TOO_LARGE;
    }
    assert_in_range(events, 1, 16 * LINE / 1000);
    assert_int_equal(rejects, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rejects_what_one_topic_does_not_take_and_passes_it_for_another),
        cmocka_unit_test(bounds_what_the_records_of_one_otlp_request_expand_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
