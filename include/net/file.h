/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - reads small files with secrets or tokens. The content is not cached. */
#ifndef NET_FILE_H
#define NET_FILE_H

#include "base/buf.h"
#include "base/err.h"

enum { FILE_TOKEN_BYTES = 64 * 1024 };

/*
 * Append the whole file to *out, which is BUF_SECRET if the file contains a secret. FAIL_GONE:
 * there is no such file. FAIL_CONFIG: it cannot be read, is not a regular file, or exceeds the
 * maximum of *out.
 */
MUST_USE enum err_kind file_read(const char *path, struct buf *out, struct err *e);

/*
 * Read a token: one line, without its newline. FAIL_CONFIG also if the file does not exist, is
 * empty, or contains control bytes (the token becomes part of a header).
 */
MUST_USE enum err_kind file_read_token(const char *path, struct buf *out, struct err *e);

#endif
