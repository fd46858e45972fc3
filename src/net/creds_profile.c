/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles of AWS's two files (research/aws.md §5.3). A profile may refer to another one as its
 * source; the visited profiles are stored to detect a loop. Static keys are read from the files at
 * each renewal, so that rotated keys are found after the first rejection.
 */
#include "base/alloc.h"
#include "codec/profile.h"
#include "net/creds_origins.h"
#include "net/endpoint_env.h"
#include "net/file.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHAIN_MAX = 8, PATH_BYTES = 4096, NAME_BYTES = 256, CHAINED_S = 3600 };

struct profiles {
    struct profile_file *config, *credentials;
};

/* One resolution: the visited profiles, and the parameters of all sources. */
struct walk {
    const struct profiles *p;
    struct sts *sts;
    const struct creds_settings *settings;
    const char *visited[CHAIN_MAX];
    size_t depth;
    struct err *e;
};

/* ---- The files ---- */

/*
 * The path in the variable, with "~/" resolved, else ~/.aws/NAME. False: the home directory is not
 * known.
 */
static bool find_path(char path[PATH_BYTES], const char *variable, const char *name)
{
    const char *given = env_text(variable);
    const char *home = env_text("HOME");
    int n = 0;
    if (given != NULL && (strncmp(given, "~/", 2) != 0 || home == NULL)) {
        n = snprintf(path, PATH_BYTES, "%s", given);
    } else if (given != NULL) {
        n = snprintf(path, PATH_BYTES, "%s/%s", home, given + 2);
    } else if (home != NULL) {
        n = snprintf(path, PATH_BYTES, "%s/.aws/%s", home, name);
    }
    return n > 0 && n < PATH_BYTES;
}

/* Read a file. If it does not exist, *file stays NULL. */
static enum err_kind load_file(struct profile_file **file, const char *variable, const char *name,
                               enum profile_kind kind, struct err *e)
{
    char path[PATH_BYTES];
    struct buf text = BUF_SECRET(PROFILE_FILE_BYTES);
    if (!find_path(path, variable, name)) {
        return FAIL_NONE;
    }
    enum err_kind result = file_read(path, &text, e);
    if (result == FAIL_NONE) {
        *file = profile_read(buf_span(&text), kind, e);
        result = *file != NULL ? FAIL_NONE : err_wrap(e, "%s", path);
    } else if (result == FAIL_GONE) {
        result = FAIL_NONE;
    }
    buf_done(&text);
    return result;
}

struct profiles *profiles_load(struct err *e)
{
    OWNED(profiles) struct profiles *p = mem_zeros(1, sizeof(*p));
    if (load_file(&p->config, "AWS_CONFIG_FILE", "config", PROFILE_CONFIG, e) != FAIL_NONE ||
        load_file(&p->credentials, "AWS_SHARED_CREDENTIALS_FILE", "credentials",
                  PROFILE_CREDENTIALS, e) != FAIL_NONE) {
        return NULL;
    }
    return take(&p);
}

void profiles_free(struct profiles *p)
{
    if (p == NULL) {
        return;
    }
    profile_file_free(p->config);
    profile_file_free(p->credentials);
    free(p);
}

bool profiles_has(const struct profiles *p, const char *name)
{
    return profile_exists(p->config, span_str(name)) ||
           profile_exists(p->credentials, span_str(name));
}

/* From the credentials file, else from the config file. */
static struct span value_of(const struct profiles *p, const char *name, const char *key)
{
    struct span value = profile_value(p->credentials, span_str(name), key);
    return value.n > 0 ? value : profile_value(p->config, span_str(name), key);
}

static bool has_key(const struct profiles *p, const char *name, const char *key)
{
    return value_of(p, name, key).n > 0;
}

static bool has_keys(const struct profiles *p, const char *name)
{
    return has_key(p, name, "aws_access_key_id") || has_key(p, name, "aws_secret_access_key");
}

enum profile_source_kind profiles_kind(const struct profiles *p, const char *name)
{
    if (has_key(p, name, "web_identity_token_file")) {
        return PROFILE_WEB_IDENTITY;
    }
    if (has_key(p, name, "role_arn")) {
        return PROFILE_ROLE;
    }
    if (has_keys(p, name)) {
        return PROFILE_STATIC;
    }
    return has_key(p, name, "credential_process") ? PROFILE_PROCESS : PROFILE_NONE;
}

