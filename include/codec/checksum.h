/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checksum.h - the whole-object checksums that S3 returns with a GET (research/aws.md §6.2).
 *
 *     struct checksum_want want;
 *     checksum_find(&want, head);              the checksum in the response headers
 *     struct checksum c = {0};
 *     checksum_start(&c, want.kind);
 *     ... checksum_add(&c, bytes) ...
 *     if (!checksum_matches(&c, &want)) ...
 *
 * Only a checksum of the full object can be compared. A composite checksum (of the parts of a
 * multipart upload) counts as none. Bytes are added in pieces of any size, so that a resumed body
 * has one checksum. CRCs are computed by ISA-L, except CRC64NVME, which ISA-L 2.30 lacks
 * (codec/crc64.h).
 *
 * Ownership: checksum_done releases it. Threads: one at a time per object.
 */
#ifndef CODEC_CHECKSUM_H
#define CODEC_CHECKSUM_H

#include "base/span.h"

enum checksum_kind {
    CHECKSUM_NONE,
    CHECKSUM_CRC64NVME, /* polynomial AD93D23594C93659; the default of S3 */
    CHECKSUM_CRC32C,    /* polynomial 1EDC6F41 */
    CHECKSUM_CRC32,     /* polynomial 04C11DB7 */
    CHECKSUM_SHA256,
    CHECKSUM_SHA1,
    CHECKSUM_KINDS
};

enum { CHECKSUM_MAX_BYTES = 32 };

struct checksum_want {
    enum checksum_kind kind; /* CHECKSUM_NONE: the headers have none that can be compared */
    uint8_t bytes[CHECKSUM_MAX_BYTES];
    size_t n;
};

/*
 * Find the checksum of the full object in the response headers; of several, the first in the order
 * of enum checksum_kind.
 */
void checksum_find(struct checksum_want *w, struct span head);

/* "CRC64NVME", ..., "none". */
const char *checksum_name(enum checksum_kind kind);

struct checksum {
    enum checksum_kind kind;
    uint64_t crc;
    void *digest; /* OpenSSL's EVP_MD_CTX for SHA-1 and SHA-256; kept for the next object */
};

void checksum_start(struct checksum *c, enum checksum_kind kind); /* begin, also a second time */
void checksum_add(struct checksum *c, struct span bytes);

/* Finish the checksum. True: it equals *w, or one of them is CHECKSUM_NONE. */
MUST_USE bool checksum_matches(struct checksum *c, const struct checksum_want *w);

void checksum_done(struct checksum *c);

#endif
