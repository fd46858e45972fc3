/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a damaged object: every compression, every framing, cut and changed at many places.
 * Each value that is closed in the decoded text is an event with the id that it has in the whole
 * object, and every byte of the decoded text is in the extent of an event or a reject.
 */
#include "../codec/packing.h"

#include "codec/framing.h"
#include "event/reading.h"

#include <stdio.h>

enum {
    LINE_BYTES = 4096,
    RECORDS = 120,
    TEXT_MAX_BYTES = 1 << 20,
    MEMBERS = 4,
    PLACES = 12,
    TRAILER = 3, /* cuts within the last bytes */
};

static const struct object_origin origin = {
    .customer = SPAN_INIT("acme"), .object = SPAN_INIT("s3://b/k"), .version = SPAN_INIT("v")};

/* ---- objects ---- */

struct object {
    struct buf text;
    size_t ends[RECORDS]; /* of the records */
};

static void add_record(struct object *o, int i, bool pretty)
{
    const char *end = pretty ? "\n  " : "";
    buf_addf(&o->text,
             "{%s\"time\":\"2026-05-11T22:20:00Z\",%s\"user\":\"u%d\",%s\"action\":\"read\",%s"
             "\"message\":\"a text with } and ] and %d\"%s}",
             end, end, i, end, end, i * 7, pretty ? "\n" : "");
    o->ends[i] = o->text.n;
}

/* Where values stand, and what is between them. */
struct layout {
    const char *name;
    const char *before, *between, *after;
    size_t line_bytes;
    int lines; /* records before that are alone on their lines */
    bool pretty;
};

static const struct layout layouts[] = {
    {"lines", "", "\n", "\n", LINE_BYTES, 0, false},
    {"a line of values", "", "", "\n", TEXT_MAX_BYTES, 0, false},
    {"a line of values behind lines", "", "", "\n", TEXT_MAX_BYTES, 5, false},
    {"a line of elements behind lines", "[", ",", "]\n", TEXT_MAX_BYTES, 5, false},
    {"a long line of values behind lines", "", " ", "\n", LINE_BYTES, 5, false},
    {"a long line of elements behind lines", "[", ",", "]\n", LINE_BYTES, 5, false},
    {"values", "", ",", "", LINE_BYTES, 0, false},
    {"an array on one line", "[", ",", "]", LINE_BYTES, 0, false},
    {"an array over lines", "[\n", ",\n", "\n]\n", LINE_BYTES, 0, false},
    {"an array below the limit", "[", ", ", "]", TEXT_MAX_BYTES, 0, false},
    {"documents", "", "\n", "\n", LINE_BYTES, 0, true},
};

static void make_object(struct object *o, const struct layout *l)
{
    o->text = (struct buf)BUF_INIT(TEXT_MAX_BYTES);
    for (int i = 0; i < l->lines; i++) {
        add_record(o, i, false);
        buf_add_byte(&o->text, '\n');
    }
    buf_add(&o->text, span_str(l->before));
    for (int i = l->lines; i < RECORDS; i++) {
        add_record(o, i, l->pretty);
        buf_add(&o->text, span_str(i + 1 < RECORDS ? l->between : l->after));
    }
}

static void pack_members(struct buf *out, enum packing how, struct span text)
{
    size_t member = text.n / MEMBERS + 1;
    while (text.n > 0) {
        pack(out, how, span_take(&text, member < text.n ? member : text.n));
    }
}

/* ---- the stack ---- */

struct stack {
    struct decode *decode;
    struct framing *framing;
    struct normalizer *normalizer;
    struct reading reading;
    struct buf ids;     /* of the events */
    struct buf rejects; /* values of all */
    struct buf text;    /* decoded */
    struct buf covered; /* 'x' for each byte of the text in the extent of an output */
    struct err e;
};

static void stack_init(struct stack *s, size_t line_bytes)
{
    static const struct decode_limits limits = {.object_bytes = TEXT_MAX_BYTES};
    const struct normalize_options options = {.event_bytes = 65536, .line_bytes = line_bytes};
    *s = (struct stack){.decode = decode_new(&limits),
                        .framing = framing_new(line_bytes, LINE_BYTES),
                        .normalizer = normalizer_new(&options),
                        .ids = BUF_INIT(TEXT_MAX_BYTES),
                        .rejects = BUF_INIT(TEXT_MAX_BYTES),
                        .text = BUF_INIT(TEXT_MAX_BYTES),
                        .covered = BUF_INIT(TEXT_MAX_BYTES)};
    reading_init(&s->reading);
}

