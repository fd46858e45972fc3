/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notification_write.h - writes the message by which a backfill names an object: S3's own form, as
 * codec/notification.h reads it, with a member that marks it:
 *
 *     {"Records":[{..., "s3":{"bucket":..., "object":...}}],
 *      "asymptote:backfill":{"job":"5f0c2d..."}}
 *
 *     notification_write(&body, &(struct notification_draft){.bucket = bucket, .key = key, ...});
 *
 * Reading it gives one record with the members of the draft. Threads: no state.
 */
#ifndef CODEC_NOTIFICATION_WRITE_H
#define CODEC_NOTIFICATION_WRITE_H

#include "base/buf.h"

#define NOTIFICATION_BACKFILL "asymptote:backfill" /* the member that marks such a message */

enum { NOTIFICATION_DRAFT_BYTES = 16 * 1024 }; /* most that is written of a valid draft */

struct notification_draft {
    struct span bucket;
    struct span key;     /* not encoded, 1 to 1024 bytes */
    struct span etag;    /* without quotes; "": not known */
    struct span region;  /* of the bucket */
    struct span job;     /* id of the backfill */
    int64_t size;        /* -1: not known */
    int64_t modified_ns; /* LastModified, ns since the epoch; 0: not known */
};

void notification_write(struct buf *out, const struct notification_draft *d);

#endif
