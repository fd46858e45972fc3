/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of an envelope or wrapper are no fields of an event (normalization.md §2). Events from an
 * envelope with members beside the record and its fallbacks are counted.
 */
#include "testing.h"

#include "event/normalize.h"
#include "event/schema/rules.h"
#include "pieces.h"

enum { LINE_BYTES = 65536 };

static const struct object_origin source = {.customer = SPAN_INIT("acme"),
                                            .object = SPAN_INIT("s3://b/k"),
                                            .version = SPAN_INIT("v1"),
                                            .modified_ns = 1780272000 * INT64_C(1000000000)};

static struct normalizer *start(void)
{
    const struct normalize_options o = {.event_bytes = LINE_BYTES, .line_bytes = LINE_BYTES};
    struct normalizer *n = normalizer_new(&o);
    normalizer_object(n, &source, NULL);
    return n;
}

/* Set the text, with readable bytes after it as lines have. */
static void set_text(struct buf *to, const char *text)
{
    buf_clear(to);
    buf_add(to, span_str(text));
    assert_non_null(buf_room(to, FRAMING_SLACK));
}

/* The number of events of a piece; *dropped: of those with members of an envelope that were
 * dropped. */
static size_t count_dropped(struct normalizer *n, const struct piece *piece, size_t *dropped)
{
    struct output r;
    size_t events = 0;
    *dropped = 0;
    normalizer_piece(n, piece);
    while (normalizer_next(n, &r)) {
        events += r.kind == OUTPUT_EVENT;
        *dropped += r.kind == OUTPUT_EVENT && r.members_dropped;
    }
    return events;
}

static void says_where_members_of_an_envelope_are_dropped(void **state UNUSED)
{
    static const struct {
        const char *line;
        size_t events, dropped;
    } cases[] = {
        {"{\"user\":\"ana\",\"a\":1}", 1, 0},
        {"{\"records\":[{\"user\":\"a\"},{\"user\":\"b\"}]}", 2, 0},
        {"{\"time\":\"2026-05-11T22:20:00Z\",\"host\":\"h\",\"records\":[{\"user\":\"a\"}]}", 1, 0},
        {"{\"x\":1,\"records\":[{\"user\":\"a\"},{\"user\":\"b\"}]}", 2, 2},
        {"{\"records\":[{\"message\":\"{\\\"user\\\":\\\"a\\\"}\",\"x\":1},{\"user\":\"b\"}]}", 2,
         1},
        {"{\"message\":\"{\\\"user\\\":\\\"a\\\"}\"}", 1, 0},
        {"{\"log\":\"{\\\"user\\\":\\\"a\\\"}\",\"stream\":\"stdout\"}", 1, 1},
        {"{\"event\":{\"user\":\"a\"},\"sourcetype\":\"s\"}", 1, 1},
        {"{\"event\":{\"vendor\":\"beacon\",\"event\":{\"action\":\"file.read\"}},\"host\":\"h\"}",
         1, 0},
        {"{\"detail-type\":\"t\",\"detail\":{\"user\":\"a\"},\"time\":\"2026-05-11T22:20:00Z\"}", 1,
         1},
        {"{\"specversion\":\"1.0\",\"data\":{\"user\":\"a\"}}", 1, 1},
        {"{\"messageType\":\"DATA_MESSAGE\",\"logGroup\":\"g\",\"logEvents\":[{\"timestamp\":"
         "1778538000000,"
         "\"message\":\"{\\\"user\\\":\\\"a\\\"}\"}]}",
         1, 1},
        {"{\"x\":1,\"records\":[{\"user\":\"a\"}]} {\"user\":\"b\"}", 2, 1},
    };
    OWNED(normalizer) struct normalizer *n = start();
    struct buf text = BUF_INIT(LINE_BYTES);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t dropped = 0;
        set_text(&text, cases[i].line);
        struct piece piece = line_piece(buf_span(&text), 1);
        assert_int_equal(count_dropped(n, &piece, &dropped), cases[i].events);
        if (dropped != cases[i].dropped) {
            print_error("%s: %zu dropped\n", cases[i].line, dropped);
        }
        assert_int_equal(dropped, cases[i].dropped);
    }
    buf_done(&text);
}

static void says_where_members_beside_a_path_are_dropped(void **state UNUSED)
{
    static const struct {
        const char *line;
        size_t dropped;
    } cases[] = {
        {"{\"payload\":{\"after\":{\"user\":\"a\"}}}", 0},
        {"{\"payload\":{\"after\":{\"user\":\"a\"},\"before\":null}}", 1},
        {"{\"payload\":{\"after\":{\"user\":\"a\"}},\"schema\":null}", 1},
        {"{\"payload.after\":{\"user\":\"a\"},\"host\":\"h\"}", 0},
    };
    struct err e;
    OWNED(rules) struct rules *rules = rules_new();
    assert_int_equal(rules_add_unwrap(rules, SPAN("payload.after"), &e), FAIL_NONE);
    OWNED(normalizer) struct normalizer *n = start();
    normalizer_object(n, &source, rules);
    struct buf text = BUF_INIT(LINE_BYTES);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t dropped = 0;
        set_text(&text, cases[i].line);
        struct piece piece = line_piece(buf_span(&text), 1);
        assert_int_equal(count_dropped(n, &piece, &dropped), 1);
        assert_int_equal(dropped, cases[i].dropped);
    }
    buf_done(&text);
}

