/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "event/record/shape.h"

static const struct {
    const char *in;
    enum shape want;
} shapes[] = {
    {"{\"resourceLogs\":[],\"vendor\":\"beacon\"}", SHAPE_OTLP},
    {"{\"resourceLogs\":{}}", SHAPE_FLAT},
    {"{\"vendor\":\"beacon\"}", SHAPE_BEACON},
    {"{\"vendor\":\"beacon\",\"@timestamp\":\"x\",\"attributes\":{}}", SHAPE_BEACON},
    {"{\"vendor\":\"Beacon\"}", SHAPE_FLAT},
    {"{\"vendor\":\"beacon\",\"vendor\":\"other\"}", SHAPE_FLAT},
    {"{\"schema_version\":\"1.0\",\"event\":{},\"harness\":{}}", SHAPE_BEACON},
    {"{\"schema_version\":1.0,\"event\":{},\"harness\":{}}", SHAPE_BEACON},
    {"{\"schema_version\":null,\"event\":{},\"harness\":{}}", SHAPE_FLAT},
    {"{\"schema_version\":\"1.0\",\"event\":\"x\",\"harness\":{}}", SHAPE_FLAT},
    {"{\"event\":{},\"harness\":{}}", SHAPE_FLAT},
    {"{\"@timestamp\":\"x\"}", SHAPE_ECS},
    {"{\"ecs\":{\"version\":\"8\"}}", SHAPE_ECS},
    {"{\"ecs.version\":\"8\",\"attributes\":{}}", SHAPE_ECS},
    {"{\"attributes\":{}}", SHAPE_OTEL},
    {"{\"attributes\":[]}", SHAPE_OTEL},
    {"{\"attributes\":\"x\"}", SHAPE_FLAT},
    {"{\"Attributes\":{}}", SHAPE_OTEL},
    {"{\"LogAttributes\":{}}", SHAPE_OTEL},
    {"{\"SpanAttributes\":{}}", SHAPE_OTEL},
    {"{\"timeUnixNano\":\"1\"}", SHAPE_OTEL},
    {"{\"gen_ai.system\":\"x\"}", SHAPE_OTEL},
    {"{\"mcp.server\":\"x\"}", SHAPE_OTEL},
    {"{\"beacon.origin\":\"x\"}", SHAPE_OTEL},
    {"{\"vcs.branch.name\":\"x\"}", SHAPE_OTEL},
    {"{\"hook_event_name\":\"Stop\"}", SHAPE_HOOK},
    {"{\"hookEventName\":\"Stop\"}", SHAPE_HOOK},
    {"{\"agent_action_name\":\"x\"}", SHAPE_HOOK},
    {"{\"hook_event_name\":5}", SHAPE_FLAT},
    {"{\"type\":\"session.idle\",\"properties\":{}}", SHAPE_HOOK},
    {"{\"type\":\"chat.message\",\"output\":{}}", SHAPE_HOOK},
    {"{\"type\":\"tool.execute.after\",\"sessionID\":\"x\"}", SHAPE_HOOK},
    {"{\"type\":\"tool.execute.after\",\"session_id\":\"x\"}", SHAPE_HOOK},
    {"{\"type\":\"session.idle\"}", SHAPE_FLAT},
    {"{\"type\":\"session.started\",\"session_id\":\"x\"}", SHAPE_FLAT},
    {"{\"message\":\"x\"}", SHAPE_FLAT},
    {"{\"mcp.\":\"x\"}", SHAPE_FLAT},
    {"{\"@timestamp\":null}", SHAPE_FLAT},
    {"{\"@timestamp\":1,\"@timestamp\":null}", SHAPE_ECS},
    {"{\"schema_version\":\"1.0\",\"event\":{},\"harness\":{},\"event\":1}", SHAPE_FLAT},
    {"{\"resourceSpans\":[]}", SHAPE_OTLP},
    {"{\"resourceMetrics\":[]}", SHAPE_OTLP},
};

static void the_first_rule_that_fits_decides(void **state)
{
    (void)state;
    struct json_reader *reader = json_reader_new(1 << 12);
    struct pathset names;
    pathset_init(&names, 1);
    record_index_names(&names);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct doc d;
        struct record_index o;
        struct span rest = span_str(shapes[i].in);
        assert_int_equal(json_scan(reader, &rest, &d, NULL), FAIL_NONE);
        record_index_of(&names, &d, DOC_ROOT, &o);
        enum shape got = shape_of(&d, &o);
        if (got != shapes[i].want) {
            fail_msg("%s is %s", shapes[i].in, shape_name(got));
        }
        if (got != SHAPE_OTLP) {
            assert_int_equal(shape_is_beacon(&d, &o), got == SHAPE_BEACON);
        }
    }
    json_reader_free(reader);
    pathset_done(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_first_rule_that_fits_decides)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
