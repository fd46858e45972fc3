/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files are written beside their place and renamed, so that a reader finds the old one or the new
 * one. What is no regular file is not read: a link in customers.d/ could name any file.
 */
#include "onboard_priv.h"

#include "base/alloc.h"
#include "onboard/difference.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

char *onboard_read_file(const char *path, size_t *bytes)
{
    struct buf text = BUF_INIT(ONBOARD_FILE_BYTES);
    struct stat st;
    char block[8192];
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return NULL;
    }
    bool ok = fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode);
    while (ok && (n = read(fd, block, sizeof(block))) > 0) {
        buf_add(&text, span_of(block, (size_t)n));
    }
    ok = ok && n == 0 && !text.overflowed;
    (void)close(fd);
    char *copy = ok ? mem_text_of(buf_span(&text)) : NULL;
    *bytes = text.n;
    buf_done(&text);
    errno = ok ? 0 : EINVAL;
    return copy;
}

static bool write_all(int fd, struct span text)
{
    while (text.n > 0) {
        ssize_t n = write(fd, text.p, text.n);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        text = span_from(text, n > 0 ? (size_t)n : 0);
    }
    return fsync(fd) == 0;
}

bool onboard_write_file(const char *path, struct span text, bool script)
{
    char temporary[ONBOARD_PATH_BYTES + 16];
    (void)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool ok = write_all(fd, text) && fchmod(fd, script ? 0755 : 0644) == 0;
    ok = close(fd) == 0 && ok && rename(temporary, path) == 0;
    int reason = errno;
    if (!ok) {
        (void)unlink(temporary);
    }
    errno = reason;
    return ok;
}

bool onboard_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* Create the folders of a path that are missing. */
static bool make_folders(const char *path)
{
    char folder[ONBOARD_PATH_BYTES];
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        (void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
        if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
            return false;
        }
    }
    return true;
}

/* ---- The plan ---- */

bool plan_add(struct plan *p, const char *path, struct span text, bool script)
{
    struct planned *f = &p->files[p->count];
    struct stat st;
    if (p->count == ONBOARD_FILES) {
        abort();
    }
    *f = (struct planned){.script = script};
    if (snprintf(f->path, sizeof(f->path), "%s", path) >= (int)sizeof(f->path)) {
        (void)onboard_fail("%.100s...: the path is too long", path);
        return false;
    }
    if (lstat(path, &st) == 0) {
        size_t n = 0;
        f->before = S_ISREG(st.st_mode) ? onboard_read_file(path, &n) : NULL;
        if (f->before == NULL) {
            (void)onboard_fail("%s: is there, but is no regular file that can be read and has less "
                               "than 1 MiB; remove it, or choose another --out",
                               path);
            return false;
        }
    }
    f->text = mem_text_of(text);
    p->count++;
    return true;
}

void plan_done(struct plan *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->files[i].text);
        free(p->files[i].before);
    }
    p->count = 0;
}

bool plan_changes(const struct planned *f)
{
    return f->before == NULL || strcmp(f->before, f->text) != 0;
}

bool plan_replaces(const struct planned *f)
{
    return f->before != NULL && plan_changes(f);
}

void plan_difference(const struct plan *p, struct buf *out)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct planned *f = &p->files[i];
        if (plan_replaces(f)) {
            buf_addf(out, "%s\n", f->path);
            difference_add(out, span_str(f->before), span_str(f->text));
        }
    }
}

bool plan_write(const struct plan *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct planned *f = &p->files[i];
        if (plan_changes(f) &&
            !(make_folders(f->path) && onboard_write_file(f->path, span_str(f->text), f->script))) {
            /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
            (void)onboard_fail("%s: cannot be written: %s", f->path, strerror(errno));
            return false;
        }
    }
    return true;
}

void onboard_entry_path(const struct onboarding *o, const char *id, const char *suffix,
                        char path[ONBOARD_PATH_BYTES])
{
    const char *slash = strrchr(o->config, '/');
    int folder = slash != NULL ? (int)(slash - o->config) + 1 : 0;
    (void)snprintf(path, ONBOARD_PATH_BYTES, "%.*scustomers.d/%s%s", folder, o->config, id, suffix);
}
