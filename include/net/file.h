/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - small files with secrets or tokens in them, read again each time. */
#ifndef NET_FILE_H
#define NET_FILE_H

#include "base/buf.h"
#include "base/err.h"

enum { FILE_TOKEN_BYTES = 64 * 1024 };

/*
 * Add the whole file to *out, which is BUF_SECRET where the file holds a secret. FAIL_GONE: there
 * is none. FAIL_CONFIG: it cannot be read, is no regular file, or is larger than *out may become.
 */
MUST_USE enum err_kind file_read(const char *path, struct buf *out, struct err *e);

/*
 * A token: one line, its newline cut off. FAIL_CONFIG also if it is empty or has control
 * bytes within (it goes into a header), and if there is no such file.
 */
MUST_USE enum err_kind file_read_token(const char *path, struct buf *out, struct err *e);

#endif
