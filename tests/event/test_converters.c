/* SPDX-License-Identifier: Apache-2.0 */
/* Normalizers to which converters are attached, while others use the same ones in between. */
#include "testing.h"

#include "base/buf.h"
#include "event/normalize.h"
#include "event/output_batch.h"
#include "event/record/long_lines.h"
#include "pieces.h"

#include <malloc.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTED_BY_GLIBC 0
#elif defined(__has_feature)
#define COUNTED_BY_GLIBC !(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define COUNTED_BY_GLIBC 1
#endif

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

/* ---- steps of a long piece ---- */

struct caller {
    struct fixture *f;
    size_t steps, last; /* after `last` steps it wants nothing more */
};

/* In a step other normalizers may use any converter, since none is attached. */
static bool on_step(void *ctx)
{
    struct caller *c = ctx;
    use_by_other(c->f, c->f->converters[c->steps % CONVERTERS]);
    return ++c->steps < c->last;
}

/* The outputs of the fixture's text, with the readers taken by the caller. */
static size_t next_in_steps(struct fixture *f, struct caller *c, struct buf *values)
{
    struct output out;
    size_t count = 0;
    bool more = true;
    struct piece piece = line_piece(buf_span(&f->text), 1);
    normalizer_attach(f->a, f->converters[0]);
    normalizer_piece(f->a, &piece);
    normalizer_detach(f->a);
    for (; more; count++) {
        bool with_readers = normalizer_needs_readers(f->a);
        if (with_readers) {
            normalizer_take_readers(f->a, on_step, c);
        }
        more = normalizer_next(f->a, &out);
        if (with_readers) {
            normalizer_release_readers(f->a);
        }
        buf_add(values, more ? out.value : SPAN(""));
    }
    return count - 1;
}

static void calls_its_caller_within_a_long_line(void **state)
{
    struct fixture *f = *state;
    struct output want;
    struct buf values = BUF_INIT(4 * LINE_BYTES);
    struct buf wanted = BUF_INIT(4 * LINE_BYTES);
    struct caller caller = {.f = f, .last = SIZE_MAX};
    set_request(&f->text, 700, 200);
    readable_after(&f->text);
    struct piece piece = line_piece(buf_span(&f->text), 1);
    normalizer_piece(f->alone, &piece);
    while (normalizer_next(f->alone, &want)) {
        buf_add(&wanted, want.value);
    }
    assert_int_equal(next_in_steps(f, &caller, &values), 700);
    assert_true(caller.steps >= f->text.n / STEP_BYTES);
    assert_span_equal(buf_span(&values), buf_span(&wanted));
    buf_done(&values);
    buf_done(&wanted);
}

