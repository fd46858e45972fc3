/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip_header.h - the header of a gzip member (RFC 1952 §2.3), in any pieces.
 *
 *     gzip_header_init(&h);
 *     while ((state = gzip_header_next(&h, &in, &why)) == GZIP_HEADER_MORE) { ... more input ... }
 *     GZIP_HEADER_DONE: *in begins with the deflate data
 *
 * Every combination of FTEXT, FHCRC, FEXTRA, FNAME and FCOMMENT, of any length: nothing of it is
 * kept but a checksum, so memory is that of the struct. What is refused is what zlib refuses:
 * another method than deflate, a reserved flag, a wrong FHCRC. The result depends on the bytes
 * alone, never on where a piece ends.
 *
 * Threads: one at a time per object.
 */
#ifndef CODEC_GZIP_HEADER_H
#define CODEC_GZIP_HEADER_H

#include "base/span.h"

enum gzip_header_state {
    GZIP_HEADER_MORE, /* *in is used up */
    GZIP_HEADER_DONE,
    GZIP_HEADER_BAD, /* *why says what is wrong, and *in is somewhere in the part that is */
};

struct gzip_header {
    uint32_t crc;    /* CRC-32 of the header so far, FHCRC itself aside */
    uint16_t part;   /* which part is being read */
    uint16_t seen;   /* bytes of it seen so far, where it has a fixed length */
    uint16_t number; /* XLEN, then what is left of the extra field; or FHCRC */
    uint8_t flags;
};

void gzip_header_init(struct gzip_header *h);

/* From the first byte of the member, 1f, on. After DONE or BAD: gzip_header_init. */
MUST_USE enum gzip_header_state gzip_header_next(struct gzip_header *h, struct span *in,
                                                 const char **why);

#endif
