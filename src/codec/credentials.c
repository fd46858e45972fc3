/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/credentials.h"

#include "codec/control.h"
#include "codec/timestamp.h"

#include <openssl/crypto.h>

enum { CONTAINERS = 100, NS_PER_MS = 1000 * 1000 };

static const struct control_limits limits = {CREDENTIALS_JSON_BYTES, CONTAINERS};

void creds_wipe(struct creds *c)
{
    OPENSSL_cleanse(c, sizeof(*c));
}

/* Printable ASCII without blanks, copied. False if it is not, or does not fit. */
static bool copy(char *to, size_t cap, struct span from)
{
    if (from.n >= cap) {
        return false;
    }
    for (size_t i = 0; i < from.n; i++) {
        if (from.p[i] <= ' ' || from.p[i] > '~') {
            return false;
        }
        to[i] = from.p[i];
    }
    to[from.n] = '\0';
    return true;
}

static bool read_expiration(struct span text, int64_t *expires_ms)
{
    struct timestamp t;
    *expires_ms = INT64_MAX;
    if (text.n == 0) {
        return true;
    }
    if (!timestamp_parse(text, &t)) {
        return false;
    }
    *expires_ms = t.ns / NS_PER_MS;
    return true;
}

/* What is wrong with them; NULL if nothing, and then they are in *out. */
static const char *set(struct creds *out, const struct credentials_text *t)
{
    if (t->access_key_id.n == 0) {
        return "no access key id";
    }
    if (t->secret_access_key.n == 0) {
        return "an access key id without a secret access key";
    }
    if (!copy(out->access_key_id, sizeof(out->access_key_id), t->access_key_id)) {
        return "an access key id that cannot be one";
    }
    if (!copy(out->secret_access_key, sizeof(out->secret_access_key), t->secret_access_key)) {
        return "a secret access key that cannot be one";
    }
    if (!copy(out->session_token, sizeof(out->session_token), t->session_token)) {
        return "a session token that cannot be one";
    }
    return read_expiration(t->expiration, &out->expires_ms) ? NULL
                                                            : "an expiration that is no time";
}

enum err_kind credentials_set(struct creds *out, const struct credentials_text *t, struct err *e)
{
    const char *wrong = set(out, t);
    if (wrong == NULL) {
        return FAIL_NONE;
    }
    creds_wipe(out);
    return err_set(e, FAIL_CONFIG, "credentials: %s", wrong);
}

/* "Code" and "Message" of an instance or container that refuses. */
static enum err_kind refused(struct json_object *root, struct span code, struct err *e)
{
    struct span message;
    char text[200];
    if (!control_text(control_at(root, "Message"), &message)) {
        (void)control_text(control_at(root, "message"), &message);
    }
    err_copy(text, sizeof(text), message);
    if (e != NULL) {
        err_copy(e->code, sizeof(e->code), code);
    }
    return err_set(e, FAIL_DENIED, "credentials: refused: %s", text);
}

static bool is_version_1(struct json_object *value)
{
    int64_t version = 0;
    return control_int(value, &version) && version == 1;
}

static enum err_kind read_root(struct json_object *root, enum credentials_form form,
                               struct creds *out, struct err *e)
{
    struct credentials_text t;
    struct span code;
    if (control_text(control_at(root, "Code"), &code) && !span_eq(code, SPAN("Success"))) {
        return refused(root, code, e);
    }
    if (form != CREDENTIALS_PROCESS && control_at(root, "AccessKeyId") == NULL &&
        control_text(control_at(root, "code"), &code)) {
        return refused(root, code, e);
    }
    if (form == CREDENTIALS_PROCESS && !is_version_1(control_at(root, "Version"))) {
        return err_set(e, FAIL_CONFIG, "credentials: Version is not 1");
    }
    (void)control_text(control_at(root, "AccessKeyId"), &t.access_key_id);
    (void)control_text(control_at(root, "SecretAccessKey"), &t.secret_access_key);
    (void)control_text(control_at(root, form == CREDENTIALS_PROCESS ? "SessionToken" : "Token"),
                       &t.session_token);
    (void)control_text(control_at(root, "Expiration"), &t.expiration);
    return credentials_set(out, &t, e);
}

enum err_kind credentials_read(struct span text, enum credentials_form form, struct creds *out,
                               struct err *e)
{
    enum err_kind garbage = form == CREDENTIALS_PROCESS ? FAIL_CONFIG : FAIL_AGAIN;
    OWNED(control) struct control *doc = control_read(text, &limits, e);
    enum err_kind kind = doc != NULL ? read_root(control_root(doc), form, out, e) : FAIL_CONFIG;
    if (doc == NULL) {
        (void)err_wrap(e, "credentials");
    }
    if (kind == FAIL_CONFIG) {
        e->kind = garbage;
        kind = garbage;
    }
    return kind;
}