static void a_piece_has_no_output_after_its_caller_wants_none(void **state)
{
    struct fixture *f = *state;
    struct buf values = BUF_INIT(4 * LINE_BYTES);
    struct caller caller = {.f = f, .last = 1};
    set_request(&f->text, 700, 200);
    readable_after(&f->text);
    assert_int_equal(next_in_steps(f, &caller, &values), 0);
    assert_int_equal(caller.steps, 1);
    caller.last = SIZE_MAX; /* the next piece is not concerned */
    assert_int_equal(next_in_steps(f, &caller, &values), 700);
    buf_done(&values);
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

/* ---- memory ---- */

static size_t allocated(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

static void set_filled(struct buf *to, const char *head, const char *unit, size_t bytes,
                       const char *tail)
{
    buf_clear(to);
    buf_add(to, span_str(head));
    while (to->n + strlen(unit) + strlen(tail) < bytes) {
        buf_add(to, span_str(unit));
    }
    buf_add(to, span_str(tail));
}

/* Lines that need much memory in one step or another. */
static const struct {
    const char *head, *unit, *tail;
} large[] = {
    {"{\"user\":\"u\",\"a\":[", "1,", "1]}"},
    {"{\"user\":\"u\",\"a\":{", "\"\":1,", "\"b\":1}}"},
    {"{\"user\":\"u\",\"message\":\"", "\xff", "\"}"},
    {"{\"user\":\"u\",", "\"\xff\":\"\xff\",", "\"b\":1}"},
    {"{\"message\":\"{\\\"user\\\":\\\"u\\\",\\\"prompt\\\":\\\"", "\xff", "\\\"}\"}"},
    {"{\"message\":\"{\\\"Records\\\":[", "{\\\"user\\\":\\\"u\\\"},", "{}]}\"}"},
    {"{\"timestamp\":\"2026-05-11T22:20:00Z\",\"vendor\":\"beacon\",\"product\":\"endpoint-agent\","
     "\"schema_version\":\"1.0\",\"event\":{\"kind\":\"agent_runtime\",\"action\":\"file.read\","
     "\"category\":\"file\"},\"severity\":\"wrong\",\"raw\":{",
     "\"a\":\"\xff\\u0001\",", "\"b\":1}}"},
    {"{\"resourceLogs\":[{\"a\":1,\"a\":2,\"resource\":{\"attributes\":[{\"key\":\"\xff\"}]},"
     "\"scopeLogs\":[{\"logRecords\":[",
     "{\"body\":{\"stringValue\":\"b\"}},", "{}]}]}]}"},
    {"{\"user\":\"u\",\"attributes\":[", "{\"key\":\"k\",\"value\":{\"stringValue\":\"v\"}},",
     "{}]}"},
};

static void read_with(struct fixture *f, struct converter *c)
{
    struct output output;
    readable_after(&f->text);
    struct piece piece = line_piece(buf_span(&f->text), 1);
    normalizer_attach(f->a, c);
    normalizer_piece(f->a, &piece);
    while (normalizer_next(f->a, &output)) {
        normalizer_keep(f->a, &output);
    }
    normalizer_detach(f->a);
}

/* The numbers of the memory plan: converters with their readers, and a normalizer. */
static void take_no_more_memory_than_planned(void **state)
{
    struct fixture *f = *state;
    (void)f; /* without glibc's counts nothing is read */
    static const size_t lengths[] = {SHORT_LINE_BYTES, LINE_BYTES};
    for (size_t i = 0; COUNTED_BY_GLIBC && i < 2; i++) {
        size_t bytes = lengths[i];
        size_t readers = (size_t)READERS * READER_BYTES_PER_BYTE * bytes;
        size_t before = allocated();
        size_t text_before = f->text.cap;
        for (size_t k = 0; k < sizeof(large) / sizeof(large[0]); k++) {
            set_filled(&f->text, large[k].head, large[k].unit, bytes, large[k].tail);
            read_with(f, f->converters[0]);
        }
        size_t all = allocated() - before - (f->text.cap - text_before);
        normalizer_trim(f->a);
        size_t kept = allocated() - before - (f->text.cap - text_before);
        print_message("%zu KiB: converter %zu KiB of %zu, normalizer %zu KiB of %zu\n",
                      bytes / 1024, kept / 1024,
                      (readers + converter_bytes(bytes, LINE_BYTES)) / 1024, (all - kept) / 1024,
                      (normalizer_copies_bytes(bytes) + output_batch_max_bytes(LINE_BYTES)) / 1024);
        assert_true(kept <= readers + converter_bytes(bytes, LINE_BYTES));
        assert_true(all - kept <=
                    normalizer_copies_bytes(bytes) + output_batch_max_bytes(LINE_BYTES));
    }
}

static void gives_the_memory_of_a_large_piece_back(void **state)
{
    struct fixture *f = *state;
    (void)f; /* without glibc's counts nothing is read */
    size_t after[2] = {0};
    for (size_t i = 0; COUNTED_BY_GLIBC && i < 2; i++) {
        set_filled(&f->text, large[7].head, large[7].unit, LINE_BYTES, large[7].tail);
        read_with(f, f->converters[0]);
        size_t with = allocated();
        normalizer_trim(f->a);
        after[i] = allocated();
        assert_true(with - after[i] > LINE_BYTES);
    }
    assert_true(after[1] <= after[0] + 4096); /* what stays is used again */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_the_same_outputs_with_any_converter, start, stop),
        cmocka_unit_test_setup_teardown(gives_the_same_outputs_of_a_request_of_any_length, start,
                                        stop),
        cmocka_unit_test_setup_teardown(calls_its_caller_within_a_long_line, start, stop),
        cmocka_unit_test_setup_teardown(a_piece_has_no_output_after_its_caller_wants_none, start,
                                        stop),
        cmocka_unit_test_setup_teardown(rejects_an_object_without_a_converter, start, stop),
        cmocka_unit_test_setup_teardown(gives_the_memory_of_a_large_piece_back, start, stop),
        cmocka_unit_test_setup_teardown(take_no_more_memory_than_planned, start, stop),
        cmocka_unit_test_setup_teardown(counts_ordinals_per_object, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
