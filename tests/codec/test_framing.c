/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects and their pieces, as data: tests/vectors/framing/<case>/in and want. The first line of
 * `want` has the limits. The others are pieces: kind, framing, line (+ if another piece began on
 * it, * if it is an element of an expanded list, @ and the number of open lists within an OTLP
 * request), offset+bytes, text. The last line has the framing of the object and its number of
 * lines.
 *
 * To see the effect of a change, and to accept it after reading the difference:
 *
 *     codec_test_framing --accept && git diff tests/vectors/framing
 */
#include "testing.h"

#include "base/buf.h"
#include "base/rng.h"
#include "codec/framing.h"
#include "codec/syntax.h"
#include "slurp.h"

#include <stdlib.h>

enum { TEXT_MAX_BYTES = 1 << 20, PIECE_MAX_BYTES = 70, RANDOM_CUTS = 40 };

/* ---- pieces as text ---- */

static const char *const kind_names[] = {
    [PIECE_LINE] = "line",         [PIECE_VALUE] = "value",
    [PIECE_TOO_LONG] = "too_long", [PIECE_DAMAGE] = "damage",
    [PIECE_RUN] = "run",           [PIECE_LIST] = "list",
    [PIECE_LIST_END] = "list_end", [PIECE_OPEN_LINES] = "open_lines",
    [PIECE_UNREAD] = "unread",
};

static void add_text(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < 0x20 || c == 0x7f || c >= 0x80) {
            buf_addf(out, "<%02x>", c);
        } else {
            buf_add_byte(out, (char)c);
        }
    }
}

static void add_piece(struct buf *out, const struct piece *p)
{
    buf_addf(out, "%s %s %llu%s%s", kind_names[p->kind], framing_name(p->framing),
             (unsigned long long)p->line, p->same_line ? "+" : "", p->in_list ? "*" : "");
    if (p->request_level > 0) {
        buf_addf(out, "@%u", p->request_level);
    }
    buf_addf(out, " %llu+%llu", (unsigned long long)p->offset, (unsigned long long)p->bytes);
    if (p->kind == PIECE_RUN || p->kind == PIECE_OPEN_LINES) {
        buf_addf(out, " of %llu", (unsigned long long)p->count);
    }
    if (p->kind == PIECE_DAMAGE) {
        buf_addf(out, " (%s at %llu%s)", p->wrong, (unsigned long long)p->wrong_at,
                 p->rest ? ", the rest is not read" : "");
    }
    if (p->text.n > 0) {
        buf_add_byte(out, ' ');
        add_text(out, p->text);
    }
    buf_add_byte(out, '\n');
}

/* ---- objects in pieces ---- */

/* The answer of a reader of JSON. */
static enum framing_answer answer_to(const struct piece *p)
{
    struct span rest = p->text;
    while (p->kind == PIECE_LINE && rest.n > 0) {
        size_t at = 0;
        if (strchr(" \t\r,\x1e", *rest.p) != NULL) {
            rest = span_from(rest, 1);
        } else if (syntax_check(rest, &at) == SYNTAX_WHOLE) {
            rest = span_from(rest, at);
        } else {
            return FRAMING_NO_JSON;
        }
    }
    return FRAMING_CONTINUE;
}

/* How an object is cut: pieces of `size` bytes, or of random sizes if it is 0. */
struct cutting {
    size_t size;
    struct rng rng;
};

static size_t next_size(struct cutting *c, size_t left)
{
    size_t size = c->size != 0 ? c->size : 1 + (size_t)rng_below(&c->rng, PIECE_MAX_BYTES);
    return size < left ? size : left;
}

