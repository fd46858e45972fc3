/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.h - what an AWS service says went wrong, and which class of ours that is.
 *
 *     struct fault f;
 *     fault_read(&f, status, head, body);
 *     kind = fault_find(&f, rules, count)->kind;   a table of codes, then the common one
 *
 * Bodies: <Error> (S3), <ErrorResponse><Error> (STS, query protocol), JSON with "__type"
 * (SQS), {"Error":{...}} (STS in JSON), {"code","message"} (container credentials).
 * x-amzn-query-error and x-amzn-errortype are read where the body says nothing. Garbage
 * gives an empty code, and then the HTTP status decides. Source: research/aws.md §2.3, §4.3, §6.4.
 *
 * Threads: no state.
 */
#ifndef CODEC_FAULT_H
#define CODEC_FAULT_H

#include "base/err.h"

enum {
    FAULT_BODY_BYTES = 64 * 1024, /* a longer error body is cut there before it is read */
};

struct fault {
    int status;
    char code[64];       /* "AccessDenied", without namespace; "" if not told */
    char query_code[80]; /* the code of x-amzn-query-error, "" if none */
    char message[512];   /* foreign text: control bytes replaced */
    char region[33];     /* S3: x-amz-bucket-region, else <Region>; "" or url_region_ok */
    char request_id[80];
    char host_id[96];
    bool kms; /* the message names a permission of KMS */
};

void fault_read(struct fault *f, int status, struct span head, struct span body);

enum fault_flags {
    FAULT_CREDS = 1,      /* new credentials may help */
    FAULT_SKEW = 2,       /* our clock is wrong */
    FAULT_MAYBE_SKEW = 4, /* it may be, if the answer's Date says so */
};

struct fault_rule {
    const char *code; /* a '*' at its end takes any ending; NULL: any code */
    int status;       /* 0: any */
    enum err_kind kind;
    unsigned flags;
};

/* Rules of credentials, clocks and throttling, which all services have in common. */
extern const struct fault_rule fault_common[];
extern const size_t fault_common_count;

/* Where no code is known: what a proxy, a load balancer or a broken server means. */
extern const struct fault_rule fault_statuses[];
extern const size_t fault_status_count;

/*
 * The first of `rules` (then of fault_common, then by status alone) that fits code, or
 * query code, and status; else other 3xx and 4xx are FAIL_CONFIG, all the rest FAIL_AGAIN. Never
 * NULL.
 */
const struct fault_rule *fault_find(const struct fault *f, const struct fault_rule *rules,
                                    size_t count);

/* Fill kind, status, code and ids of *e; the text becomes "HTTP 403 AccessDenied: message". */
enum err_kind fault_set(struct err *e, enum err_kind kind, const struct fault *f);

#endif
