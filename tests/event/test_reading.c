/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "event/reading.h"

struct fixture {
    struct decode *decode;
    struct normalizer *normalizer;
    struct reading reading;
};

static const struct object_origin origin = {
    .customer = SPAN_INIT("acme"), .object = SPAN_INIT("s3://b/k"), .version = SPAN_INIT("v")};

static void setup(struct fixture *f)
{
    static const struct decode_limits limits = {0};
    static const struct normalize_options options = {.event_bytes = 65536, .line_bytes = 65536};
    *f = (struct fixture){.decode = decode_new(&limits), .normalizer = normalizer_new(&options)};
    normalizer_object(f->normalizer, &origin, NULL);
    reading_init(&f->reading);
}

static void teardown(struct fixture *f)
{
    decode_free(f->decode);
    normalizer_free(f->normalizer);
    reading_done(&f->reading);
}

static void take_text(struct fixture *f, struct span text)
{
    size_t n = text.n;
    assert_int_equal(reading_text(&f->reading, &text).n, n);
}

static enum reading_answer add(struct fixture *f, uint64_t line, enum reject_reason reason,
                               struct span value)
{
    struct piece piece = {
        .framing = FRAMING_LINES, .line = line, .offset = (line - 1) * 10, .bytes = 9, .count = 1};
    struct output out = {.kind = reason < REJECT_REASONS ? OUTPUT_REJECT : OUTPUT_EVENT,
                         .reason = reason,
                         .value = value,
                         .count = 1};
    reading_piece(&f->reading, &piece);
    return reading_output(&f->reading, &piece, &out);
}

static enum reading_answer reject(struct fixture *f, uint64_t line, struct span value)
{
    return add(f, line, REJECT_BAD_JSON, value);
}

static enum reading_answer event(struct fixture *f, uint64_t line)
{
    return add(f, line, REJECT_REASONS, SPAN("{}"));
}

/* The next of the rejects that stand for several. */
static void expect_rest(struct fixture *f, const char *want)
{
    struct output out;
    assert_true(reading_rest(&f->reading, f->normalizer, &out));
    assert_string_equal(out.value.p, want);
}

#define STANDS_FOR_ALL                                                                             \
    " more rejects of this reason; this one stands for all of them\",\"customer\":\"acme\","       \
    "\"object\":\"s3://b/k\",\"version\":\"v\","

static void what_does_not_fit_is_counted(void **state UNUSED)
{
    static char value[READING_HELD_BYTES / 4 + 1];
    struct fixture f;
    struct output out;
    size_t held = 0;
    setup(&f);
    memset(value, 'x', sizeof(value));
    for (uint64_t line = 1; line <= 5; line++) {
        assert_int_equal(reject(&f, line, span_of(value, sizeof(value))),
                         line <= 3 ? READING_HOLD : READING_COUNT);
    }
    while (reading_release(&f.reading, &out)) {
        held += out.value.n == sizeof(value);
    }
    assert_int_equal(held, 3);
    expect_rest(&f, "{\"reason\":\"bad_json\",\"detail\":\"2" STANDS_FOR_ALL
                    "\"line\":4,\"offset\":30,\"bytes\":19,\"count\":2,\"last_line\":5}");
    assert_false(reading_rest(&f.reading, f.normalizer, &out));
    teardown(&f);
}

static void rejects_of_a_reason_after_the_first_few_become_one(void **state UNUSED)
{
    struct fixture f;
    struct output out;
    setup(&f);
    assert_int_equal(event(&f, 1), READING_PRODUCE);
    for (uint64_t line = 2; line < 200; line += 2) {
        bool single = line < 2 + 2 * READING_SINGLE;
        assert_int_equal(reject(&f, line, SPAN("{}")), single ? READING_PRODUCE : READING_COUNT);
        assert_int_equal(event(&f, line + 1), READING_PRODUCE);
    }
    assert_int_equal(add(&f, 200, REJECT_NO_KNOWN_FIELD, SPAN("{}")), READING_PRODUCE);
    for (uint64_t line = 201; line < 218; line++) {
        (void)add(&f, line, REJECT_NO_KNOWN_FIELD, SPAN("{}"));
    }
    assert_false(reading_release(&f.reading, &out));
    expect_rest(&f, "{\"reason\":\"bad_json\",\"detail\":\"83" STANDS_FOR_ALL
                    "\"line\":34,\"offset\":330,\"bytes\":1649,\"count\":83,\"last_line\":198}");
    expect_rest(&f, "{\"reason\":\"no_known_field\",\"detail\":\"2" STANDS_FOR_ALL
                    "\"line\":216,\"offset\":2150,\"bytes\":19,\"count\":2,\"last_line\":217}");
    assert_false(reading_rest(&f.reading, f.normalizer, &out));
    reading_clear(&f.reading);
    assert_int_equal(event(&f, 1), READING_PRODUCE);
    assert_int_equal(reject(&f, 2, SPAN("{}")), READING_PRODUCE);
    teardown(&f);
}

