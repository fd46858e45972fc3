/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/notification_write.h"

#include "codec/control.h"
#include "codec/timestamp.h"
#include "codec/url.h"

static void add_member(struct buf *out, const char *name, struct span value)
{
    buf_addf(out, ",\"%s\":", name);
    control_quote(out, value);
}

/* Encoded as in S3's notifications: a form, in which the slashes stay. */
static void add_key(struct buf *out, struct span key)
{
    buf_add(out, SPAN("\"key\":\""));
    url_encode_path(out, key);
    buf_add_byte(out, '"');
}

static void add_object(struct buf *out, const struct notification_draft *d)
{
    buf_add(out, SPAN(",\"object\":{"));
    add_key(out, d->key);
    if (d->size >= 0) {
        buf_addf(out, ",\"size\":%lld", (long long)d->size);
    }
    if (d->etag.n > 0) {
        add_member(out, "eTag", d->etag);
    }
    buf_add_byte(out, '}');
}

void notification_write(struct buf *out, const struct notification_draft *d)
{
    char time[TIMESTAMP_BYTES];
    buf_add(out, SPAN("{\"Records\":[{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\","
                      "\"eventName\":\"ObjectCreated:Put\""));
    add_member(out, "awsRegion", d->region);
    if (d->modified_ns != 0) {
        struct timestamp t = timestamp_from_object(d->modified_ns);
        add_member(out, "eventTime", timestamp_write(&t, time));
    }
    buf_add(out, SPAN(",\"s3\":{\"s3SchemaVersion\":\"1.0\",\"configurationId\":"
                      "\"" NOTIFICATION_BACKFILL "\",\"bucket\":{\"name\":"));
    control_quote(out, d->bucket);
    buf_add_byte(out, '}');
    add_object(out, d);
    buf_add(out, SPAN("}}],\"" NOTIFICATION_BACKFILL "\":{\"job\":"));
    control_quote(out, d->job);
    buf_add(out, SPAN("}}"));
}
