/* SPDX-License-Identifier: Apache-2.0 */
#include "net/unix_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16 };

bool unix_socket_path_ok(const char *path)
{
    return path[0] == '/' && strlen(path) < sizeof(((struct sockaddr_un *)0)->sun_path) &&
           path[strlen(path) - 1] != '/';
}

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    return at;
}

static enum err_kind check_folder(const char *path, struct err *e)
{
    char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
    struct stat st;
    const char *slash = strrchr(path, '/');
    int n = slash == path ? 1 : (int)(slash - path);
    (void)snprintf(folder, sizeof(folder), "%.*s", n, path);
    if (stat(folder, &st) != 0) {
        return err_set(e, FAIL_CONFIG, "folder %s: %s", folder, strerrordesc_np(errno));
    }
    if (!S_ISDIR(st.st_mode)) {
        return err_set(e, FAIL_CONFIG, "%s is not a folder", folder);
    }
    if (st.st_uid != 0 && st.st_uid != geteuid()) {
        return err_set(e, FAIL_CONFIG,
                       "folder %s belongs to user %u, who could replace the socket: use a folder "
                       "of this user",
                       folder, (unsigned)st.st_uid);
    }
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return err_set(e, FAIL_CONFIG,
                       "other users may write to folder %s and replace the socket: use a folder "
                       "with mode 0755 or less, such as RuntimeDirectory of systemd",
                       folder);
    }
    return FAIL_NONE;
}

/* A socket that no process listens on is removed. */
static enum err_kind clear_path(const char *path, struct err *e)
{
    struct stat st;
    struct sockaddr_un at = address_of(path);
    if (lstat(path, &st) != 0) {
        return errno == ENOENT ? FAIL_NONE
                               : err_set(e, FAIL_CONFIG, "%s: %s", path, strerrordesc_np(errno));
    }
    if (!S_ISSOCK(st.st_mode)) {
        return err_set(e, FAIL_CONFIG, "%s exists and is no socket: remove it, or use another path",
                       path);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool used = fd >= 0 && (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 ||
                            errno == EAGAIN || errno == EACCES);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (used) {
        return err_set(e, FAIL_CONFIG, "%s is used by another process", path);
    }
    return unlink(path) == 0 || errno == ENOENT
               ? FAIL_NONE
               : err_set(e, FAIL_CONFIG, "%s: %s", path, strerrordesc_np(errno));
}

int unix_socket_listen(const char *path, bool group, struct err *e)
{
    struct sockaddr_un at = address_of(path);
    if (!unix_socket_path_ok(path)) {
        (void)err_set(e, FAIL_CONFIG, "%s is not an absolute path of at most %zu bytes", path,
                      sizeof(at.sun_path) - 1);
        return -1;
    }
    if (check_folder(path, e) != FAIL_NONE || clear_path(path, e) != FAIL_NONE) {
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* unix(7): the file gets the mode of the socket, so it never has a wider one. */
    if (fd >= 0 && fchmod(fd, group ? 0660 : 0600) == 0 &&
        bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 &&
        chmod(path, group ? 0660 : 0600) == 0 && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    (void)err_set(e, FAIL_CONFIG, "cannot listen on %s: %s", path, strerrordesc_np(errno));
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}

void unix_socket_remove(const char *path)
{
    (void)unlink(path);
}

long unix_socket_peer_uid(int fd)
{
    struct ucred peer;
    socklen_t n = sizeof(peer);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 ? (long)peer.uid : -1;
}