static void pieces_of(struct framing *f, struct span object, struct cutting *c, struct buf *out)
{
    struct piece piece;
    while (object.n > 0) {
        struct span cut = span_take(&object, next_size(c, object.n));
        char *own = malloc(cut.n + FRAMING_SLACK); /* memory of its own, so that ASan checks it */
        assert_non_null(own);
        memset(own, '"', cut.n + FRAMING_SLACK); /* bytes after the text must not matter */
        memcpy(own, cut.p, cut.n);
        struct span in = span_of(own, cut.n);
        while (framing_next(f, &in, &piece)) {
            add_piece(out, &piece);
            framing_answer(f, answer_to(&piece));
        }
        assert_int_equal(in.n, 0);
        free(own);
    }
    while (framing_last(f, &piece)) {
        add_piece(out, &piece);
        framing_answer(f, answer_to(&piece));
    }
    assert_false(framing_last(f, &piece));
    buf_addf(out, "end %s lines %llu\n", framing_name(framing_kind(f)),
             (unsigned long long)framing_lines(f));
}

static size_t line_bytes = 64;
static size_t head_bytes = 16;

static void run(struct span object, struct cutting c, struct buf *out)
{
    OWNED(framing) struct framing *f = framing_new(line_bytes, head_bytes);
    pieces_of(f, object, &c, out);
}

/* Whole, byte by byte, in some fixed sizes and in random ones: always the same pieces. */
static void run_all(const char *name, struct span object, struct buf *whole)
{
    static const size_t sizes[] = {1, 2, 3, 7, 16, 63, 64, 65};
    run(object, (struct cutting){.size = SIZE_MAX}, whole);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) + RANDOM_CUTS; i++) {
        struct buf cut = BUF_INIT(TEXT_MAX_BYTES);
        struct cutting c = {0};
        if (i < sizeof(sizes) / sizeof(sizes[0])) {
            c.size = sizes[i];
        } else {
            rng_init(&c.rng, i);
        }
        run(object, c, &cut);
        if (!span_eq(buf_span(&cut), buf_span(whole))) {
            print_error("%s, in pieces of %zu (0: random, seed %zu)\n", name, c.size, i);
        }
        assert_span_equal(buf_span(&cut), buf_span(whole));
        buf_done(&cut);
    }
}

/* ---- data ---- */

static bool accept_all;
static int wrong;

static void check_case(const char *name, struct span in, struct span want)
{
    struct buf got = BUF_INIT(TEXT_MAX_BYTES);
    assert_int_equal(sscanf(want.p, "limit %zu head %zu", &line_bytes, &head_bytes), 2);
    buf_addf(&got, "limit %zu head %zu\n", line_bytes, head_bytes);
    struct buf pieces = BUF_INIT(TEXT_MAX_BYTES);
    run_all(name, in, &pieces);
    buf_add(&got, buf_span(&pieces));
    if (accept_all) {
        char path[1024];
        (void)snprintf(path, sizeof(path), "%s/framing/%s/want", TEST_VECTORS, name);
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(got.p, 1, got.n, f), got.n);
        assert_int_equal(fclose(f), 0);
    } else if (!span_eq(buf_span(&got), want)) {
        print_error("%s:\n got %.*s\nwant %.*s\n", name, SPAN_FMT(buf_span(&got)), SPAN_FMT(want));
        wrong++;
    }
    buf_done(&pieces);
    buf_done(&got);
}

static void every_object_becomes_the_pieces_written_beside_it(void **state UNUSED)
{
    wrong = 0;
    slurp_cases(TEST_VECTORS "/framing", check_case);
    assert_int_equal(wrong, 0);
}

/* ---- behaviour without data ---- */

static void is_used_for_one_object_after_another(void **state UNUSED)
{
    static const char *const objects[] = {"[\n{\"a\":1},\n{", "{\"a\":1}\n", "[{\"a\":\"x\n",
                                          "\n\n{\n\"a\":1}"};
    line_bytes = 64;
    head_bytes = 16;
    OWNED(framing) struct framing *f = framing_new(line_bytes, head_bytes);
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        struct buf fresh = BUF_INIT(TEXT_MAX_BYTES);
        struct buf again = BUF_INIT(TEXT_MAX_BYTES);
        struct cutting c = {.size = 5};
        run(span_str(objects[i]), c, &fresh);
        framing_reset(f);
        pieces_of(f, span_str(objects[i]), &c, &again);
        assert_span_equal(buf_span(&again), buf_span(&fresh));
        buf_done(&fresh);
        buf_done(&again);
    }
}

