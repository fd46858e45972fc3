/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sigv4_priv.h - parts of stage 1 that other stages of codec/sigv4.c need too.
 * sigv4_canonical_request itself is in codec/sigv4.h.
 */
#ifndef CODEC_SIGV4_PRIV_H
#define CODEC_SIGV4_PRIV_H

#include "codec/sigv4.h"

enum { SIGV4_TEXT_BYTES = 256 * 1024 }; /* ceiling of what is built for a moment */

/* The parameters of a query as sent: each encoded strictly, all sorted, `name=` if no value. */
void sigv4_add_query(struct buf *out, struct span query);

/* "host;x-amz-date": the names, in lower case, sorted, each once. */
void sigv4_add_signed_headers(struct buf *out, const struct sigv4_request *r);

#endif
