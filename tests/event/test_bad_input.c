/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Meaningless input in amounts that a sender could send. Each kind is a line between two good lines
 * of an object. Time and memory are bounded, the result is correct, and the good line after it is
 * not affected.
 */
#include "testing.h"

#include "base/buf.h"
#include "codec/framing.h"
#include "cpu_time.h"
#include "event/normalize.h"
#include "pieces.h"

#include <malloc.h>
#include <stdio.h>

enum {
    LINE_BYTES = 4 << 20,
    EVENT_BYTES = 16 << 20,
    OBJECT_BYTES = 2 * LINE_BYTES,
    SECONDS_MAX = 5,         /* of CPU time; measured: 0.4 */
    MEMORY_PER_BYTE = 64,    /* of the line; measured: 48, mostly of the strict reader */
    MEMORY_BESIDE = 8 << 20, /* a normalizer that has only read short lines */
    RECORDS_MAX = 64,        /* of a line without events */
};

#define M 1000000

/* A Beacon-shaped event without its last brace. */
#define BEACON                                                                                     \
    "{\"timestamp\":\"2026-05-11T22:20:00Z\",\"vendor\":\"beacon\",\"product\":\"endpoint-"        \
    "agent\",\"schema_version\":\"1.0\",\"event\":{\"kind\":\"agent_runtime\",\"action\":"         \
    "\"file.read\",\"category\":\"file\"},\"severity\":\"info\",\"endpoint\":{\"os\":\"linux\"},"  \
    "\"user\":{},\"harness\":{\"name\":\"cursor\"}"

/* The same with an outdated name, so that it must be repaired. */
#define OLD                                                                                        \
    "{\"timestamp\":\"2026-05-11T22:20:00Z\",\"vendor\":\"beacon\",\"product\":\"endpoint-"        \
    "agent\",\"schema_version\":\"1.0\",\"event\":{\"kind\":\"agent_runtime\",\"action\":"         \
    "\"file.read\",\"category\":\"file\"},\"severity\":\"info\",\"endpoint\":{\"os\":\"linux\"},"  \
    "\"user\":{},\"harness\":{\"name\":\"claude\"}"

#define FLAT "{\"action\":\"read\",\"user\":\"ana\""

/*
 * A line consists of head, `times` times middle, and tail. Its first record is "nothing",
 * "passed_through", "event" or the reason of a reject.
 */
struct bad {
    struct span head, middle;
    size_t times;
    struct span tail;
    const char *want;
};

/* clang-format off */
#define ROW(head, middle, times, tail, want) \
    {SPAN_INIT(head), SPAN_INIT(middle), times, SPAN_INIT(tail), want}
/* clang-format on */

