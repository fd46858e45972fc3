/* SPDX-License-Identifier: Apache-2.0 */
#include "customers/proof.h"

#include "codec/control.h"
#include "net/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES = 4096, PATH_CAP = 4096, SETTINGS_BYTES = 2 * EVP_MAX_MD_SIZE + 1 };

/* A digest of what was proved: the file has no external id, and any change is found. */
static void settings_digest(const struct customer_conf *c, char out[SETTINGS_BYTES])
{
    const char *const parts[] = {c->role_arn, c->external_id, c->account_id,  c->bucket,
                                 c->prefix,   c->region,      c->access_point};
    struct buf text = BUF_INIT(16 * 1024);
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t n = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        buf_addf(&text, "%zu:%s,", parts[i] != NULL ? strlen(parts[i]) : 0,
                 parts[i] != NULL ? parts[i] : "");
    }
    if (EVP_Q_digest(NULL, "SHA256", NULL, text.p, text.n, digest, &n) != 1) {
        abort();
    }
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
    buf_done(&text);
}

static bool file_path(const char *dir, const char *id, char out[PATH_CAP])
{
    int n = snprintf(out, PATH_CAP, "%s/%s.proof", dir, id);
    return n > 0 && n < PATH_CAP;
}

static bool has_text(struct json_object *object, const char *name, const char *text)
{
    struct span got;
    return control_text(control_at(object, name), &got) && span_eq(got, span_str(text));
}

enum proof_state proof_parse(struct span text, const struct customer_conf *c, int64_t oldest_ms,
                             struct proof *out)
{
    const struct control_limits limits = {FILE_BYTES, 4};
    char settings[SETTINGS_BYTES] = "";
    struct span disproved;
    int64_t proved_ms = 0;
    *out = (struct proof){.proved_ms = 0};
    OWNED(control) struct control *doc = control_read(text, &limits, NULL);
    struct json_object *root = doc != NULL ? control_root(doc) : NULL;
    if (root == NULL || !control_int(control_at(root, "proved_ms"), &proved_ms) ||
        !control_text(control_at(root, "disproved"), &disproved)) {
        return PROOF_UNREADABLE;
    }
    settings_digest(c, settings);
    if (!has_text(root, "customer", c->id) || !has_text(root, "settings", settings)) {
        return PROOF_OTHER;
    }
    out->proved_ms = proved_ms;
    err_copy(out->disproved, sizeof(out->disproved), disproved);
    if (out->disproved[0] != '\0') {
        return PROOF_DISPROVED;
    }
    return proved_ms >= oldest_ms ? PROOF_VALID : PROOF_OLD;
}

enum proof_state proof_read(const char *dir, const struct customer_conf *c, int64_t oldest_ms,
                            struct proof *out)
{
    char path[PATH_CAP];
    struct err e = {0};
    struct buf text = BUF_INIT(FILE_BYTES);
    *out = (struct proof){.proved_ms = 0};
    enum proof_state state = PROOF_UNREADABLE;
    enum err_kind kind = file_path(dir, c->id, path) ? file_read(path, &text, &e) : FAIL_CONFIG;
    if (kind == FAIL_NONE) {
        state = proof_parse(buf_span(&text), c, oldest_ms, out);
    } else if (kind == FAIL_GONE) {
        state = PROOF_NONE;
    }
    buf_done(&text);
    return state;
}

static bool write_all(int fd, struct span text)
{
    while (text.n > 0) {
        ssize_t n = write(fd, text.p, text.n);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        text = span_from(text, (size_t)n);
    }
    return true;
}

/* A temporary file in the same folder, then rename: readers see the old file or the new one. */
static bool replace_file(const char *path, struct span text)
{
    char temporary[PATH_CAP + 8];
    (void)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool ok = write_all(fd, text) && fchmod(fd, 0644) == 0 && fsync(fd) == 0;
    ok = close(fd) == 0 && ok && rename(temporary, path) == 0;
    int reason = errno;
    if (!ok) {
        (void)unlink(temporary);
    }
    errno = reason;
    return ok;
}

enum err_kind proof_write(const char *dir, const struct customer_conf *c, const struct proof *p,
                          struct err *e)
{
    char path[PATH_CAP];
    char settings[SETTINGS_BYTES] = "";
    struct buf text = BUF_INIT(FILE_BYTES);
    if (!file_path(dir, c->id, path)) {
        return err_set(e, FAIL_CONFIG, "verify.state_dir: too long");
    }
    settings_digest(c, settings);
    buf_addf(&text,
             "{\"customer\":\"%s\",\"settings\":\"%s\",\"proved_ms\":%" PRId64
             ",\"disproved\":\"%s\"}\n",
             c->id, settings, p->proved_ms, p->disproved);
    bool ok = replace_file(path, buf_span(&text));
    int reason = errno;
    buf_done(&text);
    if (!ok) {
        char why[64];
        return err_set(e, FAIL_CONFIG, "%s: cannot be written: %s", path,
                       strerror_r(reason, why, sizeof(why)));
    }
    return FAIL_NONE;
}
