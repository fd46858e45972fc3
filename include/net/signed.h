/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signed.h - requests to AWS: signed, sent, their errors classed, and repaired where a second
 * try can help at once.
 *
 *     struct signer s = {.clock = &clock_system, .skew = &skew, .creds = creds,
 *                        .service = "sts", .region = "eu-west-1", .rules = rules, ...};
 *     kind = signed_call(&s, http, &request, &answer, NULL, &e);
 *
 * Two faults are fixed here, each once per call (research/aws.md §1.3, §5.7): a clock that the
 * service calls wrong is corrected by the answer's Date, for all who share the struct skew;
 * credentials that it calls expired are rejected (creds_reject) and fetched again. Any
 * other retry is the caller's.
 *
 * Who drives curl itself uses the parts: signed_sign, then http_begin ... http_finish, then
 * signed_judge, and again while that says so.
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
    SIGNED_HEADERS = 24,        /* most headers of a request, with ours */
    SKEW_TOLERANCE_MS = 240000, /* a smaller difference is not corrected */
};

/*
 * How much a service's clock is ahead of ours. One per endpoint, shared by all who call it;
 * zero to begin with.
 */
struct skew {
    _Atomic int64_t offset_ms;
    atomic_bool news; /* corrected since skew_news was asked */
};

/* Now, in the service's opinion: for signatures and for the expiry of credentials. */
int64_t skew_now_ms(const struct skew *k, const struct clock *c);

/* True once after each correction: *offset_ms is worth a warning. */
MUST_USE bool skew_news(struct skew *k, int64_t *offset_ms);

struct signer {
    const struct clock *clock;
    struct skew *skew;
    struct creds_source *creds; /* NULL: nothing is signed (AssumeRoleWithWebIdentity) */
    const char *service;        /* "s3" also means: path as it is, and a hash header */
    const char *region;
    const struct fault_rule *rules; /* the service's own, before fault_common */
    size_t rule_count;
    bool at_hand;             /* do not wait for credentials: see signed_sign */
    struct sigv4_cache cache; /* zero to begin with; sigv4_cache_wipe in the end */
};

/* One call, over its tries. Large (credentials): wiped and released by signed_try_done. */
struct signed_try {
    struct creds creds;
    bool clock_mended;
    bool creds_mended;
    bool creds_missing, creds_due; /* after signed_sign, if the signer takes what is at hand */
    struct http_header headers[SIGNED_HEADERS];
    struct buf host, authorization;
    char date[SIGV4_DATE_BYTES];
    char hash[SIGV4_HEX_BYTES];
};

void signed_try_init(struct signed_try *t);
void signed_try_done(struct signed_try *t);

/*
 * *out becomes *r with Host, date, token and signature; its headers live in *t until the next
 * call. All headers of *r are signed. Errors: those of creds_get, FAIL_LIMIT.
 *
 * With s->at_hand it never waits for credentials: creds_missing says that creds_get has to be
 * called first, by a thread that may wait, and then this again; creds_due that this should be
 * done soon.
 */
MUST_USE enum err_kind signed_sign(struct signed_try *t, struct signer *s,
                                   const struct http_request *r, struct http_request *out,
                                   struct err *e);

enum signed_verdict {
    SIGNED_GOOD,  /* a 2xx answer */
    SIGNED_AGAIN, /* corrected: sign and send once more, now */
    SIGNED_BAD,   /* e and f say what */
};

/* What an answer means. f (may be NULL) gets all that the service said. */
MUST_USE enum signed_verdict signed_judge(struct signed_try *t, struct signer *s,
                                          const struct http_answer *a, struct fault *f,
                                          struct err *e);

/*
 * All of it, blocking. FAIL_NONE: a 2xx answer. Else the class of the service's error, with
 * f->status set if there was an answer, or what http_call or creds_get returned (f->status 0).
 */
MUST_USE enum err_kind signed_call(struct signer *s, struct http *h, const struct http_request *r,
                                   struct http_answer *a, struct fault *f, struct err *e);

#endif