static const struct bad rows[] = {
    /* NULs */
    ROW("", "\0", M, "", "nothing"),
    ROW("\0\0" BEACON "}", "\0", M, "", "passed_through"),
    ROW(BEACON ",\"x\":\"", "\0", 1, "\"}", "bad_json"),
    ROW("{\"action\":", "\0", M, "\"read\"}", "bad_json"),
    /* byte order marks */
    ROW("\xef\xbb\xbf", "", 0, "", "nothing"),
    ROW("\xef\xbb\xbf" BEACON "}", "", 0, "", "passed_through"),
    ROW("", "\xef\xbb\xbf", 2, BEACON "}", "bad_json"),
    ROW("", "\xef\xbb\xbf", M, "", "bad_json"),
    ROW(BEACON ",\"x\":\"", "\xef\xbb\xbf", M, "\"}", "passed_through"),
    ROW("\xff\xfe{\0}\0", "", 0, "", "bad_json"),
    /* ends of lines */
    ROW(BEACON "}\r", "", 0, "", "passed_through"),
    ROW("", "\r", M, "", "nothing"),
    ROW(BEACON "}", "\r", M, "", "passed_through"),
    ROW(BEACON ",\r\"x\":1}", "", 0, "", "passed_through"),
    ROW(BEACON ",\"x\":\"\r\"}", "", 0, "", "bad_json"),
    /* invalid UTF-8 */
    ROW(BEACON ",\"x\":\"", "\xff", M, "\"}", "event"),
    ROW(BEACON ",\"x\":\"", "\xed\xa0\x80", M, "\"}", "event"),
    ROW(BEACON ",\"", "\xf0\x9f\x98", M, "\":1}", "event"),
    ROW(FLAT ",\"message\":\"", "\xc3", M, "\"}", "event"),
    ROW("", "\xff", M, "", "bad_json"),
    ROW(BEACON "}", "\xff", M, "", "event"),
    ROW("{\"file\":1,\"source_type\":\"f\",\"message\":\"{\\\"vendor\\\":\\\"beacon\\\",\\\"x\\\":"
        "\\\"",
        "\xff", 3 * M, "\\\"}\"}", "event"),
    ROW("{\"log\":\"{\\\"vendor\\\":\\\"beacon\\\",\\\"x\\\":\\\"", "\xff", 3 * M, "\\\"}\"}",
        "event"),
    /* lone surrogates */
    ROW(BEACON ",\"x\":\"", "\\ud800", 500000, "\"}", "event"),
    ROW(BEACON ",\"x\":\"", "\\udc00\\ud800", 250000, "\"}", "event"),
    ROW(FLAT ",\"message\":\"", "\\ud83d", 500000, "\"}", "event"),
    /* nesting */
    ROW("", "[", 100000, "", "bad_json"),
    ROW("", "{\"a\":", 100000, "", "bad_json"),
    ROW(BEACON ",\"x\":", "[", 100000, "", "bad_json"),
    ROW(BEACON ",\"x\":", "[{\"a\":", 100000, "}", "bad_json"),
    ROW("{\"message\":\"", "[", 100000, "\",\"source_type\":\"file\",\"file\":\"x\"}",
        "wrapped_text"),
    ROW(FLAT ",\"tool_input\":\"", "[", 100000, "\"}", "event"),
    ROW(FLAT ",\"tool_input\":\"", "{\\\"tool_input\\\":", 100000, "\"}", "event"),
    /* numbers of a million digits */
    ROW(BEACON ",\"x\":", "9", M, "}", "passed_through"),
    ROW(BEACON ",\"x\":0.", "0", M, "1}", "passed_through"),
    ROW(BEACON ",\"x\":1e", "9", M, "}", "passed_through"),
    ROW(BEACON ",\"command\":{\"exit_code\":-", "9", M, "}}", "passed_through"),
    ROW(OLD ",\"message\":", "9", M, "}", "event"),
    ROW(BEACON ",\"timestamp\":", "9", M, "}", "event"),
    ROW(FLAT ",\"exit_code\":", "9", M, "}", "event"),
    ROW(FLAT ",\"exit_code\":\"", "9", M, "\"}", "event"),
    ROW(FLAT ",\"duration_ms\":1e", "9", M, "}", "event"),
    ROW(FLAT ",\"ts\":\"1", "0", M, "\"}", "event"),
    ROW("", "9", M, "", "not_an_event"),
    /* keys of a megabyte */
    ROW(BEACON ",\"", "k", M, "\":1}", "passed_through"),
    ROW(OLD ",\"", "k", M, "\":1}", "event"),
    ROW(FLAT ",\"", "k", M, "\":1}", "event"),
    ROW(FLAT ",\"", "a.", 500000, "b\":1}", "event"),
    ROW(FLAT ",\"", "_", M, "user\":1}", "event"),
    ROW("{\"attributes\":{\"", "gen_ai.", 140000, "x\":1},\"user\":\"a\"}", "event"),
    ROW("{\"", "k", M, "\":1}", "no_known_field"),
    /* duplicate names */
    ROW(BEACON, ",\"x\":1", 300000, "}", "event"),
    ROW(BEACON, ",\"vendor\":\"beacon\"", 100000, "}", "event"),
    ROW(BEACON ",\"raw\":{\"a\":[", "{\"b\":1,\"b\":2},", 100000, "0]}}", "event"),
    ROW(FLAT, ",\"user\":\"bo\"", 150000, "}", "event"),
    ROW("{\"vendor\":\"x\"", ",\"vendor\":\"beacon\"", 100000, "}", "event"),
    /* a million scalars */
    ROW("[", "1,", M, "1]", "not_an_event"),
    ROW("", "1 ", M, "", "not_an_event"),
    ROW("", "\"\"", M, "", "not_an_event"),
    ROW("", "{}", M, "", "not_an_event"),
    ROW("", "[]", M, "", "not_an_event"),
    ROW("", "[1]{}", M / 2, "", "not_an_event"),
    ROW("[", "null,", 500000, BEACON "}]", "not_an_event"),
    ROW(BEACON ",\"raw\":{\"x\":[", "1,", M, "1]}}", "passed_through"),
    ROW(OLD ",\"raw\":{\"x\":[", "1,", M, "1]}}", "event"),
    ROW(BEACON ",\"gen_ai\":{\"request\":{\"stop_sequences\":[", "1,", M, "1]}}}", "event"),
    ROW(FLAT ",\"command\":[", "1,", M, "1]}", "event"),
    ROW(FLAT ",\"workspace_roots\":[", "\"\",", M, "1]}", "event"),
};