/* The number of pieces of each kind, and the last damage. */
struct count {
    uint64_t kinds[PIECE_UNREAD + 1];
    uint64_t in_runs;
    const char *wrong;
};

/* A line that ends with a bracket is answered as the normalizer does. */
static void count_piece(struct framing *f, struct count *c, const struct piece *p)
{
    if (p->kind == PIECE_LINE && p->text.p[p->text.n - 1] == '[') {
        framing_answer(f, FRAMING_NO_JSON);
    }
    c->kinds[p->kind]++;
    c->in_runs += p->kind == PIECE_RUN ? p->count : 0;
    c->wrong = p->kind == PIECE_DAMAGE ? p->wrong : c->wrong;
}

/* `head`, then `unit` several times, then `tail`, in blocks as the decoder returns them. */
static void count_repeated(struct framing *f, const char *head, const char *unit, size_t times,
                           const char *tail, struct count *c)
{
    enum { BLOCK = 64 * 1024 };
    static char block[BLOCK + FRAMING_SLACK];
    struct piece piece;
    size_t n = 0;
    size_t unit_bytes = strlen(unit);
    *c = (struct count){0};
    for (size_t i = 0; i < times + 2; i++) {
        const char *text = i == 0 ? head : i <= times ? unit : tail;
        size_t bytes = i == 0 || i > times ? strlen(text) : unit_bytes;
        if (n + bytes > BLOCK) {
            struct span in = span_of(block, n);
            while (framing_next(f, &in, &piece)) {
                count_piece(f, c, &piece);
            }
            n = 0;
        }
        memcpy(block + n, text, bytes);
        n += bytes;
    }
    struct span in = span_of(block, n);
    while (framing_next(f, &in, &piece)) {
        count_piece(f, c, &piece);
    }
    while (framing_last(f, &piece)) {
        count_piece(f, c, &piece);
    }
}

enum { MIB = 1024 * 1024, MANY = 1200 * 1000 };

static void a_million_of_empty_elements_are_a_few_pieces(void **state UNUSED)
{
    static const char *const units[] = {"{},", "[],", "0,", "\"\",", "null,", "{ },\n"};
    OWNED(framing) struct framing *f = framing_new(MIB, 4096);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        struct count c;
        framing_reset(f);
        count_repeated(f, "[", units[i], MANY, "{\"a\":1}]", &c);
        assert_int_equal(framing_kind(f), FRAMING_ARRAY);
        assert_int_equal(c.kinds[PIECE_VALUE], FRAMING_SINGLE + 1);
        assert_int_equal(c.kinds[PIECE_RUN],
                         (MANY - FRAMING_SINGLE + FRAMING_RUN - 1) / FRAMING_RUN);
        assert_int_equal(c.in_runs, MANY - FRAMING_SINGLE);
        assert_int_equal(c.kinds[PIECE_DAMAGE], 0);
    }
}

static void a_million_lines_of_an_open_value_are_a_few_pieces(void **state UNUSED)
{
    struct count c;
    OWNED(framing) struct framing *f = framing_new(MIB, 4096);
    count_repeated(f, "{\"a\":1}\n{\"a\":[\n", "0,\n", MANY, "1]}\n{\"a\":2}\n", &c);
    assert_int_equal(framing_kind(f), FRAMING_LINES);
    assert_int_equal(c.kinds[PIECE_LINE], 3);
    assert_int_equal(c.kinds[PIECE_OPEN_LINES], MANY / FRAMING_RUN + 1);
    assert_int_equal(c.kinds[PIECE_DAMAGE], 0);
}

