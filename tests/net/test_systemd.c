/* SPDX-License-Identifier: Apache-2.0 */
#include "net/systemd.h"

#include "testing.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The service manager's end of the socket, in a folder of its own. */
struct manager {
    int fd;
    char folder[32];
    char path[64];
};

static int setup(void **state)
{
    static struct manager m;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    (void)snprintf(m.folder, sizeof(m.folder), "/tmp/systemd-XXXXXX");
    assert_non_null(mkdtemp(m.folder));
    (void)snprintf(m.path, sizeof(m.path), "%s/notify", m.folder);
    (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", m.path);
    m.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(m.fd, (const struct sockaddr *)(const void *)&at, sizeof(at)), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", m.path, 1), 0);
    *state = &m;
    return 0;
}

static int teardown(void **state)
{
    struct manager *m = *state;
    (void)close(m->fd);
    (void)unlink(m->path);
    (void)rmdir(m->folder);
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
    return 0;
}

static void assert_received(struct manager *m, const char *want)
{
    char got[2 * SYSTEMD_TEXT_MAX_BYTES] = "";
    ssize_t n = recv(m->fd, got, sizeof(got) - 1, 0);
    assert_true(n > 0);
    got[n] = '\0';
    assert_string_equal(got, want);
}

static void assert_nothing(struct manager *m)
{
    char got[8];
    assert_int_equal(recv(m->fd, got, sizeof(got), 0), -1);
}

static void sends_one_datagram_for_each_call(void **state)
{
    assert_true(systemd_tell("READY=1\nSTATUS=%d queues", 3));
    assert_true(systemd_tell_reloading(123456789));
    assert_received(*state, "READY=1\nSTATUS=3 queues");
    assert_received(*state, "RELOADING=1\nMONOTONIC_USEC=123456789\nSTATUS=reloading");
    assert_nothing(*state);
}

static void sends_to_a_socket_in_the_abstract_namespace(void **state)
{
    struct manager m = {.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)};
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int n = snprintf(at.sun_path, sizeof(at.sun_path), "@systemd-test-%d", (int)getpid());
    assert_int_equal(setenv("NOTIFY_SOCKET", at.sun_path, 1), 0);
    at.sun_path[0] = '\0';
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n);
    assert_int_equal(bind(m.fd, (const struct sockaddr *)(const void *)&at, length), 0);
    assert_true(systemd_tell("READY=1"));
    assert_received(&m, "READY=1");
    (void)close(m.fd);
    assert_nothing(*state);
}

static void sends_nothing_without_a_manager(void **state)
{
    static const char *const unusable[] = {"", "/", "relative", "/nowhere/at/all", "vsock:2:1234"};
    for (size_t i = 0; i < sizeof(unusable) / sizeof(unusable[0]); i++) {
        assert_int_equal(setenv("NOTIFY_SOCKET", unusable[i], 1), 0);
        assert_false(systemd_tell("READY=1"));
    }
    char longer[200];
    memset(longer, 'a', sizeof(longer) - 1);
    longer[0] = '/';
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(setenv("NOTIFY_SOCKET", longer, 1), 0);
    assert_false(systemd_tell("READY=1"));
    (void)unsetenv("NOTIFY_SOCKET");
    assert_false(systemd_tell("READY=1"));
    assert_nothing(*state);
}

static void cuts_a_long_text(void **state)
{
    char want[SYSTEMD_TEXT_MAX_BYTES];
    memset(want, 'x', sizeof(want) - 1);
    memcpy(want, "STATUS=", 7);
    want[sizeof(want) - 1] = '\0';
    assert_true(systemd_tell("%syyyy", want));
    assert_received(*state, want);
}

/* Nothing may wait for a manager that has stopped reading. */
static void does_not_wait_for_a_full_socket(void **state)
{
    size_t sent = 0;
    while (sent < 1000000 && systemd_tell("WATCHDOG=1")) {
        sent++;
    }
    assert_in_range(sent, 1, 999999);
    assert_received(*state, "WATCHDOG=1");
}

static void the_watchdog_is_fed_at_half_its_time(void **state UNUSED)
{
    char pid[32];
    assert_int_equal(systemd_watchdog_ms(), 0);
    assert_int_equal(setenv("WATCHDOG_USEC", "120000000", 1), 0);
    assert_int_equal(systemd_watchdog_ms(), 60000);
    (void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
    assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
    assert_int_equal(systemd_watchdog_ms(), 60000);
    assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0); /* for another process */
    assert_int_equal(systemd_watchdog_ms(), 0);
    (void)unsetenv("WATCHDOG_PID");
    assert_int_equal(setenv("WATCHDOG_USEC", "1", 1), 0);
    assert_int_equal(systemd_watchdog_ms(), 1);
    static const char *const wrong[] = {"", "0", "-5", "x", "5x", " 5", "18446744073709551616"};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(setenv("WATCHDOG_USEC", wrong[i], 1), 0);
        assert_int_equal(systemd_watchdog_ms(), 0);
    }
    assert_int_equal(setenv("WATCHDOG_USEC", wrong[6], 1), 0);
    assert_int_equal(systemd_watchdog_ms(), 24 * 3600 * 1000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sends_one_datagram_for_each_call), TEST(sends_to_a_socket_in_the_abstract_namespace),
        TEST(sends_nothing_without_a_manager),  TEST(cuts_a_long_text),
        TEST(does_not_wait_for_a_full_socket),  TEST(the_watchdog_is_fed_at_half_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
