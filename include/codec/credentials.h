/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credentials.h - a set of AWS credentials, and the JSON in which instances, containers and
 * helper programs hand them out (research/aws.md §5.3-§5.5).
 *
 *     struct creds c;
 *     if (credentials_read(answer, CREDENTIALS_IMDS, &c, e) == FAIL_NONE) ...
 *     creds_wipe(&c);
 *
 * Everything that ends up in a header is checked here: no control bytes, no blanks.
 * Errors never hold a part of a secret. Threads: no state.
 */
#ifndef CODEC_CREDENTIALS_H
#define CODEC_CREDENTIALS_H

#include "base/err.h"

enum {
    CREDS_TOKEN_BYTES = 16 * 1024,
    CREDENTIALS_JSON_BYTES = 64 * 1024, /* longest document */
};

/* A copy on the caller's stack; wipe it. AWS gives no maximum for the token: ours is above. */
struct creds {
    char access_key_id[130];
    char secret_access_key[256];
    char session_token[CREDS_TOKEN_BYTES]; /* "" if none */
    int64_t expires_ms;                    /* wall clock, INT64_MAX if they do not */
};

void creds_wipe(struct creds *c);

/* The four texts that make a set; "" for a token or expiration that there is not. */
struct credentials_text {
    struct span access_key_id;
    struct span secret_access_key;
    struct span session_token;
    struct span expiration; /* ISO 8601 */
};

/*
 * Check and copy them. FAIL_CONFIG, *out wiped: one is missing (an id without its secret is an
 * error, not "none"), holds bytes it must not, or is longer than there is room.
 */
MUST_USE enum err_kind credentials_set(struct creds *out, const struct credentials_text *t,
                                       struct err *e);

enum credentials_form {
    CREDENTIALS_IMDS,      /* instance: Code, Token */
    CREDENTIALS_CONTAINER, /* ECS, EKS: Token */
    CREDENTIALS_PROCESS,   /* credential_process: Version 1, SessionToken */
};

/*
 * FAIL_DENIED: the origin says no (Code other than Success), with its code and message.
 * FAIL_AGAIN: garbage from an instance or container. FAIL_CONFIG: garbage from a program.
 */
MUST_USE enum err_kind credentials_read(struct span text, enum credentials_form form,
                                        struct creds *out, struct err *e);

/*
 * The one line of an instance's answer, a token or the name of a role: it goes into a header
 * or a URL. False: it is empty, or has blanks or control bytes. What follows it is ignored.
 */
MUST_USE bool credentials_line(struct span answer, struct span *line);

#endif
