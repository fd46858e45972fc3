/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prefix.h - a customer's prefix as people write it: a path, or an address with the bucket in it.
 * The rules for it are here only: `onboard` and the reader of the configuration use the same ones.
 *
 *     struct prefix_parts p = prefix_split(text);   // s3://acme-events/a/b/: acme-events, a/b
 *     const char *why = prefix_refuse(path);        // it can match no key
 *     const char *doubt = prefix_doubt(path);       // it matches keys, but hardly the ones meant
 *
 * Threads: no state.
 */
#ifndef CONF_PREFIX_H
#define CONF_PREFIX_H

#include "base/buf.h"
#include "base/span.h"

struct prefix_parts {
    struct span bucket; /* "": the text names none */
    struct span path;   /* without a slash at its beginning and at its end */
};

/*
 * Split s3://, s3a:// or s3n://BUCKET/PATH and the ARN of keys arn:aws:s3:::BUCKET/PATH; any other
 * text is a path. The spans point into the text.
 */
struct prefix_parts prefix_split(struct span text);

/*
 * Why a path that prefix_split returned cannot be the prefix of a key that is read: another
 * address, blanks or slashes around it, "." and ".." as parts, control characters. NULL: it can.
 */
const char *prefix_refuse(struct span path);

/*
 * Why a path is doubtful: wildcards, percent-encoding, characters that a policy of IAM cannot have.
 * `onboard` refuses it, since it would write policies for it; in the configuration it is a warning.
 */
const char *prefix_doubt(struct span path);

/* Whether a path begins with the bucket's name as its first part. bucket: NULL: not known. */
bool prefix_has_bucket(struct span path, const char *bucket);

/*
 * What the person who wrote a prefix should read: a slash that was removed, the bucket's name as
 * the first part, a file's name as the last. A line is appended for each. text: as it was written.
 */
void prefix_add_notes(struct span text, const char *bucket, struct buf *out);

#endif
