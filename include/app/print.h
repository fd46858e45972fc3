/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print.h - a line of a command to a person, with foreign texts in it.
 *
 *     print_line(stderr, "%s: %s", path, e->text);
 *
 * A control character in it, also a newline, is printed as '?' (base/visible.h): a file's name or a
 * configuration does not control the terminal. Threads: one at a time.
 */
#ifndef APP_PRINT_H
#define APP_PRINT_H

#include "base/buf.h"

#include <stdio.h>

void print_line(FILE *to, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Write and free a text that the command made. Returns the exit status: 0, or 1 if it failed. */
int print_and_free(struct buf *out);

#endif
