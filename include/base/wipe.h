/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wipe.h - realloc and free that leave nothing behind.
 *
 * For libraries that are handed secrets and free what they copied without a thought (libcurl,
 * expat), and for buffers that hold some (BUF_SECRET): what is released or outgrown is
 * overwritten first, to the end of its block. For memory of malloc and its relatives; NULL
 * when out of memory. Threads: any.
 */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include "base/base.h"

void *wipe_realloc(void *p, size_t n);
void wipe_free(void *p);

#endif
