/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inventory.h - an S3 Inventory: its manifest.json, and the lines of its CSV files (Amazon S3 User
 * Guide, "Inventory manifest" and "Amazon S3 Inventory list").
 *
 *     OWNED(inventory) struct inventory *i = inventory_read(text, &e);
 *     for (size_t f = 0; f < inventory_files(i); f++) ... inventory_file(i, f) ...
 *         inventory_line(i, line, &room, &entry) ... each line of the decompressed file
 *
 * Only files of format CSV. The columns are those of the manifest's fileSchema, in any order; a
 * column that is not known is skipped. Threads: one at a time.
 */
#ifndef CODEC_INVENTORY_H
#define CODEC_INVENTORY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"
#include "codec/s3_page.h"

enum {
    INVENTORY_MANIFEST_BYTES = 16 * 1024 * 1024,
    INVENTORY_LINE_BYTES = 64 * 1024,
    INVENTORY_COLUMNS = 64,
};

struct inventory;

/* NULL and FAIL_DATA: it is no manifest. FAIL_FORMAT: of another format than CSV. */
MUST_USE struct inventory *inventory_read(struct span manifest, struct err *e);
void inventory_free(struct inventory *i);
DEFINE_OWNED(inventory);

struct span inventory_bucket(const struct inventory *i); /* sourceBucket */
size_t inventory_files(const struct inventory *i);
/* The name of a file without its folders: never empty, "." or "..", without a slash or a NUL. */
struct span inventory_file(const struct inventory *i, size_t at);

enum inventory_what {
    INVENTORY_OBJECT,
    INVENTORY_OTHER, /* an older version, a delete marker, or an object of another bucket */
    INVENTORY_WRONG, /* no line of this schema */
};

/*
 * Read a line without its line feed. *room has the decoded texts that *out points into, until the
 * next call with it.
 */
MUST_USE enum inventory_what inventory_line(const struct inventory *i, struct span line,
                                            struct buf *room, struct s3_entry *out);

#endif
