/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of identities. A denial proves something only about a role that can be assumed with its
 * own external id; that it can be assumed with another one is proof in any case.
 */
#include "verify_priv.h"

#include "customers/session.h"

#include <string.h>

static struct sts *sts_of(const struct verify_subject *s)
{
    return creds_source_sts(s->parts->own);
}

/* Whether credentials can be had now. */
static bool has_creds(struct creds_source *source, struct err *e)
{
    struct creds c;
    bool has = creds_get(source, &c, e) == FAIL_NONE;
    creds_wipe(&c);
    return has;
}

void check_worker_identity(struct verify_subject *s, struct verify_line *out)
{
    struct err e = {0};
    struct verify_worker *w = s->worker;
    if (s->parts->own == NULL) {
        line_failed(out, s->parts->own_err);
        return;
    }
    line_tried(out, "GetCallerIdentity with the credentials of %s",
               creds_source_name(s->parts->own));
    w->has_creds = has_creds(s->parts->own, &e);
    if (!w->has_creds) {
        line_failed(out, &e);
        return;
    }
    w->known = sts_get_caller_identity(sts_of(s), s->parts->own, &w->identity, &e) == FAIL_NONE;
    if (w->known) {
        line_set(out, VERIFY_OK, "%.300s", w->identity.arn);
    } else {
        line_failed(out, &e);
    }
}

static bool needs_creds(const struct verify_subject *s, struct verify_line *out)
{
    if (!s->worker->has_creds) {
        line_set(out, VERIFY_SKIP, "the worker has no credentials");
    }
    return s->worker->has_creds;
}

void check_role_assume(struct verify_subject *s, struct verify_line *out)
{
    struct err e = {0};
    const struct verify_parts *p = s->parts;
    if (!needs_creds(s, out)) {
        return;
    }
    line_tried(out, "AssumeRole %.1200s with%s external id", s->customer->role_arn,
               s->customer->external_id != NULL ? " its" : "out an");
    s->reader = session_new(s->customer, p->own, p->creds_settings, SESSION_RESTRICTED, &e);
    s->role = session_new(s->customer, p->own, p->creds_settings, SESSION_WHOLE_ROLE, &e);
    s->assumed =
        s->reader != NULL && s->role != NULL && has_creds(s->reader, &e) && has_creds(s->role, &e);
    if (!s->assumed) {
        line_failed(out, &e);
    }
}

/* Try to assume the role with this external id (NULL: without one), which must be denied. */
static void try_external_id(struct verify_subject *s, struct verify_line *out, const char *id,
                            const char *words)
{
    bool let_in = false;
    struct err e = {0};
    if (!needs_creds(s, out)) {
        return;
    }
    line_tried(out, "AssumeRole %.1200s %s", s->customer->role_arn, words);
    struct role_request r = session_request(s->customer, NULL);
    enum err_kind kind = sts_try_external_id(sts_of(s), s->parts->own, &r, id, &let_in, &e);
    bool accepted = s->customer->accept_role_without_external_id;
    out->err = e;
    if (let_in) {
        out->accepted = accepted;
        out->disproved = !accepted;
        line_set(out, accepted ? VERIFY_WARN : VERIFY_FAIL, "the role can be assumed so%s",
                 accepted ? ", which accept_role_without_external_id accepts" : "");
    } else if (kind != FAIL_NONE) {
        line_unproved(out, &e);
    } else if (s->assumed) {
        line_set(out, VERIFY_OK, "denied, as it must be");
    } else {
        line_set(out, VERIFY_SKIP, "denied, but so is the role's own external id");
    }
}

void check_role_no_id(struct verify_subject *s, struct verify_line *out)
{
    try_external_id(s, out, NULL, "without an external id");
}

void check_role_wrong_id(struct verify_subject *s, struct verify_line *out)
{
    char wrong[STS_WRONG_ID_BYTES];
    sts_wrong_external_id(wrong);
    try_external_id(s, out, wrong, "with a random external id");
}

/* The external id of another customer; NULL: none has one. */
static const char *other_external_id(const struct verify_subject *s)
{
    const struct conf *conf = s->parts->conf;
    for (size_t i = 0; i < conf->customer_count; i++) {
        const struct customer_conf *c = &conf->customers[i];
        bool same = strcmp(c->id, s->customer->id) == 0;
        if (!same && c->external_id != NULL) {
            return c->external_id;
        }
    }
    return NULL;
}

/* The other customer is not named: the line may be shown to this one. */
void check_role_other_id(struct verify_subject *s, struct verify_line *out)
{
    const char *other = other_external_id(s);
    if (other == NULL) {
        out->unneeded = true;
        line_set(out, VERIFY_SKIP, "no other customer of the configuration has an external id");
        return;
    }
    try_external_id(s, out, other, "with the external id of another customer");
}

void check_role_account(struct verify_subject *s, struct verify_line *out)
{
    struct err e = {0};
    struct sts_identity who;
    if (!line_needs_role(s, out)) {
        return;
    }
    line_tried(out, "GetCallerIdentity with the session of the role");
    if (sts_get_caller_identity(sts_of(s), s->reader, &who, &e) != FAIL_NONE) {
        line_failed(out, &e);
    } else if (strcmp(who.account, s->customer->account_id) != 0) {
        line_set(out, VERIFY_FAIL, "the session is of account %s, not of %s", who.account,
                 s->customer->account_id);
    } else {
        line_set(out, VERIFY_OK, "account %s", who.account);
    }
}