static void an_object_may_produce_so_much_for_its_text(void **state UNUSED)
{
    static const struct output out = {.kind = OUTPUT_EVENT, .value = {"", 1024 * 1024 - 1}};
    static const struct output small = {.kind = OUTPUT_EVENT, .value = {"", 1}};
    static const struct output large = {.kind = OUTPUT_EVENT, .value = {"", 16001}};
    const struct reading_limits limits = {.ratio = 16, .record_bytes = 16};
    const struct reading_limits none = {0, 0};
    struct fixture f;
    struct err e;
    setup(&f);
    reading_piece(&f.reading, &(struct piece){.bytes = 1000, .count = 1});
    reading_produced(&f.reading, &out);
    assert_false(reading_exceeds(&f.reading, &limits, &large)); /* 1 MiB and 16 * 1000 */
    reading_produced(&f.reading, &large);
    for (size_t n = 0; n < 15; n++) {
        assert_false(
            reading_exceeds(&f.reading, &limits, &small)); /* within the last byte of text */
        reading_produced(&f.reading, &small);
    }
    assert_true(reading_exceeds(&f.reading, &limits, &small));
    assert_false(reading_exceeds(&f.reading, &none, &small));
    assert_int_equal(reading_excess(&f.reading, &e), FAIL_DATA);
    assert_string_equal(e.text,
                        "more than 17 records of 1064591 bytes come of its first 1000 bytes "
                        "of text, which the customer's output_ratio and "
                        "output_record_bytes do not allow");
    teardown(&f);
}

static void an_object_may_produce_so_many_records_for_its_text(void **state UNUSED)
{
    static const struct output small = {.kind = OUTPUT_EVENT, .value = {"", 1}};
    const struct reading_limits limits = {.ratio = 16, .record_bytes = 16};
    struct fixture f;
    setup(&f);
    reading_piece(&f.reading, &(struct piece){.offset = 100, .bytes = 60, .count = 1});
    for (size_t n = 0; n < READING_FREE_RECORDS + 10; n++) {
        assert_false(reading_exceeds(&f.reading, &limits, &small));
        reading_produced(&f.reading, &small);
    }
    assert_true(reading_exceeds(&f.reading, &limits, &small));
    teardown(&f);
}

static void packs_what_waits_for_a_later_receive(void **state UNUSED)
{
    struct fixture f;
    struct output out;
    struct buf packed = BUF_INIT(READING_PACKED_BYTES);
    setup(&f);
    for (uint64_t line = 1; line <= READING_HELD + 2; line++) {
        assert_int_not_equal(reject(&f, line, line == 2 ? SPAN("") : SPAN("a reject")),
                             READING_PRODUCE);
    }
    reading_pack(&f.reading, f.normalizer, &packed);
    assert_false(packed.overflowed);
    assert_false(reading_release(&f.reading, &out));
    assert_false(reading_rest(&f.reading, f.normalizer, &out));
    struct span rest = buf_span(&packed);
    for (uint64_t line = 1; line <= READING_HELD; line++) {
        assert_true(reading_unpack(&rest, &out));
        assert_int_equal(out.kind, OUTPUT_REJECT);
        assert_int_equal(out.reason, REJECT_BAD_JSON);
        assert_int_equal(out.count, 1);
        assert_true(span_eq(out.value, line == 2 ? SPAN("") : SPAN("a reject")));
    }
    assert_true(reading_unpack(&rest, &out));
    assert_int_equal(out.count, 2);
    assert_non_null(strstr(out.value.p, "2 more rejects of this reason"));
    assert_false(reading_unpack(&rest, &out));
    buf_done(&packed);
    teardown(&f);
}

static void packs_as_much_as_may_wait(void **state UNUSED)
{
    static char value[READING_HELD_BYTES / READING_HELD];
    struct fixture f;
    struct buf packed = BUF_INIT(READING_PACKED_BYTES);
    setup(&f);
    memset(value, 'x', sizeof(value));
    for (uint64_t line = 1; line <= READING_HELD + 1; line++) {
        assert_int_not_equal(reject(&f, line, span_of(value, sizeof(value))), READING_PRODUCE);
    }
    reading_pack(&f.reading, f.normalizer, &packed);
    assert_false(packed.overflowed);
    assert_in_range(packed.n, READING_HELD_BYTES, READING_PACKED_BYTES);
    buf_done(&packed);
    teardown(&f);
}

