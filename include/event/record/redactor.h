/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redactor.h - finds the secrets of a record, value by value in the order of its text: values of
 * members with a name like "password" (also as {"name":"PASSWORD","value":"x"}), arguments and
 * variables of lists, and secrets within a text or a name (codec/secret.h).
 *
 *     struct redactor r;
 *     struct redaction hit;
 *     redactor_start(&r, &doc, at);
 *     while (redactor_next(&r, &hit)) { ... }
 *
 * Time is linear in the value. Threads: one at a time per object.
 */
#ifndef EVENT_RECORD_REDACTOR_H
#define EVENT_RECORD_REDACTOR_H

#include "codec/json.h"
#include "codec/secret.h"

struct redaction {
    size_t at;        /* tape index of a string, a number or a member's name */
    bool in_text;     /* a part of the string is a secret: secret_redact replaces it */
    size_t from;      /* if not in_text: it is a secret from this byte to its end */
    size_t name;      /* of a name: its number among its object's names with a secret; else 0 */
    const char *kind; /* for people. Never NULL */
};

/* A container around the current value. */
struct redactor_level {
    bool object;
    unsigned how;      /* flags of redactor.c for the values in it, from its name */
    size_t pair;       /* the value of a pair with the name of a secret; 0: none */
    unsigned pair_how; /* its flags */
    size_t names;      /* names with a secret, so far */
    struct secret_args args;
};

struct redactor {
    const struct doc *doc;
    size_t at;      /* the next value, name or end */
    bool name_done; /* `at` is a name that was searched */
    size_t depth;
    struct redactor_level levels[JSON_MAX_DEPTH];
};

/* Start at the value `at` of a document, which is borrowed. */
void redactor_start(struct redactor *r, const struct doc *doc, size_t at);

MUST_USE bool redactor_next(struct redactor *r, struct redaction *hit);

/*
 * Append the replacement of the string, number or name, as characters (not yet JSON). The caller
 * checks *out for overflow.
 */
void redaction_write(const struct doc *doc, const struct redaction *hit, struct buf *out);

#endif
