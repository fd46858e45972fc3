/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "ops/ops_event.h"
#include "ops/ops_read.h"

/* Write an event of an object, and read it. */
static bool write_and_read(const char *type, const struct ops_object *o, struct ops_seen *seen,
                           struct buf *out)
{
    struct buf data = BUF_INIT(OPS_EVENT_BYTES);
    ops_object_write(&data, o);
    ops_event_write(
        out, &(struct ops_stamp){.source = SPAN("s"), .now_ms = 1},
        &(struct ops_event){.type = type, .customer = SPAN("acme"), .data = buf_span(&data)});
    buf_done(&data);
    return ops_read(buf_span(out), seen);
}

static struct ops_object object(void)
{
    return (struct ops_object){.customer = SPAN("acme"),
                               .name = SPAN("s3://bucket/logs/\"a\"/\xd0\xba"),
                               .version = "v1",
                               .etag = "e1",
                               .lag_ms = 400,
                               .queue = "main"};
}

static void assert_seen(const char *type, const struct ops_object *o, enum ops_what want)
{
    struct ops_seen seen;
    struct buf out = BUF_INIT(OPS_EVENT_BYTES);
    assert_true(write_and_read(type, o, &seen, &out));
    assert_int_equal(seen.what, want);
    assert_span_equal(seen.customer, SPAN("acme"));
    assert_span_equal(seen.bucket, SPAN("bucket"));
    assert_span_equal(seen.key, SPAN("logs/\"a\"/\xd0\xba"));
    assert_span_equal(seen.version, SPAN("v1"));
    assert_span_equal(seen.queue, SPAN("main"));
    assert_int_equal(seen.lag_ms, 400);
    ops_seen_done(&seen);
    buf_done(&out);
}

static void an_object_is_read_as_it_was_written(void **state UNUSED)
{
    struct ops_object o = object();
    assert_seen(OPS_OBJECT_DONE, &o, OPS_SAW_READ);
    o.accepted = FAIL_GONE;
    assert_seen(OPS_OBJECT_DONE, &o, OPS_SAW_ACCEPTED);
    o.accepted = FAIL_NONE;
    o.left = true;
    assert_seen(OPS_OBJECT_LEFT, &o, OPS_SAW_LEFT);
    o.left = false;
    o.later = true;
    assert_seen(OPS_OBJECT_LATER, &o, OPS_SAW_LATER);
}

static void other_texts_are_no_events_of_an_object(void **state UNUSED)
{
    static const char *const texts[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"type\":\"asymptote.ingest.object.done\"}",
        "{\"type\":\"asymptote.ingest.object.done\",\"data\":{\"key\":\"k\"}}",
        "{\"type\":\"asymptote.ingest.object.done\",\"data\":{\"customer\":\"a\",\"key\":\"\"}}",
        "{\"type\":\"asymptote.ingest.object.done\",\"data\":{\"customer\":\"a\",\"key\":5}}",
        "{\"type\":\"asymptote.ingest.x.y\",\"data\":{\"customer\":\"a\",\"key\":\"k\"}}",
        "{\"type\":5,\"data\":{\"customer\":\"a\",\"key\":\"k\"}}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ops_seen seen;
        assert_false(ops_read(span_str(texts[i]), &seen));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_read_as_it_was_written),
        cmocka_unit_test(other_texts_are_no_events_of_an_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
