/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - the objects that a job is about, one at a time: from a list of the bucket, from an S3
 * Inventory, or from a text of keys.
 *
 *     OWNED(keys) struct keys *k = keys_of_list(s3, customer, SPAN("logs/"), creds, SPAN(""));
 *     while (keys_next(k, &entry, &e)) ...
 *     if (e.kind != FAIL_NONE) ... of a list: a further call continues
 *
 * The memory does not depend on the number of objects. Threads: one at a time.
 */
#ifndef JOBS_KEYS_H
#define JOBS_KEYS_H

#include "conf/conf.h"
#include "net/s3.h"

#include <stdio.h>

struct keys;

/*
 * All keys that begin with the prefix, by ListObjectsV2, from the one after start_after on. After
 * an error the list goes on behind the last key that was returned. Objects that are added or
 * removed meanwhile are listed or not, by their key; every other one is listed exactly once.
 */
MUST_USE struct keys *keys_of_list(struct s3 *s3, const struct customer_conf *customer,
                                   struct span prefix, struct creds_source *creds,
                                   struct span start_after);

/* One key a line, not encoded; empty lines are skipped. The file is not closed. */
MUST_USE struct keys *keys_of_text(FILE *in);

/*
 * The files of an S3 Inventory (CSV, gzip), in the order of the manifest, which is a local file. A
 * data file is searched by its name in the folder of the manifest, in data/ of it, and in ../data/.
 * Versions that are not the latest, and delete markers, are left out. NULL: it cannot be read, or
 * is of another bucket.
 */
MUST_USE struct keys *keys_of_inventory(const char *manifest, struct span bucket, struct err *e);

/*
 * Of another source, which it owns, those that `wanted` returns true for. ctx: the caller's.
 */
MUST_USE struct keys *
keys_of_some(struct keys *all, bool (*wanted)(void *ctx, const struct s3_entry *entry), void *ctx);

void keys_free(struct keys *k);
DEFINE_OWNED(keys);

/*
 * The next object, valid until the next call; etag and storage_class may be "", size -1 and
 * modified_ns 0. False: the end (e->kind is FAIL_NONE), or an error.
 */
MUST_USE bool keys_next(struct keys *k, struct s3_entry *out, struct err *e);

#endif
