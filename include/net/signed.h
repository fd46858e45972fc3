/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signed.h - requests to AWS: signs and sends them, classifies errors, and corrects two causes of
 * errors.
 *
 *     struct signer s = {.clock = &clock_system, .skew = &skew, .creds = creds,
 *                        .service = "sts", .region = "eu-west-1", .rules = rules, ...};
 *     kind = signed_call(&s, http, &request, &answer, NULL, &e);
 *
 * Corrected here, each once per call (research/aws.md §1.3, §5.7): if the service reports a wrong
 * clock, the offset is taken from the Date header of the response, for all callers that share the
 * struct skew; if it reports expired credentials, they are rejected (creds_reject) and fetched
 * again. All other retries are the caller's.
 *
 * A caller that drives curl itself uses the parts: signed_sign, http_begin ... http_finish,
 * signed_judge, and all of them again on SIGNED_AGAIN.
 *
 * Threads: one at a time per signer; skew any.
 */
#ifndef NET_SIGNED_H
#define NET_SIGNED_H

#include "base/clock.h"
#include "codec/fault.h"
#include "net/creds.h"
#include "net/http.h"

#include <stdatomic.h>

enum {
    SIGNED_HEADERS = 24,        /* maximum number of headers of a request, including added ones */
    SKEW_TOLERANCE_MS = 240000, /* a smaller difference is not corrected */
};

/*
 * The difference between a service's clock and this host's. One per endpoint, shared by all its
 * callers. Initialise with zeros.
 */
struct skew {
    _Atomic int64_t offset_ms;
    atomic_bool news; /* corrected since the last skew_news */
};

/* The current time by the service's clock: for signatures and for the expiration of credentials. */
int64_t skew_now_ms(const struct skew *k, const struct clock *c);

/*
 * Whether the offset was corrected since the last call: the caller logs a warning with *offset_ms.
 */
MUST_USE bool skew_news(struct skew *k, int64_t *offset_ms);

struct signer {
    const struct clock *clock;
    struct skew *skew;
    struct creds_source *creds; /* NULL: requests are not signed (AssumeRoleWithWebIdentity) */
    const char *service; /* "s3" also: the path is signed as sent, and the hash is a header */
    const char *region;
    const struct fault_rule *rules; /* of the service; searched before fault_common */
    size_t rule_count;
    bool at_hand;             /* do not wait for credentials, see signed_sign */
    struct sigv4_cache cache; /* initialise with zeros; call sigv4_cache_wipe at the end */
};

/*
 * The state of one call over its attempts. It contains credentials: signed_try_done wipes and
 * releases it.
 */
struct signed_try {
    struct creds creds;
    bool clock_corrected;
    bool creds_corrected;
    bool creds_missing, creds_due; /* after signed_sign with signer.at_hand */
    struct http_header headers[SIGNED_HEADERS];
    struct buf host, authorization;
    char date[SIGV4_DATE_BYTES];
    char hash[SIGV4_HEX_BYTES];
};

void signed_try_init(struct signed_try *t);
void signed_try_done(struct signed_try *t);

/*
 * Set *out to *r plus Host, date, token and signature. The added headers live in *t until the next
 * call. All headers of *r are signed. Errors: those of creds_get, FAIL_LIMIT.
 *
 * With s->at_hand it never waits for credentials. creds_missing: a thread that may wait must call
 * creds_get before the next signed_sign. creds_due: it should do so soon.
 */
MUST_USE enum err_kind signed_sign(struct signed_try *t, struct signer *s,
                                   const struct http_request *r, struct http_request *out,
                                   struct err *e);

enum signed_verdict {
    SIGNED_GOOD,  /* a 2xx response */
    SIGNED_AGAIN, /* corrected: sign and send again now */
    SIGNED_BAD,   /* *e and *f describe the error */
};

/* Interpret a response. *f (f may be NULL) gets all details of the error. */
MUST_USE enum signed_verdict signed_judge(struct signed_try *t, struct signer *s,
                                          const struct http_answer *a, struct fault *f,
                                          struct err *e);

/*
 * The whole call, blocking. FAIL_NONE: a 2xx response. Else the class of the service's error with
 * f->status set, or the error of http_call or creds_get with f->status 0.
 */
MUST_USE enum err_kind signed_call(struct signer *s, struct http *h, const struct http_request *r,
                                   struct http_answer *a, struct fault *f, struct err *e);

#endif
