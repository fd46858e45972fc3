/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 8259 as files, as in the public JSONTestSuite: tests/vectors/json/y_* must be accepted, n_*
 * must be refused, and the results for i_*, which the RFC leaves open, are listed in i.txt. Each
 * file is one value; several values on a line are tested with record_splitter.h.
 */
#include "testing.h"

#include "base/buf.h"
#include "codec/json.h"
#include "codec/utf8.h"
#include "cpu_time.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_BYTES = 4 << 20 };

struct fixture {
    struct json_reader *fast;
    struct json_reader *strict;
};

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->fast = json_reader_new(TEXT_BYTES);
    f->strict = json_reader_new(TEXT_BYTES);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    struct fixture *f = *state;
    json_reader_free(f->fast);
    json_reader_free(f->strict);
    free(f);
    return 0;
}

/* ---- Files ---- */

static void read_vector(const char *name, struct buf *out)
{
    char path[512];
    char piece[4096];
    size_t n = 0;
    (void)snprintf(path, sizeof(path), TEST_VECTORS "/json/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0) {
        buf_add(out, span_of(piece, n));
    }
    (void)fclose(f);
    assert_non_null(buf_room(out, JSON_SLACK));
}

static bool strict_takes(struct fixture *f, struct span text, struct doc *d, struct err *e)
{
    return json_scan(f->strict, &text, d, e) == FAIL_NONE && text.n == 0;
}

/* Whether there are blanks between tokens; those in strings do not count. */
static bool has_blanks(struct span s)
{
    bool in_string = false;
    for (size_t i = 0; i < s.n; i++) {
        if (in_string && s.p[i] == '\\') {
            i++;
        } else if (s.p[i] == '"') {
            in_string = !in_string;
        } else if (!in_string && memchr(" \t\n\r", s.p[i], 4) != NULL) {
            return true;
        }
    }
    return false;
}

static void same_place(const struct doc *fast, const struct doc *strict, size_t at)
{
    assert_int_equal(doc_extent(fast, at).from, doc_extent(strict, at).from);
    assert_int_equal(doc_extent(fast, at).to, doc_extent(strict, at).to);
}

/* The extents of the fast reader equal those of the strict reader. */
static void same_places(const struct doc *fast, const struct doc *strict)
{
    for (size_t i = DOC_ROOT; i < doc_payload(strict, 0) - 1; i++) {
        same_place(fast, strict, i);
        i += strchr("lud", doc_tag(strict, i)) != NULL ? 1 : 0;
    }
    assert_int_equal(doc_is_compact(fast), !has_blanks(doc_source(strict, DOC_ROOT)));
}

/* Describe the results of both readers for a text. */
static void outcome(struct fixture *f, struct span text, char *out, size_t size)
{
    struct doc d;
    struct doc read;
    struct err e = {0};
    bool fast = json_read(f->fast, text, &read);
    if (!strict_takes(f, text, &d, &e)) {
        assert_false(fast);
        (void)snprintf(out, size, "refused: %.400s", e.text);
        return;
    }
    if (fast) {
        same_places(&read, &d);
    }
    (void)snprintf(out, size, "taken%s", d.repaired ? ", repaired" : "");
}

static int is_vector(const struct dirent *d)
{
    const char *dot = strrchr(d->d_name, '.');
    return dot != NULL && strcmp(dot, ".json") == 0;
}

static size_t check_files(struct fixture *f, char kind, const char *want)
{
    struct dirent **files = NULL;
    size_t checked = 0;
    int count = scandir(TEST_VECTORS "/json", &files, is_vector, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = files[i]->d_name;
        if (name[0] == kind) {
            char got[512];
            struct buf text = BUF_INIT(TEXT_BYTES);
            read_vector(name, &text);
            outcome(f, buf_span(&text), got, sizeof(got));
            if (strncmp(got, want, strlen(want)) != 0) {
                fail_msg("%s: %s", name, got);
            }
            buf_done(&text);
            checked++;
        }
        free(files[i]);
    }
    free(files);
    return checked;
}

static void takes_every_text_that_must_be_taken(void **state)
{
    assert_true(check_files(*state, 'y', "taken") >= 127);
}

