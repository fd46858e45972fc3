/* SPDX-License-Identifier: Apache-2.0 */
/* A child hardens itself, or not; this process looks at it from outside, in /proc. */
#include "testing.h"

#include "app/harden.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* A process of a usual user that waits for its end. The pipe tells when it is ready. */
static pid_t start_child(bool hardened)
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        bool ok = geteuid() != 0 || setresuid(NOBODY, NOBODY, NOBODY) == 0;
        ok = ok && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0; /* setresuid cleared it */
        if (hardened) {
            harden_process();
        }
        if (!ok || write(ready[1], "x", 1) != 1) {
            _exit(1);
        }
        (void)pause();
        _exit(0);
    }
    (void)close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    return pid;
}

static void end_child(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* The kernel gives the files of a process that is not dumpable to root (proc(5)). */
static uid_t owner_of_memory(pid_t pid)
{
    char path[64];
    struct stat st;
    (void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    assert_int_equal(stat(path, &st), 0);
    return st.st_uid;
}

static void core_limits(pid_t pid, char soft[32], char hard[32])
{
    char path[64];
    char line[256];
    bool found = false;
    (void)snprintf(path, sizeof(path), "/proc/%d/limits", (int)pid);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    while (!found && fgets(line, sizeof(line), f) != NULL) {
        found = sscanf(line, "Max core file size %31s %31s", soft, hard) == 2;
    }
    assert_int_equal(fclose(f), 0);
    assert_true(found);
}

static void a_hardened_process_cannot_be_read_and_writes_no_core(void **state UNUSED)
{
    char soft[32];
    char hard[32];
    pid_t usual = start_child(false);
    pid_t hardened = start_child(true);
    assert_int_equal(owner_of_memory(usual), geteuid() != 0 ? geteuid() : NOBODY);
    assert_int_equal(owner_of_memory(hardened), 0);
    core_limits(hardened, soft, hard);
    assert_string_equal(soft, "0");
    assert_string_equal(hard, "0");
    end_child(usual);
    end_child(hardened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hardened_process_cannot_be_read_and_writes_no_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
