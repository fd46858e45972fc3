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

/* Add a reject of a line. True: it need not wait. */
static bool reject(struct fixture *f, uint64_t line, struct span value)
{
    struct piece piece = {
        .framing = FRAMING_LINES, .line = line, .offset = (line - 1) * 10, .bytes = 9, .count = 1};
    struct output out = {.kind = OUTPUT_REJECT, .reason = REJECT_BAD_JSON, .value = value};
    reading_piece(&f->reading, &piece);
    return reading_output(&f->reading, &piece, &out);
}

static void what_does_not_fit_is_counted(void **state UNUSED)
{
    static char value[READING_HELD_BYTES / 4 + 1];
    struct fixture f;
    struct output out;
    size_t held = 0;
    setup(&f);
    memset(value, 'x', sizeof(value));
    for (uint64_t line = 1; line <= 5; line++) {
        assert_false(reject(&f, line, span_of(value, line == 5 ? 1 : sizeof(value))));
    }
    while (reading_release(&f.reading, f.normalizer, &out)) {
        held += out.value.n == sizeof(value);
    }
    assert_int_equal(held, 3); /* and none after the first one that is only counted */
    assert_non_null(strstr(out.value.p, "\"detail\":\"2 more rejects before the first event"));
    assert_non_null(strstr(out.value.p, "\"line\":4,\"offset\":30,\"bytes\":19}"));
    teardown(&f);
}

static void packs_what_waits_for_a_later_receive(void **state UNUSED)
{
    struct fixture f;
    struct output out;
    struct buf packed = BUF_INIT(READING_PACKED_BYTES);
    setup(&f);
    for (uint64_t line = 1; line <= READING_HELD + 2; line++) {
        assert_false(reject(&f, line, line == 2 ? SPAN("") : SPAN("a reject")));
    }
    reading_pack(&f.reading, f.normalizer, &packed);
    assert_false(packed.overflowed);
    assert_false(reading_release(&f.reading, f.normalizer, &out));
    struct span rest = buf_span(&packed);
    for (uint64_t line = 1; line <= READING_HELD; line++) {
        assert_true(reading_unpack(&rest, &out));
        assert_int_equal(out.kind, OUTPUT_REJECT);
        assert_int_equal(out.reason, REJECT_BAD_JSON);
        assert_true(span_eq(out.value, line == 2 ? SPAN("") : SPAN("a reject")));
    }
    assert_true(reading_unpack(&rest, &out));
    assert_non_null(strstr(out.value.p, "2 more rejects before the first event"));
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
        assert_false(reject(&f, line, span_of(value, sizeof(value))));
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
        reading_text(&f.reading, span_of(text, sizeof(text)));
    }
    assert_true(reading_stops(&f.reading));
    assert_true(reading_unreadable(&f.reading, f.decode, &e));
    assert_int_equal(e.kind, FAIL_FORMAT);
    assert_non_null(strstr(e.text, "logfmt or plain text: no event in 0 records; "));
    teardown(&f);
}

static void the_share_counts_from_the_first_event_on(void **state UNUSED)
{
    struct fixture f;
    struct piece piece = {.framing = FRAMING_LINES, .count = 1};
    struct output event = {.kind = OUTPUT_EVENT, .value = SPAN("{}")};
    setup(&f);
    for (uint64_t line = 1; line <= 5000; line++) {
        assert_false(reject(&f, line, SPAN("{}")));
    }
    reading_piece(&f.reading, &piece);
    assert_true(reading_output(&f.reading, &piece, &event));
    for (uint64_t line = 5002; line < 5001 + READING_SHARE_FROM; line++) {
        assert_false(reading_share_passed(&f.reading, 0.5));
        assert_true(reject(&f, line, SPAN("{}")));
    }
    assert_true(reading_share_passed(&f.reading, 0.5));
    assert_false(reading_share_passed(&f.reading, 0));
    assert_false(reading_share_passed(&f.reading, 1));
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_is_counted),
        cmocka_unit_test(packs_what_waits_for_a_later_receive),
        cmocka_unit_test(packs_as_much_as_may_wait),
        cmocka_unit_test(stops_after_so_much_text_without_an_event),
        cmocka_unit_test(the_share_counts_from_the_first_event_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
