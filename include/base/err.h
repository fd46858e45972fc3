/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err.h - the one error type of the program.
 *
 * The kind determines what the caller does. The other members are for people: the text and, if an
 * AWS service answered, its error code, HTTP status and request ids. Code branches on the kind only
 * and never reads the text. settle/outcome.c maps each kind to what happens to the message.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/span.h"

enum err_kind {
    FAIL_NONE = 0,
    FAIL_AGAIN, /* transient (timeout, broken connection, 5xx): the same call may succeed later */
    FAIL_THROTTLED,  /* the service requires a lower request rate (SlowDown, Throttling, OverLimit)
                      */
    FAIL_DENIED,     /* access denied: the customer or the operator must change a policy */
    FAIL_KMS,        /* a KMS key is disabled or pending deletion, or its policy denies access */
    FAIL_GONE,       /* the object does not exist */
    FAIL_SUPERSEDED, /* the pinned version was replaced; the current version can be read */
    FAIL_ARCHIVED,   /* the object is in an archive storage class and is not restored */
    FAIL_DATA,       /* the bytes are invalid; a retry cannot succeed */
    FAIL_FORMAT,     /* the object has an unsupported format, which the text names */
    FAIL_LIMIT,      /* a configured limit was exceeded */
    FAIL_CONFIG,     /* the configuration, the worker's or the customer's, cannot work */
    FAIL_SKEW,    /* the service rejects the request because of the difference between the clocks */
    FAIL_LOST,    /* the lease of the message is lost: another consumer may have received it */
    FAIL_STOPPED, /* the worker is shutting down */
    FAIL_KINDS    /* number of kinds */
};

struct err {
    enum err_kind kind;
    int status;          /* HTTP status, 0 if none */
    char code[64];       /* AWS error code ("AccessDenied"), "" if none */
    char request_id[80]; /* x-amz-request-id or x-amzn-RequestId, "" if none */
    char host_id[96];    /* x-amz-id-2, "" if none */
    char host[100];      /* that did not answer, "" if one did */
    char text[768];      /* always NUL-terminated, cut if longer; AWS's own texts take up to 512 */
};

/*
 * Set kind and text of *e, which may be NULL. The other members are kept. Returns `kind`, so that a
 * function that fails ends in one line:
 *
 *     return err_set(e, FAIL_DENIED, "s3: HTTP %ld %s", status, code);
 */
enum err_kind err_set(struct err *e, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Insert "context: " before the text of *e. The other members are kept. Returns the kind of *e. */
enum err_kind err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * *e for a log line beside another one that has all of it: without its text if it has a code, which
 * together with the request id finds the other line.
 */
struct err err_brief(const struct err *e);

/* Reset to FAIL_NONE with empty texts. */
void err_clear(struct err *e);

/* The kind as one lower-case word for logs, metrics and rejects: "denied". Never NULL. */
const char *err_kind_name(enum err_kind kind);

/*
 * Copy `from`, a text from outside, into the member `to` of `cap` bytes. It is NUL-terminated, and
 * truncated if it is too long. Each control byte becomes '?'.
 */
void err_copy(char *to, size_t cap, struct span from);

#endif