static void a_million_of_separators_and_brackets_take_no_room(void **state UNUSED)
{
    struct count c;
    OWNED(framing) struct framing *f = framing_new(MIB, 4096);
    count_repeated(f, "[", ",", MANY, "{\"a\":1}]", &c);
    assert_int_equal(c.kinds[PIECE_VALUE], 1);

    framing_reset(f);
    count_repeated(f, "[\n", "[\n", MANY, "", &c);
    assert_int_equal(c.kinds[PIECE_DAMAGE], 1);
    assert_string_equal(c.wrong, "the text ends inside an array");

    framing_reset(f);
    count_repeated(f, "", "[", MANY, "", &c);
    assert_int_equal(c.kinds[PIECE_DAMAGE], 1);

    framing_reset(f);
    count_repeated(f, "{\n\"a\":", "[\n", MANY, "", &c);
    assert_int_equal(framing_kind(f), FRAMING_DOCUMENT);
    assert_int_equal(c.kinds[PIECE_DAMAGE], 1);
}

static void an_object_of_any_layout_gives_all_its_values(void **state UNUSED)
{
    static const struct {
        const char *head, *unit, *tail;
        enum framing_kind kind;
        uint64_t lists;
    } layouts[] = {
        {"", "{\"n\":\"0123456789\"}\n", "", FRAMING_LINES, 0},
        {"", "{\"n\":\"0123456789\"}", "", FRAMING_VALUES, 0},
        {"", "{\"n\":\"0123456789\"},", "", FRAMING_VALUES, 0},
        {"", "\x1e{\"n\":\"0123456789\"} ", "", FRAMING_VALUES, 0},
        {"[", "{\"n\":\"0123456789\"},", "{}]", FRAMING_ARRAY, 0},
        {"[\n", "{\"n\":\"0123456789\"},\n", "]\n", FRAMING_ARRAY, 0},
        {"[\n", "{\n\"n\":\"0123456789\"\n},\n", "]\n", FRAMING_ARRAY, 0},
        {"", "{\r\n\"n\":\"0123456789\"\r\n}\r\n", "", FRAMING_DOCUMENT, 0},
        {"{\"x\":1,\"Records\":[", "{\"n\":\"0123456789\"},", "{}],\"y\":2}", FRAMING_LINES, 1},
        {"{\"x\":1,\"Records\":[", "{\"n\":\"0123456789\"},", "{}],\"y\":2} 1", FRAMING_VALUES, 1},
        {"{\n\"logEvents\":\n[\n", "{\n\"n\":\"0123456789\"},\n", "{}]\n}", FRAMING_DOCUMENT, 1},
        {"{}\n{\"items\":[", "{\"n\":\"0123456789\"},", "{}]}\n{\"b\":1", FRAMING_LINES, 1},
        {"{}\n[", "{\"n\":\"0123456789\"},", "{}]\n{}", FRAMING_LINES, 0},
    };
    OWNED(framing) struct framing *f = framing_new(MIB, 4096);
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        enum { COUNT = 100 * 1000 };
        struct count c;
        framing_reset(f);
        count_repeated(f, layouts[i].head, layouts[i].unit, COUNT, layouts[i].tail, &c);
        assert_int_equal(framing_kind(f), layouts[i].kind);
        assert_in_range(c.kinds[PIECE_VALUE] + c.kinds[PIECE_LINE], COUNT, COUNT + 3);
        assert_int_equal(c.kinds[PIECE_LIST], layouts[i].lists);
        assert_int_equal(c.kinds[PIECE_LIST_END], layouts[i].lists);
        assert_int_equal(c.kinds[PIECE_DAMAGE], 0);
        assert_int_equal(c.kinds[PIECE_TOO_LONG], 0);
    }
}

/* A value of `bytes` bytes between two small ones, in a text that begins with `head`. */
static void count_with_value(struct framing *f, const char *head, size_t bytes, struct count *c)
{
    char *unit = malloc(bytes + 1);
    assert_non_null(unit);
    memset(unit, 'x', bytes);
    memcpy(unit, "{\"a\":\"", 6);
    memcpy(unit + bytes - 2, "\"}", 3);
    count_repeated(f, head, unit, 1, "{\"b\":2}]", c);
    free(unit);
}

