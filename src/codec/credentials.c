/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/credentials.h"

#include "codec/json.h"
#include "codec/timestamp.h"

#include <openssl/crypto.h>

enum { NS_PER_MS = 1000 * 1000 };

void creds_wipe(struct creds *c)
{
    OPENSSL_cleanse(c, sizeof(*c));
}

/* Copy `from`. False: it is not printable ASCII without blanks, or does not fit. */
static bool copy_printable(char *to, size_t cap, struct span from)
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

/* Copy the texts into *out. Returns the reason why they are invalid, or NULL. */
static const char *check_set(struct creds *out, const struct credentials_text *t)
{
    if (t->access_key_id.n == 0) {
        return "no access key id";
    }
    if (t->secret_access_key.n == 0) {
        return "an access key id without a secret access key";
    }
    if (!copy_printable(out->access_key_id, sizeof(out->access_key_id), t->access_key_id)) {
        return "an access key id that cannot be one";
    }
    if (!copy_printable(out->secret_access_key, sizeof(out->secret_access_key),
                        t->secret_access_key)) {
        return "a secret access key that cannot be one";
    }
    if (!copy_printable(out->session_token, sizeof(out->session_token), t->session_token)) {
        return "a session token that cannot be one";
    }
    return read_expiration(t->expiration, &out->expires_ms) ? NULL
                                                            : "an expiration that is no time";
}

enum err_kind credentials_set(struct creds *out, const struct credentials_text *t, struct err *e)
{
    const char *wrong = check_set(out, t);
    if (wrong == NULL) {
        return FAIL_NONE;
    }
    creds_wipe(out);
    return err_set(e, FAIL_CONFIG, "credentials: %s", wrong);
}

/* ---- JSON: read with codec/json.h, since json-c does not wipe its copies ---- */

/*
 * The text of a member of the document's outermost object. False, with *out empty: there is none.
 */
static bool text_of(const struct doc *d, const char *name, struct span *out)
{
    size_t at = doc_member(d, DOC_ROOT, span_str(name));
    bool found = at != 0 && doc_tag(d, at) == '"';
    *out = found ? doc_string(d, at) : SPAN("");
    return found;
}

/* The error of a document with a "Code" and a "Message". */
static enum err_kind set_refusal(const struct doc *d, struct span code, struct err *e)
{
    struct span message;
    char text[200];
    if (!text_of(d, "Message", &message)) {
        (void)text_of(d, "message", &message);
    }
    err_copy(text, sizeof(text), message);
    if (e != NULL) {
        err_copy(e->code, sizeof(e->code), code);
    }
    return err_set(e, FAIL_DENIED, "credentials: refused: %s", text);
}

static bool is_version_1(const struct doc *d)
{
    struct span text;
    size_t at = doc_member(d, DOC_ROOT, SPAN("Version"));
    return at != 0 && ((doc_tag(d, at) == 'l' && doc_int64(d, at) == 1) ||
                       (text_of(d, "Version", &text) && span_eq(text, SPAN("1"))));
}

static enum err_kind read_root(const struct doc *d, enum credentials_form form, struct creds *out,
                               struct err *e)
{
    struct credentials_text t;
    struct span code;
    if (text_of(d, "Code", &code) && !span_eq(code, SPAN("Success"))) {
        return set_refusal(d, code, e);
    }
    if (form != CREDENTIALS_PROCESS && doc_member(d, DOC_ROOT, SPAN("AccessKeyId")) == 0 &&
        text_of(d, "code", &code)) {
        return set_refusal(d, code, e);
    }
    if (form == CREDENTIALS_PROCESS && !is_version_1(d)) {
        return err_set(e, FAIL_CONFIG, "credentials: Version is not 1");
    }
    (void)text_of(d, "AccessKeyId", &t.access_key_id);
    (void)text_of(d, "SecretAccessKey", &t.secret_access_key);
    (void)text_of(d, form == CREDENTIALS_PROCESS ? "SessionToken" : "Token", &t.session_token);
    (void)text_of(d, "Expiration", &t.expiration);
    return credentials_set(out, &t, e);
}

/* Parse the document. Returns the reason why it is invalid, without any part of it, or NULL. */
static const char *parse_document(struct json_reader *r, struct span text, struct doc *d)
{
    struct err ignored = {0};
    if (text.n > CREDENTIALS_JSON_BYTES) {
        return "too long";
    }
    if (json_scan(r, &text, d, &ignored) != FAIL_NONE) {
        return "not JSON";
    }
    if (text.n != 0 || doc_tag(d, DOC_ROOT) != '{' || d->repaired) {
        return "not one JSON object";
    }
    return NULL;
}

enum err_kind credentials_read(struct span text, enum credentials_form form, struct creds *out,
                               struct err *e)
{
    struct doc d;
    OWNED(json_reader) struct json_reader *r = json_reader_new(CREDENTIALS_JSON_BYTES);
    const char *wrong = parse_document(r, text, &d);
    enum err_kind kind = wrong == NULL ? read_root(&d, form, out, e)
                                       : err_set(e, FAIL_CONFIG, "credentials: %s", wrong);
    if (kind == FAIL_CONFIG && form != CREDENTIALS_PROCESS) {
        e->kind = FAIL_AGAIN;
        kind = FAIL_AGAIN;
    }
    return kind;
}

bool credentials_line(struct span answer, struct span *line)
{
    const char *end = answer.n > 0 ? memchr(answer.p, '\n', answer.n) : NULL;
    *line = span_of(answer.p, end != NULL ? (size_t)(end - answer.p) : answer.n);
    for (size_t i = 0; i < line->n; i++) {
        if (line->p[i] <= ' ' || line->p[i] > '~') {
            return false;
        }
    }
    return line->n > 0;
}
