/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input.h - opens the files that `sample` and `normalize` read.
 *
 *     int fd = input_open(path);      // "-" is standard input
 *     if (fd >= 0) { ...; input_close(fd); }
 *
 * Threads: one at a time.
 */
#ifndef APP_INPUT_H
#define APP_INPUT_H

/* -1: it is no file that can be read; standard error says why, and what to do. */
int input_open(const char *path);

/* Standard input is never closed. */
void input_close(int fd);

/* What the errno of a failed open or read means, and what to do. NULL: it has no words of its own.
 */
const char *input_words(int error);

#endif
