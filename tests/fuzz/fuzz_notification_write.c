/* SPDX-License-Identifier: Apache-2.0 */
/* Any valid key comes back from a written notification, byte by byte. */
#include "codec/notification.h"
#include "codec/notification_write.h"
#include "codec/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct span key = span_of((const char *)data, size);
    if (size == 0 || size > NOTIFICATION_KEY_BYTES || !utf8_valid(key)) {
        return 0;
    }
    struct buf body = BUF_INIT(NOTIFICATION_DRAFT_BYTES);
    notification_write(&body, &(struct notification_draft){.bucket = SPAN("bucket"),
                                                           .key = key,
                                                           .etag = SPAN("e"),
                                                           .region = SPAN("eu-west-1"),
                                                           .job = SPAN("j"),
                                                           .size = (int64_t)size,
                                                           .modified_ns = 1});
    struct notification *n = notification_read(buf_span(&body), &e);
    if (body.overflowed || n == NULL || n->count != 1 || !n->backfill ||
        !span_eq(n->records[0].key, key) || n->records[0].size != (int64_t)size) {
        abort();
    }
    notification_free(n);
    buf_done(&body);
    return 0;
}
