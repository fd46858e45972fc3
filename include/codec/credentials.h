/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credentials.h - a set of AWS credentials, and the JSON documents in which instances, containers
 * and credential programs return them (research/aws.md §5.3-§5.5).
 *
 *     struct creds c;
 *     if (credentials_read(answer, CREDENTIALS_IMDS, &c, e) == FAIL_NONE) ...
 *     creds_wipe(&c);
 *
 * Texts that become part of a header are checked here: no control bytes, no blanks. Errors never
 * contain a part of a secret. Threads: no state.
 */
#ifndef CODEC_CREDENTIALS_H
#define CODEC_CREDENTIALS_H

#include "base/err.h"

enum {
    CREDS_TOKEN_BYTES = 16 * 1024,
    CREDENTIALS_JSON_BYTES = 64 * 1024, /* maximum size of a document */
};

/*
 * Usually on the caller's stack; wipe it after use. AWS documents no maximum size of a token;
 * CREDS_TOKEN_BYTES is above all sizes seen.
 */
struct creds {
    char access_key_id[130];
    char secret_access_key[256];
    char session_token[CREDS_TOKEN_BYTES]; /* "" if there is none */
    int64_t expires_ms;                    /* wall clock in ms; INT64_MAX: they do not expire */
};

void creds_wipe(struct creds *c);

/* The texts of a set of credentials. session_token and expiration may be "". */
struct credentials_text {
    struct span access_key_id;
    struct span secret_access_key;
    struct span session_token;
    struct span expiration; /* ISO 8601 */
};

/*
 * Check and copy the texts. FAIL_CONFIG, with *out wiped: one of the first two is missing (an id
 * without its secret is an error, not an absent set), a text contains forbidden bytes, or it is too
 * long.
 */
MUST_USE enum err_kind credentials_set(struct creds *out, const struct credentials_text *t,
                                       struct err *e);

enum credentials_form {
    CREDENTIALS_IMDS,      /* of an instance, with the members Code and Token */
    CREDENTIALS_CONTAINER, /* of ECS or EKS, with the member Token */
    CREDENTIALS_PROCESS,   /* of a credential_process, with the members Version (1) and SessionToken
                            */
};

/*
 * Read a document. FAIL_DENIED: it is an error (a Code other than Success); *e has its code and
 * message. FAIL_AGAIN: the document of an instance or container is invalid. FAIL_CONFIG: the
 * document of a program is invalid.
 */
MUST_USE enum err_kind credentials_read(struct span text, enum credentials_form form,
                                        struct creds *out, struct err *e);

/*
 * The first line of an instance's response: a token or the name of a role, which becomes part of a
 * header or URL. Further lines are ignored. False: it is empty or contains blanks or control bytes.
 */
MUST_USE bool credentials_line(struct span answer, struct span *line);

#endif
