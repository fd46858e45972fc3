/* SPDX-License-Identifier: Apache-2.0 */
#include "customers/session.h"

#include "codec/policy.h"

struct role_request session_request(const struct customer_conf *conf, const char *policy)
{
    return (struct role_request){
        .role_arn = conf->role_arn,
        .external_id = conf->external_id,
        .session_name = conf->session_name,
        .source_identity = conf->source_identity,
        .policy = policy,
        .account = conf->account_id,
        .accept_unnamed = conf->accept_role_without_external_id,
    };
}

bool session_policy_write(const struct customer_conf *conf, struct buf *out)
{
    struct policy_scope scope = {
        .partition = partition_of(span_str(conf->region)),
        .bucket = span_str(conf->bucket),
        .prefix = span_str(conf->prefix),
        .kms = conf->session_policy == SESSION_POLICY_FULL,
        .access_point = span_str(conf->access_point),
    };
    return policy_write(out, &scope);
}

struct creds_source *session_new(const struct customer_conf *conf, struct creds_source *own,
                                 const struct creds_settings *settings, enum session_scope scope,
                                 struct err *e)
{
    struct buf policy = BUF_INIT(2 * POLICY_CHARACTERS);
    bool whole = scope == SESSION_WHOLE_ROLE || conf->session_policy == SESSION_POLICY_NONE;
    if (!whole) {
        (void)!session_policy_write(conf, &policy); /* role_log_policy warns if it allows more */
    }
    struct role_request request = session_request(conf, whole ? NULL : policy.p);
    struct creds_source *s = creds_source_role(own, settings, &request, e);
    buf_done(&policy);
    return s;
}
