/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err.h - one error type for the whole program.
 *
 * The kind says what the caller must DO; the rest tells a person what happened:
 * the text, and, when an AWS service answered, its code, HTTP status and request ids.
 * Code branches on the kind only and never reads the text. Which kind leads to which
 * outcome for a notification is one table: settle/outcome.c.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/span.h"

enum err_kind {
    FAIL_NONE = 0,
    FAIL_AGAIN,      /* transient: timeout, cut connection, 5xx; the same call may succeed later */
    FAIL_THROTTLED,  /* the service asks us to slow down (SlowDown, Throttling, OverLimit) */
    FAIL_DENIED,     /* refused by policy; only the customer or the operator can fix it */
    FAIL_KMS,        /* a KMS key is disabled, pending deletion, or its policy denies us */
    FAIL_GONE,       /* the object does not exist (any more) */
    FAIL_SUPERSEDED, /* the pinned version was replaced; read the current one */
    FAIL_ARCHIVED,   /* the object is in an archive class and not restored */
    FAIL_DATA,       /* the bytes are not what they must be; trying again cannot help */
    FAIL_FORMAT,     /* the object is of a format that is not read; its text names it */
    FAIL_LIMIT,      /* a configured limit was reached */
    FAIL_CONFIG,     /* configuration of ours or of the customer's that cannot work */
    FAIL_SKEW,       /* our clock is wrong in the eyes of the service */
    FAIL_LOST,       /* the lease of the notification is gone: another consumer has it */
    FAIL_STOPPED,    /* the program is shutting down */
    FAIL_KINDS       /* their number */
};

struct err {
    enum err_kind kind;
    int status;          /* HTTP status, 0 if none */
    char code[64];       /* AWS error code ("AccessDenied"), "" if none */
    char request_id[80]; /* x-amz-request-id or x-amzn-RequestId, "" if none */
    char host_id[96];    /* x-amz-id-2, "" if none */
    char text[320];      /* always NUL-terminated, cut if longer */
};

/*
 * Fill kind and text of *e (which may be NULL; the other members are kept) and
 * return `kind`, so that a failing function ends in one line:
 *
 *     return err_set(e, FAIL_DENIED, "s3: HTTP %ld %s", status, code);
 */
enum err_kind err_set(struct err *e, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Put "context: " before the text of *e; everything else stays. Returns the kind. */
enum err_kind err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Forget everything: FAIL_NONE and empty texts. */
void err_clear(struct err *e);

/* The kind as one lower-case word for logs, metrics and rejects: "denied". Never NULL. */
const char *err_kind_name(enum err_kind kind);

/* Copy a foreign text into a fixed member, cut at its size, control bytes replaced by '?'. */
void err_copy(char *to, size_t cap, struct span from);

#endif
