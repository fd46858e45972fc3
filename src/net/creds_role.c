/* SPDX-License-Identifier: Apache-2.0 */
/* Roles, assumed with credentials or with a web identity token. */
#include "base/alloc.h"
#include "net/creds_origins.h"
#include "net/file.h"

#include <stdio.h>
#include <stdlib.h>

/* A role_request that owns its texts. */
struct role {
    struct role_request request;
    char *texts[6];
    char *token_file;
    struct sts *sts;
    struct creds_source *parent;
    bool own_parent;
};

static char *copy_or_null(const char *text)
{
    char *p = text != NULL ? strdup(text) : NULL;
    if (p == NULL && text != NULL) {
        abort();
    }
    return p;
}

static struct role *role_new(struct sts *sts, const struct role_request *r)
{
    struct role *role = mem_zeros(1, sizeof(*role));
    role->sts = sts;
    role->request = *r;
    role->request.role_arn = role->texts[0] = copy_or_null(r->role_arn);
    role->request.external_id = role->texts[1] = copy_or_null(r->external_id);
    role->request.session_name = role->texts[2] = copy_or_null(r->session_name);
    role->request.policy = role->texts[3] = copy_or_null(r->policy);
    role->request.account = role->texts[4] = copy_or_null(r->account);
    role->request.source_identity = role->texts[5] = copy_or_null(r->source_identity);
    return role;
}

/* The STS client belongs to another object, which stops it. */
static void role_stop(void *ctx)
{
    struct role *role = ctx;
    if (role->own_parent) {
        creds_source_stop(role->parent);
    }
}

static void role_free(void *ctx)
{
    struct role *role = ctx;
    for (size_t i = 0; i < sizeof(role->texts) / sizeof(role->texts[0]); i++) {
        free(role->texts[i]);
    }
    if (role->own_parent) {
        creds_source_free(role->parent);
    }
    free(role->token_file);
    free(role);
}

static enum err_kind assume_role(void *ctx, struct creds *out, struct err *e)
{
    struct role *role = ctx;
    enum err_kind kind = sts_assume_role(role->sts, role->parent, &role->request, out, e);
    if (kind != FAIL_NONE && role->own_parent) { /* a customer's role has its own key in the log */
        (void)err_wrap(e, "%.200s", role->request.role_arn);
    }
    return kind;
}

static enum err_kind assume_with_token(void *ctx, struct creds *out, struct err *e)
{
    struct role *role = ctx;
    struct buf token = BUF_SECRET(FILE_TOKEN_BYTES);
    enum err_kind kind = file_read_token(role->token_file, &token, e);
    if (kind == FAIL_NONE) {
        kind =
            sts_assume_role_with_web_identity(role->sts, &role->request, buf_span(&token), out, e);
    }
    buf_done(&token);
    if (kind != FAIL_NONE) {
        (void)err_wrap(e, "%.200s by web identity", role->request.role_arn);
    }
    return kind;
}

static struct creds_source *source_new(struct role *role, const struct creds_settings *s)
{
    char name[160];
    (void)snprintf(name, sizeof(name), "%s %.120s",
                   role->token_file != NULL ? "web identity" : "role", role->request.role_arn);
    struct creds_origin origin = {
        .ctx = role,
        .fetch = role->token_file != NULL ? assume_with_token : assume_role,
        .stop = role_stop,
        .free = role_free,
    };
    return creds_source_new(&origin, name, s);
}

struct creds_source *creds_source_role_with(struct sts *sts, struct creds_source *parent,
                                            bool own_parent, const struct creds_settings *s,
                                            const struct role_request *r)
{
    struct role *role = role_new(sts, r);
    role->parent = parent;
    role->own_parent = own_parent;
    struct creds_source *source = source_new(role, s);
    creds_source_set_sts(source, sts, false);
    return source;
}

struct creds_source *creds_source_web_identity(struct sts *sts, const struct creds_settings *s,
                                               const struct role_request *r, const char *token_file)
{
    struct role *role = role_new(sts, r);
    role->token_file = copy_or_null(token_file);
    return source_new(role, s);
}

struct creds_source *creds_source_role(struct creds_source *parent, const struct creds_settings *s,
                                       const struct role_request *r, struct err *e)
{
    struct span account;
    if (sts_check_role(r->role_arn, s->region, &account, e) != FAIL_NONE) {
        return NULL;
    }
    struct sts *shared = creds_source_sts(parent);
    struct sts *sts = shared != NULL ? shared : sts_new(s, e);
    if (sts == NULL) {
        return NULL;
    }
    struct creds_source *source = creds_source_role_with(sts, parent, false, s, r);
    creds_source_set_sts(source, sts, shared == NULL);
    return source;
}
