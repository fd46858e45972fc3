/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wipe.h - realloc and free that overwrite memory before they release it.
 *
 * For libraries that copy secrets and do not wipe them (libcurl, expat), and for buffers of secrets
 * (BUF_SECRET). The whole block is overwritten, before a free and after a move. `p` is from malloc,
 * calloc, realloc or strdup. wipe_realloc returns NULL when out of memory and then keeps the old
 * block. Threads: any.
 */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include "base/base.h"

void *wipe_realloc(void *p, size_t n);
void wipe_free(void *p);

#endif
