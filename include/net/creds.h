/* SPDX-License-Identifier: Apache-2.0 */
/*
 * creds.h - AWS credentials: where they come from, how they are kept fresh.
 *
 * A source answers "which credentials now" from its cache, renews ahead of expiry (one
 * thread does, the others go on with the old ones), and wipes what it replaces. The
 * worker's own come from the default chain (spec aws.md §5), each customer's from
 * AssumeRole on top of them.
 *
 *     struct creds c;
 *     if (creds_get(source, &c, e) != FAIL_NONE) ...
 *     ... sign with c ...
 *     creds_wipe(&c);
 *
 * Secrets are never logged and never in an err. Threads: any.
 */
#ifndef NET_CREDS_H
#define NET_CREDS_H

#include "base/clock.h"
#include "base/err.h"
#include "base/own.h"

enum { CREDS_TOKEN_BYTES = 16 * 1024 };

/* A copy on the caller's stack; wipe it. AWS gives no maximum for the token: ours is above. */
struct creds {
    char access_key_id[130];
    char secret_access_key[256];
    char session_token[CREDS_TOKEN_BYTES]; /* "" if none */
    int64_t expires_ms;                    /* wall clock, INT64_MAX if they do not */
};

void creds_wipe(struct creds *c);

struct creds_source;

void creds_source_free(struct creds_source *s);
DEFINE_OWNED(creds_source);

/*
 * Current credentials into *out. Blocks only while there are none that are valid.
 * FAIL_DENIED, FAIL_CONFIG, FAIL_AGAIN, FAIL_THROTTLED as the origin answered.
 */
MUST_USE enum err_kind creds_get(struct creds_source *s, struct creds *out, struct err *e);

/* The service called `used` expired or invalid: renew at once (once for all who say so). */
void creds_reject(struct creds_source *s, const struct creds *used);

#endif
