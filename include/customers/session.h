/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - sessions of a customer's role: the request of its configuration, and the session
 * policy.
 *
 *     OWNED(creds_source) struct creds_source *s =
 *         session_new(conf, own, &settings, SESSION_RESTRICTED, &e);
 *
 * Threads: no state.
 */
#ifndef CUSTOMERS_SESSION_H
#define CUSTOMERS_SESSION_H

#include "base/buf.h"
#include "conf/conf.h"
#include "net/creds.h"

enum session_scope {
    SESSION_RESTRICTED, /* as the worker reads: by the session policy of the configuration, if any
                         */
    SESSION_WHOLE_ROLE, /* no session policy: all that the role allows */
};

/* The texts are borrowed from the configuration, and `policy`. */
struct role_request session_request(const struct customer_conf *conf, const char *policy);

/* Append the session policy. False: it allows more than the prefix (codec/policy.h). */
MUST_USE bool session_policy_write(const struct customer_conf *conf, struct buf *out);

/*
 * Credentials of the role, assumed on the first use with those of `own`; both and the settings must
 * live longer. NULL and FAIL_CONFIG: as creds_source_role.
 */
MUST_USE struct creds_source *session_new(const struct customer_conf *conf,
                                          struct creds_source *own,
                                          const struct creds_settings *settings,
                                          enum session_scope scope, struct err *e);

#endif
