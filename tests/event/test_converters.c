/* SPDX-License-Identifier: Apache-2.0 */
/* Normalizers to which converters are attached, while others use the same ones in between. */
#include "testing.h"

#include "base/buf.h"
#include "event/normalize.h"
#include "event/record/long_lines.h"
#include "pieces.h"

enum { LINE_BYTES = 1 << 20, CONVERTERS = 2 };

static const struct object_origin source = {.customer = SPAN_INIT("acme"),
                                            .object = SPAN_INIT("s3://b/k"),
                                            .version = SPAN_INIT("v1"),
                                            .modified_ns = 1780272000 * INT64_C(1000000000)};

struct fixture {
    struct long_lines *long_lines;
    struct converter *converters[CONVERTERS], *long_converter;
    struct normalizer *alone, *a, *b;
    struct buf text, other;
};

static int start(void **state)
{
    static struct fixture f;
    struct normalize_options o = {
        .event_bytes = LINE_BYTES, .line_bytes = LINE_BYTES, .sample_bytes = 100};
    f = (struct fixture){.alone = normalizer_new(&o),
                         .text = BUF_INIT(LINE_BYTES + FRAMING_SLACK),
                         .other = BUF_INIT(LINE_BYTES + FRAMING_SLACK)};
    f.long_lines = o.long_lines = long_lines_new(LINE_BYTES);
    f.long_converter = o.long_converter = converter_new_long(&o);
    for (size_t i = 0; i < CONVERTERS; i++) {
        f.converters[i] = converter_new(&o);
    }
    o.attached = true;
    f.a = normalizer_new(&o);
    f.b = normalizer_new(&o);
    normalizer_object(f.alone, &source, NULL);
    normalizer_object(f.a, &source, NULL);
    normalizer_object(f.b, &source, NULL);
    *state = &f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    normalizer_free(f->alone);
    normalizer_free(f->a);
    normalizer_free(f->b);
    for (size_t i = 0; i < CONVERTERS; i++) {
        converter_free(f->converters[i]);
    }
    converter_free(f->long_converter);
    long_lines_free(f->long_lines);
    buf_done(&f->text);
    buf_done(&f->other);
    return 0;
}

static void readable_after(struct buf *text)
{
    assert_non_null(buf_room(text, FRAMING_SLACK));
}

/* Another normalizer reads an OTLP request with the converter, and stops in the middle of it. */
static void use_by_other(struct fixture *f, struct converter *c)
{
    struct output output;
    buf_clear(&f->other);
    buf_add(&f->other, SPAN("{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"x\","
                            "\"value\":{\"stringValue\":\"other\"}}]},\"scopeLogs\":[{"
                            "\"logRecords\":[{\"body\":{\"stringValue\":\"o\"}},"
                            "{\"body\":{\"stringValue\":\"p\"}}]}]}]}"));
    readable_after(&f->other);
    struct piece piece = line_piece(buf_span(&f->other), 1);
    normalizer_attach(f->b, c);
    normalizer_piece(f->b, &piece);
    assert_true(normalizer_next(f->b, &output));
    normalizer_detach(f->b);
}

/* The next output of the fixture's text, with the converter i; kept after it. False: no more. */
static bool next_kept(struct fixture *f, size_t i, struct output *out)
{
    struct converter *c = f->converters[i % CONVERTERS];
    normalizer_attach(f->a, c);
    bool more = normalizer_next(f->a, out);
    if (more) {
        normalizer_keep(f->a, out);
    }
    normalizer_detach(f->a);
    use_by_other(f, c);
    return more;
}

static size_t assert_same_outputs(struct fixture *f)
{
    struct output want;
    struct output got;
    size_t count = 0;
    readable_after(&f->text);
    struct piece piece = line_piece(buf_span(&f->text), 1);
    normalizer_piece(f->alone, &piece);
    normalizer_attach(f->a, f->converters[1]);
    normalizer_piece(f->a, &piece);
    normalizer_detach(f->a);
    for (; normalizer_next(f->alone, &want); count++) {
        assert_true(next_kept(f, count / 2, &got)); /* sometimes the same one again */
        assert_int_equal(got.kind, want.kind);
        assert_span_equal(got.value, want.value);
        assert_span_equal(got.key.user, want.key.user);
        assert_span_equal(got.key.action, want.key.action);
        assert_string_equal(got.key.id, want.key.id);
    }
    assert_false(next_kept(f, count, &got));
    return count;
}

