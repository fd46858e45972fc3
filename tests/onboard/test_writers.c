/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile values in each format. bash itself says what a quoted word is. */
#include "testing.h"

#include "base/buf.h"
#include "onboard/writers.h"

#include <stdio.h>

static const char *const hostile[] = {
    "plain",
    "it's",
    "'; touch /tmp/x; '",
    "\"quoted\"",
    "$(id)",
    "`id`",
    "${HOME} $HOME",
    "%{ for x in y }",
    "back\\slash\\",
    "two\nlines",
    "tab\tand\rreturn",
    "-rf",
    " blanks ",
    "",
    "*?[a-z]",
    "!history",
    "\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80",
    "``",
    "</textarea> | # <!-- -->",
    "$${x} %%{x}",
};

enum { HOSTILE = sizeof(hostile) / sizeof(hostile[0]) };

/* A list with one text, as the skeletons' values become it. */
static struct json_object *word_list(const char *first, const char *second)
{
    struct json_object *list = json_object_new_array();
    (void)json_object_array_add(list, json_object_new_string(first));
    (void)json_object_array_add(list, json_object_new_string(second));
    return list;
}

/* The output of bash for a script. */
static void run_bash(struct span script, struct buf *out)
{
    char path[] = "/tmp/writers-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    assert_int_equal(fwrite(script.p, 1, script.n, f), script.n);
    assert_int_equal(fclose(f), 0);
    char command[64];
    (void)snprintf(command, sizeof(command), "bash %s", path);
    FILE *p = popen(command, "r"); /* NOLINT(cert-env33-c): the script under test */
    assert_non_null(p);
    char block[4096];
    size_t n = 0;
    while ((n = fread(block, 1, sizeof(block), p)) > 0) {
        buf_add(out, span_of(block, n));
    }
    assert_int_equal(pclose(p), 0);
    assert_int_equal(remove(path), 0);
}

static void a_shell_takes_every_text_as_one_word(void **state UNUSED)
{
    struct buf out = BUF_INIT(1 << 16);
    struct buf script = BUF_INIT(1 << 16);
    struct buf want = BUF_INIT(1 << 16);
    OWNED(tree) struct json_object *commands = json_object_new_array();
    for (size_t i = 0; i < HOSTILE; i++) {
        struct json_object *command = json_object_new_object();
        struct json_object *words = word_list("printf", "<%s>\\n");
        (void)json_object_array_add(words, json_object_new_string(hostile[i]));
        (void)json_object_object_add(command, "text", json_object_new_string(hostile[i]));
        (void)json_object_object_add(command, "run", words);
        (void)json_object_array_add(commands, command);
        buf_addf(&want, "<%s>\n", hostile[i]);
    }
    shell_write(commands, &script);
    run_bash(buf_span(&script), &out);
    assert_span_equal(buf_span(&out), buf_span(&want));
    buf_done(&out);
    buf_done(&script);
    buf_done(&want);
}

static void a_script_stops_at_the_first_error(void **state UNUSED)
{
    OWNED(tree)
    struct json_object *commands =
        json_tokener_parse("[{\"run\": [\"echo\", \"a\"], \"to\": \"f'x\"}]");
    struct buf script = BUF_INIT(4096);
    shell_write(commands, &script);
    assert_span_equal(buf_span(&script), SPAN("#!/usr/bin/env bash\nset -euo pipefail\n"
                                              "cd \"$(dirname \"$0\")\"\necho a > 'f'\\''x'\n"));
    buf_done(&script);
}

