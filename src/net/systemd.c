/* SPDX-License-Identifier: Apache-2.0 */
#include "net/systemd.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { WATCHDOG_MAX_MS = 24 * 3600 * 1000 };

static const char *variable(const char *name)
{
    return getenv(name); /* NOLINT(concurrency-mt-unsafe): never set here */
}

/* A path, or "@NAME" for a socket in Linux's abstract namespace. */
static bool address_of(const char *text, struct sockaddr_un *to, socklen_t *length)
{
    size_t n = strlen(text);
    if ((text[0] != '/' && text[0] != '@') || n < 2 || n >= sizeof(to->sun_path)) {
        return false;
    }
    *to = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(to->sun_path, text, n);
    if (text[0] == '@') {
        to->sun_path[0] = '\0';
    }
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    return true;
}

static bool send_text(const char *socket_name, const char *text, size_t n)
{
    struct sockaddr_un to;
    socklen_t length = 0;
    if (!address_of(socket_name, &to, &length)) {
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    ssize_t sent =
        sendto(fd, text, n, MSG_NOSIGNAL, (const struct sockaddr *)(const void *)&to, length);
    (void)close(fd);
    return sent == (ssize_t)n;
}

bool systemd_tell(const char *fmt, ...)
{
    const char *name = variable("NOTIFY_SOCKET");
    if (name == NULL) {
        return false;
    }
    char text[SYSTEMD_TEXT_MAX_BYTES];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return n > 0 && send_text(name, text, strlen(text));
}

bool systemd_tell_reloading(int64_t mono_us)
{
    return systemd_tell("RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=reloading", mono_us);
}

/* A positive decimal number, and nothing else. */
static bool number_of(const char *text, int64_t *out)
{
    char *end = NULL;
    if (text == NULL || text[0] < '0' || text[0] > '9') {
        return false;
    }
    *out = strtoll(text, &end, 10);
    return *end == '\0' && *out > 0;
}

int systemd_watchdog_ms(void)
{
    int64_t us = 0;
    int64_t pid = 0;
    const char *whose = variable("WATCHDOG_PID");
    if (variable("NOTIFY_SOCKET") == NULL || !number_of(variable("WATCHDOG_USEC"), &us)) {
        return 0;
    }
    if (whose != NULL && (!number_of(whose, &pid) || pid != getpid())) {
        return 0;
    }
    int64_t half = us / 2000;
    if (half < 1) {
        return 1;
    }
    return half < WATCHDOG_MAX_MS ? (int)half : WATCHDOG_MAX_MS;
}
