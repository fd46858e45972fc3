/* SPDX-License-Identifier: Apache-2.0 */
/*
 * creds_origins.h - the origins of credentials, from which creds_source_default (net/creds.h)
 * chooses. One file each.
 *
 * Creating one sends no request. Settings and sts are borrowed as long as it exists; texts are
 * copied.
 */
#ifndef NET_CREDS_ORIGINS_H
#define NET_CREDS_ORIGINS_H

#include "net/creds.h"
#include "net/sts.h"

/* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (AWS_SECURITY_TOKEN). */
bool creds_env_present(void);
struct creds_source *creds_source_env(const struct creds_settings *s);

/* A role assumed with the credentials of `parent`. own_parent: the parent is freed with it. */
struct creds_source *creds_source_role_with(struct sts *sts, struct creds_source *parent,
                                            bool own_parent, const struct creds_settings *s,
                                            const struct role_request *r);

/*
 * AssumeRoleWithWebIdentity. The token file is read at every renewal, since it is replaced
 * regularly.
 */
struct creds_source *creds_source_web_identity(struct sts *sts, const struct creds_settings *s,
                                               const struct role_request *r,
                                               const char *token_file);

/* AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and .._FULL_URI: ECS, EKS Pod Identity. */
bool creds_container_present(void);
MUST_USE struct creds_source *creds_source_container(const struct creds_settings *s, struct err *e);

/* Instance metadata by IMDSv2 only. */
bool creds_imds_disabled(void);
MUST_USE struct creds_source *creds_source_imds(const struct creds_settings *s, struct err *e);

/* A program that prints credentials (credential_process). It is started without a shell. */
MUST_USE struct creds_source *creds_source_process(const struct creds_settings *s,
                                                   struct span command, struct err *e);

/* ---- Profiles (net/creds_profile.c) ---- */

enum profile_source_kind {
    PROFILE_NONE,
    PROFILE_ROLE,
    PROFILE_WEB_IDENTITY,
    PROFILE_STATIC,
    PROFILE_PROCESS,
};

struct profiles;

/* Read both files; one that does not exist counts as empty. NULL: FAIL_CONFIG. */
MUST_USE struct profiles *profiles_load(struct err *e);
void profiles_free(struct profiles *p);
DEFINE_OWNED(profiles);

bool profiles_has(const struct profiles *p, const char *name);
enum profile_source_kind profiles_kind(const struct profiles *p, const char *name);

/* The source that a profile describes, with its source profiles. NULL: FAIL_CONFIG. */
MUST_USE struct creds_source *creds_source_profile(const struct profiles *p, const char *name,
                                                   struct sts *sts, const struct creds_settings *s,
                                                   struct err *e);

/* Whether the profile has only credentials that a person must log in for: it cannot be used. */
MUST_USE bool creds_profile_needs_person(const struct profiles *p, const char *name);

#endif
