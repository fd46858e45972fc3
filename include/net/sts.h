/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts.h - AWS's Security Token Service: assumes roles, returns the caller's identity
 * (research/aws.md §4).
 *
 *     OWNED(sts) struct sts *sts = sts_new(&settings, e);
 *     kind = sts_assume_role(sts, own_credentials, &request, &creds, e);
 *
 * Uses the regional endpoint of the worker's region; its sessions are valid in the whole partition.
 * Blocks for at most STS_TOTAL_MS, twice that after a correction of the clock or the credentials.
 *
 * Threads: any.
 */
#ifndef NET_STS_H
#define NET_STS_H

#include "codec/sts_xml.h"
#include "net/creds.h"

enum { STS_CONNECT_MS = 5000, STS_TOTAL_MS = 15000, STS_DURATION_S = 3600 };

struct sts;

/* The settings are borrowed. NULL and FAIL_CONFIG: the region or the endpoint is invalid. */
MUST_USE struct sts *sts_new(const struct creds_settings *s, struct err *e);
void sts_free(struct sts *s);
DEFINE_OWNED(sts);

/* End calls in progress, and all later ones, with FAIL_STOPPED. */
void sts_stop(struct sts *s);

/* The known clock skew (positive: AWS's clock is ahead), and true once after each correction. */
int64_t sts_clock_offset_ms(const struct sts *s);
MUST_USE bool sts_clock_news(struct sts *s, int64_t *offset_ms);

/*
 * Assume a role with the caller's credentials. FAIL_DENIED with AccessDenied: trust policy,
 * external id, or a role that does not exist. FAIL_CONFIG also if the session belongs to another
 * account than expected.
 */
MUST_USE enum err_kind sts_assume_role(struct sts *s, struct creds_source *caller,
                                       const struct role_request *r, struct creds *out,
                                       struct err *e);

/* Not signed. r->external_id is ignored, since a web identity has none. */
MUST_USE enum err_kind sts_assume_role_with_web_identity(struct sts *s,
                                                         const struct role_request *r,
                                                         struct span web_token, struct creds *out,
                                                         struct err *e);

/* For the log at the start. Requires no permission. */
MUST_USE enum err_kind sts_get_caller_identity(struct sts *s, struct creds_source *caller,
                                               struct sts_identity *who, struct err *e);

/*
 * Check that the role requires its external id, by requests without it and with a wrong one. A role
 * that does not require it can be used by any party that gets the worker to use its ARN (the
 * confused deputy, research/aws.md §4.4). FAIL_NONE: both requests are denied. FAIL_CONFIG with the
 * reason: one is not. Other kinds: the check could not be made now.
 *
 * Call it after the first successful AssumeRole of a customer: before it, a denial proves nothing.
 * A session obtained here has a policy that denies everything, and it is wiped.
 */
MUST_USE enum err_kind sts_probe_external_id(struct sts *s, struct creds_source *caller,
                                             const struct role_request *r, struct err *e);

/*
 * One such request, with another external id than the role's (NULL: without one). FAIL_NONE with
 * *let_in: the role can be assumed so. FAIL_NONE without: it denied that; *e has code and request
 * id. Other kinds: it is not known. r->external_id is not used.
 */
MUST_USE enum err_kind sts_try_external_id(struct sts *s, struct creds_source *caller,
                                           const struct role_request *r, const char *external_id,
                                           bool *let_in, struct err *e);

/* An external id that no role has: random. */
enum { STS_WRONG_ID_BYTES = 48 };
void sts_wrong_external_id(char out[STS_WRONG_ID_BYTES]);

/*
 * Check that the ARN is a role of IAM in the partition of the region, else FAIL_CONFIG. *account
 * becomes the 12 digits of its account, a part of role_arn.
 */
MUST_USE enum err_kind sts_check_role(const char *role_arn, const char *region,
                                      struct span *account, struct err *e);

#endif
