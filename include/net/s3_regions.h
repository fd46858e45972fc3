/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s3_regions.h - cache of the actual regions of buckets. It has a fixed size; when it is full, a
 * new entry replaces the oldest. Threads: any.
 */
#ifndef NET_S3_REGIONS_H
#define NET_S3_REGIONS_H

#include "base/own.h"
#include "base/span.h"

enum { S3_REGION_BYTES = 33, S3_BUCKET_BYTES = 64, S3_REGIONS_COUNT = 512 };

struct s3_regions;

struct s3_regions *s3_regions_new(void);
void s3_regions_free(struct s3_regions *r);
DEFINE_OWNED(s3_regions);

/* Copy the region into `out`. False, with "": it is not known. */
MUST_USE bool s3_regions_find(struct s3_regions *r, struct span bucket, char out[S3_REGION_BYTES]);

void s3_regions_set(struct s3_regions *r, struct span bucket, const char *region);

#endif
