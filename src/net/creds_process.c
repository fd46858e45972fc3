/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credential_process: no shell; standard input is empty; standard error is the worker's, so that
 * the program's messages are visible; standard output is read with a limit in bytes and time. A
 * stop wakes the thread that waits for the program by an eventfd, and the program is killed.
 */
#include "base/alloc.h"
#include "codec/profile.h"
#include "net/creds_origins.h"
#include "net/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PROCESS_MS = 30 * 1000, /* for its output */
    EXIT_MS = 2000,         /* for its end, after its output */
    LOOK_MS = 10,
    COMMAND_BYTES = 64 * 1024,
};

struct process {
    struct buf words; /* a NUL after each */
    char *argv[PROFILE_WORDS + 1];
    int stopped; /* an eventfd, readable after a stop */
};

static void process_stop(void *ctx)
{
    const struct process *p = ctx;
    (void)eventfd_write(p->stopped, 1);
}

static void process_free(void *ctx)
{
    struct process *p = ctx;
    buf_done(&p->words);
    (void)close(p->stopped);
    free(p);
}

/* Start the program with its standard output on `out`. */
static enum err_kind start_program(const struct process *p, int out, pid_t *pid, struct err *e)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    (void)sigemptyset(&none);
    if (posix_spawn_file_actions_init(&actions) != 0 || posix_spawnattr_init(&attributes) != 0) {
        abort();
    }
    int rc = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    rc = rc != 0
             ? rc
             : posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    rc = rc != 0 ? rc : posix_spawnattr_setsigmask(&attributes, &none);
    rc = rc != 0 ? rc : posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    rc = rc != 0 ? rc : posix_spawnp(pid, p->argv[0], &actions, &attributes, p->argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    if (rc != 0) {
        char why[64];
        return err_set(e, FAIL_CONFIG, "credential_process: cannot be started: %s",
                       strerror_r(rc, why, sizeof(why)));
    }
    return FAIL_NONE;
}

/* Read its standard output until it closes it. */
static enum err_kind read_output(const struct process *p, int fd, struct buf *out, struct err *e)
{
    int64_t end = clock_mono_ms(&clock_system) + PROCESS_MS;
    for (;;) {
        int64_t left = end - clock_mono_ms(&clock_system);
        struct pollfd wait[] = {{.fd = fd, .events = POLLIN}, {.fd = p->stopped, .events = POLLIN}};
        if (left <= 0 || poll(wait, 2, (int)left) == 0) {
            return err_set(e, FAIL_AGAIN, "credential_process: no end within %d s",
                           PROCESS_MS / 1000);
        }
        if (wait[1].revents != 0) {
            return err_set(e, FAIL_STOPPED, "credential_process: stopped");
        }
        char *room = buf_room(out, 4096);
        if (room == NULL) {
            return err_set(e, FAIL_CONFIG, "credential_process: prints too much");
        }
        ssize_t n = read(fd, room, 4096);
        if (n == 0) {
            return FAIL_NONE;
        }
        if (n < 0 && errno != EINTR) {
            return err_set(e, FAIL_AGAIN, "credential_process: its output cannot be read");
        }
        out->n += n > 0 ? (size_t)n : 0;
    }
}

/* waitpid with a timeout: a program may close its output and continue. */
static pid_t await_exit(const struct process *p, pid_t pid, int *status, int ms)
{
    int64_t end = clock_mono_ms(&clock_system) + ms;
    for (;;) {
        pid_t got = waitpid(pid, status, WNOHANG);
        if (got == pid || (got < 0 && errno != EINTR)) {
            return got;
        }
        struct pollfd stop = {.fd = p->stopped, .events = POLLIN};
        if (clock_mono_ms(&clock_system) >= end || poll(&stop, 1, LOOK_MS) > 0) {
            return 0;
        }
    }
}

static void end_now(pid_t pid)
{
    int status = 0;
    (void)kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
}

static enum err_kind wait_for_end(const struct process *p, pid_t pid, struct err *e)
{
    int status = 0;
    pid_t got = await_exit(p, pid, &status, EXIT_MS);
    if (got == 0) {
        end_now(pid);
        return err_set(e, FAIL_AGAIN, "credential_process: its output ended, but not the program");
    }
    if (got < 0) {
        return err_set(e, FAIL_AGAIN, "credential_process: lost");
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return FAIL_NONE;
    }
    return WIFEXITED(status)
               ? err_set(e, FAIL_DENIED, "credential_process: exit status %d", WEXITSTATUS(status))
               : err_set(e, FAIL_DENIED, "credential_process: ended by signal %d",
                         WTERMSIG(status));
}

static enum err_kind run_program(const struct process *p, struct buf *out, struct err *e)
{
    int ends[2];
    pid_t pid = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return err_set(e, FAIL_AGAIN, "credential_process: no pipe");
    }
    enum err_kind kind = start_program(p, ends[1], &pid, e);
    (void)close(ends[1]);
    if (kind == FAIL_NONE) {
        kind = read_output(p, ends[0], out, e);
        if (kind != FAIL_NONE) {
            end_now(pid);
        } else {
            kind = wait_for_end(p, pid, e);
        }
    }
    (void)close(ends[0]);
    return kind;
}

static enum err_kind process_fetch(void *ctx, struct creds *out, struct err *e)
{
    struct buf text = BUF_SECRET(CREDENTIALS_JSON_BYTES + 4096);
    enum err_kind kind = run_program(ctx, &text, e);
    if (kind == FAIL_NONE) {
        kind = credentials_read(buf_span(&text), CREDENTIALS_PROCESS, out, e);
        if (kind != FAIL_NONE) {
            (void)err_wrap(e, "credential_process");
        }
    }
    buf_done(&text);
    return kind;
}

struct creds_source *creds_source_process(const struct creds_settings *s, struct span command,
                                          struct err *e)
{
    struct process *p = mem_zeros(1, sizeof(*p));
    p->words = (struct buf)BUF_INIT(COMMAND_BYTES);
    p->stopped = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (p->stopped < 0) {
        abort();
    }
    size_t count = profile_split_command(&p->words, command, e);
    if (count == 0) {
        (void)err_wrap(e, "credential_process");
        process_free(p);
        return NULL;
    }
    char *word = p->words.p;
    for (size_t i = 0; i < count; i++) {
        p->argv[i] = word;
        word += strlen(word) + 1;
    }
    struct creds_origin origin = {
        .ctx = p, .fetch = process_fetch, .stop = process_stop, .free = process_free};
    return creds_source_new(&origin, "credential_process", s);
}