static void refuses_every_text_that_must_be_refused(void **state)
{
    assert_true(check_files(*state, 'n', "refused: ") >= 290);
}

/* i.txt: name, a tab, the result. */
static void does_what_is_listed_where_the_rfc_leaves_it_open(void **state)
{
    FILE *list = fopen(TEST_VECTORS "/json/i.txt", "r");
    assert_non_null(list);
    char line[512];
    size_t listed = 0;
    while (fgets(line, sizeof(line), list) != NULL) {
        char *tab = strchr(line, '\t');
        assert_non_null(tab);
        *tab = '\0';
        tab[strcspn(tab + 1, "\n") + 1] = '\0';
        char got[512];
        struct buf text = BUF_INIT(TEXT_BYTES);
        read_vector(line, &text);
        outcome(*state, buf_span(&text), got, sizeof(got));
        if (strcmp(got, tab + 1) != 0) {
            fail_msg("%s\t%s", line, got);
        }
        buf_done(&text);
        listed++;
    }
    (void)fclose(list);
    assert_int_equal(listed, check_files(*state, 'i', ""));
}

/* ---- Functions of a document ---- */

static struct doc scan(struct fixture *f, const char *text)
{
    struct doc d;
    struct span rest = span_str(text);
    assert_int_equal(json_scan(f->strict, &rest, &d, NULL), FAIL_NONE);
    return d;
}

static void knows_where_each_value_stands(void **state)
{
    struct doc d = scan(*state, " {\"a\" : [1.50, -0 ,\"x\\u00e9\"] ,\"b\":{ }}");
    size_t a = doc_member(&d, DOC_ROOT, SPAN("a"));
    size_t b = doc_member(&d, DOC_ROOT, SPAN("b"));
    assert_span_equal(doc_source(&d, DOC_ROOT),
                      SPAN("{\"a\" : [1.50, -0 ,\"x\\u00e9\"] ,\"b\":{ }}"));
    assert_span_equal(doc_source(&d, a - 1), SPAN("\"a\""));
    assert_span_equal(doc_source(&d, a), SPAN("[1.50, -0 ,\"x\\u00e9\"]"));
    size_t i = doc_first(&d, a);
    assert_span_equal(doc_source(&d, i), SPAN("1.50"));
    i = doc_next(&d, i);
    assert_span_equal(doc_source(&d, i), SPAN("-0"));
    i = doc_next(&d, i);
    assert_span_equal(doc_source(&d, i), SPAN("\"x\\u00e9\""));
    assert_span_equal(doc_string(&d, i), SPAN("x\xc3\xa9"));
    assert_span_equal(doc_source(&d, b), SPAN("{ }"));
    assert_int_equal(doc_member(&d, DOC_ROOT, SPAN("c")), 0);
}