static void says_where_members_before_a_long_list_are_dropped(void **state UNUSED)
{
    static const char *const heads[] = {"{\"time\":1778538000,\"records\":[]}",
                                        "{\"x\":1,\"records\":[]}"};
    OWNED(normalizer) struct normalizer *n = start();
    struct buf text = BUF_INIT(LINE_BYTES);
    for (size_t i = 0; i < 2; i++) {
        size_t dropped = 0;
        set_text(&text, heads[i]);
        struct piece piece = line_piece(buf_span(&text), 1);
        piece.kind = PIECE_LIST;
        assert_int_equal(count_dropped(n, &piece, &dropped), 0);
        assert_int_equal(normalizer_answer(n), FRAMING_CONTINUE);
        set_text(&text, "{\"user\":\"a\"}");
        piece = line_piece(buf_span(&text), 1);
        piece.kind = PIECE_VALUE;
        piece.in_list = true;
        assert_int_equal(count_dropped(n, &piece, &dropped), 1);
        assert_int_equal(dropped, i);
        set_text(&text, FRAMING_REST_BEGINS "}");
        piece = line_piece(buf_span(&text), 1);
        piece.in_list = true;
        piece.kind = PIECE_LIST_END;
        assert_int_equal(count_dropped(n, &piece, &dropped), 0);
        set_text(&text, "{\"user\":\"a\"}");
        piece = line_piece(buf_span(&text), 1);
        piece.kind = PIECE_VALUE;
        assert_int_equal(count_dropped(n, &piece, &dropped), 1);
        assert_int_equal(dropped, 0);
    }
    buf_done(&text);
}

/* Events of a list whose object has these members after it. */
static void check_rest(struct normalizer *n, const char *rest, uint64_t dropped, size_t rejects)
{
    struct output r;
    struct buf text = BUF_INIT(LINE_BYTES);
    size_t found = 0;
    size_t ignored = 0;
    set_text(&text, "{\"records\":[]}");
    struct piece piece = line_piece(buf_span(&text), 1);
    piece.kind = PIECE_LIST;
    assert_int_equal(count_dropped(n, &piece, &ignored), 0);
    piece.in_list = true;
    for (int i = 0; i < 2; i++) {
        set_text(&text, "{\"user\":\"a\"}");
        piece.text = buf_span(&text);
        piece.kind = PIECE_VALUE;
        assert_int_equal(count_dropped(n, &piece, &ignored), 1);
        assert_int_equal(normalizer_dropped_behind(n), 0);
    }
    set_text(&text, rest);
    piece.text = buf_span(&text);
    piece.kind = PIECE_LIST_END;
    normalizer_piece(n, &piece);
    for (; normalizer_next(n, &r); found++) {
        assert_int_equal(r.kind, OUTPUT_REJECT);
        assert_int_equal(r.reason, REJECT_WRAPPED_TEXT);
    }
    assert_int_equal(found, rejects);
    assert_int_equal(normalizer_dropped_behind(n), dropped);
    buf_done(&text);
}

static void counts_events_whose_members_after_a_long_list_are_dropped(void **state UNUSED)
{
    OWNED(normalizer) struct normalizer *n = start();
    check_rest(n, FRAMING_REST_BEGINS "}", 0, 0);
    check_rest(n, FRAMING_REST_BEGINS ",\"x\":1}", 2, 0);
    check_rest(n, FRAMING_REST_BEGINS ",\"host\":\"h\"}", 2, 0);
    check_rest(n, FRAMING_REST_BEGINS ",\"message\":\"text\"}", 2, 0);
    check_rest(n, FRAMING_REST_BEGINS ",\"events\":[{\"a\":1}]}", 0, 1);
    check_rest(n, FRAMING_REST_BEGINS ",\"message\":\"{\\\"user\\\":\\\"b\\\"}\"}", 0, 1);
    check_rest(n, FRAMING_REST_BEGINS ",\"user\":\"b\"}", 0, 1);
    check_rest(n, "", 0, 1);
    check_rest(n, FRAMING_REST_BEGINS "}", 0, 0);
}

static void ends_a_long_list_at_damage(void **state UNUSED)
{
    OWNED(normalizer) struct normalizer *n = start();
    struct buf text = BUF_INIT(LINE_BYTES);
    size_t dropped = 0;
    set_text(&text, "{\"x\":1,\"logEvents\":[]}");
    struct piece piece = line_piece(buf_span(&text), 1);
    piece.kind = PIECE_LIST;
    assert_int_equal(count_dropped(n, &piece, &dropped), 0);
    piece.kind = PIECE_DAMAGE;
    piece.wrong = "no JSON value";
    piece.in_list = true;
    assert_int_equal(count_dropped(n, &piece, &dropped), 0);
    set_text(&text, "{\"user\":\"a\"}");
    piece = line_piece(buf_span(&text), 2);
    assert_int_equal(count_dropped(n, &piece, &dropped), 1);
    assert_int_equal(dropped, 0);
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_where_members_of_an_envelope_are_dropped),
        cmocka_unit_test(says_where_members_beside_a_path_are_dropped),
        cmocka_unit_test(says_where_members_before_a_long_list_are_dropped),
        cmocka_unit_test(counts_events_whose_members_after_a_long_list_are_dropped),
        cmocka_unit_test(ends_a_long_list_at_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
