/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.h - secrets in a text: found, or replaced by [REDACTED].
 *
 * Known are the patterns of Beacon's own redaction (event-schema.md §11), the key
 * formats of common providers, private key blocks, JSON web tokens, and passwords in URLs.
 *
 *     struct secret s;
 *     while (secret_find(text, from, &s)) { ... s.kind ... from = s.to; }
 *
 * A secret is only ever pointed at, never printed. Linear time in the text; no state.
 */
#ifndef CODEC_SECRET_H
#define CODEC_SECRET_H

#include "base/buf.h"

struct secret {
    size_t from, to;  /* what is replaced: for "password=abc" only "abc" */
    const char *kind; /* for people: "AWS access key". Never NULL */
};

/* The first secret that begins at `from` or behind it. False: none. */
MUST_USE bool secret_find(struct span text, size_t from, struct secret *s);

/*
 * Append the text with every secret replaced and return true. False: there is none, and
 * nothing was appended. An overflow of *out is the caller's to see.
 */
MUST_USE bool secret_redact(struct span text, struct buf *out);

#endif