static const struct object_origin source = {.customer = SPAN_INIT("acme"),
                                            .object = SPAN_INIT("s3://b/k"),
                                            .version = SPAN_INIT("v1"),
                                            .modified_ns = 1780272000 * INT64_C(1000000000)};

static struct normalizer *start(void)
{
    const struct normalize_options o = {
        .event_bytes = EVENT_BYTES, .line_bytes = LINE_BYTES, .sample_bytes = 100};
    return normalizer_new(&o);
}

/* Bytes allocated by malloc. 0 under the sanitizers. */
static size_t memory(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

static const char *outcome(const struct output *r)
{
    return r->kind == OUTPUT_REJECT ? reject_reason_name(r->reason)
           : r->passed_through      ? "passed_through"
                                    : "event";
}

/* Results of the line: its first record, and the number of records. */
struct seen {
    const char *first;
    size_t records;
};

static struct seen read_piece(struct normalizer *n, const struct piece *piece)
{
    struct seen s = {.first = "nothing"};
    struct output r;
    normalizer_piece(n, piece);
    while (normalizer_next(n, &r)) {
        s.first = s.records++ == 0 ? outcome(&r) : s.first;
    }
    return s;
}

static void put_object(struct buf *to, const struct bad *row)
{
    buf_clear(to);
    buf_add(to, SPAN(BEACON ",\"n\":1}\n"));
    buf_add(to, row->head);
    for (size_t i = 0; i < row->times; i++) {
        buf_add(to, row->middle);
    }
    buf_add(to, row->tail);
    buf_add(to, SPAN("\n" BEACON ",\"n\":3}\n"));
    assert_non_null(buf_room(to, FRAMING_SLACK));
    assert_false(to->overflowed);
}

static void check_row(size_t number, const struct buf *object)
{
    OWNED(normalizer) struct normalizer *n = start();
    struct span rest = buf_span(object);
    OWNED(framing) struct framing *f = framing_new(LINE_BYTES, 100);
    struct piece piece;
    struct seen seen[] = {{"nothing", 0}, {"nothing", 0}, {"nothing", 0}};
    normalizer_object(n, &source, NULL);
    size_t memory_before = memory();
    double before = cpu_seconds();
    while (framing_next(f, &rest, &piece)) {
        assert_in_range(piece.line, 1, 3);
        seen[piece.line - 1] = read_piece(n, &piece);
    }
    double took = cpu_seconds() - before;
    size_t grown = memory() - memory_before;
    assert_string_equal(seen[0].first, "passed_through");
    if (strcmp(seen[1].first, rows[number].want) != 0 || seen[1].records > RECORDS_MAX) {
        fail_msg("row %zu: %s, %zu records", number, seen[1].first, seen[1].records);
    }
    assert_string_equal(seen[2].first, "passed_through");
    assert_int_equal(seen[2].records, 1);
    if (took > (double)SECONDS_MAX || grown > MEMORY_BESIDE + MEMORY_PER_BYTE * object->n) {
        fail_msg("row %zu: %.1f s, %zu bytes more for %zu", number, took, grown, object->n);
    }
}

static void the_next_line_is_unharmed_whatever_comes_before_it(void **state UNUSED)
{
    struct buf object = BUF_INIT(OBJECT_BYTES);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        put_object(&object, &rows[i]);
        check_row(i, &object);
    }
    buf_done(&object);
}

/* ---- Many members: what is done for each of them must not iterate over all of them ---- */

enum { MANY = 50000 };

static void add_members(struct buf *to, const char *name)
{
    for (int i = 2; i < MANY; i++) {
        buf_addf(to, ",\"%s_%d\":0", name, i);
    }
}