static void values_are_the_same_whatever_the_order_of_their_members(void **state)
{
    static const struct {
        const char *text;
        bool same;
    } cases[] = {
        {"[{\"a\":1,\"b\":[true,\"x\"]},{\"b\":[true,\"\\u0078\"],\"a\":1}]", true},
        {"[{\"a\":1},{\"a\":1.0}]", false},
        {"[{\"a\":1},{\"b\":1}]", false},
        {"[{\"a\":1},{\"a\":1,\"b\":2}]", false},
        {"[[1,2],[2,1]]", false},
        {"[[1],{\"a\":1}]", false},
        {"[\"1\",1]", false},
        {"[{},{}]", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct doc d = scan(*state, cases[i].text);
        size_t a = doc_first(&d, DOC_ROOT);
        assert_int_equal(doc_same(&d, a, &d, doc_next(&d, a)), cases[i].same);
    }
}

static void keeps_the_text_of_a_number_beyond_doubles(void **state)
{
    struct doc d = scan(*state, "[-1.5E+400]");
    size_t i = doc_first(&d, DOC_ROOT);
    assert_int_equal(doc_tag(&d, i), '#');
    assert_span_equal(doc_string(&d, i), SPAN("-1.5E+400"));
}

static void tells_the_last_of_several_members(void **state)
{
    struct doc d = scan(*state, "{\"a\":1,\"b\":2,\"a\":3}");
    assert_int_equal(doc_int64(&d, doc_member(&d, DOC_ROOT, SPAN("a"))), 3);
}

static void reads_several_values_one_after_another(void **state)
{
    struct fixture *f = *state;
    struct span rest = SPAN("{\"a\":1} [2]\t\"x\"null 5{oops");
    static const char tags[] = "{[\"nl";
    struct doc d;
    struct err e = {0};
    for (size_t i = 0; i < sizeof(tags) - 1; i++) {
        assert_int_equal(json_scan(f->strict, &rest, &d, &e), FAIL_NONE);
        assert_int_equal(doc_tag(&d, DOC_ROOT), tags[i]);
    }
    struct span before = rest;
    assert_int_equal(json_scan(f->strict, &rest, &d, &e), FAIL_DATA);
    assert_string_equal(e.text, "a member's name is missing at byte 1");
    assert_ptr_equal(rest.p, before.p);
}

static void replaces_each_invalid_character_by_one(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"\"a\\ud800\"", "a\xef\xbf\xbd"},
        {"\"\\udc00\\ud800\"", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\"\\ud800\\ud83d\\ude80\"", "\xef\xbf\xbd\xf0\x9f\x9a\x80"},
        {"\"\\ud800\\u0041\"", "\xef\xbf\xbd"
                               "A"},
        {"\"\xff\xfe\"", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\"\xf0\x9f\x9a\"", "\xef\xbf\xbd"},
        {"\"\xed\xa0\x80\"", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\"\xe2\x82\"", "\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct doc d = scan(*state, rows[i].text);
        struct buf clean = BUF_INIT(1000);
        assert_true(d.repaired);
        assert_span_equal(doc_string(&d, DOC_ROOT), span_str(rows[i].want));
        json_clean(span_str(rows[i].text), &clean);
        buf_add_byte(&clean, '\0');
        struct doc again = scan(*state, clean.p);
        assert_false(again.repaired);
        assert_span_equal(doc_string(&again, DOC_ROOT), span_str(rows[i].want));
        buf_done(&clean);
    }
}

/* ---- Hostile texts ---- */

static void repeat(struct buf *out, const char *s, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        buf_add(out, span_str(s));
    }
}

/* A million of the same construct: both readers need far less than a second for each. */
static void takes_time_in_proportion_to_the_text(void **state)
{
    static const struct {
        const char *head, *middle, *tail;
        bool taken;
    } rows[] = {
        {"[", "1", "]", true},         {"[0.", "3", "]", true},   {"[1e", "9", "]", true},
        {"{\"", "k", "\":1}", true},   {"", "[", "", false},      {"", "{\"a\":", "", false},
        {"[", "1,", "1]", true},       {"\"", "\\n", "\"", true}, {"\"", "\xff", "\"", true},
        {"[\"", "\\ud800", "", false},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf text = BUF_INIT((size_t)8 << 20);
        struct doc d;
        buf_add(&text, span_str(rows[i].head));
        repeat(&text, rows[i].middle, 500000);
        buf_add(&text, span_str(rows[i].tail));
        assert_non_null(buf_room(&text, JSON_SLACK));
        double before = cpu_seconds();
        bool fast = json_read(f->fast, buf_span(&text), &d);
        assert_true(rows[i].taken || !fast);
        assert_int_equal(strict_takes(f, buf_span(&text), &d, NULL), rows[i].taken);
        assert_true(cpu_seconds() - before < 2);
        buf_done(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_every_text_that_must_be_taken),
        cmocka_unit_test(refuses_every_text_that_must_be_refused),
        cmocka_unit_test(does_what_is_listed_where_the_rfc_leaves_it_open),
        cmocka_unit_test(knows_where_each_value_stands),
        cmocka_unit_test(values_are_the_same_whatever_the_order_of_their_members),
        cmocka_unit_test(keeps_the_text_of_a_number_beyond_doubles),
        cmocka_unit_test(tells_the_last_of_several_members),
        cmocka_unit_test(reads_several_values_one_after_another),
        cmocka_unit_test(replaces_each_invalid_character_by_one),
        cmocka_unit_test(takes_time_in_proportion_to_the_text),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
