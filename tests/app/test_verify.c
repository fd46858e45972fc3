/* SPDX-License-Identifier: Apache-2.0 */
#include "testing.h"

#include "app/app.h"
#include "app/verify_print.h"

#include <stdio.h>

enum { WRONG_USAGE = 2, OUT_BYTES = 1 << 16 };

static int run(const char *a, const char *b, const char *c)
{
    char *argv[] = {(char *)(uintptr_t) "verify", (char *)(uintptr_t)a, (char *)(uintptr_t)b,
                    (char *)(uintptr_t)c, NULL};
    int argc = 1;
    while (argv[argc] != NULL) {
        argc++;
    }
    return app_verify(argc, argv);
}

static void needs_a_configuration_and_customers(void **state UNUSED)
{
    assert_int_equal(run(NULL, NULL, NULL), WRONG_USAGE);
    assert_int_equal(run("acme", NULL, NULL), WRONG_USAGE);
    assert_int_equal(run("-cx.conf", NULL, NULL), WRONG_USAGE);
    assert_int_equal(run("-cx.conf", "--all", "acme"), WRONG_USAGE);
}

/* A failed line of role.no_id, printed. */
static struct buf print(const struct verify_style *style, const char *found)
{
    struct buf out = BUF_INIT(OUT_BYTES);
    static const struct customer_conf acme = {
        .id = (char *)(uintptr_t) "acme",
    };
    struct verify_line l = {.state = VERIFY_FAIL, .tried = "tried"};
    for (size_t i = 0; i < verify_check_count; i++) {
        l.check = strcmp(verify_checks[i].name, "object.public") == 0 ? &verify_checks[i] : l.check;
    }
    (void)snprintf(l.found, sizeof(l.found), "%s", found);
    (void)snprintf(l.err.code, sizeof(l.err.code), "AccessDenied");
    (void)snprintf(l.err.request_id, sizeof(l.err.request_id), "R1");
    l.err.status = 403;
    verify_print(NULL, &(struct verify_report){&acme, "", "", &l, 1}, style, &out);
    return out;
}

static bool has(const struct buf *b, const char *part)
{
    return memmem(b->p, b->n, part, strlen(part)) != NULL;
}

static void prints_a_line_and_what_to_change(void **state UNUSED)
{
    struct buf out = print(&(struct verify_style){0}, "a\033[31mb\xe2\x80\xae");
    assert_true(has(&out, "acme\n  FAIL  object.public     tried: a?[31mb? [AccessDenied, request "
                          "R1]\n        change: the bucket must not be public"));
    buf_done(&out);
}

static void prints_json_without_control_characters(void **state UNUSED)
{
    struct buf out = print(&(struct verify_style){.json = true}, "\"a\033\xe2\x80\xae");
    assert_true(has(&out, "{\"check\":\"object.public\",\"state\":\"FAIL\",\"must_fail\":true,"
                          "\"customer\":\"acme\",\"tried\":\"tried\",\"found\":\"\\\"a\\u001b"
                          "\\u202e\",\"code\":\"AccessDenied\",\"status\":403,"
                          "\"request_id\":\"R1\",\"change\":\"the bucket"));
    assert_int_equal(out.p[out.n - 2], '}');
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needs_a_configuration_and_customers),
        cmocka_unit_test(prints_a_line_and_what_to_change),
        cmocka_unit_test(prints_json_without_control_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
