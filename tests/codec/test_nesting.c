/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/nesting.h"
#include "codec/syntax.h"

#include <stdlib.h>

/* nesting_scan, for which nesting_scan_plain must give the same. */
static size_t scan(struct nesting *n, struct span text, bool one_line, enum nesting_end *end)
{
    struct nesting plain = *n;
    enum nesting_end plain_end = NESTING_MORE;
    size_t plain_used = nesting_scan_plain(&plain, text, one_line, &plain_end);
    size_t used = nesting_scan(n, text, one_line, end);
    assert_int_equal(plain_used, used);
    assert_int_equal(plain_end, *end);
    assert_int_equal(plain.depth, n->depth);
    assert_int_equal(plain.lines, n->lines);
    assert_int_equal(plain.in_string, n->in_string);
    assert_int_equal(plain.escaped, n->escaped);
    return used;
}

/* Scan the text after its first byte in pieces of `piece` bytes. Returns the offset of the end. */
static size_t close_of(struct span text, size_t piece, bool one_line, enum nesting_end *end,
                       uint64_t *lines)
{
    struct nesting n = {.depth = 1};
    size_t at = 1;
    *end = NESTING_MORE;
    while (at < text.n && *end == NESTING_MORE) {
        size_t left = text.n - at;
        size_t bytes = left < piece ? left : piece;
        char *own = malloc(bytes + NESTING_SLACK);
        assert_non_null(own);
        memset(own, '}', bytes + NESTING_SLACK); /* must have no effect */
        memcpy(own, text.p + at, bytes);
        at += scan(&n, span_of(own, bytes), one_line, end);
        free(own);
    }
    *lines = n.lines;
    return at;
}

static void check_close(struct span text, bool one_line, enum nesting_end want, size_t where,
                        uint64_t lines)
{
    for (size_t piece = 1; piece <= text.n + 1; piece++) {
        enum nesting_end end = NESTING_MORE;
        uint64_t seen = 0;
        size_t at = close_of(text, piece, one_line, &end, &seen);
        assert_int_equal(end, want);
        assert_int_equal(at, where);
        assert_int_equal(seen, lines);
    }
}

static void finds_the_bracket_that_closes(void **state UNUSED)
{
    check_close(SPAN("{}"), false, NESTING_CLOSED, 2, 0);
    check_close(SPAN("{}}"), false, NESTING_CLOSED, 2, 0);
    check_close(SPAN("[[],[]]x"), false, NESTING_CLOSED, 7, 0);
    check_close(SPAN("{\"a\":{\"b\":[1,2,{}]},\"c\":[]} {"), false, NESTING_CLOSED, 27, 0);
    check_close(SPAN("{{"), false, NESTING_MORE, 2, 0);
}

static void brackets_in_strings_do_not_count(void **state UNUSED)
{
    check_close(SPAN("{\"}}]\"}"), false, NESTING_CLOSED, 7, 0);
    check_close(SPAN("{\"{\":\"[\"}"), false, NESTING_CLOSED, 9, 0);
}

static void finds_escapes_at_any_byte(void **state UNUSED)
{
    check_close(SPAN("{\"\\\"}\"}"), false, NESTING_CLOSED, 7, 0);     /* "\"}" */
    check_close(SPAN("{\"\\\\\"}\"}"), false, NESTING_CLOSED, 6, 0);   /* "\\" ends */
    check_close(SPAN("{\"\\\\\\\"}\"}"), false, NESTING_CLOSED, 9, 0); /* "\\\"}" */
    check_close(SPAN("{\"\\u007d\\\"\\\\\"}"), false, NESTING_CLOSED, 14, 0);
}

/* Any number of backslashes before a quote, at every position of a block. */
static void a_row_of_backslashes_escapes_by_its_parity(void **state UNUSED)
{
    for (size_t before = 0; before < 70; before++) {
        for (size_t count = 0; count < 70; count += count < 5 ? 1 : 13) {
            char text[256] = "{\"";
            size_t n = 2;
            memset(text + n, 'x', before);
            n += before;
            memset(text + n, '\\', count);
            n += count;
            memcpy(text + n, "\"}\"}", 4);
            size_t where = count % 2 == 0 ? n + 2 : n + 4;
            enum nesting_end end = NESTING_MORE;
            uint64_t lines = 0;
            for (size_t piece = 1; piece < 200; piece += 7) {
                size_t at = close_of(span_of(text, n + 4), piece, false, &end, &lines);
                assert_int_equal(end, NESTING_CLOSED);
                assert_int_equal(at, where);
            }
        }
    }
}

static void counts_line_ends_and_stops_at_one_in_a_string(void **state UNUSED)
{
    check_close(SPAN("{\n\"a\":\n1\n}\n"), false, NESTING_CLOSED, 10, 3);
    check_close(SPAN("{\n\"a\n\"}"), false, NESTING_LINE, 4, 1);
    check_close(SPAN("{\"a\":1,\n\"b\"}"), true, NESTING_LINE, 7, 0);
    check_close(SPAN("{\"a\":1}\n"), true, NESTING_CLOSED, 7, 0);
}

