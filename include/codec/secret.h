/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.h - finds secrets in texts, under member names and in argument lists.
 *
 * It finds the patterns of Beacon's own redaction (event-schema.md §11), the key formats of common
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
 * Escapes of JSON in the text (\u0070, \/) count as the characters that they represent. Only the
 * position of a secret is returned; it is never printed. Time is linear in the length of the text,
 * for any text.
 *
 * Threads: one at a time per object.
 */
#ifndef CODEC_SECRET_H
#define CODEC_SECRET_H

#include "base/buf.h"

struct secret {
    size_t from, to;  /* the bytes that are replaced: for "password=abc" only "abc" */
    const char *kind; /* for people: "AWS access key". Never NULL */
};

struct secret_client;

/* A pass over a text, which must exist until secret_scan_done. */
struct secret_scan {
    struct span text; /* the text that is searched: the source, or `plain` */
    size_t at;        /* the offset of its next byte */

    const struct secret_client *client; /* the known client in whose command the pass is, or NULL */
    size_t client_at;
    char client_quote; /* the quote that is open since the client, or NUL */
    bool client_ready; /* its subcommand was found, if it needs one */

    struct buf
        plain; /* the source with its escapes resolved; without escapes nothing is allocated */
    struct buf shifts; /* the positions of the escapes */
    size_t shift;      /* the last one before `at` */
};

void secret_scan_start(struct secret_scan *scan, struct span text);
void secret_scan_done(struct secret_scan *scan);

/* The next secret; secrets do not overlap. False: there are no more. */
MUST_USE bool secret_scan_next(struct secret_scan *scan, struct secret *s);

/* The first secret of a text. False: there is none. */
MUST_USE bool secret_find(struct span text, struct secret *s);

/*
 * Append the text with every secret replaced by [REDACTED] and return true. False: there is none,
 * and nothing was appended. A value assigned to a name is also replaced at its other occurrences in
 * the text. The caller checks *out for overflow.
 */
MUST_USE bool secret_redact(struct span text, struct buf *out);

/*
 * The same for the bytes of the text from `from` on: what is before them is searched, too, as it
 * may have the name or the beginning of a secret, but it is not appended.
 */
MUST_USE bool secret_redact_from(struct span text, size_t from, struct buf *out);

/* The quote of a secret that is not closed in its text. */
struct secret_quote {
    char sign;    /* NUL: none is open */
    size_t level; /* backslashes before it */
};

/* The quote of the text's last secret if that is not closed: the secret goes on after the text. */
MUST_USE struct secret_quote secret_open_quote(struct span text);

/* The number of bytes of the text before the quote is closed; all of them if it is not. */
MUST_USE size_t secret_quote_end(struct span text, struct secret_quote q);

/* ---- values under a name ---- */

enum secret_name {
    SECRET_NAME_NONE,
    SECRET_NAME_COUNTS, /* may be a number of tokens: a short number is not a secret */
    SECRET_NAME_PASS,   /* may also be a result: a short number, `ok`, a variable, a URL are none */
    SECRET_NAME_PWD,    /* ... or the working directory: a path is none either */
    SECRET_NAME_VALUE,
};

/*
 * Whether the value of a member, variable or option of this name is a secret: "password",
 * "DB_PASSWORD", "apiKey". Case, '_', '-' and '.' are ignored.
 */
MUST_USE enum secret_name secret_name(struct span name);

/*
 * Whether the value may be a secret. False for an empty or already redacted value and for words
 * like null, under any name.
 */
MUST_USE bool secret_value(struct span text);

/* Whether the value of a member, variable or option of such a name is a secret. */
MUST_USE bool secret_value_of(enum secret_name name, struct span text);

/* The state of a walk over a list of arguments or variables. Initially {0}. */
struct secret_args {
    const struct secret_client *client;
    bool client_ready;
    bool next_is;          /* the next argument is a secret */
    enum secret_name name; /* ... of such a name */
    int setting;    /* 1 after `configure`, 2 after `configure set`: a name and its value follow */
    bool next_pair; /* ... after its colon */
};

/*
 * Check the next argument: --password=x, x after --password or after -p of a known client, NAME=x.
 * True: it is a secret from byte *from to its end. False: search it with secret_find.
 */
MUST_USE bool secret_args_next(struct secret_args *a, struct span arg, size_t *from);

#endif