static void stack_done(struct stack *s)
{
    decode_free(s->decode);
    framing_free(s->framing);
    normalizer_free(s->normalizer);
    reading_done(&s->reading);
    buf_done(&s->ids);
    buf_done(&s->rejects);
    buf_done(&s->text);
    buf_done(&s->covered);
}

static void take_piece(struct stack *s, const struct piece *piece)
{
    struct output out;
    reading_piece(&s->reading, piece);
    normalizer_piece(s->normalizer, piece);
    while (normalizer_next(s->normalizer, &out)) {
        enum reading_answer answer = reading_output(&s->reading, piece, &out);
        assert_true(out.kind == OUTPUT_REJECT || answer == READING_PRODUCE);
        assert_true(piece->offset + piece->bytes <= s->covered.n);
        memset(s->covered.p + piece->offset, 'x', (size_t)piece->bytes);
        if (out.kind == OUTPUT_EVENT) {
            buf_add(&s->ids, span_str(out.key.id));
        } else {
            buf_add(&s->rejects, out.value);
        }
    }
    framing_answer(s->framing, normalizer_answer(s->normalizer));
}

static void take_text(struct stack *s, struct span text)
{
    struct piece piece;
    buf_add(&s->text, text);
    memset(buf_room(&s->covered, text.n), '.', text.n);
    s->covered.n += text.n;
    while (framing_next(s->framing, &text, &piece)) {
        take_piece(s, &piece);
    }
}

/* Read the object in parts of this size; 0: of random sizes. */
static void read_object(struct stack *s, struct span object, size_t size)
{
    struct rng rng;
    struct span text;
    struct piece piece;
    rng_init(&rng, object.n);
    decode_reset(s->decode);
    framing_reset(s->framing);
    reading_clear(&s->reading);
    normalizer_object(s->normalizer, &origin, NULL);
    buf_clear(&s->ids);
    buf_clear(&s->rejects);
    buf_clear(&s->text);
    buf_clear(&s->covered);
    err_clear(&s->e);
    while (object.n > 0 && s->e.kind == FAIL_NONE) {
        size_t n = size != 0 ? size : 1 + (size_t)rng_below(&rng, 3000);
        struct span in = span_take(&object, n < object.n ? n : object.n);
        while (decode_next(s->decode, &in, &text, &s->e)) {
            take_text(s, text);
        }
    }
    while (s->e.kind == FAIL_NONE && decode_last(s->decode, &text, &s->e)) {
        take_text(s, text);
    }
    if (s->e.kind == FAIL_DATA) {
        reading_torn(&s->reading);
    }
    while (framing_last(s->framing, &piece)) {
        take_piece(s, &piece);
    }
}

/* ---- what is expected ---- */

static void expect_all_covered(const struct stack *s, const char *name)
{
    for (size_t i = 0; i < s->text.n; i++) {
        if (s->covered.p[i] != 'x' && strchr(" \r\n,[]", s->text.p[i]) == NULL) {
            fail_msg("%s: byte %zu of %zu is in no event and no reject", name, i, s->text.n);
        }
    }
}

/* The events of the records that are closed in the decoded text, with the ids of the whole. */
static void expect_closed_records(const struct stack *s, const struct object *o,
                                  const struct buf *ids, const char *name)
{
    size_t closed = 0;
    while (closed < RECORDS && o->ends[closed] <= s->text.n) {
        closed++;
    }
    if (s->reading.events != closed) {
        fail_msg("%s: %zu bytes have %zu records, and %llu events", name, s->text.n, closed,
                 (unsigned long long)s->reading.events);
    }
    assert_true(s->ids.n <= ids->n);
    assert_memory_equal(s->ids.p, ids->p, s->ids.n);
}

/* The same in parts of any size. */
static void expect_same(struct stack *s, struct span object, size_t size)
{
    struct buf ids = BUF_INIT(TEXT_MAX_BYTES);
    struct buf rejects = BUF_INIT(TEXT_MAX_BYTES);
    buf_add(&ids, buf_span(&s->ids));
    buf_add(&rejects, buf_span(&s->rejects));
    read_object(s, object, size);
    assert_span_equal(buf_span(&s->ids), buf_span(&ids));
    assert_span_equal(buf_span(&s->rejects), buf_span(&rejects));
    buf_done(&ids);
    buf_done(&rejects);
}

