/* SPDX-License-Identifier: Apache-2.0 */
#include "net/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err_kind cannot_read(const char *path, struct err *e)
{
    char why[64];
    int cause = errno;
    const char *text = strerror_r(cause, why, sizeof(why));
    return err_set(e, cause == ENOENT || cause == ENOTDIR ? FAIL_GONE : FAIL_CONFIG,
                   "%s: cannot be read: %s", path, text);
}

static enum err_kind read_all(int fd, const char *path, size_t size, struct buf *out, struct err *e)
{
    char *to = buf_room(out, size);
    if (to == NULL) {
        return err_set(e, FAIL_CONFIG, "%s: larger than %zu bytes", path, out->max);
    }
    size_t got = 0;
    while (got < size) {
        ssize_t n = read(fd, to + got, size - got);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return cannot_read(path, e);
        }
        if (n == 0) {
            break;
        }
        got += (size_t)n;
    }
    out->n += got;
    to[got] = '\0';
    return FAIL_NONE;
}

enum err_kind file_read(const char *path, struct buf *out, struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return cannot_read(path, e);
    }
    enum err_kind kind = FAIL_NONE;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        kind = err_set(e, FAIL_CONFIG, "%s: not a regular file", path);
    } else {
        kind = read_all(fd, path, (size_t)st.st_size, out, e);
    }
    (void)close(fd);
    return kind;
}

enum err_kind file_read_token(const char *path, struct buf *out, struct err *e)
{
    enum err_kind kind = file_read(path, out, e);
    if (kind != FAIL_NONE) {
        e->kind = FAIL_CONFIG;
        return FAIL_CONFIG;
    }
    if (out->n > 0 && out->p[out->n - 1] == '\n') {
        out->p[--out->n] = '\0';
    }
    for (size_t i = 0; i < out->n; i++) {
        if (out->p[i] < ' ' || out->p[i] > '~') { /* a blank is allowed: "Basic abc" */
            return err_set(e, FAIL_CONFIG, "%s: no token: a control byte in it", path);
        }
    }
    return out->n > 0 ? FAIL_NONE : err_set(e, FAIL_CONFIG, "%s: empty", path);
}
