/* SPDX-License-Identifier: Apache-2.0 */
/*
 * creds.h - AWS credentials: where they come from, how they are kept fresh.
 *
 * A source answers "which credentials now" from its cache, renews ahead of expiry (one
 * thread does, the others go on with the old ones), and wipes what it replaces. The
 * worker's own come from the default chain (research/aws.md §5), each customer's from
 * AssumeRole on top of them.
 *
 *     OWNED(creds_source) struct creds_source *own = creds_source_default(&settings, e);
 *     struct creds_source *acme = creds_source_role(own, &settings, &request, e);
 *
 *     struct creds c;                                     // codec/credentials.h
 *     if (creds_get(acme, &c, e) != FAIL_NONE) ...
 *     ... sign with c ...
 *     creds_wipe(&c);
 *
 * Renewed at 50 to 75 % of their life (with jitter), used until a minute before their end.
 * Secrets are never logged and never in an err. Threads: any, but for new and free.
 */
#ifndef NET_CREDS_H
#define NET_CREDS_H

#include "base/clock.h"
#include "base/err.h"
#include "base/own.h"
#include "codec/credentials.h"

struct creds_settings {       /* borrowed for the life of the sources made with it */
    const char *profile;      /* chosen by configuration; NULL: AWS_PROFILE, else "default" */
    const char *region;       /* of the worker: where STS is asked */
    const char *endpoint_sts; /* NULL: AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, else AWS's own */
    unsigned variant;         /* ENDPOINT_FIPS, ENDPOINT_DUAL_STACK */
    bool allow_http;          /* plain http to STS elsewhere than on this machine */
    const struct clock *clock;
    uint64_t jitter_seed; /* 0: random */
};

struct creds_source;

/*
 * The worker's own, from the first that is there: environment (not if `profile` is set),
 * profile with role_arn, web identity, other profile, container, instance metadata. What is
 * there but wrong is FAIL_CONFIG, never passed over. Sends no request yet.
 */
MUST_USE struct creds_source *creds_source_default(const struct creds_settings *s, struct err *e);

/* A role to take on. All texts are copied. */
struct role_request {
    const char *role_arn;
    const char *external_id;  /* NULL: none */
    const char *session_name; /* NULL: "asymptote-ingest" */
    const char *policy;       /* session policy (codec/policy.h), NULL: none */
    const char *account;      /* 12 digits, must be the session's; NULL: that of role_arn */
    bool accept_unnamed;      /* take a session whose account the answer leaves empty (MinIO) */
    int duration_s;           /* 0: 3600, which is also the most that role chaining allows */
};

/*
 * Credentials of a role, assumed with those of `parent`, which must live longer, by way of the
 * parent's STS client if it has one. NULL and FAIL_CONFIG: the ARN is none, or of another
 * partition than the region.
 */
MUST_USE struct creds_source *creds_source_role(struct creds_source *parent,
                                                const struct creds_settings *s,
                                                const struct role_request *r, struct err *e);

void creds_source_free(struct creds_source *s);
DEFINE_OWNED(creds_source);

/* The STS client it works with: creds_source_default and creds_source_role have one. */
struct sts;
struct sts *creds_source_sts(struct creds_source *s);

/* Where they come from, for the log: "environment", "profile acme", "role arn:...". */
const char *creds_source_name(const struct creds_source *s);

/*
 * Current credentials into *out. Blocks only while there are none that are valid, and the
 * one thread that renews them. FAIL_DENIED, FAIL_CONFIG, FAIL_AGAIN, FAIL_THROTTLED as the
 * origin answered; for some seconds after a failure the same answer is given at once.
 */
MUST_USE enum err_kind creds_get(struct creds_source *s, struct creds *out, struct err *e);

/*
 * For who must not wait. True: creds_get would answer now, and *kind, *out, *e are its answer.
 * False: the origin has to be asked first. *due: creds_get should be called soon, on a
 * thread that can wait (net/creds_fetcher.h).
 */
MUST_USE bool creds_at_hand(struct creds_source *s, struct creds *out, enum err_kind *kind,
                            bool *due, struct err *e);

/*
 * The service called `used` expired or invalid: renew at once, once for all who say so.
 * Cheap, and without effect if they are already replaced, or a refusal was heeded moments ago.
 */
void creds_reject(struct creds_source *s, const struct creds *used);

/*
 * End a fetch under way at once, and begin none any more: a set that is still good is given on,
 * else the answer is FAIL_STOPPED. An STS client of its own stops, too. Threads: any.
 */
void creds_source_stop(struct creds_source *s);

/* Until when the set in use is good, wall clock. INT64_MAX: no end, 0: there is none. */
int64_t creds_expires_ms(struct creds_source *s);

/* True, with the reason: the last renewal failed, those of before are still in use. */
bool creds_renewal_failed(struct creds_source *s, struct err *why);

/*
 * Where credentials come from, for those who write a new origin. `fetch` is called by one
 * thread at a time and must end by itself (time-outs). `stop` is called by any thread, and ends
 * it at once, and each later one.
 */
struct creds_origin {
    void *ctx;
    enum err_kind (*fetch)(void *ctx, struct creds *out, struct err *e);
    void (*stop)(void *ctx); /* NULL: its fetch never waits */
    void (*free)(void *ctx); /* NULL: nothing to free */
    bool stable; /* if it fails, go on with expired ones: those of an instance stay good longer */
};
struct creds_source *creds_source_new(const struct creds_origin *origin, const char *name,
                                      const struct creds_settings *s);

/* Give it an STS client: its own (freed with it), or one that outlives the source. */
void creds_source_set_sts(struct creds_source *s, struct sts *sts, bool own);

#endif
