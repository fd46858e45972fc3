/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive.h - a tar.gz of a few texts, with a manifest of their SHA-256.
 *
 *     struct archive a = {.tar = BUF_INIT(MAX), .manifest = BUF_INIT(MAX), .folder = "diagnose"};
 *     archive_add(&a, "metrics.txt", text, now_s);
 *     if (archive_end(&a, now_s, &gz)) ... write gz ...
 *     archive_done(&a);
 *
 * POSIX ustar; files have mode 0600 and belong to root. Threads: one at a time.
 */
#ifndef APP_ARCHIVE_H
#define APP_ARCHIVE_H

#include "base/buf.h"

struct archive {
    struct buf tar, manifest;
    const char *folder; /* a literal */
};

/* name: a literal of the program. */
void archive_add(struct archive *a, const char *name, struct span text, int64_t time_s);

/* Add MANIFEST, end the archive and compress it. False: it is too large. */
MUST_USE bool archive_end(struct archive *a, int64_t time_s, struct buf *gz);
void archive_done(struct archive *a);

#endif
