/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts.h - AWS's Security Token Service: take on a role, ask who we are (research/aws.md §4).
 *
 *     OWNED(sts) struct sts *sts = sts_new(&settings, e);
 *     kind = sts_assume_role(sts, own_credentials, &request, &creds, e);
 *
 * The regional endpoint of the worker's region is asked: its sessions are valid everywhere in
 * the partition. Blocks for STS_TOTAL_MS at most, twice that when the clock or the
 * credentials had to be renewed. Threads: any.
 */
#ifndef NET_STS_H
#define NET_STS_H

#include "codec/sts_xml.h"
#include "net/creds.h"

enum { STS_CONNECT_MS = 5000, STS_TOTAL_MS = 15000, STS_DURATION_S = 3600 };

struct sts;

/* The settings are borrowed. FAIL_CONFIG: region or endpoint cannot be. */
MUST_USE struct sts *sts_new(const struct creds_settings *s, struct err *e);
void sts_free(struct sts *s);
DEFINE_OWNED(sts);

/* End calls under way, and all later ones, with FAIL_STOPPED. */
void sts_stop(struct sts *s);

/* How much AWS's clock is ahead of ours, as far as known; true once after it was corrected. */
int64_t sts_clock_offset_ms(const struct sts *s);
MUST_USE bool sts_clock_news(struct sts *s, int64_t *offset_ms);

/*
 * FAIL_DENIED with AccessDenied: trust policy, external id, or no such role. FAIL_CONFIG also
 * when the session's account is not the expected one.
 */
MUST_USE enum err_kind sts_assume_role(struct sts *s, struct creds_source *caller,
                                       const struct role_request *r, struct creds *out,
                                       struct err *e);

/* r->external_id is not used: a web identity has none. Unsigned. */
MUST_USE enum err_kind sts_assume_role_with_web_identity(struct sts *s,
                                                         const struct role_request *r,
                                                         struct span web_token, struct creds *out,
                                                         struct err *e);

/* Needs no permission: for the log at start. */
MUST_USE enum err_kind sts_get_caller_identity(struct sts *s, struct creds_source *caller,
                                               struct sts_identity *who, struct err *e);

/*
 * A role that lets us in without its external id, or with any, lets in any party that gets the
 * worker to name it (the confused deputy, research/aws.md §4.4). FAIL_NONE: it refuses both.
 * FAIL_CONFIG with the reason: it does not. Else: it could not be found out now.
 *
 * To be called when a customer's role was assumed for the first time: before, a refusal
 * says nothing. What the probes may get can do nothing (a policy that denies all) and is wiped.
 */
MUST_USE enum err_kind sts_probe_external_id(struct sts *s, struct creds_source *caller,
                                             const struct role_request *r, struct err *e);

/*
 * The role's ARN is one, of IAM, and of the region's partition: else FAIL_CONFIG. *account is
 * then the 12 digits of its account, within the text of the ARN.
 */
MUST_USE enum err_kind sts_check_role(const char *role_arn, const char *region,
                                      struct span *account, struct err *e);

#endif
