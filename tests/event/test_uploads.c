/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether equal records in two objects are one event or two (kafka-contract.md §3), on all three
 * paths of a record.
 */
#include "testing.h"

#include "base/buf.h"
#include "event/normalize.h"
#include "pieces.h"

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 64 << 10, ID_BYTES = 37 };

#define MODIFIED_NS (1780272000 * INT64_C(1000000000))

static const struct object_origin first = {.customer = SPAN_INIT("acme"),
                                           .object = SPAN_INIT("s3://b/2026/a.jsonl"),
                                           .version = SPAN_INIT("v1"),
                                           .modified_ns = MODIFIED_NS};

struct fixture {
    struct normalizer *normalizer;
    struct buf text;
};

static int start(void **state)
{
    static struct fixture f;
    const struct normalize_options o = {.event_bytes = LINE_BYTES, .line_bytes = LINE_BYTES};
    f = (struct fixture){normalizer_new(&o), BUF_INIT(2 * LINE_BYTES)};
    *state = &f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    normalizer_free(f->normalizer);
    buf_done(&f->text);
    return 0;
}

/* The id of the only event of an object with one line. */
static void only_id(struct fixture *f, const struct object_origin *o, const char *record,
                    char id[ID_BYTES])
{
    struct output out;
    buf_clear(&f->text);
    buf_add(&f->text, span_str(record));
    assert_non_null(buf_room(&f->text, FRAMING_SLACK));
    struct piece line = line_piece(buf_span(&f->text), 1);
    normalizer_object(f->normalizer, o, NULL);
    normalizer_piece(f->normalizer, &line);
    assert_true(normalizer_next(f->normalizer, &out));
    if (out.kind != OUTPUT_EVENT) {
        fail_msg("%s is no event", record);
    }
    memcpy(id, out.key.id, ID_BYTES);
    assert_non_null(memmem(out.value.p, out.value.n, id, ID_BYTES - 1));
    assert_false(normalizer_next(f->normalizer, &out));
}

static bool are_one_event(struct fixture *f, const struct object_origin *a,
                          const struct object_origin *b, const char *record)
{
    char x[ID_BYTES];
    char y[ID_BYTES];
    char again[ID_BYTES];
    only_id(f, a, record, x);
    only_id(f, b, record, y);
    only_id(f, a, record, again);
    assert_string_equal(x, again); /* the same object read again */
    return strcmp(x, y) == 0;
}

#define BEACON(timestamp, id)                                                                      \
    "{" timestamp                                                                                  \
    "\"vendor\":\"beacon\",\"product\":\"endpoint-agent\",\"schema_version\":\"1.0\","             \
    "\"event\":{" id "\"kind\":\"agent_runtime\",\"action\":\"file.read\",\"category\":\"file\"}," \
    "\"severity\":\"info\",\"endpoint\":{\"os\":\"linux\"},\"user\":{},"                           \
    "\"harness\":{\"name\":\"cursor\"}}"
#define TIME "\"timestamp\":\"2026-05-11T22:20:00Z\","
#define UUID "\"id\":\"f81d4fae-7dec-41d0-8765-00a0c91e6bf6\","

static const char *const without_time[] = {
    "{\"user\":\"ana\",\"host\":\"h1\",\"command\":\"make test\",\"action\":\"exec\"}",
    "{\"time\":\"22:20:00\",\"user\":\"ana\",\"command\":\"make test\"}",
    "{\"time\":\"10:20 PM\",\"user\":\"ana\",\"command\":\"make test\"}",
    "{\"time\":\"May 11 22:20:00\",\"user\":\"ana\",\"command\":\"make test\"}",
    "{\"time\":\"yesterday\",\"user\":\"ana\"}",
    "{\"time\":\"1970-01-01T00:00:00Z\",\"user\":\"ana\"}",
    "{\"time\":\"2027-01-01T00:00:00Z\",\"user\":\"ana\"}",
    "{\"time\":true,\"user\":\"ana\"}",
    "{\"time\":null,\"user\":\"ana\"}",
    "{\"@timestamp\":\"\",\"ecs\":{\"version\":\"8.0\"},\"user\":{\"name\":\"ana\"}}",
    "{\"attributes\":{\"user.name\":\"ana\",\"event.name\":\"tool_result\"}}",
    "{\"hook_event_name\":\"Stop\",\"session_id\":\"s\"}",
    "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"x\"}}]}]}]}",
    "{\"event\":{\"event\":{\"action\":\"exec\"},\"user\":\"ana\"},\"time\":\"22:20:00\"}",
    BEACON("", ""),
    BEACON("\"timestamp\":\"22:20:00\",", ""),
    BEACON("", "\"id\":\"7\","),
};

