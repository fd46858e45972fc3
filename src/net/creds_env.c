/* SPDX-License-Identifier: Apache-2.0 */
#include "net/creds_origins.h"
#include "net/endpoint_env.h"

/* One variable without the other is an error to report, not an absent place. */
bool creds_env_present(void)
{
    return env_text("AWS_ACCESS_KEY_ID") != NULL || env_text("AWS_SECRET_ACCESS_KEY") != NULL;
}

static enum err_kind env_fetch(void *ctx UNUSED, struct creds *out, struct err *e)
{
    const char *token = env_text("AWS_SESSION_TOKEN");
    struct credentials_text t = {
        .access_key_id = span_str(env_text("AWS_ACCESS_KEY_ID")),
        .secret_access_key = span_str(env_text("AWS_SECRET_ACCESS_KEY")),
        .session_token = span_str(token != NULL ? token : env_text("AWS_SECURITY_TOKEN")),
        .expiration = span_str(env_text("AWS_CREDENTIAL_EXPIRATION")),
    };
    enum err_kind kind = credentials_set(out, &t, e);
    if (kind != FAIL_NONE) {
        (void)err_wrap(e, "environment");
    }
    return kind;
}

struct creds_source *creds_source_env(const struct creds_settings *s)
{
    struct creds_origin origin = {.fetch = env_fetch};
    return creds_source_new(&origin, "environment", s);
}