static size_t place(size_t n, size_t i)
{
    return i < TRAILER ? n - 1 - i * 3 : 1 + (n - 1) * (i - TRAILER) / (PLACES - TRAILER);
}

static void check_layout(const struct layout *l, enum packing how)
{
    struct object o;
    struct stack s;
    struct buf packed = BUF_INIT(TEXT_MAX_BYTES);
    struct buf ids = BUF_INIT(TEXT_MAX_BYTES);
    char name[128];
    make_object(&o, l);
    pack_members(&packed, how, buf_span(&o.text));
    stack_init(&s, l->line_bytes);
    read_object(&s, buf_span(&packed), packed.n);
    assert_int_equal(s.e.kind, FAIL_NONE);
    assert_int_equal(s.reading.events, RECORDS);
    buf_add(&ids, buf_span(&s.ids));
    for (size_t i = 0; i < PLACES; i++) {
        size_t at = place(packed.n, i);
        struct span cut = span_of(packed.p, at);
        (void)snprintf(name, sizeof(name), "%s in %s, cut at %zu", l->name, packing_names[how], at);
        read_object(&s, cut, cut.n);
        expect_all_covered(&s, name);
        expect_closed_records(&s, &o, &ids, name);
        expect_same(&s, cut, i % 3 == 0 ? 1 : 0);
        packed.p[at] ^= 0x41; /* damage with more behind it */
        (void)snprintf(name, sizeof(name), "%s in %s, changed at %zu", l->name, packing_names[how],
                       at);
        read_object(&s, buf_span(&packed), packed.n);
        expect_all_covered(&s, name);
        expect_same(&s, buf_span(&packed), 0);
        packed.p[at] ^= 0x41;
    }
    stack_done(&s);
    buf_done(&ids);
    buf_done(&packed);
    buf_done(&o.text);
}

static void what_could_be_decoded_of_a_damaged_object_is_read_to_its_end(void **state UNUSED)
{
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        for (int how = 0; how < PACKINGS; how++) {
            check_layout(&layouts[i], (enum packing)how);
        }
    }
}

/* A number may go on, a text and an object that are open are not complete. */
static void what_is_not_closed_is_no_event(void **state UNUSED)
{
    static const char *const tails[] = {"{\"user\":\"b\",\"action\":\"read\"", "{\"user\":\"b",
                                        "12", "[12", "\"{\\\"user\\\":\\\"b\\\"}"};
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        struct buf text = BUF_INIT(TEXT_MAX_BYTES);
        struct buf packed = BUF_INIT(TEXT_MAX_BYTES);
        struct stack s;
        buf_addf(&text, "{\"user\":\"a\",\"action\":\"read\"}\n%s", tails[i]);
        pack(&packed, PACK_GZIP, buf_span(&text));
        stack_init(&s, LINE_BYTES);
        read_object(&s, span_of(packed.p, packed.n - 8), packed.n); /* without the trailer */
        assert_int_equal(s.e.kind, FAIL_DATA);
        assert_span_equal(buf_span(&s.text), buf_span(&text));
        assert_int_equal(s.reading.events, 1);
        assert_int_equal(s.reading.rejects, 1);
        assert_non_null(memmem(s.rejects.p, s.rejects.n, "\"line\":2,\"offset\":29,", 21));
        stack_done(&s);
        buf_done(&text);
        buf_done(&packed);
    }
}

/* The words are those of the damage, not of the torn line. */
static void damage_before_the_first_event_is_called_damage(void **state UNUSED)
{
    struct buf packed = BUF_INIT(TEXT_MAX_BYTES);
    struct stack s;
    pack(&packed, PACK_GZIP, SPAN("{\"user\":\"a\",\"action\":\"re"));
    stack_init(&s, LINE_BYTES);
    read_object(&s, span_of(packed.p, packed.n - 8), packed.n);
    assert_int_equal(s.reading.rejects, 1);
    assert_true(reading_unreadable(&s.reading, s.decode, &s.e));
    assert_non_null(strstr(s.e.text, "gzip: "));
    assert_non_null(strstr(s.e.text, "; write the object again"));
    stack_done(&s);
    buf_done(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_could_be_decoded_of_a_damaged_object_is_read_to_its_end),
        cmocka_unit_test(what_is_not_closed_is_no_event),
        cmocka_unit_test(damage_before_the_first_event_is_called_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