static void a_deep_value_costs_a_number(void **state UNUSED)
{
    enum { DEEP = 100000 };
    char *text = malloc(2 * DEEP + NESTING_SLACK);
    assert_non_null(text);
    memset(text, '[', DEEP);
    memset(text + DEEP, ']', DEEP + NESTING_SLACK);
    struct nesting n = {.depth = 1};
    enum nesting_end end = NESTING_MORE;
    size_t used = scan(&n, span_of(text + 1, 2 * DEEP - 1), false, &end);
    assert_int_equal(end, NESTING_CLOSED);
    assert_int_equal(used, 2 * DEEP - 1);
    free(text);
}

static void check_syntax(struct span text, enum syntax want, size_t where)
{
    size_t at = 0;
    assert_int_equal(syntax_check(text, &at), want);
    assert_int_equal(at, where);
}

static void distinguishes_values_from_beginnings_and_from_no_json(void **state UNUSED)
{
    check_syntax(SPAN(" {\"a\":[1,-2.5e+3,true,null,\"\\u00e9\\n\"]} x"), SYNTAX_WHOLE, 39);
    check_syntax(SPAN("[]"), SYNTAX_WHOLE, 2);
    check_syntax(SPAN("12"), SYNTAX_WHOLE, 2);
    check_syntax(SPAN("01"), SYNTAX_WHOLE, 1);
    check_syntax(SPAN(""), SYNTAX_BEGUN, 0);
    check_syntax(SPAN("{"), SYNTAX_BEGUN, 1);
    check_syntax(SPAN("{\"a"), SYNTAX_BEGUN, 3);
    check_syntax(SPAN("{\"a\":1,\n"), SYNTAX_BEGUN, 8);
    check_syntax(SPAN("-"), SYNTAX_BEGUN, 1);
    check_syntax(SPAN("1."), SYNTAX_BEGUN, 2);
    check_syntax(SPAN("tru"), SYNTAX_BEGUN, 3);
    check_syntax(SPAN("\"\\u12"), SYNTAX_BEGUN, 5);
    check_syntax(SPAN("{\"a\n\"}"), SYNTAX_WRONG, 3);
    check_syntax(SPAN("{\"a\":1,\n{"), SYNTAX_WRONG, 8);
    check_syntax(SPAN("{\"a\":1,}"), SYNTAX_WRONG, 7);
    check_syntax(SPAN("{,"), SYNTAX_WRONG, 1);
    check_syntax(SPAN("[1}"), SYNTAX_WRONG, 2);
    check_syntax(SPAN("[INFO]"), SYNTAX_WRONG, 1);
    check_syntax(SPAN("-x"), SYNTAX_WRONG, 1);
    check_syntax(SPAN("\"\\x\""), SYNTAX_WRONG, 2);
    check_syntax(SPAN("\"\\u12g4\""), SYNTAX_WRONG, 5);
    check_syntax(SPAN("trux"), SYNTAX_WRONG, 3);
}

/* Bytes of strings are examined eight at a time: each one counts wherever it is. */
static void finds_what_ends_a_string_at_any_byte(void **state UNUSED)
{
    enum { BYTES = 41 };
    char text[BYTES];
    for (size_t at = 1; at < BYTES - 1; at++) {
        memset(text, at % 2 != 0 ? 'a' : '\xe9', sizeof(text));
        text[0] = '"';
        check_syntax(span_of(text, sizeof(text)), SYNTAX_BEGUN, sizeof(text));
        text[at] = '"';
        check_syntax(span_of(text, sizeof(text)), SYNTAX_WHOLE, at + 1);
        text[at] = '\x1f';
        check_syntax(span_of(text, sizeof(text)), SYNTAX_WRONG, at);
        text[at] = '\\';
        check_syntax(span_of(text, sizeof(text)), SYNTAX_WRONG, at + 1);
        text[at + 1] = '"';
        check_syntax(span_of(text, sizeof(text)), SYNTAX_BEGUN, sizeof(text));
        text[BYTES - 1] = '"';
        check_syntax(span_of(text, sizeof(text)), at + 1 < BYTES - 1 ? SYNTAX_WHOLE : SYNTAX_BEGUN,
                     sizeof(text));
    }
}

static void more_levels_than_it_counts_are_a_beginning(void **state UNUSED)
{
    char text[2 * (SYNTAX_DEPTH + 1)];
    memset(text, '[', sizeof(text) / 2);
    memset(text + sizeof(text) / 2, ']', sizeof(text) / 2);
    check_syntax(span_of(text + 1, sizeof(text) - 2), SYNTAX_WHOLE, sizeof(text) - 2);
    check_syntax(span_of(text, sizeof(text)), SYNTAX_BEGUN, SYNTAX_DEPTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_bracket_that_closes),
        cmocka_unit_test(brackets_in_strings_do_not_count),
        cmocka_unit_test(finds_escapes_at_any_byte),
        cmocka_unit_test(a_row_of_backslashes_escapes_by_its_parity),
        cmocka_unit_test(counts_line_ends_and_stops_at_one_in_a_string),
        cmocka_unit_test(a_deep_value_costs_a_number),
        cmocka_unit_test(distinguishes_values_from_beginnings_and_from_no_json),
        cmocka_unit_test(finds_what_ends_a_string_at_any_byte),
        cmocka_unit_test(more_levels_than_it_counts_are_a_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