/* ---- Static keys ---- */

/* Key, secret and token from the same file: a token belongs to the key next to it. */
static struct credentials_text keys_of(const struct profiles *p, const char *name)
{
    struct span profile = span_str(name);
    const struct profile_file *f = p->credentials;
    if (profile_value(f, profile, "aws_access_key_id").n == 0 &&
        profile_value(f, profile, "aws_secret_access_key").n == 0) {
        f = p->config;
    }
    return (struct credentials_text){
        .access_key_id = profile_value(f, profile, "aws_access_key_id"),
        .secret_access_key = profile_value(f, profile, "aws_secret_access_key"),
        .session_token = profile_value(f, profile, "aws_session_token"),
        .expiration = SPAN(""),
    };
}

static enum err_kind fetch_keys(void *ctx, struct creds *out, struct err *e)
{
    const char *name = ctx;
    OWNED(profiles) struct profiles *p = profiles_load(e);
    if (p == NULL) {
        return e->kind;
    }
    struct credentials_text t = keys_of(p, name);
    enum err_kind kind = credentials_set(out, &t, e);
    if (kind != FAIL_NONE) {
        (void)err_wrap(e, "profile %s", name);
    }
    return kind;
}

static struct creds_source *source_of_keys(const struct walk *w, const char *name)
{
    char label[NAME_BYTES];
    char *copy = mem_text(name);
    (void)snprintf(label, sizeof(label), "profile %s", name);
    struct creds_origin origin = {.ctx = copy, .fetch = fetch_keys, .free = free};
    return creds_source_new(&origin, label, w->settings);
}

/* ---- Roles ---- */

/* The texts of a role; duration_seconds is a number. */
struct role_texts {
    char *arn, *external_id, *session_name;
    struct role_request request;
};

static void role_texts_done(struct role_texts *t)
{
    free(t->arn);
    free(t->external_id);
    free(t->session_name);
}

static char *text_or_null(struct span s)
{
    char *p = s.n > 0 ? mem_text_of(s) : NULL;
    return p;
}

/* 900 to 43200; 0: anything else. */
static int read_duration(struct span s)
{
    int n = 0;
    for (size_t i = 0; i < s.n && n < 100000; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return 0;
        }
        n = n * 10 + (s.p[i] - '0');
    }
    return n >= 900 && n <= 43200 ? n : 0;
}

static enum err_kind read_role(struct walk *w, const char *name, struct role_texts *t)
{
    struct span account;
    struct span duration = value_of(w->p, name, "duration_seconds");
    t->arn = text_or_null(value_of(w->p, name, "role_arn"));
    t->external_id = text_or_null(value_of(w->p, name, "external_id"));
    t->session_name = text_or_null(value_of(w->p, name, "role_session_name"));
    t->request = (struct role_request){
        .role_arn = t->arn,
        .external_id = t->external_id,
        .session_name = t->session_name,
        .duration_s = read_duration(duration),
    };
    if (duration.n > 0 && t->request.duration_s == 0) {
        return err_set(w->e, FAIL_CONFIG, "profile %s: duration_seconds is not 900 to 43200", name);
    }
    if (sts_check_role(t->arn != NULL ? t->arn : "", w->settings->region, &account, w->e) !=
        FAIL_NONE) {
        return err_wrap(w->e, "profile %s", name);
    }
    return FAIL_NONE;
}

static struct creds_source *refuse_profile(struct walk *w, const char *name, const char *why)
{
    (void)err_set(w->e, FAIL_CONFIG, "profile %s: %s", name, why);
    return NULL;
}

static struct creds_source *resolve(struct walk *w, const char *name);

/* The source that credential_source names. */
static struct creds_source *named_source(struct walk *w, const char *name, struct span which)
{
    if (span_eq(which, SPAN("Environment"))) {
        return creds_source_env(w->settings);
    }
    if (span_eq(which, SPAN("Ec2InstanceMetadata"))) {
        return creds_source_imds(w->settings, w->e);
    }
    if (span_eq(which, SPAN("EcsContainer"))) {
        return creds_source_container(w->settings, w->e);
    }
    return refuse_profile(
        w, name, "credential_source is not Environment, Ec2InstanceMetadata or EcsContainer");
}