static void a_value_of_the_limit_is_whole_and_one_above_it_is_not(void **state UNUSED)
{
    enum { LIMIT = 5000 };
    OWNED(framing) struct framing *f = framing_new(LIMIT, 100);
    for (size_t bytes = LIMIT - 1; bytes <= LIMIT + 1; bytes++) {
        struct count c;
        framing_reset(f);
        count_with_value(f, "[\n{\"b\":2},", bytes, &c);
        assert_int_equal(c.kinds[PIECE_VALUE], bytes <= LIMIT ? 3 : 2);
        assert_int_equal(c.kinds[PIECE_TOO_LONG], bytes <= LIMIT ? 0 : 1);
        assert_int_equal(c.kinds[PIECE_DAMAGE], 0);
    }
}

static struct piece next_piece(struct framing *f, struct span *in)
{
    struct piece piece = {0};
    assert_true(framing_next(f, in, &piece));
    return piece;
}

/* Text with readable bytes after it. */
#define TEXT(lit)                                                                                  \
    {                                                                                              \
        lit "                                                                ", sizeof(lit) - 1    \
    }

static void stopped_at_a_value_it_reads_no_more(void **state UNUSED)
{
    struct span in = TEXT("[\n{\"a\":1},\n{\"b\":tru},\n{\"c\":1}\n]\n");
    struct piece piece;
    OWNED(framing) struct framing *f = framing_new(64, 16);
    assert_span_equal(next_piece(f, &in).text, SPAN("{\"a\":1}"));
    assert_span_equal(next_piece(f, &in).text, SPAN("{\"b\":tru}"));
    framing_answer(f, FRAMING_NO_JSON);
    assert_false(framing_next(f, &in, &piece));
    assert_int_equal(in.n, 0);
    assert_true(framing_last(f, &piece)); /* {"c":1} and what follows */
    assert_int_equal(piece.kind, PIECE_UNREAD);
    assert_int_equal(piece.line, 4);
    assert_int_equal(piece.offset, 22);
    assert_int_equal(piece.bytes, 10);
    assert_false(framing_last(f, &piece));
}

static void stopped_in_a_long_line_it_goes_on_with_the_next(void **state UNUSED)
{
    struct span in = TEXT("{}\n{\"b\":tru}{\"c\":1}{\"d\":1}\n{\"e\":1}\n");
    struct piece piece;
    OWNED(framing) struct framing *f = framing_new(16, 16);
    assert_span_equal(next_piece(f, &in).text, SPAN("{}"));
    framing_answer(f, FRAMING_NO_JSON); /* after a line: ignored */
    assert_span_equal(next_piece(f, &in).text, SPAN("{\"b\":tru}"));
    framing_answer(f, FRAMING_NO_JSON);
    piece = next_piece(f, &in);
    assert_int_equal(piece.kind, PIECE_UNREAD);
    assert_int_equal(piece.offset, 12);
    assert_int_equal(piece.bytes, 14);
    assert_span_equal(next_piece(f, &in).text, SPAN("{\"e\":1}"));
    assert_false(framing_next(f, &in, &piece));
}

static void a_list_that_is_not_wanted_is_one_value_that_is_too_long(void **state UNUSED)
{
    static const char text[] =
        "{\"user\":\"ana\",\"data\":[{\"a\":1},{\"a\":2},{\"a\":3}],\"z\":1}{\"b\":1}"
        "                                                                ";
    for (size_t size = 1; size < 70; size++) {
        struct span rest = span_of(text, strlen(text) - 64);
        struct piece piece;
        size_t seen = 0;
        OWNED(framing) struct framing *f = framing_new(30, 16);
        while (rest.n > 0) {
            struct span in = span_take(&rest, size < rest.n ? size : rest.n);
            while (framing_next(f, &in, &piece)) {
                switch (seen++) {
                case 0:
                    assert_int_equal(piece.kind, PIECE_LIST);
                    assert_span_equal(piece.text, SPAN("{\"user\":\"ana\",\"data\":[]}"));
                    framing_answer(f, FRAMING_NO_LIST);
                    break;
                case 1:
                    assert_int_equal(piece.kind, PIECE_TOO_LONG);
                    assert_int_equal(piece.offset, 0);
                    assert_int_equal(piece.bytes, 53);
                    assert_span_equal(piece.text, SPAN("{\"user\":\"ana\",\"d"));
                    break;
                default:
                    assert_span_equal(piece.text, SPAN("{\"b\":1}"));
                }
            }
        }
        assert_int_equal(seen, 3);
        assert_false(framing_last(f, &piece));
    }
}

