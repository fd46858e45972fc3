/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "codec/glob.h"
#include "cpu_time.h"

#include <stdlib.h>

struct sample {
    const char *pattern;
    const char *text;
    bool matches;
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void check(const struct sample *s)
{
    assert_null(glob_refuse(s->pattern));
    if (glob_matches(span_str(s->pattern), span_str(s->text)) != s->matches) {
        fail_msg("%s %s %s", s->pattern, s->matches ? "does not match" : "matches", s->text);
    }
}

static void matches_what_a_person_expects(void **state UNUSED)
{
    static const struct sample samples[] = {
        {"*.jsonl.gz", "a.jsonl.gz", true},
        {"*.jsonl.gz", "dt=2026-05-11/a.jsonl.gz", true}, /* including slashes */
        {"*.jsonl.gz", ".jsonl.gz", true},
        {"*.jsonl.gz", "a.jsonl", false},
        {"*.jsonl.gz", "a.jsonl.gz.tmp", false},
        {"*.jsonl.gz", "a.jsonlXgz", false},
        {"*/_temporary/*", "out/_temporary/0/part-1", true},
        {"*/_temporary/*", "/_temporary/part-1", true},
        {"*/_temporary/*", "out/my_temporary/part-1", false},
        {"*_SUCCESS", "out/_SUCCESS", true},
        {"*_SUCCESS", "out/_SUCCESS.crc", false},
        {"a", "a", true},
        {"a", "A", false},
        {"a", "aa", false},
        {"a", "", false},
        {"*", "", true},
        {"**", "a/b", true},
        {"a*b*c", "a-b-b-c", true},
        {"a*b*c", "a-c-b", false},
        {"*ab", "aab", true},
        {"*abab", "abaabab", true},
        {"a*a", "a", false},
        {"part-????.json", "part-0001.json", true},
        {"part-????.json", "part-001.json", false},
        {"?", "\xd0\xba", true}, /* one character of two bytes */
        {"?", "ab", false},
        {"*\xd0\xba*", "\xd1\x84\xd0\xba\xd1\x84", true},
    };
    for (size_t i = 0; i < COUNT(samples); i++) {
        check(&samples[i]);
    }
}

static void matches_sets_of_characters(void **state UNUSED)
{
    static const struct sample samples[] = {
        {"2026-0[5-9]*", "2026-05-11.jsonl", true},
        {"2026-0[5-9]*", "2026-04-11.jsonl", false},
        {"[abc]", "b", true},
        {"[abc]", "d", false},
        {"[abc]", "\xd0\xba", false},
        {"[!abc]", "d", true},
        {"[!abc]", "a", false},
        {"[^abc]", "a", false},
        {"[!abc]", "\xd0\xba", true},
        {"[]]", "]", true},
        {"[!]]", "]", false},
        {"[a-]", "-", true},
        {"[-a]", "-", true},
        {"[*?]", "*", true},
        {"[*?]", "a", false},
        {"[a-c][0-9]", "b7", true},
        {"*[0-9]", "a1b2", true},
    };
    for (size_t i = 0; i < COUNT(samples); i++) {
        check(&samples[i]);
    }
}

static void takes_what_follows_a_backslash_as_itself(void **state UNUSED)
{
    static const struct sample samples[] = {
        {"\\*", "*", true},     {"\\*", "a", false},      {"a\\?", "a?", true},
        {"\\[a]", "[a]", true}, {"\\{a\\}", "{a}", true}, {"\\!a", "!a", true},
        {"\\\\", "\\", true},   {"*\\*", "a*", true},
    };
    for (size_t i = 0; i < COUNT(samples); i++) {
        check(&samples[i]);
    }
}

static void refuses_what_would_never_match(void **state UNUSED)
{
    static const char *const patterns[] = {
        "",    "!*.md", "*.{json,gz}", "a}",    "[abc",       "[",    "[]",     "[!]",
        "a\\", "a\nb",  "\x7f",        "[z-a]", "[\xd0\xba]", "\xff", "[a\\]]",
    };
    for (size_t i = 0; i < COUNT(patterns); i++) {
        if (glob_refuse(patterns[i]) == NULL) {
            fail_msg("\"%s\" is not refused", patterns[i]);
        }
    }
    char text[GLOB_BYTES + 2] = "";
    memset(text, 'a', GLOB_BYTES);
    assert_null(glob_refuse(text));
    text[GLOB_BYTES] = 'a';
    assert_string_equal(glob_refuse(text), "is longer than 128 bytes");
}

/* Exponential with naive backtracking; here at most 128 steps per byte. */
static void takes_time_in_proportion_to_the_text(void **state UNUSED)
{
    enum { BYTES = 100000 };
    char *text = malloc(BYTES);
    char pattern[GLOB_BYTES + 1] = "";
    assert_non_null(text);
    memset(text, 'a', BYTES);
    for (size_t i = 0; i + 2 <= GLOB_BYTES; i += 2) {
        memcpy(pattern + i, "*a", 2);
    }
    pattern[GLOB_BYTES - 1] = 'b';
    double before = cpu_seconds();
    assert_false(glob_matches(span_str(pattern), span_of(text, BYTES)));
    memset(pattern + 1, 'a', GLOB_BYTES - 2);
    assert_false(glob_matches(span_str(pattern), span_of(text, BYTES)));
    assert_true(cpu_seconds() - before < 2);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_what_a_person_expects),
        cmocka_unit_test(matches_sets_of_characters),
        cmocka_unit_test(takes_what_follows_a_backslash_as_itself),
        cmocka_unit_test(refuses_what_would_never_match),
        cmocka_unit_test(takes_time_in_proportion_to_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