/* Read a quoted text as HCL's specification does; it must end at its last byte. */
static void unquote_hcl(struct span text, struct buf *out)
{
    assert_true(text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"');
    text = span_of(text.p + 1, text.n - 2);
    while (text.n > 0) {
        struct span c = span_take(&text, 1);
        assert_true(c.p[0] != '"' && (unsigned char)c.p[0] >= 0x20);
        if (c.p[0] == '\\' && text.p[0] == 'u') {
            buf_addf(out, "%c", (int)strtol((char[]){text.p[3], text.p[4], '\0'}, NULL, 16));
            (void)span_take(&text, 5);
        } else if (c.p[0] == '\\') {
            buf_add(out, span_take(&text, 1));
        } else if ((c.p[0] == '$' || c.p[0] == '%') && text.n > 0 && text.p[0] == c.p[0] &&
                   text.n > 1 && text.p[1] == '{') {
            buf_addf(out, "%c{", c.p[0]);
            (void)span_take(&text, 2);
        } else {
            assert_false((c.p[0] == '$' || c.p[0] == '%') && text.n > 0 && text.p[0] == '{');
            buf_add(out, c);
        }
    }
}

static void terraform_takes_every_text_literally(void **state UNUSED)
{
    for (size_t i = 0; i < HOSTILE; i++) {
        struct buf quoted = BUF_INIT(4096);
        struct buf read = BUF_INIT(4096);
        hcl_quote(&quoted, span_str(hostile[i]));
        unquote_hcl(buf_span(&quoted), &read);
        assert_span_equal(buf_span(&read), span_str(hostile[i]));
        buf_done(&quoted);
        buf_done(&read);
    }
}

static void terraform_gets_blocks_references_and_documents(void **state UNUSED)
{
    OWNED(tree)
    struct json_object *blocks = json_tokener_parse(
        "[{\"block\": [\"resource\", \"a\", \"b\\\"\"], \"body\": {\"n\": 7, \"on\": true,"
        " \"r\": {\"$ref\": \"a.b.id\"}, \"p\": {\"$json\": {\"aws:X\": [\"y\", \"z\"]}}}}]");
    struct buf out = BUF_INIT(4096);
    hcl_write(blocks, &out);
    assert_span_equal(buf_span(&out),
                      SPAN("resource \"a\" \"b\\\"\" {\n  n = 7\n  on = true\n  r = a.b.id\n"
                           "  p = jsonencode({\n    \"aws:X\" = [\"y\", \"z\"]\n  })\n}\n"));
    buf_done(&out);
}

static void markdown_shows_every_text_as_one_code_span(void **state UNUSED)
{
    static const struct {
        const char *text, *want;
    } cases[] = {{"a", "`a`"},         {"a`b", "``a`b``"},    {"`a", "`` `a ``"},
                 {"``", "``` `` ```"}, {"a\n# b", "`a?# b`"}, {"", "`  `"},
                 {" a ", "`  a  `"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out = BUF_INIT(4096);
        markdown_code(&out, span_str(cases[i].text));
        assert_span_equal(buf_span(&out), span_str(cases[i].want));
        buf_done(&out);
    }
}

static void a_letter_has_values_conditions_and_documents(void **state UNUSED)
{
    OWNED(tree) struct json_object *doc = json_tokener_parse("{\"a\": \"```\"}");
    const struct tree_value values[] = {{.name = "A", .text = "x\n# y"},
                                        {.name = "EMPTY"},
                                        {.name = "D", .tree = doc},
                                        {.name = NULL}};
    static const char text[] = "# For ${A}\n%if EMPTY\nno\n%end\n%if !EMPTY\nyes ${A}\n%end\n"
                               "%show D\n";
    struct buf out = BUF_INIT(4096);
    letter_write(text, &(struct letter_style){values, true}, &out);
    assert_span_equal(buf_span(&out),
                      SPAN("# For `x?# y`\nyes `x?# y`\n    {\n      \"a\": \"```\"\n"
                           "    }\n"));
    buf_clear(&out);
    letter_write(text, &(struct letter_style){values, false}, &out);
    assert_span_equal(buf_span(&out), SPAN("For x?# y\n=========\nyes x?# y\n    {\n"
                                           "      \"a\": \"```\"\n    }\n"));
    buf_done(&out);
}

static void a_skeleton_is_filled_without_changing_its_structure(void **state UNUSED)
{
    OWNED(tree) struct json_object *list = word_list("p", "${A}");
    for (size_t i = 0; i < HOSTILE; i++) {
        const struct tree_value values[] = {
            {.name = "A", .text = hostile[i]}, {.name = "L", .tree = list}, {.name = NULL}};
        OWNED(tree)
        struct json_object *t =
            tree_fill("{\"a\": \"<${A}>\", \"l\": [\"x\", \"${L}\"], \"d\": \"${L}\", \"n\": 7,"
                      " \"no\": {\"$if\": \"!L\"}, \"arn\": \"arn:aws:s3:::${A}\"}",
                      values, "aws-cn");
        char want[256];
        (void)snprintf(want, sizeof(want), "<%s>", hostile[i]);
        assert_string_equal(json_object_get_string(json_object_object_get(t, "a")), want);
        (void)snprintf(want, sizeof(want), "arn:aws-cn:s3:::%s", hostile[i]);
        assert_string_equal(json_object_get_string(json_object_object_get(t, "arn")), want);
        assert_int_equal(json_object_array_length(json_object_object_get(t, "l")), 3);
        assert_int_equal(json_object_array_length(json_object_object_get(t, "d")), 2);
        assert_null(json_object_object_get(t, "no"));
        /* and it is read again as it was written */
        struct buf out = BUF_INIT(1 << 16);
        tree_print(t, &out);
        OWNED(tree) struct json_object *again = json_tokener_parse(out.p);
        assert_true(json_object_equal(t, again));
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shell_takes_every_text_as_one_word),
        cmocka_unit_test(a_script_stops_at_the_first_error),
        cmocka_unit_test(terraform_takes_every_text_literally),
        cmocka_unit_test(terraform_gets_blocks_references_and_documents),
        cmocka_unit_test(markdown_shows_every_text_as_one_code_span),
        cmocka_unit_test(a_letter_has_values_conditions_and_documents),
        cmocka_unit_test(a_skeleton_is_filled_without_changing_its_structure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
