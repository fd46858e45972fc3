/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts_xml.h - requests and responses of STS (query protocol, research/aws.md §4), and ARNs.
 *
 *     sts_write_assume_role(&body, &(struct sts_assume){.role_arn = SPAN("arn:..."), ...});
 *     ...
 *     kind = sts_read_credentials(answer, &creds, &session, e);
 *
 * Errors of the service are read by codec/fault.h with sts_rules. Threads: no state.
 */
#ifndef CODEC_STS_XML_H
#define CODEC_STS_XML_H

#include "base/buf.h"
#include "codec/credentials.h"
#include "codec/fault.h"

enum {
    STS_ARN_BYTES = 2048 + 1,
    STS_ACCOUNT_BYTES = 12 + 1,
    STS_REQUEST_BYTES = 256 * 1024, /* an escaped policy of 2,048 characters, a web token */
    STS_ANSWER_BYTES = 256 * 1024,
};

/* "arn:aws:iam::444455556666:role/ingest"; all spans point into the text. */
struct arn {
    struct span partition, service, region, account, resource;
};
MUST_USE bool arn_split(struct span text, struct arn *out);

/* Whether `account` is an account id: twelve digits. */
MUST_USE bool arn_account_ok(struct span account);

struct sts_assume {
    struct span role_arn;
    struct span session_name;
    struct span external_id;     /* "" if there is none */
    struct span policy;          /* "" if there is none */
    struct span source_identity; /* "" if there is none */
    struct span web_token;       /* only for AssumeRoleWithWebIdentity */
    int duration_s;
};
void sts_write_assume_role(struct buf *out, const struct sts_assume *a);
void sts_write_web_identity(struct buf *out, const struct sts_assume *a);
void sts_write_get_caller_identity(struct buf *out);

/* The identity of the caller or of an assumed role. */
struct sts_identity {
    char arn[STS_ARN_BYTES];
    char account[STS_ACCOUNT_BYTES]; /* account id of the ARN */
};

/*
 * Read credentials and their identity from a response to AssumeRole or AssumeRoleWithWebIdentity.
 * Both texts of *who are "" if the response has an empty ARN, as MinIO's has. An incomplete
 * response is FAIL_AGAIN, since it does not come from STS.
 */
MUST_USE enum err_kind sts_read_credentials(struct span answer, struct creds *out,
                                            struct sts_identity *who, struct err *e);
MUST_USE enum err_kind sts_read_identity(struct span answer, struct sts_identity *who,
                                         struct err *e);

/* STS's own codes (research/aws.md §4.3). */
extern const struct fault_rule sts_rules[];
extern const size_t sts_rule_count;

#endif
