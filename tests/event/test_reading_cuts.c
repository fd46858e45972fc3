/* SPDX-License-Identifier: Apache-2.0 */
/* What is read of an object is the same however its text is cut. */
#include "testing.h"

#include "base/rng.h"
#include "codec/framing.h"
#include "event/reading.h"

enum {
    LINE_BYTES = 16 * 1024,
    TEXT_BYTES = READING_TEXT_BYTES + 1024 * 1024,
    WHOLE = TEXT_BYTES,
    RANDOM_CUTS = 5, /* sequences */
};

static const struct object_origin origin = {
    .customer = SPAN_INIT("acme"), .object = SPAN_INIT("s3://b/k"), .version = SPAN_INIT("v")};

struct fixture {
    struct framing *framing;
    struct normalizer *normalizer;
    struct reading reading;
    struct reading_limits limits;
    struct buf text; /* of the object */
    uint64_t sum;    /* of the outputs */
    struct err e;
};

static void setup(struct fixture *f, struct reading_limits limits)
{
    static const struct normalize_options options = {.event_bytes = 65536,
                                                     .line_bytes = LINE_BYTES};
    *f = (struct fixture){.framing = framing_new(LINE_BYTES, 1024),
                          .normalizer = normalizer_new(&options),
                          .limits = limits,
                          .text = BUF_INIT(TEXT_BYTES + FRAMING_SLACK)};
    reading_init(&f->reading);
}

static void teardown(struct fixture *f)
{
    framing_free(f->framing);
    normalizer_free(f->normalizer);
    reading_done(&f->reading);
    buf_done(&f->text);
}

static void add_output(struct fixture *f, const struct output *out)
{
    for (size_t i = 0; i < out->value.n; i++) {
        f->sum = f->sum * 31 + (unsigned char)out->value.p[i];
    }
    reading_produced(&f->reading, out);
}

/* False: the reading stops. */
static bool read_piece(struct fixture *f, const struct piece *piece)
{
    struct output out;
    reading_piece(&f->reading, piece);
    normalizer_piece(f->normalizer, piece);
    while (normalizer_next(f->normalizer, &out)) {
        if (reading_output(&f->reading, piece, &out) != READING_PRODUCE) {
            continue;
        }
        if (reading_exceeds(&f->reading, &f->limits, &out)) {
            (void)reading_excess(&f->reading, &f->e);
            return false;
        }
        add_output(f, &out);
    }
    framing_answer(f->framing, normalizer_answer(f->normalizer));
    return !reading_stops(&f->reading);
}

static bool read_text(struct fixture *f, struct span text)
{
    struct piece piece;
    while (text.n > 0) {
        struct span part = reading_text(&f->reading, &text);
        while (framing_next(f->framing, &part, &piece)) {
            if (!read_piece(f, &piece)) {
                return false;
            }
        }
        if (reading_stops(&f->reading)) {
            return false;
        }
    }
    return true;
}

/* Read the object in texts of this size; 0: of random sizes. */
static void read_object(struct fixture *f, size_t size, struct rng *rng)
{
    struct span rest = buf_span(&f->text);
    framing_reset(f->framing);
    reading_clear(&f->reading);
    normalizer_object(f->normalizer, &origin, NULL);
    f->sum = 0;
    err_clear(&f->e);
    bool goes_on = true;
    while (goes_on && rest.n > 0) {
        size_t n = size != 0 ? size : 1 + (size_t)rng_below(rng, 3 * LINE_BYTES);
        goes_on = read_text(f, span_take(&rest, n < rest.n ? n : rest.n));
    }
    assert_false(goes_on); /* each object here is one that is not read to its end */
}

/* Compare the result of any cut with that of the whole. */
static void expect_same(struct fixture *f, const size_t *sizes, size_t count)
{
    struct rng rng;
    rng_init(&rng, 14);
    assert_non_null(buf_room(&f->text, FRAMING_SLACK));
    read_object(f, WHOLE, NULL);
    struct reading whole = f->reading;
    uint64_t sum = f->sum;
    struct err e = f->e;
    for (size_t i = 0; i < count + RANDOM_CUTS; i++) {
        read_object(f, i < count ? sizes[i] : 0, &rng);
        assert_int_equal(f->reading.events, whole.events);
        assert_int_equal(f->reading.rejects, whole.rejects);
        assert_int_equal(f->reading.records, whole.records);
        assert_int_equal(f->reading.out_records, whole.out_records);
        assert_int_equal(f->reading.out_bytes, whole.out_bytes);
        assert_int_equal(f->sum, sum);
        assert_string_equal(f->e.text, e.text);
    }
}

static const size_t sizes[] = {1, 7, 4096, 65536};

/* The beginning, the elements and the separators of objects in every framing. */
static const struct {
    const char *begin, *element, *separator;
    size_t count;
} objects[] = {
    {"", "{\"user\":\"ana\"}", "\n", 20000},
    {"", "{\"user\":\"ana\"}", " ", 20000},
    {"[", "{\"user\":\"ana\"}", ",", 20000},
    {"[\n", "{\"user\":\"ana\"}", ",\n", 20000},
    {"{\n\"user\":\"ana\"}\n", "{\n\"user\":\"ana\"}", "\n", 20000},
    {"", "[{\"user\":\"ana\"},{\"user\":\"bo\"},{\"user\":\"cy\"},{\"user\":\"di\"}]", "\n", 6000},
    {"{\"Records\":[", "{\"user\":\"ana\"}", ",", 20000},
    {"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[", "{\"body\":{\"stringValue\":\"x\"}}",
     ",", 20000},
};

static void expect_same_of_all(struct reading_limits limits)
{
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        struct fixture f;
        setup(&f, limits);
        buf_add(&f.text, span_str(objects[i].begin));
        for (size_t n = 0; n < objects[i].count; n++) {
            buf_addf(&f.text, "%s%s", objects[i].element, objects[i].separator);
        }
        expect_same(&f, sizes, sizeof(sizes) / sizeof(sizes[0]));
        assert_true(f.reading.events > READING_FREE_RECORDS);
        assert_int_equal(f.e.kind, FAIL_DATA);
        teardown(&f);
    }
}

static void the_stop_by_records_does_not_depend_on_the_cuts(void **state UNUSED)
{
    expect_same_of_all((struct reading_limits){.record_bytes = 64});
}

static void the_stop_by_bytes_does_not_depend_on_the_cuts(void **state UNUSED)
{
    expect_same_of_all((struct reading_limits){.ratio = 2});
}

/* READING_TEXT_BYTES end within a line; the event after it is never read. */
static void the_stop_without_an_event_does_not_depend_on_the_cuts(void **state UNUSED)
{
    static const size_t large[] = {65536, 1000003};
    static char line[10001];
    struct fixture f;
    setup(&f, (struct reading_limits){0});
    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = '\n';
    while (f.text.n < READING_TEXT_BYTES) {
        buf_add(&f.text, span_of(line, sizeof(line)));
    }
    buf_add(&f.text, SPAN("{\"user\":\"ana\"}\n"));
    expect_same(&f, large, sizeof(large) / sizeof(large[0]));
    assert_int_equal(f.reading.records, READING_TEXT_BYTES / sizeof(line));
    assert_int_equal(f.reading.events, 0);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stop_by_records_does_not_depend_on_the_cuts),
        cmocka_unit_test(the_stop_by_bytes_does_not_depend_on_the_cuts),
        cmocka_unit_test(the_stop_without_an_event_does_not_depend_on_the_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
