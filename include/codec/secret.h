/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.h - secrets in texts, under member names and in argument lists.
 *
 * Known are the patterns of Beacon's own redaction (event-schema.md §11), the key formats of common
 * providers, private key blocks, JSON web tokens, passwords in URLs and in the commands of known
 * clients, and values assigned to a name like "password". All are rows of tables
 * (codec/secret_forms.c, secret_names.c, secret_args.c); docs/reference/redaction.md explains them.
 *
 *     struct secret_scan scan;
 *     struct secret s;
 *     secret_scan_start(&scan, text);
 *     while (secret_scan_next(&scan, &s)) { ... s.kind ... text[s.from, s.to) ... }
 *     secret_scan_done(&scan);
 *
 * Escapes of JSON in the text (\u0070, \/) count as the characters that they mean. A secret is
 * never printed, only its position returned. Time is linear in the text, whatever it is.
 */
#ifndef CODEC_SECRET_H
#define CODEC_SECRET_H

#include "base/buf.h"

struct secret {
    size_t from, to;  /* what is replaced: for "password=abc" only "abc" */
    const char *kind; /* for people: "AWS access key". Never NULL */
};

struct secret_client;

/* A pass over a text, which must outlive it. */
struct secret_scan {
    struct span text; /* what is searched: the source, or `plain` */
    size_t at;        /* the next byte of it */

    const struct secret_client *client; /* the known client whose command the pass is in, or NULL */
    size_t client_at;
    bool client_ready; /* its subcommand was found, if it needs one */

    struct buf
        plain; /* the source with its escapes resolved; without escapes nothing is allocated */
    struct buf shifts; /* the positions of the escapes */
    size_t shift;      /* the last one before `at` */
};

void secret_scan_start(struct secret_scan *scan, struct span text);
void secret_scan_done(struct secret_scan *scan);

/* The next secret; secrets do not overlap. False: no more. */
MUST_USE bool secret_scan_next(struct secret_scan *scan, struct secret *s);

/* The first secret of a text. False: there is none. */
MUST_USE bool secret_find(struct span text, struct secret *s);

/*
 * Append the text with every secret replaced by [REDACTED] and return true. False: there is
 * none, and nothing was appended. A value assigned to a name is also replaced wherever else it
 * occurs in the text. The caller checks *out for overflow.
 */
MUST_USE bool secret_redact(struct span text, struct buf *out);

/* ---- values known by their name ---- */

enum secret_name {
    SECRET_NAME_NONE,
    SECRET_NAME_COUNTS, /* may be a number of tokens: a short number is not a secret */
    SECRET_NAME_VALUE,
};

/*
 * Whether the value of a member, variable or option of this name is a secret: "password",
 * "DB_PASSWORD", "apiKey". Case, '_', '-' and '.' do not count.
 */
MUST_USE enum secret_name secret_name(struct span name);

/* False: empty, redacted already, or a word like null, which is not a secret under any name. */
MUST_USE bool secret_value(struct span text);

/* The state of a walk over a list of arguments or variables. Initially {0}. */
struct secret_args {
    const struct secret_client *client;
    bool client_ready;
    bool next_is;   /* the next argument is a secret */
    bool next_pair; /* ... after its colon */
};

/*
 * The next argument: --password=x, x after --password or after -p of a known client, NAME=x.
 * True: from byte *from to its end it is a secret. False: search it with secret_find.
 */
MUST_USE bool secret_args_next(struct secret_args *a, struct span arg, size_t *from);

#endif
