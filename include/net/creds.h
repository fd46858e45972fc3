/* SPDX-License-Identifier: Apache-2.0 */
/*
 * creds.h - AWS credentials: their sources and their renewal.
 *
 * A source returns its current credentials from a cache. It renews them before they expire: one
 * thread does so, while the others continue with the old ones. Replaced credentials are wiped. The
 * worker's own credentials come from the default chain (research/aws.md §5), those of each customer
 * from AssumeRole with the worker's own.
 *
 *     OWNED(creds_source) struct creds_source *own = creds_source_default(&settings, e);
 *     struct creds_source *acme = creds_source_role(own, &settings, &request, e);
 *     struct creds c;                                     // codec/credentials.h
 *     if (creds_get(acme, &c, e) != FAIL_NONE) ...
 *     ... sign with c ...
 *     creds_wipe(&c);
 *
 * Credentials are renewed after 50 to 75 % of their lifetime (random, so that renewals spread) and
 * are used until one minute before they expire. Secrets are never logged and never part of an err.
 *
 * Threads: any, except for new and free.
 */
#ifndef NET_CREDS_H
#define NET_CREDS_H

#include "base/clock.h"
#include "base/err.h"
#include "base/own.h"
#include "codec/credentials.h"

struct creds_settings {       /* borrowed as long as sources made with it exist */
    const char *profile;      /* configured profile; NULL: AWS_PROFILE, else "default" */
    const char *region;       /* the worker's, whose STS endpoint is used */
    const char *endpoint_sts; /* NULL: AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, AWS's */
    unsigned variant;         /* ENDPOINT_FIPS, ENDPOINT_DUAL_STACK */
    bool allow_http;          /* allow plain http to an STS endpoint that is not loopback */
    const struct clock *clock;
    uint64_t jitter_seed; /* 0: random */
};

struct creds_source;

/*
 * The worker's own credentials, from the first place that is configured: environment (unless
 * `profile` is set), profile with role_arn, web identity, other profile, container, instance
 * metadata. NULL and FAIL_CONFIG: a place is configured but invalid; the next one is not tried
 * then. Sends no request.
 */
MUST_USE struct creds_source *creds_source_default(const struct creds_settings *s, struct err *e);

/* A role to assume. All texts are copied. */
struct role_request {
    const char *role_arn;
    const char *external_id;     /* NULL: none */
    const char *session_name;    /* NULL: "asymptote-ingest" */
    const char *source_identity; /* for CloudTrail; NULL: none */
    const char *policy;          /* session policy (codec/policy.h), NULL: none */
    const char *account; /* 12 digits; the session must belong to this account. NULL: the account of
                            role_arn */
    bool accept_unnamed; /* accept a session whose account is empty in the response (MinIO) */
    int duration_s;      /* 0: 3600, which is also the maximum of role chaining */
};

/*
 * Credentials of a role, assumed with the credentials of `parent`, which must live longer. Uses the
 * parent's STS client if it has one. NULL and FAIL_CONFIG: the ARN is invalid, or of another
 * partition than the region.
 */
MUST_USE struct creds_source *creds_source_role(struct creds_source *parent,
                                                const struct creds_settings *s,
                                                const struct role_request *r, struct err *e);

void creds_source_free(struct creds_source *s);
DEFINE_OWNED(creds_source);

/*
 * The STS client of the source. Sources from creds_source_default and creds_source_role have one.
 */
struct sts;
struct sts *creds_source_sts(struct creds_source *s);

/* The origin, for the log: "environment", "profile acme", "role arn:...". */
const char *creds_source_name(const struct creds_source *s);

/*
 * Copy the current credentials into *out. Blocks only if there are no valid ones, or if the calling
 * thread is the one that renews them. FAIL_DENIED, FAIL_CONFIG, FAIL_AGAIN, FAIL_THROTTLED: the
 * origin's error. It is returned for some seconds without another request. The caller wipes *out.
 */
MUST_USE enum err_kind creds_get(struct creds_source *s, struct creds *out, struct err *e);

/*
 * As creds_get, for a thread that must not wait. True: *kind, *out and *e are the result of
 * creds_get. False: the origin must be queried first. *due: a thread that may wait should call
 * creds_get soon (net/creds_fetcher.h).
 */
MUST_USE bool creds_at_hand(struct creds_source *s, struct creds *out, enum err_kind *kind,
                            bool *due, struct err *e);

/*
 * Report that a service rejected `used` as expired or invalid: they are renewed on the next use,
 * once for all callers that report the same ones. Without effect if they are already replaced, or
 * if a report was accepted a short time ago.
 */
void creds_reject(struct creds_source *s, const struct creds *used);

/*
 * End a fetch in progress immediately and start no other. Credentials that are still valid are
 * returned, else the result is FAIL_STOPPED. Also stops an STS client that the source owns.
 */
void creds_source_stop(struct creds_source *s);

/*
 * Expiration time of the current credentials, wall clock in ms. INT64_MAX: they do not expire. 0:
 * there are none.
 */
int64_t creds_expires_ms(struct creds_source *s);

/*
 * Whether the last renewal failed while the previous credentials are still in use. *why has the
 * reason.
 */
bool creds_renewal_failed(struct creds_source *s, struct err *why);

/*
 * Whether *e, of a request signed with these credentials, is the error of their origin: the service
 * had ended them, the origin refused others, and the request was not sent.
 */
bool creds_refused(struct creds_source *s, const struct err *e);

/*
 * Interface of an origin of credentials. One thread at a time calls `fetch`, which must return
 * within a timeout of its own. Any thread may call `stop`, which ends a fetch in progress and each
 * later one immediately.
 */
struct creds_origin {
    void *ctx;
    enum err_kind (*fetch)(void *ctx, struct creds *out, struct err *e);
    void (*stop)(void *ctx); /* NULL: fetch never waits */
    void (*free)(void *ctx); /* NULL: nothing to free */
    bool stable; /* after a failed fetch expired credentials stay in use: an instance's may be valid
                    longer */
};
struct creds_source *creds_source_new(const struct creds_origin *origin, const char *name,
                                      const struct creds_settings *s);

/* Set the STS client: one that the source owns (freed with it), or one that outlives it. */
void creds_source_set_sts(struct creds_source *s, struct sts *sts, bool own);

#endif
