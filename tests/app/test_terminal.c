/* SPDX-License-Identifier: Apache-2.0 */
/* What commands show on a terminal of foreign names and texts. */
#include "testing.h"

#include "app/app.h"
#include "base/buf.h"

#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* All that a terminal shows of the command's output. */
static int run_on_terminal(struct buf *shown, int (*command)(int, char **), const char *arg)
{
    int master = -1;
    int terminal = -1;
    char name[] = "command";
    char path[256];
    char *argv[] = {name, path, NULL};
    (void)snprintf(path, sizeof(path), "%s", arg);
    int out = dup(STDOUT_FILENO);
    int err = dup(STDERR_FILENO);
    assert_int_equal(openpty(&master, &terminal, NULL, NULL, NULL), 0);
    assert_int_equal(dup2(terminal, STDOUT_FILENO), STDOUT_FILENO);
    assert_int_equal(dup2(terminal, STDERR_FILENO), STDERR_FILENO);
    int status = command(2, argv);
    assert_int_equal(fflush(stdout), 0);
    assert_int_equal(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
    assert_int_equal(dup2(err, STDERR_FILENO), STDERR_FILENO);
    (void)close(out);
    (void)close(err);
    (void)close(terminal);
    buf_clear(shown);
    ssize_t n = 0;
    char *room = NULL;
    do {
        room = buf_room(shown, 4096);
        n = read(master, room, 4096);
        shown->n += n > 0 ? (size_t)n : 0;
    } while (n > 0); /* EIO at the end */
    shown->p[shown->n] = '\0';
    (void)close(master);
    return status;
}

static void a_terminal_gets_no_control_characters(void **state UNUSED)
{
    struct buf shown = BUF_INIT(1 << 20);
    char folder[] = "/tmp/terminal-test-XXXXXX";
    char path[128];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/a\xc2\x9b.jsonl", folder);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs("{\"host\":\"h\",\"action\":\"a\xc2\x9b\xe2\x80\xae\x7f\"}\n", f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(run_on_terminal(&shown, app_normalize, path), 0);
    assert_non_null(strstr(shown.p, "a\\u009b\\u202e\\u007f"));
    assert_null(strstr(shown.p, "\xc2\x9b"));
    assert_null(strchr(shown.p, 0x7f));
    assert_int_equal(remove(path), 0);
    assert_int_equal(remove(folder), 0);

    static const char none[] = "/tmp/none\xc2\x9b\x1b[2J";
    assert_int_equal(run_on_terminal(&shown, app_normalize, none), 1);
    assert_non_null(strstr(shown.p, "/none??[2J: there is no such file"));
    assert_int_equal(run_on_terminal(&shown, app_sample, none), 1);
    assert_non_null(strstr(shown.p, "/none??[2J: there is no such file"));
    assert_int_equal(run_on_terminal(&shown, app_check_config, "a\nb\x1b"), 2);
    assert_non_null(strstr(shown.p, "takes no operand 'a?b?'"));
    buf_done(&shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_gets_no_control_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
