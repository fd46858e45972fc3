/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last key is percent-encoded, so that the file is one line of ASCII for every key.
 */
#include "jobs/checkpoint.h"

#include "codec/control.h"
#include "codec/url.h"
#include "net/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { VERSION = 1, PATH_BYTES = 4096 };

static const struct control_limits limits = {CHECKPOINT_BYTES, 20};

/* ---- The content ---- */

static void add_tally(struct buf *out, const char *name, const struct tally *t)
{
    buf_addf(out, ",\"%s\":{\"bytes\":%llu", name, (unsigned long long)t->bytes);
    for (int c = 0; c < CHOICES; c++) {
        buf_addf(out, ",\"%s\":%llu", choice_names[c], (unsigned long long)t->objects[c]);
    }
    buf_add_byte(out, '}');
}

void checkpoint_write(struct buf *out, const struct checkpoint *c)
{
    buf_addf(out, "{\"version\":%d,\"job\":", VERSION);
    control_quote(out, span_str(c->job));
    buf_add(out, SPAN(",\"what\":"));
    control_quote(out, span_str(c->what));
    buf_addf(out, ",\"finished\":%d,\"position\":%llu,\"last\":\"", c->finished ? 1 : 0,
             (unsigned long long)c->position);
    url_encode_path(out, span_of(c->last, c->last_bytes));
    buf_add_byte(out, '"');
    add_tally(out, "done", &c->done);
    if (c->counted) {
        add_tally(out, "total", &c->total);
    }
    buf_add(out, SPAN("}\n"));
}

static bool read_count(struct json_object *in, const char *name, uint64_t *out)
{
    int64_t n = 0;
    if (!control_int(control_at(in, name), &n) || n < 0) {
        return false;
    }
    *out = (uint64_t)n;
    return true;
}

static bool read_tally(struct json_object *in, struct tally *t)
{
    bool good = read_count(in, "bytes", &t->bytes);
    for (int c = 0; c < CHOICES; c++) {
        good = good && read_count(in, choice_names[c], &t->objects[c]);
    }
    return good;
}

static bool read_text(struct json_object *in, const char *name, char *out, size_t most)
{
    struct span s;
    if (!control_text(control_at(in, name), &s) || s.n > most || s.n == 0 ||
        memchr(s.p, '\0', s.n) != NULL) {
        return false;
    }
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return true;
}

static bool read_last(struct json_object *in, struct checkpoint *c)
{
    struct span s;
    struct buf key = BUF_INIT(CHECKPOINT_KEY_BYTES);
    bool good = control_text(control_at(in, "last"), &s);
    (void)url_decode(&key, s);
    good = good && !key.overflowed;
    if (good && key.n > 0) {
        memcpy(c->last, key.p, key.n);
        c->last_bytes = key.n;
    }
    buf_done(&key);
    return good;
}

bool checkpoint_read(struct span text, struct checkpoint *out)
{
    uint64_t version = 0, finished = 0;
    *out = (struct checkpoint){.counted = false};
    OWNED(control) struct control *doc = control_read(text, &limits, NULL);
    struct json_object *root = doc != NULL ? control_root(doc) : NULL;
    if (!read_count(root, "version", &version) || version != VERSION ||
        !read_text(root, "job", out->job, JOB_ID_BYTES) ||
        !read_text(root, "what", out->what, JOB_WHAT_BYTES) ||
        !read_count(root, "finished", &finished) || finished > 1 ||
        !read_count(root, "position", &out->position) || !read_last(root, out) ||
        !read_tally(control_at(root, "done"), &out->done)) {
        return false;
    }
    out->finished = finished == 1;
    out->counted = control_at(root, "total") != NULL;
    return !out->counted || read_tally(control_at(root, "total"), &out->total);
}

/* ---- The file ---- */

enum err_kind checkpoint_load(const char *path, struct checkpoint *out, struct err *e)
{
    struct buf text = BUF_INIT(CHECKPOINT_BYTES);
    enum err_kind kind = file_read(path, &text, e);
    if (kind == FAIL_NONE && !checkpoint_read(buf_span(&text), out)) {
        kind = err_set(e, FAIL_CONFIG, "%s: not a checkpoint of this program", path);
    }
    buf_done(&text);
    return kind;
}

static enum err_kind cannot(const char *what, const char *path, struct err *e)
{
    char why[64];
    const char *text = strerror_r(errno, why, sizeof(why));
    return err_set(e, FAIL_CONFIG, "%s: cannot be %s: %s", path, what, text);
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
    return true;
}

static enum err_kind replace(const char *path, struct span text, struct err *e)
{
    char partial[PATH_BYTES];
    int n = snprintf(partial, sizeof(partial), "%s.partial", path);
    if (n < 0 || (size_t)n >= sizeof(partial)) {
        return err_set(e, FAIL_CONFIG, "%s: the path is too long", path);
    }
    int fd = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return cannot("created", partial, e);
    }
    bool good = write_all(fd, text) && fdatasync(fd) == 0;
    good = close(fd) == 0 && good;
    if (!good) {
        return cannot("written", partial, e);
    }
    return rename(partial, path) == 0 ? FAIL_NONE : cannot("replaced", path, e);
}

enum err_kind checkpoint_save(const char *path, const struct checkpoint *c, struct err *e)
{
    struct buf text = BUF_INIT(CHECKPOINT_BYTES);
    checkpoint_write(&text, c);
    enum err_kind kind = replace(path, buf_span(&text), e);
    buf_done(&text);
    return kind;
}
