/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sigv4_priv.h - parts of stage 1 that codec/sigv4.c needs for other stages.
 */
#ifndef CODEC_SIGV4_PRIV_H
#define CODEC_SIGV4_PRIV_H

#include "codec/sigv4.h"

enum { SIGV4_TEXT_BYTES = 256 * 1024 }; /* maximum of a temporary text */

/*
 * Append the parameters of a query as sent: each strictly encoded, all sorted, `name=` without a
 * value.
 */
void sigv4_add_query(struct buf *out, struct span query);

/* Append "host;x-amz-date": the header names in lower case, sorted, without repetitions. */
void sigv4_add_signed_headers(struct buf *out, const struct sigv4_request *r);

#endif