/* One resource, then the same record many times: each is in one of the composed requests. */
static void a_request_of_megabytes_becomes_requests_of_kilobytes(void **state UNUSED)
{
    static const char head[] =
        "{\"resourceLogs\":[{\"resource\":{},\"scopeLogs\":[{\"logRecords\":[";
    enum { COUNT = 200 * 1000, TEXT_BYTES = COUNT * sizeof("{\"n\":\"0123456789\"},") };
    OWNED(framing) struct framing *f = framing_new(MIB, 4096);
    struct count c;
    count_repeated(f, head, "{\"n\":\"0123456789\"},", COUNT, "{}]}]}]}", &c);
    assert_int_equal(c.kinds[PIECE_LIST], FRAMING_REQUEST_LEVELS);
    assert_int_equal(c.kinds[PIECE_LIST_END], FRAMING_REQUEST_LEVELS);
    assert_in_range(c.kinds[PIECE_VALUE], TEXT_BYTES / FRAMING_REQUEST_BYTES,
                    TEXT_BYTES / FRAMING_REQUEST_BYTES * 2);
    assert_in_range(framing_memory(f), MIB, 2 * MIB);
    framing_reset(f);
    assert_in_range(framing_memory(f), 0, 128 * 1024);
}

/*
 * A line, a value, a list, a request and an array of megabytes never need more memory than the
 * longest value that is stored.
 */
static void memory_does_not_grow_with_the_object(void **state UNUSED)
{
    enum { LIMIT = 10000 };
    static const char *const heads[] = {
        "x",
        "{\"a\":\"",
        "[\"",
        "{\"Records\":[{\"a\":\"",
        "[[[[[",
        "{\n\"a\":[",
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"a\":\""};
    OWNED(framing) struct framing *f = framing_new(LIMIT, 100);
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        struct count c;
        framing_reset(f);
        count_repeated(f, heads[i], "0123456789", MIB, "", &c);
        assert_in_range(framing_memory(f), 0, LIMIT + FRAMING_LIST_HEAD_BYTES + 1024);
        assert_int_equal(c.kinds[PIECE_DAMAGE] + c.kinds[PIECE_TOO_LONG], 1);
    }
}

int main(int argc, char **argv)
{
    accept_all = argc > 1 && strcmp(argv[1], "--accept") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_object_becomes_the_pieces_written_beside_it),
        cmocka_unit_test(is_used_for_one_object_after_another),
        cmocka_unit_test(a_million_of_empty_elements_are_a_few_pieces),
        cmocka_unit_test(a_million_lines_of_an_open_value_are_a_few_pieces),
        cmocka_unit_test(a_million_of_separators_and_brackets_take_no_room),
        cmocka_unit_test(an_object_of_any_layout_gives_all_its_values),
        cmocka_unit_test(a_value_of_the_limit_is_whole_and_one_above_it_is_not),
        cmocka_unit_test(stopped_at_a_value_it_reads_no_more),
        cmocka_unit_test(stopped_in_a_long_line_it_goes_on_with_the_next),
        cmocka_unit_test(a_list_that_is_not_wanted_is_one_value_that_is_too_long),
        cmocka_unit_test(a_request_of_megabytes_becomes_requests_of_kilobytes),
        cmocka_unit_test(memory_does_not_grow_with_the_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