static void stops_after_so_much_text_without_an_event(void **state UNUSED)
{
    static char text[1 << 20];
    struct fixture f;
    struct err e = {.kind = FAIL_NONE};
    setup(&f);
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < READING_TEXT_BYTES / sizeof(text); i++) {
        assert_false(reading_stops(&f.reading));
        take_text(&f, span_of(text, sizeof(text)));
    }
    assert_false(reading_stops(&f.reading)); /* the last of it may have an event */
    struct span more = SPAN("x");
    assert_int_equal(reading_text(&f.reading, &more).n, 0);
    assert_int_equal(more.n, 1);
    assert_true(reading_stops(&f.reading));
    assert_true(reading_unreadable(&f.reading, f.decode, &e));
    assert_int_equal(e.kind, FAIL_FORMAT);
    assert_non_null(strstr(e.text, "logfmt or plain text: no event in 0 records; "));
    teardown(&f);
}

static void says_that_only_values_above_the_limit_were_found(void **state UNUSED)
{
    static const struct {
        struct span text;
        const char *words;
    } cases[] = {
        {SPAN_INIT("{ \"resourceLogs\":["),
         "OTLP/JSON of which no value is within limits.line_bytes, the longest of 2000000 "
         "bytes: no event in 2 records; lower the exporter's batch size"},

        {SPAN_INIT("\n {\"a\":"), "JSON of which no value is within limits.line_bytes, the "
                                  "longest of 2000000 bytes: no event in 2 records; write"},
        {SPAN_INIT("a line of text"), "logfmt or plain text: no event in 2 records; write"}};
    for (size_t i = 0; i < 3; i++) {
        struct fixture f;
        struct err e = {.kind = FAIL_NONE};
        setup(&f);
        take_text(&f, cases[i].text);
        for (uint64_t bytes = 2000000; bytes > 1048576; bytes -= 500000) {
            struct piece piece = {
                .kind = PIECE_TOO_LONG, .count = 1, .bytes = bytes, .text = cases[i].text};
            struct output out = {.kind = OUTPUT_REJECT, .reason = REJECT_LINE_TOO_LONG, .count = 1};
            assert_int_equal(reading_output(&f.reading, &piece, &out), READING_HOLD);
        }
        assert_true(reading_unreadable(&f.reading, f.decode, &e));
        if (strstr(e.text, cases[i].words) != e.text) {
            fail_msg("%s", e.text);
        }
        teardown(&f);
    }
}