static void add_points(struct buf *to)
{
    for (int i = 0; i < MANY; i++) {
        buf_add(to, SPAN("{\"b\":1},"));
    }
}

static void check_time(const struct buf *text, size_t records)
{
    OWNED(normalizer) struct normalizer *n = start();
    struct piece piece = line_piece(buf_span(text), 1);
    assert_true(text->n <= LINE_BYTES);
    normalizer_object(n, &source, NULL);
    double before = cpu_seconds();
    assert_int_equal(read_piece(n, &piece).records, records);
    double took = cpu_seconds() - before;
    if (took > (double)SECONDS_MAX) {
        fail_msg("%.1f s", took);
    }
}

static void looks_at_members_once_for_all_records_of_a_request(void **state UNUSED)
{
    struct buf text = BUF_INIT(LINE_BYTES + FRAMING_SLACK);
    buf_add(&text, SPAN("{\"resourceMetrics\":[{\"a\":0"));
    add_members(&text, "a");
    buf_add(&text, SPAN(",\"scopeMetrics\":[{\"a\":0"));
    add_members(&text, "a");
    buf_add(&text, SPAN(",\"metrics\":[{\"a\":0"));
    add_members(&text, "a");
    buf_add(&text, SPAN(",\"sum\":{\"dataPoints\":["));
    add_points(&text);
    buf_add(&text, SPAN("{\"b\":1}]}}]}]}]}"));
    assert_non_null(buf_room(&text, FRAMING_SLACK));
    check_time(&text, MANY + 1);
    buf_done(&text);
}

static void finds_a_free_name_in_raw_however_many_are_taken(void **state UNUSED)
{
    struct buf text = BUF_INIT(LINE_BYTES + FRAMING_SLACK);
    buf_add(&text,
            SPAN(BEACON ",\"ingest\":1,\"origin\":\"x\",\"raw\":{\"replaced\":0,\"ingest\":0"));
    add_members(&text, "replaced");
    add_members(&text, "ingest");
    buf_add(&text, SPAN("}}"));
    assert_non_null(buf_room(&text, FRAMING_SLACK));
    check_time(&text, 1);
    buf_done(&text);
}

/* Check a line of exactly this many bytes, with bytes before and after it that do not count. */
static void check_limit(size_t bytes, const char *before, const char *behind, const char *want)
{
    OWNED(normalizer) struct normalizer *n = start();
    struct buf object = BUF_INIT(OBJECT_BYTES);
    OWNED(framing) struct framing *f = framing_new(LINE_BYTES, 100);
    struct piece piece;
    buf_add(&object, span_str(before));
    size_t begun = object.n;
    buf_add(&object, SPAN(BEACON ",\"x\":\""));
    while (object.n - begun < bytes - 2) {
        buf_add_byte(&object, 'x');
    }
    buf_add(&object, SPAN("\"}"));
    assert_int_equal(object.n - begun, bytes);
    buf_add(&object, span_str(behind));
    buf_add(&object, SPAN("\n" BEACON "}\n"));
    assert_non_null(buf_room(&object, FRAMING_SLACK));
    struct span rest = buf_span(&object);
    normalizer_object(n, &source, NULL);
    assert_true(framing_next(f, &rest, &piece));
    struct seen seen = read_piece(n, &piece);
    assert_string_equal(seen.first, want);
    assert_int_equal(seen.records, 1);
    assert_true(framing_next(f, &rest, &piece));
    assert_int_equal(piece.line, 2);
    assert_string_equal(read_piece(n, &piece).first, "passed_through");
    buf_done(&object);
}

static void a_line_of_the_limit_is_read_and_none_of_one_byte_more(void **state UNUSED)
{
    check_limit(LINE_BYTES - 1, "", "", "passed_through");
    check_limit(LINE_BYTES, "", "", "passed_through");
    check_limit(LINE_BYTES + 1, "", "", "line_too_long");
    check_limit(LINE_BYTES, "\xef\xbb\xbf", "\r", "passed_through");
    check_limit(LINE_BYTES + 1, "\xef\xbb\xbf", "\r", "line_too_long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_line_is_unharmed_whatever_comes_before_it),
        cmocka_unit_test(looks_at_members_once_for_all_records_of_a_request),
        cmocka_unit_test(finds_a_free_name_in_raw_however_many_are_taken),
        cmocka_unit_test(a_line_of_the_limit_is_read_and_none_of_one_byte_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