static const char *const pieces[] = {
    "{\"user\":\"u1\",\"message\":\"a\"} {\"user\":\"u1\",\"message\":\"a\"} 7 {\"user\":\"u3\"}",
    "[{\"user\":\"u1\"},{\"user\":\"u2\",\"user\":\"u3\"},{\"user\":\"\xff\"}]",
    "{\"message\":\"[{\\\"user\\\":\\\"u1\\\"},{\\\"user\\\":\\\"u2\\\"}]\",\"host\":\"h\"}",
    "{\"message\":\"{\\\"Records\\\":[{\\\"user\\\":\\\"u1\\\"},{\\\"user\\\":\\\"u2\\\"},"
    "{\\\"user\\\":\\\"u1\\\"}]}\",\"timestamp\":\"2026-05-11T22:20:00Z\"}",
    "{\"Records\":[{\"user\":\"u1\"},{\"user\":\"u2\"},{\"user\":\"u3\"}]}",
    "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"user.name\",\"value\":{"
    "\"stringValue\":\"ann\"}}]},\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"b1\"}"
    "},{\"body\":{\"stringValue\":\"b2\"}},{\"body\":{\"stringValue\":\"b1\"}},7]}]}]}",
    "{\"message\":\"{\\\"resourceLogs\\\":[{\\\"scopeLogs\\\":[{\\\"logRecords\\\":[{\\\"body\\\":{"
    "\\\"stringValue\\\":\\\"b1\xff\\\"}},{\\\"body\\\":{\\\"stringValue\\\":\\\"b2\\\"}}]}]}]}\"}",
};

static void gives_the_same_outputs_with_any_converter(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        buf_clear(&f->text);
        buf_add(&f->text, span_str(pieces[i]));
        assert_true(assert_same_outputs(f) > 0);
    }
}

static void set_request(struct buf *to, int records, int bytes)
{
    buf_clear(to);
    buf_add(to, SPAN("{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"user.name\","
                     "\"value\":{\"stringValue\":\"ann\"}}]},\"scopeLogs\":[{\"logRecords\":["));
    for (int i = 0; i < records; i++) {
        buf_addf(to, "%s{\"body\":{\"stringValue\":\"%0*d\"}}", i > 0 ? "," : "", bytes, i);
    }
    buf_add(to, SPAN("]}]}]}"));
}

static void gives_the_same_outputs_of_a_request_of_any_length(void **state)
{
    struct fixture *f = *state;
    set_request(&f->text, 100, 100);
    assert_int_equal(assert_same_outputs(f), 100);
    set_request(&f->text, 700, 200);
    assert_true(f->text.n > SHORT_LINE_BYTES);
    assert_int_equal(assert_same_outputs(f), 700);
}

static void rejects_an_object_without_a_converter(void **state)
{
    struct fixture *f = *state;
    struct output output;
    normalizer_reject_object(f->a, REJECT_OBJECT, SPAN("denied"), 0, &output);
    assert_non_null(strstr(output.value.p, "denied"));
}

/* Many copies of one record of an object differ in their ordinal, with any converter. */
static void counts_ordinals_per_object(void **state)
{
    struct fixture *f = *state;
    char first[sizeof((struct output){0}.key.id)];
    struct output output;
    buf_clear(&f->text);
    buf_add(&f->text, SPAN("{\"user\":\"u1\",\"message\":\"a\"}"));
    readable_after(&f->text);
    struct piece piece = line_piece(buf_span(&f->text), 1);
    for (size_t i = 0; i < 4; i++) {
        struct normalizer *n = i % 2 == 0 ? f->a : f->b;
        normalizer_attach(n, f->converters[0]);
        normalizer_piece(n, &piece);
        assert_true(normalizer_next(n, &output));
        normalizer_detach(n);
        if (i % 2 == 0) {
            memcpy(first, output.key.id, sizeof(first));
        } else {
            assert_string_equal(output.key.id, first); /* the same place in another object */
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_the_same_outputs_with_any_converter, start, stop),
        cmocka_unit_test_setup_teardown(gives_the_same_outputs_of_a_request_of_any_length, start,
                                        stop),
        cmocka_unit_test_setup_teardown(rejects_an_object_without_a_converter, start, stop),
        cmocka_unit_test_setup_teardown(counts_ordinals_per_object, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
