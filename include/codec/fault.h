/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.h - an error response of an AWS service, and its error class.
 *
 *     struct fault f;
 *     fault_read(&f, status, head, body);
 *     kind = fault_find(&f, rules, count)->kind;   the table of the service, then the common one
 *
 * Bodies that are read: <Error> (S3), <ErrorResponse><Error> (STS, query protocol), JSON with
 * "__type" (SQS), {"Error":{...}} (STS in JSON), {"code","message"} (container credentials). The
 * headers x-amzn-query-error and x-amzn-errortype are read if the body has no code. An unreadable
 * body gives an empty code, and the HTTP status determines the class. Source: research/aws.md §2.3,
 * §4.3, §6.4.
 *
 * Threads: no state.
 */
#ifndef CODEC_FAULT_H
#define CODEC_FAULT_H

#include "base/err.h"

enum {
    FAULT_BODY_BYTES = 64 * 1024, /* maximum size of an error body; the rest is not read */
};

struct fault {
    int status;
    char code[64];       /* "AccessDenied", without namespace; "" if there is none */
    char query_code[80]; /* the code of x-amzn-query-error, "" if none */
    char message[512];   /* a foreign text; control bytes are replaced */
    char region[33]; /* S3: x-amz-bucket-region or <Region>; "" or a name that passes url_region_ok
                      */
    char request_id[80];
    char host_id[96];
    bool kms;        /* the message names a KMS permission */
    char action[64]; /* the permission that the message names as missing: "s3:GetObject"; or "" */
};

void fault_read(struct fault *f, int status, struct span head, struct span body);

enum fault_flags {
    FAULT_CREDS = 1,      /* other credentials may succeed */
    FAULT_SKEW = 2,       /* the clocks differ */
    FAULT_MAYBE_SKEW = 4, /* the clocks may differ; the Date header decides */
};

struct fault_rule {
    const char *code; /* a final '*' matches any ending; NULL matches any code */
    int status;       /* 0 matches any status */
    enum err_kind kind;
    unsigned flags;
};

/* Codes that all services share: credentials, clocks, throttling. */
extern const struct fault_rule fault_common[];
extern const size_t fault_common_count;

/*
 * Rules by HTTP status, for responses without a known code: from a proxy, a load balancer or a
 * broken server.
 */
extern const struct fault_rule fault_statuses[];
extern const size_t fault_status_count;

/*
 * The first rule that matches the code or the query code, and the status. `rules` are searched
 * first, then fault_common, then fault_statuses. If none matches, other 3xx and 4xx are
 * FAIL_CONFIG, and everything else is FAIL_AGAIN. Never NULL.
 */
const struct fault_rule *fault_find(const struct fault *f, const struct fault_rule *rules,
                                    size_t count);

/* What follows is the service's own text, whose names are not the configuration's. */
#define FAULT_TEXT "; the service's text: "

/*
 * Set kind, status, code and ids of *e. Its text becomes "HTTP 403 AccessDenied; the service's
 * text: message". Returns `kind`.
 */
enum err_kind fault_set(struct err *e, enum err_kind kind, const struct fault *f);

#endif
