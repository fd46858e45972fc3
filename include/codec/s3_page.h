/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s3_page.h - one page of ListObjectsV2 with encoding-type=url (research/aws.md §6.6).
 *
 *     struct s3_page p = {0};
 *     if (s3_page_open(&p, body, &e) != FAIL_NONE) ...
 *     while (s3_page_next(&p, &entry)) ...
 *     if (p.token.n > 0) ... request the next page with it
 *     s3_page_close(&p);
 *
 * Ownership: the page owns all spans. Threads: one at a time.
 */
#ifndef CODEC_S3_PAGE_H
#define CODEC_S3_PAGE_H

#include "base/buf.h"
#include "base/err.h"
#include "codec/xml.h"

struct s3_entry {
    struct span key;           /* decoded; valid until the next s3_page_next */
    struct span etag;          /* without quotes */
    struct span storage_class; /* "STANDARD", "GLACIER", ...; "" if absent */
    int64_t size;              /* bytes, -1 if absent */
    int64_t modified_ns;       /* ns since the epoch, 0 if absent */
};

struct s3_page {
    struct xml *x;
    size_t at; /* index of the next <Contents> */
    struct buf key;
    struct span token; /* continuation token; "" on the last page */
};

/*
 * Parse a page. FAIL_DATA: the body is not such a page, or is a truncated list without a
 * continuation token.
 */
MUST_USE enum err_kind s3_page_open(struct s3_page *p, struct span body, struct err *e);
MUST_USE bool s3_page_next(struct s3_page *p, struct s3_entry *out);
void s3_page_close(struct s3_page *p);

#endif
