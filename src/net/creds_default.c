/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain (research/aws.md §5.1). The choice is made once, by what is configured and not by what
 * succeeds: if the configured role fails, the worker reports that and does not continue with
 * another identity.
 */
#include "net/creds_origins.h"
#include "net/endpoint_env.h"

#include <stdio.h>

/* Inputs of the steps. */
struct chain {
    const struct creds_settings *settings;
    const char *profile;
    bool profile_chosen; /* by configuration or AWS_PROFILE */
    const struct profiles *profiles;
    enum profile_source_kind kind; /* of the profile */
    struct sts *sts;
    struct err *e;
};

static struct creds_source *of_profile(const struct chain *c)
{
    return creds_source_profile(c->profiles, c->profile, c->sts, c->settings, c->e);
}

/* AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE (IRSA). */
static struct creds_source *of_web_identity(const struct chain *c)
{
    struct span account;
    struct role_request r = {
        .role_arn = env_text("AWS_ROLE_ARN"),
        .session_name = env_text("AWS_ROLE_SESSION_NAME"),
    };
    if (r.role_arn == NULL) {
        (void)err_set(c->e, FAIL_CONFIG, "AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not");
        return NULL;
    }
    if (sts_check_role(r.role_arn, c->settings->region, &account, c->e) != FAIL_NONE) {
        (void)err_wrap(c->e, "AWS_ROLE_ARN");
        return NULL;
    }
    return creds_source_web_identity(c->sts, c->settings, &r,
                                     env_text("AWS_WEB_IDENTITY_TOKEN_FILE"));
}

static struct creds_source *of_instance(const struct chain *c)
{
    if (creds_imds_disabled()) {
        (void)err_set(c->e, FAIL_CONFIG,
                      "no AWS credentials: none in environment, profile %s, web identity or "
                      "container, and instance metadata is disabled",
                      c->profile);
        return NULL;
    }
    return creds_source_imds(c->settings, c->e);
}

/* All places except the environment. */
static struct creds_source *choose_source(const struct chain *c)
{
    if (c->profile_chosen && !profiles_has(c->profiles, c->profile)) {
        (void)err_set(c->e, FAIL_CONFIG, "there is no profile %s", c->profile);
        return NULL;
    }
    if (c->kind == PROFILE_ROLE) {
        return of_profile(c);
    }
    if (c->settings->profile == NULL && env_text("AWS_WEB_IDENTITY_TOKEN_FILE") != NULL) {
        return of_web_identity(c);
    }
    if (c->kind != PROFILE_NONE || c->settings->profile != NULL ||
        creds_profile_needs_person(c->profiles, c->profile)) {
        return of_profile(c);
    }
    return creds_container_present() ? creds_source_container(c->settings, c->e) : of_instance(c);
}

struct creds_source *creds_source_default(const struct creds_settings *s, struct err *e)
{
    const char *profile = s->profile != NULL ? s->profile : env_text("AWS_PROFILE");
    struct chain c = {
        .settings = s,
        .profile = profile != NULL ? profile : "default",
        .profile_chosen = profile != NULL,
        .e = e,
    };
    OWNED(sts) struct sts *sts = sts_new(s, e);
    struct creds_source *source = NULL;
    if (sts == NULL) {
        return NULL;
    }
    if (s->profile == NULL && creds_env_present()) {
        source = creds_source_env(s);
    } else {
        OWNED(profiles) struct profiles *profiles = profiles_load(e);
        if (profiles == NULL) {
            return NULL;
        }
        c.sts = sts;
        c.profiles = profiles;
        c.kind = profiles_kind(profiles, c.profile);
        source = choose_source(&c);
    }
    if (source != NULL) {
        creds_source_set_sts(source, take(&sts), true);
    }
    return source;
}