/* The source that source_profile names. It may be the same profile, if that also has keys. */
static struct creds_source *profile_below(struct walk *w, const char *name, struct span below)
{
    if (span_eq(below, span_str(name))) {
        return has_keys(w->p, name) ? source_of_keys(w, name)
                                    : refuse_profile(w, name, "its source_profile is itself");
    }
    for (size_t i = 0; i < w->depth; i++) {
        if (span_eq(below, span_str(w->visited[i]))) {
            return refuse_profile(w, name, "its source_profile leads back to itself");
        }
    }
    char *copy = text_or_null(below);
    struct creds_source *source = resolve(w, copy);
    free(copy);
    return source;
}

static struct creds_source *source_below(struct walk *w, const char *name)
{
    struct span profile = value_of(w->p, name, "source_profile");
    struct span which = value_of(w->p, name, "credential_source");
    if ((profile.n > 0) == (which.n > 0)) {
        return refuse_profile(w, name,
                              "a role needs exactly one of source_profile and credential_source");
    }
    if (has_key(w->p, name, "mfa_serial")) {
        return refuse_profile(w, name, "mfa_serial cannot be used without a person");
    }
    return profile.n > 0 ? profile_below(w, name, profile) : named_source(w, name, which);
}

/*
 * Whether the source is a user's keys, with which a session may last longer than an hour; with a
 * session it may not (role chaining).
 */
static bool stands_on_user(const struct walk *w, const char *name)
{
    struct span below = value_of(w->p, name, "source_profile");
    char *copy = text_or_null(below);
    bool user = copy != NULL && has_keys(w->p, copy) && keys_of(w->p, copy).session_token.n == 0 &&
                (span_eq(below, span_str(name)) || profiles_kind(w->p, copy) == PROFILE_STATIC);
    free(copy);
    return user;
}

static struct creds_source *resolve_role(struct walk *w, const char *name)
{
    struct role_texts t = {.arn = NULL};
    struct creds_source *source = NULL;
    if (read_role(w, name, &t) == FAIL_NONE) {
        struct creds_source *below = source_below(w, name);
        if (t.request.duration_s > CHAINED_S && !stands_on_user(w, name)) {
            t.request.duration_s = CHAINED_S;
        }
        if (below != NULL) {
            source = creds_source_role_with(w->sts, below, true, w->settings, &t.request);
        }
    }
    role_texts_done(&t);
    return source;
}

static struct creds_source *resolve_web_identity(struct walk *w, const char *name)
{
    struct role_texts t = {.arn = NULL};
    struct creds_source *source = NULL;
    if (read_role(w, name, &t) == FAIL_NONE) {
        char *file = text_or_null(value_of(w->p, name, "web_identity_token_file"));
        source = creds_source_web_identity(w->sts, w->settings, &t.request, file);
        free(file);
    }
    role_texts_done(&t);
    return source;
}

static struct creds_source *resolve_kind(struct walk *w, const char *name)
{
    switch (profiles_kind(w->p, name)) {
    case PROFILE_WEB_IDENTITY:
        return resolve_web_identity(w, name);
    case PROFILE_ROLE:
        return resolve_role(w, name);
    case PROFILE_STATIC:
        return source_of_keys(w, name);
    case PROFILE_PROCESS:
        return creds_source_process(w->settings, value_of(w->p, name, "credential_process"), w->e);
    case PROFILE_NONE:
        break;
    }
    if (has_key(w->p, name, "login_session")) {
        return refuse_profile(w, name, "a login session (aws login) needs a person to log in");
    }
    return refuse_profile(w, name,
                          creds_profile_needs_person(w->p, name)
                              ? "SSO needs a person to log in"
                              : "there is no such profile, or no credentials in it");
}

bool creds_profile_needs_person(const struct profiles *p, const char *name)
{
    return has_key(p, name, "sso_session") || has_key(p, name, "sso_start_url") ||
           has_key(p, name, "login_session");
}

static struct creds_source *resolve(struct walk *w, const char *name)
{
    if (w->depth == CHAIN_MAX) {
        return refuse_profile(w, name, "too many profiles on top of each other");
    }
    w->visited[w->depth++] = name;
    struct creds_source *source = resolve_kind(w, name);
    w->depth--;
    return source;
}

struct creds_source *creds_source_profile(const struct profiles *p, const char *name,
                                          struct sts *sts, const struct creds_settings *s,
                                          struct err *e)
{
    struct walk w = {.p = p, .sts = sts, .settings = s, .e = e};
    return resolve(&w, name);
}
