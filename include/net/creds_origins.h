/* SPDX-License-Identifier: Apache-2.0 */
/*
 * creds_origins.h - the single places that credentials come from; creds_source_default
 * (net/creds.h) chooses among them. One file each.
 *
 * All are created without a request. Settings and sts are borrowed for their life, texts
 * are copied.
 */
#ifndef NET_CREDS_ORIGINS_H
#define NET_CREDS_ORIGINS_H

#include "net/creds.h"
#include "net/sts.h"

/* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (AWS_SECURITY_TOKEN). */
bool creds_env_present(void);
struct creds_source *creds_source_env(const struct creds_settings *s);

/* A role on top of a parent; own_parent: freed with it. */
struct creds_source *creds_source_role_with(struct sts *sts, struct creds_source *parent,
                                            bool own_parent, const struct creds_settings *s,
                                            const struct role_request *r);

/* AssumeRoleWithWebIdentity; the file is read at every renewal (it rotates). */
struct creds_source *creds_source_web_identity(struct sts *sts, const struct creds_settings *s,
                                               const struct role_request *r,
                                               const char *token_file);

/* AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, .._FULL_URI: ECS, EKS Pod Identity. */
bool creds_container_present(void);
MUST_USE struct creds_source *creds_source_container(const struct creds_settings *s, struct err *e);

/* IMDSv2, never v1. */
bool creds_imds_disabled(void);
MUST_USE struct creds_source *creds_source_imds(const struct creds_settings *s, struct err *e);

/* A program that prints credentials (credential_process), run without a shell. */
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

/* Reads both files; those that do not exist are empty. NULL: FAIL_CONFIG. */
MUST_USE struct profiles *profiles_load(struct err *e);
void profiles_free(struct profiles *p);
DEFINE_OWNED(profiles);

bool profiles_has(const struct profiles *p, const char *name);
enum profile_source_kind profiles_kind(const struct profiles *p, const char *name);

/* The source that a profile describes, with those below it. NULL: FAIL_CONFIG. */
MUST_USE struct creds_source *creds_source_profile(const struct profiles *p, const char *name,
                                                   struct sts *sts, const struct creds_settings *s,
                                                   struct err *e);

#endif
