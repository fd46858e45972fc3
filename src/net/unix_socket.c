/* SPDX-License-Identifier: Apache-2.0 */
#include "net/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16, MAX_LINKS = 8 };

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

/* ---- The folders of a path ---- */

static enum err_kind check_folders(const char *folder, int links, struct err *e);

static enum err_kind check_link(const char *link, int links, struct err *e)
{
    char target[PATH_MAX];
    char whole[PATH_MAX];
    ssize_t n = readlink(link, target, sizeof(target) - 1);
    if (n < 0 || links == MAX_LINKS) {
        return err_set(e, FAIL_CONFIG, "folder %s: %s", link,
                       strerrordesc_np(n < 0 ? errno : ELOOP));
    }
    target[n] = '\0';
    int folder = target[0] == '/' ? 0 : (int)(strrchr(link, '/') - link) + 1;
    n = snprintf(whole, sizeof(whole), "%.*s%s", folder, link, target);
    if ((size_t)n >= sizeof(whole)) {
        return err_set(e, FAIL_CONFIG, "folder %s: %s", link, strerrordesc_np(ENAMETOOLONG));
    }
    return check_folders(whole, links + 1, e);
}

/*
 * A folder on the way to the socket, or a link in its place. In a folder with the sticky bit
 * another user cannot rename a file of this one. In the socket's own folder that is not enough: the
 * other user could create the socket first.
 */
static enum err_kind check_one_folder(const char *folder, bool is_last, int links, struct err *e)
{
    struct stat st;
    if (lstat(folder, &st) != 0) {
        return err_set(e, FAIL_CONFIG, "folder %s: %s", folder, strerrordesc_np(errno));
    }
    if (!S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode)) {
        return err_set(e, FAIL_CONFIG, "%s is not a folder", folder);
    }
    if (st.st_uid != 0 && st.st_uid != geteuid()) {
        return err_set(e, FAIL_CONFIG,
                       "folder %s belongs to user %u, who could replace the socket: use a folder "
                       "of this user",
                       folder, (unsigned)st.st_uid);
    }
    if (S_ISLNK(st.st_mode)) {
        return check_link(folder, links, e);
    }
    bool open = (st.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    if (open && is_last) {
        return err_set(e, FAIL_CONFIG,
                       "other users may write to folder %s and replace the socket: use a folder "
                       "with mode 0755 or less, such as RuntimeDirectory of systemd",
                       folder);
    }
    if (open && (st.st_mode & S_ISVTX) == 0) {
        return err_set(e, FAIL_CONFIG,
                       "other users may rename what is in folder %s, and so replace the socket: "
                       "give it mode 0755 or less, or use another folder, such as "
                       "RuntimeDirectory of systemd",
                       folder);
    }
    return FAIL_NONE;
}

/* Each folder from / to this one. */
static enum err_kind check_folders(const char *folder, int links, struct err *e)
{
    char part[PATH_MAX];
    size_t n = 1;
    for (;;) {
        bool is_last = folder[n + strspn(folder + n, "/")] == '\0';
        (void)snprintf(part, sizeof(part), "%.*s", (int)n, folder);
        if (check_one_folder(part, is_last, links, e) != FAIL_NONE || is_last) {
            return e->kind;
        }
        n += strspn(folder + n, "/");
        n += strcspn(folder + n, "/");
    }
}

static enum err_kind check_folder(const char *path, struct err *e)
{
    char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
    const char *slash = strrchr(path, '/');
    (void)snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
    if (check_folders(folder, 0, e) != FAIL_NONE) {
        return e->kind;
    }
    if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0) {
        return err_set(e, FAIL_CONFIG, "folder %s: this user cannot create a socket there: %s",
                       folder, strerrordesc_np(errno));
    }
    return FAIL_NONE;
}

static enum err_kind check_file(const char *path, struct err *e)
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        return errno == ENOENT ? FAIL_NONE
                               : err_set(e, FAIL_CONFIG, "%s: %s", path, strerrordesc_np(errno));
    }
    return S_ISSOCK(st.st_mode)
               ? FAIL_NONE
               : err_set(e, FAIL_CONFIG,
                         "%s exists and is no socket: remove it, or use another path", path);
}

enum err_kind unix_socket_check(const char *path, struct err *e)
{
    err_clear(e);
    if (!unix_socket_path_ok(path)) {
        return err_set(e, FAIL_CONFIG, "%s is not an absolute path of at most %zu bytes", path,
                       sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
    }
    return check_folder(path, e) == FAIL_NONE ? check_file(path, e) : e->kind;
}

/* ---- The socket ---- */

/* A socket that no process listens on is removed. */
static enum err_kind clear_path(const char *path, struct err *e)
{
    struct sockaddr_un at = address_of(path);
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
    if (unix_socket_check(path, e) != FAIL_NONE || clear_path(path, e) != FAIL_NONE) {
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
