/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checksum.h - the whole-object checksums that S3 gives with a GET (research/aws.md §6.2).
 *
 *     struct checksum_want want;
 *     checksum_find(&want, head);              what the answer's headers promise
 *     struct checksum c = {0};
 *     checksum_start(&c, want.kind);
 *     ... checksum_add(&c, bytes) ...
 *     if (!checksum_matches(&c, &want)) ...
 *
 * Only checksums of the full object can be compared; a composite one (of a multipart
 * upload's parts) is as good as none. Bytes may come in any pieces, so a resumed body is
 * checked as one. CRCs by ISA-L, but CRC64NVME, which ISA-L 2.30 lacks, by our own tables.
 *
 * Ownership: checksum_done releases it. Threads: one at a time per object.
 */
#ifndef CODEC_CHECKSUM_H
#define CODEC_CHECKSUM_H

#include "base/span.h"

enum checksum_kind {
    CHECKSUM_NONE,
    CHECKSUM_CRC64NVME, /* poly AD93D23594C93659; what S3 makes by default */
    CHECKSUM_CRC32C,    /* poly 1EDC6F41 */
    CHECKSUM_CRC32,     /* poly 04C11DB7 */
    CHECKSUM_SHA256,
    CHECKSUM_SHA1,
    CHECKSUM_KINDS
};

enum { CHECKSUM_MAX_BYTES = 32 };

struct checksum_want {
    enum checksum_kind kind; /* CHECKSUM_NONE: nothing that could be compared */
    uint8_t bytes[CHECKSUM_MAX_BYTES];
    size_t n;
};

/* The first in the order above that the headers give for the full object. */
void checksum_find(struct checksum_want *w, struct span head);

/* "CRC64NVME", ..., "none". */
const char *checksum_name(enum checksum_kind kind);

struct checksum {
    enum checksum_kind kind;
    uint64_t crc;
    void *digest; /* OpenSSL's EVP_MD_CTX for the SHAs, kept for the next object */
};

void checksum_start(struct checksum *c, enum checksum_kind kind); /* begin (again) */
void checksum_add(struct checksum *c, struct span bytes);

/* Ends the sum. True if it is the wanted one, or if there is none. */
MUST_USE bool checksum_matches(struct checksum *c, const struct checksum_want *w);

void checksum_done(struct checksum *c);

#endif
