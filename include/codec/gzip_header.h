/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip_header.h - reads the header of a gzip member (RFC 1952 §2.3), in pieces of any size.
 *
 *     gzip_header_init(&h);
 *     while ((state = gzip_header_next(&h, &in, &why)) == GZIP_HEADER_MORE) { ... more input ... }
 *     GZIP_HEADER_DONE: *in begins with the deflate data
 *
 * It accepts every combination of FTEXT, FHCRC, FEXTRA, FNAME and FCOMMENT, of any length. It
 * stores only a checksum of them, so its memory is the struct. It refuses the same headers as zlib:
 * those with a method other than deflate, a reserved flag or a wrong FHCRC. The result depends only
 * on the bytes, never on where a piece ends.
 *
 * Threads: one at a time per object.
 */
#ifndef CODEC_GZIP_HEADER_H
#define CODEC_GZIP_HEADER_H

#include "base/span.h"

enum gzip_header_state {
    GZIP_HEADER_MORE, /* *in is used up */
    GZIP_HEADER_DONE,
    GZIP_HEADER_BAD, /* *why is the reason, and *in is somewhere in the part that is wrong */
};

struct gzip_header {
    uint32_t crc;    /* CRC-32 of the header so far, without FHCRC itself */
    uint16_t part;   /* the part that is being read */
    uint16_t seen;   /* bytes of it read so far, if it has a fixed length */
    uint16_t number; /* XLEN, then the remaining length of the extra field; or FHCRC */
    uint8_t flags;
};

void gzip_header_init(struct gzip_header *h);

/* Read from the first byte of the member (1f) on. After DONE or BAD call gzip_header_init. */
MUST_USE enum gzip_header_state gzip_header_next(struct gzip_header *h, struct span *in,
                                                 const char **why);

#endif
