/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "app/options.h"

#include <stdio.h>
#include <unistd.h>

struct given {
    const char *config;
    bool json;
    struct operands rest;
    int status;
};

/* The words of `line` as arguments of a command. */
static bool given_read(struct given *g, const char *line)
{
    static char text[200];
    static char *argv[10];
    (void)snprintf(text, sizeof(text), "try %s", line);
    int argc = 0;
    for (char *p = text; p != NULL; argc++) {
        argv[argc] = strsep(&p, " ");
    }
    argv[argc] = NULL;

    const struct option options[] = {
        {.name = "config", .letter = 'c', .value = "FILE", .text = "A file.", .to = &g->config},
        {.name = "json", .text = "For machines.", .flag = &g->json},
    };
    const struct usage usage = {"try", "FILE...", "Try it.", options, 2};
    return options_read(&usage, argc, argv, &g->rest, &g->status);
}

static void reads_long_and_short_forms_in_any_order(void **state UNUSED)
{
    static const char *const forms[] = {
        "-c x.conf a --json",
        "a -cx.conf --json",
        "--json --config x.conf a",
        "--config=x.conf a --json",
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct given g = {0};
        assert_true(given_read(&g, forms[i]));
        assert_string_equal(g.config, "x.conf");
        assert_true(g.json);
        assert_int_equal(g.rest.count, 1);
        assert_string_equal(g.rest.list[0], "a");
    }
}

static void dashes_end_the_options(void **state UNUSED)
{
    struct given g = {0};
    assert_true(given_read(&g, "- -- --json -c"));
    assert_false(g.json);
    assert_int_equal(g.rest.count, 3);
    assert_string_equal(g.rest.list[0], "-");
    assert_string_equal(g.rest.list[2], "-c");
}

/* Reading these arguments must fail with this text on standard error. */
static void assert_refused(const char *line, const char *want)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int was = dup(STDERR_FILENO);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    struct given g = {0};
    bool ok = given_read(&g, line);
    assert_int_equal(dup2(was, STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(close(was) + close(ends[1]), 0);

    char got[1024];
    ssize_t n = read(ends[0], got, sizeof(got) - 1);
    got[n > 0 ? n : 0] = '\0';
    assert_int_equal(close(ends[0]), 0);
    assert_false(ok);
    assert_int_equal(g.status, 2);
    assert_non_null(strstr(got, want));
}

static void refuses_what_it_does_not_know(void **state UNUSED)
{
    assert_refused("--jsn", "unknown option --jsn; did you mean --json?");
    assert_refused("-x", "unknown option -x (try");
    assert_refused("--json=1", "--json takes no value");
    assert_refused("a --config", "--config needs a value: FILE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_long_and_short_forms_in_any_order),
        cmocka_unit_test(dashes_end_the_options),
        cmocka_unit_test(refuses_what_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