static void a_wrapped_text_that_is_no_json_is_not_advised_to_map_names(void **state UNUSED)
{
    static const struct {
        uint64_t plain, others;
        const char *words;
    } cases[] = {
        {1, 0,
         "plain text in a wrapper: no event in 1 record; write each event as a JSON object, "
         "in the wrapper or without it"},
        {2, 2, "plain text in a wrapper: no event in 4 records; write"},
        {2, 3, "JSON in which no member is one of an event: no event in 5 records; map"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f;
        struct err e = {.kind = FAIL_NONE};
        setup(&f);
        for (uint64_t n = 0; n < cases[i].plain + cases[i].others; n++) {
            struct piece piece = {.kind = PIECE_LINE, .count = 1, .text = SPAN("{}")};
            struct output out = {.kind = OUTPUT_REJECT,
                                 .reason = REJECT_NO_KNOWN_FIELD,
                                 .count = 1,
                                 .plain_text = n < cases[i].plain};
            reading_piece(&f.reading, &piece);
            assert_int_equal(reading_output(&f.reading, &piece, &out), READING_HOLD);
        }
        assert_true(reading_unreadable(&f.reading, f.decode, &e));
        if (strstr(e.text, cases[i].words) != e.text) {
            fail_msg("%s", e.text);
        }
        teardown(&f);
    }
}

/* An object that has this number of rejects of each reason, and nothing else. */
static void expect_words(const uint64_t counts[REJECT_REASONS], const char *words)
{
    struct fixture f;
    struct err e = {.kind = FAIL_NONE};
    setup(&f);
    take_text(&f, SPAN("{\"a\":1}\n"));
    uint64_t line = 0;
    for (int reason = 0; reason < REJECT_REASONS; reason++) {
        for (uint64_t i = 0; i < counts[reason]; i++) {
            (void)add(&f, ++line, (enum reject_reason)reason, SPAN("{}"));
        }
    }
    assert_true(reading_unreadable(&f.reading, f.decode, &e));
    if (strstr(e.text, words) != e.text) {
        fail_msg("%s", e.text);
    }
    teardown(&f);
}

static void the_most_frequent_reason_decides_the_words(void **state UNUSED)
{
    static const struct {
        uint64_t counts[REJECT_REASONS];
        const char *words;
    } cases[] = {
        {{[REJECT_NO_KNOWN_FIELD] = 2},
         "JSON in which no member is one of an event: no event in 2 records; map the customer's "},
        {{[REJECT_NOT_AN_EVENT] = 2},
         "JSON without objects that may be events: no event in 2 records; send what "},
        {{[REJECT_WRAPPED_TEXT] = 2},
         "JSON envelopes without an event: no event in 2 records; put each event into its "},
        {{[REJECT_EVENT_TOO_LARGE] = 2},
         "JSON of which no event is within limits.event_bytes: no event in 2 records; write "
         "smaller records, or raise limits.event_bytes"},
        {{[REJECT_WRAPPED_TEXT] = 1, [REJECT_NO_KNOWN_FIELD] = 3},
         "JSON in which no member is one of an event: no event in 4 records; "},
        {{[REJECT_BAD_JSON] = 40, [REJECT_NOT_AN_EVENT] = 1},
         "damaged JSON: no event in 41 records; write one JSON object per line"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_words(cases[i].counts, cases[i].words);
    }
}

static void damage_is_said_of_the_framing_that_was_found(void **state UNUSED)
{
    static const struct {
        enum framing_kind framing;
        const char *words;
    } cases[] = {
        {FRAMING_VALUES, "JSON values one after another, damaged at byte 812: no event in 1 rec"},
        {FRAMING_ARRAY, "a JSON array, damaged at byte 812: no event in 1 record; correct what "},
        {FRAMING_DOCUMENT, "JSON over several lines, damaged at byte 812: no event in 1 record; "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f;
        struct err e = {.kind = FAIL_NONE};
        struct piece piece = {
            .kind = PIECE_DAMAGE, .framing = cases[i].framing, .count = 1, .wrong_at = 812};
        struct output out = {.kind = OUTPUT_REJECT, .reason = REJECT_BAD_JSON, .count = 1};
        setup(&f);
        take_text(&f, SPAN("["));
        reading_piece(&f.reading, &piece);
        assert_int_equal(reading_output(&f.reading, &piece, &out), READING_HOLD);
        assert_true(reading_unreadable(&f.reading, f.decode, &e));
        if (strstr(e.text, cases[i].words) != e.text) {
            fail_msg("%s", e.text);
        }
        teardown(&f);
    }
}

static void the_share_counts_from_the_first_event_on(void **state UNUSED)
{
    struct fixture f;
    struct err e = {.kind = FAIL_NONE};
    setup(&f);
    for (uint64_t line = 1; line <= 5000; line++) {
        assert_int_not_equal(reject(&f, line, SPAN("{}")), READING_PRODUCE);
    }
    assert_int_equal(event(&f, 5001), READING_PRODUCE);
    for (uint64_t line = 5002; line < 5001 + READING_SHARE_FROM; line++) {
        assert_false(reading_share_passed(&f.reading, 0.5));
        assert_int_equal(reject(&f, line, SPAN("{}")), READING_COUNT); /* 16 waited */
    }
    assert_true(reading_share_passed(&f.reading, 0.5));
    assert_false(reading_share_passed(&f.reading, 0));
    assert_false(reading_share_passed(&f.reading, 1));
    assert_int_equal(reading_share_err(&f.reading, &e), FAIL_DATA);
    assert_string_equal(e.text, "5999 of 6000 records are rejects, more than limits.reject_share");
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_is_counted),
        cmocka_unit_test(packs_what_waits_for_a_later_receive),
        cmocka_unit_test(packs_as_much_as_may_wait),
        cmocka_unit_test(rejects_of_a_reason_after_the_first_few_become_one),
        cmocka_unit_test(an_object_may_produce_so_much_for_its_text),
        cmocka_unit_test(an_object_may_produce_so_many_records_for_its_text),
        cmocka_unit_test(stops_after_so_much_text_without_an_event),
        cmocka_unit_test(says_that_only_values_above_the_limit_were_found),
        cmocka_unit_test(the_most_frequent_reason_decides_the_words),
        cmocka_unit_test(a_wrapped_text_that_is_no_json_is_not_advised_to_map_names),
        cmocka_unit_test(damage_is_said_of_the_framing_that_was_found),
        cmocka_unit_test(the_share_counts_from_the_first_event_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