static const char *const with_time[] = {
    "{\"time\":\"2026-05-11T22:20:00Z\",\"user\":\"ana\"}",
    "{\"time\":\"2026-05-11\",\"user\":\"ana\"}",
    "{\"time\":1778538000,\"user\":\"ana\"}",
    "{\"time\":\"22:20:00\",\"created_at\":\"2026-05-11T22:20:00Z\",\"user\":\"ana\"}",
    "{\"event\":{\"event\":{\"action\":\"exec\"},\"user\":\"ana\"},\"time\":1778538000}",
    "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"1778538000000000000\","
    "\"body\":{\"stringValue\":\"x\"}}]}]}]}",
    BEACON(TIME, ""),
    BEACON(TIME, "\"id\":\"7\","),
    BEACON(TIME, UUID),
    BEACON("", UUID),
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void check_each(struct fixture *f, const struct object_origin *other, bool without_is_one)
{
    for (size_t i = 0; i < COUNT(without_time); i++) {
        if (are_one_event(f, &first, other, without_time[i]) != without_is_one) {
            fail_msg("%s", without_time[i]);
        }
    }
    for (size_t i = 0; i < COUNT(with_time); i++) {
        if (!are_one_event(f, &first, other, with_time[i])) {
            fail_msg("%s", with_time[i]);
        }
    }
}

static void differ_without_a_time_under_two_keys(void **state)
{
    struct object_origin other = first;
    other.object = SPAN("s3://b/2026/b.jsonl");
    check_each(*state, &other, false);
}

static void differ_without_a_time_in_two_buckets(void **state)
{
    struct object_origin other = first;
    other.object = SPAN("s3://c/2026/a.jsonl");
    check_each(*state, &other, false);
}

static void differ_without_a_time_in_two_versions(void **state)
{
    struct object_origin other = first;
    other.version = SPAN("v2");
    check_each(*state, &other, false);
}

static void are_one_event_in_one_version(void **state)
{
    struct object_origin other = first;
    other.modified_ns += 1000000000; /* as in a replica of the bucket */
    check_each(*state, &other, true);
}

static void differ_without_a_time_in_two_uploads_without_versions(void **state)
{
    struct fixture *f = *state;
    struct object_origin a = first;
    a.version = SPAN("0123456789abcdef0123456789abcdef");
    a.version_is_etag = true;
    struct object_origin b = a;
    assert_true(are_one_event(f, &a, &b, without_time[0]));
    b.modified_ns += 1000000000;
    assert_false(are_one_event(f, &a, &b, without_time[0]));
    assert_true(are_one_event(f, &a, &b, with_time[0]));
}

static void differ_by_the_time_of_their_envelopes(void **state)
{
    struct fixture *f = *state;
    static const char *const records[] = {"{\"user\":\"ana\",\"event\":{\"action\":\"exec\"}}",
                                          BEACON("", "")};
    char ids[3][ID_BYTES];
    char text[1024];
    for (size_t i = 0; i < COUNT(records); i++) {
        for (int j = 0; j < 3; j++) {
            (void)snprintf(text, sizeof(text), "{\"time\":%d,\"event\":%s}", 1778538000 + j / 2,
                           records[i]);
            only_id(f, &first, text, ids[j]);
        }
        assert_string_equal(ids[0], ids[1]);
        assert_string_not_equal(ids[0], ids[2]);
    }
}

static void differ_in_an_event_id_only_if_it_can_be_unique(void **state)
{
    struct fixture *f = *state;
    char a[ID_BYTES];
    char b[ID_BYTES];
    only_id(f, &first, BEACON(TIME, UUID), a);
    only_id(f, &first, BEACON("\"message\":\"x\"," TIME, UUID), b);
    assert_string_equal(a, b);
    only_id(f, &first, BEACON(TIME, "\"id\":\"7\","), a);
    only_id(f, &first, BEACON("\"message\":\"x\"," TIME, "\"id\":\"7\","), b);
    assert_string_not_equal(a, b);
    only_id(f, &first, BEACON(TIME, "\"id\":\"8\","), b);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differ_without_a_time_under_two_keys),
        cmocka_unit_test(differ_without_a_time_in_two_buckets),
        cmocka_unit_test(differ_without_a_time_in_two_versions),
        cmocka_unit_test(are_one_event_in_one_version),
        cmocka_unit_test(differ_without_a_time_in_two_uploads_without_versions),
        cmocka_unit_test(differ_by_the_time_of_their_envelopes),
        cmocka_unit_test(differ_in_an_event_id_only_if_it_can_be_unique),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
